"""A wave as a feed sends it: read like files are, and whatever else it holds is told, never raised."""

import json
from dataclasses import dataclass
from datetime import date

import pytest
import waves  # type: ignore[import-not-found]  # tests/support is on pytest's path
from hypothesis import given
from hypothesis import strategies as st

from monitor.catalogue import loader
from monitor.usage import checks, documents, wave_table
from monitor.usage.standing import WaveSurvey

ABOUT = json.loads(json.dumps(waves._ABOUT, default=date.isoformat))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner),
    max_leaves=12,
)


def row(slug="cos", numerator=99, denominator=734, **more):
    named = {"intervention": slug, "numerator": numerator, "denominator": denominator}
    return {**named, "unit": "services", **more}


def read(rows, about=ABOUT):
    return documents.read(json.dumps({"about": about, "rows": rows}).encode(), None, loader.load())


def problems(*rows, about=ABOUT):
    return "\n".join(read(rows, about).problems)


def test_the_same_wave_is_the_same_as_a_table_and_as_json():
    parts = ["cos,12,61,services,Scotland,,,,"]
    table = wave_table.read(waves.table(more=parts), waves.about(), loader.load())
    rows = [row(slug, count) for slug, count in waves.BEFORE.items()]
    rows.append(row("cos", "12", 61, nation="Scotland", rank_low=None))
    found = read(rows)
    assert found.problems == ()
    assert found.content_hash == table.content_hash


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([row(numerator=735)], "row 1, cos: numerator: 735 of 734 is a share above 1"),
        ([row(), row()], "row 2, cos: the same as row 1"),
        ([row(), row("cos", 2, 61)], "row 2, cos: the same as row 1"),
        ([row(numerator=14.3)], "row 1, cos: numerator: '14.3' is no whole number"),
        ([row(numerator=True)], "row 1: numerator: it is neither a text nor a number"),
        ([row(numerator=[1])], "row 1: numerator: it is neither a text nor a number"),
        ([row(nation="Narnia")], "row 1, cos: nation: 'Narnia' is none of England"),
        ([row(nation="Wales")], "cos: has parts and no row of all"),
        ([{**row(), "Rank low": 1, "rank_low": 1}], "row 1: two of its names are one"),
        ([row(share=0.2)], "the table has a column that no wave has: share"),
        (["cos"], "row 1: it is no {…} of names and values"),
        ([], "the table has no column intervention"),
    ],
)
def test_a_row_that_cannot_be_is_told_by_its_number(rows, said):
    assert said in problems(*rows)


@pytest.mark.parametrize(
    ("about", "said"),
    [
        (
            {**ABOUT, "field_to": "2026-13-01"},
            "about the wave: field_to: '2026-13-01' is no date from",
        ),
        ({**ABOUT, "colour": "red"}, "about the wave: colour: is no word that a wave has"),
        ({**ABOUT, "services_per_response": {"1": 2}}, "it adds up to 2 responses for 2 services"),
        ([], "it has another shape than a wave"),
    ],
)
def test_what_is_said_about_it_is_checked_as_in_a_file(about, said):
    assert said in problems(row(), about=about)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b'{"about": {}, "about": {}, "rows": []}', "'about' stands twice in one {…}"),
        (b'{"rows": []}', "it has another shape than a wave"),
        (b"\xff\xfe", "it is no JSON that can be read"),
        (b"9" * 5000, "it is no JSON that can be read"),
        (b"[" * 200_000, "it is no JSON that can be read"),
    ],
)
def test_what_is_no_document_is_told(data, said):
    assert documents.read(data, None, loader.load()).problems[0].startswith(said)


@given(JSON, JSON)
def test_no_document_makes_it_fall_over(about, rows):
    for document in ({"about": about, "rows": rows}, about):
        found = documents.read(json.dumps(document).encode(), None, loader.load())
        assert found.problems


def test_services_that_answered_together_are_asked_how_many():
    def told(responses, services, effect=None):
        survey = WaveSurvey(
            1, "A", "Q?", "services", None, None, None, responses, services, "C", effect
        )
        found = checks.checks(
            survey,
            [],
            None,
            None,
            invited=None,
            promoters=(),
            names={},
            today=date(2029, 1, 1),
            areas=(),
        )
        return [
            (one.passed, one.words)
            for one in found
            if "together" in one.words or "alike" in one.words
        ]

    ((passed, words),) = told(625, 734)
    assert not passed
    assert "734 services answered in 625 responses" in words
    assert told(625, 734, 1.32) == [
        (True, "How far services answered together is known, and allowed for.")
    ]
    assert told(734, 734) == []


@dataclass
class Part:
    numerator: int | None
    denominator: int | None
    nation: str = ""
    sector: str = ""
    area: str = ""
    slug: str = "cos"


def test_what_is_to_come_counted_twice_or_of_no_known_area_is_to_be_looked_at():
    survey = WaveSurvey(1, "A", "Q?", "services", None, date(2029, 4, 30), None, 9, 99, "C")
    rows = [Part(9, 99), Part(4, 60, "England"), Part(4, 40, "Wales"), Part(1, 20, area="Fyfe")]

    def told(today):
        found = checks.checks(
            survey, rows, None, None, invited=None, promoters=(), names={}, today=today,
            areas=("Fife",),
        )  # fmt: skip
        return "\n".join(one.words for one in found if not one.passed)

    early = told(date(2029, 4, 29))
    assert "end on 30 April 2029, which is to come" in early
    assert "By nation, cos counts 100 of 99" in early
    assert "No area is known by the name Fyfe" in early
    assert "to come" not in told(date(2029, 4, 30))
