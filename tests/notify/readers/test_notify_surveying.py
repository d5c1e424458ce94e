"""Mails that ask services: one outbox, a link of their own, nothing after leaving or closing."""

from datetime import date, timedelta
from pathlib import Path

import pytest
import service_returns as returns  # type: ignore[import-not-found]  # tests/support is on pytest's path
from letters import read  # type: ignore[import-not-found]  # tests/support is on pytest's path
from services import SECRET, service_of  # type: ignore[import-not-found]  # tests/support is on pytest's path
from sqlalchemy import select

from monitor import workflow
from monitor.accounts import service as accounts
from monitor.accounts.tables import Role
from monitor.catalogue import loader
from monitor.catalogue import service as catalogue_service
from monitor.kernel.errors import Conflict
from monitor.kernel.settings import parse
from monitor.notify.messages import claiming, outbox, postmaster
from monitor.notify.readers import surveying
from monitor.notify.readers.tokens import survey_token
from monitor.notify.tables import Message, MessageKind, MessageState
from monitor.notify.writing.rendering import render
from monitor.usage.returns import answering, queries

WHY = "The server was wrong."
CATALOGUE = loader.load()
SETTINGS = parse({"web": {"public_url": "https://gap.example"}}, folder=Path())
WEEK = timedelta(days=7)


@pytest.fixture
def service(database, now):
    return service_of(database, SETTINGS, lambda: now)


@pytest.fixture
def asked(session, service, now):
    catalogue_service.sync(session, CATALOGUE, now)
    returns.bring(session, now, "Ash", "Birch")
    found = returns.open_one(session, now)
    invite(session, service, found, now)
    return found


def invite(session, service, found, at):
    return workflow.invite_services(session, service, collection_id=found.id, by=returns.BY, at=at)


def remind(session, service, found, at):
    return workflow.remind_services(session, service, collection_id=found.id, by=returns.BY, at=at)


def mails(session):
    found = select(Message).order_by(Message.id).execution_options(populate_existing=True)
    return session.scalars(found).all()


def link(message):
    return survey_token(SECRET, message.uuid)


def test_each_service_is_asked_once_by_a_link_that_the_database_does_not_hold(
    session, service, asked, now
):
    assert invite(session, service, asked, now) == 0
    ash, birch = mails(session)
    assert (ash.address, ash.kind) == ("ash@service.example", MessageKind.SURVEY)
    assert answering.opened(session, link(ash), now).service.name == "Ash"
    assert answering.opened(session, link(birch), now).service.name == "Birch"
    held = [
        str(value) for row in session.execute(select(*Message.__table__.columns)) for value in row
    ]
    assert not any(link(ash) in value for value in held)
    assert surveying.sent(session, asked.id) == {MessageState.PENDING: 2}


def test_the_mail_says_who_asks_until_when_and_how_to_stop(session, service, asked, now):
    (claimed, _) = outbox.claim(session, at=now, limit=2, lease_seconds=60)
    raw = render(claimed, SETTINGS, SECRET)
    assert raw == render(claimed, SETTINGS, SECRET), "sent again, it is the same"
    letter = read(raw)
    message = letter.message
    address = f"https://gap.example/returns/{survey_token(SECRET, claimed.uuid)}"
    assert message["Subject"] == ("Which of these ten does your service offer? By 31 January 2027")
    assert message["List-Unsubscribe"] == f"<{address}/stop>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    for kind in ("text", "html"):
        told = " ".join(getattr(letter, kind).split())
        for words in (
            "Example Network of Services asks services in the UK which of ten interventions",
            "until 31 January 2027",
            "Groups of fewer than 10 services are not shown",
            address,
            f"{address}/stop",
        ):
            assert words in told, (kind, words)


def test_a_hostile_name_of_a_service_stays_one_line_of_text(session, service, now):
    catalogue_service.sync(session, CATALOGUE, now)
    data = b'name,address\n"<script>alert(1)</script> {{7*7}}",a@service.example'
    returns.service.bring_list(session, returns.read(data), by=returns.BY, at=now)
    invite(session, service, returns.open_one(session, now), now)
    (claimed,) = outbox.claim(session, at=now, limit=1, lease_seconds=60)
    html = read(render(claimed, SETTINGS, SECRET)).html
    assert "<script>" not in html
    assert "{{7*7}}" in html


