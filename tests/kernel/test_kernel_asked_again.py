"""What was asked is asked again once for all that hang on it, and a session apart asks for all it reads."""

import ast
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import event, text

from monitor.catalogue.tables import InterventionRow
from monitor.kernel.persistence import asked_again
from monitor.kernel.persistence.asked_again import Answers, Lately
from monitor.kernel.persistence.database import Database, forget
from monitor.kernel.persistence.once import once

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
VALUES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
    | st.binary()
)
PLAIN = st.lists(st.tuples(VALUES, VALUES))
ROWS = PLAIN | st.lists(st.tuples(VALUES, st.sampled_from([NOON, Decimal("1.0")])))


@given(PLAIN)
def test_the_same_answer_has_the_same_digest_whichever_objects_it_is(rows):
    others = ast.literal_eval(repr(rows))
    assert asked_again._digest(rows) == asked_again._digest(others)


@given(ROWS, ROWS)
def test_other_answers_have_other_digests(rows, others):
    is_same = repr(rows) == repr(others)
    assert (asked_again._digest(rows) == asked_again._digest(others)) is is_same


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (1, True), (1, 1.0), (-1, -2), (0, None), ("1", 1), ("", None), (b"a", "a"),
        (NOON, NOON + timedelta(microseconds=1)), (Decimal("1.0"), Decimal("1.00")),
    ],
)  # fmt: skip
def test_answers_that_nearly_are_the_same_are_told_apart(one, other):
    assert asked_again._digest([(one,)]) != asked_again._digest([(other,)])


def test_what_is_known_is_of_one_word_and_bounded(monkeypatch):
    lately = Lately()
    known = lately.since("one")
    known["SELECT 1", "()"] = b"1"
    assert lately.since("one") is known
    assert lately.since("two") == {}
    assert lately.since("one") == {}, "as far as is remembered"
    monkeypatch.setattr(asked_again, "_MOST", 2)
    for number in range(10):
        lately.since("three")["SELECT 1", str(number)] = b"1"
    assert len(lately.since("three")) <= 2
    lately.since(None)["SELECT 1", "()"] = b"1"
    assert lately.since(None) == {}, "where no word is told, nothing is known"


def noted(database: Database, answers: Answers) -> Database:
    return database.for_people(seconds=3.0, writers=2, answers=lambda: answers)


@pytest.fixture
def asked(database):
    """All that reaches the database."""
    sent: list[str] = []

    def note(_c, _u, statement, *_):
        sent.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    yield sent
    event.remove(database.engine, "before_cursor_execute", note)


ONE, TWO = text("SELECT 1"), text("SELECT 2")


def test_what_is_known_is_not_asked_and_what_is_known_to_differ_ends_it(database, asked):
    answers, known = Answers(), Lately().since("word")
    people = noted(database, answers)
    with people.read() as session:
        session.execute(ONE)
        session.execute(TWO)
    quiet = database.for_people(seconds=3.0, writers=2)
    asked.clear()
    assert answers.stand(known, quiet.read)
    assert sum(one.startswith("SELECT") for one in asked) == 2
    asked.clear()
    assert answers.stand(known, quiet.read)
    assert asked == [], "not even a transaction is begun"
    known[next(reversed(known))] = b"other"
    assert not answers.stand(known, quiet.read)
    assert asked == []


def test_nothing_is_told_of_what_was_answered_in_two_ways():
    answers, known = Answers(), Lately().since("word")
    answers.note("SELECT 1", (), [(1,)])
    answers.tell(known)
    assert len(known) == 1
    answers.note("SELECT 1", (), [(2,)])
    known.clear()
    answers.tell(known)
    assert known == {}


def answered(statement: str, *rows: tuple[object, ...]) -> Answers:
    answers = Answers()
    answers.note(statement, (), list(rows))
    return answers


def test_what_is_taken_in_is_a_part_of_it():
    whole = answered("SELECT 1", (1,))
    whole.take(answered("SELECT 2", (2,)))
    whole.take(answered("SELECT 1", (1,)))
    assert whole.is_whole
    assert len(whole) == 2


def test_what_was_answered_otherwise_to_a_part_of_it_or_written_there_is_noticed():
    twice, written = answered("SELECT 1", (1,)), answered("SELECT 1", (1,))
    twice.take(answered("SELECT 1", (2,)))
    written.take(Answers(is_whole=False))
    assert not twice.is_whole
    assert not written.is_whole


@once
def names(session):
    return session.scalars(text("SELECT name FROM intervention")).all()


def _read(session):
    """Read a thing as an object, and as what is asked once."""
    row = session.get(InterventionRow, "x")
    assert [row.name] == names(session)
    return row


@pytest.fixture
def ten(database):
    with database.write() as session:
        session.add(
            InterventionRow(slug="x", name="X", position=1, content_hash="x", synced_at=NOON)
        )
    return database


def test_a_session_apart_asks_for_what_the_other_has_read(ten, asked):
    whole, part = Answers(), Answers()
    now = [whole]
    people = ten.for_people(seconds=3.0, writers=2, answers=lambda: now[0])
    with people.read() as session:
        held = _read(session)
        now[0] = part
        with people.apart(session) as apart:
            own = _read(apart)
            assert own is not held
            assert part._questions == whole._questions
            asked.clear()
            assert _read(apart) is own
            assert asked == [], "it remembers what it has read itself"
            forget(apart)
            _read(apart)
            assert len(asked) == 2
        assert _read(session) is held
        assert len(asked) == 2
    assert whole.is_whole
    assert part.is_whole


def test_a_session_apart_sees_the_moment_of_the_other_and_ends_nothing(ten):
    people = ten.for_people(seconds=3.0, writers=2)
    with people.read() as session:
        assert names(session) == ["X"]
        with ten.write() as elsewhere:
            elsewhere.execute(text("UPDATE intervention SET name = 'Y'"))
        with people.apart(session) as apart:
            assert names(apart) == ["X"]
        assert session.scalar(text("SELECT name FROM intervention")) == "X"
    with people.read() as session:
        assert names(session) == ["Y"]
