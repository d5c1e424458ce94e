"""An attempt that this machine could not make: it ends, and nothing is said of the source."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from monitor.feeds.leasing import Lease, hold, touch
from monitor.feeds.tables import Poll, PollKind, PollState
from monitor.kernel import audit
from monitor.kernel.errors import SourceFault

AGAIN_AFTER = timedelta(minutes=5)


def put_off(session: Session, lease: Lease, poll_id: int, words: str, *, at: datetime) -> None:
    """Close an attempt that failed for a reason of our own; ``words`` say what is wrong with us.

    It does not count as a failure of the source: after a poll it is asked again in five minutes.

    Raises:
        Conflict: somebody else has taken the source over.
    """
    hold(session, lease, at)
    poll = session.scalars(
        select(Poll).where(Poll.id == poll_id, Poll.source == lease.source)
    ).one()
    poll.state, poll.finished_at = PollState.FAILED, at
    poll.fault, poll.error = SourceFault.OURS.value, words
    touch(session, lease, lease_until=None)
    if poll.kind is PollKind.POLL:
        touch(session, lease, error=words, next_due_at=at + AGAIN_AFTER)
    session.flush()
    audit.record(
        session,
        at=at,
        actor="job:poll",
        action="source.poll_put_off",
        subject=f"source:{lease.source}",
        poll=poll.id,
        kind=poll.kind.value,
    )
