"""Studies without a randomised comparison, from the first step to the pages that readers see."""

import re

import pytest
from by_pages import (  # type: ignore[import-not-found]  # beside this file
    GROUPS,
    RESULT,
    STUDY,
    address,
    go,
    stage,
)

from monitor.review.words import Stage


def judge(browser, where):
    """Answer a tool with the first word of each question, page by page."""
    while "/risk" in where:
        where = browser.get(where).location if where.endswith("/risk") else where
        page = browser.get(where).text
        answers = {}
        for name in re.findall(r'name="(answer-[\w.]+|judgement-[\w.]+)"', page):
            words = re.findall(rf'name="{re.escape(name)}"[^>]*value="([^"]+)"', page)
            answers[name] = words[0] if words else re.findall(r'<option value="([^"]+)"', page)[0]
            answers[name.replace("judgement", "reason")] = answers[name]
        where = go(browser, where, answers)


@pytest.mark.parametrize("design", ["single-group", "case"])
def test_a_study_of_one_group_counts_and_every_page_opens(world, browse, design):
    study = world.studies["ddp2"]
    at = address(world, "ddp2")
    first, second = browse(world.ann), browse(world.ben)
    for browser in (first, second):
        go(browser, at, STUDY | {"design": design, "unit": ""})
        go(browser, f"{at}/groups", {k: v for k, v in GROUPS.items() if k.startswith("a1")})
        if "/results/r1" not in browser.get(f"{at}/results").text:
            go(browser, f"{at}/results", {}, action="add")
        result = RESULT | {"comparator": "", "type": "direction only", "direction": "1"}
        judge(browser, go(browser, f"{at}/results/r1", result))
        assert browser.send(f"{at}/hand-in", {"action": "hand in"}).status_code == 303
    assert second.send(f"/studies/{study}/counting", {"action": "count"}).status_code == 303
    assert stage(world, "ddp2") is Stage.ACCEPTED
    for page in (f"/studies/{study}", f"/studies/{study}/compared", "/interventions/ddp"):
        assert browse().get(page).status_code in {200, 303}
        assert second.get(page).status_code == 200
    assert "Not rated" in browse().get("/interventions/ddp").text
