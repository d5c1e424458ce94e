"""The forest plot's places, weights and words: pure, from readings to rows."""

import csv
import io
from datetime import date

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from trials_with_effects import (  # type: ignore[import-not-found]  # tests/support is on pytest's path
    CONCERNS,
    HIGH,
    result,
    risk,
    showing_of,
    sign,
    smd,
    trial,
)

from monitor.catalogue import loader
from monitor.catalogue.words import ComparatorClass, Harms, ResultClass, RiskOfBias
from monitor.review.reading.model import Risk
from monitor.web.public.shown import forest_marks as marks
from monitor.web.public.shown import label_marks
from monitor.web.public.shown.findings_page import forests, harms_sum, page_of
from monitor.web.public.shown.forest_files import FileSource, csv_of
from monitor.web.public.shown.forest_marks import WIDTH, Scale
from monitor.web.public.shown.risk_shown import EMPTY, FULL, HALF, risk_shown

CATALOGUE = loader.load()
POLICY, TOOLS = CATALOGUE.synthesis, CATALOGUE.tool_by_reference

TRIALS = st.lists(
    st.tuples(
        st.integers(-150, 150),  # hundredths of a standard deviation
        st.integers(10, 400),
        st.sampled_from([risk(), CONCERNS, HIGH]),
        st.sampled_from([True, False, None]),
    ),
    min_size=1,
    max_size=7,
)


def readings(trials, way=1):
    return [
        trial("vipp", result(smd(way * effect / 100, n), risk=judged), developers=led)
        for effect, n, judged, led in trials
    ]


def only(*given_readings, numbers=()):
    (one,) = forests(showing_of("vipp", given_readings, numbers=numbers), CATALOGUE)
    return one


def rows(*effects, n=52):
    return [trial("vipp", result(smd(effect, n))) for effect in effects]


@given(st.floats(-9, 9), st.sampled_from([1.0, 1.5, 2.0, 3.0]))
def test_turning_a_value_mirrors_its_place(value, bound):
    scale = Scale(bound, 0.2)
    assert scale.at(-value) == pytest.approx(WIDTH - scale.at(value))
    assert 0 < scale.at(value) < WIDTH
    assert scale.ticks == tuple(-tick for tick in reversed(scale.ticks))


@given(st.lists(st.floats(-9, 9)))
def test_the_scale_holds_every_end_or_is_the_widest(ends):
    scale = Scale.holding(ends, 0.2)
    assert scale.bound == 3.0 or all(abs(end) <= scale.bound for end in ends)


@settings(max_examples=15, deadline=None)
@given(TRIALS)
def test_weights_sum_to_100_and_turning_every_sign_mirrors_the_figure(trials):
    here, there = only(*readings(trials)), only(*readings(trials, way=-1))
    if here.rows and here.total.mark:
        assert sum(row.weight for row in here.rows) == pytest.approx(100)
    assert [row.weight for row in here.every] == pytest.approx([row.weight for row in there.every])
    assume(here.scale == there.scale)  # the lines for comparison may hang on another study
    marked = [(a.mark, b.mark) for a, b in zip(here.every, there.every, strict=True)]
    marked.append((here.total.mark, there.total.mark))
    for one, other in marked:
        assert (one is None) == (other is None)
        if one and other:
            assert (WIDTH - other.high, WIDTH - other.low) == pytest.approx((one.low, one.high))
            assert other.at == pytest.approx(WIDTH - one.at)
            assert other.side == pytest.approx(one.side)


@settings(max_examples=10, deadline=None)
@given(TRIALS, st.randoms())
def test_the_order_of_studies_makes_no_difference(trials, random):
    numbers = list(range(1, len(trials) + 1))
    shuffled = list(zip(numbers, readings(trials), strict=True))
    random.shuffle(shuffled)
    there = only(*(reading for _, reading in shuffled), numbers=[n for n, _ in shuffled])
    assert only(*readings(trials)) == there


