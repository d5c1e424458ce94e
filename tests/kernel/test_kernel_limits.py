"""A page reads for so long and no longer; what was committed since is noticed. Both databases."""

import sqlite3

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import OperationalError

from monitor.accounts.tables import OneTimeLink
from monitor.kernel.clock import monotonic
from monitor.kernel.errors import TooSlow, Unavailable
from monitor.kernel.persistence.database import Database
from monitor.kernel.persistence.limits import Limit

# Would take hours on any machine.
ENDLESS = """
    WITH RECURSIVE one(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM one WHERE n < 100000000000)
    SELECT count(*) FROM one
"""


def for_people(database, limit):
    return database.for_people(seconds=3.0, writers=2, limit=lambda: limit)


def test_a_statement_that_takes_too_long_is_stopped(database):
    people = for_people(database, Limit.of(0.2))
    with pytest.raises(TooSlow), people.read() as session:
        session.execute(text(ENDLESS))


def test_what_nobody_waits_for_any_more_is_stopped_in_its_midst(database):
    asked = []

    def left():
        asked.append(1)
        return len(asked) > 3

    seconds = 3600 if database.is_sqlite else 2  # PostgreSQL is only asked between statements
    with pytest.raises(TooSlow), for_people(database, Limit.of(seconds, left)).read() as session:
        session.execute(text(ENDLESS))


def test_many_short_statements_are_stopped_too(database):
    limit = Limit(until=monotonic() + 3600, left=lambda: done == 5)
    done = 0

    def ask_often():
        nonlocal done
        with for_people(database, limit).read() as session:
            for _ in range(100):
                session.execute(text("SELECT 1"))
                done += 1

    with pytest.raises(TooSlow):
        ask_often()
    assert done == 5


def test_the_next_on_the_same_connection_takes_as_long_as_it_likes(database, now):
    """And so do jobs and those who write: the limit is one reader's."""
    people = for_people(database, Limit.of(0.1))
    with pytest.raises(TooSlow), people.read() as session:
        session.execute(text(ENDLESS))
    long = ENDLESS.replace("100000000000", "1000000")
    with database.read() as session:
        assert session.scalar(text(long)) == 1_000_000
    with people.write() as session:
        session.add(OneTimeLink(token_hash="a", created_at=now, expires_at=now))
        assert session.scalar(text(long)) == 1_000_000


def test_a_limit_not_reached_says_nothing_of_other_trouble(database):
    gone = OperationalError("SELECT 1", {}, Exception("gone"))
    with pytest.raises(Unavailable) as told, for_people(database, Limit.of(3600)).read():
        raise gone
    assert not isinstance(told.value, TooSlow)


def test_a_limit_always_leaves_a_server_some_time():
    """0 would mean for ever to PostgreSQL."""
    assert Limit(until=monotonic() - 5).milliseconds() == 1
    assert Limit(until=monotonic() - 5).is_over()


def _link(session, token, now):
    session.add(OneTimeLink(token_hash=token, created_at=now, expires_at=now))


def test_the_word_stays_while_nothing_is_committed(database, now):
    before = database.commits()
    assert before is not None
    with database.read() as session:
        session.scalars(select(OneTimeLink)).all()

    def give_up():
        with database.write() as session:
            _link(session, "rolled back", now)
            session.flush()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        give_up()
    if database.is_sqlite:  # PostgreSQL numbers also those who gave up
        assert database.commits() == before
    again = database.commits()
    assert database.commits() == again


def test_every_commit_changes_the_word_whoever_made_it(database, database_url, now):
    other = Database(database_url)  # stands for another process: it shares nothing with this one
    words = [database.commits()]
    for token, writer in (
        ("a", database),
        ("b", other),
        ("c", database.for_people(seconds=1, writers=1)),
    ):
        with writer.write() as session:
            _link(session, token, now)
        words.append(database.commits())
    other.dispose()
    assert len(set(words)) == 4
    assert None not in words


def test_what_is_not_committed_yet_does_not_change_the_word_and_its_commit_does(database, now):
    with database.write() as session:
        _link(session, "a", now)
        session.flush()
        before = database.commits()
        assert database.commits() == before
    assert database.commits() != before


def test_two_who_commit_in_the_other_order_each_change_the_word(database, database_url, now):
    """On PostgreSQL the one that began first may be the one that ends last."""
    if database.is_sqlite:
        pytest.skip("SQLite lets one write at a time")
    other = Database(database_url)
    words = []
    with database.write() as first:
        _link(first, "first", now)
        first.flush()
        with other.write() as second:
            _link(second, "second", now)
            second.flush()
            words.append(database.commits())
        words.append(database.commits())
    words.append(database.commits())
    other.dispose()
    assert len(set(words)) == 3


def test_nothing_may_be_shown_again_where_it_cannot_be_told(tmp_path):
    assert Database("sqlite://").commits() is None
    missing = Database(f"sqlite:///{tmp_path}/missing.sqlite3")
    assert missing.commits() is None
    assert not (tmp_path / "missing.sqlite3").exists(), "to ask makes no file"
    sqlite3.connect(tmp_path / "missing.sqlite3").close()
    assert missing.commits() is not None
    missing.dispose()
