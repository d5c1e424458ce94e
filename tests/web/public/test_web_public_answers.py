"""A public page stands while all that was asked for it is answered as it was, and never longer. Both databases.

Nobody lists what a page hangs on. What these hold: every statement of every kept page is noted, and
whatever table changes, what is shown is what a service that keeps nothing shows.
"""

import pytest
from every_table import change, heartbeat, put_back, statements, tables  # type: ignore[import-not-found]  # tests/support is on pytest's path
from flask import template_rendered
from sqlalchemy import text

from monitor.kernel.persistence.asked_again import Answers
from monitor.kernel.persistence.database import Database
from monitor.ops.schema import metadata
from monitor.web import made
from monitor.web.public import rendered

DAY = "2026-11-23"
# One of each view that is rendered once, by its endpoint: a new one belongs here.
PATHS = {
    "public.overview": "/",
    "public.interventions": "/interventions",
    "public.method": "/method",
    "public.privacy": "/privacy",
    "crawlers.sitemap": "/sitemap.xml",
    "interventions.intervention": "/interventions/cos",
    "interventions.study": "/interventions/cos/studies/1",
    "findings.findings": "/interventions/cos/findings",
    "findings.table": "/interventions/cos/findings.csv",
    "findings.drawing": "/interventions/cos/findings/none.svg",
    "findings.picture": "/interventions/cos/findings/none.png",
    "memos.today": "/interventions/cos/memo",
    "memos.of_day": f"/interventions/cos/memo/{DAY}",
    "memos.as_pdf": f"/interventions/cos/memo/{DAY}/memo.pdf",
    "changes.listed": "/changes",
    "changes.table": "/changes/changes.csv",
    "why.change": "/changes/11",
    "atom.of_all": "/changes/feed.atom",
    "atom.of_one": "/interventions/cos/changes.atom",
    "history.past": f"/history?on={DAY}",
    "history.table": f"/history/table.csv?on={DAY}",
    "use.all_ten": "/use",
    "use.one": "/use/cos",
    "downloads.ten": "/interventions/table.csv",
    "downloads.studies": "/interventions/cos/studies.csv",
    "downloads.use": "/use/table.csv",
    "priorities.listed": "/priorities",
    "priorities.as_csv": "/priorities.csv",
    "side_by_side.compare": "/interventions/compare?one=cos&other=vipp",
    "side_by_side.table": "/interventions/compare.csv?one=cos&other=vipp",
    "coverage.coverage": "/coverage",
    "coverage.studies": "/coverage/studies.csv",
    "attachment.attachment": "/attachment",
    "attachment.glossary": "/glossary",
    "attachment.who": "/who-uses-this",
}
# Those that read most between them; each change of a table is looked at through these.
LOOKED_AT = (
    *("public.overview", "interventions.intervention", "interventions.study", "memos.today"),
    *("findings.findings", "why.change", "atom.of_one", "use.one"),
)


@pytest.fixture
def world(evidence):
    """A database in which each of these pages has something to show."""
    evidence.decided("cos")
    evidence.arrives("vipp")
    return evidence


def _answers(app) -> Answers:
    (page,) = app.extensions["monitor.rendered"]._pages.values()
    assert isinstance(page.answers, Answers)
    return page.answers


def test_each_view_that_is_rendered_once_is_asked_here(app):
    kept = {name for name, view in app.view_functions.items() if rendered.is_kept(view)}
    assert kept == set(PATHS)


def test_every_statement_of_every_kept_page_is_noted(make_app, world):
    """And a second service, that remembers nothing, asks the same: no page hangs on a memory."""
    app = make_app()
    database = app.extensions["monitor"].database
    for path in PATHS.values():
        asked = []
        for _ in range(2):
            app.extensions["monitor.rendered"] = made.Pages()
            with statements(database) as noted:
                answer = app.test_client().get(path)
            if answer.status_code != 200:
                assert path.endswith(("none.svg", "none.png")), path
                break
            answers = _answers(app)
            assert answers.is_whole, path
            assert set(answers._questions) >= set(noted), path
            asked.append(noted)
        else:
            assert asked[0] == asked[1], path


