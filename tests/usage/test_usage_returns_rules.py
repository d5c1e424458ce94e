"""What a return holds, how a rough number is read, what is missing, and the list of services."""

from datetime import date

import pytest
import service_returns as returns  # type: ignore[import-not-found]  # tests/support is on pytest's path
from hypothesis import given
from hypothesis import strategies as st

from monitor.catalogue import loader
from monitor.kernel.errors import InvalidInput
from monitor.usage.returns import answering, building, rules
from monitor.usage.returns.rules import NONE, NOT_KNOWN, NOT_MEASURED, ServiceAnswers

CATALOGUE = loader.load()
SLUGS = CATALOGUE.slugs
MEASURES = answering.asked_measures(CATALOGUE)
COUNTS = st.dictionaries(st.sampled_from(SLUGS), st.integers(0, rules.MOST) | st.none())


@pytest.mark.parametrize(
    ("said", "meant"),
    [("40", 40), (" about  40 ", 40), ("~25", 25), ("1,200", 1200), ("1 200", 1200), ("0", 0), ("  ", None)],
)  # fmt: skip
def test_a_rough_number_is_read_as_people_write_it(said, meant):
    assert rules.count(said) == meant


@pytest.mark.parametrize(
    "said", ["many", "-3", "3.5", "40-50", "12345678", "1,2", "４０" * 3 + "x"]
)
def test_what_is_no_number_is_named_with_what_to_do(said):
    with pytest.raises(InvalidInput, match="leave it empty if you do not know"):
        rules.count(said)


@given(
    st.sets(st.sampled_from(SLUGS)), COUNTS, COUNTS, st.sets(st.sampled_from(MEASURES)),
    st.booleans() | st.none(),
)  # fmt: skip
def test_answers_come_back_as_they_were_kept_and_hold_counts_of_what_is_offered_alone(
    offered, families, trained, measures, area
):
    made = rules.with_offered(ServiceAnswers(), offered, SLUGS)
    made = rules.with_counts(made, families, trained)
    made = rules.with_measures(made, measures, MEASURES, may_show_area=area)
    assert ServiceAnswers.from_dict(made.to_dict()) == made
    assert set(made.families) | set(made.trained) <= set(made.offered)
    fewer = rules.with_offered(made, list(offered)[:1], SLUGS)
    assert set(fewer.families) <= set(fewer.offered) <= offered


def test_what_a_return_lacks_is_named_field_by_field():
    lacking = rules.unfinished(ServiceAnswers(), SLUGS, MEASURES, has_area=True)
    assert list(lacking) == ["offered", "measures", "may_show_area"]
    done = ServiceAnswers(none=True, measures=(NOT_MEASURED,), may_show_area=False)
    assert rules.unfinished(done, SLUGS, MEASURES, has_area=True) == {}
    nowhere = ServiceAnswers(offered=("ddp",), measures=MEASURES[:1])
    assert rules.unfinished(nowhere, SLUGS, MEASURES, has_area=False) == {}


@pytest.mark.parametrize(
    ("ticked", "words"),
    [((), "Tick what your service offered"), (("ddp", NONE), "take one of them back"), (("emdr",), "boxes of this list")],
)  # fmt: skip
def test_boxes_that_contradict_each_other_are_refused(ticked, words):
    assert words in (rules.offered_problems(ticked, SLUGS) or "")
    assert rules.offered_problems(("ddp",), SLUGS) is None


def test_not_known_stands_alone_and_is_no_answer_about_gold_standards():
    assert "Not known" in (rules.measures_problems((NOT_KNOWN, MEASURES[0]), MEASURES) or "")
    is_gold = CATALOGUE.measures.is_gold
    for measures, uses in (
        ((), None), ((NOT_KNOWN,), None), ((NOT_MEASURED,), False), ((rules.ANOTHER,), False),
        ((MEASURES[0], rules.ANOTHER), True),
    ):  # fmt: skip
        assert rules.uses_gold_standard(ServiceAnswers(measures=measures), is_gold) is uses


