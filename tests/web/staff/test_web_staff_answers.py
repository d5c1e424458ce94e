"""A page of those signed in stands while all that was asked for it is answered as it was, and never longer.

Nobody lists what a page hangs on. What these hold: every statement of every such page is noted,
those of what pages share too, and whatever changes, what is shown is what a service that keeps
nothing shows.
"""

import contextlib
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from every_table import change, heartbeat, put_back, statements, tables  # type: ignore[import-not-found]  # tests/support is on pytest's path
from flask import template_rendered
from sqlalchemy import event, text, update
from sqlalchemy.orm import Session

from monitor import story_of_papers, workflow
from monitor.feeds.records import Citation, Identifier, Link, LinkKind
from monitor.jobs.upkeep.ordering import order_due
from monitor.kernel.persistence.asked_again import Answers
from monitor.kernel.persistence.database import Database, affected
from monitor.kernel.persistence.limits import Limit
from monitor.ops.schema import metadata
from monitor.ops.tables import JobRow
from monitor.review import queries as reviews
from monitor.review.service import AlertOutcome
from monitor.review.words import ExclusionReason, ScreeningVerdict
from monitor.web import made, shared, turns
from monitor.web.app import create_app

TOKENS = re.compile(r'name="(?:csrf_token|token)"\s+value="([^"]*)"')
# Of each view that is kept for a session, by its endpoint; in braces a paper or a study of the world.
PATHS = {
    "review.queue": (
        *("/queue", "/queue?order=oldest", "/queue?done={excluded}", "/queue?stage=unsure"),
        *("/queue?stage=excluded", "/queue?stage=to appraise", "/queue?stage=accepted"),
        "/queue?intervention=cos&design=rct&why=evaluated",
    ),
    "review.paper": (
        *("/papers/{cosp}", "/papers/{excluded}", "/papers/{ddp}", "/papers/{possible}"),
        *("/papers/{unsure}", "/papers/{none}", "/papers/{follow}?done={excluded}"),
    ),
    "kept.listing": ("/papers", "/papers?words=opening+LIBRARY", "/papers?intervention=cos"),
    "trials.trials": ("/trials", "/trials?intervention=ddp"),
    "comparing.waiting": ("/compare",),
    "comparing.pair": ("/compare/1",),
    "alerts.alerts": ("/alerts", "/alerts?settled=1"),
    "alerts.alert": ("/alerts/1",),
    "certainty.listed": ("/certainty",),
    "certainty.label": ("/certainty/ddp/attachment",),
    "studies.study": ("/studies/{study ddp}", "/studies/{study half}", "/studies/{study differ}"),
    "settle.agreement_page": ("/agreement",),
    "admin.mail": ("/mail",),
    "admin.status": ("/status",),
}
# Looks at files and at the second, so it is asked about nothing: made anew after any commit.
BY_MORE = {"admin.status"}
# Those that read most between them; each change of a table is looked at through these.
LOOKED_AT = (
    *("/queue", "/queue?stage=excluded", "/queue?stage=to appraise", "/papers/{cosp}"),
    *("/papers/{excluded}", "/papers/{ddp}", "/papers", "/trials", "/compare/1", "/alerts/1"),
    *("/studies/{study ddp}", "/certainty/ddp/attachment", "/agreement", "/mail", "/status"),
)


@pytest.fixture
def address(world):
    """Put the world's own numbers into an address."""
    numbers = {**world.papers, **{f"study {name}": one for name, one in world.studies.items()}}

    def put(path: str) -> str:
        return path.format(**numbers)

    return put


@pytest.fixture
def paths(world, address):
    order_due(world.service)
    return {name: [address(path) for path in some] for name, some in PATHS.items()}


def shown(answer):
    assert answer.status_code == 200, answer.request.path
    return TOKENS.sub("", answer.text)


def url_of(world):
    return world.database.url.render_as_string(hide_password=False)


@contextlib.contextmanager
def elsewhere(world):
    """Give the world as another process has it, on connections that this one knows nothing of."""
    other = Database(url_of(world))
    yield world.moved(replace(world.service, database=other))
    other.dispose()


def newest(app):
    return next(reversed(app.extensions["monitor.made"]._pages.values()))


def of_the_page(noted):
    return {one for one in noted if "sign_in.token_hash = " not in one[0]}


