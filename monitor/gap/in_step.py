"""Whether use follows evidence over all interventions: now, and after each wave. Changes nothing."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from monitor.catalogue.loader import Catalogue
from monitor.catalogue.words import Tier
from monitor.gap.states import State
from monitor.gap.tables import Change
from monitor.kernel.language.english import number
from monitor.usage import queries as usage
from monitor.usage.agreement import RangeBasis, RankAgreement, of_ranks, of_shares, sentence
from monitor.usage.standing import WaveSurvey
from monitor.usage.tables import Wave

_TIERS = list(Tier)


@dataclass(frozen=True, slots=True)
class InStep:
    """How far use followed evidence by one wave, with the tiers of one day.

    ``tiers_at`` is that day; ``is_now``: with today's tiers, and the newest wave.
    """

    wave: str
    when: str
    counted: int | None  # services, or responses, of the wave
    unit: str | None
    agreement: RankAgreement
    tiers_at: datetime
    is_now: bool

    @property
    def sentence(self) -> str:
        """The plain sentence."""
        return sentence(self.agreement)

    @property
    def of_words(self) -> str:
        """How many interventions, as prose says it."""
        return number(self.agreement.of)

    @property
    def figure(self) -> str:
        """Tau-b in figures: "−0.41 (−0.60 to −0.15)", or a range alone where ranks allow one."""
        return figure(self.agreement)

    @property
    def source(self) -> str:
        """What it was worked out from."""
        if self.agreement.basis is RangeBasis.RANKS:
            return "published ranks, as ranges"
        of = f" of {self.counted:,} {self.unit or 'services'}" if self.counted else ""
        return f"shares{of}; bootstrap interval"


def levels(tiers: Mapping[str, Tier]) -> dict[str, int]:
    """Make tiers numbers that rise with how much is known."""
    return {slug: _TIERS.index(tier) + 1 for slug, tier in tiers.items()}


def of_survey(evidence: Mapping[str, int], survey: WaveSurvey) -> RankAgreement | None:
    """Work a wave's agreement out from its shares, or else from its ranks."""
    shares = survey.shares
    if len(shares) >= 2:  # noqa: PLR2004 - an order is of several
        return of_shares(evidence, shares)
    return of_ranks(evidence, {slug: stated.ranks for slug, stated in survey.rows.items()})


def newest(
    evidence: Mapping[str, int], surveys: Sequence[WaveSurvey]
) -> tuple[WaveSurvey, RankAgreement] | None:
    """Give the newest wave that tells of half of all interventions or more, and its agreement.

    One that asks after a few says nothing of whether use follows evidence over all.
    """
    for survey in reversed(surveys):
        agreement = of_survey(evidence, survey)
        if agreement is not None and 2 * agreement.of >= len(evidence):
            return survey, agreement
    return None


def now(session: Session, tiers: Mapping[str, Tier], at: datetime) -> InStep | None:
    """Tell how far use follows today's tiers; None where it cannot be worked out."""
    measured = newest(levels(tiers), usage.published(session))
    return _told(*measured, at, is_now=True) if measured else None


def history(session: Session, catalogue: Catalogue) -> list[InStep]:
    """Tell it for each published wave with the tiers of the day it was published, newest first.

    Of waves that tell of half of all or more. Where tiers have moved since the newest wave, what it is now stands first.
    """
    surveys = usage.published(session)
    changes = session.scalars(select(Change).order_by(Change.id)).all()
    told: list[InStep] = []
    for survey in surveys:
        wave = session.get_one(Wave, survey.id)
        published = wave.published_at or wave.drafted_at
        measured = newest(levels(_tiers_at(changes, catalogue, published)), [survey])
        told += [_told(*measured, published, is_now=False)] if measured else []
    measured = (
        newest(levels(_tiers_at(changes, catalogue, changes[-1].at)), surveys) if changes else None
    )
    if measured:
        if told and told[-1].agreement == measured[1]:
            told.pop()
        told.append(_told(*measured, changes[-1].at, is_now=True))
    return told[::-1]


def figure(told: RankAgreement | None) -> str:
    """Write tau-b with its range, or the range alone of ranks."""
    if told is None:
        return "not known"
    span = f"{signed(told.low)} to {signed(told.high)}"
    if told.tau is None or told.basis is RangeBasis.RANKS:
        return span if told.low != told.high else signed(told.low)
    return f"{signed(told.tau)} ({span})"


def signed(value: float) -> str:
    """Write a figure between −1 and 1 with two decimals and a true minus."""
    told = f"{value:.2f}"
    return "0.00" if told == "-0.00" else told.replace("-", "−")


def _tiers_at(changes: Iterable[Change], catalogue: Catalogue, at: datetime) -> dict[str, Tier]:
    """Give the tiers of a day; before the first is known, that one."""
    tiers: dict[str, Tier] = {}
    for change in changes:
        if change.slug in catalogue.slugs and (change.at <= at or change.slug not in tiers):
            tiers[change.slug] = State.from_dict(change.after).tier
    return tiers


def _told(survey: WaveSurvey, agreement: RankAgreement, at: datetime, *, is_now: bool) -> InStep:
    counted = survey.services if survey.unit != "responses" else survey.responses
    return InStep(survey.name, survey.when, counted, survey.unit, agreement, at, is_now)
