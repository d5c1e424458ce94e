"""A wave of use and everything that follows from it: part of the story (``workflow`` offers it).

As there: each function runs inside one transaction of its caller, and opens none.
"""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy.orm import Session

from monitor.evidence import service as evidence
from monitor.evidence.words import Cause
from monitor.gap import service as gaps
from monitor.gap import use_changes
from monitor.gap.tables import Change
from monitor.notify import service as notify
from monitor.service import Service
from monitor.usage import service as usage
from monitor.usage.tables import Wave
from monitor.usage.wave_table import ReadWave


def draft_from_feed(
    session: Session, service: Service, *, read: ReadWave, feed: str, at: datetime
) -> Wave | None:
    """Keep what a feed sent as a draft, and tell the admins; None: the same wave was here before."""
    wave = usage.draft_from_feed(session, read, feed=feed, at=at)
    if wave is not None:
        notify.tell_of_draft(session, service.settings, wave, at)
    return wave


def publish_wave(
    session: Session, service: Service, *, wave_id: int, by: str, at: datetime, reason: str = ""
) -> Wave:
    """Let a drafted wave of use count, with everything that follows from it."""
    wave = usage.publish(session, wave_id, by=by, at=at, reason=reason)
    words = f"The survey of use “{wave.name}” was published"
    cause = Cause(use_changes.PUBLISHED, words, wave.id)
    follow_all(session, service, service.catalogue.slugs, cause, at=at)
    return wave


def withdraw_wave(
    session: Session, service: Service, *, wave_id: int, reason: str, by: str, at: datetime
) -> Wave:
    """Let a published wave count no more, with everything that follows; whoever was told is told."""
    wave = usage.withdraw(session, wave_id, reason=reason, by=by, at=at)
    words = f"The survey of use “{wave.name}” was withdrawn: {wave.why_ended}"
    cause = Cause(use_changes.WITHDRAWN, words, wave.id)
    follow_all(session, service, service.catalogue.slugs, cause, at=at)
    return wave


def reassess(
    session: Session, service: Service, slug: str, *, cause: Cause, at: datetime
) -> Change | None:
    """Grade an intervention and assess its gap; give the change where anything differs."""
    grade = evidence.regrade(session, service.catalogue, slug, cause=cause, at=at)
    return gaps.reassess(session, service.catalogue, slug, grade=grade, cause=cause, at=at)


def follow_all(
    session: Session, service: Service, slugs: Iterable[str], cause: Cause, *, at: datetime
) -> list[Change]:
    """Grade and reassess these interventions, and tell the readers; gives what changed.

    The end that every story shares. Safe to repeat.
    """
    changes = [
        change
        for slug in dict.fromkeys(slugs)
        if (change := reassess(session, service, slug, cause=cause, at=at))
    ]
    if changes:
        notify.announce(session, service.catalogue, service.settings, changes, at=at)
    return changes
