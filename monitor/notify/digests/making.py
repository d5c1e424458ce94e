"""Making digests: one message for each reader whose digest is due and has something to tell.

The same function composes what is previewed, what a dry run lists and what is sent. Due readers are
taken in pieces; what a piece says is worked out first, while others write, and then a transaction
queues their messages, marks what waited as told and sets when the next is due. So a crash repeats
nothing and leaves nobody out, and a service that was down for a week makes each due digest once.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from monitor.catalogue.loader import Catalogue
from monitor.evidence.registered import AwaitedTrial
from monitor.kernel import audit
from monitor.kernel.errors import NotFound
from monitor.kernel.language.uk import uk_day_of
from monitor.kernel.settings import Settings
from monitor.notify import chosen, rules, terms
from monitor.notify.digests import composing, looking, practice, trials
from monitor.notify.digests.composing import DigestPart
from monitor.notify.digests.due import select_due
from monitor.notify.digests.trials import TrialLine
from monitor.notify.tables import (
    Announcement,
    Digest,
    HeldNews,
    Message,
    MessageKind,
    MessageState,
    ReaderTerms,
    Reason,
    Subscriber,
    SubscriberState,
)
from monitor.notify.words import Cadence, Kind

ACTOR = "job:digest"
AT_ONCE = 100  # readers looked at in one transaction: some hundredths of a second
# Of the JSON of a digest; mails are rendered from all. 2: a change in brief, and what it means.
# 3: of a quarter, whether use follows evidence.
VERSION = 3
AWAITS_APPROVAL = "It is sent when an admin has approved its digest"
_KEPT = 200  # announcements kept in memory of one pass, and digests beside those of a piece


@dataclass(slots=True)
class Workshop:
    """What one pass keeps between its pieces: what was looked at, by period, and announcements."""

    settings: Settings
    catalogue: Catalogue
    looked: dict[datetime, dict[str, Any]] = field(default_factory=dict)
    proof: dict[str, Any] = field(default_factory=dict)
    contents: dict[int, tuple[datetime, dict[str, Any]]] = field(default_factory=dict)
    trials: dict[datetime, Sequence[TrialLine]] = field(default_factory=dict)
    waiting: Mapping[str, AwaitedTrial] | None = None
    composed: dict[str, dict[str, Any] | None] = field(default_factory=dict)
    in_step: list[dict[str, Any] | None] = field(default_factory=list)  # once it was worked out

    def look(self, session: Session, since: datetime, at: datetime) -> dict[str, Any]:
        """Give where we looked since then."""
        if since not in self.looked:
            if not self.proof:  # it hangs on the day alone
                self.proof = looking.proof(session, self.settings, self.catalogue, at)
            self.looked[since] = self.proof | looking.looked(session, self.settings, since, at)
        return self.looked[since]

    def practice(self, session: Session, at: datetime) -> dict[str, Any] | None:
        """Give whether use follows evidence; None: it cannot be told."""
        if not self.in_step:
            self.in_step = [practice.frozen(session, self.catalogue, at)]
        return self.in_step[0]

    def trials_since(self, session: Session, since: datetime, at: datetime) -> Sequence[TrialLine]:
        """Give what was noted of registered trials since then, and is still so."""
        if since not in self.trials:
            self.trials[since] = trials.since(
                session, self.catalogue, since, lambda: self._still_waiting(session, at)
            )
        return self.trials[since]

    def _still_waiting(self, session: Session, at: datetime) -> Mapping[str, AwaitedTrial]:
        if self.waiting is None:  # read once a pass, whatever periods its readers have
            self.waiting = trials.waiting(session, at)
        return self.waiting

    def announcements(
        self, session: Session, ids: Collection[int]
    ) -> dict[int, tuple[datetime, dict[str, Any]]]:
        """Give when these were announced, and what they say."""
        missing = set(ids) - self.contents.keys()
        if len(self.contents) + len(missing) > _KEPT:
            self.contents, missing = {}, set(ids)
        if missing:
            made = select(Announcement).where(Announcement.id.in_(missing))
            for row in session.scalars(made):
                self.contents[row.id] = (row.at, row.content)
        return self.contents


@dataclass(frozen=True, slots=True)
class Ready:
    """What one reader's digest says; ``held`` is what waited for it."""

    reader: Subscriber
    since: datetime
    content: dict[str, Any]
    key: str
    held: tuple[HeldNews, ...]


def anybody_due(session: Session, at: datetime) -> bool:
    """Tell whether a digest is due, or a time is to be set."""
    return session.scalar(select_due(at).with_only_columns(Subscriber.id).limit(1)) is not None


def prepare_next(session: Session, shop: Workshop, *, at: datetime) -> None:
    """Work out what the next digests say, before the transaction that makes them. Changes nothing.

    What is read of a period, and what a digest is composed of, would keep everybody from writing
    meanwhile. ``make_next`` asks again who is due and what waits, and composes only what differs.
    """
    if len(shop.composed) > _KEPT:
        shop.composed = {}
    rows = session.execute(select_due(at).order_by(ReaderTerms.subscriber_id).limit(AT_ONCE))
    _compose(session, shop, [row.Subscriber for row in rows], at)


