"""What somebody has typed and not recorded: kept for them alone, and gone once it is recorded."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlalchemy.orm import Session

from monitor.accounts.tables import FormDraft
from monitor.kernel.database import affected

Fields = list[tuple[str, str]]
KEEP = timedelta(days=90)  # a form that nobody came back to for a quarter of a year


def keep(
    session: Session, *, user_id: int, place: str, fields: Sequence[tuple[str, str]], at: datetime
) -> None:
    """Keep what is typed into the form at ``place``, in place of what was."""
    pairs = [list(pair) for pair in fields]
    session.merge(FormDraft(user_id=user_id, place=place, fields=pairs, kept_at=at))
    session.flush()


def kept(session: Session, user_id: int, place: str) -> tuple[Fields, datetime] | None:
    """Give what this person typed there last, and when; None where nothing waits."""
    found = session.get(FormDraft, (user_id, place))
    return ([(name, value) for name, value in found.fields], found.kept_at) if found else None


def drop_old(session: Session, *, at: datetime) -> int:
    """Forget what nobody came back to for a quarter of a year; counts the forms."""
    old = delete(FormDraft).where(FormDraft.kept_at <= at - KEEP)
    return affected(session.execute(old.execution_options(synchronize_session=False)))


def drop(session: Session, user_id: int, place: str) -> None:
    """Forget it: it was recorded, or nobody wants it."""
    session.execute(delete(FormDraft).where(FormDraft.user_id == user_id, FormDraft.place == place))
