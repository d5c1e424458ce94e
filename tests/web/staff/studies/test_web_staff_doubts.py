"""A retracted paper is seen at every stage: queue, paper, study, forms, alert, and public pages."""

import pytest
from readings import reading_of  # type: ignore[import-not-found]  # tests/support is on pytest's path
from sqlalchemy import update
from staff_world import Citation, Identifier  # type: ignore[import-not-found]  # on pytest's path

from monitor.feeds.records import Link, LinkKind
from monitor.literature.papers import queries as literature
from monitor.notify.tables import Subscriber, SubscriberState
from monitor.review import queries as reviews
from monitor.review import service as review
from monitor.review.notices import alert_queries
from monitor.review.reading.model import Reading
from monitor.review.words import ScreeningVerdict, Stage

SAID = {
    LinkKind.RETRACTS: "is retracted, Crossref says.",
    LinkKind.PARTLY_RETRACTS: "is retracted in part, Crossref says.",
    LinkKind.CONCERN_FOR: "is in doubt: its editors have voiced concern, Crossref says.",
}


def notice(world, name, kind=LinkKind.RETRACTS):
    """Let Crossref send a notice about a paper of the world, which itself says nothing of it."""
    with world.database.read() as session:
        (about, *_) = literature.paper(session, world.papers[name]).identifiers
    world.arrive(
        "crossref",
        notice=Citation(
            title="Notice: an invented paper",
            identifiers=(Identifier("doi", "10.5555/notice"),),
            links=(Link(kind, about),),
        ),
    )


def alert(world):
    with world.database.read() as session:
        return f"/alerts/{alert_queries.open_alerts(session)[-1].id}"


def before_title(page):
    """Give what stands above the page's title."""
    return " ".join(page.text.partition("<h1")[0].split())


@pytest.mark.parametrize("kind", SAID)
def test_a_paper_nobody_has_screened_says_so_first_in_the_queue_and_on_its_page(
    world, browse, kind
):
    browser = browse(world.ann)
    path = f"/papers/{world.papers['possible']}"
    assert "gm-note--attn" not in before_title(browser.get(path))
    notice(world, "possible", kind)
    assert f"This paper {SAID[kind]}" in before_title(browser.get(path))
    row = browser.get("/queue").text.partition(f"This paper {SAID[kind]}")[2]
    assert row.index(path) < row.index("</li>"), "it stands above the title of its own row"


@pytest.mark.parametrize("kind", SAID)
def test_a_study_nobody_has_appraised_is_not_accepted_unseen(world, browse, kind):
    notice(world, "ddp2", kind)
    study, browser = f"/studies/{world.studies['ddp2']}", browse(world.ben)
    said = f"A paper of this study {SAID[kind]}"
    for path in (study, f"{study}/appraise"):
        assert said in before_title(browser.get(path))
        top = before_title(browser.get(path))
        assert top.count(alert(world)) == 1, "said once, with the way to answer it"
        assert top.count("this waits for a person") == 1
    _drafted(world, reading_of(world.judgement))
    refused = browser.send(f"{study}/appraise/hand-in", {"action": "hand in"})
    assert refused.status_code == 409
    assert "exclude the study, wait, or go on with a reason" in refused.text
    assert said in before_title(refused)
    _drafted(world, Reading(count_it=False, reason="In doubt."))
    assert browser.send(f"{study}/appraise/hand-in", {"action": "hand in"}).status_code == 303


def _drafted(world, reading):
    """Let Ben have answered so far what a reading says."""
    with world.database.write() as session:
        study, ben = world.studies["ddp2"], world.ben
        kept = review.draft(session, study_id=study, by=ben, tools={})
        review.keep_draft(
            session, study_id=study, by=ben, reading=reading, version=kept.version, at=world.at
        )


