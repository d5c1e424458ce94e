"""A memo on paper: one sheet of A4, however much it says, with a mark beside each line of trials."""

import io
from datetime import date

import pytest
from flask import render_template
from pypdf import PdfReader

from monitor.gap.memos.sheets import (
    Block,
    DrawnInterval,
    Sheet,
    SheetStatement,
    SheetTable,
    StatementLine,
)
from monitor.web.app import create_app
from monitor.web.public.shown.label_marks import of_interval

SENTENCE = "An invented sentence about what trials of one intervention show, and how sure that is. "
MOST = {
    "point": 450,
    "paragraph": 330,
    "line": 210,
    "cell": 150,
    "name": 90,
}  # as monitor/gap/memos/memo.py cuts them


def sheet(share: float) -> Sheet:
    """A memo that fills so much of the room each of its parts has at most."""

    def said(kind: str) -> str:
        length = int(MOST[kind] * share)
        return (SENTENCE * 6)[:length]

    drawn = DrawnInterval(0.9, -0.2, 1.74, 0.2, settled=False)
    rows = tuple((said("name"), said("cell"), said("name")[:60]) for _ in range(7))
    return Sheet(
        about="Example programme", on=date(2026, 11, 23), address="https://monitor.example.org/memo",
        promise="it goes on", title=said("paragraph")[:150], lead=said("name"), caution=said("name"),
        blocks=(
            Block("What changed", (said("point"),) * 2, half=True),
            Block("How sure", (said("paragraph"),) * 6, half=True),
            Block("Use, and the gap", (said("point"),)),
            Block("What it takes", table=SheetTable("What it takes", ("What", "Known", "Source"), rows)),
            Block("What it means", points=(said("paragraph"),) * 2, half=True),
            Block("What would change the verdict", points=(said("point"),) * 5, half=True),
        ),
        foot=said("point"),
        statements=(
            SheetStatement("How much is known", "Strong", "10–19 studies counted.", ("full",) * 3),
            SheetStatement("What the 2023 review said", "Generally positive", "Of its whole tier."),
            SheetStatement("What trials since show", "Not settled", said("cell"), (), (StatementLine(said("line"), drawn),) * 3),
        ),
    )  # fmt: skip


@pytest.mark.usefixtures("arial")
def test_however_much_a_memo_says_one_page_holds_it(site, open_browser):
    page, app = open_browser(width=1100), create_app(site.world.service)
    page.goto(f"{site.address}/accessibility")
    steps = set()
    for share in (0.3, 0.5, 0.6, 0.7, 0.85, 1.0):
        told = sheet(share)
        steps.add(told.crowded)
        with app.test_request_context():
            html = render_template(
                "public/memo.html", sheet=told, drawn=of_interval, back=("/", "Back"), as_pdf="/", of_day="/"
            )  # fmt: skip
        page.set_content(html)
        page.wait_for_load_state("networkidle")
        style = "getComputedStyle(document.querySelector('.gm-shown .gm-lab')).display"
        assert page.evaluate(style) == "block", "the styles are there"
        printed = PdfReader(io.BytesIO(page.pdf(format="A4", prefer_css_page_size=True)))
        assert len(printed.pages) == 1, f"{share:.0%} of all there may be, step {told.crowded}"
    assert steps >= {0, 4}