def make_next(session: Session, shop: Workshop, *, at: datetime) -> tuple[int, int]:
    """Make the digests of the next readers who are due; counts readers looked at, and digests made.

    Whoever has nothing to be told gets nothing, and what waits for them goes on waiting.
    """
    rows = session.execute(
        select_due(at)
        .order_by(ReaderTerms.subscriber_id)
        .limit(AT_ONCE)
        .with_for_update(of=Subscriber)
        .execution_options(populate_existing=True)
    ).all()
    readers = [row.Subscriber for row in rows]
    theirs = chosen.hold(session, [reader.id for reader in readers], at)
    due = [
        reader
        for reader in readers
        if (row := theirs[reader.id].row) and row.next_digest_at is not None
    ]
    made = _compose(session, shop, due, at)
    _queue(session, shop.settings, made, at)
    for ready in made:
        if row := theirs[ready.reader.id].row:
            row.covered_to = at
    for choice in theirs.values():
        if choice.row is not None:
            choice.row.next_digest_at = terms.due_after(choice.terms.cadence, at)
    session.flush()
    return len(rows), len(made)


def preview(
    session: Session, shop: Workshop, readers: Sequence[Subscriber], *, at: datetime
) -> list[Ready]:
    """Compose what these readers would be told if their digests were due now. Changes nothing."""
    return _compose(session, shop, readers, at)


def reader_at(session: Session, address: str) -> Subscriber:
    """Give the active reader at an address.

    Raises:
        NotFound: nobody there gets e-mails.
    """
    active = select(Subscriber).where(
        Subscriber.address == address.strip().lower(), Subscriber.state == SubscriberState.ACTIVE
    )
    reader = session.scalars(active).first()
    if reader is None:
        raise NotFound(f"nobody at {address} gets e-mails")
    return reader


def due_readers(session: Session, at: datetime) -> list[Subscriber]:
    """List the readers whose digests are due."""
    due = select_due(at).where(ReaderTerms.next_digest_at.is_not(None))
    return [row.Subscriber for row in session.execute(due.order_by(ReaderTerms.subscriber_id))]


def _compose(
    session: Session, shop: Workshop, readers: Sequence[Subscriber], at: datetime
) -> list[Ready]:
    """Compose what readers are told; who has nothing to be told is left out."""
    if not readers:
        return []
    ids = [reader.id for reader in readers]
    rows = {
        row.subscriber_id: row
        for row in session.scalars(select(ReaderTerms).where(ReaderTerms.subscriber_id.in_(ids)))
    }
    held, told = _waiting(session, ids), _told(session, ids, rows)
    known = shop.announcements(
        session,
        {news.announcement_id for some in held.values() for news in some}
        | {announcement for some in told.values() for announcement, _, _ in some},
    )
    made = []
    for reader in readers:
        row = rows.get(reader.id)
        if row is None:
            continue
        parts = [
            DigestPart(news.announcement_id, *_of(known, news.announcement_id, news.slugs))
            for news in held[reader.id]
        ] + [
            DigestPart(id_, *_of(known, id_, slugs), told_at=then)
            for id_, slugs, then in told[reader.id]
        ]
        key, content = _content(session, shop, reader, row, parts, at)
        if content is not None:
            made.append(Ready(reader, row.covered_to, content, key, tuple(held[reader.id])))
    return made


def _of(
    known: dict[int, tuple[datetime, dict[str, Any]]], announcement: int, slugs: Sequence[str]
) -> tuple[datetime, tuple[str, ...], dict[str, Any]]:
    at, content = known[announcement]
    return at, tuple(slugs), content


def _content(
    session: Session,
    shop: Workshop,
    reader: Subscriber,
    row: ReaderTerms,
    parts: Sequence[DigestPart],
    at: datetime,
) -> tuple[str, dict[str, Any] | None]:
    """Freeze what one reader is told, once for all to whom it says the same; with its key.

    None: nothing moved, and they asked for no proof of it.
    """
    since, kinds = uk_day_of(row.covered_to).start, chosen.of_row(row).kinds
    noted = trials.lines(
        shop.trials_since(session, since, at), row.covered_to, kinds, reader.hears_of
    )
    over = Kind.PROOF in kinds and terms.quarter(row.covered_to) != terms.quarter(at)
    told = [(part.id, part.slugs, part.told_at and part.told_at.isoformat()) for part in parts]
    of_all = (since.isoformat(), row.cadence.value, sorted(kinds), over, noted, told)
    key = _key(uk_day_of(at).date.isoformat(), *of_all)
    if key not in shop.composed:
        composed = composing.compose(parts, kinds)
        of_quarter = over or row.cadence is Cadence.QUARTERLY
        goes = composed.changes or (over and not composed.told)
        shop.composed[key] = (
            _frozen(session, shop, row, since, at)
            | {"in_step": shop.practice(session, at) if of_quarter else None, "trials": noted}
            | composed.to_dict()
            if goes
            else None
        )
    return key, shop.composed[key]


