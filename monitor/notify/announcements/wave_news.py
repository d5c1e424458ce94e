"""What is told of a wave: which of its effects are mailed, and what a mail says of the survey."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from monitor.gap import use_changes
from monitor.gap.states import State
from monitor.gap.tables import Change
from monitor.notify.rules import plain
from monitor.notify.tables import Announcement
from monitor.usage import queries as usage
from monitor.usage.standing import period


def is_of_wave(change: Change) -> bool:
    """Tell whether a wave caused a change."""
    return change.cause_kind in use_changes.OF_WAVES


def news(session: Session, changes: Sequence[Change]) -> list[Change]:
    """Keep what readers are mailed of one wave's changes.

    Of a withdrawn one also whatever they may have been told of it.
    """
    told: set[str] = set()
    if changes[0].cause_kind == use_changes.WITHDRAWN:
        told = told_of(session, changes[0].cause_id)
    return [change for change in changes if change.slug in told or is_news(change)]


def is_news(change: Change) -> bool:
    """Tell whether one change by a wave is mailed for its own sake."""
    before = State.from_dict(change.before) if change.before else None
    return use_changes.is_news(before, State.from_dict(change.after))


def told_of(session: Session, wave_id: int | None) -> set[str]:
    """Name the interventions that announcements of a wave were about."""
    if wave_id is None:
        return set()
    made = select(Announcement.slugs).where(Announcement.wave_id == wave_id)
    return {slug for slugs in session.scalars(made) for slug in slugs}


def readers_told(session: Session, wave_id: int) -> int:
    """Count the messages that announcements of a wave brought about, its withdrawal's included."""
    made = select(Announcement.readers).where(Announcement.wave_id == wave_id)
    return sum(session.scalars(made))


def content(session: Session, change: Change) -> dict[str, Any] | None:
    """Tell of the wave that caused a change; None where something else did."""
    if not is_of_wave(change) or change.cause_id is None:
        return None
    wave = usage.wave(session, change.cause_id)
    withdrawn = change.cause_kind == use_changes.WITHDRAWN
    return {
        "id": wave.id,
        "name": plain(wave.name, 100),
        "when": period(wave.field_from, wave.field_to) or wave.dated,
        "field_to": _iso(wave.field_to),
        "citation": plain(wave.citation, 500),
        "withdrawn": plain(wave.why_ended or "", 600) if withdrawn else None,
    }


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None