def test_each_view_that_is_kept_for_a_session_is_asked_here(staff_app):
    kept = {name for name, view in staff_app.view_functions.items() if made.is_kept(view)}
    assert kept == set(PATHS)


def test_every_statement_of_every_kept_page_is_noted(world, staff_app, browse, paths):
    """Whether what is shared was read for this page or for another: a page hangs on all of it."""
    one, other = browse(world.ada), browse(world.ada)
    for name, some in paths.items():
        for path in some:
            staff_app.extensions["monitor.shared"] = shared.Store()
            asked = []
            for browser in (one, one, other):
                staff_app.extensions["monitor.made"] = made.Pages()
                with statements(world.database) as noted:
                    shown(browser.get(path))
                answers = newest(staff_app).answers
                if name in BY_MORE:
                    assert answers is None
                    continue
                assert answers.is_whole, path
                assert set(answers._questions) >= of_the_page(noted), path
                asked.append(set(answers._questions))
            assert name in BY_MORE or asked[0] == asked[1] == asked[2], path


def test_what_a_page_that_is_not_kept_read_for_all_is_noted_too(world, staff_app, browse, paths):
    """A form shown again reads what pages share: the next page hangs on it as if it had read it."""
    browser, path = browse(world.ann), f"/papers/{world.papers['cosp']}"
    fields = browser.fields(browser.get(path), path)
    asked = set(newest(staff_app).answers._questions)
    staff_app.extensions["monitor.shared"] = shared.Store()
    staff_app.extensions["monitor.made"] = made.Pages()
    assert browser.client.post(path, data=fields).status_code == 400, "nothing is chosen"
    with statements(world.database) as noted:
        browser.get(path)
    assert of_the_page(noted) < asked
    assert set(newest(staff_app).answers._questions) == asked


@pytest.fixture
def loaded():
    """The objects that any session has made of rows."""
    some: list[object] = []

    def note(_, row) -> None:
        some.append(row)

    event.listen(Session, "loaded_as_persistent", note)
    yield some
    event.remove(Session, "loaded_as_persistent", note)


def test_a_heartbeat_costs_a_page_its_statements_alone(world, staff_app, browse, paths, loaded):
    """No template, no object; and whoever else has the same page only who they are."""
    one, other, seen = browse(world.ada), browse(world.ada), False
    rendered: list[int] = []
    for name, some in paths.items():
        for path in some:
            first = [shown(browser.get(path)) for browser in (one, other)]
            seen |= bool(loaded)
            answers = newest(staff_app).answers
            heartbeat(url_of(world))
            loaded.clear()
            rendered.clear()
            with (
                template_rendered.connected_to(lambda *_, **__: rendered.append(1), staff_app),
                statements(world.database) as noted,
            ):
                pages, asked = [shown(one.get(path))], of_the_page(noted)
                noted.clear()
                pages.append(shown(other.get(path)))
            if name in BY_MORE:
                assert pages != first, "it tells how long each job took"
                continue
            assert pages == first, path
            assert not rendered, path
            assert not loaded, path
            assert len(asked) <= len(answers), path
            assert len(noted) == 1, path
    assert seen, "what a page loads is noticed"


def test_what_is_asked_in_vain_leaves_a_page_the_whole_of_its_time(
    world, staff_app, browse, monkeypatch
):
    limits: list[Limit | None] = []

    def in_vain(*_) -> bool:
        limits.append(turns.limit())
        return False

    browser = browse(world.ada)
    assert browser.get("/queue").status_code == 200
    heartbeat(url_of(world))
    monkeypatch.setattr(Answers, "stand", in_vain)
    with template_rendered.connected_to(lambda *_, **__: limits.append(turns.limit()), staff_app):
        assert browser.get("/queue").status_code == 200
    asked, rendered, *_ = limits
    assert asked is not None
    assert rendered is not None
    whole = world.service.settings.web.longest_page_seconds
    assert rendered.until - asked.until >= whole / 2


