"""Judgements, agreement, stages: pure."""

import json
from dataclasses import fields, replace
from datetime import date
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.catalogue.words import Design, FindingDirection, OutcomeClass, RiskOfBias
from monitor.kernel.errors import InvalidInput
from monitor.review import rules
from monitor.review.rules import FACTS, JUDGED, TEXTS, Judgement
from monitor.review.words import DecisionVerdict, Stage

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
# of a few values, so that two are often alike
alike = st.builds(
    Judgement,
    count_it=st.booleans(),
    reason=st.sampled_from(["", "why"]),
    interventions=st.sampled_from([("vipp", "cos"), ("cos", "vipp"), ("cos",)]),
    design=st.sampled_from([Design.RANDOMISED, Design.CASE]),
    risk_of_bias=st.just(RiskOfBias.LOW),
    risk_reason=st.just("because"),
    outcome_class=st.just(OutcomeClass.ATTACHMENT),
    outcome=st.sampled_from(["security", "sensitivity"]),
    direction=st.just(FindingDirection.MIXED),
    participants=st.sampled_from([None, 10, 20]),
    uk=known,
    developer_led=known,
    quote=st.just("quote"),
)


# check


@given(judgements)
def test_any_judgement_is_whole_or_refused_by_field(judgement):
    try:
        rules.check(judgement)
    except InvalidInput as refused:
        names = {field.name for field in fields(Judgement)}
        assert refused.field in names  # noqa: PT017 - raising is not required
    else:
        assert judgement.risk_of_bias in rules.tool(judgement.design)
        assert judgement.participants is None or 1 <= judgement.participants <= 10_000_000
        assert judgement.reason.strip() or judgement.count_it
        assert judgement.quote.strip() or not judgement.count_it


@pytest.mark.parametrize(("design", "risk"), list(product(Design, RiskOfBias)))
def test_the_risk_is_in_the_words_of_the_designs_tool(judgement, design, risk):
    rob_2 = {RiskOfBias.LOW, RiskOfBias.SOME_CONCERNS, RiskOfBias.HIGH}
    robins_i = {RiskOfBias.LOW, RiskOfBias.MODERATE, RiskOfBias.SERIOUS, RiskOfBias.CRITICAL}
    right = risk in (rob_2 if design is Design.RANDOMISED else robins_i)
    made = replace(judgement, design=design, risk_of_bias=risk)
    if right:
        rules.check(made)
        return
    with pytest.raises(InvalidInput, match="RoB 2" if design is Design.RANDOMISED else "ROBINS-I"):
        rules.check(made)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"interventions": ()}, "interventions"),
        ({"risk_reason": " \n"}, "risk_reason"),
        ({"outcome": ""}, "outcome"),
        ({"quote": ""}, "quote"),
        ({"quote": "x" * 5001}, "quote"),
        ({"reason": "x" * 5001}, "reason"),
        ({"participants": 0}, "participants"),
        ({"participants": -1}, "participants"),
        ({"participants": 10_000_001}, "participants"),
        ({"participants": 10**12}, "participants"),
        ({"count_it": False, "reason": " "}, "reason"),
    ],
)
def test_what_is_not_whole_is_refused(judgement, change, field):
    rules.check(judgement)
    with pytest.raises(InvalidInput) as refused:
        rules.check(replace(judgement, **change))
    assert refused.value.field == field


def test_one_that_should_not_count_needs_only_its_reason(not_counted):
    rules.check(replace(not_counted, interventions=(), outcome="", quote="", risk_reason=""))


def test_not_known_is_a_legal_answer(judgement):
    rules.check(replace(judgement, participants=None, uk=None, developer_led=None))


@given(st.text())
def test_plain_text_can_be_stored_and_stays_so(text):
    kept = rules.plain(text)
    kept.encode()
    assert "\x00" not in kept
    assert rules.plain(kept) == kept


@given(judgements)
def test_tidying_changes_no_answer(judgement):
    tidy = rules.tidy(replace(judgement, interventions=judgement.interventions * 2))
    assert tidy.interventions == judgement.interventions
    assert rules.differences(tidy, judgement) == ()
    assert rules.tidy(tidy) == tidy


# two reviewers


@given(alike, alike)
def test_differences_are_symmetric(a, b):
    assert rules.differences(a, b) == rules.differences(b, a)
    assert rules.agree(a, b) is rules.agree(b, a)


@given(judgements)
def test_nobody_differs_from_themselves(a):
    assert rules.differences(a, a) == ()
    assert rules.agree(a, a)


@given(judgements, judgements, st.sampled_from(JUDGED))
def test_one_judged_answer_makes_one_difference(a, b, name):
    changed = replace(a, **{name: getattr(b, name)})
    same = getattr(a, name) == getattr(b, name)
    if name == "interventions":
        same = set(a.interventions) == set(b.interventions)
    if name == "direction" and rules.told_in_words(a.interventions):
        same = True  # of several interventions no direction is told, so it holds nobody up
    assert rules.differences(a, changed) == (() if same else (name,))


