"""Bring waves, publish them, withdraw them. Flushes, never commits; appends to the audit ledger.

A published wave is never edited and never merged with another. What follows from one (gaps, mail)
stands in ``workflow``.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from monitor.catalogue.loader import Catalogue, Intervention
from monitor.kernel import audit
from monitor.kernel.errors import Conflict, InvalidInput
from monitor.usage import queries
from monitor.usage.splits import FEWEST
from monitor.usage.standing import MAIN_UNITS, Observation, WaveSurvey, observe
from monitor.usage.tables import Wave, WaveRow, WaveState
from monitor.usage.wave_table import ReadWave

__all__ = [
    "Observation",
    "PublishingHindrance",
    "discard",
    "draft",
    "draft_from_feed",
    "hindrance",
    "latest",
    "publish",
    "sync_baseline",
    "withdraw",
]

PUBLISHED_REVIEW = "published review"
FILE = "file"
FEED = "feed: "  # before a feed's name
RETURNS = "returns"
_ACTOR = "job:usage"
_FEED_ACTOR = "job:use"
_STANDS = (WaveState.DRAFT, WaveState.PUBLISHED)
_MAX_REASON = 2000


def sync_baseline(session: Session, catalogue: Catalogue, at: datetime) -> None:
    """Record the published wave of every intervention; what is already recorded stays as it is."""
    for intervention in catalogue.interventions:
        wave = _published_wave(session, catalogue, intervention, at)
        recorded = select(WaveRow.id).where(
            WaveRow.wave_id == wave.id, WaveRow.slug == intervention.slug
        )
        if session.scalar(recorded) is None:
            _record(session, wave, intervention, at)


def latest(session: Session, slug: str, *, at: datetime | None = None) -> Observation | None:
    """Give what the newest published wave says, with what it is compared with; None: nothing.

    ``at``: as of then.
    """
    return observe(queries.published(session, at), slug)


def draft(session: Session, read: ReadWave, *, by: str, at: datetime, origin: str = FILE) -> Wave:
    """Keep a wave that was read without a problem as a draft. Nothing follows from it yet.

    Raises:
        InvalidInput: something is wrong with it; says all of it.
        Conflict: the same wave, or another of its name, is here already.
    """
    if read.about is None or read.problems:
        raise InvalidInput("; ".join(read.problems) or "nothing is said about the wave")
    about = read.about
    refuse_twice(session, about.name, read.content_hash)
    wave = Wave(
        name=about.name,
        state=WaveState.DRAFT,
        origin=origin,
        instrument=about.instrument,
        version=about.version,
        question=about.question,
        field_from=about.field_from,
        field_to=about.field_to,
        dated=None,
        frame=about.frame,
        unit=about.unit,
        mode=about.mode,
        promoters=list(about.promoters),
        invited=about.invited,
        responses=about.responses,
        services=about.services,
        design_effect=about.stated_effect,
        citation=about.citation,
        gold_standard=about.gold_standard.model_dump() if about.gold_standard else None,
        content_hash=read.content_hash,
        drafted_by=by,
        drafted_at=at,
    )
    session.add(wave)
    session.flush()
    session.add_all(
        WaveRow(
            wave_id=wave.id,
            slug=row.slug,
            nation=row.nation,
            sector=row.sector,
            area=row.area,
            numerator=row.numerator,
            denominator=row.denominator,
            ranks=list(row.ranks),
            out_of=row.out_of,
            words=None,
        )
        for row in read.rows
    )
    session.flush()
    _audit(session, wave, "drafted", by, at, content_hash=read.content_hash)
    return wave


def draft_from_feed(session: Session, read: ReadWave, *, feed: str, at: datetime) -> Wave | None:
    """Keep what a feed sent as a draft; None: the same wave was here before, whatever became of it.

    An earlier draft of that name from the same feed gives way to it.

    Raises:
        InvalidInput: something is wrong with it; says all of it.
        Conflict: another wave of its name stands, and is no draft of this feed.
    """
    known = select(Wave.id).where(Wave.content_hash == read.content_hash)
    if not read.problems and session.scalar(known.limit(1)) is not None:
        return None
    origin = f"{FEED}{feed}"
    drafts = select(Wave).where(Wave.state == WaveState.DRAFT, Wave.origin == origin)
    for older in session.scalars(drafts).all():
        if read.about and older.name.casefold() == read.about.name.casefold():
            discard(session, older.id, by=_FEED_ACTOR, at=at, why="the feed sent another version")
    return draft(session, read, by=_FEED_ACTOR, at=at, origin=origin)


def publish(session: Session, wave_id: int, *, by: str, at: datetime, reason: str = "") -> Wave:
    """Let a draft count.

    Raises:
        NotFound: there is no such wave.
        Conflict: it is no draft any more, its field dates overlap those of one that counts, or it
            is of so few returns that what one service answered could be told.
    """
    wave = _locked(session, wave_id)
    if wave.state is not WaveState.DRAFT:
        raise Conflict(f"“{wave.name}” is {wave.state.value}: only a draft is published")
    if problem := hindrance(session, wave):
        raise Conflict(problem.words)
    wave.state, wave.published_by, wave.published_at = WaveState.PUBLISHED, by, at
    wave.reason = _reason(reason, needed=False)
    session.flush()
    _audit(session, wave, "published", by, at, reason=wave.reason)
    return wave


@dataclass(frozen=True, slots=True)
class PublishingHindrance:
    """Why a draft cannot be published, and what helps; ``other``: the wave that is in its way."""

    words: str
    other: WaveSurvey | None = None


def hindrance(session: Session, wave: Wave) -> PublishingHindrance | None:
    """Say why a draft cannot be published now; None: it can be. Pages say it, ``publish`` refuses by it."""
    if wave.origin == RETURNS and (wave.services or 0) < FEWEST:
        return PublishingHindrance(
            f"“{wave.name}” is of fewer than {FEWEST} services: what one of them answered could be "
            "told, so it is never published. Discard it; what they answered is kept for next time"
        )
    if other := overlapping(session, wave):
        return PublishingHindrance(
            f"“{wave.name}” and “{other.name}” ({other.when}) overlap: two waves of one time cannot "
            "both count. Withdraw the other first, or discard this one",
            other,
        )
    return None


def withdraw(session: Session, wave_id: int, *, reason: str, by: str, at: datetime) -> Wave:
    """Let a published wave count no more; its rows stay readable.

    Raises:
        NotFound: there is no such wave.
        Conflict: it is not published, or is the published review's own.
        InvalidInput: no reason is given.
    """
    wave = _locked(session, wave_id)
    if wave.state is not WaveState.PUBLISHED:
        raise Conflict(f"“{wave.name}” is {wave.state.value}: only a published wave is withdrawn")
    if wave.origin == PUBLISHED_REVIEW:
        raise Conflict(f"“{wave.name}” is the published review’s own: it stands as published")
    _end(wave, WaveState.WITHDRAWN, by, at, _reason(reason, needed=True))
    session.flush()
    _audit(session, wave, "withdrawn", by, at, reason=reason)
    return wave


def may_be_withdrawn(wave: Wave) -> bool:
    """Tell whether a wave may be withdrawn: it counts, and is not the published review's own."""
    return wave.state is WaveState.PUBLISHED and wave.origin != PUBLISHED_REVIEW


