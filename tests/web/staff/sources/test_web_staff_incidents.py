"""Incidents on the status page, as an admin sees and settles them."""

import json

import pytest
from lxml import html
from sqlalchemy import select

from monitor import workflow
from monitor.feeds import incidents
from monitor.feeds.tables import Incident
from monitor.feeds.watermarks import Query
from monitor.kernel.audit import AuditEntry
from monitor.kernel.errors import SourceError, SourceFault
from monitor.notify.tables import Message, MessageKind
from monitor.ops.queries import status

COS = Query("cos", "an invented query", "cos")


def status_of(world):
    with world.database.read() as session:
        return status(session, world.service.settings, world.database, world.at)


def fewer(world):
    """Let PubMed list too few records; gives the incident."""
    with world.database.write() as session:
        workflow.fewer_ids(session, world.service.settings, "pubmed", COS, world.at)
    return next(one for one in status_of(world).incidents if one.topic == "comparison")


def words(page):
    return " ".join(" ".join(map(str, html.document_fromstring(page).itertext())).split())


def test_an_incident_says_what_since_when_and_what_next(world, browse, clock):
    clock.advance(hours=5)
    said = words(browse(world.ada).get("/status").text)
    assert "Europe PMC cannot be reached For 5 hours, since today, 06:10: 1 try" in said
    assert "since today, 06:10: 1 try without a full answer." in said
    assert "The last one: 503 service unavailable. Next try" in said
    assert "The admins were written to today, 06:10. If it lasts, the next reminder goes" in said
    assert "goes tomorrow, 06:10." in said
    assert "No action needed yet. It mostly passes." in said
    clock.advance(days=1)
    assert "Please have a look." in words(browse(world.ada).get("/status").text)


def test_without_an_admin_to_write_to_it_says_so(world, browse):
    with world.database.write() as session:
        session.get_one(type(world.ada), world.ada.id).address = "ada@elsewhere.example"
        one = incidents.open_incidents(session)[0]
        session.get_one(Incident, one.id).reminded_at = None
    assert "Nobody was written to: there was no admin." in words(
        browse(world.ada).get("/status").text
    )


def test_what_lists_too_little_comes_first_until_an_admin_settles_it(begun, browse):
    one, browser = fewer(begun), browse(begun.ada)
    page = browser.get("/status").text
    verdict = "PubMed listed fewer records than before. Everything else is on time."
    assert f"<h1>{verdict}</h1>" in page
    assert not status_of(begun).healthy
    answer = browser.send(f"/status/incidents/{one.id}/settle", page="/status")
    assert answer.status_code == 303
    after = words(browser.get(answer.location).text)
    assert "Recorded: it is right now." in after
    assert "An admin said that it is right." in after
    assert "Over in the last 14 days" in after
    assert status_of(begun).healthy
    with begun.database.read() as session:
        entry = session.scalars(
            select(AuditEntry).where(AuditEntry.action == "incident.closed")
        ).one()
        assert entry.actor == f"user:{begun.ada.id}"
        subjects = [
            message.context["subject"]
            for message in session.scalars(
                select(Message).where(Message.kind == MessageKind.INCIDENT).order_by(Message.id)
            )
        ]
    assert subjects[-1] == "Settled: PubMed listed fewer records than before"


def test_a_button_pressed_twice_is_one_decision(begun, browse):
    one, browser = fewer(begun), browse(begun.ada)
    csrf = browser.csrf()
    for _ in range(2):
        answer = browser.post(f"/status/incidents/{one.id}/settle", {}, csrf=csrf)
        assert answer.status_code == 303
    assert [x.times for x in status_of(begun).ended] == [1]


def test_only_an_admin_with_the_forms_token_settles(begun, browse):
    one, path = fewer(begun), "/status/incidents/{}/settle"
    ann, ada = browse(begun.ann), browse(begun.ada)
    assert ann.post(path.format(one.id), {}, csrf=ann.csrf()).status_code == 403
    assert ada.post(path.format(one.id), {}, csrf="wrong").status_code == 400
    assert ada.get(path.format(one.id)).status_code == 405
    assert ada.post(path.format(99), {}, csrf=ada.csrf()).status_code == 404
    assert status_of(begun).incidents == [one]


def test_what_a_poll_ends_cannot_be_settled(world, browse):
    (one,) = status_of(world).incidents
    browser = browse(world.ada)
    path = f"/status/incidents/{one.id}/settle"
    assert path not in browser.get("/status").text
    assert browser.post(path, {}, csrf=browser.csrf()).status_code == 409


@pytest.mark.parametrize("hostile", ["<script>alert(1)</script>", "{{7*7}} {% raw %}"])
def test_hostile_words_stay_words(begun, browse, hostile):
    with begun.database.write() as session:
        error = SourceError(SourceFault.MALFORMED, hostile)
        workflow.source_failed(session, begun.service.settings, "pubmed", error, begun.at)
    page = browse(begun.ada).get("/status").text
    assert "<script>alert" not in page
    assert hostile in words(page)


def test_the_read_model_tells_open_ones_first_in_json(world, clock):
    clock.advance(hours=2)
    fewer(world)
    with world.database.write() as session:
        workflow.source_recovered(session, world.service.settings, "europepmc", world.at)
    found = json.loads(json.dumps(status_of(world).to_dict()))["incidents"]
    assert found == [
        {
            "source": "pubmed",
            "topic": "comparison",
            "kind": "fewer ids than before",
            "message": "it lists far fewer records than before for the query for cos",
            "opened": "2026-11-23T08:10:00+00:00",
            "last_seen": "2026-11-23T08:10:00+00:00",
            "times": 1,
            "closed": None,
        },
        {
            "source": "europepmc",
            "topic": "poll",
            "kind": "unreachable",
            "message": "503 service unavailable",
            "opened": "2026-11-23T06:10:00+00:00",
            "last_seen": "2026-11-23T06:10:00+00:00",
            "times": 1,
            "closed": "2026-11-23T08:10:00+00:00",
        },
    ]
    clock.advance(days=15)
    assert [one["source"] for one in status_of(world).to_dict()["incidents"]] == ["pubmed"]
