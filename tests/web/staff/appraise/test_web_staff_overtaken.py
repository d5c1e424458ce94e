"""Forms of a reading that something has overtaken: sent twice, from another tab, or of another turn."""

import pytest
from by_pages import (  # type: ignore[import-not-found]  # beside this file
    GROUPS,
    RESULT,
    STUDY,
    address,
    appraise,
    fill_in,
    go,
    stage,
)
from sqlalchemy import select

from monitor.accounts.tables import User
from monitor.review.tables import Appraisal, Consensus, Decision
from monitor.review.words import Settling, Stage


def begin(browser, world, name, **answers):
    """Answer everything and stop before handing in; gives the last page's form."""
    fill_in(browser, world, name, **answers)
    return last_page(browser, world, name)


def last_page(browser, world, name):
    path = address(world, name, "/hand-in")
    return browser.fields(browser.get(path), path) | {"action": "hand in"}


def hand_in(browser, world, name, fields):
    return browser.client.post(address(world, name, "/hand-in"), data=fields)


def rows(world, table):
    with world.database.read() as session:
        mine = select(table).where(table.study_id == world.studies["ddp2"])
        return session.scalars(mine.order_by(table.id)).all()


@pytest.fixture
def ann(world, browse):
    return browse(world.ann)


@pytest.fixture
def ben(world, browse):
    return browse(world.ben)


@pytest.fixture
def cat(world, browse):
    return browse(world.cat)


@pytest.fixture
def compared(world):
    return f"/studies/{world.studies['ddp2']}/compared"


def test_a_double_click_is_one_appraisal_whatever_it_came_to(world, ann, ben, cat, compared):
    first = begin(ann, world, "ddp2")
    assert [hand_in(ann, world, "ddp2", first).status_code for _ in range(2)] == [303, 303]
    second = begin(ben, world, "ddp2", risk={"1.2": "NI"})
    assert [hand_in(ben, world, "ddp2", second).status_code for _ in range(2)] == [303, 303]
    cat.send(compared, {"risk-r1-1.2": "NI"})
    third = last_page(cat, world, "ddp2")
    where = [hand_in(cat, world, "ddp2", third).location for _ in range(2)]
    assert where == [f"/studies/{world.studies['ddp2']}/counting?saved=1"] * 2
    assert [row.settles for row in rows(world, Appraisal)] == [False, False, True]
    assert len(rows(world, Consensus)) == 1


def test_a_page_that_another_tab_has_overtaken_hands_nothing_in(world, ann):
    shown = begin(ann, world, "ddp2")
    go(ann, address(world, "ddp2", "/results/r1"), RESULT | {"mean_i": "4.1"})
    answer = hand_in(ann, world, "ddp2", shown)
    assert answer.status_code == 409
    assert "another tab" in answer.text
    assert rows(world, Appraisal) == []
    assert hand_in(ann, world, "ddp2", last_page(ann, world, "ddp2")).status_code == 303


def test_who_appraised_beside_two_who_differ_does_not_settle_it_unseen(
    world, clock, ann, ben, cat, compared
):
    appraise(ann, world, "ddp2")
    of_her_own = begin(cat, world, "ddp2", result={"kind": "proximal"})
    step = address(world, "ddp2", "/results/r1")
    open_step = cat.fields(cat.get(step), step)
    clock.advance(minutes=5)
    appraise(ben, world, "ddp2", risk={"1.2": "NI"})
    clock.advance(minutes=5)
    answers = [
        cat.client.post(step, data=open_step | RESULT | {"action": "next"}),
        hand_in(cat, world, "ddp2", of_her_own),
        hand_in(cat, world, "ddp2", last_page(cat, world, "ddp2")),
    ]
    for answer in answers:
        assert answer.status_code == 409
        assert "settle what they see differently" in answer.text
    assert rows(world, Consensus) == []
    cat.send(compared, {"risk-r1-1.2": "NI"})
    hand_in(cat, world, "ddp2", last_page(cat, world, "ddp2"))
    (consensus,) = rows(world, Consensus)
    assert consensus.reading["results"][0]["kind"] == "attachment"


def test_who_settles_while_one_of_the_two_changes_settles_it_as_it_is_now(
    world, clock, ann, ben, cat, compared
):
    appraise(ann, world, "ddp2")
    clock.advance(minutes=5)
    begin(ann, world, "ddp2", result={"kind": "proximal"})  # a change of her own
    clock.advance(minutes=5)
    appraise(ben, world, "ddp2", risk={"1.2": "NI"})
    clock.advance(minutes=5)
    answer = hand_in(ann, world, "ddp2", last_page(ann, world, "ddp2"))
    assert answer.status_code == 409
    assert rows(world, Consensus) == []
    assert stage(world, "ddp2") is Stage.DISAGREEMENT


