"""The review's own table: what is read, all that is refused at once, and what its rows count."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from baseline_tables import (  # type: ignore[import-not-found]  # tests/support is on pytest's path
    HEADER,
    PUBLISHED,
    file,
    line,
    lines,
)
from hypothesis import given
from hypothesis import strategies as st

from monitor.catalogue import loader
from monitor.catalogue.words import Design, OutcomeClass, RiskOfBias
from monitor.evidence.baseline.counts import contradictions, counted, narrowed
from monitor.evidence.baseline.table import (
    VERSION,
    ReviewTable,
    TableFaults,
    TableRow,
    from_json,
    read,
)
from monitor.evidence.facts import CountRange
from monitor.evidence.rules import tier_at
from monitor.feeds.records import Identifier

CATALOGUE = loader.load()
SLUGS = CATALOGUE.slugs
KEPT = Path(__file__).resolve().parents[1] / "ledger"


def table(*rows):
    return read(file(rows or None), SLUGS)


def faults(*rows):
    with pytest.raises(TableFaults) as told:
        read(file(rows), SLUGS)
    return list(told.value.faults)


def test_a_row_is_read_with_all_it_says():
    row = line(
        "Example 1999",
        "pip; cpp",
        design="Randomized",
        risk="Some concerns",
        doi="https://doi.org/10.1002/(SICI)1097-0355(199924)20:4<429::AID-IMHJ5>3.0.CO;2-Q",
        pmid="40000001",
        registration="NCT04187911 and ISRCTN18308962",
        rating="B: moderate",
        title="An invented trial",
        papers="10.5555/second 40000003",
    )
    (one,) = table(row).rows
    assert (one.study, one.interventions, one.year) == ("Example 1999", ("pip", "cpp"), 2015)
    assert (one.design, one.risk_of_bias) == (Design.RANDOMISED, RiskOfBias.SOME_CONCERNS)
    assert (one.outcome_class, one.rating) == (OutcomeClass.ATTACHMENT, "B: moderate")
    assert one.papers == (
        (
            Identifier("doi", "10.1002/(sici)1097-0355(199924)20:4<429::aid-imhj5>3.0.co;2-q"),
            Identifier("pmid", "40000001"),
        ),
        (Identifier("doi", "10.5555/second"),),
        (Identifier("pmid", "40000003"),),
    )
    assert [one.value for one in one.registrations] == ["NCT04187911", "ISRCTN18308962"]


def test_every_fault_of_a_file_is_told_at_once_by_its_row():
    assert faults(
        line("", "cos", design="rtc", doi=""),
        line("One", "cos; coss", risk="fine", doi="ten", pmid="x", registration="none", year="1a"),
        line("Two", "", kind="joy", papers="10.5555/a nonsense"),
        line("Three", "cos"),
        line("three", "cos", design="case series", doi="10.5555/three"),
        line("Four", "vipp", doi="10.5555/three"),
        f"{line('Five', 'vipp')},one,cell,more",
    ) == [
        (
            "row 2: design: 'rtc' is none of randomised; non-randomised; single-group; case; "
            "individual; cluster; randomized; quasi; quasi-experimental; not randomised; "
            "non-randomized; none; single group; case study; case series"
        ),
        "row 2: study: is missing",
        f"row 3: interventions: coss is none of {', '.join(SLUGS)}",
        (
            "row 3: risk_of_bias: 'fine' is none of low; some concerns; high; moderate; serious; "
            "critical; no information"
        ),
        "row 3: year: '1a' is no year",
        "row 3: doi: 'ten' is no DOI",
        "row 3: pmid: 'x' is no PubMed number",
        "row 3: registration: 'none' is no number of a trial registry",
        "row 4: interventions: is missing",
        (
            "row 4: outcome_class: 'joy' is none of attachment; proximal; other; child, other; "
            "parent, other; harm"
        ),
        "row 4: papers: 'nonsense' is no DOI or PubMed number",
        "row 8: has more cells than the header has columns",
        "row 6: three and cos stand in row 5 already",
        "row 6: design: three is randomised in row 5",
        (
            "row 7: doi 10.5555/three is of Three in row 5: one paper or registration is of one "
            "study"
        ),
    ]


@pytest.mark.parametrize(
    ("raw", "fault"),
    [
        (b"", "row 1: the column study is missing"),
        (HEADER.encode(), "the file has a header and no row"),
        (b"\xff\xfe", "the file is not UTF-8: save it as “CSV UTF-8”"),
        (b"x" * (2**20 + 1), "the file is larger than 1 MB: it is no table of studies"),
        (b'study,interventions,design\n"open', "the file is not CSV: unexpected end of data"),
        (b"study,interventions,design,doi,doi\na,cos,case", "row 1: the column doi stands twice"),
        (b"study,interventions,design,ratings\na,cos,case", "row 1: 'ratings' is no column"),
        (
            b"study,interventions,design,year\na,cos,case," + b"9" * 5000,
            "row 2: year: has more than",
        ),
        (b"study,interventions,design,year\na,cos,case,20011", "row 2: year: '20011' is no year"),
    ],
)
def test_a_file_that_is_no_such_table_is_refused(raw, fault):
    with pytest.raises(TableFaults) as told:
        read(raw, SLUGS)
    assert any(one.startswith(fault) for one in told.value.faults)


def test_a_spreadsheets_own_form_is_read():
    raw = "\ufeffStudy,Intervention,Design,Risk of bias\r\nOne,COS,Case series,\r\n,,,\r\n".encode()
    (one,) = read(raw, SLUGS).rows
    assert (one.interventions, one.design, one.risk_of_bias) == (("cos",), Design.CASE, None)


def test_what_is_kept_reads_back_and_the_form_of_a_file_makes_no_other_version():
    one = table()
    assert from_json(one.to_json()) == one
    assert from_json(json.loads(json.dumps(one.to_json()))).digest == one.digest
    assert table(*reversed(lines())).digest == one.digest
    assert table(*lines({"www": (1, 0)})).digest != one.digest


def test_a_table_of_every_version_ever_written_is_read():
    found = {int(path.stem.rpartition("-")[2]): path for path in KEPT.glob("baseline-*.json")}
    assert set(found) == set(range(1, VERSION + 1))
    for path in found.values():
        (row,) = from_json(json.loads(path.read_text(encoding="utf-8"))).rows
        assert (row.study, row.interventions) == ("Invented 2010", ("cos",))
        assert row.identifiers == {
            Identifier("doi", "10.5555/one"),
            Identifier("pmid", "40000001"),
            Identifier("nct", "NCT04187911"),
        }


def test_a_whole_table_counts_to_numbers_and_contradicts_nothing():
    one = table()
    assert contradictions(CATALOGUE, one) == []
    for slug, (studies, sound) in PUBLISHED.items():
        facts = counted(CATALOGUE.grading, one.of(slug).values())
        assert facts == {
            "studies": CountRange(studies, studies),
            "sound": CountRange(sound, sound),
            "high_quality": CountRange(sound, sound),
            "randomised": CountRange(sound, sound),
        }


def test_a_count_that_was_published_otherwise_is_named_with_both():
    told = contradictions(CATALOGUE, table(*lines({"cos": (19, 19), "ddp": (0, 0)})))
    assert told == [
        "Circle of Security: the table has 19 studies, and the review published 8 to 17",
        "Circle of Security: the table has 19 sound studies, and the review published 8 to 17",
        (
            "Circle of Security: the table has 19 high-quality studies, and the review published "
            "8 to 17"
        ),
        (
            "Circle of Security: the table has 19 randomised trials, and the review published "
            "2 to 17"
        ),
        (
            "Dyadic Developmental Psychotherapy: the table has 0 studies, and the review "
            "published 1 to 2"
        ),
    ]


def test_what_a_cell_leaves_open_stays_a_range_that_the_published_one_narrows():
    rows = [
        line(f"Trial {n}", "cos", risk="", kind="" if n == 9 else "proximal") for n in range(10)
    ]
    facts = counted(CATALOGUE.grading, table(*rows).of("cos").values())
    assert (facts["studies"], facts["sound"]) == (CountRange(9, 10), CountRange(0, 10))
    published = CATALOGUE.intervention("cos").baseline.facts
    told = narrowed(published, facts, facts)
    assert (told["studies"], told["sound"], told["randomised"]) == ((9, 10), (8, 10), (2, 10))


ROWS = st.builds(
    TableRow,
    study=st.sampled_from("abcdefghijkl"),
    interventions=st.just(("cos",)),
    design=st.sampled_from(Design),
    risk_of_bias=st.none() | st.sampled_from(RiskOfBias),
    outcome_class=st.none() | st.sampled_from(OutcomeClass),
    rating=st.just(""),
    year=st.none(),
    title=st.just(""),
    papers=st.just(()),
    registrations=st.just(()),
)
TABLES = st.lists(ROWS, unique_by=lambda row: row.study, max_size=12)


@given(TABLES, st.integers(0, 12), st.sampled_from(SLUGS))
def test_one_more_left_out_never_raises_a_count_or_a_tier(rows, left, slug):
    policy, published = CATALOGUE.grading, CATALOGUE.intervention(slug).baseline.facts
    whole = counted(policy, rows)
    more, fewer = (
        narrowed(published, whole, counted(policy, some))
        for some in (rows[left:], rows[left + 1 :])
    )
    tiers = list(policy.tiers)
    for name, (low, high) in fewer.items():
        assert 0 <= low <= high
        assert low <= more[name][0]
        assert high <= more[name][1]
    for end in (0, 1):
        now, then = (
            tier_at(policy, {name: facts[name][end] for name in facts}) for facts in (more, fewer)
        )
        names = [rule.tier for rule in tiers]  # highest first
        assert names.index(then) >= names.index(now)


@given(TABLES)
def test_filling_an_open_cell_in_only_narrows(rows):
    filled = [
        replace(
            row,
            risk_of_bias=row.risk_of_bias or RiskOfBias.LOW,
            outcome_class=row.outcome_class or OutcomeClass.PROXIMAL,
        )
        for row in rows
    ]
    open_, known = (counted(CATALOGUE.grading, some) for some in (rows, filled))
    for name, one in known.items():
        assert one.is_exact
        assert open_[name].lo <= one.lo <= open_[name].hi


@given(st.permutations(lines({"cos": (8, 8)})))
def test_the_order_of_rows_makes_no_difference(rows):
    one = read(file(rows), SLUGS)
    assert isinstance(one, ReviewTable)
    assert one.digest == read(file(lines({"cos": (8, 8)})), SLUGS).digest
