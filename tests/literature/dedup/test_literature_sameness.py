import dataclasses
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.feeds.records import Citation, Identifier
from monitor.literature.dedup.fingerprint import fingerprint
from monitor.literature.dedup.journals import same_journal
from monitor.literature.dedup.title_likeness import Titles, edits, relation
from monitor.literature.dedup.verdict import judge

TITLE = "An invented trial of parenting in the town of Nowhere"
ONE = Citation(
    title=TITLE,
    authors=("Doe JA", "Roe B", "Invented Trial Group"),
    journal="Infant Mental Health Journal",
    year=2024,
    volume="45",
    issue="2",
    pages="123-137",
)


def differing(**fields):
    return dataclasses.replace(ONE, **fields)


def doi(value):
    return Identifier("doi", value)


SAME = {
    "a copy": differing(),
    "capitals and a full stop": differing(title=TITLE.upper() + "."),
    "a note of the database": differing(title=TITLE + ". [Review] [45 refs]"),
    "a note cut off": differing(
        title=TITLE + ".[Erratum appears in Invented J. 2025;1(2):3 Note: Ro"
    ),
    "mark-up": differing(title=TITLE.replace("trial", "<i>trial</i>")),
    "printed a year after": differing(year=2025),
    "an abbreviated journal": differing(journal="Infant Ment Health J"),
    "the end of the range shortened": differing(pages="123-37"),
    "one page of the range": differing(pages="129", volume=None),
    "first names": differing(authors=("Jane A. Doe", "Bo Roe")),
    "authors in one text": differing(authors=("Doe, Jane A. and Roe, Bo",)),
    "families without a space": differing(authors=("Doe J. A.Roe B.",)),
    "no authors": differing(authors=()),
    "no pages": differing(pages=None),
    "no journal, volume and pages": Citation(title=TITLE, authors=("J. Doe", "B. Roe"), year=2024),
    "a journal's other name": differing(journal="Zeitschrift für Erfundenes"),
    "a garbled volume": differing(volume="2)"),
    "volume with issue": differing(volume="45 (2)", issue=None),
    "a slip of the pen": differing(title=TITLE.replace("parenting", "parentng")),
    "a subtitle, on the same pages": differing(title=TITLE + ": a comparative study"),
    "a wrong year, in the same place": differing(year=2019),
}


@pytest.mark.parametrize("other", SAME.values(), ids=SAME.keys())
def test_one_paper_however_written(other):
    assert judge(ONE, other).verdict == "same"
    assert judge(other, ONE) == judge(ONE, other)


APART = {
    "another page and volume": differing(pages="77-90", volume="44"),
    "another page": differing(pages="77-90"),
    "another journal": differing(journal="Child Development", volume=None, pages=None),
    "years later": differing(year=2020, pages=None, volume=None),
    "other authors": differing(authors=("Poe C", "Coe D"), pages=None),
    "the next part": differing(title=TITLE + ". Part II", pages=None),
    "a protocol": differing(title=TITLE + ": study protocol"),
    "a correction": differing(title="Correction: " + TITLE, pages=None),
    "a reply": differing(title="Reply to: " + TITLE, pages="138"),
    "a registration": differing(publication_types=("Clinical trial registration",)),
    "a preprint": differing(journal="medRxiv", volume=None, pages=None),
    "fathers for mothers": differing(title=TITLE.replace("parenting", "fathers"), pages="123"),
    "nothing but a title": Citation(title=TITLE),
    "another PMID": differing(identifiers=(Identifier("pmid", "2"),)),
    "no title to speak of": differing(title="[]"),
}


@pytest.mark.parametrize("other", APART.values(), ids=APART.keys())
def test_what_contradicts_is_never_the_same(other):
    one = dataclasses.replace(ONE, identifiers=(Identifier("pmid", "1"),))
    assert judge(one, other).verdict != "same"
    assert judge(other, one) == judge(one, other)


def test_an_identifier_decides_where_the_titles_agree():
    one = differing(identifiers=(doi("10.1/x"),), pages=None, journal=None, year=None)
    other = Citation(title=TITLE, identifiers=(doi("10.1/x"),))
    assert judge(one, other).verdict == "same"
    assert judge(one, other).reason == "same DOI, same title"


