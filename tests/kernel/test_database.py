import threading
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import StatementError

from monitor.accounts.tables import OneTimeLink
from monitor.kernel.database import affected
from monitor.kernel.errors import Conflict
from monitor.kernel.locks import exclusive
from monitor.kernel.secret import load_or_create


def _link(token, at):
    return OneTimeLink(token_hash=token, created_at=at, expires_at=at)


def test_a_write_is_whole_or_nothing(database, now):
    def half():
        with database.write() as session:
            session.add(_link("a", now))
            session.flush()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        half()
    with database.write() as session:
        session.add(_link("b", now))
    with database.read() as session:
        assert session.scalars(select(OneTimeLink.token_hash)).all() == ["b"]


def test_a_read_changes_nothing(database, now):
    with database.read() as session:
        session.add(_link("a", now))
        session.flush()
    with database.read() as session:
        assert session.scalars(select(OneTimeLink)).all() == []


def test_times_come_back_aware_and_in_utc(database):
    summer = datetime(2026, 7, 1, 12, 0, tzinfo=timezone(timedelta(hours=1)))
    with database.write() as session:
        session.add(_link("a", summer))
    with database.read() as session:
        stored = session.scalars(select(OneTimeLink.created_at)).one()
    assert stored == datetime(2026, 7, 1, 11, 0, tzinfo=UTC)
    assert stored.tzinfo is UTC


def test_a_naive_time_is_refused(session):
    session.add(_link("a", datetime(2026, 7, 1)))  # noqa: DTZ001 - the naive value is the point
    with pytest.raises(StatementError, match="without a zone"):
        session.flush()


def test_an_unexpected_row_count_is_refused(session, now):
    statement = update(OneTimeLink).where(OneTimeLink.token_hash == "nobody").values(used_at=now)
    with pytest.raises(Conflict):
        affected(session.execute(statement), expected=1)


def test_writers_wait_for_each_other(database):
    """Eight select-then-update writers lose no update: the write lock is taken at BEGIN."""
    with database.write() as session:
        session.execute(text("CREATE TABLE counter (n INTEGER)"))
        session.execute(text("INSERT INTO counter VALUES (0)"))

    def count():
        for _ in range(10):
            with database.write() as session:
                if not database.is_sqlite:
                    session.execute(text("SELECT pg_advisory_xact_lock(1)"))
                n = session.scalar(text("SELECT n FROM counter"))
                session.execute(text("UPDATE counter SET n = :n"), {"n": n + 1})

    threads = [threading.Thread(target=count) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.read() as session:
        assert session.scalar(text("SELECT n FROM counter")) == 80
    with database.write() as session:
        session.execute(text("DROP TABLE counter"))


def test_a_lock_is_held_by_one_and_freed_after(database, tmp_path):
    with exclusive(database, tmp_path, "deliver") as first:
        with exclusive(database, tmp_path, "deliver") as second:
            assert (first, second) == (True, False)
        with exclusive(database, tmp_path, "another") as other:
            assert other
    with exclusive(database, tmp_path, "deliver") as again:
        assert again


def test_the_secret_is_made_once_and_is_private(tmp_path):
    made = load_or_create(tmp_path)
    assert load_or_create(tmp_path) == made
    assert len(made) == 32
    assert (tmp_path / "secret_key").stat().st_mode & 0o077 == 0
