"""Status, mail and people, as an admin uses them."""

import re
from dataclasses import replace
from datetime import timedelta
from email.message import EmailMessage

import pytest
from sqlalchemy import select, update

from monitor import workflow
from monitor.accounts.tables import Role, User
from monitor.feeds import of_use
from monitor.feeds.sources import SOURCES
from monitor.feeds.tables import SourceRow
from monitor.jobs.schedule import SCHEDULE
from monitor.kernel import settings as settings_module
from monitor.kernel.audit import AuditEntry
from monitor.kernel.errors import MailFault, SourceError, SourceFault
from monitor.notify import queries as mail
from monitor.notify.bounces import remembered
from monitor.notify.incidents import mail_trouble
from monitor.notify.tables import (
    Digest,
    Message,
    MessageState,
    Reason,
    ReturnedMail,
    Subscriber,
    SubscriberState,
)
from monitor.notify.words import BounceWeight
from monitor.ops.service import finished, sync_jobs
from monitor.web.admin import letters
from monitor.web.app import create_app

WHY = "Their server was wrong."


def letter(world, kind="change"):
    with world.database.read() as session:
        return next(m for m in mail.messages(session) if m.kind == kind and m.sent_at).uuid


def test_the_verdict_comes_first(world, browse):
    page = browse(world.ada).get("/status").text
    assert "<h1>Europe PMC is not answering. Everything else is on time.</h1>" in page
    assert "503 service unavailable" in page
    assert "1 try without a full answer" in page
    assert "we never stop trying" in page


def test_everything_is_on_time_when_it_is(begun, browse):
    assert "<h1>Everything is on time.</h1>" in browse(begun.ada).get("/status").text


def test_that_no_job_runs_is_said_once(begun, browse, clock):
    with begun.database.write() as session:
        sync_jobs(session, SCHEDULE, at=clock())
    clock.advance(days=4)
    page = browse(begun.ada).get("/status").text
    assert "<h1>No job has ever run: start the service anew.</h1>" in page
    assert "<h2>No job runs</h2>" in page
    assert "None was ever run." in page
    assert "not asked when it should have been" not in page
    assert page.count("<b>Overdue</b>") >= len(SCHEDULE), "each in the table, as before"
    with begun.database.write() as session:
        finished(session, "order", at=clock(), took=0.1, error=None)
    page = browse(begun.ada).get("/status").text
    assert "<h2>No job runs</h2>" not in page
    assert "“Send mail” is overdue. " in page


def test_fetch_health_and_news_are_two_signals(world, browse, clock):
    clock.advance(days=5)
    page = browse(world.ada).get("/status").text
    assert "quiet 5 days" in page
    assert "not known since 23 November 2026, 06:10" in page  # failing is never shown as quiet


def test_a_source_can_be_asked_at_once(world, browse):
    browser = browse(world.ada)
    answer = browser.send("/status/sources/pubmed/poll", page="/status")
    assert "PubMed is asked again now" in browser.get(answer.location).text
    with world.database.read() as session:
        assert session.get(SourceRow, "pubmed").next_due_at == world.at
        asked = session.scalars(select(AuditEntry).where(AuditEntry.subject == "source:pubmed"))
        assert f"user:{world.ada.id}" in {entry.actor for entry in asked}


def test_a_source_that_is_not_there_cannot_be_asked(world, browse):
    browser = browse(world.ada)
    csrf = browser.csrf()
    assert browser.post("/status/sources/nonsense/poll", {}, csrf=csrf).status_code == 404
    assert browser.post("/status/sources/journals/poll", {}, csrf=csrf).status_code == 404


def test_permitted_loopback_sources_are_shown(begun, tmp_path, clock):
    settings = settings_module.parse({"sources": {"allow_loopback": True}}, folder=tmp_path)
    app = create_app(replace(begun.service, settings=settings, clock=clock))
    client = app.test_client()
    client.set_cookie("session", begun.sign_in(begun.ada))
    assert "Sources on this machine are permitted" in client.get("/status").text