def test_one_identifier_for_two_papers_is_doubted():
    one = differing(identifiers=(doi("10.1/x"),))
    other = Citation(
        title="Quite another matter, told at length elsewhere",
        identifiers=(doi("10.1/x"),),
        authors=("Poe C",),
        year=2019,
    )
    assert judge(one, other).verdict == "different"
    assert judge(one, dataclasses.replace(other, authors=ONE.authors)).verdict == "doubtful"


def test_a_supplements_doi_does_not_make_its_abstracts_one():
    one = differing(title="Poster", identifiers=(doi("10.1/suppl"),), pages="S12")
    other = dataclasses.replace(one, pages="S14")
    assert judge(one, other).verdict == "doubtful"


def test_a_second_doi_is_doubted_save_in_the_very_same_place():
    one = differing(identifiers=(doi("10.1/x"),))
    assert judge(one, differing(identifiers=(doi("10.1/y"),))).verdict == "same"
    update = differing(identifiers=(doi("10.1/y"),), issue="3")
    assert judge(one, update).verdict == "doubtful"


@pytest.mark.parametrize("title", ["Editorial", "Reply to the authors", "Introduction", "Foreword"])
@pytest.mark.parametrize(
    "change", [{"issue": "3"}, {"volume": "46", "year": 2025}, {"authors": ("Poe C",)}]
)
def test_editorials_of_one_title_are_several(title, change):
    one = differing(title=title, pages=None)
    assert judge(one, dataclasses.replace(one, **change)).verdict != "same"
    paged = differing(title=title, pages="3")
    assert judge(paged, dataclasses.replace(paged, pages="7", **change)).verdict != "same"


def test_two_replies_in_one_issue_are_two():
    one = differing(title="Authors' reply", pages=None)
    assert judge(one, one).verdict == "doubtful"
    assert (
        judge(differing(title="Authors' reply"), differing(title="Authors' reply")).verdict
        == "same"
    )


@pytest.mark.parametrize(
    ("title", "verdict"),
    [
        ("Abstracts of the Invented Meeting", "same"),
        ("INVENTED 2024 Abstracts", "same"),
        ("News in brief", "different"),
        ("Letters to the editor of a journal", "different"),
    ],
)
def test_without_authors_and_pages_only_what_an_issue_has_once_is_one(title, verdict):
    one = differing(title=title, authors=(), pages=None)
    assert judge(one, differing(title=title + ".", authors=(), pages=None)).verdict == verdict
    assert judge(one, dataclasses.replace(one, issue="3")).verdict == "different"


def test_an_update_of_a_review_is_doubted():
    one = differing(volume=None, issue="4", pages="CD002020", journal="Cochrane Database Syst Rev")
    assert judge(one, dataclasses.replace(one, issue="2", year=2025)).verdict == "doubtful"
    assert judge(one, one).verdict == "same"


def test_chapters_of_one_title_are_several():
    one = differing(title="Introduction", journal="Handbook of Invented Attachment", volume=None)
    assert judge(one, dataclasses.replace(one, pages="201-215")).verdict != "same"
    bare = dataclasses.replace(one, pages=None, issue=None)
    assert judge(bare, dataclasses.replace(bare, authors=("Doe JA", "Poe C"))).verdict != "same"


def test_a_long_editorial_title_is_one_only_in_one_place():
    one = differing(title="Editorial: looking back on an invented year of parenting", pages=None)
    assert judge(one, dataclasses.replace(one, volume="46", issue="1", year=2025)).verdict != "same"
    assert judge(one, one).verdict == "same"