def discard(
    session: Session, wave_id: int, *, by: str, at: datetime, why: str | None = None
) -> Wave:
    """Let go of a draft. Nothing followed from it, so nothing is undone.

    Raises:
        NotFound: there is no such wave.
        Conflict: it is no draft any more.
    """
    wave = _locked(session, wave_id)
    if wave.state is not WaveState.DRAFT:
        raise Conflict(f"“{wave.name}” is {wave.state.value}: only a draft is discarded")
    _end(wave, WaveState.DISCARDED, by, at, why)
    session.flush()
    _audit(session, wave, "discarded", by, at, reason=why)
    return wave


def overlapping(session: Session, wave: Wave) -> WaveSurvey | None:
    """Find a published wave of the main units in the field at the same time; None: there is none."""
    if wave.unit not in MAIN_UNITS or wave.field_from is None or wave.field_to is None:
        return None
    for other in queries.published(session):
        if other.id == wave.id or other.field_from is None or other.field_to is None:
            continue
        if other.field_from <= wave.field_to and wave.field_from <= other.field_to:
            return other
    return None


def refuse_twice(session: Session, name: str, content_hash: str | None = None) -> None:
    """Refuse a wave that is here already, or whose name stands.

    Raises:
        Conflict: it is; says which.
    """
    standing = select(Wave).where(Wave.state.in_(_STANDS))
    for wave in session.scalars(standing):
        if content_hash is not None and wave.content_hash == content_hash:
            raise Conflict(
                f"this wave is here already, as “{wave.name}”, and is {wave.state.value}: "
                "nothing was kept twice"
            )
        if wave.name.casefold() == name.casefold():
            raise Conflict(
                f"there is a wave “{wave.name}” already, and it is {wave.state.value}: give this "
                "one its own name, or withdraw or discard that one first"
            )


