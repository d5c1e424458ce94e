"""A reading through the pages, step by step: kept at each, hidden from the other, whole at the end."""

import re

import pytest
from by_pages import (  # type: ignore[import-not-found]  # beside this file
    GROUPS,
    RESULT,
    STUDY,
    address,
    appraise,
    go,
    stage,
)
from sqlalchemy import select

from monitor.review import queries as reviews
from monitor.review.tables import Appraisal, ReadingDraft
from monitor.review.words import Stage


@pytest.fixture
def ann(world, browse):
    return browse(world.ann)


@pytest.fixture
def ben(world, browse):
    return browse(world.ben)


def test_two_who_agree_see_what_it_would_do_and_then_it_counts(world, ann, ben):
    first = appraise(ann, world, "ddp2")
    assert first.status_code == 303, first.text
    assert stage(world, "ddp2") is Stage.TO_APPRAISE
    assert "0.26" not in ben.get(address(world, "ddp2", "/results")).text
    second = appraise(ben, world, "ddp2")
    assert second.location == f"/studies/{world.studies['ddp2']}/counting?saved=1"
    shown = ben.get(second.location).text
    assert "Nothing has happened yet." in shown
    assert stage(world, "ddp2") is Stage.AGREED
    counted = ben.send(f"/studies/{world.studies['ddp2']}/counting", {"action": "count"})
    assert counted.status_code == 303, counted.text
    assert stage(world, "ddp2") is Stage.ACCEPTED
    page = ben.get(counted.location).text
    assert "this study counts" in page
    with world.database.read() as session:
        rows = session.scalars(
            select(Appraisal).where(Appraisal.study_id == world.studies["ddp2"])
        ).all()
        assert [row.reading["results"][0]["risk"]["tool"] for row in rows] == ["rob2@2019-08"] * 2
        assert session.scalars(select(ReadingDraft)).all() == []


def test_a_difference_that_decides_is_settled_by_a_third_person(world, ann, ben, browse):
    appraise(ann, world, "ddp2")
    done = appraise(ben, world, "ddp2", risk={"1.2": "NI"})
    assert done.location == f"/studies/{world.studies['ddp2']}?saved=1"
    assert stage(world, "ddp2") is Stage.DISAGREEMENT
    cat = browse(world.cat)
    compared = f"/studies/{world.studies['ddp2']}/compared"
    page = cat.get(compared).text
    assert "1 question to settle" in page
    assert "Was the allocation sequence concealed" in page
    assert "Follows from its domains" in page
    assert "nothing hangs on" not in page
    answer = cat.send(compared, {"risk-r1-1.2": "NI"})
    assert answer.status_code == 303, answer.text
    handed = cat.send(address(world, "ddp2", "/hand-in"), {"action": "hand in"})
    assert handed.location.endswith("/counting?saved=1"), handed.text
    assert stage(world, "ddp2") is Stage.AGREED
    cat.send(f"/studies/{world.studies['ddp2']}/counting", {"action": "count"})
    with world.database.read() as session:
        (study,) = [
            one for one in reviews.accepted(session, "ddp") if one.study_id == world.studies["ddp2"]
        ]
    assert study.risk_of_bias == "some concerns"


def test_the_two_settle_between_themselves_and_the_other_confirms(world, ann, ben):
    appraise(ann, world, "ddp2")
    appraise(ben, world, "ddp2", risk={"1.2": "NI"})
    ben.send(f"/studies/{world.studies['ddp2']}/compared", {"risk-r1-1.2": "Y"})
    ben.send(address(world, "ddp2", "/hand-in"), {"action": "hand in"})
    assert stage(world, "ddp2") is Stage.DISAGREEMENT
    page = ann.get(f"/studies/{world.studies['ddp2']}/counting").text
    assert "I agree to this" in page
    ann.send(f"/studies/{world.studies['ddp2']}/counting", {"action": "confirm"})
    assert stage(world, "ddp2") is Stage.AGREED


def test_who_changes_an_appraisal_after_seeing_what_it_would_do_says_why(world, ann, ben):
    appraise(ann, world, "ddp2")
    appraise(ben, world, "ddp2")
    at = address(world, "ddp2")
    go(ben, f"{at}/results/r1/risk/D1", {"answer-1.2": "NI"})
    assert ben.send(f"{at}/hand-in", {"action": "hand in"}).status_code == 400
    because = {"because": "Table 2 says otherwise.", "action": "hand in"}
    assert ben.send(f"{at}/hand-in", because).status_code == 303
    assert stage(world, "ddp2") is Stage.DISAGREEMENT
    with world.database.read() as session:
        mine = session.scalars(
            select(Appraisal)
            .where(Appraisal.reviewer_id == world.ben.id)
            .where(Appraisal.study_id == world.studies["ddp2"])
            .order_by(Appraisal.edition)
        ).all()
    assert [(one.edition, one.changed_because) for one in mine] == [
        (1, ""),
        (2, "Table 2 says otherwise."),
    ]


def test_a_closed_browser_loses_nothing(world, ann, browse):
    at = address(world, "ddp2")
    go(ann, at, STUDY, action="stay")
    form = browse(world.ann)
    kept = form.fields(form.get(at), at)
    assert {name: kept[name] for name in STUDY} == {name: [said] for name, said in STUDY.items()}


