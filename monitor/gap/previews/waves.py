"""What publishing or withdrawing a wave would do, told before it is done. Changes nothing."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from monitor.catalogue.loader import Catalogue
from monitor.evidence import queries as evidence
from monitor.gap import in_step, queries, service, use_changes
from monitor.gap.states import State
from monitor.kernel.errors import NotFound
from monitor.usage import queries as usage
from monitor.usage.agreement import RankAgreement
from monitor.usage.standing import MAIN_UNITS, WaveSurvey, in_order, observe
from monitor.usage.tables import Wave


@dataclass(frozen=True, slots=True)
class WaveEffect:
    """What a wave would do to one intervention. ``news``: readers who follow it are mailed."""

    slug: str
    name: str
    short: str
    before: State
    after: State
    news: bool

    @property
    def use_changes(self) -> bool:
        """Whether use itself changes, or such a change is taken back."""
        return use_changes.moved(self.before, self.after)

    @property
    def gap_moves(self) -> bool:
        """Whether the gap moves."""
        return self.before.kind is not self.after.kind

    @property
    def matters(self) -> bool:
        """Whether anything follows from it: use itself changes, or the gap moves."""
        return self.use_changes or self.gap_moves

    @property
    def is_new_figure(self) -> bool:
        """Whether there is another figure that is not a change."""
        return self.before.use != self.after.use and not self.use_changes


@dataclass(frozen=True, slots=True)
class WavePreview:
    """What a wave would do to all interventions, and to how far use follows evidence."""

    effects: tuple[WaveEffect, ...]
    agreement_before: RankAgreement | None
    agreement_after: RankAgreement | None

    @property
    def news(self) -> list[str]:
        """The interventions that readers are mailed of."""
        return [effect.slug for effect in self.effects if effect.news]


def of_publishing(session: Session, catalogue: Catalogue, wave: Wave) -> WavePreview:
    """Tell what publishing a draft would do."""
    standing = usage.published(session)
    if wave.unit not in MAIN_UNITS:
        return _preview(session, catalogue, standing, standing, use_changes.PUBLISHED)
    drafted = in_order([*standing, usage.survey(session, wave)])
    return _preview(session, catalogue, standing, drafted, use_changes.PUBLISHED)


def of_withdrawing(session: Session, catalogue: Catalogue, wave: Wave) -> WavePreview:
    """Tell what withdrawing a published wave would do."""
    standing = usage.published(session)
    left = [survey for survey in standing if survey.id != wave.id]
    return _preview(session, catalogue, standing, left, use_changes.WITHDRAWN)


def _preview(
    session: Session,
    catalogue: Catalogue,
    standing: Sequence[WaveSurvey],
    then: Sequence[WaveSurvey],
    cause_kind: str,
) -> WavePreview:
    states = {entry.slug: entry.state for entry in queries.overview(session, catalogue)}
    effects = []
    for about in catalogue.interventions:
        grade = evidence.current(session, about.slug)
        if grade is None:
            raise NotFound(f"{about.slug!r} has not been graded; run `gap-monitor init` first")
        before, seen = states[about.slug], observe(then, about.slug)
        after = service.preview_use(catalogue, evidence.as_grade(grade), seen, before)
        news = use_changes.is_news(before, after, cause_kind)
        effects.append(WaveEffect(about.slug, about.name, about.short, before, after, news))
    tiers = in_step.levels({slug: state.tier for slug, state in states.items()})
    was, will = in_step.newest(tiers, standing), in_step.newest(tiers, then)
    return WavePreview(tuple(effects), was[1] if was else None, will[1] if will else None)
