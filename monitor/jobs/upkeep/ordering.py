"""Keep the queue in order: what people have just decided moves what is likely to matter up."""

from monitor.review.queue import order as ordering
from monitor.service import Service


def order_due(service: Service) -> int:
    """Order the queue anew where something was decided or queued since; counts the papers moved.

    The order is worked out while nothing is locked, and written piece by piece: people decide in
    between. One that is killed half-way leaves an order too, of which some is newer; the next run
    completes it. A decision taken meanwhile waits for nobody; the next run takes it in.
    """
    at = service.clock()
    with service.database.read() as session:
        mark = ordering.due(session, at)
        if mark is None:
            return 0
        order = ordering.worked_out(session, mark, at)
    changed = 0
    for some in ordering.pieces(order):
        with service.database.write() as session:
            changed += ordering.place_some(session, some)
    with service.database.write() as session:
        ordering.note(session, order, at)
    return changed