def _shown(app, path: str) -> object:
    """Give what is shown, or how that fails."""
    try:
        answer = app.test_client().get(path)
    except Exception as error:  # noqa: BLE001 - what was changed may not be what anybody could have written
        return type(error)
    return answer.status_code, answer.data


def test_whichever_table_changes_what_is_shown_is_how_it_stands(
    make_app, world, database_url, catalogue
):
    keeping, never = make_app(testing=True), make_app(testing=True)
    never.extensions["monitor.rendered"] = made.Pages(largest=0)
    other, reads, shown = Database(database_url), {}, {}
    for path in (PATHS[name] for name in LOOKED_AT):
        with statements(keeping.extensions["monitor"].database) as noted:
            shown[path] = _shown(keeping, path)
        reads[path] = tables(noted)
    changed, moved = set(), 0
    for table in metadata.sorted_tables[::-1]:
        asking = [path for path, read in reads.items() if table.name in read]
        if not asking or not (was := change(other, table)):
            continue
        changed.add(table.name)
        for path in asking:
            now = _shown(never, path)
            assert _shown(keeping, path) == now, (table.name, path)
            moved += shown[path] != now
        put_back(other, table, was)
    for path, first in shown.items():
        assert _shown(keeping, path) == first, path
    other.dispose()
    assert changed >= {"change", "decision", "grade", "paper", "poll", "source", "study", "wave"}
    assert moved >= 2 * len(LOOKED_AT)


def test_a_page_is_not_made_again_for_what_it_does_not_show(app, world, database_url):
    client, renders = app.test_client(), []
    paths = [PATHS[name] for name in LOOKED_AT]
    first = {path: client.get(path).data for path in paths}
    heartbeat(database_url)
    with template_rendered.connected_to(lambda *_, **__: renders.append(1), app):
        for path in paths:
            assert client.get(path).data == first[path]
        world.arrives("vipp")  # a paper, of which these show nothing
        for path in ("/use/cos", "/changes/11", "/interventions/cos/changes.atom"):
            assert client.get(path).data == first[path]
        assert not renders
        world.decided("cos")
        feed = PATHS["atom.of_one"]
        assert client.get(feed).data != first[feed]


def test_what_is_decided_within_the_minute_is_on_the_memo_at_once(app, world):
    client = app.test_client()
    assert "2 accepted" not in client.get("/interventions/cos/memo").text
    before = client.get("/interventions/cos/memo").data
    world.clock.advance(seconds=20)
    world.decided("cos")
    assert client.get("/interventions/cos/memo").data != before


def test_answers_that_differ_or_a_write_are_never_whole():
    answers = Answers()
    answers.note("SELECT 1", (), [(1,)])
    answers.note("SELECT 1", (), [(1,)])
    assert answers.is_whole
    assert len(answers) == 1
    answers.note("SELECT 1", (), [(-1,)])
    assert not answers.is_whole


def test_what_is_written_while_a_page_is_made_keeps_it_from_standing(app):
    @rendered.once()
    def writes() -> str:
        with app.extensions["monitor"].database.write() as session:
            session.execute(text("UPDATE job SET took_seconds = 1"))
        return "made"

    app.add_url_rule("/writes", "writes", writes)
    assert app.test_client().get("/writes").text == "made"
    assert not _answers(app).is_whole


def test_what_is_written_within_a_reading_is_noticed(published):
    answers = Answers()
    people = published.for_people(seconds=3.0, writers=2, answers=lambda: answers)
    with people.read() as session:
        session.execute(text("UPDATE job SET took_seconds = 1"))
    assert not answers.is_whole
    assert not answers.stand({}, people.read)