def test_a_feed_of_use_stands_on_the_page_with_what_is_wrong_with_it(begun, tmp_path, clock):
    feed = {"name": "A network’s survey", "url": "https://survey.example/wave.json?key=secret"}
    settings = settings_module.parse({"usage": {"feeds": [feed]}}, folder=tmp_path)
    wrong = "row 2, <b>: neither"
    with begun.database.write() as session:
        of_use.sync(session, settings, clock())
        of_use.begin(session, feed["name"], clock())
        error = SourceError(SourceFault.UNFIT, "1 thing in it is wrong")
        of_use.failed(session, feed["name"], error, clock(), [wrong])
        workflow.source_failed(session, settings, "use:" + feed["name"], error, clock())
    app = create_app(replace(begun.service, settings=settings, clock=clock))
    client = app.test_client()
    client.set_cookie("session", begun.sign_in(begun.ada))
    page = client.get("/status").text
    assert "<h1>The feed of use “A network’s survey” sent a wave that cannot be kept" in page
    assert "https://survey.example/wave.json?key=…" in page
    assert "secret" not in page
    assert "row 2, &lt;b&gt;: neither" in page
    assert "/status/sources/use:" not in page, "there is no such source to be asked"


def test_mail_is_listed_with_its_fate(world, browse):
    page = browse(world.ada).get("/mail").text
    assert "<h1>Nothing waits to be sent.</h1>" in page
    assert "No mail leaves this machine." in page
    assert page.count("reader@example.org") == 4
    assert "Cancelled before it was sent" in page


def test_a_letter_shows_its_text_and_our_own_links(world, browse):
    page = browse(world.ada).get(f"/mail/{letter(world, 'confirm')}").text
    assert "reader@example.org" in page
    found = re.search(r'<a href="(http://127\.0\.0\.1:8000/confirm/[^"]+)"', page)
    assert found, "the link to confirm can be followed"


def test_a_letters_html_stands_in_a_frame_that_can_do_nothing(world, browse):
    browser, uuid = browse(world.ada), letter(world)
    page = browser.get(f"/mail/{uuid}").text
    assert f'src="/mail/{uuid}/html"' in page
    assert 'sandbox="allow-top-navigation-by-user-activation"' in page
    framed = browser.get(f"/mail/{uuid}/html")
    policy = framed.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "sandbox" in policy
    assert "allow-scripts" not in policy
    assert "allow-same-origin" not in policy
    assert "frame-ancestors 'self'" in policy
    assert "no-store" in framed.headers["Cache-Control"]


def test_what_was_sent_is_shown_without_its_file_and_without_a_readers_own_links(
    world, browse, tmp_path
):
    browser, uuid = browse(world.ada), letter(world)
    (tmp_path / "var" / "mail" / f"{uuid}.eml").unlink()
    for path in (f"/mail/{uuid}", f"/mail/{uuid}/html"):
        page = browser.get(path).text
        assert "as it was sent." in page
        assert "WHAT IT MEANS FOR YOU" in page or "What it means for you" in page
        assert not re.search(r"/(u|choices|m)/[A-Za-z0-9_-]{64}", page)
    with world.database.write() as session:
        message = session.scalars(select(Message).where(Message.uuid == uuid)).one()
        message.state, message.sent_at = MessageState.ON_HOLD, None
    page = browser.get(f"/mail/{uuid}").text
    assert "which was not sent so far." in " ".join(page.split())
    assert "as it was sent." not in page


def test_a_mail_is_sent_to_whoever_asks_as_a_test(world, browse):
    browser, uuid = browse(world.ada), letter(world)
    answer = browser.send(f"/mail/{uuid}/copy", page=f"/mail/{uuid}")
    assert answer.status_code == 303
    assert f"A copy goes to {world.ada.address}" in browser.get(answer.location).text
    with world.database.read() as session:
        test = next(m for m in mail.messages(session) if m.address == world.ada.address)
    page = browser.get(f"/mail/{test.uuid}").text
    assert "This is a test. It counts as told to nobody" in " ".join(page.split())
    private = letter(world, "confirm")
    refused = browser.post(f"/mail/{private}/copy", {}, csrf=browser.csrf())
    assert refused.status_code == 404


def test_a_readers_next_digest_is_seen_before_it_goes(world, browse):
    browser = browse(world.ada)
    refused = browser.send("/mail/next", {"reader": "nobody@example.org"}, page="/mail/next")
    assert refused.status_code == 400
    assert "Nobody at this address gets e-mails" in refused.text
    found = browser.send("/mail/next", {"reader": "reader@example.org"}, page="/mail/next")
    assert found.status_code == 303
    assert "reader@example.org" not in found.location
    assert "Nothing is to be told to this reader now" in browser.get(found.location).text
    assert browser.get(f"{found.location}/html").status_code == 404
    again = browser.post(f"{found.location}/test", {}, csrf=browser.csrf())
    assert again.status_code == 409
    assert browser.get("/mail/next/99999").status_code == 404


