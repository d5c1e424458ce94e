"""Mails to admins about incidents: who gets one, what it says, what takes its place."""

import json
import re
from datetime import timedelta
from html.parser import HTMLParser

import pytest
import rows  # type: ignore[import-not-found]  # tests/support is on pytest's path
from letters import claimed, read  # type: ignore[import-not-found]  # tests/support is on pytest's path

from monitor.accounts.tables import Role, User
from monitor.feeds import incidents
from monitor.feeds.incidents import IncidentView
from monitor.kernel.errors import SourceFault
from monitor.notify import service
from monitor.notify.incidents import incident_mail
from monitor.notify.incidents.incident_mail import Phase
from monitor.notify.messages import outbox
from monitor.notify.tables import MessageKind, MessageState
from monitor.notify.writing.rendering import render

SECRET = b"s" * 32
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
_SPACE = re.compile(r"\s+")


class Words(HTMLParser):
    """The words, tags and links of an HTML part."""

    def __init__(self, html):
        super().__init__()
        self.words, self.tags, self.links = [], [], []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.links += [value for name, value in attrs if name == "href"]

    def handle_data(self, data):
        self.words.append(data)

    @property
    def text(self):
        return _SPACE.sub(" ", " ".join(self.words))


@pytest.fixture
def made(session, world):
    """A world with two admins, one whose account is closed, and a reviewer."""
    made = world(session)
    made.user()
    for name, disabled_at in (("ada", None), ("abe", None), ("gone", made.at)):
        address = f"{name}@team.example"
        rows.person(session, name, Role.ADMIN, at=made.at, address=address, disabled_at=disabled_at)
    return made


@pytest.fixture
def incident(made, now):
    return failed(made.session, now)


def failed(session, at, kind=SourceFault.UNREACHABLE, topic=incidents.POLL, words="a.test is away"):
    return incidents.open_or_update(session, "pubmed", topic, kind, words, at).incident


def claim(session, at):
    session.flush()
    return outbox.claim(session, at=at, limit=10, lease_seconds=60)


def test_each_admin_gets_one_and_nobody_else(made, incident, settings, now):
    assert service.alert(made.session, settings, incident, Phase.OPENED, now) == 2
    found = made.messages(kind=MessageKind.INCIDENT)
    assert [m.address for m in found] == ["ada@team.example", "abe@team.example"]
    assert {m.subscriber_id for m in found} == {None}
    assert len({m.message_id for m in found}) == 2


def test_without_an_admin_nothing_breaks(session, world, settings, now):
    world(session).user()
    assert incident_mail.alert(session, settings, failed(session, now), Phase.OPENED, now) == 0
    assert claim(session, now) == []


def test_an_account_closed_meanwhile_is_not_written_to(made, incident, settings, now):
    incident_mail.alert(made.session, settings, incident, Phase.OPENED, now)
    ada, abe = made.session.query(User).filter(User.name.in_(["ada", "abe"])).order_by(User.id)
    ada.disabled_at, abe.role = now, Role.REVIEWER
    assert claim(made.session, now) == []
    made.session.expire_all()
    states = [m.state for m in made.messages(kind=MessageKind.INCIDENT)]
    assert states == [MessageState.CANCELLED] * 2
    assert outbox.due(made.session, at=now) == []


def test_a_later_mail_takes_the_place_of_what_never_left(made, incident, settings, now):
    session = made.session
    incident_mail.alert(session, settings, incident, Phase.OPENED, now)
    first, _ = claim(session, now)
    outbox.sent(session, first, reply="250 ok", at=now)
    outbox.take_over(session, at=now)  # the second may have left, nobody knows
    incident_mail.alert(session, settings, incident, Phase.REMINDER, now + DAY)
    incident_mail.alert(session, settings, incident, Phase.REMINDER, now + 2 * DAY)
    session.expire_all()
    states = [m.state.value for m in made.messages(kind=MessageKind.INCIDENT)]
    assert states == ["sent", "uncertain", *["cancelled"] * 2, *["pending"] * 2]


def test_other_incidents_and_other_mail_stay(made, incident, settings, now):
    made.reader("anna", "cos")
    made.accept_and_announce()
    other = failed(made.session, now, SourceFault.FEWER_IDS, incidents.COMPARISON)
    incident_mail.alert(made.session, settings, other, Phase.OPENED, now)
    incident_mail.alert(made.session, settings, incident, Phase.OPENED, now)
    made.session.expire_all()
    assert {m.state for m in made.messages()} == {MessageState.PENDING}


@pytest.fixture
def seen(now):
    """Give a maker of incidents of PubMed, as they are read; no database."""
    plain = IncidentView(
        id=7,
        source="pubmed",
        title="PubMed",
        topic=incidents.POLL,
        kind=SourceFault.UNREACHABLE.value,
        message="a.test is away",
        opened_at=now,
        last_seen_at=now,
        times=1,
        told_at=now,
        closed_at=None,
        closed_by=None,
        last_heard=now - 26 * HOUR,
        next_try=now + timedelta(minutes=5),
    )
    return plain._replace


@pytest.fixture
def fewer(seen):
    """A comparison's incident."""
    return seen(topic=incidents.COMPARISON, kind=SourceFault.FEWER_IDS.value, next_try=None)


