"""What a wave's files may hold, and everything that is refused, each by its row."""

import itertools
from datetime import date

import pytest
import waves  # type: ignore[import-not-found]  # tests/support is on pytest's path
from hypothesis import given
from hypothesis import strategies as st

from monitor.usage import about as about_module
from monitor.usage import contradictions
from monitor.usage.standing import period

GOOD = waves.about()


def problems(table=None, about=GOOD):
    return "\n".join(waves.read(waves.table() if table is None else table, about).problems)


def of_rows(*rows, head=waves.HEAD):
    return problems(waves.table(more=rows, head=head))


def test_a_whole_wave_is_read_with_its_parts():
    read = waves.read(
        waves.table(
            more=["cos,12,61,services,Scotland,,,,", "cos,3,20,services,wales,Voluntary,,,"]
        ),
        GOOD + b'\n[gold_standard]\nquestion = "Which?"\nnumerator = 9\ndenominator = 734',
    )
    assert read.problems == ()
    assert len(read.rows) == 12
    assert read.rows[-1].part == ("Wales", "Voluntary", "")
    assert read.about.gold_standard.denominator == 734


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("cos,14.3%,,services,Wales,,,,", "line 12, cos: numerator: '14.3%' is a percentage"),
        ("cos,3,,services,Wales,,,,", "denominator: is missing: a count without it is no share"),
        ("cos,,61,services,Wales,,,,", "numerator: is missing"),
        ("cos,62,61,services,Wales,,,,", "62 of 61 is a share above 1"),
        ("cos,0,0,services,Wales,,,,", "denominator: is 0"),
        ("cos,-1,61,services,Wales,,,,", "'-1' is below 0"),
        ("cos,3,735,services,Wales,,,,", "735 is more than the 734 services of this wave: is it another wave’s?"),
        ("cos,3,61,families,Wales,,,,", "unit: it counts families, and this wave services"),
        ("cos,3,61,,Wales,,,,", "unit: is missing"),
        ("cos,3,61,services,Mercia,,,,", "nation: 'Mercia' is none of England"),
        ("circles,3,61,services,Wales,,,,", "line 12, circles: 'circles' is none of the ten"),
        (",3,61,services,Wales,,,,", "line 12, no name: intervention: is missing"),
        ("cos,3,61,services,Wales,,,0,4", "rank_low 0 to rank_high 4 are impossible"),
        ("cos,3,61,services,Wales,,,4,11", "are impossible: ranks go from 1, most used, to 10"),
        ("cos,3,61,services,Wales,,,4,3", "are impossible"),
        ("cos,3,61,services,Wales,,,4,", "one stands without the other"),
        ("cos,,,services,Wales,,,01-Apr,4", "'01-Apr' is a date: a spreadsheet made one"),
        ("cos,,,services,Wales,,,,", "neither a count with its denominator nor a rank"),
        ("cos,3,61,services,Wales,,,,,more", "line 12: has more cells than columns"),
        ("cos,177,734,services,,,,,", "line 12, cos: the same as line 4"),
        ("cos,200,734,services,Wales,,,,", "200 of 734 services is more than the 177 of 734 of all"),
        (f"cos,3,61,services,,{'x' * 121},,,", "sector: it is longer"),
    ],
)  # fmt: skip
def test_a_row_that_cannot_be_is_refused_by_its_line(row, said):
    assert said in of_rows(row)


def test_everything_wrong_is_told_at_once():
    told = problems(
        waves.table(more=["cos,62,61,services,Wales,,,,", "abc,x,61,services,Wales,,,,"]),
        b"name = 3",
    )
    assert told.count("line ") == 2
    assert "about the wave: question: is missing" in told


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"question": None}, "question: is missing"),
        ({"question": " "}, "question: "),
        ({"field_to": date(2026, 4, 1)}, "field_to is before field_from"),
        (
            {"field_to": "31/07/2026"},
            "'31/07/2026' is no date from 2000 to 2099: write it as 2029-02-01",
        ),
        ({"unit": "people"}, "unit: input should be 'services', 'responses' or 'families'"),
        ({"invited": 100}, "625 is more than the 100 invited"),
        ({"services": None}, "services: is missing: the unit is services"),
        ({"responses": "625"}, "responses: write it as a whole number"),
        ({"percent": 3}, "percent: is no word that a wave has"),
        ({"services": 700}, "denominator: 734 is more than the 700 services"),
    ],
)
def test_what_is_said_about_a_wave_is_checked(changes, said):
    assert said in problems(about=waves.about(**changes))


