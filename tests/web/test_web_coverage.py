"""The page on coverage and its file: what each source holds, found late, and what stays unsaid."""

import csv
import html
import io
import re
from datetime import date

import pytest

from monitor.feeds.files import intake
from monitor.feeds.files.intake import FileOrigin
from monitor.feeds.records import Citation, FetchedRecord, Identifier
from monitor.feeds.service import Effort
from monitor.feeds.watermarks import Query
from monitor.jobs.files.importing import take


def text(page) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page.text)).split())


def row(page, name, after="By intervention") -> list[str]:
    part = page.text.partition(after)[2]
    found = re.search(rf'<tr role="row"[^>]*>\s*<th[^>]*>{name}.*?</tr>', part, re.DOTALL)
    assert found, name
    cells = re.findall(r"<td.*?</td>", found[0], re.DOTALL)
    plain = [html.unescape(re.sub(r"<span.*?</span>|<[^>]+>", " ", cell)) for cell in cells]
    return [" ".join(cell.split()) for cell in plain]


def bring(evidence, number: int, source: str) -> None:
    """Let a file of a database hold a paper that another source brought."""
    at = evidence.clock()
    own = (Identifier("pmid", str(40_000_000 + number)),)
    record = FetchedRecord(f"x{number}", b"TY  - JOUR", "x-ris", Citation("Invented", own))
    with evidence.database.write() as session:
        file = intake.start(
            session, Query(f"sha256:{number}", "RIS"), at, origin=FileOrigin(source, at.date())
        )
        take(session, evidence.service, file, [record], at)
        intake.finish(session, file, Effort(at, 1, 0), at=at)


def test_without_a_study_it_says_so(client):
    page = client.get("/coverage")
    assert page.status_code == 200
    assert "No study is known yet" in text(page)
    assert "Not searched here at present: OpenAlex" in text(page)
    assert "Crossref: only titles are searched" in text(page)


def test_each_study_counts_once_for_each_source_that_holds_it(client, evidence, clock):
    evidence.decided("cos")
    clock.advance(days=3)
    evidence.decided("cos")
    bring(evidence, 2, "psycinfo")
    evidence.arrives("ddp")
    page = client.get("/coverage")
    words = text(page)
    assert "2 of 3 known studies are in one source only." in words
    cos, ddp = row(page, "COS"), row(page, "DDP")
    assert cos[0] == "2"
    assert ddp[0] == "1"
    head = re.findall(r"<th scope=\"col\"[^>]*>([^<]*)</th>", page.text)
    at = head.index("APA PsycINFO, by file") - 1
    assert cos[at] == "1"
    assert ddp[at] == "0"
    assert cos[-1] == "1 : 1 PubMed"
    assert "PubMed and APA PsycINFO, by file" in words
    assert "Only PubMed" in words
    assert page.text.count('class="gm-up"') == 3, "the head and two rows"
    assert "1 known study not decided on yet is counted above" in words


def test_found_late_is_told_with_who_brought_it(client, evidence, clock):
    evidence.decided("cos", paper={"published": clock().date()})
    printed = clock().date()
    clock.advance(days=100)
    evidence.decided("cos", paper={"published": printed, "title": "Circle of Security, seen late"})
    evidence.arrives("cos", published=printed, title="Circle of Security, late, undecided")
    page = client.get("/coverage")
    words = text(page)
    late = words.partition("Found late")[2]
    assert "Circle of Security, seen late" in late
    assert "later PubMed" in late.replace("Brought by ", "")
    assert "undecided" not in late.partition("not decided on yet")[0]
    assert "Printed → seen here" in words


def test_what_was_printed_before_we_looked_is_not_late(client, evidence):
    evidence.decided("cos", paper={"published": date(2019, 5, 6)})
    assert "No decided study was first seen here 60 days or more" in text(client.get("/coverage"))


def test_precision_is_of_what_one_source_alone_brought(client, evidence):
    evidence.decided("cos")
    evidence.arrives("cos")
    bring(evidence, 2, "psycinfo")
    assert row(client.get("/coverage"), "PubMed", "What each source brought") == ["1", "1"]


def test_the_file_has_a_row_for_each_decided_study_and_source(client, evidence):
    evidence.decided("cos")
    bring(evidence, 1, "psycinfo")
    evidence.arrives("ddp")
    reply = client.get("/coverage/studies.csv")
    assert reply.mimetype == "text/csv"
    head, *rows = csv.reader(io.StringIO(reply.text))
    assert head == [
        *("study", "interventions", "source", "held_since"),
        *("as_of", "licence", "cite_as"),
    ]
    assert {(one[1], one[2]) for one in rows} == {
        ("cos", "PubMed"),
        ("cos", "APA PsycINFO, by file"),
    }
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\d", one[3]) for one in rows)


@pytest.mark.parametrize("path", ["/coverage", "/coverage/studies.csv"])
def test_no_person_is_named(client, evidence, path):
    evidence.decided("cos")
    assert "Secretname" not in client.get(path).text


def test_crawlers_may_read_it(client):
    assert "Disallow: /coverage" not in client.get("/robots.txt").text
    assert "Disallow: /queries" in client.get("/robots.txt").text