@pytest.fixture
def written(settings):
    """Write the mail of an incident: the message, its text, its page."""

    def write(incident, phase, at):
        told = json.loads(json.dumps(incident_mail.facts(incident, phase, at)))
        mail = claimed(
            MessageKind.INCIDENT,
            at=at,
            address="ada@team.example",
            subscriber_id=None,
            context=told,
        )
        letter = read(render(mail, settings, SECRET))
        return letter.message, letter.text, Words(letter.html)

    return write


def test_the_first_mail(seen, written, now):
    message, text, page = written(seen(), Phase.OPENED, now)
    assert message["Subject"] == "PubMed cannot be reached"
    assert message["To"] == "ada@team.example"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["List-Unsubscribe"] is None
    assert message.defects == []
    flat = _SPACE.sub(" ", text)
    assert "PUBMED CANNOT BE REACHED" in flat
    assert "PubMed cannot be reached" in page.text
    for said in (
        "No action needed yet.",
        "It mostly passes. If it lasts, look at the source’s own status page",
        "a.test is away",
        "23 November 2026, 06:10",
        "1 try without a full answer",
        "22 November 2026, 04:10",
        "We ask again on 23 November 2026, 06:15, then less and less often, but at least once a day",
        "No day counts as read until it was answered in full.",
        "While it lasts we write once a day, and once when it is over.",
        "because you are an admin",
    ):
        assert said in flat, said
        assert said in page.text, said
    assert "https://monitor.example.org/status" in text.splitlines()
    assert set(page.links) == {"https://monitor.example.org/status"}
    assert page.tags.count("h1") == 1
    assert all(len(line) <= 72 for line in text.splitlines())
    assert "None" not in flat + page.text


def test_a_reminder_tells_how_long(seen, written, now):
    at = now + 2 * DAY + HOUR
    message, text, _ = written(seen(times=8), Phase.REMINDER, at)
    assert message["Subject"] == "For 2 days now: PubMed cannot be reached"
    flat = _SPACE.sub(" ", text)
    assert "Please have a look." in flat
    assert "8 tries without a full answer" in flat


def test_a_source_never_heard_from_says_so(seen, written, now):
    _, text, _ = written(seen(last_heard=None, next_try=None), Phase.OPENED, now)
    flat = _SPACE.sub(" ", text)
    assert "Last full answer: none so far" in flat
    assert "We ask again soon, then" in flat


def test_a_recovery_says_that_nothing_is_to_do(seen, written, now):
    ended = seen(closed_at=now + 3 * HOUR, closed_by="job:poll")
    message, text, page = written(ended, Phase.RECOVERED, now + 3 * HOUR)
    assert message["Subject"] == "PubMed: full answers again"
    for said in (_SPACE.sub(" ", text), page.text):
        assert "No action needed." in said
        assert "23 November 2026, 09:10" in said
        assert "It was asked for everything since its last full answer." in said
        assert "We ask again" not in said


def test_what_needs_a_person_says_so(fewer, written, now):
    message, text, _ = written(fewer, Phase.OPENED, now)
    assert message["Subject"] == "PubMed listed fewer records than before"
    flat = _SPACE.sub(" ", text)
    assert "Please have a look." in flat
    assert "If the new number is right, press “It is right now” on the Status page." in flat
    assert "noticed 1 time" in flat
    assert "keep every record we hold" in flat


def test_what_ended_it_is_said(fewer, now):
    ended = fewer._replace(closed_at=now + HOUR, closed_by="user:3")
    told = incident_mail.facts(ended, Phase.RECOVERED, now + HOUR)
    assert told["subject"] == "Settled: PubMed listed fewer records than before"
    assert told["next"].startswith("An admin looked")
    told = incident_mail.facts(ended._replace(closed_by="job:poll"), Phase.RECOVERED, now + HOUR)
    assert told["subject"] == "Over: PubMed listed fewer records than before"
    assert told["next"].startswith("The numbers are as expected again.")


@pytest.mark.parametrize("phase", Phase)
@pytest.mark.parametrize(
    "words",
    [
        "<script>alert(1)</script> & <img src=x>",
        "a\r\nBcc: evil@bad.example\r\n\r\nx \x00 \u202e {{7*7}}",
        "see https://a.test/feed?api_key=K123&x=1#frag and HTTP://b.test/?key=K123",
        "x" * 3000,
    ],
)
def test_hostile_words_stay_words(seen, written, now, phase, words):
    message, text, page = written(seen(message=words, title=words[:200]), phase, now)
    assert "Bcc" not in message
    assert len(message["Subject"]) <= 250
    assert not set(page.tags) & {"script", "img"}
    assert "\u202e" not in text + page.text
    for said in (text, page.text):
        assert "K123" not in said.partition("What we saw")[2]
        assert ("{{7*7}}" in said) is ("{{7*7}}" in words)


def test_every_kind_makes_a_whole_mail(seen, now):
    for kind in SourceFault:
        for topic in (incidents.POLL, incidents.query_topic("vipp")):
            one = seen(kind=kind.value, topic=topic)
            for phase in Phase:
                told = incident_mail.facts(one, phase, now)
                assert told["subject"]
                assert told["next"].endswith(".")
                assert (told["remedy"] == "") is (phase is Phase.RECOVERED)
