"""Judgements, agreement, stages: pure."""

import json
from dataclasses import fields, replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.catalogue.words import Design, FindingDirection, OutcomeClass, RiskOfBias
from monitor.kernel.errors import ConfigError
from monitor.review import rules
from monitor.review.reading.summary import reading_of_facts
from monitor.review.rules import Judgement
from monitor.review.words import DecisionVerdict, Settling, Stage

known = st.none() | st.booleans()
short = st.text(max_size=30)
judgements = st.builds(
    Judgement,
    count_it=st.booleans(),
    reason=short,
    interventions=st.lists(st.sampled_from(["vipp", "cos", "ddp"]), unique=True).map(tuple),
    design=st.sampled_from(Design),
    risk_of_bias=st.sampled_from(RiskOfBias),
    risk_reason=short,
    outcome_class=st.sampled_from(OutcomeClass),
    outcome=short,
    direction=st.sampled_from(FindingDirection),
    participants=st.none() | st.integers(-5, 20_000_000),
    uk=known,
    developer_led=known,
    quote=short,
)


@given(st.text())
def test_plain_text_can_be_stored_and_stays_so(text):
    kept = rules.plain(text)
    kept.encode()
    assert "\x00" not in kept
    assert rules.plain(kept) == kept


@given(judgements)
def test_facts_are_json_and_read_back(judgement):
    facts = json.loads(json.dumps(rules.versioned(rules.as_facts(judgement))))
    assert rules.from_facts(facts) == judgement


def test_facts_of_a_study_that_is_left_out_may_leave_everything_open(judgement):
    unknown = dict.fromkeys(field.name for field in fields(Judgement))
    facts = unknown | {"interventions": [], "count_it": False}
    read = rules.from_facts(facts)
    open_ = {read.design, read.risk_of_bias, read.direction, read.outcome_class}
    assert open_ == {None}
    assert reading_of_facts(facts).results


def test_facts_of_a_later_version_are_refused(judgement):
    with pytest.raises(ConfigError, match="later version"):
        rules.from_facts(rules.as_facts(judgement) | {"version": rules.FACTS_VERSION + 1})


@pytest.mark.parametrize(
    ("how", "said"),
    [
        (Settling.AGREED, "Two reviewers agree"),
        (Settling.THIRD, "A third reviewer settled a difference in risk of bias and the numbers"),
        (Settling.PAIR, "The two reviewers settled a difference in risk of bias and the numbers"),
    ],
)
def test_why_a_decision_was_taken(how, said):
    facts = {"reason": "Adults only", "differences": ["risk of bias", "the numbers"]}
    assert rules.grounds(facts, counted=True, how=how) == said
    assert rules.grounds(facts, counted=False, how=how) == "Adults only"


# stages


@pytest.mark.parametrize(
    ("people", "settled", "stage"),
    [
        (0, False, Stage.TO_APPRAISE),
        (1, False, Stage.TO_APPRAISE),
        (2, False, Stage.DISAGREEMENT),
        (2, True, Stage.AGREED),
    ],
)
def test_what_an_open_round_waits_for(people, settled, stage):
    assert rules.work_stage(people, settled=settled) is stage


@pytest.mark.parametrize(
    ("verdict", "stage"),
    [
        (DecisionVerdict.ACCEPT, Stage.ACCEPTED),
        (DecisionVerdict.EXCLUDE, Stage.NOT_COUNTED),
        (DecisionVerdict.WITHDRAW, Stage.WITHDRAWN),
    ],
)
def test_where_a_decision_puts_a_study(verdict, stage):
    assert rules.decided_stage(verdict) is stage


def test_an_appraisal_is_shown_once_two_are_given():
    assert rules.may_see(1, own=True)
    assert not rules.may_see(1, own=False)
    assert rules.may_see(2, own=False)


@given(st.sampled_from(Stage), st.sampled_from(Stage))
def test_the_further_stage_is_one_of_the_two_whichever_comes_first(a, b):
    assert rules.further(a, b) is rules.further(b, a)
    assert rules.further(a, b) in {a, b}


def test_a_decision_outweighs_a_paper_to_screen():
    assert rules.further(Stage.TO_SCREEN, Stage.EXCLUDED) is Stage.EXCLUDED
    assert rules.further(Stage.EXCLUDED, Stage.TO_APPRAISE) is Stage.TO_APPRAISE


# labels and dates


@pytest.mark.parametrize(
    ("reports", "first"),
    [
        ([], (None, None)),
        ([(None, None)], (None, None)),
        ([(2022, None)], (2022, None)),
        ([(2022, date(2022, 3, 1))], (2022, date(2022, 3, 1))),
        ([(2022, date(2022, 3, 1)), (2022, date(2022, 2, 1))], (2022, date(2022, 2, 1))),
        ([(2022, date(2022, 3, 1)), (2022, None)], (2022, None)),
        ([(2022, date(2022, 3, 1)), (2019, None)], (2019, None)),
        ([(2022, date(2021, 12, 30)), (2022, None)], (2021, date(2021, 12, 30))),
        ([(2022, date(2022, 3, 1)), (None, None)], (None, None)),  # it may have come first
    ],
)
def test_the_earliest_report_dates_a_study(reports, first):
    assert rules.first_published(reports) == first
    assert rules.first_published(reversed(reports)) == first


# A study of more than one of the ten


@given(judgements)
def test_of_a_study_of_several_no_direction_is_told(judgement):
    several = replace(judgement, interventions=("www", "pip"))
    assert rules.direction_of(rules.as_facts(several)) is None


@given(judgements)
def test_a_study_of_one_intervention_keeps_its_direction(judgement):
    one = replace(judgement, interventions=("cos", "cos"))
    assert rules.direction_of(rules.as_facts(one)) is one.direction
