"""Check the audit ledger: what is new each time, the old a part at a time, or all of it at once.

Reads in stretches, each in a transaction of its own, and holds no more than one of them.
"""

from collections.abc import Iterator

from monitor.kernel import audit, audit_check
from monitor.kernel.audit import Head, Walked
from monitor.kernel.audit_check import KeptCheck
from monitor.kernel.errors import MonitorError
from monitor.service import Service

_STRETCH = 2_000  # entries read in one transaction
_NOTED = 25  # stretches after which it is noted how far the reading came
# The second reading: of a short ledger all of it each day, of a long one a seventh.
_AGAIN_AT_LEAST = 100_000
_DAYS = 7


def check_ledger(service: Service) -> None:
    """Verify what was written since the last check, and some of what is older once more.

    Raises:
        MonitorError: an entry does not follow from the one before it, or somebody else wrote what
            is kept of the last check.
    """
    with service.database.read() as session:
        now = audit_check.kept(session, service.secret)
    if now is None:
        check_whole_ledger(service)
        return
    now = _read_on(service, now)
    _read_again(service, now)


def check_whole_ledger(service: Service) -> Head:
    """Verify every entry, trusting nothing that is kept of earlier checks; gives the last one.

    Raises:
        MonitorError: an entry does not follow from the one before it.
    """
    since, last = service.clock(), audit.NOTHING
    for walked in _walked(service, audit.NOTHING):
        last = walked.last
    _keep(service, audit_check.whole(last, since, service.clock()))
    return last


def _read_on(service: Service, now: KeptCheck) -> KeptCheck:
    """Read the entries that are new, noting on the way how far it came."""
    for number, walked in enumerate(_walked(service, now.read), start=1):
        now = now._replace(read=walked.last, at=service.clock())
        if walked.ended or number % _NOTED == 0:
            _keep(service, now)
    return now


def _read_again(service: Service, now: KeptCheck) -> None:
    """Go on with the second reading, for today's part of it."""
    if now.again.count == 0:
        now = now._replace(again_since=service.clock())
    upto = now.again.count + max(_AGAIN_AT_LEAST, -(-now.read.count // _DAYS))
    for walked in _walked(service, now.again, min(upto, now.read.count)):
        now = audit_check.read_again(now, walked.last, service.clock())
    _keep(service, now)


def _walked(service: Service, after: Head, upto: int | None = None) -> Iterator[Walked]:
    """Read stretch by stretch to the end, or to an entry.

    Raises:
        MonitorError: an entry does not follow.
    """
    walked = Walked(after)
    while not walked.ended and (upto is None or walked.last.count < upto):
        limit = _STRETCH if upto is None else min(_STRETCH, upto - walked.last.count)
        with service.database.read() as session:
            walked = audit.walk(session, walked.last, limit)
        if walked.broken is not None:
            raise MonitorError(audit_check.broken(walked.broken))
        yield walked


def _keep(service: Service, now: KeptCheck) -> None:
    with service.database.write() as session:
        audit_check.keep(session, now, service.secret)
