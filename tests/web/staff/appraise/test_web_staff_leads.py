"""What is asked of a lead: to count where many would be mailed, and to choose another tool."""

from dataclasses import replace

import pytest
from lxml import html
from readings import reading_of  # type: ignore[import-not-found]  # tests/support is on pytest's path

from monitor import workflow
from monitor.catalogue.words import Design, InReview, RiskOfBias
from monitor.kernel.settings import ReviewSettings
from monitor.review import queries as reviews
from monitor.review import service as review
from monitor.review.words import ScreeningVerdict


def text(page):
    return " ".join("".join(map(str, html.document_fromstring(page.text).itertext())).split())


@pytest.fixture
def cautious(staff_app):
    """Let a lead be asked for as soon as one reader would be mailed."""
    service = staff_app.extensions["monitor"]
    one = service.settings.model_copy(update={"review": ReviewSettings(lead_above_readers=0)})
    staff_app.extensions["monitor"] = replace(service, settings=one)


def agreed(world, name, in_review):
    """Let two hand in the same; nothing is decided."""
    reading = reading_of(world.judgement, in_review)
    for person in (world.ann, world.ben):
        with world.database.write() as session:
            sent = review.SentDecision(world.studies[name], next(world.tokens), person, world.at)
            workflow.hand_in(session, world.service, sent, reading=reading)


@pytest.mark.parametrize(("in_review", "is_asked"), [("no", True), ("yes", False)])
def test_a_lead_is_asked_for_by_how_many_would_be_mailed(
    world, browse, cautious, in_review, is_asked
):
    """A reader follows what moves in both; of a study of the review's own nobody is mailed."""
    agreed(world, "ddp2", InReview(in_review))
    address, ben = f"/studies/{world.studies['ddp2']}/counting", browse(world.ben)
    page = ben.get(address)
    assert (
        "A lead reviewer has to let it count, as 1 reader would be told" in text(page)
    ) is is_asked
    answer = ben.send(address, {"action": "count"})
    assert answer.status_code == (409 if is_asked else 303)
    if is_asked:
        assert "is not a lead reviewer: ask one" in text(answer)
        assert browse(world.ada).send(address, {"action": "count"}).status_code == 303


@pytest.fixture
def quasi(world):
    """A study with a comparison that was not randomised, which counts."""
    judged = replace(world.judgement, design=Design.NON_RANDOMISED, risk_of_bias=RiskOfBias.SERIOUS)
    world.screen("follow", ScreeningVerdict.INCLUDE, world.ann)
    for person in (world.ann, world.ben):
        world.appraise("follow", person, judged)
    return world.studies["follow"]


def test_a_lead_chooses_among_the_tools_that_fit_and_both_are_asked_in_it(world, browse, quasi):
    ada, study = browse(world.ada), f"/studies/{quasi}"
    page = html.document_fromstring(ada.get(study).text)
    offered = page.xpath("//select[@name='tool']/option/@value")
    assert offered == ["", "jbi_quasi", "robins_i_v2"]
    rounds = f"{study}/rounds"
    refused = ada.send(rounds, {"tool": "rob2", "reason": "Another tool"}, page=study)
    assert refused.status_code == 400
    assert "Choose a tool that fits the study" in text(refused)
    assert "Another tool" in refused.text
    missing = ada.send(rounds, {"tool": "robins_i_v2"}, page=study)
    assert (missing.status_code, "Say why it is appraised again" in text(missing)) == (400, True)
    ada.send(rounds, {"tool": "robins_i_v2", "reason": "The new version is out"}, page=study)
    with world.database.read() as session:
        assert reviews.tool_chosen(session, quasi) == "robins_i_v2"
    ben, step = browse(world.ben), f"{study}/appraise"
    study_step = {
        "count_it": "yes", "in_review": "no", "in_review_reason": "First results in 2026.",
        "design": "non-randomised", "harms": "not sought", "action": "next",
    }  # fmt: skip
    assert ben.send(step, study_step).status_code == 303
    first = ben.get(f"{step}/results/r1/risk").location
    form = text(ben.get(first))
    assert "ROBINS-I V2" in form
    assert "Wording not checked against the official form" in form


def test_where_one_tool_fits_no_choice_is_offered(world, browse):
    page = browse(world.ada).get(f"/studies/{world.studies['ddp']}")
    assert "Have it appraised again" in page.text
    assert 'name="tool"' not in page.text
