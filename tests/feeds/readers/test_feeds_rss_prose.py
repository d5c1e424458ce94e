"""Citations that feeds write as prose: which become fields, and which text stays as it is."""

import doctest
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.feeds.readers import rss_document, rss_item, rss_prose
from monitor.feeds.readers.rss_prose import Prose, read
from monitor.feeds.records import Citation, FetchedRecord


def test_the_examples_hold():
    assert doctest.testmod(rss_prose).failed == 0


PUBLISHED, SOURCE = "Publication date: March 2026", "Source: Invented Child Journal, Volume 5"
AUTHORS = "Author(s): Pat Alder, Quin Birch"
NAMES = ("Pat Alder", "Quin Birch")


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        (f"{PUBLISHED}\n\n{SOURCE}\n\n{AUTHORS}", ""),
        (f"{PUBLISHED}\n\n{SOURCE}\n\n{AUTHORS}\n\nWe saw 112 families.", "We saw 112 families."),
        (f"{SOURCE}\n\n{PUBLISHED}\n\n{AUTHORS}", ""),
        (f"{PUBLISHED} {SOURCE} {AUTHORS}", ""),
        (f"Publication date:\n\nMarch 2026\n\n{SOURCE}\n\n{AUTHORS}", ""),
        ("PUBLICATION DATE: March 2026\n\nSOURCE: Invented Child Journal, Volume 5\n\nAuthors: Pat Alder; Quin Birch", ""),
        (f"{PUBLISHED}\n\n{SOURCE}\n\nAuthor(s): Pat Alder and Quin Birch et al.", ""),
        (f"{PUBLISHED}\n\n{SOURCE}\n\nAuthor(s): Pat Alder, PhD, & Quin Birch", ""),
        (f"{PUBLISHED}\n\n{SOURCE}, In Press\n\n{AUTHORS}\n\nSource: a note.", "Source: a note."),
    ],
)  # fmt: skip
def test_labelled_lines_are_fields(text, rest):
    assert read(text) == Prose(
        rest=rest, authors=NAMES, journal="Invented Child Journal", volume="5", year=2026
    )


@pytest.mark.parametrize(
    ("source", "journal", "volume", "issue", "pages"),
    [
        ("Children, Youth and Families, Volumes 5–6, Issue 2", "Children, Youth and Families", "5–6", "2", None),
        ("Inv J, Volume 133, Part B", "Inv J", "133", None, None),
        ("Inv J, Volume 9, Supplement 1, Pages 3-9", "Inv J", "9", None, "3-9"),
        ("Inv J", "Inv J", None, None, None),
        ("Inv J, Volume 9, Issues 3–4, 2026, Pages e1–e9", "Inv J", "9", "3–4", "e1–e9"),
    ],
)  # fmt: skip
def test_where_it_was_published(source, journal, volume, issue, pages):
    found = read(f"{PUBLISHED}\n\nSource: {source}")
    assert (found.journal, found.volume, found.issue, found.pages) == (
        journal,
        volume,
        issue,
        pages,
    )


@pytest.mark.parametrize(
    ("written", "year", "day"),
    [
        ("Available online 17 March 2026", 2026, date(2026, 3, 17)), ("15 September 2026", 2026, date(2026, 9, 15)),
        ("March–April 2026", 2026, None), ("Spring 2026", 2026, None), ("2026", 2026, None),
        ("soon", None, None), ("31 February 2026", 2026, None),
    ],
)  # fmt: skip
def test_when_it_was_published(written, year, day):
    found = read(f"Publication date: {written}\n\n{SOURCE}")
    assert (found.year, found.published, found.rest) == (year, day, "")


def test_no_authors_are_none_and_take_no_line():
    found = read(f"{PUBLISHED}\n\n{SOURCE}\n\nAuthor(s):\n\nAn abstract.")
    assert (found.authors, found.rest) == ((), "An abstract.")


