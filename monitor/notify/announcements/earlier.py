"""What readers were told of a study, or of a wave, before: by a mail of its own or in a digest.

Whoever was told is corrected, by whatever they follow now, and reads again what they were told. What
was not handed over yet is stopped; what waits for a digest goes on waiting, with its correction.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select, update
from sqlalchemy.orm import Session

from monitor.kernel.persistence.database import affected
from monitor.notify import holding
from monitor.notify.messages.claiming import OVERTAKEN
from monitor.notify.smtp.due import UNTOUCHED
from monitor.notify.tables import Announcement, Digest, HeldNews, Message, MessageState, Reason


@dataclass(slots=True)
class Before:
    """What one reader knows. ``told``: of what they were told; ``waits``: of what they will be.

    ``said`` is what the newest mail said, a sentence for each intervention, and ``at`` when.
    """

    told: set[str] = field(default_factory=set)
    waits: set[str] = field(default_factory=set)
    said: list[str] = field(default_factory=list)
    at: datetime | None = None

    def was_told(self, slugs: Iterable[str], said: Iterable[str], at: datetime) -> None:
        """Add what one mail told."""
        self.told.update(slugs)
        if self.at is None or at >= self.at:
            self.said, self.at = [*said], at

    def quote(self) -> dict[str, Any]:
        """Give what a correction quotes: JSON values."""
        return {"at": self.at.isoformat(), "said": self.said} if self.at else {}


def overtake(session: Session, announcement: Announcement, at: datetime) -> None:
    """Let nothing more be sent of what this one takes back, and tell it no further."""
    values: dict[str, Any] = {"overtaken_by": announcement.id}
    ended = func.coalesce(Announcement.complete_at, at)
    earlier = update(Announcement).where(
        Announcement.id.in_(_earlier(announcement)), Announcement.overtaken_by.is_(None)
    )
    _run(session, earlier.values(**values, complete_at=ended), "fetch")
    told_in = (
        select(Message.digest_id)
        .join(HeldNews, HeldNews.message_id == Message.id)
        .where(HeldNews.announcement_id.in_(_earlier(announcement)), Message.state.in_(UNTOUCHED))
    )
    digests = update(Digest).where(Digest.id.in_(told_in), Digest.overtaken_by.is_(None))
    _run(session, digests.values(**values), "fetch")


def told_before(
    session: Session, announcement: Announcement, readers: Sequence[int]
) -> dict[int, Before]:
    """Tell what these readers were told of the same, and wait for; cancel what was not handed over."""
    if not readers:
        return {}
    of_them = (
        Message.announcement_id.in_(_earlier(announcement)),
        Message.subscriber_id.in_(readers),
    )
    holding.messages(session, *of_them, Message.state.in_(UNTOUCHED))
    off = update(Message).where(*of_them, Message.state.in_(UNTOUCHED))
    gone: dict[str, Any] = {"state": MessageState.CANCELLED, "reply": OVERTAKEN}
    _run(session, off.values(**gone, reason=Reason.OVERTAKEN, held_since=None))
    _stop_digests(session, announcement, readers)
    known: dict[int, Before] = {}
    _by_mail(session, of_them, known)
    _in_digests(session, announcement, readers, known)
    return known


def _stop_digests(session: Session, announcement: Announcement, readers: Sequence[int]) -> None:
    """Let no digest go that tells these readers of the same; none is claimed until the commit.

    Whoever makes digests held these readers: one that was made since ``overtake`` looked is here now.
    """
    theirs = (
        select(Message.digest_id)
        .join(HeldNews, HeldNews.message_id == Message.id)
        .where(
            HeldNews.announcement_id.in_(_earlier(announcement)),
            HeldNews.subscriber_id.in_(readers),
            Message.state.in_(UNTOUCHED),
        )
        .order_by(Message.id)
        .with_for_update(of=Message)
    )
    told_in = {*session.scalars(theirs)}
    if told_in:
        digests = update(Digest).where(Digest.id.in_(told_in), Digest.overtaken_by.is_(None))
        _run(session, digests.values(overtaken_by=announcement.id), "fetch")


def _by_mail(session: Session, of_them: tuple[Any, ...], known: dict[int, Before]) -> None:
    rows = session.execute(
        select(
            Message.subscriber_id, Message.context, Message.queued_at, Message.announcement_id
        ).where(*of_them, Message.state != MessageState.CANCELLED)
    ).all()
    told = {row.announcement_id for row in rows}
    made = select(Announcement.id, Announcement.content).where(Announcement.id.in_(told))
    contents = {row.id: row.content for row in session.execute(made)} if told else {}
    for reader, context, at, of in rows:
        slugs = context["slugs"]
        said = [said_of(c) for c in contents[of]["changes"] if c["slug"] in slugs]
        known.setdefault(reader or 0, Before()).was_told(slugs, said, at)


def _in_digests(
    session: Session, announcement: Announcement, readers: Sequence[int], known: dict[int, Before]
) -> None:
    rows = session.execute(
        select(
            HeldNews.subscriber_id,
            HeldNews.slugs,
            HeldNews.announcement_id,
            Message.digest_id,
            Message.queued_at,
            Message.state,
        )
        .outerjoin(Message, Message.id == HeldNews.message_id)
        .where(
            HeldNews.announcement_id.in_(_earlier(announcement)),
            HeldNews.subscriber_id.in_(readers),
        )
    ).all()
    in_them = {row.digest_id for row in rows} - {None}
    made = select(Digest.id, Digest.content).where(Digest.id.in_(in_them))
    contents = {row.id: row.content for row in session.execute(made)} if in_them else {}
    for reader, slugs, of, digest, at, state in rows:
        before = known.setdefault(reader, Before())
        if digest is None or state in {*UNTOUCHED, MessageState.CANCELLED}:
            before.waits.update(slugs)
        else:
            before.was_told(slugs, _said_in(contents[digest], of), at)


def _said_in(content: dict[str, Any], announcement: int) -> list[str]:
    """Give what a digest said of an announcement."""
    entries = (entry for part in ("changes", "added", "undone") for entry in content[part])
    return [said_of(entry) for entry in entries if announcement in entry["announcements"]]


def said_of(told: dict[str, Any]) -> str:
    """Give what a mail said of a change: in brief, where it was frozen so."""
    in_brief = told.get("brief")
    return f"{told['name']}: {in_brief}" if in_brief else str(told["sentence"])


def _earlier(announcement: Announcement) -> Select[int]:
    """Select the earlier announcements that tell of the same study, or of the same wave.

    Of a withdrawn wave also those that told another's figure beside its own.
    """
    if announcement.wave_id is not None:
        resting = announcement.content["wave"].get("resting", ())
        same = (Announcement.wave_id == announcement.wave_id) | Announcement.id.in_(resting)
    else:
        same = Announcement.study_id == announcement.content["study"]["id"]
    return select(Announcement.id).where(same, Announcement.id < announcement.id)


def _run(session: Session, statement: Any, how: Any = False) -> None:  # noqa: ANN401, FBT002 - SQLAlchemy's own
    affected(session.execute(statement.execution_options(synchronize_session=how)))
