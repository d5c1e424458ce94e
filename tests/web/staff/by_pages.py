"""An appraisal through the pages, step by step, as a person gives it: what they answer, and in which order."""

import re

from readings import ROB2_LOW  # type: ignore[import-not-found]  # tests/support is on pytest's path

from monitor.catalogue import loader
from monitor.review import queries as reviews
from monitor.review import service as review
from monitor.review.appraisal import drafting
from monitor.review.reading.model import Reading

TOOLS = loader.load().tool_by_reference
STUDY: dict[str, object] = {
    "count_it": "yes",
    "in_review": "no",
    "in_review_reason": "First results in 2026.",
    "design": "randomised",
    "unit": "people",
    "harms": "none reported",
    "uk": "yes",
    "authored": "no",
}
GROUPS: dict[str, object] = {
    "a1-role": "experimental",
    "a1-intervention": "ddp",
    "a1-name": "DDP at home",
    "a1-randomised": "42",
    "a2-role": "comparator",
    "a2-name": "Usual care",
    "a2-comparator": "usual care",
    "a2-randomised": "42",
}
RESULT: dict[str, object] = {
    "experimental": "a1",
    "comparator": "a2",
    "kind": "attachment",
    "outcome": "Attachment security",
    "measure": "Strange Situation",
    "informant": "blind observer",
    "months": "6",
    "population": "all randomised",
    "planned": "primary",
    "type": "means",
    "better": "higher",
    "n_i": "40",
    "n_c": "41",
    "mean_i": "3.9",
    "sd_i": "1.1",
    "mean_c": "3.6",
    "sd_c": "1.2",
    "quote": "Security was 3.9 (1.1) against 3.6 (1.2).",
    "place": "p. 7, table 2",
}


# what came of pages that were gone through: by whom, on which kind of database, and what they said
_gone_through: dict[object, Reading] = {}


def address(world, name, step=""):
    return f"/studies/{world.studies[name]}/appraise{step}"


def go(browser, path, data, *, action="next"):
    """Send one step's form; gives where it leads."""
    answer = browser.send(path, data | {"action": action})
    assert answer.status_code == 303, re.sub(r"\s+", " ", answer.text)[:3000]
    return answer.location


def fill_in(browser, world, name, *, study=None, groups=None, result=None, risk=None):
    """Answer every step, and stop before handing in.

    It takes thirty pages. Whoever begins an appraisal with the same answers on the same kind of
    database again has their draft brought to where these pages led the first time.
    """
    said = (
        STUDY | (study or {}),
        GROUPS | (groups or {}),
        RESULT | (result or {}),
        ROB2_LOW | (risk or {}),
    )
    key = (world.database.is_sqlite, browser.user.id, world.studies[name], repr(said))
    begins = not _has_answered(browser, world, name)
    if begins and key in _gone_through:
        _bring(browser, world, name, _gone_through[key])
        return
    _go_through(browser, world, name, said)
    if begins:
        _gone_through[key] = _draft(browser, world, name).reading


def _go_through(browser, world, name, said):
    study, groups, result, risk = said
    at = address(world, name)
    go(browser, at, study)
    while "a2-role" not in browser.get(f"{at}/groups").text:
        go(browser, f"{at}/groups", {}, action="add")
    go(browser, f"{at}/groups", groups)
    if "/results/r1" not in browser.get(f"{at}/results").text:
        go(browser, f"{at}/results", {}, action="add")
    where = go(browser, f"{at}/results/r1", result)
    while "/risk" in where:
        if where.endswith("/risk"):
            where = browser.get(where).location
        asked = re.findall(r'name="answer-([\w.]+)"', browser.get(where).text)
        where = go(browser, where, {f"answer-{q}": risk[q] for q in asked})


def appraise(browser, world, name, *, because="", **answers):
    """Go through all steps and hand in; gives the last answer."""
    fill_in(browser, world, name, **answers)
    more = {"because": because} if because else {}
    return browser.send(address(world, name, "/hand-in"), more | {"action": "hand in"})


def stage(world, name):
    with world.database.read() as session:
        return reviews.study(session, world.studies[name], tools=TOOLS).stage


def _has_answered(browser, world, name):
    """Tell whether they have a draft, or handed one in already."""
    with world.database.read() as session:
        study = reviews.study(session, world.studies[name], browser.user.id, tools=TOOLS)
    handed_in = any(one.reviewer_id == browser.user.id for one in study.appraisals)
    return handed_in or _draft(browser, world, name).version > 0


def _draft(browser, world, name):
    with world.database.read() as session:
        return drafting.draft(session, study_id=world.studies[name], by=browser.user, tools=TOOLS)


def _bring(browser, world, name, reading):
    with world.database.write() as session:
        review.keep_draft(
            session,
            study_id=world.studies[name],
            by=browser.user,
            reading=reading,
            version=0,
            at=world.at,
        )
