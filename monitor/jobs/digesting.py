"""Make the digests that are due, in pieces. Sends nothing: the mail goes its own way."""

import time
from dataclasses import dataclass

from sqlalchemy.orm import Session

from monitor.kernel.clock import monotonic
from monitor.kernel.locks import exclusive
from monitor.notify.announcements import fan_out
from monitor.notify.digests import making, releasing
from monitor.notify.digests.making import Workshop
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
            began = monotonic()
            with service.database.write() as session:
                piece, made = making.make_next(session, shop, at=service.clock())
            report.looked_at, report.made = report.looked_at + piece, report.made + made
            time.sleep(monotonic() - began if piece == making.AT_ONCE else 0)
    return report


def _may_be_made(service: Service, report: DigestReport) -> bool:
    """Let go of what was overtaken; tells whether every announcement has reached its readers."""
    with service.database.read() as session:
        if fan_out.anybody_left(session):
            return False
        overtaken = releasing.any_overtaken(session)
        if not overtaken and not making.anybody_due(session, service.clock()):
            return False
    while overtaken:
        with service.database.write() as session:
            released = releasing.release_next(session, at=service.clock())
        report.released, overtaken = report.released + released, released > 0
    return True


def previewed(session: Session, service: Service, address: str) -> making.Ready | None:
    """Compose what one reader's digest would say if it were due now; None: nothing."""
    shop = Workshop(service.settings, service.catalogue)
    reader = making.reader_at(session, address)
    made = making.preview(session, shop, [reader], at=service.clock())
    return made[0] if made else None
