"""Read papers again that other rules have read: another version's, or another catalogue's.

Reaches no network.
"""

from monitor import workflow
from monitor.literature.ingest import rereading
from monitor.service import Service

_AT_ONCE = 50  # papers in one transaction: others write in between


def read_old_papers(service: Service) -> None:
    """Read every paper again that the present code and catalogue have not read, some at a time.

    They are read while nothing is locked, and only what came of it is written. One that is killed
    goes on where it stopped: each paper says which rules have read it.
    """
    while True:
        with service.database.read() as session:
            coming = rereading.next_to_read(
                session, service.matcher, limit=_AT_ONCE, at=service.clock()
            )
        if not coming:
            return
        ahead = rereading.ReadAhead.of(coming, service.matcher)
        with service.database.write() as session:
            workflow.read_by_new_rules(
                session, service, limit=_AT_ONCE, at=service.clock(), ahead=ahead
            )
