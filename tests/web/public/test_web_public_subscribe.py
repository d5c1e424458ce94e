"""Getting and stopping e-mails through the pages, on both databases."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from monitor.kernel.audit import AuditEntry
from monitor.notify.readers import tokens
from monitor.notify.tables import Message, MessageKind, Subscriber, SubscriberState
from monitor.notify.words import USUAL

ALL = {"full": "yes", "interventions": ["cos", "ddp"]}
# what a mail program sends (RFC 8058), in both encodings it may use
ONE_CLICK = (
    {"data": {"List-Unsubscribe": "One-Click"}},
    {
        "data": {"List-Unsubscribe": "One-Click"},
        "content_type": "multipart/form-data; boundary=frontier",
    },
    {"data": b"", "content_type": "text/plain"},
)


@pytest.fixture
def ask(client, post):
    """Ask for updates as a browser does."""

    def ask(address: str, **more: object):
        return post(client, "/subscribe", {**ALL, "email": address, **more})

    return ask


@pytest.fixture
def only(published):
    """Give the one subscriber and the newest message."""

    def only() -> tuple[Subscriber, Message]:
        with published._sessions() as session:
            reader = session.scalars(select(Subscriber)).one()
            message = session.scalars(select(Message).order_by(Message.id.desc())).first()
        assert message
        return reader, message

    return only


def confirm_path(app, message: Message) -> str:
    return f"/confirm/{tokens.confirm_token(app.extensions['monitor'].secret, message.uuid)}"


def leave_path(app, message: Message) -> str:
    return f"/u/{tokens.unsubscribe_token(app.extensions['monitor'].secret, message.uuid)}"


def test_the_overview_leads_to_the_form_with_the_address_typed(client):
    assert 'action="/subscribe/begin"' in client.get("/").text
    chosen = client.post("/subscribe/begin", data={"email": "reader@example.org"})
    assert chosen.status_code == 200
    assert 'value="reader@example.org"' in chosen.text
    assert not _ticked(chosen), "nobody is asked to untick"


def test_from_the_form_to_no_more_mail(app, client, post, token_of, only):
    sent = post(client, "/subscribe", {**ALL, "email": "reader@example.org"})
    assert "Check your e-mail" in sent.text
    reader, message = only()
    assert reader.state is SubscriberState.PENDING
    assert message.kind is MessageKind.CONFIRM

    path = confirm_path(app, message)
    page = client.get(path)
    assert "Circle of Security" in page.text
    assert "Theraplay" not in page.text
    assert only()[0].state is SubscriberState.PENDING, "opening the link starts nothing"
    done = client.post(path, data={"csrf_token": token_of(page)})
    assert "You will get updates" in done.text
    assert only()[0].state is SubscriberState.ACTIVE
    assert only()[0].interventions == ["cos", "ddp"]
    again = client.get(path)
    assert "You will get updates" in again.text, "the link again says what is"
    (choices,) = set(re.findall(r"/choices/[\w-]+", done.text))
    assert choices in again.text
    assert "cos" in _ticked(client.get(choices)), "kinds are chosen without waiting for a digest"

    path = leave_path(app, message)
    assert "Stop the e-mails?" in client.get(path).text
    assert only()[0].state is SubscriberState.ACTIVE, "opening the link stops nothing"
    for _ in range(2):
        stopped = app.test_client().post(path)
        assert stopped.status_code == 200
        assert "The e-mails are stopped" in stopped.text
        assert only()[0].state is SubscriberState.UNSUBSCRIBED


def test_who_confirms_can_choose_kinds_without_waiting_for_a_digest(
    app, client, ask, token_of, only
):
    ask("reader@example.org")
    _, message = only()
    path = confirm_path(app, message)
    confirmed = client.post(path, data={"csrf_token": token_of(client.get(path))})
    (choices,) = set(re.findall(r"/choices/[\w-]+", confirmed.text))
    assert choices in client.get(path).text, "the link again leads there too"
    assert _ticked(client.get(choices)) == only()[0].interventions


@pytest.mark.parametrize("request_", ONE_CLICK, ids=["form", "multipart", "neither"])
def test_one_click_needs_no_cookie_and_no_form_token(app, ask, only, request_):
    ask("reader@example.org")
    _, message = only()
    answer = app.test_client().post(leave_path(app, message), **request_)
    assert answer.status_code == 200
    assert "Set-Cookie" not in answer.headers
    assert "Location" not in answer.headers
    assert only()[0].state is SubscriberState.UNSUBSCRIBED


def test_the_answer_is_the_same_for_everybody(app, client, ask, post, token_of, only):
    first = ask("reader@example.org")
    known = ask("reader@example.org")
    _, message = only()
    path = confirm_path(app, message)
    client.post(path, data={"csrf_token": token_of(client.get(path))})
    active = ask("READER@example.org")
    stranger = ask("stranger@example.org")
    assert first.text == known.text == active.text == stranger.text
    assert {page.status_code for page in (first, known, active, stranger)} == {200}


def test_at_most_one_link_an_hour(published, ask, clock):
    for _ in range(3):
        ask("reader@example.org")
    assert count(published, Message) == 1
    clock.advance(minutes=61)
    ask("reader@example.org")
    assert count(published, Message) == 2


def test_a_link_is_good_for_its_purpose_only(app, client, ask, only):
    ask("reader@example.org")
    _, message = only()
    secret = app.extensions["monitor"].secret
    leave = tokens.unsubscribe_token(secret, message.uuid)
    confirm = tokens.confirm_token(secret, message.uuid)
    other = tokens.unsubscribe_token(b"another secret", message.uuid)
    for path in (
        f"/confirm/{leave}",
        f"/u/{confirm}",
        f"/u/{other}",
        f"/u/{leave[:-1]}",
        f"/u/{leave}x",
        f"/u/{message.uuid}",
        "/u/x",
        "/u/%00",
        f"/u/{'A' * 5000}",
    ):
        assert client.get(path).status_code in {400, 404}, path
        assert app.test_client().post(path).status_code in {400, 404}, path
    assert only()[0].state is SubscriberState.PENDING


def test_a_link_does_not_work_for_ever(app, client, ask, only, clock):
    ask("reader@example.org")
    _, message = only()
    clock.advance(days=8)
    page = client.get(confirm_path(app, message))
    assert page.status_code == 409
    assert "subscribe again" in page.text


@pytest.mark.parametrize(
    "address",
    [
        "",
        "nobody",
        "a@b@example.org",
        "x" * 400 + "@example.org",
        "reader@example.org\r\nBcc: other@example.org",
        "reader@example.org, other@example.org",
        "reader@example\x00.org",
        '"<script>alert(1)</script>"@example.org',
    ],
)
def test_an_address_that_cannot_be_one_is_told_so(published, ask, address):
    page = ask(address)
    assert page.status_code == 400
    assert "<script>alert" not in page.text
    assert count(published, Message) == 0
    assert count(published, Subscriber) == 0


def test_problems_stand_by_their_fields(client, post):
    page = post(client, "/subscribe", {"full": "yes", "email": "", "interventions": ["nope"]})
    assert page.status_code == 400
    assert "There is a problem" in page.text
    assert 'href="#email"' in page.text
    assert 'href="#interventions"' in page.text
    assert 'aria-describedby="email-hint email-error"' in page.text
    assert "<title>Error: " in page.text.replace("\n", "").replace("<title> ", "<title>")


def test_one_intervention_may_be_followed_from_its_page(client):
    page = client.get("/subscribe?follow=cos").text
    assert re.findall(r'type="checkbox" value="(\w+)" checked', page) == ["cos"]
    nonsense = client.get("/subscribe?follow=<script>")
    assert _ticked(nonsense) == []
    assert "<script>" not in nonsense.text


def test_a_flood_is_refused(app, post, token_of):
    client = app.test_client()
    token = token_of(client.get("/subscribe"))
    form = {**ALL, "csrf_token": token}
    answers = []
    for number in range(22):
        headers = {"X-Forwarded-For": f"192.0.2.{number}", "X-Real-IP": f"192.0.2.{number}"}
        answer = client.post(
            "/subscribe", data={**form, "email": f"r{number}@example.org"}, headers=headers
        )
        answers.append(answer)
    assert [answer.status_code for answer in answers] == [200] * 20 + [429] * 2
    assert "Too many requests" in answers[-1].text
    assert client.get("/subscribe").status_code == 200, "reading goes on"


def test_what_was_agreed_to_is_kept(app, client, ask, token_of, only):
    ask("reader@example.org")
    _, message = only()
    path = confirm_path(app, message)
    purpose = only()[0].purpose
    assert purpose in client.get(path).text
    assert purpose in client.get("/privacy").text
    assert purpose in client.get("/subscribe").text


def count(database, table) -> int:
    with database.read() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_asking_is_audited_without_the_address(published, ask):
    ask("reader@example.org")
    with published.read() as session:
        entry = session.scalars(select(AuditEntry).order_by(AuditEntry.seq.desc())).first()
        assert entry
        assert entry.action == "subscriber.asked"
        assert "reader" not in str(entry.details)


def _mailed(app, purpose, message: Message) -> str:
    secret = app.extensions["monitor"].secret
    return f"/{purpose}/{tokens.choices_token(secret, message.uuid)}"


@pytest.fixture
def reader(app, client, ask, token_of, only):
    """Somebody who confirmed, and the mail whose links they have."""
    ask("reader@example.org")
    _, message = only()
    path = confirm_path(app, message)
    client.post(path, data={"csrf_token": token_of(client.get(path))})
    return message


def test_one_box_stands_for_all_ten(client, post, only):
    asked = {"full": "yes", "interventions": ["all", "cos"]}
    again = post(client, "/subscribe", {**asked, "email": "no address"})
    assert _ticked(again) == ["all", "cos"], "what was ticked is shown again"
    post(client, "/subscribe", {**asked, "email": "reader@example.org"})
    assert len(only()[0].interventions) == 10


def test_all_ten_can_be_chosen_later_and_let_go_of_one_by_one(app, client, token_of, only, reader):
    path = _mailed(app, "choices", reader)
    token = token_of(client.get(path))
    client.post(path, data={"csrf_token": token, "interventions": ["all"]})
    assert len(only()[0].interventions) == 10
    ticked = _ticked(client.get(path))
    assert len(ticked) == 10
    assert "all" not in ticked, "to untick one of the ten is enough"


def _ticked(page) -> list[str]:
    return _chosen(page, "interventions")


def _chosen(page, name) -> list[str]:
    field = rf'name="{name}" type="(?:checkbox|radio)" value="([^"]+)" checked'
    return re.findall(field, page.text)


def test_change_what_you_get_shows_ones_own_choices(app, client, token_of, only, reader):
    path = _mailed(app, "choices", reader)
    page = client.get(path)
    assert _ticked(page) == ["cos", "ddp"]
    assert page.headers["Referrer-Policy"] == "no-referrer"
    none = client.post(path, data={"csrf_token": token_of(page)})
    assert none.status_code == 400
    assert "Choose at least one" in none.text
    assert "The ones ticked" not in none.text, "what is ticked there was not saved"
    assert only()[0].interventions == ["cos", "ddp"], "opening and failing change nothing"
    sent = {"csrf_token": token_of(page), "interventions": ["vig", "cos", "nonsense"]}
    done = client.post(path, data=sent)
    assert "Your choice is saved" in done.text
    assert only()[0].interventions == ["cos", "vig"], "in the catalogue's order, known ones only"
    assert _ticked(client.get(path)) == ["cos", "vig"]
    confirmed = client.get(confirm_path(app, reader)).text
    assert "You will get updates" in confirmed
    assert "Video Interaction Guidance" in confirmed, "what they get now, not what they asked first"
    assert "Dyadic Developmental Psychotherapy</li>" not in confirmed


def test_how_often_and_of_what_is_chosen_by_the_readers_own_link(
    app, client, token_of, only, reader
):
    path = _mailed(app, "choices", reader)
    page = client.get(path)
    assert _chosen(page, "often") == ["monthly"], "of every new reader"
    assert _chosen(page, "kinds") == [kind.value for kind in USUAL]
    form = {"csrf_token": token_of(page), "interventions": ["cos"], "often": "each change"}
    for missing in ({}, {"kinds": ["tier"], "often": "hourly"}, {"kinds": ["nonsense"]}):
        refused = client.post(path, data={**form, **missing})
        assert refused.status_code == 400
        assert "Nothing was saved" in refused.text
    assert _chosen(client.get(path), "often") == ["monthly"]
    done = client.post(path, data={**form, "kinds": ["tier", "nothing changed"]})
    assert "an e-mail at once when something changes" in done.text
    assert "<li>The evidence tier: how much is known</li>" in done.text
    assert "<li>A trial is registered</li>" not in done.text
    again = client.get(path)
    assert _chosen(again, "often") == ["each change"]
    assert _chosen(again, "kinds") == ["tier", "nothing changed"]
    client.post(path, data={**form, "often": "at once", "kinds": ["gap"]})
    assert _chosen(client.get(path), "often") == ["at once"]


def test_another_links_token_changes_nothing(app, client, only, reader):
    secret = app.extensions["monitor"].secret
    for token in (
        tokens.unsubscribe_token(secret, reader.uuid),
        tokens.confirm_token(secret, reader.uuid),
        "made-up",
    ):
        assert client.get(f"/choices/{token}").status_code == 404
    assert client.get(f"/u/{tokens.choices_token(secret, reader.uuid)}").status_code == 404


def test_a_used_link_says_that_they_are_already_stopped(app, client, token_of, only, reader):
    path, choices = leave_path(app, reader), _mailed(app, "choices", reader)
    first = client.post(path)
    assert "already stopped" not in first.text
    assert only()[0].state is SubscriberState.UNSUBSCRIBED
    for again in (client.get(path), client.post(path), client.get(choices)):
        assert again.status_code == 200
        assert "already stopped" in again.text
    page = client.get("/subscribe")
    refused = client.post(choices, data={"csrf_token": token_of(page), "interventions": "cos"})
    assert refused.status_code == 409
    assert only()[0].state is SubscriberState.UNSUBSCRIBED, "a choice does not subscribe again"


def test_a_contact_stands_where_people_look_for_it(make_app):
    with_one = make_app({"web": {"contact": "gap@council.example"}}).test_client()
    for page in ("/privacy", "/accessibility", "/", "/subscribe"):
        shown = with_one.get(page).text
        assert '<a href="mailto:gap@council.example">gap@council.example</a>' in shown, page
    assert with_one.get("/privacy").text.count("mailto:") == 3, (
        "twice in the text, and in the footer"
    )
    page = make_app({"web": {"contact": "https://council.example/write"}}).test_client()
    assert '<a href="https://council.example/write">' in page.get("/privacy").text
    without = make_app({}).test_client()
    assert "mailto:" not in without.get("/privacy").text
    assert "the people who run this service." in without.get("/privacy").text


def test_who_asks_again_sees_what_they_get_before_it_is_replaced(
    app, client, ask, post, only, published
):
    """Their mails are lost, or somebody typed their address: nothing of theirs goes unseen."""
    ask("reader@example.org")
    first = confirm_path(app, only()[1])
    assert "What you get now" not in client.get(first).text
    post(client, first, {})
    (choices,) = set(re.findall(r"/choices/[\w-]+", client.get(first).text))
    quarterly = {"interventions": ["cos", "ddp"], "often": "quarterly", "kinds": ["tier"]}
    post(client, choices, quarterly)
    assert "one e-mail once a quarter" in client.get(first).text, "what they chose since"

    with published.write() as session:  # an hour and more goes by
        for message in session.scalars(select(Message)):
            message.queued_at -= timedelta(hours=2)
    ask("reader@example.org", interventions=["theraplay"])
    page = client.get(confirm_path(app, only()[1])).text
    now, then = page.split("What takes its place if you confirm")
    assert "What you get now" in now
    assert "Circle of Security" in now
    assert "one e-mail once a quarter" in now
    assert "/choices/" in now
    assert "Theraplay" in then
    assert "one e-mail once a month" in then
    assert only()[0].interventions == ["cos", "ddp"], "opening it changes nothing"