def test_of_those_who_ask_at_once_one_asks_for_all(world, staff_app, monkeypatch):
    monkeypatch.setattr(shared, "_PATIENCE", 60)  # however busy the machine is
    monkeypatch.setattr(turns, "_PATIENCE_SECONDS", 60)
    tokens, together = [world.sign_in(world.ann) for _ in range(6)], threading.Barrier(6)
    clients = [staff_app.test_client() for _ in tokens]
    for client, token in zip(clients, tokens, strict=True):
        client.set_cookie("session", token)
    pages = {shown(client.get("/queue")) for client in clients}
    few = len(newest(staff_app).answers)
    heartbeat(url_of(world))

    def ask(client):
        together.wait()
        return shown(client.get("/queue"))

    with statements(world.database) as noted, ThreadPoolExecutor(6) as threads:
        assert set(threads.map(ask, clients)) == pages
    asked = [one for one in noted if "sign_in.token_hash = " not in one[0]]
    assert len(asked) <= few


def _shown(app, token, path):
    """Give what is shown, or how that fails."""
    client = app.test_client()
    client.set_cookie("session", token)
    try:
        answer = client.get(path)
    except Exception as error:  # noqa: BLE001 - what was changed may not be what anybody could have written
        return type(error)
    return answer.status_code, TOKENS.sub("", answer.text)


def test_whichever_table_changes_what_is_shown_is_how_it_stands(world, staff_app, address):
    order_due(world.service)
    token, never = world.sign_in(world.ada), create_app(world.service, testing=True)
    never.extensions["monitor.made"] = made.Pages(largest=0)
    other, reads, first = Database(url_of(world)), {}, {}
    for path in map(address, LOOKED_AT):
        with statements(world.database) as noted:
            first[path] = _shown(staff_app, token, path)
        reads[path] = tables(noted)
    changed, moved = set(), 0
    for table in metadata.sorted_tables[::-1]:
        asking = [path for path, read in reads.items() if table.name in read]
        if table.name == "queue_place":  # of triggers, which count what is in it and forget nothing
            continue
        if not asking or not (was := change(other, table)):
            continue
        changed.add(table.name)
        for path in asking:
            never.extensions["monitor.shared"] = shared.Store()
            now = _shown(never, token, path)
            assert _shown(staff_app, token, path) == now, (table.name, path)
            moved += first[path] != now
        put_back(other, table, was)
    for path in first.keys() - {"/status"}:  # which tells the size of the database too
        assert _shown(staff_app, token, path) == first[path], path
    other.dispose()
    assert changed >= {"decision", "paper", "queue_item", "screening", "study", "user", "message"}
    assert moved >= 2 * len(LOOKED_AT)


def _screened(there):
    there.screen("cosp", ScreeningVerdict.EXCLUDE, there.ben, reason=ExclusionReason.NOT_A_STUDY)


def _decided(there):
    there.appraise("half", there.ben)


def _withdrawn(there):
    there.withdraw("ddp", there.ada)


def _retracted(there):
    notice = Citation(
        title="Retraction: a second invented trial",
        identifiers=(Identifier("doi", "10.5555/retraction"),),
        links=(Link(LinkKind.RETRACTS, Identifier("pmid", "40000003")),),
    )
    there.arrive("europepmc", retraction=notice)


def _settled(there):
    with there.database.write() as session:
        workflow.settle_alert(
            session,
            there.service,
            alert_id=1,
            outcome=AlertOutcome.SEEN,
            token=next(there.tokens),
            reason="Read: the numbers stay",
            by=there.ben,
            at=there.at,
        )


def _linked(there):
    with there.database.write() as session:
        story_of_papers.settle_link(
            session,
            there.service,
            link_id=1,
            confirm=False,
            version=reviews.pair(session, 1).version,
            by=there.ben,
            at=there.at,
        )


def _subscribed(there):
    there.subscribe("another@example.org", ("cos",))


def _sql(statement):
    def changed(there):
        with there.database.write() as session:
            assert affected(session.execute(text(statement)))

    return changed


