"""A trial of three groups and two results, appraised by two, settled by a third, and appraised again."""

import re
from pathlib import Path

import pytest
from appraising import (  # type: ignore[import-not-found]  # beside this file
    ROB2_LOW,
    SECURITY,
    Result,
    answer_the_tool,
    appraise,
    press,
    say_of_a_result,
    say_of_the_groups,
    say_of_the_study,
    tick,
)
from test_browser_pages import problems, watch  # type: ignore[import-not-found]

from monitor.accounts.tables import Role
from monitor.catalogue import loader
from monitor.review import queries as reviews
from monitor.review.words import Stage

pytestmark = pytest.mark.browser
GROUPS = ("", "Usual care", "Waiting list")
LATER = Result("Attachment security", "Waiting list", {**SECURITY.numbers, "Mean, B": "3.1"})
ANN = (SECURITY, LATER)
# Ben finds no word on concealment, which decides a domain; of 3.1 he is less sure, which does not
BEN = (SECURITY.but(**{"1.2": "No information", "3.1": "Probably yes"}), LATER)


def words(page):
    return " ".join(page.locator("main").inner_text().split())


def stage(world):
    with world.database.read() as session:
        tools = loader.load().tool_by_reference
        return reviews.study(session, world.studies["ddp2"], tools=tools).stage


def test_a_trial_of_three_groups_from_appraisal_to_a_second_round(site, open_browser):
    world = site.world
    study = f"{site.address}/studies/{world.studies['ddp2']}"
    lead = world.person("Lea Lead", Role.LEAD)
    wide = {"javascript": False}
    ann, ben = open_browser(world.ann, **wide), open_browser(world.ben, width=360, **wide)
    cat, lea = open_browser(world.cat, **wide), open_browser(lead, **wide)

    two_appraise(study, ann, ben)
    said = words(ben)
    assert "The two differ in 1 answer." in said
    assert stage(world) is Stage.DISAGREEMENT

    a_third_settles(study, cat)
    assert "Cat Example settled a difference in risk of bias." in words(cat)
    assert "Nothing has happened yet." in words(cat)
    press(cat, "button", name="Count this study")
    assert "this study counts" in words(cat)
    assert stage(world) is Stage.ACCEPTED

    the_lead_opens_a_round(study, lea)
    two_correct(study, ann, ben)
    assert "Some concerns" not in words(ben)
    press(ben, "button", name="Count it as appraised again")
    assert stage(world) is Stage.ACCEPTED
    ben.locator("summary", has_text="Appraisals of round 1").click()
    assert "Cat Example, who settled it" in words(ben)


def two_appraise(study, ann, ben):
    """Ann and Ben go through all steps; neither sees the other's answers before giving their own."""
    ann.goto(study)
    press(ann, "button", name="Appraise this study")
    appraise(ann, ANN, GROUPS)
    results = [row.inner_text() for row in ann.locator("tbody tr").all()]
    assert ["against Usual care" in row for row in results] == [True, False]
    assert "0.26" in results[0]
    assert "0.69" in results[1]
    press(ann, "button", name="Hand in")
    assert "Nothing changes until a second person has appraised the study." in words(ann)
    ben.goto(study)
    assert "0.26" not in words(ben)
    press(ben, "button", name="Appraise this study")
    appraise(ben, BEN, GROUPS)
    press(ben, "button", name="Hand in")


def a_third_settles(study, cat):
    """Cat is asked the one question on which the two decide differently, and checks the whole."""
    cat.goto(study)
    press(cat, "button", name="Settle it")
    assert "1 question to settle" in words(cat)
    assert cat.locator("form fieldset").count() == 1
    tick(cat, re.compile("1.2 Was the allocation sequence concealed"), "No information")
    press(cat, "button", name="Take this, and check the whole")
    cat.get_by_label("Your reason, for the record").fill("The paper says nothing of envelopes.")
    press(cat, "button", name="Hand in")