def test_a_letter_that_is_gone_is_said_to_be_gone(world, browse, tmp_path):
    browser, uuid = browse(world.ada), letter(world, "confirm")
    (tmp_path / "var" / "mail" / f"{uuid}.eml").unlink()
    assert "Its file is no longer in" in browser.get(f"/mail/{uuid}").text
    assert browser.get(f"/mail/{uuid}/html").status_code == 404
    assert browser.get("/mail/00000000-0000-4000-8000-000000000000").status_code == 404


def test_letters_are_only_read_from_their_folder(tmp_path):
    (tmp_path / "mail").mkdir()
    (tmp_path / "secret.eml").write_text("Subject: no\n\nno")
    for name in ("../secret", "..%2fsecret", "secret", "", "x" * 300):
        assert letters.read(tmp_path / "mail", name) is None


def test_a_letter_in_any_shape_is_read(tmp_path):
    uuid = "5f0c0000-0000-4000-8000-000000000001"
    message = EmailMessage()
    message["Subject"] = "Größe ‹example›"
    message.set_content("Only text, ünïcode")
    (tmp_path / f"{uuid}.eml").write_bytes(message.as_bytes())
    found = letters.read(tmp_path, uuid)
    assert found is not None
    assert ("Subject", "Größe ‹example›") in found.headers
    assert found.text.strip() == "Only text, ünïcode"
    assert found.html == ""
    (tmp_path / f"{uuid}.eml").write_bytes(b"\xff\xfe\x00 not a mail")
    assert letters.read(tmp_path, uuid) is not None


@pytest.mark.parametrize("evil", ["http://x.test.evil/a", "https://x.test/a", "http://x.tes"])
def test_only_our_own_addresses_become_links(evil):
    assert not any(is_link for _, is_link in letters.pieces(f"See {evil} now", "http://x.test"))


def test_adding_somebody_shows_their_link_once(begun, browse):
    browser = browse(begun.ada)
    form = {"name": "Dora", "address": "Dora@Example.org", "role": "reviewer"}
    page = browser.send("/people", form)
    assert page.status_code == 200
    assert "no-store" in page.headers["Cache-Control"]
    link = re.search(r"http://127\.0\.0\.1:8000(/welcome/[\w-]+)", page.text)
    assert link
    listed = browser.get("/people").text
    assert "dora@example.org" in listed
    assert "Has not used the link yet" in listed
    assert link[1] not in listed
    assert browse().get(link[1]).status_code == 200


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"role": "owner"}, "Choose what they may do"),
        ({"address": "no address"}, "Type one e-mail address"),
        ({"address": "ann@example.org"}, "is here already"),
        ({"name": ""}, "Type a name"),
        ({"name": "Line\r\nBcc: x"}, None),
    ],
)
def test_somebody_who_cannot_be_added_is_not(begun, browse, typed, said):
    form = {"name": "Dora", "address": "dora@example.org", "role": "reviewer"} | typed
    page = browse(begun.ada).send("/people", form)
    with begun.database.read() as session:
        names = set(session.scalars(select(User.name)))
    if said is None:
        assert "Line Bcc: x" in names
        return
    assert page.status_code == 400
    assert said in page.text
    assert form["address"] in page.text
    assert "Dora" not in names


def test_disabling_asks_first(begun, browse):
    browser = browse(begun.ada)
    asked = browser.get(f"/people/{begun.cat.id}/disable")
    assert "Disable Cat Example?" in asked.text
    with begun.database.read() as session:
        assert session.get(User, begun.cat.id).disabled_at is None
    browser.send(f"/people/{begun.cat.id}/disable")
    with begun.database.read() as session:
        assert session.get(User, begun.cat.id).disabled_at == begun.at


def test_nobody_disables_themselves(begun, browse):
    browser = browse(begun.ada)
    csrf = browser.csrf()
    assert browser.post(f"/people/{begun.ada.id}/disable", {}, csrf=csrf).status_code == 409
    assert browser.post("/people/999/disable", {}, csrf=csrf).status_code == 404


