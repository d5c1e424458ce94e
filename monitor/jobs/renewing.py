"""Read papers again that other rules have read: another version's, or another catalogue's.

Reaches no network.
"""

from monitor import workflow
from monitor.service import Service

_AT_ONCE = 100  # papers in one transaction: others write in between


def read_old_papers(service: Service) -> None:
    """Read every paper again that the present code and catalogue have not read, some at a time."""
    read = _AT_ONCE
    while read:
        with service.database.write() as session:
            read = workflow.read_by_new_rules(
                session,
                service,
                limit=_AT_ONCE,
                at=service.clock(),
            )