def test_the_reason_says_what_agrees_and_what_does_not():
    assert judge(ONE, ONE).reason == "same title; authors, year, journal, volume and pages agree"
    other = differing(pages="77-90", volume="44")
    assert judge(ONE, other).reason == "same title, but volume and pages differ"


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("Infant Mental Health Journal", "Infant Ment Health J", True),
        ("The BMJ (Clinical research ed.)", "BMJ", True),
        ("Proceedings of the National Academy of Sciences", "Proc Natl Acad Sci", True),
        ("PNAS", "Proceedings of the National Academy of Sciences", True),
        ("Drugs & Aging", "Drugs and Aging", True),
        ("Heart. Conference: An Invented Meeting", "Heart", True),
        ("Cancer", "Cancer Research", None),
        ("Stroke", None, None),
        ("Stroke", "Brain Injury", False),
    ],
)
def test_journals(one, other, expected):
    assert same_journal(one or "", other or "") is expected
    assert same_journal(other or "", one or "") is expected


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("a b c", "a b c", Titles.EQUAL),
        ("randomised trial of coaching", "randomized trial of coaching", Titles.SPELLING),
        ("coaching for hypotension in care", "coaching for hypertension in care", Titles.DIVIDED),
        ("a trial of coaching part 1", "a trial of coaching part 2", Titles.DIVIDED),
        ("a trial of coaching in care", "a trial of coaching in care protocol", Titles.PARTED),
        ("levels of p16 in 40 carers of it", "levels of p6 in 40 carers of it", Titles.PARTED),
        ("coaching in 10 towns at home", "coaching in towns at home", Titles.PARTED),
        ("a trial of coaching at home", "a trial of coaching at home in winter", Titles.EXTENDED),
        ("coaching of carers at home", "coaching of nurses at home", Titles.DIVIDED),
        ("coaching of carers at home", "coaching of young carers at home", Titles.ALIKE),
        ("coaching", "surgery", Titles.OTHER),
        ("", "", Titles.OTHER),
    ],
)
def test_titles(one, other, expected):
    assert relation(one.split(), other.split()) is expected
    assert relation(other.split(), one.split()) is expected


@pytest.mark.parametrize(
    ("raw", "first", "last"),
    [
        ("123-30", "123", "130"),
        ("123–130", "123", "130"),
        ("S417-S429", "s417", "429"),
        ("100A-101A", "100a", "101"),
        ("e24083", "e24083", ""),
        ("1-17", "", "17"),
        ("Suppl-48", "", "48"),
        ("215 p", "", ""),
        ("(no pagination)", "", ""),
        ("²³", "", ""),
    ],
)
def test_pages(raw, first, last):
    pages = fingerprint(differing(pages=raw)).pages
    assert (pages.first, pages.last) == (first, last)


@pytest.mark.parametrize(
    ("raw", "volume"),
    [("29 (7)", "29"), ("61 (Supplement 1)", "61"), ("1)", ""), ("Suppl 3", ""), ("Vol. 07", "7"),
     ("Journal of things. 69", "69"), ("Ph.D.", "")],
)  # fmt: skip
def test_volumes(raw, volume):
    assert fingerprint(differing(volume=raw)).volume == volume


@pytest.mark.parametrize(
    "title",
    ["[Review of attachment therapies in Nowhere]", "[Corrected figures for Nowhere]"],
)
def test_a_translated_title_in_brackets_is_no_note(title):
    assert (
        fingerprint(Citation(title=title + ". [Russian]")).squeezed
        == fingerprint(Citation(title=title)).squeezed
    )
    assert fingerprint(Citation(title=title)).squeezed


def test_a_language_in_a_title_stays():
    german, italian = (
        fingerprint(Citation(title=f"The invented scale ({language} version)"))
        for language in ("German", "Italian")
    )
    assert german.squeezed != italian.squeezed


ANYTHING = st.text(max_size=60)
WORDS = st.lists(
    st.sampled_from(
        [
            "an",
            "invented",
            "trial",
            "of",
            "coaching",
            "carers",
            "at",
            "home",
            "part",
            "2",
            "in",
            "Nowhere",
        ]
    ),
    max_size=9,
).map(" ".join)
CITATIONS = st.builds(
    Citation,
    title=WORDS | ANYTHING,
    authors=st.lists(st.sampled_from(["Doe JA", "Roe, Bo", "Li W", ""]) | ANYTHING, max_size=3).map(tuple),
    journal=st.none() | st.sampled_from(["Stroke", "Infant Ment Health J"]) | ANYTHING,
    year=st.none() | st.integers(2019, 2022),
    volume=st.none() | st.sampled_from(["3", "3 (1)", "1)"]) | ANYTHING,
    issue=st.none() | st.sampled_from(["1", "Suppl 1"]) | ANYTHING,
    pages=st.none() | st.sampled_from(["12-30", "S12", "e103114", "1-9"]) | ANYTHING,
    identifiers=st.lists(
        st.builds(Identifier, st.sampled_from(["doi", "pmid", "nct"]), st.sampled_from("12")), max_size=2
    ).map(tuple),
    publication_types=st.sampled_from([(), ("Letter",), ("Published Erratum",)]),
)  # fmt: skip


