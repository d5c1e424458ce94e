"""No page looks through a table that grows: every statement of every page is explained.

A modest world is written in bulk by bench/parts/pages_world.py, with statistics. PostgreSQL is forbidden
to read a table whole, so that it does so only where no index helps, whatever its size here.
"""

import json
import re
import sys
from pathlib import Path

import pytest
from services import service_of  # type: ignore[import-not-found]  # tests/support is on pytest's path
from sqlalchemy import event, text

from monitor.kernel import settings as settings_module
from monitor.kernel.clock import utcnow
from monitor.kernel.persistence import triggers
from monitor.kernel.persistence.database import Database
from monitor.web import made, shared
from monitor.web.app import create_app

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "bench"))
from parts import (  # type: ignore[import-not-found]  # put on the path above
    pages_asked,
    pages_world,
    postgres,
)

PAPERS = 4_000
GROWING = {
    "audit_entry",
    "match",
    "message",
    "paper",
    "paper_identifier",
    "paper_link",
    "paper_record",
    "poll",
    "poll_query",
    "queue_item",
    "queue_place",
    "record",
    "record_query",
    "screening",
}
# Indexes of a few rows of a large table, which may be read whole.
OF_FEW = {"ix_message_held", "ix_message_refused"}
# Statements at most, whatever is stored; with those that ask who is signed in, and (PostgreSQL) whether
# anything was committed.
# ("paper": of an open one, four are shared by all who open one until something is committed)
MOST = {
    "intervention": 18, "memo": 23, "memo as PDF": 23, "changes": 4, "change": 15, "feed": 3,
    "side by side": 8, "queue": 12, "excluded": 14, "paper": 12, "papers": 7, "status": 22,
    "trials": 12,
}  # fmt: skip


# Of these at most so many where nothing was committed since somebody else asked: of a lane and of the
# trials none but (PostgreSQL) whether anything was.
AGAIN = {"paper": 8, "queue": 1, "excluded": 1, "trials": 1, "status": 13}


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def world(request, tmp_path_factory):
    """A service on a world of some thousands of papers, with statistics; made once for all pages."""
    folder = tmp_path_factory.mktemp("plans")
    (folder / "var").mkdir()
    url, server = f"sqlite:///{folder}/plans.sqlite3", ""
    if request.param == "postgresql":
        server = request.getfixturevalue("postgres_server")
        url = postgres.new(server, "gap_plans")
    database = Database(url)
    settings = settings_module.parse({}, folder=folder)
    now = utcnow()  # it stands: what pages share is read again once the minute has turned
    service = service_of(database, settings, lambda: now)
    pages_world.make(service, PAPERS)
    pages_world.sign_in(database, service.clock())
    yield service
    database.dispose()
    if server:
        postgres.administer(server, "DROP DATABASE gap_plans WITH (FORCE)")


def _asked(service, page, *, anew=True):
    """Ask a page; gives each statement with its parameters. ``anew``: what is shared is read again."""
    statements = []
    app = create_app(service)
    client = app.test_client()
    if page.who:
        client.set_cookie("session", pages_world.TOKENS[page.who])

    def note(_c, _u, statement, parameters, *_):
        if statement.lstrip().startswith(("SELECT", "WITH")):
            statements.append((statement, parameters))

    assert client.get(page.path).status_code == 200
    app.extensions["monitor.made"] = made.Pages()  # a page of those signed in is made anew
    if anew:
        app.extensions["monitor.rendered"] = made.Pages()  # and of the public
        app.extensions["monitor.shared"] = shared.Store()  # and what pages share is read anew
        app.extensions["monitor.sessions"] = shared.Store()  # and who is asking
    event.listen(service.database.engine, "before_cursor_execute", note)
    try:
        answer = client.get(page.path)
    finally:
        event.remove(service.database.engine, "before_cursor_execute", note)
    assert answer.status_code == 200
    return statements