def test_a_new_link_replaces_a_lost_one(begun, browse):
    browser = browse(begun.ada)
    page = browser.post(f"/people/{begun.cat.id}/link", {}, csrf=browser.csrf()).text
    link = re.search(r"(/welcome/[\w-]+)", page)
    assert link
    welcome = browse()
    words = "some unrelated words here"
    answer = welcome.send(link[1], {"name": "Cat Example", "password": words, "again": words})
    assert answer.status_code == 303
    with begun.database.read() as session:
        assert session.get(User, begun.cat.id).role is Role.REVIEWER


def refuse(world, reply="554 5.7.1 Relay access denied"):
    """Let two messages be refused for good; gives their uuids."""
    with world.database.write() as session:
        rows = session.scalars(select(Message).order_by(Message.id)).all()[:2]
        for row in rows:
            row.state, row.reply = MessageState.DEAD, reply
        return [row.uuid for row in rows]


def fate(world, uuid):
    with world.database.read() as session:
        return mail.message(session, uuid)


def test_what_was_refused_can_be_sent_again(world, browse):
    uuid, other = refuse(world)
    browser = browse(world.ada)
    page = browser.get("/mail").text
    assert "2 were refused for good" in page
    assert "554 5.7.1 Relay access denied" in page
    before = fate(world, uuid)
    where = f"/mail/{uuid}/do"
    nothing = browser.post(where, {"step": "again", "reason": ""}, csrf=browser.csrf())
    assert (nothing.status_code, "Say why, in a few words" in nothing.text) == (400, True)
    assert browser.post(where, {"reason": WHY}, csrf=browser.csrf()).status_code == 400
    answer = browser.send(where, {"step": "again", "reason": WHY})
    assert answer.location == f"/mail/{uuid}?done=again"
    assert "It is sent again: it goes within a minute" in browser.get(answer.location).text
    again = fate(world, uuid)
    assert (again.state, again.attempts, again.uuid) == ("pending", 0, before.uuid)
    refuse(world)
    answer = browser.send("/mail/again", {"reason": WHY}, page="/mail")
    assert "2 messages are sent again." in browser.get(answer.location).text
    assert fate(world, other).state == "pending"
    refused = browser.post(where, {"step": "again", "reason": WHY}, csrf=browser.csrf())
    assert refused.status_code == 409


def test_a_reader_let_go_by_mistake_is_written_to_again(world, browse):
    (uuid, _) = refuse(world)
    with world.database.write() as session:
        message = session.scalars(select(Message).where(Message.uuid == uuid)).one()
        session.get_one(Subscriber, message.subscriber_id).state = SubscriberState.DEAD
    browse(world.ada).send(f"/mail/{uuid}/do", {"step": "again", "reason": WHY})
    with world.database.read() as session:
        assert SubscriberState.DEAD not in session.scalars(select(Subscriber.state)).all()


@pytest.mark.parametrize("every", [True, False])
def test_a_refusal_that_was_seen_no_longer_worries(world, browse, every):
    uuids = refuse(world)
    browser = browse(world.ada)
    assert "2 messages were refused for good" in verdict(browser)
    for path in ["/mail/seen"] if every else [f"/mail/{uuid}/seen" for uuid in uuids]:
        browser.send(path, page="/mail")
    assert "refused for good" not in verdict(browser)
    page = browser.get("/mail").text
    assert "Refused for good" in page, "it is still told what became of them"
    assert 'id="refused"' not in page


def verdict(browser):
    return browser.get("/status").text.partition("<h1>")[2].partition("</h1>")[0]


def test_what_waits_can_be_held_let_go_and_stopped(world, browse):
    (uuid, _) = refuse(world)
    browser, where = browse(world.ada), f"/mail/{uuid}/do"
    for step, state in (
        ("again", "pending"),
        ("hold", "on hold"),
        ("release", "pending"),
        ("cancel", "cancelled"),
    ):
        browser.send(where, {"step": step, "reason": WHY})
        assert fate(world, uuid).state == state
    again = browser.post(where, {"step": "cancel", "reason": WHY}, csrf=browser.csrf())
    assert again.status_code == 303, "safe to repeat"
    assert "Nothing can be done with it" in browser.get(where).text