def _locked(session: Session, wave_id: int) -> Wave:
    """Hold the waves while one's state moves: of two who publish it, one waits and then finds it done.

    All of them, since two that overlap are published at once by two people else.
    """
    queries.wave(session, wave_id)
    held = select(Wave).order_by(Wave.id).with_for_update()
    waves = session.scalars(held.execution_options(populate_existing=True)).all()
    return next(wave for wave in waves if wave.id == wave_id)


def _end(wave: Wave, state: WaveState, by: str, at: datetime, why: str | None) -> None:
    wave.state, wave.ended_by, wave.ended_at, wave.why_ended = state, by, at, why


def _reason(said: str, *, needed: bool) -> str | None:
    reason = " ".join(said.split())
    if needed and not reason:
        raise InvalidInput("Say why: readers are told the reason", field="reason")
    if len(reason) > _MAX_REASON:
        raise InvalidInput(f"The reason is longer than {_MAX_REASON} characters", field="reason")
    return reason or None


def _published_wave(
    session: Session, catalogue: Catalogue, intervention: Intervention, at: datetime
) -> Wave:
    """Give the wave that the published review speaks of, made when it is first wanted."""
    stated, survey = intervention.usage, catalogue.review.survey
    wave = session.scalars(
        select(Wave).where(Wave.name == stated.wave, Wave.origin == PUBLISHED_REVIEW)
    ).first()
    if wave is None:
        wave = Wave(
            name=stated.wave,
            state=WaveState.PUBLISHED,
            origin=PUBLISHED_REVIEW,
            citation=stated.citation,
            drafted_by=_ACTOR,
            drafted_at=at,
            published_by=_ACTOR,
            published_at=at,
            promoters=[],
        )
        session.add(wave)
    if stated.wave == survey.wave and wave.dated is None:
        wave.dated, wave.frame, wave.mode = survey.dated, survey.frame, survey.mode
        wave.services, wave.responses = survey.services, survey.responses
        wave.promoters = list(survey.promoters)
    session.flush()
    return wave


def _record(session: Session, wave: Wave, intervention: Intervention, at: datetime) -> None:
    stated = intervention.usage
    row = WaveRow(
        wave_id=wave.id,
        slug=intervention.slug,
        ranks=list(stated.ranks),
        out_of=stated.out_of,
        words=stated.words,
    )
    session.add(row)
    session.flush()
    audit.record(
        session,
        at=at,
        actor=_ACTOR,
        action="usage.recorded",
        subject=f"intervention:{intervention.slug}",
        observation=row.id,
        wave=stated.wave,
    )


def _audit(
    session: Session,
    wave: Wave,
    what: str,
    by: str,
    at: datetime,
    **details: str | None,
) -> None:
    audit.record(
        session,
        at=at,
        actor=by,
        action=f"wave.{what}",
        subject=f"wave:{wave.id}",
        name=wave.name,
        **details,
    )