def the_lead_opens_a_round(study, lea):
    """A correction has come out: Lea has it appraised again; what was decided counts meanwhile."""
    lea.goto(study)
    assert "reason: The paper says nothing of envelopes." in words(lea)
    lea.locator("summary", has_text="Have it appraised again").click()
    lea.get_by_label("Why").fill("The authors corrected their methods: envelopes were sealed.")
    press(lea, "button", name="Open round 2")
    assert "Round 2, opened" in words(lea)


def two_correct(study, ann, ben):
    """In the second round both read the correction, and agree."""
    for page in (ann, ben):
        page.goto(study)
        press(page, "button", name="Appraise this study")
        assert "corrected their methods" in words(page)
        press(page, "link", name=re.compile("^3 Results"))
        # which results are judged is known; what they show is answered anew
        assert "against Waiting list" in words(page)
        assert "0.69" not in words(page)
        press(page, "link", name=re.compile("^1 Study"))
        appraise(page, ANN, GROUPS)
        press(page, "button", name="Hand in")


@pytest.mark.parametrize("width", [1100, 360])
def test_every_step_holds_while_it_is_filled_in(site, open_browser, width):
    page = open_browser(site.world.ann, width=width)
    trouble = watch(site, page)
    page.goto(f"{site.address}/studies/{site.world.studies['ddp2']}/appraise")
    say_of_the_study(page)
    trouble += problems(page, "groups")
    say_of_the_groups(page, GROUPS)
    press(page, "button", name="Add a result")
    say_of_a_result(page, Result("Security", "Usual care", {**SECURITY.numbers, "SD, A": "0"}))
    press(page, "link", name="Security")
    assert "Has to be more than 0" in words(page)
    trouble += problems(page, "a result that does not fit")
    say_of_a_result(page, SECURITY)
    press(page, "button", name="Save and go on")
    trouble += problems(page, "a tool's questions")
    answer_the_tool(page, ROB2_LOW)
    trouble += problems(page, "results")
    page.locator("tbody th a").click()
    page.get_by_text("What we work out from this").wait_for()
    assert "0.26 (−0.18 to 0.70)" in words(page)
    trouble += problems(page, "a result")
    assert not trouble, "\n".join(trouble)


def test_a_tool_is_answered_with_the_keyboard_alone(site, open_browser):
    page = open_browser(site.world.ann)
    page.goto(f"{site.address}/studies/{site.world.studies['ddp2']}/appraise")
    say_of_the_study(page)
    say_of_the_groups(page)
    press(page, "button", name="Add a result")
    say_of_a_result(page, SECURITY)
    page.get_by_role("link", name=re.compile("^Overall")).focus()
    for answer in ("Y", "Y", "N"):
        page.keyboard.press("Tab")
        page.keyboard.press("Space")
        while page.evaluate("document.activeElement.value") != answer:
            page.keyboard.press("ArrowRight")
        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert page.locator("h1").inner_text().startswith("D2: ")
    assert "The randomisation process Low" in words(page)


COUNT_CLICKS = """
addEventListener("click", one => {
  const target = one.target.closest("input[type=radio], button, a, summary, select");
  if (one.isTrusted && target) {
    sessionStorage.clicks = Number(sessionStorage.clicks || 0) + 1;
  }
}, true);
"""


def test_what_an_appraisal_costs_is_what_the_guide_says(site, open_browser):
    """Clicks and pages from a study's page to one that counts, where two agree on one result."""
    world, cost = site.world, []
    study = f"{site.address}/studies/{world.studies['ddp2']}"
    for user in (world.ann, world.ben):
        page = open_browser(user, own=True)
        page.add_init_script(COUNT_CLICKS)
        page.goto(study)
        pages: list[str] = []
        page.on("framenavigated", lambda frame, to=pages: to.append(frame.url))
        press(page, "button", name="Appraise this study")
        appraise(page)
        press(page, "button", name="Hand in")
        if user is world.ben:
            press(page, "button", name="Count this study")
        cost.append((int(page.evaluate("sessionStorage.clicks")), len(pages)))
    guide = Path(__file__).parents[2].joinpath("docs", "reviewing.md").read_text(encoding="utf-8")
    (first, first_pages), (second, second_pages) = cost
    assert f"| the first of two | {first} | {first_pages} |" in guide
    assert f"| the second, who lets it count | {second} | {second_pages} |" in guide
