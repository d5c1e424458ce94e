"""Memos: one sheet of what page and mail say, as a page and as a PDF that is read back."""

import html
import io
import re
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from processors import (  # type: ignore[import-not-found]  # tests/support is on pytest's path
    assert_leaves_the_pages_processor,
    told_apart,
)
from pypdf import PdfReader
from trials_with_effects import (  # type: ignore[import-not-found]  # tests/support is on pytest's path
    CONCERNS,
    counted,
    result,
    sign,
    smd,
    trial,
)

from monitor.catalogue.words import FindingDirection, ResultClass
from monitor.gap.meaning import caution, meaning
from monitor.gap.memos.sheets import (
    Block,
    DrawnInterval,
    Sheet,
    SheetStatement,
    SheetTable,
    StatementLine,
    cut,
)
from monitor.web.public.memos.glyphs import drawable
from monitor.web.public.memos.pdf import pdf
from monitor.web.public.shown.label_marks import of_interval

NORTH = {"name": "Łódź {{7*7}} team", "group": "", "interventions": ["ddp", "icp"], "families-ddp": "60"}  # fmt: skip
FAR = DrawnInterval(-1.4, -3.0, -1.1, 0.2, settled=True)  # no part of it on the scale
HOSTILE = "=1+1 #let x = {{7*7}} $a$ \\ \n\u202eliam\u202c <b> *b* שלום محمد Zoë 😀 漢"


def text(page) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page.text)).split())


def read(made: bytes) -> PdfReader:
    return PdfReader(io.BytesIO(made))


def words(made: bytes) -> str:
    return " ".join(" ".join(page.extract_text() for page in read(made).pages).split())


def filled(word: str, times: int = 1) -> Sheet:
    """A sheet that says one thing everywhere."""
    said = " ".join([word] * times)
    return Sheet(
        said, date(2026, 11, 23), "https://monitor.example.org/x", said, said, said, said,
        (
            Block(said, (said,), (said, said), half=True),
            Block(said, (said,), half=True),
            Block(said, table=SheetTable(said, (said, said, said), ((said, said, said),))),
        ),
        said,
        (SheetStatement(said, said, said, ("full", "open", "empty"), (StatementLine(said, FAR), StatementLine(said))),),
    )  # fmt: skip


def test_every_memo_is_one_tagged_page_with_its_fonts_in_it(client, catalogue):
    for one in catalogue.interventions:
        answer = client.get(f"/interventions/{one.slug}/memo/2026-11-23/memo.pdf")
        assert (answer.status_code, answer.content_type) == (200, "application/pdf")
        assert f'filename="{one.slug}-memo-2026-11-23.pdf"' in answer.headers["Content-Disposition"]
        made = read(answer.data)
        assert len(made.pages) == 1
        assert made.pages[0].mediabox[2:] == pytest.approx([595.276, 841.89], abs=0.01)
        root: Any = made.trailer["/Root"]
        assert root["/Lang"] == "en-GB"
        assert root["/MarkInfo"]["/Marked"]
        assert "/StructTreeRoot" in root
        assert "pdfuaid" in root["/Metadata"].get_object().get_data().decode()
        assert str(made.metadata and made.metadata.title).startswith(f"{one.name}: the tier is ")
        resources: Any = made.pages[0]["/Resources"]
        fonts = resources["/Font"].values()
        assert fonts
        for font in fonts:
            inside = font.get_object()["/DescendantFonts"][0].get_object()["/FontDescriptor"]
            assert {"/FontFile2", "/FontFile3"} & set(inside.get_object())


def test_the_memo_says_what_the_page_says_and_what_nobody_knows(client, catalogue, published):
    from monitor.gap import queries as gap

    with published.read() as session:
        state = gap.state(session, "vipp")
    page = text(client.get("/interventions/vipp"))
    memo = text(client.get("/interventions/vipp/memo"))
    pdf_words = words(client.get("/interventions/vipp/memo/2026-11-23/memo.pdf").data)
    told = catalogue.context("vipp")
    for sentence in (
        meaning(state).lead,
        meaning(state).buying,
        meaning(state).choosing,
        caution(state.tier),
    ):
        assert sentence in page
        assert sentence in memo
        assert sentence in pdf_words
    for said in (memo, pdf_words):
        assert "Nothing has changed since the 2023 review." in said
        assert told.deliverer.words in said
        assert re.search(
            r"[Cc]ost of switching (Known )?Not known to us (Source, date )?No source", said
        )
        assert "/interventions/vipp/memo/2026-11-23" in said
        assert "There is no tier above strong" in said or "more sound randomised trial" in said
        assert catalogue.review.doi in said