@pytest.mark.parametrize(
    ("line", "journal", "issue", "pages"),
    [
        ("Inv J, Volume 46, Issue 2, Page 101-110, March 2026.", "Inv J", "2", "101-110"),
        ("Volume 46, Issue 3, May 2026, Page 1-10.", None, "3", "1-10"),
    ],
)
def test_a_line_above_an_abstract_is_a_citation(line, journal, issue, pages):
    found = read(f"{line}\n\nAn abstract.")
    assert (found.rest, found.volume, found.year) == ("An abstract.", "46", 2026)
    assert (found.journal, found.issue, found.pages) == (journal, issue, pages)


@pytest.mark.parametrize(
    "text",
    [
        "", "An abstract.", "Publication date: soon.\n\nWe saw.", "Source: our own data. We saw",
        "Authors: who are they?\n\nText", "Aim: x\n\nSource: y\n\nPublication date: z", "Chaos, Volume 2",
        "We measured Volume 5, Issue 2, and more.", "Chapter, Volume 5, in the library of March 2026",
    ],
)  # fmt: skip
def test_other_prose_stays(text):
    assert read(text) == Prose(text)


@given(st.text(max_size=300), st.sampled_from(["", PUBLISHED, f"{PUBLISHED}\n\n{SOURCE}\n\n"]))
def test_any_text_is_read_without_harm(text, before):
    assert len(read(before + text).rest) <= len(before + text)


def _said(description: str, more: str = "") -> Citation:
    body = (
        '<rss version="2.0" xmlns:prism="http://prismstandard.org/namespaces/basic/2.0/"'
        ' xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>J</title><item>'
        f"<title>Theraplay for families</title><description><![CDATA[{description}]]></description>"
        f"<guid>https://pub.example/pii/S0000000026000012</guid>{more}</item></channel></rss>"
    )
    (item,) = rss_document.read(body.encode(), None)
    record = rss_item.read(item, date(2026, 11, 23))
    assert isinstance(record, FetchedRecord)
    return record.citation


DESCRIPTION = f"<p>{PUBLISHED}</p><p><b>Source:</b> Inv J, Volume 5</p><p>{AUTHORS}</p>"


def test_a_feeds_own_fields_count_first_and_its_prose_is_no_abstract():
    said = _said(DESCRIPTION)
    assert (said.abstract, said.authors, said.journal) == (None, NAMES, "Inv J")
    assert (said.year, said.volume, said.published) == (2026, "5", None)
    more = "<prism:volume>6</prism:volume><dc:creator>Rae Cedar</dc:creator>"
    said = _said(DESCRIPTION, more)
    assert (said.volume, said.authors) == ("6", ("Rae Cedar",))


def test_a_year_far_ahead_is_not_believed():
    said = _said(DESCRIPTION.replace("2026", "2099"))
    assert said.year is None


@pytest.mark.parametrize(
    ("written", "authors"),
    [
        ("Alder, P., Birch, Q. A.", ("Alder, P.", "Birch, Q. A.")),
        ("Alder, Pat; Birch, Quin", ("Alder, Pat", "Birch, Quin")),
        ("Pat Alder, Q. Birch", ("Pat Alder", "Q. Birch")),
    ],
)
def test_a_family_name_is_no_author_beside_its_initials(written, authors):
    text = f"Publication date: March 2026\n\nSource: J Inv, Volume 3\n\nAuthor(s): {written}"
    assert read(text).authors == authors


def test_a_part_is_of_the_journals_name_before_a_volume_and_of_the_volume_behind_it():
    dated = "Publication date: May 2026\n\nSource: {}\n\nAuthor(s): A Bo"
    named = rss_prose.read(dated.format("Invented Letters, Part B, Volume 5, Issue 2"))
    assert (named.journal, named.volume, named.issue) == ("Invented Letters, Part B", "5", "2")
    assert (
        rss_prose.read(dated.format("Invented Letters, Part B")).journal
        == "Invented Letters, Part B"
    )
    behind = rss_prose.read(dated.format("Invented Letters, Volume 5, Part B"))
    assert (behind.journal, behind.volume) == ("Invented Letters", "5")