# What another process changes, and where Ada sees it.
CHANGES = {
    "a screening": (_screened, ("/queue", "/queue?stage=excluded", "/papers/{cosp}")),
    "an appraisal that decides": (_decided, ("/studies/{study half}", "/queue?stage=accepted")),
    "a withdrawal": (_withdrawn, ("/studies/{study ddp}", "/alerts/1", "/certainty")),
    "an alert": (_retracted, ("/alerts", "/queue", "/studies/{study ddp2}", "/papers/{ddp2}")),
    "an alert settled": (_settled, ("/alerts", "/alerts/1", "/studies/{study ddp}")),
    "a pair settled": (_linked, ("/compare", "/compare/1", "/certainty")),
    "mail": (_subscribed, ("/mail", "/status")),
    "a source switched off": (
        _sql("UPDATE source SET enabled = false, last_success_at = NULL"),
        ("/status", "/queue"),
    ),
    "her role": (
        _sql("UPDATE \"user\" SET role = 'lead reviewer' WHERE name LIKE 'Ada%'"),
        ("/queue", "/papers", "/studies/{study ddp}"),
    ),
    "her name": (
        _sql("UPDATE \"user\" SET name = 'Ada Another' WHERE name LIKE 'Ada%'"),
        ("/queue", "/papers", "/papers/{cosp}", "/trials", "/alerts", "/agreement", "/mail"),
    ),
    "a colleague's name": (
        _sql("UPDATE \"user\" SET name = 'Ben Another' WHERE name LIKE 'Ben%'"),
        ("/queue?stage=excluded", "/papers/{excluded}"),
    ),
    "an intervention's words": (
        _sql("UPDATE \"match\" SET words = 'other words'"),
        ("/papers/{cosp}", "/queue"),
    ),
    "a trial's end": (
        _sql("INSERT INTO paper_trial (paper_id, completed, completed_expected) "
             "SELECT max(id), '2020-01-01', false FROM paper WHERE lane = 'evaluated'"),
        ("/trials",),
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", CHANGES)
def test_what_another_process_changes_is_on_the_page_at_once(
    world, staff_app, browse, address, what
):
    do, some = CHANGES[what]
    browser, pages = browse(world.ada), [address(path) for path in some]
    before = [shown(browser.get(path)) for path in pages]
    heartbeat(url_of(world))
    assert [shown(browser.get(path)) for path in pages if path != "/status"] == [
        page for page, path in zip(before, pages, strict=True) if path != "/status"
    ]
    with elsewhere(world) as there:
        do(there)
    for path, was in zip(pages, before, strict=True):
        if what == "her role" and path == "/status":
            continue
        now = shown(browser.get(path))
        assert now != was, path
        staff_app.extensions["monitor.made"] = made.Pages()
        staff_app.extensions["monitor.shared"] = shared.Store()
        assert now == shown(browser.get(path)), path


def test_a_page_is_made_anew_once_the_minute_is_another(world, staff_app, browse, clock, paths):
    browser, rendered = browse(world.ada), []
    some = [path for paths_of in paths.values() for path in paths_of]
    for path in some:
        shown(browser.get(path))
    clock.advance(minutes=1)
    with template_rendered.connected_to(lambda *_, **__: rendered.append(1), staff_app):
        for path in some:
            rendered.clear()
            shown(browser.get(path))
            assert rendered, path


def test_within_the_minute_it_is_the_end_of_it_for_pages_and_for_what_they_share(
    world, staff_app, browse, clock
):
    """What is decided a second later is no less than nothing ago, and nothing hangs on the second."""
    browser, path = browse(world.ada), "/queue?stage=excluded"
    first = shown(browser.get(path))
    clock.advance(seconds=50)
    staff_app.extensions["monitor.made"] = made.Pages()
    staff_app.extensions["monitor.shared"] = shared.Store()
    assert shown(browser.get(path)) == first
    world.screen("cosp", ScreeningVerdict.EXCLUDE, world.ben, reason=ExclusionReason.NOT_A_STUDY)
    assert shown(browser.get(path)) != first


def test_the_status_page_judges_by_the_second(world, browse, clock):
    """A job that is late from the middle of a minute on is not called late before."""
    clock.now = clock.now.replace(second=30, microsecond=0)
    with world.database.write() as session:
        session.execute(update(JobRow).values(next_due_at=clock.now + timedelta(days=1)))
        late = update(JobRow).where(JobRow.name == "deliver")
        session.execute(late.values(next_due_at=clock.now, every_seconds=60))
    browser = browse(world.ada)
    clock.advance(seconds=100)  # it may be late for 120
    assert "Overdue" not in browser.get("/status").text
    clock.advance(seconds=25)
    heartbeat(url_of(world))
    assert "Overdue" in browser.get("/status").text