def test_an_interval_that_no_scale_holds_gets_an_arrow():
    one = only(*rows(0.2, n=3), *rows(3.5, n=5))
    assert one.scale.bound == 3.0
    assert any(row.mark.cut_high for row in one.rows)
    assert all(row.mark.high <= WIDTH for row in one.rows)


def test_the_weights_are_of_the_model_that_pooled():
    two = only(*rows(0.3), *rows(0.3, n=104))
    assert [row.weight for row in two.rows] == pytest.approx([100 / 3, 200 / 3], abs=0.1)
    apart = only(*rows(0.9, -0.9))
    assert [row.weight for row in apart.rows] == [None, None]
    assert apart.total.mark is None
    assert apart.total.label == "Results disagree"
    spread = only(*rows(0.9, -0.4, 0.8, -0.5, 0.2), *rows(0.1, n=1000))
    assert max(row.weight for row in spread.rows) < 25, "random effects level the weights"


def test_lines_that_would_be_the_whole_again_are_told_in_words():
    plain = only(*rows(0.3, n=200), *rows(0.5))
    assert [line.name for line in plain.lines] == ["Without Author1 2026"]
    assert "None is known to be led by developers, of some concerns or at high risk" in plain.same
    assert "None gives a result of all randomised from 12 months" in plain.same


def test_every_other_line_stands_beside_the_whole():
    one = only(
        trial("vipp", result(smd(0.5), risk=CONCERNS), developers=True, variant="VIPP-SD"),
        trial("vipp", result(smd(0.3)), result(smd(0.1), key="r2", months=18.0), variant="VIPP-FC"),
        trial("vipp", result(smd(0.9), risk=HIGH)),
    )
    assert [(line.name, line.line.k) for line in one.lines] == [
        ("Without developers’ own", 1),
        ("Without those of some concerns", 1),
        ("With those at high risk of bias", 3),
        ("Without Author1 2026", 1),
        ("Does it last?", 1),
        ("VIPP-FC alone", 1),
        ("VIPP-SD alone", 1),
    ]
    assert [row.beside for row in one.beside] == [
        "high risk of bias, so in the sensitivity line only"
    ]
    assert one.same == ""


def test_signs_stand_apart_with_their_words():
    one = only(*rows(0.45), trial("vipp", result(sign(-1)), uk=True))
    assert [row.effect for row in one.signs] == ["Points away from benefit, size not known"]
    assert one.signs[0].weight is None
    alone = only(trial("vipp", result(sign(1))))
    assert (alone.total.name, alone.total.amount) == ("Nothing to pool", "1 result, size not known")


def test_people_comparison_and_country_of_each_study():
    british = trial(
        "vipp", result(smd(0.3, 60)), against=ComparatorClass.WAITING_LIST, uk=True, developers=None
    )
    one = only(british, *rows(0.2))
    assert one.rows[0].people == "60 v 60"
    assert one.rows[0].notes == ("UK", "a waiting list (The usual)", "developers’ part not known")
    assert one.comparator == "a waiting list or usual care"
    assert "In the UK: Author1 2026" in one.facts
    assert one.rows[0].rule == "all randomised"


def test_a_head_to_head_trial_names_the_other():
    showing = showing_of("pip", [trial("www", result(smd(0.6)), other="pip")])
    (one,) = forests(showing, CATALOGUE)
    assert one.key == "another-of-the-ten-attachment"
    assert one.comparator == "WWW"
    assert one.rows[0].notes[1] == "Watch, Wait, and Wonder"
    assert one.total.label == "Favours the comparison"


def test_a_funnel_from_ten_studies_on():
    nine = rows(*(0.1 * n for n in range(9)))
    assert only(*nine).funnel is None
    funnel = only(*nine, *rows(0.1, n=20)).funnel
    assert len(funnel.dots) == 10
    assert max(y for _, y in funnel.dots) == pytest.approx(marks.FUNNEL_HEIGHT)
    assert funnel.left < funnel.middle < funnel.right


