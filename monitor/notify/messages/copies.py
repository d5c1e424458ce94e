"""Copies of mail in a folder, where nothing leaves the machine: they stay only as long as their messages.

What is erased takes its copies along. One that was written at that very moment, or whose message was
let go of, goes within a day.
"""

from collections.abc import Iterable
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from monitor.notify.smtp.mailbox import mailbox_path, written
from monitor.notify.tables import ERASED, Message

_AT_ONCE = 500


def drop(folder: Path, uuids: Iterable[str]) -> None:
    """Take the copies of these messages out of the folder; those that are not there stay away."""
    for uuid in uuids:
        mailbox_path(folder, uuid).unlink(missing_ok=True)


def drop_left_over(session: Session, folder: Path) -> int:
    """Take out the copies whose message is no more, or whose reader was erased; counts them."""
    gone = 0
    copied = written(folder)
    for first in range(0, len(copied), _AT_ONCE):
        uuids = copied[first : first + _AT_ONCE]
        living = select(Message.uuid).where(
            Message.uuid.in_(uuids), Message.address.not_like(f"{ERASED}%")
        )
        over = {*uuids} - {*session.scalars(living)}
        drop(folder, over)
        gone += len(over)
    return gone