def test_a_form_of_another_tab_is_told_and_keeps_what_was_typed(world, ann):
    at = address(world, "ddp2")
    other = ann.fields(ann.get(at), at)
    go(ann, at, STUDY, action="stay")
    answer = ann.client.post(at, data=other | STUDY | {"country": "Ruritania", "action": "next"})
    assert answer.status_code == 409
    assert "Ruritania" in answer.text
    assert "another tab" in answer.text


def test_a_step_is_called_done_only_where_it_is_asked(world, ann):
    """Until somebody says that the study counts, groups and results are neither done nor left."""

    def steps(path):
        nav = ann.get(path).text.partition('aria-label="Steps">')[2].partition("</nav>")[0]
        return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", nav)).strip()

    at = address(world, "ddp2")
    go(ann, at, {})
    assert steps(at) == "1 Study 1 left2 Groups3 Results4 Check and hand in"
    go(ann, at, STUDY)
    assert steps(at).startswith("1 Study done2 Groups 2 left3 Results 1 left")


def test_everything_that_is_missing_is_told_at_once(world, ann):
    page = ann.get(address(world, "ddp2", "/hand-in")).text
    assert "Say whether this study should count" in page
    go(ann, address(world, "ddp2"), {"count_it": "yes"})
    page = ann.get(address(world, "ddp2", "/hand-in")).text
    for said in ("Choose the design", "looked for harms", "Add a result"):
        assert said in page
    answer = ann.send(
        address(world, "ddp2", "/hand-in"), {"token": "5f0c0000-0000-4000-8000-0000000000aa"}
    )
    assert answer.status_code == 400


@pytest.mark.parametrize(
    ("field", "typed", "sentence"),
    [
        ("mean_i", "abc", "Give a number with a point"),
        ("n_i", "4.5", "Give a whole number"),
    ],
)
def test_what_cannot_be_read_is_shown_beside_its_field(world, ann, field, typed, sentence):
    at = address(world, "ddp2")
    go(ann, at, STUDY)
    go(ann, f"{at}/groups", {}, action="add")
    go(ann, f"{at}/results", {}, action="add")
    answer = ann.send(f"{at}/results/r1", RESULT | {field: typed, "action": "next"})
    assert answer.status_code == 400
    assert sentence in answer.text
    assert typed in answer.text


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"type": "SMD", "effect": "0.31", "low": "0.40", "high": "0.52"}, "does not contain"),
        ({"type": "SMD", "effect": "0.4", "low": "0.4", "high": "0.4"}, "Both ends are 0.4"),
        ({"n_c": "109"}, "is more than the 42"),
        ({"sd_i": "0"}, "Has to be more than 0"),
        ({"type": "2x2", "events_i": "50", "events_c": "1"}, "50 events cannot happen"),
        ({"type": "SMD", "effect": "0.3", "p": "1.4"}, "between 0 and 1"),
    ],
)
def test_numbers_that_do_not_fit_together_are_told_and_kept(world, ann, changes, sentence):
    at = address(world, "ddp2")
    go(ann, at, STUDY)
    go(ann, f"{at}/groups", {}, action="add")
    go(ann, f"{at}/groups", GROUPS)
    go(ann, f"{at}/results", {}, action="add")
    go(ann, f"{at}/results/r1", RESULT | changes, action="stay")
    assert sentence in ann.get(f"{at}/hand-in").text


def test_a_figure_that_is_hard_to_believe_is_asked_about_until_somebody_says_where_it_stands(
    world, ann
):
    at = address(world, "ddp2")
    smd = {"type": "SMD", "effect": "900"}
    said = {"as_printed": "Yes, as printed: table 2; the scale is odd"}
    answer = appraise(ann, world, "ddp2", result=smd)
    assert answer.status_code == 400, "it cannot be handed in"
    page = ann.get(f"{at}/results/r1").text
    assert "Is this printed so? It comes to a standardised mean difference of 900" in page
    assert page.index("There is a problem") < page.index('href="#as_printed"')
    where = go(ann, f"{at}/results/r1", RESULT | smd)
    assert where.endswith("/results/r1"), "and is asked again where it is saved so"
    assert "/risk" in go(ann, f"{at}/results/r1", RESULT | smd | said)
    assert said["as_printed"] in ann.get(f"{at}/results/r1").text
    other = RESULT | smd | said | {"effect": "90"}
    assert go(ann, f"{at}/results/r1", other).endswith("/results/r1"), "other figures, asked anew"
    confirmed = smd | {"effect": "90", "as_printed": "Yes: p. 7"}
    assert appraise(ann, world, "ddp2", result=confirmed).status_code == 303


def test_a_lead_sees_how_far_reviewers_agree(world, ann, ben, browse):
    assert ann.get("/agreement").status_code == 403
    appraise(ann, world, "ddp2")
    appraise(ben, world, "ddp2", risk={"1.2": "NI"})
    page = " ".join(browse(world.ada).get("/agreement").text.split())
    assert "RoB 2, 1.2" in page
    assert "Should it count?" in page
    assert "100%" in page


@pytest.mark.parametrize(("said", "mailed"), [("no", True), ("yes", False)])
def test_whether_anybody_is_mailed_is_told_by_what_the_two_say_of_the_review(
    world, ann, ben, said, mailed
):
    for browser in (ann, ben):
        appraise(browser, world, "ddp2", study={"in_review": said})
    page = ben.get(f"/studies/{world.studies['ddp2']}/counting").text
    assert ("by e-mail, at once" in page) is mailed
