import sqlite3
import threading
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import event, select, text, update
from sqlalchemy.exc import OperationalError, StatementError

from monitor.accounts.tables import OneTimeLink
from monitor.kernel.clock import monotonic
from monitor.kernel.errors import Conflict, Unavailable
from monitor.kernel.persistence import engines
from monitor.kernel.persistence.database import Database, affected
from monitor.kernel.persistence.limits import Limit
from monitor.kernel.persistence.locks import exclusive
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


def test_whoever_only_looks_sees_one_moment(database, database_url, now):
    other = Database(database_url)
    asked = select(OneTimeLink.token_hash)
    for handle in (database, database.for_people(seconds=1, writers=1)):
        with handle.read() as session:
            before = session.scalars(asked).all()
            with other.write() as writing:
                writing.add(_link(str(len(before)), now))
            assert session.scalars(asked).all() == before
        with handle.read() as session:
            assert len(session.scalars(asked).all()) == len(before) + 1
    other.dispose()


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


def test_the_log_is_emptied_as_soon_as_nobody_needs_it(tmp_path):
    database = Database(f"sqlite:///{tmp_path}/a.sqlite3")
    with database.write() as session:
        session.execute(text("CREATE TABLE filler (x BLOB)"))
    reader = sqlite3.connect(tmp_path / "a.sqlite3", isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM filler").fetchone()
    for _ in range(4):
        with database.write() as session:
            session.execute(text("INSERT INTO filler VALUES (randomblob(1000000))"))
    grown = database.log_bytes()
    assert grown > 4_000_000
    database.shorten_log()
    assert database.log_bytes() == grown, "the reader still needs it"
    with database.write() as session:  # and nobody is kept waiting meanwhile
        session.execute(text("DELETE FROM filler"))
    reader.execute("COMMIT")
    reader.close()
    database.shorten_log()
    assert database.log_bytes() == 0
    database.dispose()


def test_a_log_that_grew_is_cut_to_its_limit(tmp_path, monkeypatch):
    monkeypatch.setattr(engines, "LOG_LIMIT", 100_000)
    database = Database(f"sqlite:///{tmp_path}/a.sqlite3")
    with database.write() as session:
        session.execute(text("CREATE TABLE filler AS SELECT randomblob(9000000) AS x"))
    for _ in range(3):  # the next writer starts the log anew, once it was read into the database
        with database.write() as session:
            session.execute(text("INSERT INTO filler VALUES (1)"))
    assert database.log_bytes() <= 200_000
    database.dispose()


def test_another_database_has_no_log_of_this_kind(database):
    database.shorten_log()
    assert database.log_bytes() == 0 or database.is_sqlite


def test_people_are_told_soon_that_others_write(database):
    if not database.is_sqlite:
        pytest.skip("PostgreSQL has no one lock for all writers")
    people = database.for_people(seconds=0.05, writers=2)
    with database.write():
        began = monotonic()
        with pytest.raises(Unavailable), people.write():
            pass
        with pytest.raises(Unavailable), people.write(wait=0):
            pass
        assert monotonic() - began < 25, "not the half minute that jobs wait"
        with people.read() as session:
            assert session.scalar(select(OneTimeLink.token_hash)) is None, (
                "reading waits for nobody"
            )
    with people.write() as session:
        session.execute(text("SELECT 1"))


def test_people_are_told_soon_of_a_locked_row(database, now):
    if database.is_sqlite:
        pytest.skip("SQLite locks no rows")
    with database.write() as session:
        session.add(_link("a", now))
    people = database.for_people(seconds=0.05, writers=2)
    change = update(OneTimeLink).values(used_at=now)
    with database.write() as first:
        first.execute(change)
        with pytest.raises(Unavailable), people.write() as second:
            second.execute(change)
    with people.write() as session:
        session.execute(change)


def test_only_so_many_write_or_wait_at_once(database):
    people = database.for_people(seconds=5, writers=1)
    with people.write(), pytest.raises(Unavailable, match="too many"), people.write(wait=0):
        pass
    with people.write(wait=0) as session:
        session.execute(text("SELECT 1"))


def test_jobs_are_told_in_the_drivers_words(database):
    with pytest.raises(OperationalError), database.write():
        raise OperationalError("", None, Exception("disk full"))
    people = database.for_people(seconds=5, writers=1)
    with pytest.raises(Unavailable), people.write():
        raise OperationalError("", None, Exception("disk full"))
    with pytest.raises(Unavailable), people.read():
        raise OperationalError("", None, Exception("connection lost"))


def test_statistics_keep_nobody_waiting_on_postgresql_but_for_one_table(database):
    if database.is_sqlite:
        pytest.skip("SQLite writes them under its one lock")
    within = []

    def note(connection, cursor, statement, *_):
        if "ANALYZE" in statement:
            within.append(not connection.connection.driver_connection.autocommit)

    event.listen(database.engine, "before_cursor_execute", note)
    database.gather_statistics()
    assert within == [False], "in a transaction each table is held until the last was looked at"


PROCESS = text("SELECT pg_backend_pid()")


def _processes(database, times):
    found = []
    for _ in range(times):
        with database.read() as session:
            found.append(session.scalar(PROCESS))
    return found


def test_a_page_asks_no_connection_whether_it_lives_and_a_job_does(postgres_database, monkeypatch):
    database = Database(postgres_database)
    pages = database.for_people(seconds=3, writers=2)
    _processes(database, 1)
    asked = []
    monkeypatch.setattr(type(database.engine.dialect), "do_ping", lambda *_: asked.append(1))
    assert len(set(_processes(pages, 3))) == 1
    assert pages.commits()
    with pages.write() as session:
        session.scalar(PROCESS)
    assert not asked
    _processes(database, 2)
    with database.write() as session:
        session.scalar(PROCESS)
    assert len(asked) == 3
    database.dispose()


def test_what_a_connection_has_prepared_outlasts_a_transaction_that_only_looks(postgres_database):
    """Each page would plan its statements anew, which takes longer than to answer them."""
    database = Database(postgres_database)
    prepared = text("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE :asked")
    for handle in (database, database.for_people(seconds=3, writers=2)):
        for _ in range(8):
            with handle.read() as session:
                session.scalar(PROCESS)
        with handle.read() as session:
            assert session.scalar(prepared, {"asked": f"%{PROCESS}%"}) == 1
    database.dispose()


def test_a_transaction_begins_in_one_round_trip(postgres_database):
    """On PostgreSQL it is begun, and told how long to wait, by one text that is sent."""
    database = Database(postgres_database)
    sent = []
    event.listen(database.engine, "before_cursor_execute", lambda *told: sent.append(told[2]))
    people = database.for_people(seconds=3, writers=2, limit=lambda: Limit.of(9))
    with people.read() as session:
        driver = session.connection().connection.driver_connection
        assert driver
        assert driver.autocommit, "or the driver would begin by itself"
        assert session.scalar(text("SHOW statement_timeout"))[:1] in {"8", "9"}
        assert session.scalar(text("SHOW lock_timeout")) == "3s"
    assert [statement.split(" ")[0] for statement in sent] == ["BEGIN", "SHOW", "SHOW"]
    with database.read() as session:
        assert session.scalar(text("SHOW statement_timeout")) == "0", "and so long it lasts"
    database.dispose()


def _of_page(pages):
    return _processes(pages, 1)[0]


def _of_a_form(pages):
    with pages.write() as session:
        return session.scalar(PROCESS)


@pytest.mark.parametrize("use", [_of_page, _of_a_form])
def test_a_connection_that_ended_while_it_rested_is_replaced(postgres_database, use):
    """As after a restart of the server: whoever comes next notices nothing."""
    database = Database(postgres_database)
    other = Database(postgres_database)

    def end(process):
        with other.write() as session:
            session.execute(
                text("SELECT pg_terminate_backend(:process, 5000)"), {"process": process}
            )

    for handle in (database, database.for_people(seconds=3, writers=2)):
        ended = use(handle)
        end(ended)
        replaced = use(handle)
        assert ended != replaced == use(handle)
        end(replaced)
        assert database.commits(), "it can be told after all"
    other.dispose()
    database.dispose()
