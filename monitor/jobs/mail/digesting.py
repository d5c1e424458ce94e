"""Make the digests that are due, in pieces. Sends nothing: the mail goes its own way."""

import time
from dataclasses import dataclass

from monitor.kernel.clock import monotonic
from monitor.kernel.persistence.locks import exclusive
from monitor.notify.announcements import fan_out
from monitor.notify.digests import making, releasing, trials
from monitor.notify.digests.making import Workshop
from monitor.notify.writing import trying
from monitor.service import Service


@dataclass(slots=True)
class DigestReport:
    """How one pass went: readers whose digest was due, digests made, and those made anew."""

    looked_at: int = 0
    made: int = 0
    released: int = 0


def make_due(service: Service) -> DigestReport:
    """Make every digest that is due, once.

    While an announcement has not reached all of its readers, none is made: what is in a digest, and
    what takes it back, are told together. The next pass does.
    """
    report = DigestReport()
    with exclusive(service.database, service.settings.var, "digest") as held:
        if not held or not _may_be_made(service, report):
            return report
        shop = Workshop(service.settings, service.catalogue)
        piece = making.AT_ONCE
        while piece == making.AT_ONCE:
            with service.database.read() as session:
                making.prepare_next(session, shop, at=service.clock())
            began = monotonic()
            with service.database.write() as session:
                piece, made = making.make_next(session, shop, at=service.clock())
            report.looked_at, report.made = report.looked_at + piece, report.made + made
            time.sleep(monotonic() - began if piece == making.AT_ONCE else 0)
    return report


def _may_be_made(service: Service, report: DigestReport) -> bool:
    """Let go of what was overtaken and note what is new of trials; tells whether any is to be made.

    None is while an announcement has not reached its readers.
    """
    with service.database.read() as session:
        if fan_out.anybody_left(session):
            return False
        overtaken = releasing.any_overtaken(session)
        left_behind = releasing.any_left_behind(session)
        due = making.anybody_due(session, service.clock())
        begun = trials.begun(session)
    while overtaken:
        with service.database.write() as session:
            released = releasing.release_next(session, at=service.clock())
        report.released, overtaken = report.released + released, released > 0
        due = True
    while left_behind:
        with service.database.write() as session:
            left_behind = releasing.let_approved_go(session, at=service.clock()) > 0
    if due or not begun:
        _note_trials(service)
    return due


def _note_trials(service: Service) -> None:
    """Note what is new of trials; nobody notes any beside the one who holds the lock of the digests."""
    with service.database.read() as session:
        news_rows = trials.unnoted(session, service.catalogue, service.clock())
    if news_rows:
        with service.database.write() as session:
            trials.note(session, news_rows)


def previewed(service: Service, address: str) -> str | None:
    """Write what one reader's digest would say if it were due now; None: nothing is to be told.

    Raises:
        NotFound: nobody there gets e-mails.
    """
    shop = Workshop(service.settings, service.catalogue)
    with service.database.read() as session:
        reader = making.reader_at(session, address)
        next_ = trying.next_digest(session, shop, reader, at=service.clock())
    return trying.written(next_, service.settings, service.secret).text if next_ else None


def tried(service: Service, address: str, *, to: str) -> bool:
    """Queue what one reader's digest would say now, as a test to somebody; tells whether it says anything.

    Raises:
        NotFound: nobody gets e-mails at ``address``.
        InvalidInput: ``to`` is no e-mail address.
    """
    shop, at = Workshop(service.settings, service.catalogue), service.clock()
    with service.database.write() as session:
        reader = making.reader_at(session, address)
        next_ = trying.next_digest(session, shop, reader, at=at)
        if next_ is not None:
            trying.send_next(session, service.settings, next_, to, by="cli", at=at)
    return next_ is not None


def due_addresses(service: Service) -> list[str]:
    """List who would be sent a digest now; changes nothing."""
    at, shop = service.clock(), Workshop(service.settings, service.catalogue)
    with service.database.read() as session:
        readers = making.due_readers(session, at)
        return [digest.reader.address for digest in making.preview(session, shop, readers, at=at)]
