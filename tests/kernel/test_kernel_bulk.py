"""Rows added in bulk are written as the object mapper writes them, on both databases."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import and_, event, func, insert, or_, select, text, tuple_
from sqlalchemy.orm import aliased

from monitor.feeds.tables import Poll, PollKind, PollState, Record, SourceRow
from monitor.kernel.persistence.bulk import SOME, LookUp, add_all, add_numbered, among
from monitor.literature.tables import Paper, PaperIdentifier
from monitor.literature.words import Lane

SUMMER = datetime(2026, 7, 1, 12, 0, tzinfo=timezone(timedelta(hours=1)))


def _paper(**instead):
    return {
        "title": "A “title” with 100 % of signs: %s, ?, :at",
        "authors": ["Müller A", "Ångström B"],
        "publication_types": [],
        "keywords": ["a", "b"],
        "lane": Lane.NONE,
        "version": 1,
        "title_words": "",
        "first_seen_at": SUMMER,
        "changed_at": SUMMER,
        "read_by": 7,
        "year": None,
    } | instead


def test_values_come_back_as_they_were_given(session):
    (number,) = add_numbered(session, Paper, [_paper()])
    paper = session.get_one(Paper, number)
    assert {name: getattr(paper, name) for name in _paper()} == _paper()
    assert paper.first_seen_at == datetime(2026, 7, 1, 11, 0, tzinfo=UTC)
    assert paper.lane is Lane.NONE


def test_they_are_stored_as_sqlalchemy_stores_them(session):
    add_all(session, Paper, [_paper()])
    session.execute(insert(Paper), [_paper()])
    mine, its = session.connection().exec_driver_sql("SELECT * FROM paper ORDER BY id").all()
    assert mine[1:] == its[1:]


def test_bytes_and_json_too(session):
    session.add(SourceRow(name="x", enabled=False, next_due_at=SUMMER))
    session.flush()
    poll = Poll(source="x", kind=PollKind.IMPORT, started_at=SUMMER, state=PollState.RUNNING)
    poll.notes = []
    session.add(poll)
    session.flush()
    row = {
        "source": "x", "key": "1", "content_hash": "h", "media_type": "m", "raw": b"\x00\xff",
        "citation": {"title": "é", "year": None}, "fetched_at": SUMMER, "poll_id": poll.id,
    }  # fmt: skip
    add_all(session, Record, [row, row | {"key": "2"}])
    record = session.scalars(select(Record).where(Record.key == "2")).one()
    assert (record.raw, record.citation) == (row["raw"], row["citation"])


def test_a_naive_time_is_refused(session):
    with pytest.raises(ValueError, match="without a zone"):
        add_all(session, Paper, [_paper(changed_at=datetime(2026, 7, 1))])  # noqa: DTZ001 - the point


def test_a_row_that_lacks_a_column_is_refused(session):
    short = _paper()
    del short["year"]
    with pytest.raises(KeyError, match="year"):
        add_all(session, Paper, [_paper(), short])


def test_a_column_with_a_default_in_python_must_be_given(session):
    bare = _paper()
    del bare["version"]
    with pytest.raises(ValueError, match="version"):
        add_all(session, Paper, [bare])


def test_no_rows_are_no_statement(session):
    add_all(session, Paper, [])
    assert session.scalars(select(Paper)).all() == []


def test_numbers_are_told_in_order_also_where_some_were_left_out(session):
    first = add_numbered(session, Paper, [_paper(title=title) for title in "abc"])
    assert first == sorted(first)
    session.execute(text("DELETE FROM paper WHERE id = :id"), {"id": first[1]})
    more = add_numbered(session, Paper, [_paper(title=title) for title in "de"])
    titles = {row.id: row.title for row in session.execute(select(Paper.id, Paper.title))}
    assert [titles[number] for number in (first[0], first[2], *more)] == [*"acde"]


def test_more_rows_than_one_statement_takes_keep_their_order(session):
    titles = [f"title {number}" for number in range(1_203)]
    numbers = add_numbered(
        session, Paper, [_paper(title=title, title_words=title) for title in titles]
    )
    held = {row.id: row.title for row in session.execute(select(Paper.id, Paper.title))}
    assert [held[number] for number in numbers] == titles


def test_many_papers_are_few_statements_on_sqlite(session):
    """Each statement that adds one writes the index of titles to disk: see ``title_index``."""
    if session.get_bind().dialect.name != "sqlite":
        pytest.skip("PostgreSQL is given the rows one by one")
    statements = []

    def note(connection, cursor, statement, parameters, context, executemany):
        statements.append((statement.partition(" (")[0], executemany))

    connection = session.connection()
    event.listen(connection, "before_cursor_execute", note)
    add_all(session, Paper, [_paper() for _ in range(300)])
    event.remove(connection, "before_cursor_execute", note)
    assert statements == [("INSERT INTO paper", False)]


def test_each_row_of_one_time_gets_it_and_each_of_others_its_own(session):
    later = SUMMER + timedelta(hours=1)
    rows = [_paper(changed_at=SUMMER), _paper(changed_at=later), _paper(changed_at=SUMMER)]
    add_numbered(session, Paper, rows)
    held = session.execute(select(Paper.first_seen_at, Paper.changed_at).order_by(Paper.id)).all()
    assert held == [(SUMMER, SUMMER), (SUMMER, later), (SUMMER, SUMMER)]


def test_numbers_that_leave_a_gap_are_looked_up(session):
    if session.get_bind().dialect.name == "sqlite":
        pytest.skip("SQLite leaves no gap")
    before = add_numbered(session, Paper, [_paper()])
    session.execute(text("SELECT nextval(pg_get_serial_sequence('paper', 'id'))"))
    more = add_numbered(session, Paper, [_paper(), _paper()])
    assert more == [before[0] + 2, before[0] + 3]


def test_values_are_looked_up_by_one_column_or_two_however_many(session):
    (number,) = add_numbered(session, Paper, [_paper()])
    names = [("doi", f"10.5555/{n}%s?") for n in range(4_500)]
    rows = [{"paper_id": number, "scheme": scheme, "value": value} for scheme, value in names]
    add_all(session, PaperIdentifier, rows)
    by_two = LookUp(
        select(PaperIdentifier.scheme, PaperIdentifier.value).where(
            tuple_(PaperIdentifier.scheme, PaperIdentifier.value).in_(SOME)
        ),
        width=2,
    )
    told = [*by_two.rows(session, [*names, ("doi", "none"), ("pmid", names[0][1])])]
    assert sorted(map(tuple, told)) == sorted(names)
    assert [*map(tuple, by_two.rows(session, names[:1]))] == names[:1]
    assert not [*by_two.rows(session, [])]
    by_one = LookUp(
        select(func.count()).where(among(PaperIdentifier.value), among(PaperIdentifier.value))
    )
    assert [tuple(row) for row in by_one.rows(session, [names[0][1], "none"])] == [(1,)]


def test_what_is_among_some_is_found_on_both_by_one_statement_whatever_there_are(session):
    numbers = add_numbered(session, Paper, [_paper(title=f"title {n}") for n in range(5)])
    papers, other = Paper.__table__.c, aliased(Paper)
    first, connection = numbers[:2], session.connection()

    def found(where, **asked):
        asking = select(papers.id).where(where).order_by(papers.id)
        return list(connection.execute(asking, asked).scalars())

    assert found(among(papers.id), some=first) == first
    assert found(among(papers.id), some=[]) == []
    assert found(~among(papers.id), some=first) == numbers[2:]
    assert found(among(papers.title, "titles"), titles=["title 3", "none", "ti'%s"]) == [numbers[3]]
    assert found(among(papers.lane, "lanes"), lanes=[Lane.NONE]) == numbers
    assert found(among(papers.lane, "lanes"), lanes=[Lane.NOTICE, Lane.EVALUATED]) == []
    either = or_(among(papers.id), among(papers.title, "titles"))
    assert found(either, some=first, titles=["title 2"]) == numbers[:3]
    beside = select(other.id).where(other.id == papers.id, among(other.id)).exists()
    assert found(and_(beside, among(papers.title, "titles")), some=first, titles=["title 1"]) == [
        numbers[1]
    ]
    assert session.scalars(select(Paper.id).where(among(Paper.id)), {"some": first}).all() == first
    if connection.dialect.name == "postgresql":
        written = str(select(papers.id).where(among(papers.id)).compile(connection.engine))
        assert written.endswith("WHERE paper.id = ANY (%(some)s::INTEGER[])")