def test_each_other_rating_says_of_which_variant_it_is(client, catalogue):
    for one in catalogue.interventions:
        said = text(client.get(f"/interventions/{one.slug}/memo"))
        shown = [each for each in one.ratings if each.rating][:4]
        for each in shown:
            where = f" ({each.country})" if each.country else ""
            of = f": {each.variant}" if each.variant else ""
            assert f"{each.body}{where}{of}"[:80] in said


def test_a_day_goes_on_showing_how_things_stood(client, evidence, clock):
    clock.advance(days=1)
    evidence.decided("cos")
    clock.advance(days=1)
    evidence.decided("cos", direction=FindingDirection.MIXED)
    clock.advance(days=1)
    first = text(client.get("/interventions/cos/memo/2026-11-23"))
    assert "Nothing has changed since the 2023 review." in first
    assert "the findings are generally positive" in first
    second = client.get("/interventions/cos/memo/2026-11-24")
    assert "24 November 2026: findings moved from generally positive" in text(second)
    assert "25 November 2026:" not in text(second)
    now = text(client.get("/interventions/cos/memo"))
    assert "25 November 2026:" in now
    assert "suggested, not confirmed" in now
    assert "independent of the developers." in now
    assert "nobody had confirmed it by then" in text(second)


@pytest.mark.parametrize("ending", ["", "/memo.pdf"])
@pytest.mark.parametrize(
    ("place", "sentence"),
    [
        ("nope/memo/2026-11-23", "nope"),
        ("cos/memo/yesterday", "There is no such day: write it as 2026-11-20"),
        ("cos/memo/2026-02-30", "There is no such day"),
        ("cos/memo/2026-11-24", "24 November 2026 has not come yet: choose 23 November 2026"),
        ("cos/memo/2021-05-01", "Circle of Security was entered here on 23 November 2026"),
    ],
)
def test_a_memo_that_cannot_be_says_why(client, place, sentence, ending):
    page = client.get(f"/interventions/{place}{ending}")
    assert page.status_code == 404
    assert sentence in text(page)


def test_a_memo_that_a_reader_has_is_not_sent_again(client):
    path = "/interventions/cos/memo/2026-11-23/memo.pdf"
    tag = client.get(path).headers["ETag"]
    again = client.get(path, headers={"If-None-Match": tag})
    assert (again.status_code, again.data) == (304, b"")


def test_names_of_any_script_are_drawn_and_read_back_and_no_word_is_code():
    said = words(pdf(filled(HOSTILE)))
    for part in ("{{7*7}}", "#let x =", "$a$", "<b>", "*b*", "Zoë", "😀", "[U+6F22]"):
        assert part in said
    assert "\u202e" not in said
    assert "49" not in said
    # right to left: read back as it is drawn, letter by letter
    assert {"שלום", "םולש"} & set(said.split())


@given(st.text(max_size=60))
@settings(max_examples=25, deadline=None)
def test_any_text_makes_one_page(word):
    assert len(read(pdf(filled(f"x{word}", 3))).pages) == 1


@told_apart
def test_other_pages_keep_their_processor_while_a_sheet_is_set():
    assert_leaves_the_pages_processor(lambda: pdf(filled("An invented sentence.", 3)))


def test_a_sheet_is_one_page_however_much_it_says():
    assert len(read(pdf(filled("An invented sentence of some length.", 3))).pages) == 1
    assert cut("Wort" * 100, 20) == "WortWortWortWortWor…"
    assert drawable("a\u0301") == "á"