def test_one_of_the_two_settles_with_a_reason_and_it_is_no_change(world, ann, ben, compared):
    appraise(ann, world, "ddp2")
    appraise(ben, world, "ddp2", risk={"1.2": "NI"})
    ben.send(compared, {"risk-r1-1.2": "Y"})
    why = {"because": "We read the protocol together.", "action": "hand in"}
    assert ben.send(address(world, "ddp2", "/hand-in"), why).status_code == 303
    (consensus,) = rows(world, Consensus)
    assert (consensus.how, consensus.confirmed_at) == (Settling.PAIR, None)
    assert consensus.reason == "We read the protocol together."
    assert stage(world, "ddp2") is Stage.DISAGREEMENT  # until the other agrees


def test_a_study_is_not_stuck_where_the_other_of_the_two_cannot_agree(
    world, ann, ben, cat, compared
):
    appraise(ann, world, "ddp2")
    appraise(ben, world, "ddp2", risk={"1.2": "NI"})
    ann.send(compared, {"risk-r1-1.2": "Y"})
    hand_in(ann, world, "ddp2", last_page(ann, world, "ddp2"))
    with world.database.write() as session:
        ben_now = session.get(User, world.ben.id)
        ben_now.disabled_at = world.at
    assert "change your appraisal" in ann.get(f"/studies/{world.studies['ddp2']}").text
    change = last_page(ann, world, "ddp2") | {"because": "Ben has left; somebody else settles it."}
    assert hand_in(ann, world, "ddp2", change).status_code == 303
    cat.send(compared, {"risk-r1-1.2": "NI"})
    hand_in(cat, world, "ddp2", last_page(cat, world, "ddp2"))
    assert stage(world, "ddp2") is Stage.AGREED


def test_agreeing_twice_is_agreeing_once_even_where_it_decides_at_once(world, ann, ben, compared):
    appraise(ann, world, "ddp2")
    appraise(ben, world, "ddp2", risk={"1.2": "NI"})
    ann.send(compared, {"risk-r1-1.2": "Y"})
    go(ann, address(world, "ddp2"), {"count_it": "no", "reason": "It is no trial of it."})
    hand_in(ann, world, "ddp2", last_page(ann, world, "ddp2"))
    path = f"/studies/{world.studies['ddp2']}/counting"
    form = ben.fields(ben.get(path), path) | {"action": "confirm"}
    assert [ben.client.post(path, data=form).status_code for _ in range(2)] == [303, 303]
    assert len(rows(world, Decision)) == 1
    assert ann.client.post(path, data=form | {"csrf_token": ann.csrf()}).status_code == 409


@pytest.mark.parametrize(
    "changes",
    [
        {"mean_i": "1e308"},
        {"sd_i": "1e-308"},
        {"type": "SMD", "effect": "1e308", "se": "1e308"},
        {"type": "OR", "effect": "1e-308", "p": "1e-320"},
        {"type": "MD", "effect": "1e-320", "p": "1e-300"},
        {"n_i": "999999999999", "n_c": "999999999999"},
        {"type": "direction only", "direction": "1", "n_i": "999999999999", "n_c": "1"},
    ],
)
def test_numbers_that_no_paper_prints_are_told_and_every_page_opens(world, ann, changes):
    begin(ann, world, "ddp2")
    at = address(world, "ddp2")
    groups = GROUPS | {"a1-randomised": "", "a2-randomised": ""}
    go(ann, f"{at}/groups", groups)
    go(ann, f"{at}/results/r1", RESULT | changes, action="stay")
    for page in ("/results", "/results/r1", "/hand-in"):
        assert ann.get(at + page).status_code == 200
    form = last_page(ann, world, "ddp2")
    assert hand_in(ann, world, "ddp2", form).status_code == 400
    assert rows(world, Appraisal) == []
    assert rows(world, Decision) == []


def test_another_design_asks_for_its_own_tool(world, ann):
    begin(ann, world, "ddp2")
    go(ann, address(world, "ddp2"), STUDY | {"design": "non-randomised", "unit": ""})
    form = last_page(ann, world, "ddp2")
    assert "does not fit the design" in ann.get(address(world, "ddp2", "/hand-in")).text
    assert hand_in(ann, world, "ddp2", form).status_code == 400
