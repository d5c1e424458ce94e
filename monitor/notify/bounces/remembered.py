"""How far the mailbox of bounces was read, so that each mail in it is looked at once. Asks nobody.

Written in the transaction that takes a mail in: a reading that is killed goes on behind the last one
it took. Where the mailbox was rebuilt its numbers hold no more; all is read again, and what is known
already does nothing.
"""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from monitor.kernel.mailbox_settings import ImapSettings, Then
from monitor.kernel.process.log import log
from monitor.notify.tables import BounceMailbox

# readings that broke off at one mail, until it is passed over: the others must not wait for ever
STUCK_AT_MOST = 3


def name_of(imap: ImapSettings) -> str:
    """Name a mailbox as it is remembered."""
    return f"{imap.username}@{imap.host}:{imap.port}/{imap.folder}"


def is_due(session: Session, imap: ImapSettings, at: datetime) -> bool:
    """Tell whether it is to be read; a time that only a clock that ran ahead can have set is none."""
    row = session.get(BounceMailbox, name_of(imap))
    return row is None or not at < row.next_at <= at + timedelta(minutes=imap.every_minutes)


def last_read(session: Session, imap: ImapSettings) -> datetime | None:
    """Say when it was last read to its end."""
    row = session.get(BounceMailbox, name_of(imap))
    return row.read_at if row else None


def opened(
    session: Session, imap: ImapSettings, uid_validity: int, at: datetime
) -> tuple[int, list[int]]:
    """Give the number of the last mail that was looked at, and what is still to be marked there."""
    row = _row(session, imap, at)
    if row.uid_validity != uid_validity:
        if row.uid_validity is not None:
            log.warning("mail.bounces_mailbox_rebuilt", last_uid=row.last_uid)
        row.uid_validity, row.last_uid, row.to_mark = uid_validity, 0, []
        row.stuck_uid, row.stuck_times = None, 0
    session.flush()
    return row.last_uid, [*row.to_mark]


def looked_at(session: Session, imap: ImapSettings, uid: int, *, taken: bool, at: datetime) -> None:
    """Note that a mail was looked at; ``taken``: it was a bounce, to be marked as the settings say."""
    row = _row(session, imap, at)
    row.last_uid, row.stuck_uid, row.stuck_times = uid, None, 0
    if taken and imap.then is not Then.KEEP:
        row.to_mark = [*row.to_mark, uid]


def marked(session: Session, imap: ImapSettings, at: datetime) -> None:
    """Note that nothing is left to be marked."""
    _row(session, imap, at).to_mark = []


def broke_off(session: Session, imap: ImapSettings, uid: int | None, at: datetime) -> bool:
    """Note a reading that failed; tells whether the mail it failed at is passed over from now on."""
    row = _row(session, imap, at)
    row.next_at = at + timedelta(minutes=imap.every_minutes)
    if uid is None:
        return False
    row.stuck_times = row.stuck_times + 1 if row.stuck_uid == uid else 1
    row.stuck_uid = uid
    if row.stuck_times < STUCK_AT_MOST:
        return False
    row.last_uid, row.stuck_uid, row.stuck_times = uid, None, 0
    log.error("mail.bounce_passed_over", uid=uid, readings=STUCK_AT_MOST)
    return True


def read(session: Session, imap: ImapSettings, *, whole: bool, at: datetime) -> None:
    """Note a reading that went well: to the end, or as many as one takes, and then on at once."""
    row = _row(session, imap, at)
    if whole:
        row.read_at, row.next_at = at, at + timedelta(minutes=imap.every_minutes)
    else:
        row.next_at = at


def _row(session: Session, imap: ImapSettings, at: datetime) -> BounceMailbox:
    """Give the row of this mailbox, made when it is first asked for."""
    row = session.get(BounceMailbox, name_of(imap))
    if row is None:
        row = BounceMailbox(name=name_of(imap), last_uid=0, to_mark=[], stuck_times=0, next_at=at)
        session.add(row)
    return row
