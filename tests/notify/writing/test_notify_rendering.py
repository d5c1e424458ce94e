import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from letters import read  # type: ignore[import-not-found]  # tests/support is on pytest's path
from sqlalchemy import update

from monitor.catalogue.words import Direction
from monitor.kernel.settings import parse
from monitor.mine import links
from monitor.notify import service
from monitor.notify.messages import outbox
from monitor.notify.messages.queueing import queue
from monitor.notify.readers.tokens import Purpose, verify
from monitor.notify.tables import Message, MessageKind, MessageState
from monitor.notify.writing.rendering import TEMPLATES, render
from monitor.notify.writing.subjects import subject

SECRET = b"s" * 32
HOSTILE = [
    "A title\r\nBcc: evil@bad.example\r\n\r\nand a body",
    "Title with 👩‍👧 emoji — and “quotes”",
    "\u202eevil\u202c טיפול בהתקשרות \u2066x",
    "x" * 5000,
    "long words " * 500,
    "{{7*7}} {% for x in y %} {{ config }}",
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "\"><a href='javascript:alert(1)'>x</a>",
    "nul \x00 and lone \ud800 surrogate",
    "=?utf-8?q?not=0Aencoded?= \t line\u2028separator",
]
_SPACE = re.compile(r"\s+")


class Page(HTMLParser):
    """What a mail client would find in the HTML part."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.links, self.words = [], [], []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        if tag == "a":
            self.links.append(dict(attrs)["href"])
        assert not any(name.startswith("on") for name, _ in attrs)

    def handle_data(self, data):
        self.words.append(data)

    @property
    def text(self):
        return _SPACE.sub(" ", "".join(self.words))


def parts(raw):
    letter = read(raw)
    return letter.message, letter.text, Page(letter.html)


def headers(raw):
    return raw.partition(b"\r\n\r\n")[0].split(b"\r\n")


@pytest.fixture
def claimed(session, world, now):
    """Claim the mail of a change, made of the facts given."""

    def make(label="COSI", title="An invented trial", slugs=("cos",), **facts):
        made = world(session)
        made.heard(pubmed=2, europepmc=30, failing="europepmc")
        made.reader("anna", *slugs, "ddp")
        decision = made.decide(made.study(label, title), slugs=slugs, **facts)
        made.announce(*[made.change(decision, slug) for slug in slugs])
        (found,) = outbox.claim(session, at=now, limit=1, lease_seconds=60)
        return found

    return make


def test_the_headers_of_a_change(claimed, settings, now):
    one = claimed()
    raw = render(one, settings, SECRET)
    message, _, _ = parts(raw)
    assert message["From"] == "Gap Monitor <news@example.org>"
    assert message["To"] == "anna@reader.example"
    assert message["Subject"] == "Circle of Security: tier still strong, findings now mixed"
    assert message["Message-ID"] == one.message_id == f"<{one.uuid}@example.org>"
    assert message["Date"].datetime == now
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["List-Id"] == "Gap Monitor changes <changes.example.org>"
    assert message["X-Gap-Monitor-Outbox-ID"] == one.uuid
    assert message.get_content_type() == "multipart/alternative"
    assert [p.get_content_type() for p in message.iter_parts()] == ["text/plain", "text/html"]
    assert message.defects == []


def test_one_click_works_on_the_raw_bytes(claimed, settings):
    long = f"https://monitor.example.org/{'a-long-path/' * 20}x"
    settings = settings.model_copy(
        update={"web": settings.web.model_copy(update={"public_url": long})}
    )
    one = claimed()
    lines = headers(render(one, settings, SECRET))
    (line,) = [line for line in lines if line.startswith(b"List-Unsubscribe:")]
    found = re.fullmatch(rb"List-Unsubscribe: <(\S+)>", line)
    assert found, line
    base, _, token = found[1].decode().rpartition("/u/")
    assert base == long
    assert verify(SECRET, Purpose.UNSUBSCRIBE, token) == one.uuid
    assert b"List-Unsubscribe-Post: List-Unsubscribe=One-Click" in lines


def test_rendering_again_gives_the_same_bytes(claimed, settings):
    one = claimed()
    assert render(one, settings, SECRET) == render(
        replace(one, attempt=5, token=9), settings, SECRET
    )


def test_it_says_what_a_reader_needs(claimed, settings):
    _, text, page = parts(render(claimed(), settings, SECRET))
    flat = _SPACE.sub(" ", text)
    for said in (
        "Evidence tier",
        "Strong, unchanged: 9–18 studies, was 8–17",
        "Was generally positive, now mixed",
        "Among the least used of the ten: 4th, 7th, 9th or 10th of 10",
        "Survey of 2020; no later figure is known to us",
        "Was “under-used”, now “under-used, read with care”",
        "COSI",
        "Randomised trial",
        "371",
        "Attachment: Attachment security, an invented scale",
        "No clear difference",
        "Some concerns (RoB 2)",
        "Independent of its developers",
        "Two reviewers accepted it on 23 November 2026",
        "If you buy it now:",
        "If you are choosing:",
        "PubMed: last heard from on 23 November 2026, 04:10.",
        "Europe PMC: not answering; we keep trying. Last heard from on 22 November 2026, 00:10;",
        "You asked for news of 2 interventions.",
        "The tier says how much good research there is, not whether it works.",
        "1 of 10 interventions changed",
    ):
        assert said in flat, said
        assert said in page.text, said
    assert "LIMITED EVIDENCE DOES NOT MEAN INEFFECTIVE." in flat
    assert "Limited evidence does not mean ineffective." in page.text
    assert "CIRCLE OF SECURITY: A UK RANDOMISED TRIAL SHOWS NO CLEAR DIFFERENCE" in flat
    assert "Circle of Security: a UK randomised trial shows no clear difference" in page.text
    assert "circle of security: findings moved from generally positive to mixed" not in flat.lower()
    assert "Findings moved from generally positive to mixed; the tier stays strong" in flat


@pytest.mark.parametrize("slugs", [("cos",), ("cos", "vipp")])
def test_text_and_html_name_the_same_interventions_and_links(claimed, settings, catalogue, slugs):
    _, text, page = parts(render(claimed(slugs=slugs), settings, SECRET))
    in_text = re.findall(r"https?://\S+", text)
    assert sorted(set(in_text)) == sorted(set(page.links))
    for slug in slugs:
        assert f"https://monitor.example.org/changes/{slugs.index(slug) + 1}" in in_text
    for intervention in catalogue.interventions:
        named = intervention.slug in slugs
        assert (intervention.name.lower() in _SPACE.sub(" ", text).lower()) is named
        assert (intervention.name in page.text) is named


def test_a_reader_sees_only_what_they_follow(session, claimed, settings):
    one = claimed(slugs=("cos", "vipp"))
    only = replace(one, context={**one.context, "slugs": ["cos"]})
    message, text, _ = parts(render(only, settings, SECRET))
    assert message["Subject"] == "Circle of Security: tier still strong, findings now mixed"
    assert "VIPP" not in text


def test_text_lines_stay_readable(claimed, settings):
    _, text, _ = parts(render(claimed(title="many words " * 40), settings, SECRET))
    long = [line for line in text.splitlines() if len(line) > 72 and "://" not in line]
    assert not long
    assert "\n\n\n\n" not in text


def test_encoded_lines_keep_to_the_standards(claimed, settings):
    raw = render(claimed(), settings, SECRET)
    assert raw.isascii()
    body = raw.partition(b"\r\n\r\n")[2].split(b"\r\n")
    assert max(map(len, body)) <= 76, "RFC 2045, 6.7"
    assert b"\n" not in raw.replace(b"\r\n", b"")


@pytest.mark.parametrize("hostile", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_stays_text(session, claimed, settings, hostile):
    one = claimed()
    study = {**one.content["study"], "title": hostile, "label": hostile, "outcome": hostile}
    changes = [
        {**c, "name": hostile, "short": hostile, "sentence": hostile}
        for c in one.content["changes"]
    ]
    sources = [{**s, "title": hostile} for s in one.content["sources"]]
    content = {
        **one.content,
        "study": study,
        "changes": changes,
        "sources": sources,
        "notice": hostile,
    }
    raw = render(replace(one, content=content), settings, SECRET)
    message, text, page = parts(raw)
    assert message.keys() == [
        "From",
        "To",
        "Date",
        "Message-ID",
        "Subject",
        "Auto-Submitted",
        "X-Gap-Monitor-Outbox-ID",
        "List-Id",
        "List-Help",
        "List-Unsubscribe",
        "List-Unsubscribe-Post",
        "MIME-Version",
        "Content-Type",
    ]
    assert [str(a) for a in message["To"].addresses] == ["anna@reader.example"]
    assert len(message["Subject"]) <= 250
    words = re.findall(rb"=\?[^?]+\?[bq]\?[^?]*\?=", b"\r\n".join(headers(raw)))
    assert all(len(word) <= 75 for word in words), "RFC 2047, 2"
    assert not set(page.tags) & {"script", "img", "iframe", "object"}
    assert all(link.startswith("https://") for link in page.links)
    assert not re.search(r"[\u202a-\u202e\u2066-\u2069]", text + page.text)
    assert len(raw) < 100_000, "a mail client cuts longer ones"
    if "7*7" in hostile:
        assert "{{7*7}}" in text
        assert "{{7*7}}" in page.text


def test_a_template_in_a_title_is_printed(claimed, settings):
    _, text, page = parts(render(claimed(title="{{7*7}} <script>"), settings, SECRET))
    assert "“{{7*7}} <script>”" in text
    assert "“{{7*7}} <script>”" in page.text


def test_a_subject_with_other_letters_comes_back_whole(session, world, settings, now):
    made = world(session)
    made.reader("anna", "pip")
    decision = made.decide(made.study(), slugs=("pip",))
    made.announce(made.change(decision, "pip"))
    (one,) = outbox.claim(session, at=now, limit=1, lease_seconds=60)
    message, _, _ = parts(render(one, settings, SECRET))
    assert message["Subject"] == (
        "Parent–Infant Psychotherapy: tier still strong, findings now mixed"
    )


def told(session):
    """Let all that waits have been sent: who was told can be corrected."""
    session.execute(update(Message).values(state=MessageState.SENT))


def test_whoever_was_not_told_is_not_corrected(session, world, settings, now):
    made = world(session)
    study = made.study()
    made.accept_and_announce(study)
    made.reader("anna", "cos")  # she comes later, and hears that it moved back
    made.withdraw_and_announce(study, reason="Its paper was retracted on 1 March 2026.")
    (one,) = outbox.claim(session, at=now, limit=5, lease_seconds=60)
    message, text, page = parts(render(one, settings, SECRET))
    assert message["Subject"] == (
        "Circle of Security: tier still strong, findings now generally positive"
    )
    assert subject(MessageKind.CHANGE, one.context, one.content) == message["Subject"]
    for said in (text, page.text):
        assert "orrection for" not in said
        assert "CORRECTION" not in said
        assert "we told you" not in said
    assert "Circle of Security: a study is no longer counted" in page.text


def test_a_correction_says_so_and_why(session, world, settings, now):
    made = world(session)
    made.reader("anna", "cos")
    study = made.study()
    made.accept_and_announce(study)
    told(session)
    made.withdraw_and_announce(study, reason="Its paper was retracted on 1 March 2026.")
    (one,) = outbox.claim(session, at=now, limit=5, lease_seconds=60)
    message, text, page = parts(render(one, settings, SECRET))
    assert message["Subject"] == (
        "Correction: Circle of Security: tier still strong, findings now generally positive"
    )
    flat = _SPACE.sub(" ", text)
    for said in (flat, page.text):
        assert "Why it is no longer counted: Its paper was retracted on 1 March 2026." in said
        assert "Two reviewers accepted it on 23 November 2026" in said
    assert "Correction for Circle of Security: a study is no longer counted" in page.text


def test_a_retraction_is_called_one_with_who_said_so_and_since_when(session, world, settings, now):
    made = world(session)
    made.reader("anna", "cos")
    study = made.study()
    made.accept_and_announce(study)
    told(session)
    why = (
        "Retracted: Crossref says so, in the notice DOI 10.5555/notice of 2 November 2026. "
        "We read that on 23 November 2026"
    )
    made.withdraw_and_announce(study, reason=why, retraction=True)
    (one,) = outbox.claim(session, at=now, limit=5, lease_seconds=60)
    message, text, page = parts(render(one, settings, SECRET))
    assert message["Subject"].startswith("Correction: Circle of Security: tier still strong")
    flat = _SPACE.sub(" ", text)
    assert "CORRECTION FOR CIRCLE OF SECURITY: A STUDY WAS RETRACTED" in flat
    assert "THE STUDY THAT WAS RETRACTED" in flat
    assert "The study that was retracted" in page.text
    for said in (flat, page.text):
        assert f"Why it is no longer counted: {why}" in said


def test_a_study_that_counts_again_is_no_new_one(session, world, settings, now):
    made = world(session)
    made.reader("anna", "cos")
    study = made.study()
    made.accept_and_announce(study)
    withdrawn = made.withdraw_and_announce(study, retraction=True)
    outbox.claim(session, at=now, limit=5, lease_seconds=60)
    assert withdrawn
    made.count_again_and_announce(study, reason="The journal took its retraction back.")
    (one,) = outbox.claim(session, at=now, limit=5, lease_seconds=60)
    _, text, page = parts(render(one, settings, SECRET))
    flat = _SPACE.sub(" ", text)
    assert "CIRCLE OF SECURITY: A STUDY IS COUNTED AGAIN" in flat
    for said in (flat, page.text):
        assert "Why it is counted again: The journal took its retraction back." in said
        assert "Two reviewers accepted it on 23 November 2026" in said


def test_what_is_unknown_is_printed_as_not_known(claimed, settings):
    unknown = dict.fromkeys(
        ("participants", "uk", "developer_led", "risk_of_bias", "outcome"), None
    )
    _, text, page = parts(render(claimed(**unknown), settings, SECRET))
    for said in ("People analysed: Not known", "Where: Not known", "Risk of bias: Not known"):
        assert said in text
    assert "None" not in re.sub("None to go on", "", text + page.text)


def test_the_notice_stands_on_top(claimed, settings, tmp_path):
    data = {"web": {"notice": "The data are invented."}, "mail": {"from_address": "n@example.org"}}
    _, text, page = parts(render(claimed(), parse(data, folder=tmp_path), SECRET))
    assert text.index("The data are invented.") < text.index("CIRCLE OF SECURITY")
    assert "The data are invented." in page.text


def test_a_confirmation_asks_and_starts_nothing(session, world, settings, now):
    world(session)
    service.subscribe(
        session,
        settings,
        address="anna@reader.example",
        interventions=["pip"],
        purpose="Tell me.",
        at=now,
    )
    session.flush()
    (one,) = outbox.claim(session, at=now, limit=1, lease_seconds=60)
    message, text, page = parts(render(one, settings, SECRET))
    assert message["Subject"] == "Confirm that you want e-mails from Gap Monitor"
    (link,) = set(page.links)
    assert link in text.splitlines()
    assert verify(SECRET, Purpose.CONFIRM, link.rpartition("/confirm/")[2]) == one.uuid
    for said in (text, page.text):
        assert "Parent–Infant Psychotherapy" in said
        assert "What you agree to: Tell me." in said
    assert message["List-Unsubscribe"]


def test_an_invitation_is_no_list_mail(session, world, settings, now):
    user = world(session).user()
    said = {"name": user.name, "role": user.role.value, "link": "/welcome/abc"}
    queue(session, settings, MessageKind.INVITATION, user.address, context=said, at=now)
    session.flush()
    (one,) = outbox.claim(session, at=now, limit=1, lease_seconds=60)
    message, text, page = parts(render(one, settings, SECRET))
    assert "https://monitor.example.org/welcome/abc" in text.splitlines()
    assert set(page.links) == {"https://monitor.example.org/welcome/abc"}
    assert "as a reviewer" in page.text
    assert message["List-Unsubscribe"] is None
    assert message["Auto-Submitted"] == "auto-generated"


def test_a_link_to_a_private_page_is_mailed_alone(session, world, settings, now):
    world(session)
    links.ask(session, settings, address="Board@Buyer.example", at=now)
    session.flush()
    (one,) = outbox.claim(session, at=now, limit=1, lease_seconds=60)
    message, text, page = parts(render(one, settings, SECRET))
    (link,) = set(page.links)
    assert link in text.splitlines()
    base, _, token = link.rpartition("/mine/open/")
    assert base == "https://monitor.example.org"
    assert verify(SECRET, Purpose.MY_SERVICES, token) == one.uuid
    assert message["To"] == "board@buyer.example"
    assert "Board" not in page.text
    assert message["List-Unsubscribe"] is None, "it is no list"
    for said in (text, page.text):
        assert "for 30 days" in " ".join(said.split())
        assert "nothing is kept" in " ".join(said.split())


@pytest.mark.parametrize("kind", MessageKind)
def test_every_kind_has_its_three_templates(kind):
    found = {path.name for path in (TEMPLATES / kind.value).iterdir()}
    assert found == {"subject.txt", "body.txt", "body.html"}


def test_html_is_fit_for_readers_and_clients(claimed, settings):
    message, _, page = parts(render(claimed(), settings, SECRET))
    html = message.get_body(("html",)).get_content()
    assert html.startswith("<!DOCTYPE html>")
    assert page.tags.count("h1") == 1
    assert '<html lang="en-GB"' in html
    assert html.count("<table") == html.count('<table role="presentation"')
    assert "prefers-color-scheme: dark" in html
    assert not re.search(r"<(img|link|script|svg)\b|url\(", html), "nothing is fetched"
    assert Direction.MIXED.value in page.text


def test_a_contact_stands_in_both_parts_of_a_mail(claimed, settings):
    one = claimed()
    assert "people who run this service" not in parts(render(one, settings, SECRET))[1]
    web = settings.web.model_copy(update={"contact": "gap@council.example"})
    _, text, page = parts(render(one, settings.model_copy(update={"web": web}), SECRET))
    assert "gap@council.example" in text.splitlines()
    assert "mailto:gap@council.example" in page.links


def test_change_what_you_get_is_the_readers_own_link(claimed, settings):
    _, text, _ = parts(render(claimed(), settings, SECRET))
    assert "/choices/" in text.partition("Change what you get:")[2]


def test_a_subject_in_ascii_stands_on_the_line_of_its_name(claimed, settings):
    """Folded before its first word, as the long name was, it is shown with a space before it."""
    one = claimed(title="An invented trial")
    one.content["changes"][0]["name"] = "Theraplay-with-a-name-of-one-word-that-is-quite-long"
    (subject,) = [line for line in headers(render(one, settings, SECRET)) if b"Subject" in line]
    assert subject.startswith(b"Subject: Theraplay-with-a-name-of-one-word")
    assert subject.endswith(b"findings now mixed")
