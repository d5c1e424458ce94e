"""The sweep between two tests misses no commit, and lets every number start at 1 again."""

import contextlib

import pytest
from postgres_server import (  # type: ignore[import-not-found]  # tests/support is on pytest's path
    number,
    run,
    sweep,
    transaction,
)
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError

ADD = (
    "INSERT INTO failed_sign_in (address, remote, at)"
    " VALUES ('ann@example.org', '127.0.0.1', now())"
)
COUNT = "SELECT count(*) FROM failed_sign_in"
ID = f"{ADD} RETURNING id"


@pytest.fixture
def swept(postgres_database):
    """A database, what its last transaction was, and a connection of a test's own."""
    engine = create_engine(postgres_database)
    yield postgres_database, transaction(postgres_database), engine
    engine.dispose()
    connections = "pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    run(postgres_database, f"SELECT pg_terminate_backend(pid) FROM {connections}")  # noqa: S608 - our own
    run(postgres_database, "TRUNCATE failed_sign_in RESTART IDENTITY")


def _committed(engine, url):
    with engine.begin() as connection:
        connection.execute(text(ADD))


def _committed_by_itself(engine, url):
    run(url, ADD)


def _committed_in_parts(engine, url):
    with engine.begin() as connection:
        with contextlib.suppress(ZeroDivisionError), connection.begin_nested():
            connection.execute(text(ADD))
            raise ZeroDivisionError
        with connection.begin_nested():
            connection.execute(text(ADD))


@pytest.mark.parametrize("fill", [_committed, _committed_by_itself, _committed_in_parts])
def test_what_was_committed_goes_whoever_did_it(swept, fill):
    url, since, engine = swept
    fill(engine, url)
    assert number(url, COUNT) == 1
    sweep(url, since)
    assert number(url, COUNT) == 0
    assert number(url, ID) == 1


def test_what_was_left_open_is_ended(swept):
    url, since, engine = swept
    connection = engine.connect()
    connection.execute(text(ADD))
    sweep(url, since)
    with pytest.raises(OperationalError):
        connection.execute(text(COUNT))
    connection.invalidate()
    assert number(url, ID) == 1


def test_a_rollback_is_left_alone_but_for_its_numbers(swept):
    url, _, engine = swept
    run(url, ADD)  # held before: a sweep that looked would empty it
    since = transaction(url)
    with engine.connect() as connection:
        connection.execute(text(ADD))
        connection.rollback()
        sweep(url, since)
        assert connection.execute(text(COUNT)).scalar() == 1, "the connection was ended"
    run(url, "DELETE FROM failed_sign_in")
    assert number(url, ID) == 1


def test_what_grew_is_emptied_too(swept):
    url, since, engine = swept
    long = ADD.replace("VALUES ('ann@example.org'", "SELECT repeat('a', 300) || number")
    with engine.begin() as connection:
        connection.execute(text(f"{long[:-1]} FROM generate_series(1, 1000) AS number"))
    sweep(url, since)
    assert number(url, COUNT) == 0
    assert number(url, "SELECT pg_relation_size('failed_sign_in')") == 0