def test_risk_of_bias_in_words_and_boxes():
    def shown(*risks):
        found = risk_shown(risks, TOOLS, POLICY)
        return found.overall + found.words, found.boxes

    assert shown(risk()) == ("Low in each of 5 domains", (EMPTY,) * 5)
    words = "Some concerns in 5 selection of the reported result"
    assert shown(CONCERNS) == (words, (EMPTY,) * 4 + (HALF,))
    both = (
        "High in 1 the randomisation process; some concerns in 5 selection of the reported result"
    )
    assert shown(risk(q12="N", q51="NI")) == (both, (FULL, EMPTY, EMPTY, EMPTY, HALF))
    assert shown(risk(), CONCERNS)[0] == words, "the worst of what stands for a study"
    assert shown(Risk(stated=RiskOfBias.HIGH)) == ("High, judged as a whole", ())
    assert shown() == ("Not judged", ())


def test_harms_are_reported_none_or_not_sought():
    said = [Harms.REPORTED, Harms.NONE_REPORTED, Harms.NOT_SOUGHT, None]
    assert harms_sum(said) == (
        "Of 4 studies, 1 reported harms, 1 reported that there were none, 1 did not look for any "
        "and of 1 it is not known whether harms were looked for."
    )
    assert harms_sum([]).startswith("No study is counted")


def test_the_table_to_take_away_has_every_row_and_runs_no_formula():
    one = only(
        trial("vipp", result(smd(0.5), outcome="=1+1"), uk=True),
        trial("vipp", result(smd(0.3), risk=CONCERNS), developers=True),
        trial("vipp", result(smd(0.9), risk=HIGH)),
        trial("vipp", result(sign(-1))),
    )
    source = FileSource(
        "VIPP", "https://gap.example/interventions/vipp/findings", date(2026, 11, 23)
    )
    table = list(csv.DictReader(io.StringIO(csv_of([one], source))))
    studies = [row for row in table if row["row"] == "study"]
    assert len(studies) == 4
    assert sum(float(row["weight_per_cent"] or 0) for row in studies) == pytest.approx(100, abs=0.3)
    (pool,) = (row for row in table if row["row"] == "pool")
    assert pool["label"] == "probable benefit"
    assert float(pool["estimate"]) == pytest.approx(0.4, abs=0.01)
    assert "'=1+1" in {row["outcome"] for row in studies}
    assert {row["uk"] for row in studies} == {"yes", "no"}
    assert [row["sign"] for row in studies if not row["estimate"]] == ["-1"]
    assert len(table) == 5 + len(one.lines)


def test_no_result_is_lost_without_a_word():
    refused = result(smd(0.3, low=0.4, high=0.6), key="r2")
    other = result(smd(0.2), key="r3", kind=ResultClass.OTHER, outcome="Something")
    page = page_of(showing_of("vipp", [trial("vipp", result(smd(0.1)), refused, other)]), CATALOGUE)
    assert [(left.study_id, left.outcome) for left in page.left] == [
        (1, "Attachment security"),
        (1, "Something"),
    ]
    assert "interval" in page.left[0].why


def test_the_small_mark_tells_settled_from_not_settled():
    def mark(*given_readings):
        showing = showing_of("vipp", given_readings)
        return label_marks.label_mark(showing.findings[0], POLICY)

    assert mark(*rows(0.6)).settled
    assert not mark(*rows(0.0)).settled
    assert len(mark(*rows(0.9, -0.9)).lines) == 2
    assert mark(*rows(1.8)).lines[0].cut_high
    signs = mark(*(trial("vipp", result(sign(way))) for way in (1, 1, -1, 0)))
    assert len(signs.circles) == 4
    assert mark(trial("vipp", result(smd(0.3), risk=HIGH))) is None