def test_each_line_of_what_trials_show_has_its_mark_and_its_words(client, evidence):
    readings = (
        trial("cos", result(smd(0.02, 300)), result(sign(-1), kind=ResultClass.HARM, outcome="Distress", measure="", key="r2")),
        trial("cos", result(smd(0.9, 12), kind=ResultClass.PROXIMAL, outcome="Sensitivity", measure="", risk=CONCERNS)),
    )  # fmt: skip
    for reading in readings:
        counted(evidence, "cos", reading)
    page = client.get("/interventions/cos/memo")
    made = client.get("/interventions/cos/memo/2026-11-23/memo.pdf").data
    assert len(read(made).pages) == 1
    for said in (text(page), words(made)):
        assert "Little or no difference" in said
        assert "0.02 (−0.14 to 0.18)" in said
        assert "Right of the line favours COS; band: too small to matter; arrow: it goes on" in said
    third = page.text.partition("What trials since then show")[2].partition("</dl>")[0]
    lines = re.findall(r'<p class="gm-shown">(.*?)</p>', third, re.DOTALL)
    assert ["<svg" in line for line in lines] == [True, True, False], "of a sign no size is known"
    assert lines[1].count("aria-hidden") == 1
    assert "size not known" in lines[2]
    assert (
        "<svg" not in client.get("/interventions/vipp/memo").text.partition("trials since then")[2]
    )


def test_a_mark_shows_where_an_interval_goes_on_and_no_estimate_where_there_is_none():
    inside = of_interval(DrawnInterval(0.1, -0.2, 0.4, 0.2, settled=False))
    (line,) = inside.lines
    assert (line.low, line.at, line.high) == pytest.approx((60.4, 82.3, 104.2))
    assert not inside.settled
    leaving = of_interval(DrawnInterval(0.9, 0.3, 1.5, 0.2, settled=True)).lines[0]
    assert (leaving.cut_low, leaving.cut_high, leaving.high) == (False, True, 148.0)
    assert leaving.at is not None
    far = of_interval(FAR).lines[0]
    assert (far.outside, far.cut_low, far.cut_high, far.at) == (True, True, False, None)


@given(st.lists(st.floats(-4, 4), min_size=3, max_size=3))
def test_a_mark_keeps_to_its_scale_whatever_it_draws(values):
    low, estimate, high = sorted(values)
    (line,) = of_interval(DrawnInterval(estimate, low, high, 0.2, settled=True)).lines
    assert 2 <= line.low <= line.high <= 148
    assert line.at is None or line.low <= line.at <= line.high
    assert (line.cut_low or line.cut_high) == DrawnInterval(
        estimate, low, high, 0.2, settled=True
    ).leaves


@pytest.fixture
def opened(app, published, post):
    """A view of an address of its own, with one service in it."""
    from sqlalchemy import select

    from monitor.notify.readers import tokens
    from monitor.notify.tables import Message, MessageKind

    browser = app.test_client()
    post(browser, "/my-services", {"email": "board@buyer.example"})
    with published.read() as session:
        uuid = session.scalars(
            select(Message.uuid).where(Message.kind == MessageKind.MY_SERVICES)
        ).one()
    token = tokens.my_services_token(app.extensions["monitor"].secret, uuid)
    assert post(browser, f"/mine/open/{token}", {}).status_code == 303
    return browser


def test_the_memo_of_ones_own_services_is_ones_own(app, client, opened, post):
    assert "No service is entered" in text(opened.get("/mine/memo"))
    assert words(opened.get("/mine/memo.pdf").data).startswith("Gap Monitor Memo for a meeting")
    post(opened, "/mine/services/new", NORTH)
    page, made = opened.get("/mine/memo"), opened.get("/mine/memo.pdf")
    for answer in (page, made):
        assert answer.status_code == 200
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert "ETag" not in answer.headers
    assert len(read(made.data).pages) == 1
    for said in (text(page), words(made.data)):
        assert "You buy 2 of the 3 under-researched" in said
        assert "Łódź {{7*7}} team" in said
        assert "1 of 1; 60 families" in said
        assert "1 of 1; families not known" in said
        assert "Nothing has changed since the 2023 review in what you buy." in said
    stranger = app.test_client()
    for path in ("/mine/memo", "/mine/memo.pdf"):
        assert stranger.get(path).location == "/my-services"
    assert "Łódź" not in client.get("/interventions/ddp/memo").text
