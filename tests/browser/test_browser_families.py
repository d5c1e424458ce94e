"""The papers of a study put right by clicking: attached, split off, two studies merged, and undone."""

import re

import pytest
from appraising import press, tick  # type: ignore[import-not-found]  # beside this file

from monitor.review import queries as reviews
from monitor.review.words import ScreeningVerdict

pytestmark = pytest.mark.browser


def words(page):
    return " ".join(page.locator("main").inner_text().split())


def counted(world):
    with world.database.read() as session:
        return {one.study_id for one in reviews.accepted(session, "ddp")}


@pytest.mark.parametrize("width", [1100, 360])
def test_a_follow_up_taken_for_a_study_counts_once_after_its_merge_and_again_after_undo(
    site, open_browser, width
):
    world = site.world
    world.screen("follow", ScreeningVerdict.INCLUDE, world.ann)
    for person in (world.ann, world.ben):
        world.appraise("follow", person)
    both = {world.studies["ddp"], world.studies["follow"]}
    assert counted(world) == both
    page = open_browser(world.ann, width=width, javascript=False)
    page.goto(f"{site.address}/studies/{world.studies['ddp']}")
    merge(page)
    assert counted(world) == {world.studies["ddp"]}
    say_anew_what_it_is(page)
    press(page, "link", name=re.compile("^Undo this: The same families"))
    assert "It cannot be undone now." in words(page), "its role was said anew since"
    page.go_back()
    for what in ("It is their later", "The same families"):
        press(page, "link", name=re.compile(f"^Undo this: {what}"))
        press(page, "button", name="Undo it")
    assert counted(world) == both


def merge(page):
    """Merge with what shares the registration; nothing is chosen beforehand."""
    press(page, "link", name="Attach a paper, say what one is, split or merge")
    likely = page.get_by_role("listitem").filter(has_text="both name ISRCTN00000002")
    with page.expect_navigation():
        likely.get_by_role("link", name=re.compile("^Compare")).click()
    assert "Both count now. Then they count once" in words(page)
    press(page, "button", name="Merge them")
    assert "Choose which of the two stays" in words(page)
    page.get_by_role("group", name="Which stays").get_by_role("radio").first.check()
    page.get_by_label("Why they are one study").fill("The same families, four years on")
    press(page, "button", name="Merge them")


def say_anew_what_it_is(page):
    """Say that the paper which came is a follow-up."""
    press(page, "link", name=re.compile("^Change what “Four-year follow-up"))
    tick(page, "To this study it is", "Follow-up: the same people, later")
    page.get_by_label("Why").fill("It is their later assessment")
    press(page, "button", name="Record it")
    assert "Follow-up, 2026" in words(page)
