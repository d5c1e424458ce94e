"""What is kept between two tests is a connection, and nothing of what a test did to it."""

import pytest
from postgres_server import number, run, sweep, transaction  # type: ignore[import-not-found]  # tests/support is on pytest's path
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from monitor.kernel.persistence.database import Database

PROCESS = "SELECT pg_backend_pid()"


@pytest.fixture
def opened(postgres_database):
    """Open the database as a test does; it is closed, as a test closes it, once it was used."""

    def use(*statements):
        database = Database(postgres_database)
        connection = database.engine.connect()
        answers = [connection.execute(text(statement)).scalar() for statement in statements]
        connection.close()
        database.dispose()
        return answers

    return use


def test_the_next_test_has_the_same_connection(opened):
    assert opened(PROCESS) == opened(PROCESS)


def test_nothing_a_test_did_to_it_is_left(opened, postgres_database):
    process, *_ = opened(
        PROCESS,
        "SELECT pg_advisory_lock(7)",
        "SELECT set_config('statement_timeout', '77777', false)",
    )
    held = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = 7"
    assert number(postgres_database, held) == 0
    assert opened(PROCESS, "SELECT current_setting('statement_timeout')") == [process, "0"]


def test_one_that_was_ended_is_opened_anew(opened, postgres_database):
    [process] = opened(PROCESS)
    run(postgres_database, f"SELECT pg_terminate_backend({process}, 5000)")
    [other] = opened(PROCESS)
    assert other != process


def test_a_sweep_ends_what_is_in_use_and_leaves_what_waits(opened, postgres_database):
    since = transaction(postgres_database)
    waiting, in_use = Database(postgres_database), Database(postgres_database)
    left = waiting.engine.connect()
    with in_use.engine.connect() as connection:
        process = connection.execute(text(PROCESS)).scalar()
    in_use.dispose()
    run(postgres_database, "CREATE TABLE made_by_a_test (id int); DROP TABLE made_by_a_test")
    sweep(postgres_database, since)
    with pytest.raises(OperationalError):
        left.execute(text(PROCESS))
    left.invalidate()
    waiting.dispose()
    assert opened(PROCESS) == [process]
