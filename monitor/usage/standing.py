"""What published waves say of an intervention now: its newest figure, and what it is compared with. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any, Self

from monitor.kernel.language import english
from monitor.usage.intervals import Share, design_effect, wilson
from monitor.usage.waves_compared import Condition, Figure, WaveComparison, compare

# Bands, ranks and changes are of these; waves of others stand beside, and are never merged.
MAIN_UNITS = frozenset({None, "services", "responses"})
_DIGITS = 6


@dataclass(frozen=True, slots=True)
class Stated:
    """What one wave says of one intervention, of all who were asked. ``id`` is its row's."""

    id: int | None
    numerator: int | None = None
    denominator: int | None = None
    ranks: tuple[int, ...] = ()
    out_of: int | None = None
    words: str | None = None


@dataclass(frozen=True, slots=True)
class WaveSurvey:
    """One wave: what was asked and when, and what it says of each intervention."""

    id: int | None
    name: str
    question: str | None
    unit: str | None
    field_from: date | None
    field_to: date | None
    dated: str | None
    responses: int | None
    services: int | None
    citation: str
    stated_effect: float | None = None
    rows: Mapping[str, Stated] = field(default_factory=dict)

    @property
    def when(self) -> str:
        """Its field dates in words, or the source's own; else that they are not known."""
        return period(self.field_from, self.field_to) or self.dated or "dates not known"

    @property
    def effect(self) -> float:
        """Its design effect: the floor, or what the survey says where that is larger."""
        return max(design_effect(self.responses, self.services), self.stated_effect or 1.0)

    def share(self, slug: str) -> Share | None:
        """Give an intervention's share; None where it has none."""
        stated = self.rows.get(slug)
        if stated is None or stated.numerator is None or not stated.denominator:
            return None
        return Share(stated.numerator, stated.denominator, self.effect)

    @property
    def shares(self) -> dict[str, Share]:
        """Every share it has."""
        return {slug: share for slug in self.rows if (share := self.share(slug))}

    @property
    def figures(self) -> dict[str, Figure]:
        """Every share with the question and the unit it is of."""
        return {
            slug: Figure(share, self.question, self.unit) for slug, share in self.shares.items()
        }


@dataclass(frozen=True, slots=True)
class WaveCount:
    """A count of one wave, as it is told: never without its denominator, unit and dates."""

    wave: str
    when: str
    numerator: int
    denominator: int
    unit: str | None
    low: float
    high: float

    @classmethod
    def of(cls, survey: WaveSurvey, share: Share) -> Self:
        """Tell a share of a wave."""
        low, high = (round(end, _DIGITS) for end in wilson(share))
        return cls(
            survey.name, survey.when, share.numerator, share.denominator, survey.unit, low, high
        )

    @property
    def percent(self) -> str:
        """The share as pages write it, with one decimal: "14.3%"."""
        return f"{100 * self.numerator / self.denominator:.1f}%"

    @property
    def words(self) -> str:
        """The share whole: "14.3% (99 of 690 services, February to April 2029)"."""
        of = f"{self.numerator:,} of {self.denominator:,} {self.unit or 'asked'}"
        return f"{self.percent} ({of}, {self.when})"


@dataclass(frozen=True, slots=True)
class UseFigure:
    """An intervention's newest share, and the one before it that it was compared with.

    Fractions, 0 to 1, to six places. ``failed`` names the conditions of a change that do not hold;
    none: use changed. Kept in states as JSON.
    """

    now: WaveCount
    before: WaveCount | None = None
    difference: float | None = None
    low: float | None = None
    high: float | None = None
    p_holm: float | None = None
    failed: tuple[str, ...] = ()

    @property
    def changed(self) -> bool:
        """Whether use changed from the wave before to this one."""
        return self.before is not None and not self.failed

    def to_dict(self) -> dict[str, Any]:
        """Make the JSON that ledgers keep."""
        return {**asdict(self), "failed": list(self.failed)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Read the JSON that ledgers keep."""
        before = data["before"]
        return cls(
            now=WaveCount(**data["now"]),
            before=WaveCount(**before) if before else None,
            difference=data["difference"],
            low=data["low"],
            high=data["high"],
            p_holm=data["p_holm"],
            failed=tuple(data["failed"]),
        )


@dataclass(frozen=True, slots=True)
class Observation:
    """What is known of one intervention's use now: the newest wave that says anything of it."""

    id: int | None
    wave: str
    wave_id: int | None
    when: str
    citation: str
    ranks: tuple[int, ...]
    out_of: int | None
    words: str | None
    numerator: int | None
    denominator: int | None
    unit: str | None
    share: Share | None
    figure: UseFigure | None


def in_order(surveys: Iterable[WaveSurvey]) -> list[WaveSurvey]:
    """Put waves in the order of their field dates, the oldest first; one without dates is oldest."""
    return sorted(
        surveys,
        key=lambda survey: (
            survey.field_to or date.min,
            survey.field_from or date.min,
            survey.name,
        ),
    )


def observe(surveys: Sequence[WaveSurvey], slug: str) -> Observation | None:
    """Tell what waves of the main units, in order, say of one intervention; None: nothing."""
    places = [place for place, survey in enumerate(surveys) if slug in survey.rows]
    if not places:
        return None
    newest = surveys[places[-1]]
    before = surveys[places[-1] - 1] if places[-1] else None
    stated = newest.rows[slug]
    return Observation(
        id=stated.id,
        wave=newest.name,
        wave_id=newest.id,
        when=newest.when,
        citation=newest.citation,
        ranks=stated.ranks,
        out_of=stated.out_of,
        words=stated.words,
        numerator=stated.numerator,
        denominator=stated.denominator,
        unit=newest.unit,
        share=newest.share(slug),
        figure=_figure(newest, before, slug),
    )


def comparisons(newest: WaveSurvey, before: WaveSurvey | None) -> dict[str, WaveComparison]:
    """Compare each share of a wave with the wave before it, Holm over all that are compared."""
    return compare(before.figures if before else {}, newest.figures)


def _figure(newest: WaveSurvey, before: WaveSurvey | None, slug: str) -> UseFigure | None:
    share = newest.share(slug)
    if share is None:
        return None
    now = WaveCount.of(newest, share)
    earlier = before.share(slug) if before else None
    if before is None or earlier is None:
        return UseFigure(now, failed=(Condition.BOTH.value,))
    verdict = comparisons(newest, before)[slug]
    return UseFigure(
        now=now,
        before=WaveCount.of(before, earlier),
        difference=_rounded(verdict.difference),
        low=_rounded(verdict.low),
        high=_rounded(verdict.high),
        p_holm=_rounded(verdict.p_holm),
        failed=tuple(condition.value for condition in verdict.failed),
    )


def period(first: date | None, last: date | None) -> str:
    """Write field dates as readers see them: "February to April 2029"; empty: not known."""
    if first is None or last is None:
        known = last or first
        return english.month(known) if known else ""
    if (first.year, first.month) == (last.year, last.month):
        return english.month(last)
    start = f"{first:%B}" if first.year == last.year else english.month(first)
    return f"{start} to {english.month(last)}"


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, _DIGITS)
