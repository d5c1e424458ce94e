"""Every mail's two parts say the same facts, and its HTML keeps to what mail programs can do."""

import re
from html.parser import HTMLParser

import mails  # type: ignore[import-not-found]  # on pytest's path
import pytest

from monitor.kernel.settings import parse
from monitor.notify.tables import MessageKind
from monitor.notify.writing.rendering import render, write

SECRET = b"s" * 32
MAILS = mails.every()
# what is drawn is explained where it is drawn; an address stands in the text where a link has words
_MARKS = ("Right is more used.", "right of the middle favours", "wide grey: too small to matter")
_ONLY_SEEN = (
    "see all right middle is more used upper dashed bar result not settled if the button does work "
    "open this address reaches intervention"
)
_FACT = re.compile(r"[−-]?\d[\d,.–]*%?")
_LARGEST = 60_000  # bytes; Gmail cuts a message at 102 kB of HTML
# what Outlook's, Gmail's or Apple's engines do not draw, or fetch
_NEVER = ("script", "img", "link", "form", "input", "svg", "video", "iframe", "object", "button")
_STYLES = re.compile(r"display:\s*(flex|grid)|position:|float:|url\(|@import|@font-face|var\(")


class Html(HTMLParser):
    """The facts of an HTML part: words that are seen, links, headings, tables."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.links: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self._hidden = 0
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.tags.append((tag, given))
        if tag == "a":
            self.links.append(given["href"] or "")
        # the line that a list of mails shows, and what stands in the head
        if (
            self._hidden
            or tag in {"head", "title", "style"}
            or "display:none" in (given.get("style") or "")
        ):
            self._hidden += tag not in {"meta", "br"}

    def handle_endtag(self, tag):
        self._hidden -= bool(self._hidden)

    def handle_data(self, data):
        if not self._hidden:
            self.words.append(data)

    @property
    def text(self):
        said = " ".join("".join(f"{word} " for word in self.words).split())
        for mark in _MARKS:
            said = said.replace(mark, " ")
        return said


def facts(said):
    """Give the figures that are told: counts, dates, intervals."""
    return {fact.rstrip(".,–") for fact in _FACT.findall(said)}


@pytest.fixture
def settings(tmp_path):
    return parse(
        {
            "web": {"public_url": "https://monitor.example.org", "contact": "help@example.org"},
            "mail": {"from_address": "news@example.org"},
        },
        folder=tmp_path,
    )


def test_there_is_one_of_every_kind():
    assert {one.kind for one in MAILS.values()} == set(MessageKind)


@pytest.mark.parametrize("name", MAILS)
def test_both_parts_hold_the_same_facts(name, settings):
    """Numbers, dates, intervals; every word but those of marks; every address."""
    said = write(MAILS[name], settings, SECRET)
    html = Html(said.html)
    links = set(re.findall(r"https?://\S+|[\w.]+@[\w.]+", said.text))
    assert {link.removeprefix("mailto:") for link in html.links} == links
    seen, text = (re.sub(r"https?://\S+", " ", part) for part in (html.text, said.text))
    assert facts(seen) == facts(text)
    shown, told = (set(re.findall(r"\w+", part.lower())) for part in (seen, text))
    assert told - shown <= {"it", "reach", "press"}
    # a button says "see", a mark how it is read, and a link that it can be opened by hand
    assert shown - told <= set(_ONLY_SEEN.split())
    assert said.subject
    assert "\n" not in said.subject


@pytest.mark.parametrize("name", MAILS)
def test_the_html_keeps_to_what_mail_programs_can_do(name, settings):
    claimed = MAILS[name]
    said = write(claimed, settings, SECRET)
    html = Html(said.html)
    assert len(render(claimed, settings, SECRET)) < _LARGEST
    assert not {tag for tag, _ in html.tags} & set(_NEVER)
    assert not _STYLES.search(said.html)
    assert "src=" not in said.html
    assert next(given for tag, given in html.tags if tag == "html")["lang"] == "en-GB"
    assert len([tag for tag, _ in html.tags if tag == "h1"]) == 1
    assert re.search(r"<title>\S[^<]+</title>", said.html)
    tables = [given for tag, given in html.tags if tag == "table"]
    assert all(given.get("role") == "presentation" for given in tables)
    for part in (said.text, said.html):
        assert "{{" not in part
        assert "Undefined" not in part
    assert max(map(len, re.sub(r"https?://\S+", "", said.text).splitlines())) <= 78


def test_the_lead_does_not_repeat_the_table(settings):
    for name in ("digest", "change", "correction"):
        html = write(MAILS[name], settings, SECRET).html
        lead = html.partition("font-size:18px;line-height:27px")[2].partition("</p>")[0]
        lead = lead.lower()
        assert "findings" in lead
        assert "tier" in lead
        for figure in ("studies", "interval", "0.45", "of 10", "the gap moved"):
            assert figure not in lead, (name, figure)


def test_the_subject_tells_the_weightiest_change(settings):
    subject = write(MAILS["digest"], settings, SECRET).subject
    assert subject.startswith("Programme B: tier ")
    assert "favour the comparison" in subject
    assert subject.endswith("; and 2 more changes")
    assert write(MAILS["correction"], settings, SECRET).subject.startswith(
        "Correction: Programme B"
    )
