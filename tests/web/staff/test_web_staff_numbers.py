"""Counts are written one way on every page: 1,300."""

import re
from pathlib import Path

import pytest
from lxml import html
from sqlalchemy import text

TEMPLATES = Path(__file__).resolve().parents[3] / "templates"


@pytest.fixture
def many(world):
    """As many papers of each kind as no test could make."""
    with world.database.write() as session:
        session.execute(text("UPDATE queue_tally SET papers = papers + 31300"))
    return world


@pytest.mark.parametrize("page", ["/queue", "/queue?stage=excluded", "/status", "/alerts"])
def test_every_count_is_grouped(many, browse, page):
    main = html.document_fromstring(browse(many.ada).get(page).text).find(".//main")
    assert main is not None
    shown = " ".join(" ".join(map(str, main.itertext())).split())
    assert re.search(r"(?<!\d)\d{2,3},\d{3}(?!\d)", shown)
    assert not re.findall(r"(?<!\d)\d{5,6}(?!\d)", shown)


def test_no_template_writes_a_count_in_a_way_of_its_own():
    own = [path.name for path in TEMPLATES.rglob("*.html") if "{:,}" in path.read_text()]
    assert own == []