def test_the_alert_of_a_study_that_does_not_count_yet_offers_what_can_be_done(world, browse):
    notice(world, "ddp2")
    page, browser = alert(world), browse(world.ben)
    shown = browser.get(page).text
    for words in ("Exclude the study", "Wait: this alert stays open", "Go on: it may be judged"):
        assert words in shown
    assert "Seen: nothing to change" not in shown
    assert "It does not count yet" in shown
    refused = browser.send(page, {"outcome": "go on", "reason": " "})
    assert (refused.status_code, "Say why" in refused.text) == (400, True)

    waiting = browser.send(page, {"outcome": "wait", "reason": "The editors answer in May."})
    assert waiting.location == page
    assert "Ben Example" in browser.get(page).text
    assert "The editors answer in May." in browser.get(page).text

    assert browser.send(page, {"outcome": "go on", "reason": "A typing error."}).status_code == 303
    study = f"/studies/{world.studies['ddp2']}"
    assert "Our reviewers know, and went on: A typing error." in before_title(browser.get(study))
    for person in (world.ann, world.ben):
        world.appraise("ddp2", person)
    assert stage(world, "ddp2") is Stage.ACCEPTED
    public = browse()
    for path in ("/interventions/ddp", f"/interventions/ddp/studies/{world.studies['ddp2']}"):
        told = before_title(public.get(path))
        assert "is retracted, Crossref says." in told
        assert "Our reviewers know, and went on: A typing error." in told


def test_a_study_excluded_for_its_alert_says_so_to_everybody(world, browse):
    notice(world, "ddp2")
    answer = {"outcome": "exclude", "reason": "Its data could not be found."}
    assert browse(world.ben).send(alert(world), answer).status_code == 303
    assert stage(world, "ddp2") is Stage.NOT_COUNTED
    public = browse()
    page = public.get(f"/interventions/ddp/studies/{world.studies['ddp2']}")
    assert "A report of this study is retracted, Crossref says." in before_title(page)
    assert "Not counted, because of what is said of its paper" in page.text
    assert "Nobody has judged it: it was left out before that" in page.text
    assert "Its data could not be found." in public.get("/interventions/ddp").text


@pytest.mark.parametrize("kind", [LinkKind.PARTLY_RETRACTS, LinkKind.CONCERN_FOR])
def test_public_pages_of_a_study_that_counts_say_what_is_said_of_it(world, browse, kind):
    notice(world, "ddp", kind)
    public = browse()
    for path in ("/interventions/ddp", f"/interventions/ddp/studies/{world.studies['ddp']}"):
        assert SAID[kind] in before_title(public.get(path))
    assert SAID[kind] not in public.get("/interventions/theraplay").text


def test_an_included_paper_that_was_retracted_before_says_so_from_the_start(world, browse):
    notice(world, "hostile")
    world.screen("hostile", ScreeningVerdict.INCLUDE, world.ann, interventions=("theraplay",))
    study = f"/studies/{world.studies['hostile']}"
    assert "A paper of this study is retracted" in before_title(browse(world.ben).get(study))


def stage(world, name):
    with world.database.read() as session:
        return reviews.study(session, world.studies[name], tools={}).stage


@pytest.mark.parametrize("kind", [LinkKind.PARTLY_RETRACTS, LinkKind.CONCERN_FOR])
def test_a_study_that_counts_says_so_first_where_it_is_withdrawn(world, browse, kind):
    path, browser = f"/studies/{world.studies['ddp']}/withdraw", browse(world.ann)
    assert "gm-note--attn" not in before_title(browser.get(path))
    notice(world, "ddp", kind)
    assert f"A paper of this study {SAID[kind]}" in before_title(browser.get(path))
    mended = browser.send(path, {"reason": " "})
    assert f"A paper of this study {SAID[kind]}" in before_title(mended), "and where it is mended"


def test_what_would_be_told_to_nobody_is_not_told_to_0_subscribers(world, browse):
    with world.database.write() as session:
        session.execute(update(Subscriber).values(state=SubscriberState.UNSUBSCRIBED))
    browser = browse(world.ben)
    study = f"/studies/{world.studies['ddp']}"
    assert "nobody else follows what changes" in browser.get(f"{study}/withdraw").text
    notice(world, "ddp", LinkKind.CONCERN_FOR)
    assert "nobody else follows what changes" in browser.get(alert(world)).text


def test_whoever_answers_a_concern_reads_first_that_the_paper_is_retracted(world, browse):
    notice(world, "ddp", LinkKind.CONCERN_FOR)
    concern, browser = alert(world), browse(world.ann)
    assert "gm-note--attn" not in before_title(browser.get(concern)), "it is what the page is about"
    with world.database.read() as session:
        (about, *_) = literature.paper(session, world.papers["ddp"]).identifiers
    world.arrive(
        "crossref",
        retraction=Citation(
            title="Retraction: an invented paper",
            identifiers=(Identifier("doi", "10.5555/retraction"),),
            links=(Link(LinkKind.RETRACTS, about),),
        ),
    )
    said = f"A paper of this study {SAID[LinkKind.RETRACTS]}"
    assert said in before_title(browser.get(concern)), "before anybody counts it again"
