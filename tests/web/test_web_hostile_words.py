"""Words that would be mark-up, formulas or no text at all, on public pages and in what is taken away."""

import csv
import io
import re

import pytest
from lxml import etree
from trials_with_effects import (  # type: ignore[import-not-found]  # tests/support is on pytest's path
    counted,
    result,
    smd,
    trial,
)

from monitor.catalogue.words import Harms

HOSTILE = (
    "<script>alert(1)</script>", '"><svg onload=alert(1)>', '=HYPERLINK("http://x.example")',
    "+1+1", "@SUM(A1)", "{{7*7}}", "a\x00b\x0b\ufffe", "]]>&amp;<b>", "x" * 3000,
)  # fmt: skip
PAGES = (
    "/", "/interventions/vipp", "/interventions/vipp/findings", "/interventions/vipp/findings.csv",
    "/priorities", "/priorities.csv", "/use", "/coverage", "/changes",
    "/coverage/studies.csv", "/changes/changes.csv", "/interventions/table.csv", "/history/table.csv",
    "/interventions/vipp/studies.csv", "/interventions/compare?one=vipp&other=cos", "/use/table.csv",
    "/interventions/compare.csv?one=vipp&other=cos", "/interventions/vipp/memo", "/changes/11",
)  # fmt: skip
QUERIES = (
    "at=2026-99-99", "at=", "at=0001-01-01", "at=%00", "at=%F0%9F%98%80", "after=-1",
    "after=99999999999999999999999", "wave=99999999999999999999", "%ff=%fe", "a" * 5000,
    "slug=<script>alert(1)</script>", "x[]=1",
)  # fmt: skip
NUMBER = re.compile(r"-?\d+(\.\d+)?(e-?\d+)?")


@pytest.fixture
def hostile(evidence):
    for number, word in enumerate(HOSTILE, start=50):
        reading = trial(
            "vipp", result(smd(0.4, number), outcome=word, measure=word), variant=word,
            harms=Harms.REPORTED, harms_note=word,
        )  # fmt: skip
        counted(evidence, "vipp", reading, authors=(f"{word[:100]} A",))
    return evidence


def test_words_of_papers_and_people_stay_words(client, hostile):
    for page in PAGES:
        answer = client.get(page)
        assert answer.status_code == 200, page
        if answer.mimetype != "text/csv":
            assert "<script>alert" not in answer.text
            assert "<svg onload" not in answer.text
            continue
        assert "\x00" not in answer.text
        for row in csv.reader(io.StringIO(answer.text)):
            assert all(
                not cell.startswith(tuple("=+-@\t\r")) or NUMBER.fullmatch(cell) for cell in row
            )
    keys = set(re.findall(r"findings/([\w-]+)\.svg", client.get(PAGES[2]).text))
    assert keys
    for key in keys:
        drawn = client.get(f"/interventions/vipp/findings/{key}.svg")
        assert not etree.fromstring(drawn.data).findall(".//{*}script")
        assert client.get(f"/interventions/vipp/findings/{key}.png").data.startswith(b"\x89PNG")


def test_a_drawing_is_whole_whatever_an_older_ledger_holds(client, evidence, monkeypatch):
    from monitor.review import rules

    monkeypatch.setattr(rules, "_storable", lambda character: character >= " ")
    counted(evidence, "vipp", trial("vipp", result(smd(0.4)), variant="a\ufffe\uffffb"))
    key = re.findall(r"findings/([\w-]+)\.svg", client.get(PAGES[2]).text)[0]
    etree.fromstring(client.get(f"/interventions/vipp/findings/{key}.svg").data)


@pytest.mark.parametrize("page", [*PAGES, "/interventions/nope/findings", "/use/vipp", "/use/nope"])
def test_any_query_is_answered(client, page):
    for query in QUERIES:
        answer = client.get(f"{page}?{query}")
        assert answer.status_code < 500, query
        assert "<script>alert" not in answer.text
