"""Takes in mail that came back, each bounce in a transaction of its own."""

from collections.abc import Iterable, Iterator

from monitor.notify.bounces import mbox, taking
from monitor.notify.bounces.taking import Verdict
from monitor.service import Service


def take_bounces(service: Service, lines: Iterable[bytes]) -> Iterator[Verdict]:
    """Take in one mail, or an mbox of many, and tell what came of each. Safe to repeat."""
    for raw in mbox.mails(lines):
        with service.database.write() as session:
            verdict = taking.take(
                session, service.settings, service.secret, raw, at=service.clock()
            )
        yield verdict