def _whole_sqlite(session, statement, parameters):
    plan = [
        row[3]
        for row in session.connection().exec_driver_sql(
            f"EXPLAIN QUERY PLAN {statement}", parameters
        )
    ]
    sorts = any("TEMP B-TREE FOR ORDER BY" in line for line in plan)
    for line in plan:
        met = re.match(r"SCAN (\w+)", line)
        # the first rows of an index, in its order, are no whole table
        few = line.split()[-1] in OF_FEW
        # an index, and yet as long as the table: most papers are of one lane
        if "ix_paper_lane_id (lane=?)" in line and "LIMIT" not in statement:
            yield "paper", line
        # most links are confirmed: for each registration anew it would be quadratic
        if "ix_paper_link_state (state=?)" in line and "paper_trial" in statement:
            yield "paper_link", line
        if met and not few and not ("LIMIT" in statement and not sorts):
            yield met[1], line


def _nodes(node, limited=False):
    yield node, limited
    for child in node.get("Plans", ()):
        yield from _nodes(child, limited or node["Node Type"] == "Limit")


def _for_any(statement):
    """Write a statement as PostgreSQL knows it once it is prepared: it may be planned for any parameters."""
    names = list(dict.fromkeys(re.findall(r"%\((\w+)\)s", statement)))
    numbered = re.sub(r"%\((\w+)\)s", lambda met: f"${names.index(met[1]) + 1}", statement)
    return numbered.replace("%%", "%")


def _whole_postgres(session, statement, parameters):
    connection = session.connection()
    connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
    told = connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {statement}", parameters).scalar()
    yield from _whole_in(told)
    explain = f"EXPLAIN (GENERIC_PLAN, FORMAT JSON) {_for_any(statement)}"
    driver = connection.connection.driver_connection
    yield from _whole_in(driver.execute(explain, prepare=False).fetchone()[0])


def _whole_in(told):
    plan = json.loads(told) if isinstance(told, str) else told
    for node, limited in _nodes(plan[0]["Plan"]):
        kind = node["Node Type"]
        through = kind.startswith("Index") and "Index Cond" not in node and not limited
        through = through and node["Index Name"] not in OF_FEW
        if kind == "Seq Scan" or through:
            yield node["Relation Name"], f"{kind} on {node['Relation Name']}"


def _aliases(statement):
    """Give the table that each name in a statement stands for."""
    found = re.findall(r'(?:FROM|JOIN|,)\s+"?(\w+)"? AS "?(\w+)"?', statement)
    return {alias: table for table, alias in found}


