"""How sure a label is: total, never surer on worse facts, blind to order; and its words."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.catalogue import loader
from monitor.catalogue.words import Certainty, CertaintyDomain, EffectType
from monitor.evidence.certainty import rules as certainty
from monitor.evidence.certainty import wording as certainty_words
from monitor.evidence.certainty.facts import facts_of
from monitor.evidence.certainty.rules import CertaintyFacts, Move, SuggestedLevels, TrialInPool
from monitor.evidence.synthesis.findings import findings
from monitor.evidence.synthesis.results import Allocation, Result

CATALOGUE = loader.load()
POLICY, SYNTHESIS = CATALOGUE.certainty, CATALOGUE.synthesis
LEVELS = list(Certainty)
WELL = CertaintyFacts(
    outcome_class="attachment",
    comparator_class="usual care",
    label="benefit",
    randomised=True,
    k=3,
    people=900,
    delta=0.2,
    concern=(0.0, 0.0),
    method="common effect",
    estimate=0.45,
    ci_low=0.3,
    ci_high=0.6,
    q_p=0.5,
)


def levels(facts):
    found = certainty.assess(facts, POLICY)
    return found.low, found.high


def suggested(facts, domain):
    one = certainty.assess(facts, POLICY).of(CertaintyDomain(domain))
    return one.least, one.most


def test_large_sound_trials_that_agree_are_high():
    assert levels(WELL) == (Certainty.HIGH, Certainty.HIGH)


def test_what_is_not_randomised_starts_low():
    assert levels(replace(WELL, randomised=False)) == (Certainty.LOW, Certainty.LOW)


@pytest.mark.parametrize(
    ("domain", "facts", "expected"),
    [
        ("risk of bias", {"concern": (0.49, 0.49)}, (0, 0)),
        ("risk of bias", {"concern": (0.5, 0.5)}, (1, 1)),
        ("risk of bias", {"concern": (0.2, 0.6)}, (0, 1)),
        ("inconsistency", {"q_p": 0.1}, (0, 0)),
        ("inconsistency", {"q_p": 0.09}, (1, 1)),
        ("inconsistency", {"q_p": None, "k": 1}, (0, 0)),
        ("inconsistency", {"q_p": 0.01, "method": "not pooled", "ci_low": None}, (2, 2)),
        ("inconsistency", {"q_p": 0.01, "pi_low": 0.25, "pi_high": 0.7}, (0, 0)),
        ("inconsistency", {"q_p": 0.01, "pi_low": 0.1, "pi_high": 0.7}, (1, 1)),
        ("inconsistency", {"q_p": 0.01, "pi_low": -0.3, "pi_high": 0.7}, (2, 2)),
        ("inconsistency", {"q_p": 0.5, "pi_low": -0.3, "pi_high": 0.7}, (0, 0)),
        ("inconsistency", {"k": 0, "signs": (2, 0, 0)}, (0, 0)),
        ("inconsistency", {"k": 0, "signs": (0, 1, 0)}, (0, 0)),
        ("inconsistency", {"k": 0, "signs": (0, 0, 2)}, (0, 0)),
        ("inconsistency", {"k": 0, "signs": (1, 1, 0)}, (0, 2)),
        ("inconsistency", {"k": 0, "signs": (2, 0, 1)}, (0, 2)),
        ("inconsistency", {"k": 0, "signs": (0, 2, 1)}, (0, 2)),
        ("indirectness", {}, (0, 0)),
        ("imprecision", {"ci_low": 0.13, "ci_high": 0.73}, (1, 1)),
        ("imprecision", {"ci_low": -0.3, "ci_high": 0.3}, (2, 2)),
        ("imprecision", {"ci_low": -0.1, "ci_high": 0.1}, (0, 0)),
        ("imprecision", {"people": 400}, (0, 0)),
        ("imprecision", {"people": 399}, (1, 1)),
        ("imprecision", {"people": 100}, (1, 1)),
        ("imprecision", {"people": 99}, (2, 2)),
        ("imprecision", {"people": None}, (0, 2)),
        ("imprecision", {"people": 900, "ci_low": None, "k": 0, "method": ""}, (0, 2)),
        ("imprecision", {"people": 900, "ci_low": None, "method": "not pooled"}, (0, 0)),
        ("reporting bias", {"overdue": 0}, (0, 0)),
        ("reporting bias", {"overdue": 1}, (1, 1)),
        ("reporting bias", {"overdue": 1, "k": 4}, (0, 0)),
        ("reporting bias", {"overdue": 1, "k": 0}, (1, 1)),
    ],
)
def test_each_domain_goes_by_its_numbers(domain, facts, expected):
    assert suggested(replace(WELL, **facts), domain) == expected


def test_indirectness_is_asked_and_never_suggested():
    found = certainty.assess(WELL, POLICY)
    assert found.of(CertaintyDomain.INDIRECTNESS).asked
    assert found.must_say_why(CertaintyDomain.INDIRECTNESS, 0)
    assert not found.must_say_why(CertaintyDomain.IMPRECISION, 0)
    assert found.must_say_why(CertaintyDomain.IMPRECISION, 1)


def test_where_the_rule_cannot_tell_every_answer_owes_a_sentence():
    found = certainty.assess(replace(WELL, people=None), POLICY)
    assert (found.low, found.high) == (Certainty.LOW, Certainty.HIGH)
    assert all(found.must_say_why(CertaintyDomain.IMPRECISION, down) for down in (0, 1, 2))


ALL_ZERO = dict.fromkeys(CertaintyDomain, 0)
WHY = dict.fromkeys(CertaintyDomain, "So it is.")
CANNOT_TELL = (CertaintyDomain.INDIRECTNESS, "Say why, of indirectness: the rule cannot tell")


def test_a_person_has_to_choose_and_to_say_why_where_the_rule_says_otherwise_or_nothing():
    """Of a body for which the rule suggests no step down, and asks of indirectness."""
    assessment = certainty.assess(WELL, POLICY)

    def owed(reasons=(), **levels):
        chosen = {domain: levels.get(domain.name.lower(), 0) for domain in CertaintyDomain}
        return certainty.to_mend(assessment, chosen, dict(reasons))

    assert owed() == [CANNOT_TELL]
    assert owed({CertaintyDomain.INDIRECTNESS: " \n"}) == [CANNOT_TELL]
    assert owed(WHY) == []
    one_off = (CertaintyDomain.IMPRECISION, "Say why, of imprecision: the rule suggests otherwise")
    assert owed(imprecision=1) == [CANNOT_TELL, one_off]
    assert owed(WHY, imprecision=2) == []
    for impossible in (3, -1):
        assert owed(WHY, imprecision=impossible) == [
            (CertaintyDomain.IMPRECISION, "Choose how far imprecision takes it down")
        ]
    assert certainty.to_mend(assessment, {}, WHY) == [
        (domain, f"Choose how far {domain} takes it down") for domain in CertaintyDomain
    ]


def test_two_people_differ_where_their_levels_do():
    other = ALL_ZERO | {CertaintyDomain.REPORTING: 1, CertaintyDomain.RISK_OF_BIAS: 2}
    assert certainty.differing(ALL_ZERO, ALL_ZERO) == ()
    assert certainty.differing(ALL_ZERO, other) == (
        CertaintyDomain.RISK_OF_BIAS, CertaintyDomain.REPORTING,
    )  # fmt: skip


def test_who_is_heard_is_counted_by_sizes_or_else_by_directions():
    assert WELL.studies == 3
    assert replace(WELL, k=0).studies == 0
    assert replace(WELL, k=0, signs=(2, 1, 1)).studies == 4


shares = st.floats(0, 1)
numbers = st.none() | st.floats(-2, 2)
pairs = st.tuples(st.floats(-2, 2), st.floats(-2, 2)).map(sorted)
METHODS = ("", "one study", "common effect", "not pooled", "REML, truncated Knapp-Hartung")


@st.composite
def any_facts(draw):
    low, high = draw(st.tuples(shares, shares).map(sorted))
    interval = draw(st.none() | pairs)
    further = draw(st.none() | pairs)
    return replace(
        WELL,
        randomised=draw(st.booleans()),
        k=draw(st.integers(0, 20)),
        people=draw(st.none() | st.integers(0, 5000)),
        concern=(low, high),
        signs=draw(st.tuples(*[st.integers(0, 5)] * 3)),
        overdue=draw(st.integers(0, 9)),
        method=draw(st.sampled_from(METHODS)),
        estimate=sum(interval) / 2 if interval else None,
        ci_low=interval[0] if interval else None,
        ci_high=interval[1] if interval else None,
        pi_low=further[0] if further else None,
        pi_high=further[1] if further else None,
        q_p=draw(st.none() | shares),
    )


@given(any_facts())
def test_every_case_has_an_answer_with_its_words(facts):
    found = certainty.assess(facts, POLICY)
    assert [one.domain for one in found.suggestions] == list(CertaintyDomain)
    assert all(0 <= one.least <= one.most <= certainty.MOST for one in found.suggestions)
    assert LEVELS.index(found.low) <= LEVELS.index(found.high) <= LEVELS.index(found.start)
    told = certainty_words.numbers(facts, POLICY)
    assert list(told) == list(CertaintyDomain)
    assert all(sentence.endswith(".") for sentence in told.values())


def not_surer(worse, better):
    for one, other in zip(levels(worse), levels(better), strict=True):
        assert LEVELS.index(one) <= LEVELS.index(other)


@given(any_facts(), shares, shares)
def test_a_worse_share_is_never_surer(facts, least, most):
    low, high = facts.concern
    not_surer(replace(facts, concern=(max(low, least), max(high, most, least))), facts)


@given(any_facts(), st.integers(0, 9))
def test_more_overdue_trials_are_never_surer(facts, more):
    not_surer(replace(facts, overdue=facts.overdue + more), facts)


@given(any_facts(), st.integers(0, 5000))
def test_fewer_people_are_never_surer(facts, fewer):
    if facts.people is not None:
        not_surer(replace(facts, people=max(0, facts.people - fewer)), facts)


@given(any_facts(), st.floats(0, 1), st.floats(0, 1))
def test_wider_intervals_are_never_surer(facts, left, right):
    for low, high in (("ci_low", "ci_high"), ("pi_low", "pi_high")):
        if getattr(facts, low) is not None:
            ends = {low: getattr(facts, low) - left, high: getattr(facts, high) + right}
            not_surer(replace(facts, **ends), facts)


@given(any_facts(), shares)
def test_studies_that_differ_more_are_never_surer(facts, factor):
    if facts.q_p is not None:
        not_surer(replace(facts, q_p=facts.q_p * factor), facts)


@given(any_facts())
def test_what_is_not_randomised_is_never_surer(facts):
    not_surer(replace(facts, randomised=False), replace(facts, randomised=True))


@given(st.dictionaries(st.sampled_from(list(CertaintyDomain)), st.integers(0, 2)))
def test_people_may_go_down_to_very_low_and_no_further(downgrades):
    found = certainty.rated(Certainty.HIGH, downgrades)
    assert LEVELS.index(found) == max(0, 3 - sum(downgrades.values()))


TRIALS = [
    Result(
        study=f"trial {number}",
        intervention="cos",
        variant="COS-P",
        comparator="as usual",
        comparator_class="usual care",
        allocation=Allocation.INDIVIDUAL,
        effect_type=EffectType.SMD,
        outcome_class="attachment",
        population="ITT",
        risk_of_bias=risk,
        n_i=people,
        n_c=people,
        effect=effect,
    )
    for number, (risk, people, effect) in enumerate(
        [("low", 60, 0.4), ("some concerns", 60, 0.3), ("", 100, 0.5), ("high", 80, 0.9)]
    )
]


def only_facts(results):
    (finding,) = findings(results, SYNTHESIS, CATALOGUE.measures, CATALOGUE.slugs)[0]
    return facts_of(finding, {}, CATALOGUE.tool_by_reference, SYNTHESIS, overdue=0)


@given(st.permutations(TRIALS))
def test_the_order_of_studies_changes_nothing(results):
    facts, other = only_facts(results), only_facts(TRIALS)
    assert facts == other
    turned = replace(facts, trials=tuple(reversed(facts.trials)))
    assert certainty.fingerprint(turned) == certainty.fingerprint(facts)


@given(
    st.permutations(
        [TrialInPool(7, "One", uk=True), TrialInPool(8, "Two"), TrialInPool(9, "Three", ages="2")]
    )
)
def test_facts_are_the_same_in_whatever_order_their_trials_are(trials):
    first = replace(WELL, trials=tuple(sorted(trials, key=lambda one: one.name)))
    told = certainty.fingerprint(replace(WELL, trials=tuple(trials)))
    assert told == certainty.fingerprint(first)


def test_high_risk_is_left_out_of_the_share_and_told():
    facts = only_facts(TRIALS)
    assert (facts.k, facts.left_out) == (3, 1)
    told = certainty_words.numbers(facts, POLICY)[CertaintyDomain.RISK_OF_BIAS]
    # one of three is judged to be at some concerns; of the others nothing is held here
    assert facts.concern[0] == pytest.approx(0.28, abs=0.01)
    assert facts.concern[1] == 1.0
    assert told == (
        "28% to 100% of the weight is at some concerns or high risk of bias, as not every study’s "
        "risk is known; 1 study at high risk left out."
    )


def test_a_fingerprint_kept_before_is_that_of_the_same_facts_now():
    """Else every confirmed certainty would be asked for again."""
    facts = replace(WELL, trials=(TrialInPool(7, "One", uk=True), TrialInPool(8, "Two", ages="2")))
    kept = "6492f163152ba7ff104b6fbdd8d3aad7645d5da7330e75764308b72d8feb4015"
    assert certainty.fingerprint(facts) == kept


def test_each_class_has_its_own_label_to_rate():
    late = replace(TRIALS[0], outcome_class="proximal", comparator_class="active", effect=0.9)
    every = findings([TRIALS[0], late], SYNTHESIS, CATALOGUE.measures, CATALOGUE.slugs)[0]
    found = certainty.leading(every)
    assert {kind: one.outcome_class for kind, one in found.items()} == {
        "attachment": "attachment", "proximal": "proximal",
    }  # fmt: skip


def test_a_name_is_no_fact_and_a_place_is():
    facts = replace(WELL, trials=(TrialInPool(7, "A study", uk=True),))
    named = replace(WELL, trials=(TrialInPool(7, "Another name", uk=True),))
    abroad = replace(WELL, trials=(TrialInPool(7, "A study", uk=False),))
    assert certainty.fingerprint(named) == certainty.fingerprint(facts)
    assert certainty.fingerprint(abroad) != certainty.fingerprint(facts)


def rated_pool(*results):
    every = findings(results, SYNTHESIS, CATALOGUE.measures, CATALOGUE.slugs)[0]
    found = certainty.leading(every)
    return found["attachment"].comparator_class if found else None


def test_the_label_rated_is_the_one_the_headline_reads():
    usual = replace(TRIALS[0], effect=0.5)
    active = replace(usual, study="other", comparator_class="active")
    assert rated_pool(active, usual) == "usual care"
    assert rated_pool(active) == "active"
    assert rated_pool(active, replace(usual, effect=0.0)) == "active"  # usual care settles nothing
    assert rated_pool(replace(active, effect=0.0), replace(usual, effect=0.0)) == "usual care"
    assert rated_pool(replace(usual, risk_of_bias="high")) is None
    # what was not allocated by chance settles nothing, however large; nor does a direction
    apart = replace(
        usual,
        comparator_class="not randomised",
        allocation=Allocation.NONE,
        n_i=500,
        n_c=500,
    )
    assert rated_pool(apart) == "usual care"
    assert rated_pool(apart, active) == "active"
    pointing = replace(usual, effect_type=EffectType.DIRECTION, effect=1.0)
    assert rated_pool(pointing, active) == "active"
    assert rated_pool(pointing) == "usual care"


def test_only_what_stood_and_stands_otherwise_has_moved():
    before = {"attachment": Certainty.LOW, "proximal": Certainty.LOW, "harm": Certainty.HIGH}
    after = {
        "attachment": Certainty.MODERATE,
        "proximal": Certainty.LOW,
        "child, other": Certainty.LOW,
    }
    assert certainty.moved(before, after) == (
        Move("attachment", Certainty.LOW, Certainty.MODERATE),
    )


def test_the_numbers_are_told_with_what_they_mean():
    facts = replace(
        WELL,
        k=2,
        people=229,
        ci_low=0.132,
        ci_high=0.726,
        estimate=0.429,
        q_p=0.33,
        overdue=1,
        trials=(
            TrialInPool(1, "one", uk=True, variants=("COS-P",), comparators=("usual care",)),
            TrialInPool(2, "two", ages="0 to 1", comparators=("usual care",)),
        ),
    )
    assert list(certainty_words.numbers(facts, POLICY).values()) == [
        "0% of the weight is at some concerns or high risk of bias.",
        "Q of 2 studies: p 0.33. Too few for a prediction interval.",
        (
            "1 of 2 studies in the UK, 1 not known; versions: COS-P (1) and not known (1); compared "
            "with: usual care (2); ages: 0 to 1 (1) and not known (1); settings: not known (2)."
        ),
        "0.43 (0.13 to 0.73), which reaches across 0.20; 229 people.",
        (
            "2 studies heard (under 10: no funnel plot can tell); 1 registered trial of it known here "
            "is overdue."
        ),
    ]
    span = certainty_words.span(certainty.assess(facts, POLICY))
    assert span == "low"
    unknown = SuggestedLevels(CertaintyDomain.IMPRECISION, 1, 2)
    assert certainty_words.suggested(unknown).startswith("one level down to two levels down")


def test_the_page_of_the_method_says_the_numbers_of_the_policy():
    page = (Path(__file__).resolve().parents[3] / "docs" / "method.md").read_text(encoding="utf-8")
    shares = {0.5: "half of the pool’s weight or more", 0.25: "a quarter or more of the trials"}
    people = POLICY.imprecision
    for words in (
        f"certainty/{POLICY.version}.toml",
        shares[POLICY.risk_of_bias.one],
        shares[POLICY.reporting.overdue_one],
        f"p below {POLICY.inconsistency.heterogeneity_p:.2f}",
        f"one below {people.people_one} people and two below {people.people_two}",
        f"at *{POLICY.start.randomised}* where people came into the groups by chance",
        f"at *{POLICY.start.other}* otherwise",
        f"{SYNTHESIS.delta:.2f} standard deviations",
    ):
        assert words in page, words


@pytest.mark.parametrize(
    ("low", "high", "crossed"),
    [(-0.2, 0.1, 0), (-0.5, -0.2, 1), (0.2, 0.5, 0), (0.0, 0.2, 1), (-0.3, 0.2, 2)],
)
def test_an_interval_that_only_begins_at_a_line_does_not_reach_across(low, high, crossed):
    assert certainty.lines_crossed(low, high, 0.2) == crossed
