"""The job that orders the queue: it works when something was decided, and else leaves all alone."""

from sqlalchemy import select

from monitor.jobs.ordering import order_due
from monitor.review.tables import QueueOrder


def test_an_empty_queue_is_ordered_once_and_then_left_alone(service):
    order_due(service)
    with service.database.read() as session:
        first = session.scalars(select(QueueOrder)).one()
    service.clock.pass_by(minutes=1)
    assert order_due(service) == 0
    with service.database.read() as session:
        row = session.scalars(select(QueueOrder)).one()
        assert (row.mark, row.at) == (first.mark, first.at)
