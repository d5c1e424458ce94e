"""Retractions and corrections through the pages: what is shown, what a choice would do, what follows."""

from dataclasses import replace
from datetime import timedelta

import pytest
from staff_world import Citation, Identifier  # type: ignore[import-not-found]  # on pytest's path

from monitor.feeds.records import Link, LinkKind
from monitor.ops.queries import status
from monitor.review import queries as reviews
from monitor.review.notices import alert_queries
from monitor.review.words import ScreeningVerdict, Stage

PAGE = "/alerts/1"
RETRACTION = Citation(
    title="Retraction: Example trial of Dyadic Developmental Psychotherapy in adoptive families",
    identifiers=(Identifier("doi", "10.5555/retraction"),),
    links=(Link(LinkKind.RETRACTS, Identifier("pmid", "40000002")),),
)


def stage(world):
    with world.database.read() as session:
        return reviews.study(session, world.studies["ddp"], tools={}).stage


def retract(world):
    """Let Crossref send a retraction of the accepted study; gives its alert's page."""
    world.arrive("crossref", retraction=RETRACTION)
    with world.database.read() as session:
        return f"/alerts/{alert_queries.open_alerts(session)[-1].id}"


def test_the_lane_lists_what_waits_and_leads_to_it(world, browse):
    browser = browse(world.ann)
    assert "Retractions and corrections <b>1</b>" in browser.get("/queue").text
    page = browser.get("/alerts").text
    assert "1 alert waits for a person" in page
    assert f'href="{PAGE}"' in page
    assert "Correction to:" in browser.get("/papers?lane=notice").text


def test_an_alert_says_what_was_said_by_whom_and_what_each_choice_would_do(world, browse):
    page = browse(world.ann).get(PAGE).text
    assert "has been corrected" in page
    assert "Europe PMC" in page
    assert "the notice as sent, record" in page
    assert "Nothing has been changed for this alert." in page
    assert "What withdrawing would do" in page
    assert "Withdraw the study: it no longer counts" in page
    assert "Count it again" not in page


def test_the_study_and_the_paper_say_that_an_alert_waits(world, browse):
    browser = browse(world.ann)
    for path in (f"/studies/{world.studies['ddp']}", f"/papers/{world.papers['ddp']}"):
        assert f'href="{PAGE}"' in browser.get(path).text
    assert (
        "/alerts/" not in browser.get(f"/studies/{world.studies['ddp2']}").text.partition("<h1>")[2]
    )


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ({"outcome": "", "reason": "Only a name."}, "Choose what to do"),
        ({"outcome": "seen", "reason": " "}, "Say why"),
        ({"outcome": "seen", "reason": "x", "token": "no"}, "This form is"),
    ],
)
def test_a_form_that_is_not_whole_is_refused_and_kept(world, browse, typed, says):
    browser = browse(world.ann)
    answer = browser.send(PAGE, typed)
    assert answer.status_code == 400
    assert says in answer.text
    assert stage(world) is Stage.ACCEPTED
    assert typed["reason"].strip() in answer.text


def test_what_was_settled_is_shown_with_who_and_why_and_stays_so(world, browse):
    browser, other = browse(world.ann), browse(world.ben)
    stale = other.fields(other.get(PAGE), PAGE)
    answer = browser.send(PAGE, {"outcome": "seen", "reason": "Only a <i>name</i>."})
    assert answer.status_code == 303
    page = browser.get(answer.location).text
    assert "Seen, nothing to change: Only a &lt;i&gt;name&lt;/i&gt;, by Ann Example." in page
    assert "No alert waits for a person." in page
    late = other.client.post(PAGE, data=stale | {"outcome": "withdraw", "reason": "Mine."})
    assert late.status_code == 409
    assert "Ann Example settled this" in late.text
    assert stage(world) is Stage.ACCEPTED


def test_a_retraction_has_already_been_followed_and_may_be_undone(world, browse):
    page, browser = retract(world), browse(world.ann)
    assert stage(world) is Stage.WITHDRAWN
    shown = browser.get(page).text
    assert "The service withdrew it" in shown
    assert "Crossref says so, in the notice DOI 10.5555/retraction" in shown
    assert "What counting it again would do" in shown
    assert (
        "by the service, on its sources’ word"
        in browser.get(f"/studies/{world.studies['ddp']}").text
    )

    answer = browser.send(page, {"outcome": "count again", "reason": "Another paper was meant."})
    assert answer.status_code == 303
    assert stage(world) is Stage.ACCEPTED
    public = browse().get(f"/interventions/ddp/studies/{world.studies['ddp']}").text
    assert "Counted again, by one reviewer" in public
    assert "Retracted: it no longer counts" in public


RETRACTED = '<span class="gm-tag gm-tag--attn">Retracted</span>'


def test_a_file_is_previewed_without_effect_and_brought_in_asks_a_person(world, browse):
    title = "RETRACTED: Example trial of Dyadic Developmental Psychotherapy in adoptive families"
    file_id = world.upload("marked.csv", f"title,pmid\n{title},40000002\n".encode(), world.ann)
    world.work_on_files()
    browser = browse(world.ann)
    assert RETRACTED not in browser.get("/alerts").text
    browser.send(f"/import/{file_id}/bring-in", page=f"/import/{file_id}")
    world.work_on_files()
    assert stage(world) is Stage.ACCEPTED
    assert RETRACTED in browser.get("/alerts").text


def test_everybody_reads_that_a_study_was_retracted_by_whom_and_since_when(world, browse):
    retract(world)
    browser = browse()
    assert (
        "Counted once, then retracted"
        in browser.get(f"/interventions/ddp/studies/{world.studies['ddp']}").text
    )
    page = browser.get("/changes").text
    assert "was retracted: Crossref says so, in the notice DOI 10.5555/retraction" in page
    assert "We read that on 23 November 2026" in page


def test_a_notice_is_not_included_through_the_form(world, browse):
    plain = Citation(title="On Theraplay in nurseries", identifiers=RETRACTION.identifiers)
    world.arrive("pubmed", late=plain)
    browser = browse(world.ann)
    path = f"/papers/{world.papers['late']}"
    form = browser.fields(browser.get(path), path)
    world.arrive("pubmed", late=replace(plain, publication_types=("Published Erratum",)))
    shown = browser.get(path).text
    assert "It left the queue by itself" in shown
    assert "The service took it out of the queue" in shown
    again = {"reason_again": "Look", "version": "2", "csrf_token": form["csrf_token"]}
    assert browser.client.post(f"{path}/reopen", data=again).status_code == 303
    answers = {"verdict": ScreeningVerdict.INCLUDE.value, "interventions": ["theraplay"]}
    refused = browser.send(path, answers)
    assert refused.status_code == 400
    assert "A notice is never a study" in refused.text


def test_admins_are_told_of_an_alert_that_waits_too_long(world):
    for days, told in ((6, False), (8, True)):
        with world.database.read() as session:
            found = status(
                session, world.service.settings, world.database, world.at + timedelta(days=days)
            )
        assert ("1 retraction or correction has waited" in found.verdict) is told