@given(judgements, judgements)
def test_facts_and_texts_are_no_difference(a, b):
    changed = replace(a, **{name: getattr(b, name) for name in (*FACTS, *TEXTS)})
    assert rules.differences(a, changed) == ()


@given(alike, alike)
def test_two_who_would_not_count_it_agree(a, b):
    a, b = replace(a, count_it=False), replace(b, count_it=False)
    assert rules.agree(a, b)
    assert not rules.agree(a, replace(b, count_it=True))


@given(alike, alike)
def test_what_two_agree_on_does_not_depend_on_who_spoke_first(a, b):
    one, two = rules.agreed(a, b), rules.agreed(b, a)
    for name in (*JUDGED, *FACTS):
        if name == "interventions" and one[name]:
            assert set(one[name]) == set(two[name])
        else:
            assert one[name] == two[name]


@given(judgements, judgements)
def test_nothing_is_agreed_that_nobody_said(a, b):
    facts, said = rules.agreed(a, b), [rules.as_facts(a), rules.as_facts(b)]
    for name in (*JUDGED, *FACTS):
        assert facts[name] is None or facts[name] in [one[name] for one in said]
    for name in TEXTS:
        assert all(one[name] in facts[name] for one in said)


@given(judgements, judgements)
def test_a_fact_said_by_one_only_stays_unknown(a, b):
    for name in FACTS:
        one, other = getattr(a, name), getattr(b, name)
        assert rules.agreed(a, b)[name] == (one if one == other else None)


@given(alike, alike, alike)
def test_the_third_person_settles(a, b, third):
    facts = rules.agreed(a, b, third)
    for name in (*JUDGED, *TEXTS):
        assert facts[name] == rules.as_facts(third)[name]
    assert facts["differences"] == list(rules.differences(a, b))
    for name in FACTS:
        settled = getattr(third, name)
        pair = rules.agreed(a, b)[name]
        assert facts[name] == (pair if settled is None else settled)


@given(judgements)
def test_facts_are_json_and_read_back(a):
    facts = json.loads(json.dumps(rules.agreed(a, a)))
    assert rules.from_facts(facts) == a
    assert rules.from_facts(json.loads(json.dumps(rules.as_facts(a)))) == a


def test_texts_that_differ_are_both_kept(judgement):
    other = replace(judgement, outcome="Distress", quote="")
    facts = rules.agreed(judgement, other)
    assert facts["outcome"] == "Attachment security at 12 months / Distress"
    assert facts["quote"] == judgement.quote


def test_why_a_decision_was_taken(judgement, not_counted):
    two = rules.agreed(judgement, judgement)
    assert rules.grounds(two, counted=True, people=2) == "Two reviewers agree"
    three = rules.agreed(judgement, not_counted, judgement)
    assert (
        rules.grounds(three, counted=True, people=3)
        == "A third reviewer settled a difference in counting it"
    )
    excluded = rules.agreed(not_counted, not_counted)
    assert rules.grounds(excluded, counted=False, people=2) == "No comparison of interest"


# stages


@pytest.mark.parametrize(
    ("newest", "appraisals", "stage"),
    [
        (None, 0, Stage.TO_APPRAISE),
        (None, 1, Stage.TO_APPRAISE),
        (None, 2, Stage.DISAGREEMENT),
        (DecisionVerdict.ACCEPT, 2, Stage.ACCEPTED),
        (DecisionVerdict.ACCEPT, 3, Stage.ACCEPTED),
        (DecisionVerdict.EXCLUDE, 2, Stage.NOT_COUNTED),
        (DecisionVerdict.WITHDRAW, 2, Stage.WITHDRAWN),
    ],
)
def test_where_a_study_stands(newest, appraisals, stage):
    assert rules.study_stage(newest, appraisals) is stage


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


@given(judgements, st.sampled_from(FindingDirection), st.sampled_from(FindingDirection))
def test_two_need_not_tick_one_direction_for_a_study_of_several(judgement, one, other):
    """Which of two interventions a direction is about, the form cannot say."""
    several = replace(judgement, interventions=("www", "pip"), count_it=True)
    a, b = replace(several, direction=one), replace(several, direction=other)
    assert rules.agree(a, b)
    facts = rules.agreed(a, b)
    assert facts["direction"] == (one.value if one is other else None)
    assert rules.direction_of(facts) is None
    read = rules.from_facts(facts | {"risk_of_bias": a.risk_of_bias.value})
    assert read.direction == (one if one is other else None)


@given(judgements)
def test_a_study_of_one_intervention_keeps_its_direction(judgement):
    one = replace(judgement, interventions=("cos", "cos"))
    assert rules.direction_of(rules.as_facts(one)) is one.direction