@given(CITATIONS, CITATIONS)
def test_the_order_is_no_matter(one, other):
    assert judge(one, other) == judge(other, one)


@given(
    st.sampled_from([*SAME.values(), *APART.values()]),
    st.sampled_from([str.upper, str.lower, str.title, str.swapcase]),
    st.sampled_from(["e\u0301", "\u00e9", "e"]),
    st.sampled_from([" ", "  ", "-", " \u2013 ", "\u00a0"]),
    st.sampled_from(["", ".", " \u2026", "\u200f"]),
)
def test_case_accents_punctuation_and_spacing_do_not_matter(other, case, accent, space, end):
    title = case(ONE.title).replace("e", accent).replace(" ", space) + end
    assert judge(differing(title=title), other) == judge(ONE, other)


@given(st.text("abc", max_size=12), st.text("abc", max_size=12), st.integers(0, 12))
def test_edits_are_a_distance_up_to_the_most_asked_for(one, other, most):
    whole = edits(one, other, 99)
    assert edits(one, other, most) == min(whole, most + 1)
    assert whole == edits(other, one, 99) <= max(len(one), len(other))
    assert whole >= abs(len(one) - len(other))
    assert (whole == 0) == (one == other)


def whole_table(one: str, other: str) -> int:
    """Count edits as Wagner and Fischer (1974) do, each cell of the table."""
    row = list(range(len(other) + 1))
    for count, letter in enumerate(one, start=1):
        above, row = row, [count]
        for place, wanted in enumerate(other):
            changed = above[place] + (letter != wanted)
            row.append(min(above[place + 1] + 1, row[-1] + 1, changed))
    return row[-1]


_FEW_LETTERS = st.text("abc", max_size=12) | st.text("abcdefghij", max_size=12)


@given(_FEW_LETTERS, _FEW_LETTERS, st.integers(0, 9))
def test_edits_are_those_of_the_whole_table(one, other, most):
    assert edits(one, other, most) == min(whole_table(one, other), most + 1)


@pytest.mark.parametrize(
    ("one", "other", "count"), [("kitten", "sitting", 3), ("exlude", "exclude", 1), ("", "abc", 3)]
)
def test_edits_count_letters(one, other, count):
    assert edits(one, other, 9) == count


@pytest.mark.parametrize(
    "title",
    [
        "x" * 5_000,
        "word " * 1_000,
        " ".join(f"w{number}" for number in range(1_000)),
        "<" * 5_000,
        "[" * 5_000,
        "[erratum " * 600,
        "(review " * 600,
        "\0" * 5_000,
        "\u202e" + "ש" * 4_999,
        "依恋" * 2_500,
        "<b>" * 1_600,
        "\u0301" * 5_000,
    ],
)
def test_hostile_titles_take_no_time(title):
    long = differing(title=title, pages=title, volume=title, journal=title, authors=(title,) * 20)
    began = time.process_time()
    judge(long, ONE)
    judge(long, dataclasses.replace(long, title=title[::-1]))
    assert time.process_time() - began < 1  # quadratic work would take many seconds


def test_the_first_pages_of_two_issues_are_two_editorials():
    one = differing(title="Editorial", pages="1-2", issue="1")
    assert judge(one, dataclasses.replace(one, issue="2")).verdict != "same"
    assert judge(one, dataclasses.replace(one, issue=None)).verdict == "same"


@pytest.mark.parametrize(
    ("one", "other"),
    [("Kind en Adolescent", "Kind & Adolescent"), ("Barn och unga", "Barn & unga")],
)
def test_an_and_in_another_language_parts_no_journals(one, other):
    assert same_journal(one, other) is True
