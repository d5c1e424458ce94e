"""Old sign-ins, failed tries and links that are over: rows that nothing asks for any more.

What they were is in the audit ledger. Never commits.
"""

from datetime import datetime, timedelta

from sqlalchemy import delete, func, or_, select
from sqlalchemy.orm import Session, aliased

from monitor.accounts import rules
from monitor.accounts.tables import FailedSignIn, FormDraft, OneTimeLink, SignIn
from monitor.kernel.persistence.database import affected

KEEP = timedelta(days=30)
UNSENT = timedelta(days=90)  # what was typed and never recorded


def drop_old(session: Session, *, at: datetime) -> int:
    """Let go of what ended 30 days ago and earlier; counts the rows.

    A failed try counts for 15 minutes only, and is kept for a day. Of each person the latest
    sign-in stays: it tells when they were last here. A form that was never sent is kept 90 days.
    """
    before = at - KEEP
    later = aliased(SignIn)
    newer = select(later.token_hash).where(
        later.user_id == SignIn.user_id, later.last_seen_at > SignIn.last_seen_at
    )
    over = or_(SignIn.ended_at <= before, SignIn.started_at <= before - rules.ABSOLUTE)
    old = (
        delete(SignIn).where(over, newer.exists()),
        delete(FailedSignIn).where(
            FailedSignIn.at <= at - max(timedelta(days=1), rules.TRIES_WITHIN)
        ),
        delete(OneTimeLink).where(
            func.coalesce(OneTimeLink.used_at, OneTimeLink.expires_at) <= before
        ),
        delete(FormDraft).where(FormDraft.kept_at <= at - UNSENT),
    )
    return sum(
        affected(session.execute(statement.execution_options(synchronize_session=False)))
        for statement in old
    )
