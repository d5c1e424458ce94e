"""The review's own table on its admins' page: faults, a preview, a contradiction, and its end."""

import io
import re

from baseline_tables import (  # type: ignore[import-not-found]  # tests/support is on pytest's path
    file,
    line,
    lines,
)
from sqlalchemy import select

from monitor import workflow
from monitor.evidence.baseline import standing as baselines
from monitor.evidence.baseline.table import read
from monitor.evidence.tables import BaselineVersion
from monitor.feeds import service as feeds
from monitor.feeds.leasing import lease
from monitor.feeds.records import Answer, Citation, FetchedRecord, Identifier, Link, LinkKind
from monitor.feeds.storage import storing
from monitor.feeds.watermarks import Query, Watermark
from monitor.gap import queries as gaps
from monitor.review.tables import StudyAlert

PAGE = "/status/baseline"
_DIGEST = re.compile(r'name="digest" value="([0-9a-f]+)"')


def send(browser, data, path=PAGE):
    return browser.post(path, data, csrf=browser.csrf())


def kept(world):
    with world.database.read() as session:
        return [
            (one.id, bool(one.digest))
            for one in session.scalars(select(BaselineVersion).order_by(BaselineVersion.id))
        ]


def studies(world, slug="vipp"):
    with world.database.read() as session:
        return gaps.state(session, slug).studies


def test_a_table_is_shown_before_it_counts_and_then_brought_in_and_withdrawn(world, browse):
    ada = browse(world.ada)
    assert "The published ranges hold" in ada.get(PAGE).text
    shown = send(ada, {"table": file().decode(), "name": "a.csv"})
    assert "What “a.csv” would do" in shown.text
    assert "Strong; 8 studies" in shown.text
    assert "Nothing has happened yet." in shown.text
    assert kept(world) == []

    (digest,) = _DIGEST.findall(shown.text)
    form = {"table": file().decode(), "name": "a.csv", "step": "bring", "digest": digest}
    other = send(ada, form | {"table": file(lines({"vipp": (10, 10)})).decode()})
    assert "The table has changed since you saw what it would do" in other.text
    assert kept(world) == []
    assert send(ada, form).status_code == 303
    assert kept(world) == [(1, True)]
    assert studies(world) == (9, 9)
    page = ada.get(PAGE).text
    assert "The review’s own table is in" in page
    assert world.ada.name in page
    public = browse(None).get("/interventions/vipp").text
    assert "9 studies in the 2023 review, by its own table, brought in" in public
    assert "8–17 studies as published" in public

    assert "Say why the table is withdrawn" in send(ada, {"why": " "}, f"{PAGE}/withdraw").text
    assert send(ada, {"why": "Another review's"}, f"{PAGE}/withdraw").status_code == 303
    assert kept(world) == [(1, True), (2, False)]
    assert studies(world) == (8, 17)


def test_a_contradiction_is_kept_only_with_a_reason(world, browse):
    ada = browse(world.ada)
    text = file(lines({"vipp": (19, 19)})).decode()
    shown = send(ada, {"table": text, "name": "a.csv"})
    assert "the table has 19 studies, and the review published 8 to 17" in shown.text
    (digest,) = _DIGEST.findall(shown.text)
    form = {"table": text, "name": "a.csv", "step": "bring", "digest": digest}
    refused = send(ada, form)
    assert refused.status_code == 409
    assert "Say why the table is right" in refused.text
    assert kept(world) == []
    assert send(ada, form | {"because": "By letter of its authors"}).status_code == 303
    public = browse(None).get("/interventions/vipp").text
    assert "The table has 19 studies, and the review published 8 to 17" in public
    assert "The table was kept, since: By letter of its authors." in public


def test_every_fault_is_shown_with_the_table_to_be_mended(world, browse):
    ada = browse(world.ada)
    raw = file([line("<script>alert(1)</script>", "cos", design="x"), line("Two", "nowhere")])
    told = ada.client.post(
        PAGE,
        data={"csrf_token": ada.csrf(), "file": (io.BytesIO(raw), "a.csv")},
        content_type="multipart/form-data",
    )
    assert told.status_code == 400
    assert "2 faults in the table; nothing was brought in" in told.text
    assert "row 3: interventions: nowhere is none of" in told.text
    assert "&lt;script&gt;alert(1)" in told.text
    assert "<script>alert(1)" not in told.text
    assert "Choose a file, or paste the table" in send(ada, {}).text


def says(world, *links):
    """Let Crossref send one of the table's papers, with what it says of it."""
    doi = Identifier("doi", "10.5555/trial-vipp-0")
    record = FetchedRecord(
        "vipp-0",
        repr(links).encode(),
        "application/json",
        Citation("Trial vipp 0", (doi,), links=links),
    )
    with world.database.write() as session:
        held = lease(session, "crossref", world.at, 60, take_over=True)
        poll = feeds.start_poll(session, held, world.at)
        answer = Answer(Query("retractions", "retractions"), (record,), Watermark())
        kept = storing.keep(session, "crossref", poll, answer, world.at)
        workflow.ingest(session, world.service, kept.records, at=world.at)
    with world.database.read() as session:
        return session.scalars(select(StudyAlert.id).order_by(StudyAlert.id.desc())).first()


def test_a_reviewer_takes_a_retracted_study_of_the_table_out_of_its_count_and_puts_it_back(
    world, browse
):
    with world.database.write() as session:
        table = read(file(), world.service.catalogue.slugs)
        workflow.change_baseline(
            session, world.service, table, baselines.TableStep("cli", world.at)
        )
    alert = says(world, Link(LinkKind.RETRACTED_BY, Identifier("doi", "10.5555/notice")))
    ann = browse(world.ann)
    page = ann.get(f"/alerts/{alert}").text
    assert "The review’s own table names it" in page
    assert "takes it out of that count, grades again and tells readers" in page
    done = ann.send(f"/alerts/{alert}", {"outcome": "exclude", "reason": "The notice is plain."})
    assert done.status_code == 303
    assert studies(world) == (8, 8)
    assert "Retracted, so no longer in the review’s count" in browse(world.ada).get(PAGE).text

    again = says(world)
    assert again != alert
    assert "Count it again among the review’s own" in ann.get(f"/alerts/{again}").text
    ann.send(f"/alerts/{again}", {"outcome": "count again", "reason": "The notice was an error."})
    assert studies(world) == (9, 9)


def test_only_admins_see_it(world, browse):
    assert browse(world.ann).get(PAGE).status_code == 403
    with world.database.read() as session:
        assert baselines.current(session) is None