def await_approval(world, uuids):
    """Let these be messages of a digest that waits for approval; gives its page."""
    with world.database.write() as session:
        digest = Digest(key="k", content={}, at=world.at, awaits_since=world.at)
        session.add(digest)
        session.flush()
        for message in session.scalars(select(Message).where(Message.uuid.in_(uuids))):
            message.digest_id, message.state = digest.id, MessageState.ON_HOLD
            message.reason = Reason.AWAITS_APPROVAL
        return f"/mail/digests/{digest.id}"


def test_one_message_of_a_digest_goes_only_once_that_is_approved(world, browse):
    uuid, other = refuse(world)
    digest, browser, where = await_approval(world, [uuid, other]), browse(world.ada), "/mail"
    one = f"/mail/{uuid}/do"
    assert browser.get(where).text.count("Hold or stop") == 2
    assert "Let go" not in browser.get(where).text + browser.get(one).text
    assert "Hold or stop" in browser.get(f"/mail/{uuid}").text
    passed_by = browser.post(one, {"step": "release", "reason": WHY}, csrf=browser.csrf())
    assert passed_by.status_code == 409
    browser.send(one, {"step": "hold", "reason": WHY})
    page = browser.get(one).text
    assert ("waits also then" in page, "Let go" in page) == (True, False)
    assert "held also once its digest is approved" in browser.get(where).text
    browser.get(digest)
    browser.send(digest, {"step": "approve", "reason": WHY})
    assert (fate(world, uuid).state, fate(world, other).state) == ("on hold", "pending")
    assert "Let go or stop" in browser.get(where).text
    browser.get(one)
    browser.send(one, {"step": "release", "reason": WHY})
    assert fate(world, uuid).state == "pending"


def test_a_digest_is_approved_by_an_admin(world, browse):
    uuid, other = refuse(world)
    where = await_approval(world, [uuid, other])
    browser = browse(world.ada)
    listed = browser.get("/mail").text
    assert "1 digest waits for approval. Nothing else waits to be sent." in listed
    assert "Nobody gets digest" in listed
    assert "Mail waits for approval" not in listed, "it is said once"
    page = browser.get(where).text
    first = page.partition('name="reason"')[2].partition("<button")[2].partition(">")[0]
    assert "disabled" in first, "Enter in the field neither approves nor stops"
    assert "Approve and send" in page
    assert "Let go" not in page
    refused = browser.post(where, {"step": "approve", "reason": ""}, csrf=browser.csrf())
    assert refused.status_code == 400
    answer = browser.send(where, {"step": "approve", "reason": WHY})
    assert "Approved and on its way, for 2 readers." in browser.get(answer.location).text
    assert fate(world, uuid).state == fate(world, other).state == "pending"


def test_only_admins_send_again(world, browse):
    (uuid, _) = refuse(world)
    browser = browse(world.ben)
    tried = browser.post(f"/mail/{uuid}/do", {"step": "again", "reason": WHY}, csrf=browser.csrf())
    assert tried.status_code == 403
    assert fate(world, uuid).state == "dead"


def test_the_page_an_admin_lands_on_says_what_to_do_next(begun, world, browse):
    begun_page = browse(world.ada).get("/queue").text
    assert ("What to do next" in begun_page) is (reviewers(world) < 2)
    with world.database.write() as session:
        for row in session.scalars(select(SourceRow)):
            row.last_success_at = row.failing_since = None
    page = browse(world.ada).get("/queue").text
    assert "What to do next" in page
    assert 'href="/people"' in page
    assert "None has been asked yet. They are while the jobs run" in page
    assert "every mail is kept here" in page
    with world.database.write() as session:
        session.execute(update(SourceRow).values(enabled=False))
    off = browse(world.ada).get("/queue").text
    assert "Every source is switched off" in off
    assert "None has been asked yet" not in off
    assert "What to do next" not in browse(world.ben).get("/queue").text


