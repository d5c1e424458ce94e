"""What reaches a step of an appraisal that should not: each told, nothing lost, nothing half-done."""

import pytest
from by_pages import (  # type: ignore[import-not-found]  # beside this file
    STUDY,
    address,
    appraise,
    go,
)
from lxml import html
from sqlalchemy import func, select

from monitor.review import service as review
from monitor.review.reading.model import from_json
from monitor.review.tables import Appraisal, ReadingDraft


def text(page):
    return " ".join("".join(map(str, html.document_fromstring(page.text).itertext())).split())


def drafted(world, name):
    with world.database.read() as session:
        kept = session.get(ReadingDraft, (world.studies[name], world.ann.id))
        return from_json(kept.reading) if kept else None


def appraisals(world):
    with world.database.read() as session:
        return session.scalar(select(func.count()).select_from(Appraisal))


def test_a_session_that_ends_in_mid_form_loses_nothing(world, browse):
    """The step is shown again, as typed, once its owner has signed in."""
    ann, at = browse(world.ann), address(world, "ddp2")
    sent = ann.fields(ann.get(at), at) | STUDY | {"country": "Ruritania", "action": "next"}
    ann.client.delete_cookie("session")
    asked = ann.client.post(at, data=sent)
    assert asked.status_code == 401
    assert "Ruritania" in asked.text, "carried over the sign-in"
    ann.client.set_cookie("session", world.sign_in(world.ann))
    back = ann.client.post(at, data={**sent, "csrf_token": ann.csrf(), "action": "restore"})
    assert back.status_code == 200
    assert "Ruritania" in back.text
    assert drafted(world, "ddp2") is None, "shown again, not sent"


def test_a_step_sent_again_with_the_back_button_overwrites_nothing(world, browse):
    ann, at = browse(world.ann), address(world, "ddp2")
    first = ann.fields(ann.get(at), at) | STUDY | {"action": "next"}
    assert ann.client.post(at, data=first).status_code == 303
    go(ann, at, STUDY | {"country": "Ruritania"})
    again = ann.client.post(at, data=first | {"country": "Elbonia"})
    assert again.status_code == 409
    assert "another tab or browser" in text(again)
    assert "Elbonia" in again.text
    assert drafted(world, "ddp2").country == "Ruritania"


def test_a_hand_in_sent_again_with_the_back_button_is_one(world, browse):
    ann = browse(world.ann)
    appraise(ann, world, "ddp2")
    once = appraisals(world)
    hand_in = address(world, "ddp2", "/hand-in")
    again = ann.client.post(hand_in, data={"csrf_token": ann.csrf(), "action": "hand in"})
    assert again.status_code in {400, 409}
    assert appraisals(world) == once


@pytest.mark.parametrize("step", ["", "/groups", "/results", "/hand-in"])
def test_a_form_from_before_an_upgrade_hands_nothing_in_and_keeps_the_draft(world, browse, step):
    """It knows no version, and its fields have other names."""
    ann = browse(world.ann)
    go(ann, address(world, "ddp2"), STUDY | {"country": "Ruritania"})
    before, count = drafted(world, "ddp2"), appraisals(world)
    old = {
        "design": "randomised",
        "risk_of_bias": "low",
        "direction": "mixed",
        "outcome": "Security",
    }
    answer = ann.post(address(world, "ddp2", step), old, csrf=ann.csrf())
    assert answer.status_code in {400, 409}
    assert drafted(world, "ddp2") == before
    assert appraisals(world) == count


def test_answers_in_a_tool_of_before_an_upgrade_are_asked_anew(world, browse):
    ann = browse(world.ann)
    at = address(world, "ddp2")
    go(ann, at, STUDY)
    with world.database.write() as session:
        kept = session.get_one(ReadingDraft, (world.studies["ddp2"], world.ann.id))
        reading = from_json(
            kept.reading
            | {
                "results": [
                    {"key": "r1", "kind": "attachment", "risk": {"tool": "rob2@2016-01"}},
                ]
            }
        )
        review.keep_draft(
            session,
            study_id=world.studies["ddp2"],
            by=world.ann,
            reading=reading,
            version=kept.version,
            at=world.at,
        )
    page = text(ann.get(f"{at}/hand-in"))
    assert "Judge how far this result can be trusted" in page
