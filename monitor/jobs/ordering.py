"""Keep the queue in order: what people have just decided moves what is likely to matter up."""

from monitor.review.queue import order as ordering
from monitor.service import Service


def order_due(service: Service) -> int:
    """Order the queue anew where something was decided or queued since; counts the papers moved.

    The order is worked out while nothing is locked, so a decision taken meanwhile waits for
    nobody; the next run takes it in.
    """
    at = service.clock()
    with service.database.read() as session:
        mark = ordering.due(session, at)
        if mark is None:
            return 0
        order = ordering.worked_out(session, mark, at)
    with service.database.write() as session:
        return ordering.place(session, order, at)
