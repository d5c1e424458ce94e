"""What a table of own services may hold, and everything that is refused, each by its row."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from offers import CATALOGUE, FOUR, entries  # type: ignore[import-not-found]  # beside this file

from monitor.kernel.errors import InvalidInput
from monitor.mine import buyers_table
from monitor.mine.rules import ServiceEntry, clean_name, folded
from monitor.ops import exports

HEAD = "service,group,intervention,families_a_year\n"


def read(text, *, head=HEAD, encoding="utf-8"):
    return buyers_table.read((head + text).encode(encoding), CATALOGUE)


def told(*rows):
    return "\n".join(read("\n".join(rows)).problems)


def written(made):
    out = io.StringIO()
    csv.writer(out).writerows([buyers_table.COLUMNS, *buyers_table.rows(made, CATALOGUE)])
    return out.getvalue().encode()


def test_a_table_gives_services_with_what_they_offer():
    got = read("North team,Acute,DDP,60\nnorth  team,,vig,\nHub,,none,\n")
    assert got.problems == ()
    assert got.entries == (
        ServiceEntry("North team", "Acute", {"ddp": 60, "vig": None}),
        ServiceEntry("Hub", "", {}),
    )


@given(entries)
def test_what_is_taken_away_can_be_brought_back(made):
    unique = list({folded(entry.name): entry for entry in made}.values())
    got = buyers_table.read(written(unique), CATALOGUE)
    if unique:
        assert got.problems == ()
    wanted = [(" ".join(e.name.split()), e.group, dict(e.offers)) for e in unique]
    assert [(e.name, e.group, dict(e.offers)) for e in got.entries] == wanted


@given(st.binary(max_size=400))
def test_nothing_in_a_file_breaks_the_reader(data):
    for table in (data, HEAD.encode() + data):
        got = buyers_table.read(table, CATALOGUE)
        assert bool(got.entries) is not bool(got.problems)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_a_spreadsheets_ways_to_write_it_are_read(encoding, delimiter):
    head = delimiter.join(("Service", "Group", "Intervention", "Families a year")) + "\r\n"
    row = delimiter.join(("Équipe", "Acute", "Theraplay", '"1,060"')) + "\r\n"
    got = read(row, head=head, encoding=encoding)
    assert got.problems == ()
    assert got.entries == (ServiceEntry("Équipe", "Acute", {"theraplay": 1060}),)


def test_excels_own_line_and_a_kept_formula_are_read():
    got = read("'=SUM(1),,ddp,not known\n", head="sep=,\n" + HEAD)
    assert got.entries == (ServiceEntry("=SUM(1)", "", {"ddp": None}),)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("North,,circles,3", "line 2, North: 'circles' is none of the ten"),
        (",,ddp,3", "line 2, no name: Give the service a name"),
        (f"{'x' * 121},,ddp,3", "Use at most 120 characters"),
        ("North,,ddp,about 30", "line 2, North: families_a_year: 'about 30' is no number"),
        ("North,,ddp,-3", "'-3' is below 0"),
        ("North,,ddp,12-Mar", "is a date: a spreadsheet made one"),
        ("North,,ddp,40%", "is a percentage"),
        ("North,,ddp,100001", "Type the families a year, 0 to 100,000"),
        ("North,,ddp,3,more", "line 2: has more cells than columns"),
        ("North,,,3", "intervention: is missing, while families are counted"),
    ],
)
def test_a_row_that_cannot_be_used_is_named(row, said):
    assert said in told(row)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (("North,,ddp,3", "NORTH,,ddp,4"), "line 3, NORTH: ddp stands in line 2 already"),
        (("North,A,ddp,3", "North,B,vig,4"), "it is of the group “B” here and of “A” above"),
        (("North,,,", "North,,vig,4"), "a row above says that it offers none"),
        (("North,,vig,4", "North,,,"), "is missing, while rows above name some"),
    ],
)
def test_rows_that_contradict_each_other_are_named(rows, said):
    assert said in told(*rows)


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (b"", "has no header line"),
        (HEAD.encode(), "has no row"),
        (b"service,intervention,colour\nNorth,ddp,red\n", "not used: colour"),
        (b"name,programme\nNorth,ddp\n", "has no column service, intervention"),
        (b"service,intervention,families,volume\nNorth,ddp,1,1\n", "families_a_year twice"),
        (b"PK\x03\x04and so on", "is a workbook: save its sheet as CSV"),
        (b"x" * 1_000_001, "larger than a megabyte"),
    ],
)
def test_a_table_that_is_none_is_told_why(table, said):
    assert said in "\n".join(buyers_table.read(table, CATALOGUE).problems)


def test_too_much_is_refused_and_a_long_list_of_faults_is_cut():
    many = "".join(f"Service {n},,ddp,1\n" for n in range(301))
    assert "more than 300 services" in "\n".join(read(many).problems)
    wrong = read("".join(f"Service {n},,nonsense,1\n" for n in range(60)))
    assert len(wrong.problems) == 51
    assert wrong.problems[-1] == "and 10 more rows that cannot be used"
    assert wrong.entries == ()


def test_four_services_take_twelve_rows():
    assert len(buyers_table.rows(FOUR, CATALOGUE)) == 12


@given(st.text("'=+-@e\u0301\u00e9 a,;\"", min_size=1, max_size=6))
def test_a_name_typed_in_a_form_is_the_same_service_when_its_table_is_brought_back(typed):
    try:
        name = clean_name(typed, "name", needed=True)
    except InvalidInput:
        return
    rows = [
        dict(zip(buyers_table.COLUMNS, row, strict=True))
        for row in buyers_table.rows([ServiceEntry(name, "", {})], CATALOGUE)
    ]
    out = io.StringIO()
    csv.writer(out).writerows(exports.table(rows))
    got = buyers_table.read(out.getvalue().encode(), CATALOGUE)
    assert got.problems == ()
    assert [entry.name for entry in got.entries] == [name]
