"""One source's polls in the order of time: which they are, and that no other's are gone through."""

from datetime import UTC, datetime, timedelta

import pytest
from query_plans import plan_of  # type: ignore[import-not-found]  # tests/support is on pytest's path
from sqlalchemy import insert, select, text

from monitor.feeds import polls_in_time
from monitor.feeds.asking_tables import Poll, PollKind, PollState, SourceRow
from monitor.feeds.polls_in_time import FIRST, LAST

AT = datetime(2026, 1, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def polled(session):
    """Give a function that notes polls: of which source, and how many minutes after the first."""

    def note(*polls):
        for name in sorted({source for source, _ in polls}):
            session.add(SourceRow(name=name, enabled=True, next_due_at=AT))
        session.flush()
        shared = {"state": PollState.COMPLETE, "kind": PollKind.POLL, "notes": []}
        rows = [
            {"source": source, "started_at": AT + n * MINUTE, "finished_at": AT + n * MINUTE}
            for source, n in polls
        ]
        session.execute(insert(Poll), [row | shared for row in rows])

    return note


@pytest.mark.parametrize(
    ("bounds", "told"),
    [
        ({}, [1, 2, 2, 3]),
        ({"since": AT + 2 * MINUTE}, [2, 2, 3]),
        ({"before": AT + 2 * MINUTE}, [1]),
        ({"since": AT + 2 * MINUTE, "before": AT + 3 * MINUTE}, [2, 2]),
        ({"since": AT + 4 * MINUTE}, []),
        ({"before": AT + 1 * MINUTE}, []),
    ],
)
def test_the_polls_of_a_source_follow_one_another(session, polled, bounds, told):
    neighbours = [
        (name, n) for n in range(5) for name in ("journal", "journals2", "Journals", "zz")
    ]
    polled(*neighbours, *(("journals", n) for n in (2, 1, 3, 2)))
    found = select(Poll).where(polls_in_time.of("journals", **bounds))
    first = session.scalars(found.order_by(*FIRST)).all()
    assert [row.started_at for row in first] == [AT + n * MINUTE for n in told]
    assert {row.source for row in first} <= {"journals"}
    assert session.scalars(found.order_by(*LAST)).all() == first[::-1]


@pytest.mark.parametrize("order", [FIRST, LAST], ids=["first", "last"])
@pytest.mark.parametrize("bounds", [{}, {"since": AT}, {"before": AT + 9_999 * MINUTE}])
def test_whose_polls_are_few_is_not_looked_for_among_those_of_all(session, polled, order, bounds):
    """Whatever statistics say: those of two sources lie in the table in the order of time."""
    both = [(name, n) for n in range(3_000) for name in ("pubmed", "europepmc")]
    polled(*both, ("openalex", 2_999))
    session.execute(text("ANALYZE"))
    one = select(Poll.finished_at).where(polls_in_time.of(SourceRow.name, **bounds))
    one = one.where(Poll.state == PollState.COMPLETE).order_by(*order).limit(1)
    asked = select(SourceRow.name, one.correlate(SourceRow).scalar_subquery())
    plan = plan_of(session, lambda: session.execute(asked))
    assert "ix_poll_source_started_at" in plan
    assert "ix_poll_started_at" not in plan