def _frozen(
    session: Session, shop: Workshop, row: ReaderTerms, since: datetime, at: datetime
) -> dict[str, Any]:
    """Freeze what a digest says beside the news."""
    return {
        "version": VERSION,
        "at": at.isoformat(),
        "since": since.isoformat(),
        "cadence": row.cadence.value,
        "notice": shop.settings.web.notice,
        "caveat": shop.catalogue.review.caveat,
        "looked": shop.look(session, since, at),
    }


def _waiting(session: Session, readers: Sequence[int]) -> dict[int, list[HeldNews]]:
    waiting = select(HeldNews).where(
        HeldNews.subscriber_id.in_(readers), HeldNews.message_id.is_(None)
    )
    held: dict[int, list[HeldNews]] = defaultdict(list)
    for news in session.scalars(waiting.order_by(HeldNews.announcement_id)):
        held[news.subscriber_id].append(news)
    return held


def _told(
    session: Session, readers: Sequence[int], rows: dict[int, ReaderTerms]
) -> dict[int, list[tuple[int, list[str], datetime]]]:
    """Give what these readers were told at once since their last digest."""
    first = min((row.covered_to for row in rows.values()), default=None)
    told: dict[int, list[tuple[int, list[str], datetime]]] = defaultdict(list)
    if first is None:
        return told
    mailed = select(
        Message.subscriber_id, Message.announcement_id, Message.context, Message.queued_at
    ).where(
        Message.subscriber_id.in_(readers),
        Message.kind == MessageKind.CHANGE,
        Message.state != MessageState.CANCELLED,
        Message.queued_at > first,
    )
    for reader, announcement, context, at in session.execute(mailed.order_by(Message.id)):
        if reader in rows and at > rows[reader].covered_to and announcement is not None:
            told[reader].append((announcement, context["slugs"], at))
    return told


def _key(*said: object) -> str:
    """Name what a digest is made of; whatever is made of the same on the same day says the same."""
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()


def _queue(session: Session, settings: Settings, made: Sequence[Ready], at: datetime) -> None:
    """Queue the message of each, and mark what waited as told in it."""
    digests = _kept(session, settings, made, at)
    on_hold = _to_be_approved(session, digests.values())
    messages = [_message(settings, ready, digests[ready.key], at) for ready in made]
    changed = chosen.untold(session, [ready.reader for ready in made])
    for message in messages:
        if message.subscriber_id in changed:
            message.context = {**message.context, "chose": changed[message.subscriber_id]}
        if message.digest_id in on_hold:
            message.state, message.reply = MessageState.ON_HOLD, AWAITS_APPROVAL
            message.reason = Reason.AWAITS_APPROVAL
    session.add_all(messages)
    session.flush()
    for ready, message in zip(made, messages, strict=True):
        for news in ready.held:
            news.message_id = message.id
    if made:
        counted = {"readers": len(made), "digests": sorted({m.digest_id or 0 for m in messages})}
        audit.record(
            session, at=at, actor=ACTOR, action="digests.made", subject="digest", **counted
        )


def _to_be_approved(session: Session, digests: Collection[int]) -> set[int]:
    """Give those of these digests that go only when an admin has approved them."""
    awaits = select(Digest.id).where(
        Digest.id.in_(digests), Digest.awaits_since.is_not(None), Digest.approved_at.is_(None)
    )
    return {*session.scalars(awaits)}


def _kept(
    session: Session, settings: Settings, made: Sequence[Ready], at: datetime
) -> dict[str, int]:
    """Keep each digest once, whoever gets it."""
    by_key = {ready.key: ready.content for ready in made}
    known = select(Digest.key, Digest.id).where(Digest.key.in_(by_key))
    kept = dict(session.execute(known).all()) if by_key else {}
    new = [
        Digest(
            key=key,
            content=content,
            at=at,
            overtaken_by=None,
            awaits_since=at if settings.mail.approve_digests else None,
            approved_at=None,
        )
        for key, content in by_key.items()
        if key not in kept
    ]
    session.add_all(new)
    session.flush()
    return kept | {digest.key: digest.id for digest in new}


def _message(settings: Settings, ready: Ready, digest: int, at: datetime) -> Message:
    uuid = str(uuid4())
    return Message(
        uuid=uuid,
        message_id=rules.message_id(uuid, settings.mail.from_address),
        kind=MessageKind.DIGEST,
        address=ready.reader.address,
        subscriber_id=ready.reader.id,
        digest_id=digest,
        context={
            "following": len(ready.reader.hears_of),
            "since": ready.since.isoformat(),
        },
        state=MessageState.PENDING,
        queued_at=at,
        next_at=at,
        attempts=0,
        lease_token=0,
    )
