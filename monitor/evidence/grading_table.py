"""A table of studies, read and graded by the policy in force: what ``lab grade`` prints. Pure.

Rows of one study are one study: a paper more, or a result more, adds nothing to a count.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from monitor.catalogue.loader import Catalogue, GradingPolicy
from monitor.catalogue.words import Design, InReview, OutcomeClass, RiskOfBias
from monitor.evidence.facts import StudyFacts, meets
from monitor.evidence.rules import Grade, grade
from monitor.kernel.errors import InvalidInput

_Word = TypeVar("_Word")

# The words of the results table and of the ledger; those of the first are the field's.
DESIGNS = {
    **{design.value: design for design in Design},
    "individual": Design.RANDOMISED,
    "cluster": Design.RANDOMISED,
    "randomized": Design.RANDOMISED,
    "quasi": Design.NON_RANDOMISED,
    "quasi-experimental": Design.NON_RANDOMISED,
    "not randomised": Design.NON_RANDOMISED,
    "non-randomized": Design.NON_RANDOMISED,
    "none": Design.SINGLE_GROUP,
    "single group": Design.SINGLE_GROUP,
    "case study": Design.CASE,
    "case series": Design.CASE,
}
RISKS: dict[str, RiskOfBias | None] = {
    **{risk.value: risk for risk in RiskOfBias},
    "no information": None,
    "": None,
}
CLASSES = {
    **{kind.value: kind for kind in OutcomeClass},
    "child, other": OutcomeClass.OTHER,
    "parent, other": OutcomeClass.OTHER,
    "harm": OutcomeClass.OTHER,
}
_ANSWERS = {
    **{answer.value: answer for answer in InReview},
    "true": InReview.YES,
    "1": InReview.YES,
    "false": InReview.NO,
    "0": InReview.NO,
    "not known": InReview.UNKNOWN,
    "": InReview.UNKNOWN,
}
_DASHES = dict.fromkeys(map(ord, "‐‑–−"), "-")
# Rows of one study that differ: the trial's first results count, wherever they were reported.
_EARLIEST = (InReview.YES, InReview.UNKNOWN, InReview.NO)


@dataclass(frozen=True, slots=True)
class GradingRow:
    """One row: what one report says of one study of one intervention."""

    study: str
    intervention: str
    design: Design
    risk_of_bias: RiskOfBias | None
    outcome_class: OutcomeClass
    in_review: InReview


def read_row(cells: Mapping[str, str | None], slugs: Collection[str]) -> GradingRow:
    """Read one row: ``study, intervention, design, risk_of_bias, outcome_class, in_review``.

    An empty ``in_review`` is *unknown*; an empty ``risk_of_bias`` meets no count that asks for one.

    Raises:
        InvalidInput: something is missing or no word of its column; the sentence names the column.
    """
    words = {(name or "").strip().casefold(): folded(value) for name, value in cells.items()}
    if not words.get("study"):
        raise InvalidInput("study: is missing")
    return GradingRow(
        study=words["study"],
        intervention=one_of(words, "intervention", {slug: slug for slug in slugs}),
        design=one_of(words, "design", DESIGNS),
        risk_of_bias=one_of(words, "risk_of_bias", RISKS),
        outcome_class=one_of(words, "outcome_class", CLASSES),
        in_review=one_of(words, "in_review", _ANSWERS),
    )


def grades(rows: Iterable[GradingRow], catalogue: Catalogue) -> dict[str, Grade]:
    """Grade every intervention that has a row, in the catalogue's order."""
    of_study: dict[str, dict[str, list[GradingRow]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        of_study[row.intervention][row.study].append(row)
    return {
        slug: grade(
            catalogue.grading,
            catalogue.intervention(slug).baseline,
            catalogue.review.closed,
            [
                _study(number, of_study[slug][name], catalogue.grading)
                for number, name in enumerate(sorted(of_study[slug]), start=1)
            ],
        )
        for slug in catalogue.slugs
        if slug in of_study
    }


def _study(number: int, rows: list[GradingRow], policy: GradingPolicy) -> StudyFacts:
    """Make one study of its rows: the row that meets most counts speaks for its risk and design."""
    earliest = min((row.in_review for row in rows), key=_EARLIEST.index)
    candidates = [
        StudyFacts(
            study_id=number,
            label=row.study,
            design=row.design,
            risk_of_bias=row.risk_of_bias,
            outcome_class=row.outcome_class,
            direction=None,
            in_review=earliest,
        )
        for row in rows
    ]
    return max(candidates, key=lambda study: (*_weight(study, policy), repr(study)))


def _weight(study: StudyFacts, policy: GradingPolicy) -> tuple[bool, int]:
    counted = study.outcome_class in policy.outcomes
    return counted, sum(meets(fact, study) for fact in policy.facts.values())


def folded(value: str | None) -> str:
    """Fold a cell to how words are compared: small letters, one space, one dash."""
    return " ".join((value or "").split()).casefold().translate(_DASHES)


def one_of(words: Mapping[str, str], name: str, known: Mapping[str, _Word]) -> _Word:
    """Read one of a column's words, folded; "" where the cell is empty.

    Raises:
        InvalidInput: it is none of them; names the column, and the words it has.
    """
    cell = words.get(name, "")
    if cell in known:
        return known[cell]
    if not cell:
        raise InvalidInput(f"{name}: is missing")
    listed = "; ".join(word for word in known if word)
    raise InvalidInput(f"{name}: {cell!r} is none of {listed}")
