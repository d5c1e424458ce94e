"""Studies through the pages: what is hidden, what a step would do, what is decided."""

import re
from dataclasses import replace

from sqlalchemy import select

from monitor.gap import queries as gaps
from monitor.notify.tables import Message, MessageKind
from monitor.review import queries as reviews
from monitor.review import service as review
from monitor.review.appraisal import drafting
from monitor.review.reading.model import MAX_ARMS, MAX_RESULTS, Arm, ReadingResult
from monitor.review.words import Stage


def address(world, name, step="appraise"):
    return f"/studies/{world.studies[name]}/{step}"


def stage(world, name):
    with world.database.read() as session:
        return reviews.study(session, world.studies[name], tools={}).stage


def counting(world, name):
    return f"/studies/{world.studies[name]}/counting"


def alike(world, browse, name="half"):
    """Let Ben hand in what Ann has; gives his browser and the answer."""
    ben = browse(world.ben)
    with world.database.write() as session:
        kept = reviews.study(session, world.studies[name], world.ann.id, tools={}).appraisals[0]
        review.keep_draft(
            session,
            study_id=world.studies[name],
            by=world.ben,
            reading=kept.reading,
            version=0,
            at=world.at,
        )
    return ben, ben.send(address(world, name, "appraise/hand-in"), {"action": "hand in"})


def test_nothing_is_chosen_beforehand_but_the_interventions_as_screened(world, browse):
    browser = browse(world.ann)
    at = address(world, "ddp2")
    form = browser.fields(browser.get(at), at)
    assert not {"count_it", "design", "in_review", "harms", "uk"} & set(form)
    groups = browser.fields(browser.get(f"{at}/groups"), f"{at}/groups")
    assert groups["a1-intervention"] == ["ddp"]
    assert "a1-comparator" not in groups


def nearly_filled(world, step, many):
    """Let Ann's draft have so many groups or results already."""
    study_id = world.studies["ddp2"]
    with world.database.write() as session:
        draft = drafting.draft(session, study_id=study_id, by=world.ann, tools={})
        more = (
            {"arms": tuple(Arm(key=f"a{number}") for number in range(1, many + 1))}
            if step == "groups"
            else {
                "results": tuple(ReadingResult(key=f"r{number}") for number in range(1, many + 1))
            }
        )
        review.keep_draft(
            session,
            study_id=study_id,
            by=world.ann,
            reading=draft.reading.model_copy(update=more),
            version=draft.version,
            at=world.at,
        )


def test_a_full_list_of_groups_or_results_says_so_instead_of_offering_more(world, browse):
    browser, at = browse(world.ann), address(world, "ddp2")
    for step, most in (("groups", MAX_ARMS), ("results", MAX_RESULTS)):
        nearly_filled(world, step, most - 3)
        page = browser.get(f"{at}/{step}").text
        assert ('value="add"' in page, f"at most {most}" in page) == (True, False)
        for _ in range(3):
            browser.send(f"{at}/{step}", {"action": "add"})
        page = browser.get(f"{at}/{step}").text
        assert page.count('value="remove:') == most
        assert ('value="add"' in page, f"at most {most} {step}" in page) == (False, True)


def test_what_counting_would_do_is_told_before_and_changes_nothing(world, browse):
    ben, answer = alike(world, browse)
    assert answer.location == f"{counting(world, 'half')}?saved=1"
    before = world.contents()
    page = ben.get(answer.location).text
    assert "Nothing has happened yet." in page
    assert "Dyadic Developmental Psychotherapy" in page
    assert "2–3" in page
    assert "<b>3–4</b>" in page
    assert "1 subscriber who follows what changes" in page
    assert world.contents() == before


def test_the_other_appraisal_stays_hidden_until_ones_own_is_given(world, browse):
    ben, secret = browse(world.ben), "The groups did not differ on the main outcome"
    for step in ("", "/appraise", "/appraise/groups", "/appraise/results", "/appraise/hand-in"):
        page = ben.get(f"/studies/{world.studies['half']}{step}").text
        assert secret not in page
        assert "Neither" not in page
    said = "You see their answers after giving your own"
    assert said in ben.get(f"/studies/{world.studies['half']}").text
    assert secret in browse(world.ann).get(f"/studies/{world.studies['half']}").text
    alike(world, browse)
    assert secret in ben.get(f"/studies/{world.studies['half']}").text


def test_two_who_agree_decide_and_readers_are_told(world, browse):
    with world.database.read() as session:
        told = len(session.scalars(_changes()).all())
        before = gaps.state(session, "ddp")
    ben, _ = alike(world, browse)
    assert stage(world, "half") is Stage.AGREED
    answer = ben.send(counting(world, "half"), {"action": "count"})
    page = ben.get(answer.location).text
    assert "Recorded and decided: this study counts." in page
    assert "What readers see" in page
    assert stage(world, "half") is Stage.ACCEPTED
    with world.database.read() as session:
        after = gaps.state(session, "ddp")
        assert after.studies == (before.studies[0] + 1, before.studies[1] + 1)
        assert len(session.scalars(_changes()).all()) == told + 1


