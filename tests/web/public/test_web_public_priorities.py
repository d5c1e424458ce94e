"""The research-priority list: who stands where, which trials are awaited, and the same as a table."""

import csv
import io
from datetime import date

import pytest
import waves  # type: ignore[import-not-found]  # tests/support is on pytest's path

from monitor import workflow
from monitor.evidence.registered import registered
from monitor.feeds import service as feeds
from monitor.feeds.leasing import lease
from monitor.feeds.records import Answer, Citation, FetchedRecord, Identifier, Trial
from monitor.feeds.storage import storing
from monitor.feeds.watermarks import Query, Watermark
from monitor.kernel.settings import parse
from monitor.literature.linkage.overdue import TrialStanding
from monitor.web.public.states.ratings import beside

HOSTILE = "=HYPERLINK(1) <script>"


def registration(number, title, **trial):
    identifier = Identifier("nct", number)
    said = Citation(title=title, identifiers=(identifier,), trial=Trial(**trial))
    return FetchedRecord(number, number.encode(), "application/json", said)


REGISTRATIONS = (
    registration(
        "NCT04187911",
        "Dyadic Developmental Psychotherapy in invented services: the BRIDGE trial",
        status="RECRUITING",
        completed=date(2027, 1, 31),
        completed_expected=True,
        participants=240,
    ),
    registration(
        "NCT00000002",
        "An invented trial of Theraplay in nurseries",
        status="COMPLETED",
        completed=date(2024, 5, 31),
        participants=96,
    ),
    registration(
        "NCT00000003",
        f"{HOSTILE} Circle of Security, invented",
        status="COMPLETED",
        completed=date(2026, 9, 30),
    ),
    registration("NCT00000004", "Theraplay, an invented trial that ended", status="WITHDRAWN"),
)


@pytest.fixture
def awaited(published, app, clock, tmp_path):
    """The registry has told of four trials."""
    service = app.extensions["monitor"]
    with published.write() as session:
        feeds.sync_sources(session, parse({}, folder=tmp_path), clock())
        held = lease(session, "clinicaltrials", clock(), 60, take_over=True)
        poll = feeds.start_poll(session, held, clock())
        answer = Answer(Query("ddp", "ddp", "ddp"), REGISTRATIONS, Watermark())
        kept = storing.keep(session, "clinicaltrials", poll, answer, clock())
        workflow.ingest(session, service, kept.records, at=clock())
    return published


def test_trials_are_listed_as_their_registry_last_said(awaited, clock):
    with awaited.read() as session:
        (ddp,) = registered(session, "ddp", clock().date())
        (theraplay,) = registered(session, "theraplay", clock().date())
        assert (
            len(registered(session, None, clock().date())) == 3
        )  # the withdrawn one is not awaited
    assert (ddp.name, ddp.when, ddp.people, ddp.status) == (
        "BRIDGE",
        "due January 2027",
        240,
        "RECRUITING",
    )
    assert (ddp.said_by, ddp.said_on, ddp.expected) == ("ClinicalTrials.gov", clock(), True)
    assert (theraplay.standing, theraplay.when) == (TrialStanding.OVERDUE, "ended May 2024")
    assert theraplay.name == "NCT00000002"


def test_the_page_tells_places_distances_and_trials(awaited, client):
    page = client.get("/priorities").text
    for words in (
        "1. <a",
        "2 to 5. <a",
        "4 to 6. <a",
        "3 sound studies short of intermediate",
        "BRIDGE, 240 people, due January 2027",
        "<b>Overdue:</b> NCT00000002, 96 people, ended May 2024",
        "ClinicalTrials.gov said “RECRUITING”, read 23 November 2026",
        "If it is sound: the tier moves from weak to “weak for now, may become intermediate”",
        "; the label “no result to go on” would become “probable benefit” if it finds a clear benefit",
        "“not settled” if it finds no difference or “favours the comparison” if it finds a clear loss.",
        "how many people it has is not known, so nothing can be said of the label",
        "Limited evidence does not mean ineffective.",
    ):
        assert words in page, words
    assert "<script>" not in page.split("<main")[1]
    assert "NCT00000004" not in page


def test_the_table_says_the_same_and_runs_no_formula(awaited, client):
    answer = client.get("/priorities.csv")
    assert answer.mimetype == "text/csv"
    assert "research-priorities-2026-11-23.csv" in answer.headers["Content-Disposition"]
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert len(rows) == 10
    first = rows[0]
    assert (first["intervention"], first["place_first"], first["place_last"]) == (
        "Individual Child Psychotherapy",
        "1",
        "1",
    )
    (ddp,) = [row for row in rows if row["trial"] == "BRIDGE"]
    assert (ddp["due"], ddp["due_is_expected"], ddp["stands"]) == (
        "2027-01-31",
        "True",
        "not ended yet",
    )
    assert (
        ddp["label_now"],
        ddp["label_if_clear_benefit"],
        ddp["label_if_no_difference"],
        ddp["label_if_clear_loss"],
    ) == ("no result to go on", "probable benefit", "not settled", "favours the comparison")
    (cos,) = [row for row in rows if "Circle of Security, invented" in row["title"]]
    assert cos["place_first"] == ""
    assert cos["label_if_clear_benefit"] == ""
    assert cos["title"].startswith("'=")


def test_after_a_survey_in_shares_places_are_by_its_shares(client, evidence):
    before = {row["intervention"]: row for row in csv.DictReader(io.StringIO(the_table(client)))}
    with evidence.database.write() as session:
        wave = waves.first(session, evidence.clock())
        workflow.publish_wave(
            session, evidence.service, wave_id=wave.id, by=waves.BY, at=evidence.clock()
        )
    rows = {row["intervention"]: row for row in csv.DictReader(io.StringIO(the_table(client)))}
    placed = [row for row in rows.values() if row["place_first"]]
    assert len({(row["place_first"], row["place_last"]) for row in placed}) > 2, "not all one tie"
    icp = rows["Individual Child Psychotherapy"]
    assert icp["share_of_use"] != "" == before["Individual Child Psychotherapy"]["share_of_use"]
    assert float(icp["share_low"]) < float(icp["share_of_use"]) < float(icp["share_high"])
    assert icp["share_of"] == "services"
    assert "Ranks are by the shares of the newest survey" in client.get("/priorities").text


def the_table(client):
    return client.get("/priorities.csv").text


def test_without_a_trial_the_page_says_that_none_is_known(client):
    page = client.get("/priorities").text
    assert "None is known here." in page
    assert "No registry has answered yet." in page


def test_the_overview_and_the_footer_lead_there_and_no_fixed_sentence_is_left(client):
    page = client.get("/").text
    assert 'href="/priorities"' in page
    assert "1–2 sound studies short of intermediate." in page
    assert "clearinghouse" not in page


def test_other_bodies_stand_beside_the_tier_with_their_own_dates(client, catalogue):
    page = client.get("/interventions/cos").text
    assert "its date is 2021; the review’s searches ended before May 2021" in page.replace(
        "Its date", "its date"
    )
    assert "it is of COS-Parenting; the tier here is of all variants together" in page
    assert "Here, by the 2023 review’s tiers" in page
    ddp = client.get("/interventions/ddp").text
    assert "No rating found" in ddp
    closed = catalogue.review.closed
    told = [one.differs for one in beside(catalogue.intervention("ddp").ratings, closed, 0)]
    assert set(told) == {()}
    (www, *_) = beside(catalogue.intervention("www").ratings, closed, 2)
    assert www.differs[0] == (
        "its date is not known; the review’s searches ended before May 2021, and 2 studies since "
        "count here"
    )