NAMES = [
    "intervention", "memo", "memo as PDF", "changes", "change, why", "feed", "side by side",
    "queue", "queue, deep", "queue, oldest", "queue, intervention", "queue, design",
    "queue, why", "queue, all three", "excluded, deep", "paper, open", "paper, screened",
    "paper, included", "paper, kept", "papers", "papers, frequent word", "papers, one letter",
    "papers, two words", "papers, beginning", "papers, absent word", "papers, notices",
    "papers, word deep", "papers, word of one", "papers, search", "trials",
    "status",
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_no_page_looks_through_what_grows(world, name):
    page = next(page for page in pages_asked.pages(world.database) if page.name == name)
    statements = _asked(world, page)
    assert len(statements) <= MOST[name.split(",")[0]]
    whole = _whole_sqlite if world.database.is_sqlite else _whole_postgres
    found = []
    with world.database.read() as session:
        for statement, parameters in statements:
            named = _aliases(statement)
            found += [
                (line, statement)
                for table, line in whole(session, statement, parameters)
                if named.get(table, table) in GROWING
            ]
    assert not found


FREQUENT = [
    "frequent word", "two words", "beginning", "one letter", "notices", "word deep", "word of one",
]  # fmt: skip


@pytest.mark.parametrize("name", FREQUENT)
def test_a_frequent_word_gathers_no_papers(world, name):
    """GIN would gather all it has; FTS5 all of a beginning that it keeps no list of."""
    page = next(
        page for page in pages_asked.pages(world.database) if page.name == f"papers, {name}"
    )
    matched = [one for one in _asked(world, page) if "@@" in one[0] or "MATCH" in one[0]]
    if not world.database.is_sqlite:
        assert not matched
        return
    with world.database.read() as session:
        made = session.scalar(text("SELECT sql FROM sqlite_master WHERE name = 'title_index'"))
    kept = set(re.findall(r"prefix='([0-9 ]+)'", made)[0].split())
    begun = [word for _, (asked, *_) in matched for word in re.findall(r'"(\w+)" \*', asked)]
    assert {str(len(word)) for word in begun} <= kept
    assert len(matched) == (0 if name == "word of one" else 1)


def test_what_pages_share_is_not_read_again(world):
    asked = [page for page in pages_asked.pages(world.database) if page.name.split(",")[0] in AGAIN]
    counted = {page.name: len(_asked(world, page, anew=False)) for page in asked}
    assert counted.keys() == {name for name in NAMES if name.split(",")[0] in AGAIN}
    over = {name: number for name, number in counted.items() if number > AGAIN[name.split(",")[0]]}
    assert not over


def test_a_table_read_whole_is_told(world):
    whole = _whole_sqlite if world.database.is_sqlite else _whole_postgres
    with world.database.read() as session:
        told = list(whole(session, "SELECT count(*) FROM paper WHERE title = 'x'", ()))
    assert {table for table, _ in told} == {"paper"}


def test_what_is_kept_is_what_a_count_gives(world):
    """What triggers keep must not differ from what the same tables give anew."""
    kept = "SELECT stage, slug, lane, design, papers FROM queue_tally WHERE papers <> 0 ORDER BY 1, 2, 3, 4"
    queries = "SELECT query_key, lane, paper_id FROM paper_query ORDER BY 1, 2, 3"
    places = "SELECT paper_id, slug, stage, lane, design, rank FROM queue_place ORDER BY 1, 2"
    changes = (
        "UPDATE queue_item SET stage = 'excluded', version = 2 WHERE paper_id % 3 = 0",
        "UPDATE queue_item SET score = score + 0.5 WHERE paper_id % 5 = 0",
        'DELETE FROM "match" WHERE paper_id % 7 = 0',
        "UPDATE paper SET lane = 'mentioned' WHERE lane = 'evaluated' AND id % 11 = 0",
        "DELETE FROM paper_reading WHERE paper_id % 13 = 0",
        "UPDATE paper_reading SET design = 'review' WHERE paper_id % 17 = 0",
        "UPDATE paper_reading SET design = NULL WHERE paper_id % 19 = 0",
        (
            'INSERT INTO "match" (paper_id, slug, words, field, start, rule) SELECT paper_id,'
            " (SELECT min(slug) FROM intervention), 'w', 'title', 900, 'r' FROM queue_item"
            " WHERE paper_id % 2 = 0"
        ),
        "UPDATE paper SET lane = 'none' WHERE lane = 'notice' AND id % 3 = 0",
        "UPDATE paper SET merged_into_id = 1 WHERE id % 29 = 0",
        "UPDATE paper_record SET paper_id = 5 WHERE paper_id % 31 = 0",
        "DELETE FROM paper_record WHERE paper_id % 37 = 0",
        (
            "INSERT INTO record_query (source, key, query_key, first_seen_at, missing_times)"
            " SELECT source, key, 'another', first_seen_at, 0 FROM record_query"
            " WHERE source = 'pubmed' AND query_key <> 'another'"
        ),
        "DELETE FROM queue_item WHERE paper_id % 23 = 0",
    )
    with world.database._sessions() as session:
        session.connection(execution_options={"monitor_write": True})
        for change in changes:
            session.execute(text(change))
        triggers.settle(session)
        before = [session.execute(text(query)).all() for query in (kept, places, queries)]
        triggers.refill(session.connection())
        after = [session.execute(text(query)).all() for query in (kept, places, queries)]
        session.rollback()
    assert before == after
    assert all(len(rows) > least for rows, least in zip(before, (20, 200, 1_000), strict=True))
