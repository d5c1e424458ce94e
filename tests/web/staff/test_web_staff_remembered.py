"""Lines of papers and counts beside them are remembered: never shown once anything is otherwise."""

import contextlib
import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import event, text

from monitor.jobs.upkeep.ordering import order_due
from monitor.web import made, noting, shared
from monitor.web.staff import first_questions, queue

LANES = ("to screen", "excluded", "to appraise")
# one change of each thing that a paper's lines, and what stands beside them, hang on
CHANGES = {
    "title": "UPDATE paper SET title = 'Another title than before'",
    "authors": """UPDATE paper SET authors = '["Another A"]'""",
    "journal": "UPDATE paper SET journal = 'Another journal'",
    "year": "UPDATE paper SET year = 1999",
    "words of an abstract": "UPDATE paper SET abstract = 'We randomised 12 families.', title = 'T'",
    "labels": """UPDATE paper SET publication_types = '["Review"]', abstract = NULL, title = 'T'""",
    "design": "UPDATE paper_reading SET design = 'economic'",
    "score": """UPDATE queue_item SET parts = '{"words": 0.9}'""",
    "what was learned": "UPDATE queue_order SET included = included + 7",
    "matched words": "UPDATE \"match\" SET words = 'other words'",
    "lane": "UPDATE paper SET lane = 'possible'",
    "source": "UPDATE record SET source = 'crossref'",
    "time of coming": "UPDATE queue_item SET queued_at = '2020-01-01 00:00:00+00'",
    "time of moving": "UPDATE queue_item SET moved_at = '2020-01-01 00:00:00+00'",
    "retraction": (
        "INSERT INTO paper_statement (paper_id, kind, scheme, value)"
        " SELECT paper_id, 'retracted', '', '' FROM queue_item"
    ),
    "screening": "UPDATE screening SET note = 'another note'",
    "colleague": "UPDATE \"user\" SET name = 'Another name'",
    "stage": "UPDATE queue_item SET stage = 'unsure' WHERE stage = 'to screen'",
}


def shown(browser, path):
    page = re.sub(r'name="(csrf_token|token)"\s+value="[^"]*"', "", browser.get(path).text)
    return re.sub(r'<a href="/account">.*', "", page)  # who looks


@pytest.fixture
def pages(world):
    order_due(world.service)
    return [f"/queue?stage={lane}" for lane in LANES]


def test_nothing_that_is_remembered_is_shown_once_it_is_otherwise(world, browse, staff_app, pages):
    browser = browse(world.ann)
    before = [shown(browser, page) for page in pages]
    for what, change in CHANGES.items():
        with world.service.database.write() as session:
            assert session.execute(text(change)).rowcount, what
        remembered = [shown(browser, page) for page in pages]
        queue._rows.forget()
        staff_app.extensions["monitor.shared"] = shared.Store()
        staff_app.extensions["monitor.made"] = made.Pages()
        assert remembered == [shown(browser, page) for page in pages], what
        assert remembered != before, what
        before = remembered


def test_a_lane_is_read_once_for_all_who_look_and_each_sees_their_own_studies(
    world, browse, staff_app, pages
):
    """Whoever comes second pays for no paper; of studies in work each is told which wait for them."""
    ann, ben = browse(world.ann), browse(world.ben)
    for page in pages:
        own = {}
        for person in (ann, ben):  # each alone, as if nobody else had looked
            staff_app.extensions["monitor.shared"] = shared.Store()
            staff_app.extensions["monitor.made"] = made.Pages()
            own[person] = shown(person, page)
        staff_app.extensions["monitor.shared"] = shared.Store()
        staff_app.extensions["monitor.made"] = made.Pages()
        assert shown(ann, page) == own[ann]
        with _counted(world.database) as statements:
            assert shown(ben, page) == own[ben]
        assert [one for one in statements if "FROM queue_item" in one] == [] or "appraise" in page


def test_one_answer_is_read_by_one_of_those_who_ask_at_once(staff_app):
    calls, together = [], threading.Barrier(8)

    def read(_):
        calls.append(threading.get_ident())
        time.sleep(0.05)
        return "answer"

    def ask(_):
        together.wait()
        with staff_app.test_request_context(), shared.reading() as reading:
            return reading.shared("key", read)

    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(ask, range(8))) == ["answer"] * 8
    assert len(calls) == 1


def test_a_reading_that_fails_leaves_nothing_held(staff_app):
    with staff_app.test_request_context(), shared.reading() as reading:
        with pytest.raises(ZeroDivisionError):
            reading.shared("key", lambda _: 1 / 0)
        assert noting.answers() is None
        assert reading.shared("key", lambda _: "answer") == "answer"


@contextlib.contextmanager
def _counted(database):
    sent = []

    def note(_c, _u, statement, *_):
        sent.append(" ".join(statement.split()))

    event.listen(database.engine, "before_cursor_execute", note)
    yield sent
    event.remove(database.engine, "before_cursor_execute", note)


def test_the_questions_of_a_form_are_written_once_for_all_papers_that_name_the_same(
    world, browse, staff_app, monkeypatch
):
    written, write = [], first_questions._write

    def note(named, *by):
        written.append(named)
        return write(named, *by)

    monkeypatch.setattr(first_questions, "_write", note)
    first_questions._written.forget()
    browser = browse(world.ann)
    with world.service.database.read() as session:
        waiting = text("SELECT paper_id FROM queue_item WHERE stage = 'to screen'")
        numbers = session.scalars(waiting).all()
    shown = []
    for _ in range(2):
        staff_app.extensions["monitor.made"] = made.Pages()
        shown.append([browser.get(f"/papers/{number}").text for number in numbers])
    assert 0 < len(written) == len(set(written)) <= len(numbers)
    assert all("Should this be appraised?" in page for pages in shown for page in pages)