def test_a_list_from_a_spreadsheet_is_read_with_its_mark_semicolons_and_blanks():
    data = (
        "\ufeffService;Sector;Nation;Area;E-mail\r\n"
        " Example  Child Service ;NHS;england;yorkshire and the humber; Lead@Service.Example \r\n"
        ";;;;\r\n\r\n"
        "Other Service;;;Powys;other@service.example\r\n"
    ).encode()
    found = returns.read(data)
    assert found.problems == ()
    one, other = found.services
    assert (one.name, one.kind, one.nation, one.area) == (
        "Example Child Service", "NHS", "England", "Yorkshire and The Humber",
    )  # fmt: skip
    assert one.address == "lead@service.example"
    assert (other.kind, other.nation, other.area) == ("", "Wales", "Powys"), "an area tells it"


def test_everything_wrong_with_a_list_is_told_at_once_by_its_row():
    data = returns.listing("One", "Two") + (
        b"\nThree,NHS,England,Yorkshire,three@service.example"
        b"\nFour,NHS,Atlantis,,four@service.example"
        b"\nFive,NHS,Scotland,London,five@service.example"
        b"\nSix,NHS,England,,not an address"
        b"\nSeven,NHS,England,,a@b.example; c@d.example"
        b"\n,NHS,England,,x@service.example"
        b"\nEight,NHS,,,"
        b"\n two,other,England,London,again@service.example"
    )
    told = "\n".join(returns.read(data).problems)
    for words in (
        "line 4, Three: area: there is no 'Yorkshire': did you mean Yorkshire and The Humber?",
        "line 5, Four: nation: 'Atlantis' is none of England, Scotland",
        "line 6, Five: area: London is in England, not in Scotland",
        "line 7, Six: address: 'not an address' is no single e-mail address",
        "line 8, Seven: address:",
        "line 9, no name: name: is missing",
        "line 10, Eight: address: is missing",
        "line 11, two: the same service as line 3",
    ):
        assert words in told, words


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "no header line"),
        (b"name,kind\nx,y", "no column address"),
        (b"name,address,phone\nx,y,z", "a column that no service has: phone"),
        (b"name,address,email\nx,y,z", "address twice"),
        (b"name,address", "no row"),
        (b"PK\x03\x04xlsx", "save its sheet as CSV"),
    ],
)
def test_what_is_no_list_is_refused_with_what_to_do(data, words):
    found = returns.read(data)
    assert found.services == ()
    assert words in found.problems[0]


_WHERE = st.sampled_from(
    [("England", "London"), ("England", "North East"), ("England", ""), ("Scotland", "Fife"),
     ("Scotland", "Borders"), ("Wales", "Powys"), ("", "")]
)  # fmt: skip


@given(
    st.lists(
        st.tuples(_WHERE, st.booleans(), st.sampled_from(["NHS", "council", ""])),
        min_size=1,
        max_size=90,
    )
)
def test_no_sum_of_what_a_wave_shows_leaves_fewer_than_ten_services(services):
    given_ = [
        building.Given(
            f"{n}@a.example", kind, nation, area, ServiceAnswers(none=True, may_show_area=show)
        )
        for n, ((nation, area), show, kind) in enumerate(services)
    ]
    asked = building.AskedServices(
        "A", "Q?", "I", "1", "F", (), date(2029, 2, 1), date(2029, 4, 30), len(given_)
    )
    rows = [row for row in building.wave(asked, given_, CATALOGUE).rows if row.slug == "ddp"]
    of = {row.part: row.denominator or 0 for row in rows}
    if len(given_) < 10:
        assert not of
        return
    whole = of.pop(("", "", ""))
    assert whole == len(given_)
    nations = {part[0]: count for part, count in of.items() if part[0]}
    left = [whole - sum(nations.values())] if nations else []
    for nation, count in nations.items():
        areas = CATALOGUE.areas.nations[nation]
        left.append(count - sum(of.get(("", "", area), 0) for area in areas))
    assert {part[2] for part in of if part[2]} <= {
        area for nation in nations for area in CATALOGUE.areas.nations[nation]
    }
    left.append(whole - (sum(n for part, n in of.items() if part[1]) or whole))
    assert all(one == 0 or one >= 10 for one in (*left, *of.values())), of
