"""The job that orders the queue: it works when something was decided, and else leaves all alone."""

import pytest
import rows  # type: ignore[import-not-found]  # tests/support is on pytest's path
from sqlalchemy import select, update

from monitor.jobs.upkeep.ordering import order_due
from monitor.review import queries
from monitor.review.queue import order as ordering
from monitor.review.tables import QueueItem, QueueOrder
from monitor.review.words import Stage


def test_an_empty_queue_is_ordered_once_and_then_left_alone(service):
    order_due(service)
    with service.database.read() as session:
        first = session.scalars(select(QueueOrder)).one()
    service.clock.pass_by(minutes=1)
    assert order_due(service) == 0
    with service.database.read() as session:
        row = session.scalars(select(QueueOrder)).one()
        assert (row.mark, row.at) == (first.mark, first.at)


@pytest.fixture
def queued(service):
    """A service with a queue of nine papers that has never been ordered; gives their ids."""
    with service.database.write() as session:
        papers = [
            rows.paper(session, f"Paper {number}", at=service.clock(), year=2010 + number)
            for number in range(9)
        ]
        at = service.clock()
        session.add_all(
            QueueItem(paper_id=paper.id, stage=Stage.TO_SCREEN, queued_at=at, moved_at=at, parts={})
            for paper in papers
        )
        return [paper.id for paper in papers]


def _scores(service):
    with service.database.read() as session:
        rows = session.execute(select(QueueItem.paper_id, QueueItem.score))
        return {row.paper_id: row.score for row in rows}


def test_people_decide_between_the_pieces_and_what_they_decided_stays(service, queued, monkeypatch):
    monkeypatch.setattr(ordering, "_WRITTEN_AT_ONCE", 2)
    place_some = ordering.place_some
    held: list[int] = []

    def note_length(session, parts):
        if not held:  # another takes the last paper out before its piece is written
            last = update(QueueItem).where(QueueItem.paper_id == queued[-1])
            session.execute(last.values(stage=Stage.EXCLUDED))
        held.append(len(parts))
        return place_some(session, parts)

    monkeypatch.setattr(ordering, "place_some", note_length)
    assert order_due(service) == 8
    assert held == [2, 2, 2, 2, 1]
    assert _scores(service)[queued[-1]] == 0


def test_an_order_half_written_is_an_order_and_the_next_run_completes_it(
    service, queued, monkeypatch
):
    monkeypatch.setattr(ordering, "_WRITTEN_AT_ONCE", 4)
    place_some = ordering.place_some

    def dies(session, parts):
        if queued[0] not in parts:
            raise KeyboardInterrupt
        return place_some(session, parts)

    with monkeypatch.context() as killed:
        killed.setattr(ordering, "place_some", dies)
        with pytest.raises(KeyboardInterrupt):
            order_due(service)
    half = _scores(service)
    assert [paper for paper in queued if half[paper]] == queued[:4]
    with service.database.read() as session:
        assert session.scalars(select(QueueOrder)).all() == []
        listed = queries.queue(session, stage=Stage.TO_SCREEN)
        assert sorted(entry.paper_id for entry in listed) == queued, "none is hidden meanwhile"
    assert order_due(service) == 5
    whole = _scores(service)
    assert all(whole.values())
    assert {paper: whole[paper] for paper in queued[:4]} == {p: half[p] for p in queued[:4]}
    assert order_due(service) == 0
