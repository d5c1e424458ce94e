"""Appraising through the pages: what is hidden, what a step would do, what is recorded."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from monitor.catalogue.words import RiskOfBias
from monitor.gap import queries as gaps
from monitor.notify.tables import Message, MessageKind
from monitor.review import queries as reviews
from monitor.review.tables import Appraisal
from monitor.review.words import Stage

ANSWERS: dict[str, object] = {
    "count_it": "yes",
    "reason": "",
    "interventions": ["ddp"],
    "design": "randomised",
    "risk_rob2": "some concerns",
    "risk_reason": "How allocation was concealed is not described.",
    "outcome_class": "attachment",
    "outcome": "Attachment security at 12 months, Strange Situation",
    "direction": "mixed",
    "participants": "84",
    "uk": "yes",
    "developer_led": "not known",
    "quote": "The groups did not differ on the main outcome.",
}


def address(world, name, step="appraise"):
    return f"/studies/{world.studies[name]}/{step}"


def stage(world, name):
    with world.database.read() as session:
        return reviews.study(session, world.studies[name], tools={}).stage


def preview(browser, world, name, **more):
    return browser.send(address(world, name), ANSWERS | {"action": "preview"} | more)


def save(browser, world, name, **more):
    """Go the whole way: form, preview, save."""
    shown = preview(browser, world, name, **more)
    assert shown.status_code == 200, shown.text
    form = browser.fields(shown, address(world, name))
    return browser.client.post(address(world, name), data=form | {"action": "save"})


def test_nothing_is_chosen_beforehand_but_the_interventions_as_screened(world, browse):
    browser = browse(world.ann)
    form = browser.fields(browser.get(address(world, "ddp2")), address(world, "ddp2"))
    assert form["interventions"] == ["ddp"]
    assert not {"count_it", "design", "risk_rob2", "risk_robins", "direction", "uk"} & set(form)


def test_the_preview_tells_before_and_after_and_changes_nothing(world, browse):
    before = world.contents()
    page = preview(browse(world.ben), world, "half").text
    assert "Nothing has happened yet." in page
    assert "You are the second of two, and have not seen the first appraisal" in page
    assert "Dyadic Developmental Psychotherapy" in page
    assert "2–3" in page
    assert "<b>3–4</b>" in page
    assert "1 subscriber who follows what changes" in page
    assert world.contents() == before


def test_the_first_of_two_is_told_that_saving_changes_nothing_yet(world, browse):
    page = preview(browse(world.ben), world, "ddp2").text
    assert "You are the first of two. Saving changes nothing for readers" in page
    assert "If a second person agrees" in page


def test_answers_can_be_changed_after_the_preview(world, browse):
    browser = browse(world.ben)
    form = browser.fields(preview(browser, world, "half"), address(world, "half"))
    again = browser.client.post(address(world, "half"), data=form | {"action": "restore"})
    assert again.status_code == 200
    kept = browser.fields(again, address(world, "half"))
    for name, value in ANSWERS.items():
        assert [v.strip() for v in kept[name]] == (value if isinstance(value, list) else [value])


def test_the_other_appraisal_stays_hidden_until_ones_own_is_given(world, browse):
    ben = browse(world.ben)
    secret = "How allocation was concealed"
    for path in (f"/studies/{world.studies['half']}", address(world, "half")):
        page = ben.get(path).text
        assert secret not in page
        assert "Strange Situation</div>" not in page
    assert (
        "You see their answers after giving your own"
        in ben.get(f"/studies/{world.studies['half']}").text
    )
    assert secret in browse(world.ann).get(f"/studies/{world.studies['half']}").text
    save(ben, world, "half")
    assert secret in ben.get(f"/studies/{world.studies['half']}").text


def test_the_first_appraisal_decides_nothing(world, browse):
    browser = browse(world.ben)
    answer = save(browser, world, "ddp2")
    assert answer.status_code == 303
    page = browser.get(answer.location).text
    assert "Nothing changes until a second person has appraised the study" in page
    assert stage(world, "ddp2") is Stage.TO_APPRAISE


def test_two_who_agree_decide_and_readers_are_told(world, browse):
    with world.database.read() as session:
        told = len(session.scalars(_changes()).all())
        before = gaps.state(session, "ddp")
    browser = browse(world.ben)
    answer = save(browser, world, "half")
    page = browser.get(answer.location).text
    assert "Recorded and decided: this study counts." in page
    assert "The two gave the same answer to all 6 questions that decide" in page
    assert "What readers see" in page
    assert stage(world, "half") is Stage.ACCEPTED
    with world.database.read() as session:
        after = gaps.state(session, "ddp")
        assert after.studies == (before.studies[0] + 1, before.studies[1] + 1)
        assert len(session.scalars(_changes()).all()) == told + 1


def test_two_who_differ_wait_for_a_third_who_sees_both(world, browse):
    ben = browse(world.ben)
    answer = save(ben, world, "half", direction="no difference", risk_rob2="high")
    page = ben.get(answer.location).text
    assert "The two differ in 2 answers." in page
    assert stage(world, "half") is Stage.DISAGREEMENT
    assert ben.get(address(world, "half")).status_code == 303  # one of the two cannot settle it
    cat = browse(world.cat)
    form = cat.get(address(world, "half")).text
    assert "The two side by side" in form
    assert form.count("gm-differs") == 2
    assert "Some concerns (RoB 2)" in form
    assert "High (RoB 2)" in form
    shown = preview(cat, world, "half").text
    assert "You settle a disagreement. When you save, what is below happens at once." in shown
    settled = save(cat, world, "half")
    assert "this study counts" in cat.get(settled.location).text
    with world.database.read() as session:
        decision = reviews.study(session, world.studies["half"], tools={}).decisions[-1]
        assert decision.decided_by == ("Ann Example", "Ben Example", "Cat Example")


def test_a_study_may_be_left_out_with_a_reason(world, browse):
    refused = preview(browse(world.cat), world, "differ", count_it="no")
    assert refused.status_code == 400
    assert "Say why it should not count" in refused.text
    cat = browse(world.cat)
    reason = {"count_it": "no", "reason": "No comparison of interest"}
    shown = preview(cat, world, "differ", **reason)
    assert "No tier, direction or gap changes, and no reader is told" in shown.text
    answer = save(cat, world, "differ", **reason)
    assert "this study is not counted" in cat.get(answer.location).text
    assert stage(world, "differ") is Stage.NOT_COUNTED


TO_MEND: list[tuple[dict[str, object], str, str]] = [
    ({"count_it": ""}, "count_it", "Choose whether it should count"),
    ({"interventions": []}, "interventions", "at least one"),
    ({"interventions": ["nonsense"]}, "interventions", "from the list"),
    ({"design": ""}, "design", "Choose how the study was done"),
    ({"risk_rob2": ""}, "risk_rob2", "Choose the overall judgement of RoB 2"),
    ({"risk_rob2": "serious"}, "risk_rob2", "judged with RoB 2"),
    ({"design": "case"}, "risk_robins", "Choose the overall judgement of ROBINS-I"),
    ({"design": "case", "risk_robins": "high"}, "risk_robins", "judged with ROBINS-I"),
    ({"risk_reason": " "}, "risk_reason", "Say what the risk of bias rests on"),
    ({"outcome": ""}, "outcome", "Name the outcome"),
    ({"direction": "very good"}, "direction", "Choose what the result says"),
    ({"participants": "many"}, "participants", "Give a whole number"),
    ({"participants": "0"}, "participants", "Give the number analysed"),
    ({"participants": "99999999"}, "participants", "Give the number analysed"),
    ({"participants": "-1"}, "participants", "Give a whole number"),
    ({"uk": ""}, "uk", "Say whether it was done in the UK"),
    ({"developer_led": "perhaps"}, "developer_led", "Say whether the developers led it"),
    ({"quote": ""}, "quote", "Quote the sentence"),
    ({"tier": "strong", "quote": ""}, "quote", "Quote the sentence"),
]


@pytest.mark.parametrize("action", ["preview", "save"])
def test_answers_to_mend_are_named_and_nothing_is_lost(world, browse, action):
    browser, before = browse(world.ben), world.contents()
    for typed, field, said in TO_MEND:
        sent = ANSWERS | {"action": action, "reason": "Typed at length"} | typed
        answer = browser.send(address(world, "half"), sent)
        assert answer.status_code == 400, typed
        assert said in answer.text, typed
        assert f'href="#{field}"' in answer.text, typed
        assert f'id="{field}"' in answer.text, typed
        assert f'id="{field}-error"' in answer.text, typed
        assert "Typed at length" in answer.text
    assert world.contents() == before


def test_a_judgement_in_the_other_tools_field_is_not_read(world, browse):
    save(browse(world.ben), world, "ddp2", design="case", risk_robins="serious")
    with world.database.read() as session:
        row = session.scalars(
            select(Appraisal).where(Appraisal.study_id == world.studies["ddp2"])
        ).one()
        assert row.risk_of_bias is RiskOfBias.SERIOUS
        assert row.developer_led is None


def test_an_appraisal_sent_twice_counts_once(world, browse):
    browser = browse(world.ben)
    form = browser.fields(preview(browser, world, "half"), address(world, "half"))
    answers = [
        browser.client.post(address(world, "half"), data=form | {"action": "save"}) for _ in "ab"
    ]
    assert [a.status_code for a in answers] == [303, 303]
    with world.database.read() as session:
        assert reviews.study(session, world.studies["half"], tools={}).given == 2


def test_who_comes_too_late_is_told_and_keeps_the_answers(world, browse):
    cat = browse(world.cat)
    form = cat.fields(preview(cat, world, "half", reason="Kept"), address(world, "half"))
    world.appraise("half", world.ben)
    late = cat.client.post(address(world, "half"), data=form | {"action": "save"})
    assert late.status_code == 409
    assert "This study was accepted by Ann Example and Ben Example" in late.text
    assert "Kept" in late.text


def test_nobody_appraises_a_study_twice(world, browse):
    ann = browse(world.ann)
    form = ANSWERS | {"action": "save", "token": "5f0c0000-0000-4000-8000-00000000ffff"}
    answer = ann.post(address(world, "half"), form, csrf=ann.csrf())
    assert answer.status_code == 409
    assert "Now a second person has to" in answer.text
    assert ann.get(address(world, "half")).location == f"/studies/{world.studies['half']}"


def test_withdrawing_shows_first_what_it_would_do(world, browse):
    browser, before = browse(world.ann), world.contents()
    page = browser.get(address(world, "ddp", "withdraw")).text
    assert "Withdraw Example 2026a?" in page
    assert "2–3" in page
    assert "<b>1–2</b>" in page
    refused = browser.send(address(world, "ddp", "withdraw"), {"reason": "  "})
    assert refused.status_code == 400
    assert "Say why it should no longer count" in refused.text
    assert world.contents() == before


def test_a_withdrawn_study_no_longer_counts_and_readers_are_told(world, browse):
    browser = browse(world.ann)
    reason = "The journal retracted it: <b>fabricated</b>"
    answer = browser.send(address(world, "ddp", "withdraw"), {"reason": reason})
    page = browser.get(answer.location).text
    assert "<b>Withdrawn.</b>" in page
    assert "&lt;b&gt;fabricated&lt;/b&gt;" in page
    assert stage(world, "ddp") is Stage.WITHDRAWN
    with world.database.read() as session:
        assert gaps.state(session, "ddp").studies == (1, 2)


def test_a_study_that_does_not_count_cannot_be_withdrawn(world, browse):
    for name in ("half", "withdrawn"):
        assert browse(world.ann).get(address(world, name, "withdraw")).status_code == 409


def test_the_lane_says_whom_a_study_waits_for(world, browse):
    def mine(user, lane):
        return browse(user).get(f"/queue?stage={lane}").text

    assert "Waits for you" in mine(world.ben, "to appraise")
    assert "Waits for somebody else: you have appraised it" in mine(world.ann, "to appraise")
    assert "Waits for you" in mine(world.cat, "disagreement")
    assert "Waits for you" not in mine(world.ben, "disagreement")


def test_what_people_write_stays_text(world, browse):
    world.appraise("ddp2", world.ann, replace(world.judgement, quote=world.hostile))
    page = browse(world.ann).get(f"/studies/{world.studies['ddp2']}").text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


def _changes():
    return select(Message).where(Message.kind == MessageKind.CHANGE)