def test_reminders_go_to_who_is_silent_and_their_links_open_the_same(session, service, asked, now):
    ash, _ = mails(session)
    assert remind(session, service, asked, now + WEEK) == 2
    again = mails(session)[2]
    opened = [answering.opened(session, link(m), now).return_id for m in (ash, again)]
    assert opened[0] == opened[1], "the first mail's link still works"
    returns.answer(session, link(ash), now, "ddp")
    claimed = outbox.claim(session, at=now + WEEK, limit=9, lease_seconds=60)
    by_address = [(one.address, one.context["reminder"]) for one in claimed]
    assert sorted(by_address) == [
        ("ash@service.example", 0),  # the invitation is no reminder: its link may be wanted
        ("birch@service.example", 0),
        ("birch@service.example", 1),
    ]
    cancelled = [m for m in mails(session) if m.state is MessageState.CANCELLED]
    assert [(m.address, m.reply) for m in cancelled] == [
        ("ash@service.example", claiming.NOT_ASKED)
    ]
    last = [c for c in claimed if c.context["reminder"]]
    message = read(render(last[0], SETTINGS, SECRET)).message
    assert message["Subject"] == "Reminder: which of these ten does your service offer?"


def test_nobody_is_written_to_after_leaving_or_after_the_wave_closed(session, service, asked, now):
    ash, _ = mails(session)
    answering.leave(session, link(ash), now)
    assert [c.address for c in outbox.claim(session, at=now, limit=9, lease_seconds=1)] == [
        "birch@service.example"
    ]
    assert remind(session, service, asked, now + WEEK) == 1
    workflow.close_collection(
        session, service, collection_id=asked.id, by=returns.BY, at=now + WEEK
    )
    late = now + 2 * WEEK
    assert outbox.claim(session, at=late, limit=9, lease_seconds=60) == []
    assert {m.state for m in mails(session)} == {MessageState.CANCELLED}


def test_an_address_that_bounces_is_noted_and_written_to_no_more(session, service, asked, now):
    for claimed in outbox.claim(session, at=now, limit=9, lease_seconds=60):
        if claimed.address.startswith("ash"):
            outbox.dead(session, claimed, code=550, reply="550 5.1.1", at=now, no_mailbox=True)
        else:
            outbox.dead(session, claimed, code=554, reply="554 no", at=now)
    counted = queries.counts(session, asked.id)
    assert (counted.dead, counted.silent) == (1, 1)
    ash, birch = mails(session)
    with pytest.raises(Conflict, match="has no such address"):
        postmaster.send_again(session, ash.uuid, reason=WHY, by=returns.BY, at=now)
    postmaster.send_again(session, birch.uuid, reason=WHY, by=returns.BY, at=now)
    assert birch.state is MessageState.PENDING
    assert remind(session, service, asked, now + WEEK) == 1


def test_what_was_due_closes_by_itself_and_once(session, service, asked, now):
    assert workflow.close_due(session, service, at=now) is None
    returns.answer(session, link(mails(session)[0]), now, "ddp")
    wave = workflow.close_due(session, service, at=asked.closes_at)
    assert wave is not None
    assert (wave.drafted_by, wave.services) == ("job:collect", 1)
    assert workflow.close_due(session, service, at=asked.closes_at) is None


def test_a_mail_that_waits_tells_the_last_day_of_now(session, service, asked, now):
    first, _ = mails(session)
    first.state = MessageState.SENT
    session.flush()
    workflow.move_last_day(
        session, collection_id=asked.id, last_day=date(2027, 2, 28), by=returns.BY, at=now
    )
    days = [one.context["closes_on"] for one in mails(session)]
    assert days == ["2027-01-31", "2027-02-28"], "what was handed over stays as it was sent"
    assert remind(session, service, asked, now + WEEK) == 2
    assert mails(session)[-1].context["closes_on"] == "2027-02-28"


def test_the_admins_are_told_of_a_wave_that_made_itself(session, service, asked, now):
    accounts.create_user(
        session, address="ada@team.example", name="Ada", role=Role.ADMIN, by="cli", at=now
    )
    returns.answer(session, link(mails(session)[0]), now, "ddp")
    assert workflow.close_due(session, service, at=now) is None
    wave = workflow.close_due(session, service, at=asked.closes_at)
    assert wave is not None
    told = mails(session)[-1]
    assert (told.kind, told.address) == (MessageKind.INCIDENT, "ada@team.example")
    assert told.context["wave"] == wave.id
    assert ["From", "services’ own returns, which closed"] in told.context["facts"]
