"""Lines of papers and counts beside them are remembered: never shown once anything is otherwise."""

import re

import pytest
from sqlalchemy import text

from monitor.jobs.upkeep.ordering import order_due
from monitor.web import made, shared
from monitor.web.staff import queue

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
