"""What each source holds of the studies known, how sources overlap, how fast each step was. Pure.

A study is known once a person included a paper of it. Nothing here tells how many studies there
are: what no source holds is not counted.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

LATE_DAYS = 60  # seen so long after it was printed, a study was found late
HALF, NINE_IN_TEN = 0.5, 0.9


@dataclass(frozen=True, slots=True)
class CoveragePlace:
    """One column: a source, or several told as one. ``letter`` stands for it in the figure."""

    key: str
    title: str
    letter: str


@dataclass(frozen=True, slots=True)
class KnownStudy:
    """One study: the interventions it concerns, and since when each place holds a paper of it."""

    id: int
    slugs: frozenset[str]
    held: Mapping[str, datetime]


@dataclass(frozen=True, slots=True)
class HeldStudies:
    """How many studies a place holds, and since when it has held the first of them."""

    studies: int = 0
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class CoverageRow:
    """One intervention, or all: studies known, held by each place, and held by one place only."""

    slug: str | None
    known: int
    held: Mapping[str, HeldStudies]
    only: Mapping[str, int]

    @property
    def in_one_only(self) -> int:
        """How many of the studies one place alone holds."""
        return sum(self.only.values())


@dataclass(frozen=True, slots=True)
class Overlap:
    """The studies that exactly these places hold."""

    places: frozenset[str]
    studies: int


class JourneyStep(StrEnum):
    """One step on the way from a printed paper to a reader."""

    SEEN = "Printed → seen here"
    SCREENED = "Seen → screened"
    DECIDED = "Screened → decided"
    TOLD = "Decided → told"


@dataclass(frozen=True, slots=True)
class Pace:
    """How many days a step took: half of them within, nine in ten within; None: none took it."""

    step: JourneyStep
    half: float | None
    nine_in_ten: float | None
    of: int


@dataclass(frozen=True, slots=True)
class FoundLate:
    """A study seen long after it was printed, and who brought it at last."""

    study_id: int
    label: str
    slug: str
    title: str
    printed: date
    seen: date
    by: tuple[str, ...] = field(default=())

    @property
    def days(self) -> int:
        """How many days after it was printed."""
        return (self.seen - self.printed).days


@dataclass(frozen=True, slots=True)
class Precision:
    """Of the papers that a source alone brought and a person judged: how many were included."""

    title: str
    included: int
    judged: int


def row(
    slug: str | None, studies: Iterable[KnownStudy], places: Sequence[CoveragePlace]
) -> CoverageRow:
    """Count one intervention's studies, or all where ``slug`` is None; each study once."""
    mine = [study for study in studies if slug is None or slug in study.slugs]
    held = {}
    for place in places:
        since = [study.held[place.key] for study in mine if place.key in study.held]
        held[place.key] = HeldStudies(len(since), min(since, default=None))
    only = Counter(next(iter(study.held)) for study in mine if len(study.held) == 1)
    return CoverageRow(slug, len(mine), held, dict(only))


def overlaps(studies: Iterable[KnownStudy]) -> list[Overlap]:
    """Group studies by exactly which places hold them, the most common first."""
    counted = Counter(frozenset(study.held) for study in studies if study.held)
    found = [Overlap(places, count) for places, count in counted.items()]
    return sorted(found, key=lambda one: (-one.studies, len(one.places), sorted(one.places)))


def within(days: Sequence[float], share: float) -> float | None:
    """Tell within how many days a share of them was done: the nearest rank, so one that occurred.

    >>> within([1, 2, 3, 4], 0.5), within([5], 0.9), within([], 0.5)
    (2, 5, None)
    """
    ordered = sorted(days)
    return ordered[max(math.ceil(share * len(ordered)), 1) - 1] if ordered else None


def pace(step: JourneyStep, days: Sequence[float]) -> Pace:
    """Sum up how long a step took."""
    return Pace(step, within(days, HALF), within(days, NINE_IN_TEN), len(days))


def between(earlier: datetime | None, later: datetime | None) -> float | None:
    """Give the days between two moments; None where one is not known or they are out of order."""
    if earlier is None or later is None or later < earlier:
        return None
    return (later - earlier).total_seconds() / 86_400


def precision(
    brought: Mapping[int, frozenset[str]], verdicts: Mapping[int, bool], titles: Mapping[str, str]
) -> list[Precision]:
    """Count by source what it alone brought and a person judged; a source with none is left out.

    ``brought`` are the sources that brought each paper, ``verdicts`` whether it was included.
    """
    judged: Counter[str] = Counter()
    included: Counter[str] = Counter()
    for paper, verdict in verdicts.items():
        sources = brought.get(paper, frozenset())
        if len(sources) == 1:
            (source,) = sources
            judged[source] += 1
            included[source] += verdict
    return [
        Precision(title, included[name], judged[name])
        for name, title in titles.items()
        if judged[name]
    ]