def test_a_new_service_whose_sources_do_not_answer_promises_no_papers(world, browse):
    with world.database.write() as session:
        for row in session.scalars(select(SourceRow)):
            row.last_success_at = row.failing_since = None
        for name, hours in (("pubmed", 3), ("europepmc", 2)):
            row = session.get_one(SourceRow, name)
            row.failing_since = world.at - timedelta(hours=hours)
    page = " ".join(browse(world.ada).get("/queue").text.split())
    assert "None has answered yet:</b> 2 sources were asked in vain since today, 03:10." in page
    assert '<a href="/status">Status</a> tells what each failed on' in page
    assert "within some minutes" not in page
    with world.database.write() as session:
        session.get_one(SourceRow, "crossref").last_success_at = world.at
    page = browse(world.ada).get("/queue").text
    assert "asked in vain" not in page


def reviewers(world):
    with world.database.read() as session:
        return len(session.scalars(select(User).where(User.role == Role.REVIEWER)).all())


def test_nothing_watched_is_a_state_of_its_own(begun, tmp_path):
    off = {"sources": {name: {"enabled": False} for name in SOURCES}}
    settings = settings_module.parse(off, folder=tmp_path)
    client = create_app(replace(begun.service, settings=settings), testing=True).test_client()
    client.set_cookie("session", begun.sign_in(begun.ada))
    page = client.get("/status").text
    assert "<h1>Nothing is being watched: every source is switched off." in page
    assert "enabled = true" in page
    assert "Everything is on time." not in page
    public = client.get("/").text
    assert "No source is searched" in public
    assert "searched for every day" not in public


def test_a_reader_let_go_is_written_to_again_with_a_reason(world, browse):
    with world.database.write() as session:
        reader = session.scalars(select(Subscriber)).first()
        reader.state, reader.dead_at = SubscriberState.DEAD, world.at
        reader.dead_because = "550 5.1.1 <script> no such user"
        number, address = reader.id, reader.address
    browser = browse(world.ada)
    page = browser.get("/mail").text
    assert "1 reader is written to no more" in page
    assert "550 5.1.1 &lt;script&gt; no such user" in page
    where = f"/mail/readers/{number}/write-again"
    refused = browser.post(where, {"reason": " "}, csrf=browser.csrf())
    assert refused.status_code == 400
    assert "Say why, in a few words" in refused.text
    answer = browser.send(where, {"reason": "Their IT was wrong."}, page="/mail")
    assert "is written to again" in browser.get(answer.location).text
    assert browser.post(where, {"reason": "again"}, csrf=browser.csrf()).status_code == 409
    assert address not in browser.get("/mail").text.partition("All mail")[0]


def test_what_came_back_is_told_with_what_the_server_said(world, browse):
    uuid = letter(world)
    with world.database.write() as session:
        message = session.scalars(select(Message).where(Message.uuid == uuid)).one()
        said = {"status": "5.7.1", "words": "554 5.7.1 <b>blocked</b>", "at": world.at}
        session.add(ReturnedMail(message_id=message.id, weight=BounceWeight.OURS, **said))
    for path in ("/mail", f"/mail/{uuid}"):
        page = browse(world.ada).get(path).text
        assert "Refused for a reason of ours" in page
        assert "554 5.7.1 &lt;b&gt;blocked" in page


def test_a_mailbox_of_bounces_that_cannot_be_read_is_told_and_never_as_silence(
    begun, tmp_path, clock
):
    box = {"host": "mail.example", "username": "bounces", "password_file": "secret"}
    settings = settings_module.parse({"mail": {"imap": box}}, folder=tmp_path)
    why = "The mailbox’s server mail.example:993 opens no folder <b>"
    with begun.database.write() as session:
        mail_trouble.mailbox_failed(session, settings, MailFault.BOX_FOLDER, why, clock())
    client = create_app(replace(begun.service, settings=settings, clock=clock)).test_client()
    client.set_cookie("session", begun.sign_in(begun.ada))
    told = "Mail that came back is not read: its folder is not there as the settings say"
    for page in (client.get("/status").text, client.get("/mail").text):
        assert told in page
        assert "mail.example:993 opens no folder &lt;b&gt;" in page
        assert "Mail goes out as always" in page
        assert "look at mail.imap.folder" in page.lower()
        assert "<code>gap-monitor bounce --imap</code>" in page
    assert "not read to its end yet: whether anything came back is not known" in page
    with begun.database.write() as session:
        remembered.read(session, settings.mail.imap, whole=True, at=clock())
        mail_trouble.mailbox_read(session, settings, clock())
    assert "The mailbox is read again." in client.get("/status").text
    assert "was last read to its end" in client.get("/mail").text
