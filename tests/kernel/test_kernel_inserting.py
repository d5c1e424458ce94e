"""A row that may be there already is told what to do, by the database in use."""

from datetime import UTC, datetime

from sqlalchemy import text

from monitor.kernel.persistence.inserting import insert
from monitor.ops.tables import JobRow

AT = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)


def test_a_row_that_is_there_already_is_left_or_changed(session):
    row = {"name": "one", "every_seconds": 60, "next_due_at": AT}
    session.execute(insert(session, JobRow).values(row))
    session.execute(
        insert(session, JobRow).values(row | {"every_seconds": 1}).on_conflict_do_nothing()
    )
    asked = text("SELECT every_seconds FROM job WHERE name = 'one'")
    assert session.scalar(asked) == 60
    changed = (
        insert(session, JobRow.__table__)
        .values(row)
        .on_conflict_do_update(index_elements=["name"], set_={"every_seconds": 90})
    )
    session.execute(changed)
    assert session.scalar(asked) == 90
