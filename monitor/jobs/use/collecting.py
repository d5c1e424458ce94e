"""Closes a wave of services' own returns once its last day is over: it makes itself, as a draft."""

from monitor import workflow
from monitor.service import Service
from monitor.usage.returns import service as collections


def close_due(service: Service) -> None:
    """Close the collection that is over. Writes nothing where there is none.

    Raises:
        Conflict: waves of both names that it may have stand; an admin has to settle that first.
    """
    at = service.clock()
    with service.database.read() as session:
        collection = collections.current(session)
        is_over = collection is not None and not collections.is_open(collection, at)
    if is_over:
        with service.database.write() as session:
            workflow.close_due(session, service, at=at)
