"""What trials of one intervention show, as its page tells it: sections, harms, what is left over. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from monitor.catalogue.loader import Catalogue
from monitor.catalogue.words import Harms, ResultClass
from monitor.evidence.showing import Showing
from monitor.evidence.synthesis import makeup
from monitor.evidence.synthesis.makeup import Hearing
from monitor.evidence.synthesis.results import CLASSES, Result
from monitor.kernel.language.english import listed, plural
from monitor.review.queries import AcceptedStudy
from monitor.web.public.shown.forest import Forest, forest
from monitor.web.public.shown.label_marks import LabelMark, label_mark

_HARMS = {
    Harms.REPORTED: "reported harms",
    Harms.NONE_REPORTED: "reported that there were none",
    Harms.NOT_SOUGHT: "did not look for any",
    None: "not known whether it looked",
}
_NOT_KNOWN = "of {} it is not known whether harms were looked for"


@dataclass(frozen=True, slots=True)
class HarmLine:
    """What one study says of harms."""

    label: str
    study_id: int
    words: str
    note: str


@dataclass(frozen=True, slots=True)
class Left:
    """A result that is in no section, with why."""

    label: str
    study_id: int
    outcome: str
    why: str


@dataclass(frozen=True, slots=True)
class ForestSection:
    """One forest with its label's mark."""

    forest: Forest
    mark: LabelMark | None


@dataclass(frozen=True, slots=True)
class FindingsPage:
    """The whole page."""

    sections: tuple[ForestSection, ...]
    harms: tuple[HarmLine, ...]
    harms_sum: str
    left: tuple[Left, ...]


def forests(showing: Showing, catalogue: Catalogue) -> tuple[Forest, ...]:
    """Lay out every finding of an intervention, in the order of the method's pools and classes."""
    hearing = makeup.hear(showing.studies, catalogue)
    return tuple(forest(finding, hearing, catalogue) for finding in showing.findings)


def page_of(showing: Showing, catalogue: Catalogue) -> FindingsPage:
    """Lay out an intervention's page."""
    hearing = makeup.hear(showing.studies, catalogue)
    harms = tuple(_harm(study) for study in showing.studies.values())
    return FindingsPage(
        sections=tuple(
            ForestSection(
                forest(finding, hearing, catalogue), label_mark(finding, catalogue.synthesis)
            )
            for finding in showing.findings
        ),
        harms=harms,
        harms_sum=harms_sum(study.reading.harms for study in showing.studies.values()),
        left=tuple(_left(showing, hearing)),
    )


def harms_sum(said: Iterable[Harms | None]) -> str:
    """Sum what studies say of harms; the three words are never blurred.

    >>> harms_sum([Harms.REPORTED, Harms.NOT_SOUGHT, Harms.NOT_SOUGHT])
    'Of 3 studies, 1 reported harms and 2 did not look for any.'
    """
    counts = Counter(said)
    if not counts:
        return "No study is counted, so nothing is known of harms."
    parts = [f"{counts[kind]} {_HARMS[kind]}" for kind in Harms if counts[kind]]
    if counts[None]:
        parts.append(_NOT_KNOWN.format(counts[None]))
    return f"Of {plural(counts.total(), 'study', 'studies')}, {listed(parts)}."


def _harm(study: AcceptedStudy) -> HarmLine:
    reading = study.reading
    return HarmLine(study.label, study.study_id, _HARMS[reading.harms], reading.harms_note)


def _left(showing: Showing, hearing: Hearing) -> Iterable[Left]:
    """Tell of every result that no section has: refused, or of a class that is not told of."""
    for result, why in showing.refused:
        yield _left_out(result, why, showing.studies)
    for spoken in hearing.spoken:
        kind = spoken.row.outcome_class
        if kind and kind not in CLASSES:
            why = "judged before the classes of today: its class of outcome is not told apart"
            if kind != ResultClass.OTHER:
                why = f"its class of outcome, “{kind}”, is none of those told of"
            yield _left_out(spoken.row, why, showing.studies)


def _left_out(result: Result, why: str, studies: Mapping[str, AcceptedStudy]) -> Left:
    study = studies[result.study]
    outcome = result.outcome or result.measure or "a result without a name"
    return Left(study.label, study.study_id, outcome, why)
