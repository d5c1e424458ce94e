"""What an admin does with a digest, for all of its readers at once: approve, hold, let go, stop, send again.

Each message goes the way it would go alone (``postmaster``); one that cannot go it stays as it is.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, select, text
from sqlalchemy.orm import InstrumentedAttribute, Session

from monitor.kernel import audit
from monitor.kernel.errors import Conflict, NotFound
from monitor.notify import holding
from monitor.notify.messages import postmaster
from monitor.notify.smtp.due import UNTOUCHED
from monitor.notify.tables import AWAITS, Digest, Message, MessageState, Reason

_SHOWN = 20
_APPROVED = "approved"


@dataclass(frozen=True, slots=True)
class DigestView:
    """One digest: its readers by the state of their message, and one message to read it by.

    ``awaits``: it goes when an admin has approved it.
    """

    id: int
    at: datetime
    counts: dict[MessageState, int]
    awaits: bool
    overtaken: bool
    example: str  # a message's uuid

    @property
    def readers(self) -> int:
        """How many messages it has."""
        return sum(self.counts.values())


def newest(session: Session, limit: int = _SHOWN) -> list[DigestView]:
    """List the newest digests, newest first; those that nobody gets are left out."""
    got = select(Message.id).where(_of(Digest.id))
    rows = select(Digest).where(got.exists()).order_by(Digest.id.desc()).limit(limit)
    return [_view(session, digest) for digest in session.scalars(rows)]


def one(session: Session, digest_id: int) -> DigestView:
    """Read one digest.

    Raises:
        NotFound: there is no such digest, or nobody gets it.
    """
    digest = session.get(Digest, digest_id)
    if digest is None or not _counts(session, digest_id):
        raise NotFound("There is no such digest.")
    return _view(session, digest)


def awaiting(session: Session) -> list[int]:
    """List the digests that are to be approved, the oldest first."""
    on_hold = select(Message.id).where(_of(Digest.id), Message.state == MessageState.ON_HOLD)
    waits = select(Digest.id).where(text(AWAITS), on_hold.exists())
    return [*session.scalars(waits.order_by(Digest.id))]


def approve(session: Session, digest_id: int, *, reason: str, by: str, at: datetime) -> int:
    """Let a digest go to its readers, also to those whose message is still to be made; counts them.

    A message of it that an admin holds stays on hold.

    Raises:
        NotFound: there is no such digest.
        InvalidInput: no reason is given.
        Conflict: it does not wait for approval.
    """
    why, digest = postmaster.check_reason(reason), _hold(session, digest_id)
    if digest.awaits_since is None or digest.approved_at is not None:
        raise Conflict("This digest does not wait for approval.")
    if digest.overtaken_by is not None:
        raise Conflict("What it tells is no longer so: it is made anew, and waits then.")
    digest.approved_at = at
    session.flush()  # each message looks whether its digest is approved
    return _each(
        session,
        digest_id,
        (MessageState.ON_HOLD,),
        _APPROVED,
        postmaster.let_go,
        reason=why,
        by=by,
        at=at,
    )


def hold(session: Session, digest_id: int, *, reason: str, by: str, at: datetime) -> int:
    """Keep all that was not handed over of a digest; counts it.

    Raises:
        NotFound: there is no such digest.
        InvalidInput: no reason is given.
    """
    why = postmaster.check_reason(reason)
    _hold(session, digest_id)
    free = tuple(state for state in UNTOUCHED if state is not MessageState.ON_HOLD)
    return _each(session, digest_id, free, "put_on_hold", postmaster.hold, reason=why, by=by, at=at)


def let_go(session: Session, digest_id: int, *, reason: str, by: str, at: datetime) -> int:
    """Let all go that is on hold of a digest; counts it.

    Raises:
        NotFound: there is no such digest.
        InvalidInput: no reason is given.
        Conflict: it waits for approval.
    """
    why, digest = postmaster.check_reason(reason), _hold(session, digest_id)
    if digest.awaits_since is not None and digest.approved_at is None:
        raise Conflict("This digest waits for approval: approve it.")
    return _each(
        session,
        digest_id,
        (MessageState.ON_HOLD,),
        "let_go",
        postmaster.let_go,
        reason=why,
        by=by,
        at=at,
    )


def stop(session: Session, digest_id: int, *, reason: str, by: str, at: datetime) -> int:
    """Cancel all that was not handed over of a digest; what it told waits for the next. Counts it.

    Raises:
        NotFound: there is no such digest.
        InvalidInput: no reason is given.
    """
    why = postmaster.check_reason(reason)
    _hold(session, digest_id)
    return _each(
        session, digest_id, UNTOUCHED, "stopped", postmaster.stop, reason=why, by=by, at=at
    )


def send_again(session: Session, digest_id: int, *, reason: str, by: str, at: datetime) -> int:
    """Send a digest again to all who were sent it, or whose server refused it; counts them.

    Raises:
        NotFound: there is no such digest.
        InvalidInput: no reason is given.
    """
    why = postmaster.check_reason(reason)
    _hold(session, digest_id)
    states = (MessageState.SENT, MessageState.DEAD)
    return _each(
        session, digest_id, states, "requeued", postmaster.send_again, reason=why, by=by, at=at
    )


def _each(  # noqa: PLR0913 - what, of what, how it is called, why, who, when
    session: Session,
    digest_id: int,
    states: tuple[MessageState, ...],
    what: str,
    step: Callable[..., None],
    *,
    reason: str,
    by: str,
    at: datetime,
) -> int:
    """Do the same with each message of a digest that is in one of these states."""
    which = select(Message.uuid).where(_of(digest_id), Message.state.in_(states))
    if what == _APPROVED:
        which = which.where(Message.reason.is_distinct_from(Reason.HELD))
    holding.readers_and_messages(session, _of(digest_id), Message.state.in_(states))
    done = 0
    for uuid in session.scalars(which.order_by(Message.id)).all():
        try:
            step(session, uuid, reason=reason, by=by, at=at)
        except Conflict:
            continue  # its reader has left, or what it tells is no longer so
        done += 1
    subject = f"digest:{digest_id}"
    audit.record(
        session,
        at=at,
        actor=by,
        action=f"digest.{what}",
        subject=subject,
        reason=reason,
        readers=done,
    )
    return done


def _hold(session: Session, digest_id: int) -> Digest:
    digest = session.get(Digest, digest_id, with_for_update=True)
    if digest is None:
        raise NotFound("There is no such digest.")
    return digest


def _view(session: Session, digest: Digest) -> DigestView:
    first = select(Message.uuid).where(_of(digest.id)).order_by(Message.id).limit(1)
    counts = _counts(session, digest.id)
    return DigestView(
        id=digest.id,
        at=digest.at,
        counts=counts,
        awaits=digest.awaits_since is not None
        and digest.approved_at is None
        and digest.overtaken_by is None
        and MessageState.ON_HOLD in counts,
        overtaken=digest.overtaken_by is not None,
        example=session.scalars(first).one(),
    )


def _counts(session: Session, digest_id: int) -> dict[MessageState, int]:
    of_it = select(Message.state, func.count()).where(_of(digest_id))
    return dict(session.execute(of_it.group_by(Message.state)).all())


def _of(digest_id: int | InstrumentedAttribute[int]) -> ColumnElement[bool]:
    """Hold for a digest's messages to its readers; a test of it is nobody's, and goes by itself."""
    return and_(Message.digest_id == digest_id, Message.subscriber_id.is_not(None))