def test_dates_may_be_written_as_text_and_what_is_no_toml_says_where():
    assert problems(about=waves.about(field_from="2026-05-01")) == ""
    assert "this is not TOML" in problems(about=b"name = ")
    assert "not UTF-8" in problems(about=b"name = '\xff'")


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (b"", "no header line"),
        (b"intervention,numerator\ncos,1", "no column denominator, unit"),
        (b"intervention,numerator,denominator,unit,percent\n", "a column that no wave has: percent"),
        (b"intervention,numerator,denominator,unit,unit\n", "names the column unit twice"),
        (b"intervention,numerator,denominator,unit\n", "the table has no row"),
        (b"PK\x03\x04 a workbook", "save its sheet as CSV"),
        (b"intervention,numerator,denominator,unit,nation\ncos,1,2,services,Wales", "cos: has parts and no row of all"),
    ],
)  # fmt: skip
def test_a_table_that_is_none_says_what_to_bring(table, said):
    assert said in problems(table)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_tables_as_spreadsheets_write_them_read_alike(encoding, delimiter):
    lines = [
        ["Intervention", "Numerator", "Denominator", "Unit", "Nation"],
        ["Circle of Security", '"1,177"', "5\u00a0734", "Services", ""],
        ["vipp", "158.0", "5734", "services", ""],
        ["", "", "", "", ""],
    ]
    text = "\r\n".join(delimiter.join(line) for line in lines)
    read = waves.read(text.encode(encoding), waves.about(services=5734, responses=5000))
    assert read.problems == ()
    assert [(row.slug, row.numerator, row.denominator) for row in read.rows] == [
        ("cos", 1177, 5734),
        ("vipp", 158, 5734),
    ]


@given(st.binary(max_size=400), st.binary(max_size=200))
def test_no_file_makes_it_fall_over(table, about):
    read = waves.read(table, about)
    assert read.problems or read.about


@given(st.text(alphabet='cos,;"\n\t0123456789%-. services', max_size=200))
def test_no_table_makes_it_fall_over(text):
    read = waves.read(b"intervention,numerator,denominator,unit\n" + text.encode(), GOOD)
    for row in read.rows:
        assert row.ranks or 0 <= row.numerator <= row.denominator


@pytest.mark.parametrize(
    ("first", "last", "words"),
    [
        (date(2029, 2, 1), date(2029, 4, 30), "February to April 2029"),
        (date(2029, 12, 1), date(2030, 1, 30), "December 2029 to January 2030"),
        (date(2029, 2, 1), date(2029, 2, 28), "February 2029"),
        (None, date(2029, 2, 28), "February 2029"),
        (None, None, ""),
    ],
)
def test_field_dates_are_told_as_readers_see_them(first, last, words):
    assert period(first, last) == words


def test_numbers_and_brackets_that_nobody_wrote_are_told_as_faults():
    many = b"9" * 5000
    for cell in (b"158", b"734"):
        assert "is more than any survey has" in problems(waves.table().replace(cell, many, 1))
    for beside in (b"\nz = " + many, b"\nz = " + b"[" * 5000 + b"]" * 5000):
        said, faults = about_module.read(GOOD + beside)
        assert said is None
        assert faults == ["this is not TOML that anybody wrote: it cannot be read"]


def test_what_a_wave_says_of_itself_is_one_line_without_what_no_database_keeps():
    changes = {"name": "a\\u0000b\\nBcc: \\u202ex", "promoters": ["\\tOne"]}
    said, faults = about_module.read(waves.about(**changes))
    assert faults == []
    assert said is not None
    assert said.name == "ab Bcc: x"
    assert said.promoters == ("One",)


SIZES = b"\n[services_per_response]\n1 = 541\n2 = 60\n3 = 23\n4 = 1"


def test_how_many_services_each_response_was_for_gives_the_design_effect():
    """All of one response alike: the sum of squares by the sum, 1004 by 734."""
    read = waves.read(waves.table(), GOOD + SIZES)
    assert read.problems == ()
    assert read.about.stated_effect == pytest.approx(1004 / 734)
    larger = waves.read(waves.table(), b"design_effect = 2.5\n" + GOOD)
    assert larger.about.stated_effect == 2.5
    assert waves.read(waves.table(), GOOD).about.stated_effect is None


