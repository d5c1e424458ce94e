"""What is told of a wave: which of its effects are mailed, and what a mail says of the survey."""

from collections.abc import Mapping, Sequence
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
from monitor.usage.tables import Wave

_Compared = tuple[str, str | None, str | None]  # the slug, the wave before, the wave


def is_of_wave(change: Change) -> bool:
    """Tell whether a wave caused a change."""
    return change.cause_kind in use_changes.OF_WAVES


def news(session: Session, changes: Sequence[Change]) -> list[Change]:
    """Keep what readers are mailed of one wave's changes.

    Of a withdrawn one also whatever they may have been told of it; not a change that stands again
    as it was told before.
    """
    first = changes[0]
    if first.cause_kind != use_changes.WITHDRAWN or first.cause_id is None:
        return [change for change in changes if is_news(change)]
    wave = usage.wave(session, first.cause_id)
    told = told_of(session, wave.id).union(*resting(session, wave).values())
    standing = _standing(session)
    return [
        change
        for change in changes
        if change.slug in told
        or (is_news(change) and _compared(change.slug, change.after) not in standing)
    ]


def is_news(change: Change) -> bool:
    """Tell whether one change by a wave is mailed for its own sake."""
    before = State.from_dict(change.before) if change.before else None
    return use_changes.is_news(before, State.from_dict(change.after), change.cause_kind)


def told_of(session: Session, wave_id: int) -> set[str]:
    """Name the interventions that announcements of a wave were about."""
    made = select(Announcement.slugs).where(Announcement.wave_id == wave_id)
    return {slug for slugs in session.scalars(made) for slug in slugs}


def resting(session: Session, wave: Wave) -> dict[int, list[str]]:
    """Find announcements of other waves that told a figure beside one of this wave.

    Gives, by announcement, of which interventions: whoever was told so is corrected with this wave.
    """
    others = select(Announcement.id, Announcement.content).where(
        Announcement.wave_id.is_not(None),
        Announcement.wave_id != wave.id,
        Announcement.at >= wave.published_at,
    )
    slugs_of = {
        id_: [change["slug"] for change in content["changes"] if wave.name in _waves(change)]
        for id_, content in session.execute(others)
    }
    return {id_: slugs for id_, slugs in slugs_of.items() if slugs}


def readers_told(session: Session, wave_id: int) -> int:
    """Count the messages that announcements of a wave brought about, its withdrawal's included."""
    made = select(Announcement.readers).where(Announcement.wave_id == wave_id)
    return sum(session.scalars(made))


def readers_to_correct(session: Session, wave: Wave) -> int:
    """Count the messages that told a figure of this wave, by its own announcements or another's."""
    told = (Announcement.wave_id == wave.id) | Announcement.id.in_(resting(session, wave))
    return sum(session.scalars(select(Announcement.readers).where(told)))


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
        # announcements of other waves that are corrected with this one
        "resting": sorted(resting(session, wave)) if withdrawn else [],
    }


def _waves(change: Mapping[str, Any]) -> set[str]:
    """Name the waves whose figures an announced change compares."""
    _, *waves = _compared(change["slug"], change["after"])
    return {wave for wave in waves if wave}


def _standing(session: Session) -> set[_Compared]:
    """Name each change of use that was announced and not taken back since."""
    made = select(Announcement.content).where(
        Announcement.wave_id.is_not(None), Announcement.overtaken_by.is_(None)
    )
    return {
        _compared(change["slug"], change["after"])
        for content in session.scalars(made)
        for change in content["changes"]
        if "use" in change["kinds"]
    }


def _compared(slug: str, state: Mapping[str, Any]) -> _Compared:
    """Name the two waves that a state compares."""
    use = state.get("use") or {}
    now, before = use.get("now") or {}, use.get("before") or {}
    return slug, before.get("wave"), now.get("wave")


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None
