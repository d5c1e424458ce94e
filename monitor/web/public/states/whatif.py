"""What would change an intervention's state: the real rule on studies that do not exist. Keeps nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from monitor.catalogue.loader import Catalogue, GradingPolicy
from monitor.catalogue.words import Tier
from monitor.evidence import imagined, wording
from monitor.evidence import service as evidence
from monitor.evidence.facts import CountRange
from monitor.evidence.tables import GradeRow
from monitor.gap import service as gaps
from monitor.gap.rules import State
from monitor.kernel.language import english
from monitor.review.queries import AcceptedStudy
from monitor.web.public.states import figure

_TRIALS = (
    ("in which families did clearly better with it", imagined.CLEAR),
    ("in which they did about the same with it", 0.0),
    ("in which they did clearly worse with it", -imagined.CLEAR),
)
_TOLD = {"Evidence tier": "the tier", "Findings": "the findings", "Gap": "the gap"}
_WITHDRAWN = 3  # newest counted studies tried


@dataclass(frozen=True, slots=True)
class Case:
    """Something that may happen, and what the rule would then say."""

    what: str
    then: str


def cases(
    session: Session,
    catalogue: Catalogue,
    slug: str,
    state: State,
    counted: Sequence[AcceptedStudy],
    *,
    at: datetime,
) -> list[Case]:
    """Try one more trial each way, and each of the newest counted studies withdrawn."""
    cases = []
    for what, effect in _TRIALS:
        adding = imagined.trial(catalogue, slug, effect, at=at)
        grade = evidence.preview(session, catalogue, slug, adding=adding)
        then = _then(state, gaps.preview(session, catalogue, slug, grade))
        cases.append(Case(f"One more sound trial of {imagined.PEOPLE} people {what}", then))
    for study in list(counted)[-_WITHDRAWN:]:
        grade = evidence.preview(session, catalogue, slug, without=study.study_id)
        then = _then(state, gaps.preview(session, catalogue, slug, grade))
        cases.append(Case(f"{study.label} withdrawn or retracted", then))
    return cases


def thresholds(policy: GradingPolicy, grade: GradeRow) -> Case | None:
    """Say what the next tier up asks for, and what there is now; None at the top."""
    order = list(Tier)
    if grade.tier is order[-1]:
        return None
    higher = order[order.index(grade.tier) + 1]
    now = wording.facts_sentence(
        policy, {name: CountRange(*bounds) for name, bounds in grade.facts.items()}
    )
    return Case(f"The {higher} tier", f"needs {wording.rule_sentence(policy, higher)}. Now: {now}.")


def _then(now: State, then: State) -> str:
    """Tell what would move and what would stay, tier and findings together."""
    rows = [row for row in figure.compare(now, then) if row.what in _TOLD]
    moves = [
        f"{_TOLD[row.what]} would move from {_lower(row.before)} to {_lower(row.after)}"
        for row in rows
        if row.moved
    ]
    stay = [_TOLD[row.what] for row in rows if not row.moved]
    if not moves:
        return "Tier, findings and gap would stay."
    told = f"{english.sentence('; '.join(moves))}."
    if not stay:
        return told
    return f"{told} {english.sentence(english.listed(stay))} would stay."


def _lower(words: str) -> str:
    return f"“{words[:1].lower()}{words[1:]}”" if " " in words else words.lower()