def test_a_study_may_be_left_out_with_a_reason(world, browse):
    ben, at = browse(world.ben), address(world, "half")
    ben.send(at, {"count_it": "no", "reason": "", "action": "next"})
    assert "Say why it should not count" in ben.get(f"{at}/hand-in").text
    ben.send(at, {"count_it": "no", "reason": "No comparison of interest", "action": "next"})
    ben.send(f"{at}/hand-in", {"action": "hand in"})
    assert stage(world, "half") is Stage.DISAGREEMENT
    cat, compared = browse(world.cat), f"/studies/{world.studies['half']}/compared"
    form = cat.fields(cat.get(compared), compared)
    names = re.findall(r'type="radio"\s+name="([^"]+)"', cat.get(compared).text)
    settled = dict.fromkeys(dict.fromkeys(names), "-") | {"study--count_it": "no"}
    settled |= {name: "no" for name in names if name.endswith("-present")}
    assert form.keys() == {"csrf_token"}
    answer = cat.send(compared, settled)
    assert answer.status_code == 303, answer.text
    assert "It is left out, with the reason kept." in cat.get(f"{at}/hand-in").text
    answer = cat.send(f"{at}/hand-in", {"action": "hand in"})
    assert "this study is not counted" in cat.get(answer.location).text
    assert stage(world, "half") is Stage.NOT_COUNTED


def test_a_reading_sent_twice_counts_once(world, browse):
    ben, at = browse(world.ben), address(world, "half", "appraise/hand-in")
    with world.database.write() as session:
        kept = reviews.study(session, world.studies["half"], world.ann.id, tools={}).appraisals[0]
        review.keep_draft(
            session,
            study_id=world.studies["half"],
            by=world.ben,
            reading=kept.reading,
            version=0,
            at=world.at,
        )
    form = ben.fields(ben.get(at), at)
    answers = [ben.client.post(at, data=form | {"action": "hand in"}) for _ in "ab"]
    assert [answer.status_code for answer in answers] == [303, 303]
    with world.database.read() as session:
        assert reviews.study(session, world.studies["half"], tools={}).given == 2
    form = ben.fields(ben.get(counting(world, "half")), counting(world, "half"))
    answers = [
        ben.client.post(counting(world, "half"), data=form | {"action": "count"}) for _ in "ab"
    ]
    assert [answer.status_code for answer in answers] == [303, 303]


def test_who_comes_too_late_is_told_and_keeps_the_answers(world, browse):
    cat, at = browse(world.cat), address(world, "half")
    form = cat.fields(cat.get(at), at)
    world.appraise("half", world.ben)
    late = cat.client.post(at, data=form | {"country": "Ruritania", "action": "next"})
    assert late.status_code == 409
    assert "This study was accepted by Ann Example and Ben Example" in late.text
    assert "Ruritania" in late.text


def test_nobody_appraises_a_study_twice(world, browse):
    ann = browse(world.ann)
    at = address(world, "half", "appraise/hand-in")
    answer = ann.send(at, {"action": "hand in"})
    assert answer.status_code == 400  # a change needs its reason
    assert "Say why you change it" in answer.text
    with world.database.read() as session:
        assert reviews.study(session, world.studies["half"], tools={}).given == 1


def test_a_lead_has_a_decided_study_appraised_again(world, browse):
    study = f"/studies/{world.studies['ddp']}"
    assert "Have it appraised again" not in browse(world.ann).get(study).text
    ada = browse(world.ada)
    refused = ada.send(f"{study}/rounds", {"reason": " "}, page=study)
    assert refused.status_code == 400
    ada.send(f"{study}/rounds", {"reason": "Table 2 was corrected."}, page=study)
    page = browse(world.ann).get(study).text
    assert "Table 2 was corrected." in page
    assert "Appraise this study" in page
    assert stage(world, "ddp") is Stage.TO_APPRAISE
    with world.database.read() as session:
        assert world.studies["ddp"] in {one.study_id for one in reviews.accepted(session)}


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
    assert "Waits for you" in mine(world.ben, "disagreement")  # the two may settle it together


def test_what_people_write_stays_text(world, browse):
    world.appraise("ddp2", world.ann, replace(world.judgement, quote=world.hostile))
    page = browse(world.ann).get(f"/studies/{world.studies['ddp2']}").text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


def _changes():
    return select(Message).where(Message.kind == MessageKind.CHANGE)
