"""Who was refused what, in the audit ledger: wrong passwords, too many of them, pages of other roles.

A wrong password is never said to be near a right one, and what was typed is never kept. While
somebody is refused for too many tries, the ledger says so once, not once a try: guessing must not
fill it. Never commits.
"""

from datetime import datetime

from sqlalchemy.orm import Session

from monitor.kernel import audit

ACTOR = "stranger"
NOBODY = "user:unknown"


def sign_in_failed(
    session: Session, *, user_id: int | None, remote: str, tries: int, limit: int, at: datetime
) -> None:
    """Note one wrong try; ``tries`` counts it with those before it that still count."""
    subject = f"user:{user_id}" if user_id else NOBODY
    audit.record(
        session, at=at, actor=ACTOR, action="sign_in.failed", subject=subject, remote=remote
    )
    if tries == limit:
        audit.record(
            session,
            at=at,
            actor=ACTOR,
            action="sign_in.throttled",
            subject=subject,
            remote=remote,
            tries=tries,
        )


def page_refused(
    session: Session, *, user_id: int, role: str, method: str, path: str, at: datetime
) -> None:
    """Note that a person asked for what is not for their role; ``role`` is the one it needs."""
    audit.record(
        session,
        at=at,
        actor=f"user:{user_id}",
        action="access.refused",
        subject=f"user:{user_id}",
        needs=role,
        method=method,
        path=path[:200],
    )
