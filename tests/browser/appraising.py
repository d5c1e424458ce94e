"""An appraisal through the pages as a person gives it: by the words on the page, step by step."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

ROB2_LOW = {
    "1.1": "Yes", "1.2": "Yes", "1.3": "No",
    "2.1": "Yes", "2.2": "Yes", "2.3": "Probably no", "2.6": "Yes",
    "3.1": "Yes",
    "4.1": "No", "4.2": "No", "4.3": "No",
    "5.1": "Yes", "5.2": "No", "5.3": "No",
}  # fmt: skip


@dataclass(frozen=True)
class Result:
    """A result with means and SDs: the group it is compared with, and what was measured."""

    outcome: str
    against: str
    numbers: Mapping[str, str]
    quote: str = "The groups did not differ."
    risk: Mapping[str, str] = None  # type: ignore[assignment]  # filled in below

    def __post_init__(self) -> None:
        object.__setattr__(self, "risk", self.risk or ROB2_LOW)

    def but(self, **risk: str) -> "Result":
        """Give the same result but for some answers in the tool."""
        return replace(self, risk={**self.risk, **risk})


SECURITY = Result(
    outcome="Attachment security",
    against="Usual care",
    numbers={
        "Analysed, A": "40", "Analysed, B": "41",
        "Mean, A": "3.9", "SD, A": "1.1", "Mean, B": "3.6", "SD, B": "1.2",
    },
)  # fmt: skip


def press(page, role, **which):
    """Click what leads elsewhere, and wait until the page is there: a click alone does not."""
    with page.expect_navigation():
        page.get_by_role(role, **which).click()


def tick(page, question, answer):
    """Choose an answer to a question; its name may be a pattern."""
    page.get_by_role("group", name=question).get_by_label(answer, exact=True).check()


def say_of_the_study(page):
    """Answer the first step: a trial of people, new to the review."""
    tick(page, "Should this study count towards a tier?", "Yes, count it")
    tick(page, "Is it among the 2023 review’s own studies?", "No")
    page.get_by_label("How you know").fill("First results in 2026.")
    tick(page, "Design", "Randomised trial")
    tick(page, "If randomised, what was", "People, one by one")
    tick(page, "Did it look for harms?", "No")
    tick(page, "Was it done in the UK?", "Not known")
    press(page, "button", name="Save and go on")


def say_of_the_groups(page, names=("", "Usual care")):
    """Answer the second step: the first group got one of the ten, the others are compared with it."""
    panels = page.get_by_role("region", name=re.compile(r"^Group \d"))
    while panels.count() < len(names):
        press(page, "button", name="Add a group")
    for place, name in enumerate(names):
        panel = panels.nth(place)
        if place == 0:
            panel.get_by_label("Got what is studied").check()
        else:
            panel.get_by_label("Is what that is compared with").check()
            panel.get_by_label("What it got, in the study’s words").fill(name)
            panel.get_by_label(name if name == "Usual care" else "A waiting list").check()
        panel.get_by_label("People put into it").fill("42")
    press(page, "button", name="Save and go on to results")


def say_of_a_result(page, result: Result):
    """Answer the third step, on one result's page; ends in its tool."""
    page.get_by_label("B, compared with").select_option(label=result.against)
    tick(page, "Kind of outcome", "Attachment of the child")
    page.get_by_label("Outcome", exact=True).fill(result.outcome)
    page.get_by_label("Measure", exact=True).fill("Strange Situation Procedure")
    tick(page, "Who told", "Observer who did not know the group")
    tick(page, "Who is counted", "All randomised")
    tick(page, "What it gives", "Means and SDs")
    tick(page, "Better when", "Higher")
    for label, number in result.numbers.items():
        page.get_by_label(label, exact=True).fill(number)
    page.get_by_label("Quote", exact=True).fill(result.quote)
    press(page, "button", name="Save and go on")


def answer_the_tool(page, risk: Mapping[str, str]):
    """Answer each domain's questions as they are asked; ends on the list of results."""
    while "/risk/" in page.url:
        for legend in page.locator("fieldset:has(input[name^='answer-']) legend").all_inner_texts():
            number = legend.split()[0]
            tick(page, re.compile(rf"^{re.escape(number)}\s"), risk[number])
        press(page, "button", name="Save and go on")


def appraise(page, results: Sequence[Result] = (SECURITY,), groups=("", "Usual care")):
    """Go from the first step to the last check, by links and buttons; hands nothing in."""
    say_of_the_study(page)
    say_of_the_groups(page, groups)
    for place, result in enumerate(results):
        started = page.locator("tbody th a")
        if place < started.count():
            with page.expect_navigation():
                started.nth(place).click()
        else:
            press(page, "button", name="Add a result")
        say_of_a_result(page, result)
        answer_the_tool(page, result.risk)
    press(page, "button", name="Check and hand in")
