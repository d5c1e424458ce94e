"""The reviewers' day in a browser without JavaScript, by the labels people read."""

import pytest
from appraising import appraise, press, tick  # type: ignore[import-not-found]  # beside this file

from monitor.review import queries as reviews
from monitor.review.words import Stage

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("width", [1100, 360])
def test_from_the_queue_to_a_change_for_readers(site, open_browser, width):
    world = site.world
    ann = open_browser(width=width, javascript=False)
    ann.goto(f"{site.address}/queue")
    ann.get_by_label("E-mail address").fill("ann@example.org")
    ann.get_by_label("Password").fill(world.password)
    press(ann, "button", name="Sign in", exact=True)
    press(ann, "link", name="Example trial of Circle of Security-Parenting")
    ann.get_by_label("Include", exact=True).check()
    press(ann, "button", name="Save and open next")
    assert "Recorded: included." in ann.locator("main").inner_text()
    page = ann
    for user in (world.ann, world.ben):
        page = open_browser(user, width=width, javascript=False)
        page.goto(f"{site.address}/queue?stage=to+appraise&intervention=cos")
        press(page, "link", name="Example trial of Circle of Security-Parenting")
        press(page, "button", name="Appraise this study")
        appraise(page)
        press(page, "button", name="Hand in")
    assert "Nothing has happened yet." in page.locator("main").inner_text()
    press(page, "button", name="Count this study")
    assert "this study counts" in page.locator("main").inner_text()
    press(page, "link", name="What readers see")
    assert "Circle of Security" in page.locator("h1").inner_text()
    with world.database.read() as session:
        assert reviews.item(session, world.papers["cosp"]).stage is Stage.ACCEPTED


def test_only_what_belongs_to_the_answers_is_shown(site, open_browser):
    page = open_browser(site.world.ann)
    page.goto(f"{site.address}/studies/{site.world.studies['ddp2']}/appraise")
    unit = page.get_by_role("group", name="If randomised, what was")
    design = page.get_by_role("group", name="Design")
    assert unit.is_visible()
    tick(page, "Design", "Case report or series")
    assert not unit.is_visible()
    tick(page, "Design", "Randomised trial")
    assert unit.is_visible()
    tick(page, "Should this study count towards a tier?", "No")
    assert not design.is_visible()
    assert page.get_by_label("If not, why").is_visible()
    tick(page, "Should this study count towards a tier?", "Yes, count it")
    assert design.is_visible()
    tick(page, "If randomised, what was", "Clusters, such as services or classes")
    press(page, "button", name="Save and go on")
    press(page, "button", name="Save and go on to results")
    press(page, "button", name="Add a result")
    who, mean = page.get_by_role("group", name="Who did better"), page.get_by_label("Mean, A")
    tick(page, "What it gives", "Direction only")
    assert (who.is_visible(), mean.is_visible()) == (True, False)
    tick(page, "What it gives", "Means and SDs")
    assert (who.is_visible(), mean.is_visible()) == (False, True)
    tick(page, "Kind of outcome", "Attachment of the child")
    press(page, "button", name="Save and go on")
    assert "RoB 2 for cluster-randomised trials" in page.locator("main").inner_text()


def test_use_this_then_back_finds_what_was_typed(site, open_browser):
    page = open_browser(site.world.ann, javascript=False)
    form = f"{site.address}/studies/{site.world.studies['ddp2']}/appraise"
    page.goto(form)
    page.get_by_label("If not, why").fill("An hour of words")
    page.locator("button[value='use:design:0']").click()
    page.wait_for_url("**/appraise#design")
    assert page.get_by_label("Randomised trial").is_checked()
    page.go_back()
    assert page.get_by_label("If not, why").input_value().strip() == "An hour of words"
    press(page, "button", name="Save", exact=True)
    assert "another tab" not in page.locator("main").inner_text()
    page.go_back()
    page.go_forward()
    assert page.get_by_label("If not, why").input_value().strip() == "An hour of words"
    press(page, "link", name="4 Check and hand in")
    page.locator("summary", has_text="Start again").click()
    press(page, "button", name="Forget this draft")
    assert page.get_by_label("If not, why").input_value().strip() == ""


def test_an_error_link_leads_to_its_field(site, open_browser):
    page = open_browser(site.world.ann)
    page.goto(f"{site.address}/papers/{site.world.papers['cosp']}")
    press(page, "button", name="Save and open next")
    press(page, "link", name="Choose include, exclude or unsure")
    assert page.evaluate("document.activeElement.id") == "verdict"


def test_a_mail_is_shown_as_it_looks_and_runs_nothing(site, open_browser):
    page = open_browser(site.world.ada)
    page.goto(f"{site.address}/mail")
    page.get_by_role("link", name="reader@example.org").first.click()
    frame = page.frame_locator("iframe")
    assert "Dyadic Developmental Psychotherapy" in frame.locator("h1").first.inner_text()
    assert frame.locator("script").count() == 0
