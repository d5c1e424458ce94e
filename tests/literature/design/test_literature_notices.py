"""What makes a record a notice, and what a title says of one. A word alone never does."""

import csv
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.feeds.records import Citation, Identifier, Link, LinkKind
from monitor.literature.dedup.fingerprint import fingerprint
from monitor.literature.dedup.verdict import judge
from monitor.literature.design import notices
from monitor.literature.design.notices import NoticeKind

CASES = list(
    csv.DictReader(Path(__file__).with_name("notice_cases.csv").read_text("utf-8").splitlines())
)
TITLE = "Theraplay in invented nurseries, an example randomised trial"
OTHER = Identifier("doi", "10.5555/other")
PAPER = Citation(
    title=TITLE,
    authors=("Example A", "Other B"),
    journal="Journal of Invented Trials",
    year=2020,
    volume="3",
    pages="11-19",
)


@pytest.mark.parametrize("case", CASES, ids=[one["title"][:60] for one in CASES])
def test_a_title_is_read_as_it_was_written(case):
    said = notices.read_title(case["title"])
    assert (said.kind or ("marked" if said.marked else "none")) == case["kind"]


def test_what_a_notice_is_about_is_its_title_alone():
    named = [one for one in CASES if one["kind"] != "none"]
    titles = [one["title"] for one in named if "An invented trial" in one["title"]]
    about = {notices.read_title(title).about for title in titles}
    assert about <= {
        "An invented trial",
        "Example A. An invented trial",
        "An invented trial: Robustness of outcome",
        "An invented trial of a service",
    }


@given(st.text(max_size=300), st.sampled_from(["", "Correction ", "Retraction of ", "(" * 60]))
def test_any_title_can_be_read(text, before):
    said = notices.read_title(before + text)
    assert not (said.kind and said.marked)


@given(st.text(alphabet="([0123 )]abc“”", max_size=1000))
def test_brackets_without_end_cost_no_time(text):
    notices.read_title("Correction to: " + text)


@pytest.mark.parametrize(
    ("changed", "kind"),
    [
        ({"links": (Link(LinkKind.RETRACTS, OTHER),)}, NoticeKind.RETRACTION),
        ({"links": (Link(LinkKind.CONCERN_FOR, OTHER),)}, NoticeKind.CONCERN),
        ({"links": (Link(LinkKind.UPDATES, OTHER),)}, None),  # a review's new version
        ({"links": (Link(LinkKind.RETRACTED_BY, OTHER),)}, None),
        ({"publication_types": ("Published Erratum",)}, NoticeKind.CORRECTION),
        ({"publication_types": ("Comment", "Letter")}, None),
        ({"publication_types": ("Editorial",)}, None),
        (
            {
                "publication_types": ("Corrected and Republished Article",),
                "links": (Link(LinkKind.CORRECTS, OTHER),),
            },
            None,
        ),
        ({"title": f"Erratum: {TITLE}"}, NoticeKind.CORRECTION),
        ({"title": f"RETRACTED: {TITLE}"}, None),
        # a journal that calls its notices so
        (
            {"title": f"Retracted: {TITLE}", "links": (Link(LinkKind.RETRACTS, OTHER),)},
            NoticeKind.RETRACTION,
        ),
    ],
)
def test_links_go_first_then_types_then_the_title(changed, kind):
    assert notices.notice_kind(replace(PAPER, **changed)) is kind


def test_a_publisher_that_writes_the_retraction_into_the_papers_own_record_makes_no_notice():
    own = replace(
        PAPER,
        title=f"RETRACTED: {TITLE}",
        identifiers=(OTHER,),
        links=(Link(LinkKind.RETRACTS, OTHER),),
    )
    assert not notices.is_notice(own)
    assert list(notices.statements(own)) == [("retracted by", "doi", "10.5555/other")]


@pytest.mark.parametrize(
    "marked",
    [
        {"title": f"WITHDRAWN: {TITLE}"},
        {"title": f"{TITLE} (Retracted article. See vol. 4, pg. 1, 2021)"},
        {"publication_types": ("Retracted Publication",)},
    ],
)
def test_a_paper_that_is_marked_says_so_of_itself(marked):
    assert list(notices.statements(replace(PAPER, **marked))) == [("retracted", "", "")]


def test_a_retracted_paper_is_the_same_paper_as_its_earlier_record():
    marked = replace(PAPER, title=f"RETRACTED: {TITLE}")
    assert judge(marked, PAPER).verdict == "same"


def test_a_notice_is_never_its_paper_and_is_shown_to_a_person():
    notice = replace(PAPER, title=f"Correction to: {TITLE}")
    found = judge(notice, PAPER)
    assert (found.verdict, found.reason) == (
        "doubtful",
        "same title, but one of them is a notice of correction",
    )
    assert fingerprint(notice).is_notice


def test_a_correction_and_a_retraction_of_one_paper_are_two_notices():
    one, other = (replace(PAPER, title=f"{word}: {TITLE}") for word in ("Correction", "Retraction"))
    assert judge(one, other).verdict == "different"