def test_sizes_that_do_not_add_up_are_refused():
    said = problems(about=GOOD + b"\n[services_per_response]\n1 = 600\n2 = 25")
    assert "it adds up to 625 responses for 650 services, and the wave says 625 for 734" in said
    for sizes in (b"0 = 625", b"1 = 0", b"a = 3", b"1 = true"):
        assert "services_per_response" in problems(
            about=GOOD + b"\n[services_per_response]\n" + sizes
        )


def test_the_same_wave_is_one_however_it_is_written():
    again = waves.read(b"\xef\xbb\xbf" + waves.table().replace(b",", b";"), GOOD + b"\n")
    assert again.content_hash == waves.read(waves.table(), GOOD).content_hash
    other = waves.read(waves.table({**waves.BEFORE, "vipp": 159}), GOOD)
    assert other.content_hash != again.content_hash


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (
            ["ddp,,,services,,,,1,1", "icp,,,services,,,,1,2", "vig,,,services,,,,1,2"],
            "lines 2, 3 and 4: no order gives each of ddp, icp and vig a rank of its own: where several",
        ),
        (
            ["ddp,100,734,services,,,,9,9", "icp,50,734,services,,,,1,8"],
            "line 2, ddp: its rank, 9 at best, is below that of icp (line 3), which fewer use",
        ),
        (
            ["ddp,100,734,services,,,,,", "ddp,5,720,services,England,,,,"],
            "line 3, ddp: 5 of 720 leaves 95 of 14 services outside this part, a share above 1",
        ),
        (
            ["ddp,1.000,734,services,,,,,"],
            "'1.000' may be 1,000 or no whole number: type it without",
        ),
        (["ddp,nan,734,services,,,,,"], "'nan' is no number: type one, such as 99"),
    ],
)
def test_ranks_and_parts_that_cannot_all_be_true_are_refused(rows, said):
    assert said in problems("\n".join([waves.HEAD, *rows]).encode())


@pytest.mark.parametrize(
    "rows",
    [
        ["ddp,,,services,,,,1,3", "icp,,,services,,,,1,3", "vig,,,services,,,,1,3"],
        ["ddp,100,734,services,,,,1,8", "icp,50,734,services,,,,1,8"],
        ["ddp,100,734,services,,,,,", "ddp,20,654,services,England,,,,"],
    ],
)
def test_ranks_that_are_shared_and_parts_that_leave_a_share_are_taken(rows):
    assert problems("\n".join([waves.HEAD, *rows]).encode()) == ""


@given(st.dictionaries(st.sampled_from(waves.SLUGS), st.lists(st.integers(1, 5), min_size=1)))
def test_ranks_are_crowded_where_no_way_of_giving_them_out_fits(possible):
    fits = any(
        len(set(ranks)) == len(ranks) for ranks in itertools.product(*possible.values())
    ) if len(possible) <= 5 else False  # fmt: skip
    crowded = contradictions.crowd(possible)
    assert bool(crowded) is not fits
    ranks = {rank for slug in crowded for rank in possible[slug]}
    assert not crowded or len(ranks) < len(crowded)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"field_from": date(1899, 5, 1)}, "'1899-05-01' is no date from 2000 to 2099"),
        ({"field_from": 20260501}, "'20260501' is no date from 2000 to 2099: write it as"),
        (
            {"field_from": date(2018, 5, 1), "field_to": date(2019, 12, 31)},
            "field_to: it was over before the survey of the 2023 review (running by January 2020)",
        ),
        (
            {"promoters": "A network"},
            'promoters: write it as a list of texts, such as ["A network"]',
        ),
        ({"responses": "625"}, "responses: write it as a whole number, without quotes"),
        ({"name": ""}, "name: is empty"),
        ({"design_effect": "1.3"}, "design_effect: "),
    ],
)
def test_what_is_said_about_a_wave_is_refused_with_what_to_write(changes, said):
    assert said in problems(about=waves.about(**changes))


def test_a_survey_of_the_reviews_own_time_may_be_its_own_table_and_families_stand_beside():
    own = {"field_from": date(2019, 11, 1), "field_to": date(2020, 1, 31)}
    assert problems(about=waves.about(**own)) == ""
    old = {"field_from": date(2018, 5, 1), "field_to": date(2019, 12, 31), "unit": "families"}
    table = b"intervention,numerator,denominator,unit\nddp,41,501,families"
    assert problems(table, waves.about(**old)) == ""


def test_more_than_answered_cannot_be_asked_of_measures():
    asked = b'\n[gold_standard]\nquestion = "Which?"\nnumerator = 9\ndenominator = 735'
    assert "gold_standard: its denominator, 735, is more than the 734" in problems(
        about=GOOD + asked
    )
