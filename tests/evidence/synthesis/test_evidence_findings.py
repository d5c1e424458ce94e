"""What results show: the worked examples of the method, its properties, and metafor's answers."""

# mypy: disable-error-code="operator,union-attr,arg-type"
# A test that meets None where a number is due fails by itself.

import csv
import json
import math
from dataclasses import replace

import pytest
from factories import effect_row  # type: ignore[import-not-found]  # tests/support is on pytest's path
from hypothesis import given
from hypothesis import strategies as st

from monitor.catalogue import loader
from monitor.catalogue.words import EffectType, Label
from monitor.evidence.shown import ShownFinding
from monitor.evidence.synthesis import pooling
from monitor.evidence.synthesis.effects import derive, turned
from monitor.evidence.synthesis.findings import MainFinding, findings, main_findings
from monitor.evidence.synthesis.hearing import SynthesisRules, derived
from monitor.evidence.synthesis.labels import label
from monitor.evidence.synthesis.pooling import Method
from monitor.evidence.synthesis.results import Allocation, read_row
from monitor.kernel.errors import InvalidInput

CATALOGUE = loader.load()
POLICY, MEASURES, SLUGS = CATALOGUE.synthesis, CATALOGUE.measures, CATALOGUE.slugs
PLAIN = effect_row(
    population="ITT",
    risk_of_bias="low",
    n_i=52,
    n_c=52,
    effect=0.45,
)


def said(*results):
    found, refused = findings(results, POLICY, MEASURES, SLUGS)
    assert not refused
    return found


def only(*results):
    (found,) = said(*results)
    return found


def trial(name, **facts):
    return replace(PLAIN, study=name, **facts)


def events(name, a, n_i, c, n_c, **facts):
    table = {"effect_type": EffectType.TABLE, "effect": None}
    return trial(name, events_i=a, n_i=n_i, events_c=c, n_c=n_c, **table, **facts)


def test_two_small_trials_against_an_active_comparator_are_a_probable_benefit():
    finding = only(
        events("one", 19, 60, 34, 60, benefit=-1, comparator_class="active"),
        events("two", 18, 55, 24, 54, benefit=-1, comparator_class="active"),
    )
    pool = finding.main.pool
    assert finding.comparator_class == "active"
    assert finding.main.label == "probable benefit"
    assert (pool.method, round(pool.q_p, 2)) == (Method.COMMON, 0.33)
    assert [round(x, 3) for x in (pool.estimate, pool.ci_low, pool.ci_high)] == [
        0.429,
        0.132,
        0.726,
    ]


def test_a_result_that_is_only_not_significant_is_not_settled():
    finding = only(trial("one", effect=0.86, p=0.069, n_i=16, n_c=15))
    assert finding.main.label == "not settled, leans to benefit"
    pool = finding.main.pool
    assert [round(x, 3) for x in (pool.ci_low, pool.ci_high)] == [-0.067, 1.787]


def test_large_trials_that_agree_on_nothing_show_little_or_no_difference():
    finding = only(
        trial("one", effect=0.10, n_i=75, n_c=66),
        trial("two", effect=0.05, n_i=197, n_c=100),
        trial("three", effect=-0.02, n_i=248, n_c=123),
    )
    pool = finding.main.pool
    assert finding.main.label == "little or no difference"
    assert finding.main.people == 809
    assert [round(x, 3) for x in (pool.estimate, pool.ci_low, pool.ci_high)] == [
        0.028,
        -0.116,
        0.173,
    ]


@pytest.mark.parametrize(
    ("effect", "words"),
    [(0.45, "probable benefit"), (0.0, "not settled"), (-0.45, "favours the comparison")],
)
def test_help_nothing_and_harm_are_three_labels(effect, words):
    assert only(trial("one", intervention="ddp", effect=effect)).main.label == words


def test_one_of_the_ten_against_another_turns_the_sign_and_enters_no_usual_care_pool():
    found = said(events("head to head", 15, 34, 7, 33, intervention="www", comparator="PIP"))
    by_slug = {one.intervention: one for one in found}
    assert {one.comparator_class for one in found} == {"another of the ten"}
    assert by_slug["pip"].main.label == "favours the comparison"
    assert by_slug["www"].main.label == "probable benefit"
    assert round(by_slug["www"].main.pool.estimate, 3) == 0.593
    assert by_slug["pip"].main.pool.estimate == -by_slug["www"].main.pool.estimate


def test_trials_that_disagree_are_not_pooled():
    finding = only(trial("one", effect=1.0), trial("two", effect=-1.0))
    assert finding.main.label == "results disagree"
    assert finding.main.pool.estimate is None


def test_five_and_more_are_random_effects_with_an_interval_for_a_new_setting():
    finding = only(*(trial(f"t{n}", effect=e) for n, e in enumerate((1.2, 0.9, 0.1, 0.6, 0.8))))
    pool = finding.main.pool
    assert pool.method is Method.RANDOM
    assert pool.pi_low < pool.ci_low < pool.estimate
    assert "varies: a new setting may see none" in finding.main.label


def test_directions_alone_are_counted_by_their_sign():
    signs = {"effect_type": EffectType.DIRECTION}
    finding = only(trial("one", effect=1, **signs), trial("two", effect=-1, **signs))
    assert finding.main.label == "1 of 2 point towards benefit; size not known"
    assert (finding.signs.towards, finding.signs.away) == (1, 1)


@pytest.mark.parametrize(
    "beside",
    [
        {"population": "subgroup girls"},
        {"population": "completers"},
        {"outcome_class": "proximal"},
        {"comparator_class": "not randomised"},
        {"risk_of_bias": "high", "study": "another"},
        {"allocation": Allocation.QUASI, "study": "another"},
        {"months": -1.0},
        {"months": 6.0},
        {"measure": "a questionnaire"},
        {"prespecified": "secondary"},
    ],
)
def test_what_is_not_the_index_result_never_changes_a_pool(beside):
    chosen = replace(
        PLAIN, measure="Strange Situation Procedure", months=0.0, prespecified="primary"
    )
    other = replace(replace(chosen, effect=-2.0), **beside)
    (alone,) = said(chosen)
    found = {one.outcome_class: one for one in said(other, chosen)}
    assert found["attachment"].main == alone.main


def test_equals_are_averaged_as_results_of_the_same_people():
    one, two = replace(PLAIN, outcome="a"), replace(PLAIN, outcome="b", effect=0.25)
    (index,) = only(one, two).index
    v1, v2 = (derive(r, POLICY).vi for r in (one, two))
    assert index.yi == pytest.approx(0.35)
    assert index.vi == pytest.approx((v1 + v2 + 2 * 0.5 * math.sqrt(v1 * v2)) / 4)
    assert "mean of 2 equals" in index.rule


def test_two_comparators_of_one_study_are_one_study_and_each_arm_is_counted_once():
    finding = only(
        replace(PLAIN, comparator="waiting list", comparator_class="waiting list", n_c=40), PLAIN
    )
    assert (finding.main.k, finding.main.people) == (1, 52 + 40 + 52)


def test_clusters_that_were_ignored_widen_the_interval():
    plain = derive(PLAIN, POLICY)
    clustered = derive(replace(PLAIN, allocation=Allocation.CLUSTER, cluster_size=11.0), POLICY)
    assert clustered.vi == pytest.approx(plain.vi * 1.5)
    assert "assumed" in clustered.derivation


def test_hedges_g_from_means_is_as_the_handbook_has_it():
    means = {"mean_i": 10.0, "sd_i": 2.0, "mean_c": 8.0, "sd_c": 2.0}
    got = derive(
        replace(PLAIN, effect_type=EffectType.MEANS, effect=None, n_i=10, n_c=10, **means), POLICY
    )
    assert got.yi == pytest.approx(1 * (1 - 3 / 71))


def test_a_reported_risk_ratio_is_kept_and_not_pooled():
    got = derive(replace(PLAIN, effect_type=EffectType.RR, effect=1.4), POLICY)
    assert (got.yi, got.sign) == (None, 1)


@pytest.mark.parametrize(
    ("row", "column"),
    [
        ({"effect": "0.5", "ci_low": "0.6", "ci_high": "0.9"}, "effect"),
        ({"effect": "0.5", "ci_low": "0.6"}, "ci_low"),
        (
            {"effect_type": "2x2", "n_i": "10", "events_i": "11", "n_c": "9", "events_c": "1"},
            "events_i",
        ),
        ({"effect_type": "means", "sd_i": "0"}, "sd_i"),
        ({"p": "1.2"}, "p"),
        ({"p": "-0.1"}, "p"),
        ({"effect": "0.5"}, "n_i"),
        ({"effect_type": "OR", "effect": "-2", "n_i": "9", "n_c": "9"}, "effect"),
        ({"effect": "much"}, "effect"),
        ({"effect": "nan"}, "effect"),
        ({"intervention": "cbt"}, "intervention"),
        ({"comparator": "cos"}, "comparator"),
        ({"outcome_class": "mood"}, "outcome_class"),
        ({"benefit": "2"}, "benefit"),
        ({"n_i": "10.5"}, "n_i"),
        ({"effect_type": ""}, "effect_type"),
        ({"study": ""}, "study"),
    ],
)
def test_what_cannot_be_is_refused_and_the_column_named(row, column):
    given = {"study": "s", "intervention": "cos", "comparator_class": "usual care",
             "effect_type": "SMD", "effect": "0.1", "outcome_class": "attachment"}  # fmt: skip
    with pytest.raises(InvalidInput, match=rf"^{column}\b"):
        derive(read_row({**given, **row}, SLUGS), POLICY)


def test_a_zero_cell_gets_half_a_person_in_each():
    got = derive(events("none", 0, 20, 5, 20), POLICY)
    assert got.yi < 0
    assert "½" in got.derivation


effects = st.floats(-2, 2).map(lambda x: round(x, 3))
arms = st.integers(5, 400)
trials = st.lists(st.tuples(effects, arms, arms), min_size=1, max_size=8).map(
    lambda rows: [trial(f"t{n}", effect=e, n_i=a, n_c=b) for n, (e, a, b) in enumerate(rows)]
)
TURNED = {
    Label.BENEFIT: Label.COMPARISON, Label.PROBABLE: Label.COMPARISON,
    Label.SLIGHT: Label.COMPARISON,
}  # fmt: skip


@given(trials)
def test_turning_every_sign_turns_every_label_round(results):
    one = only(*results).main
    other = only(*(replace(r, benefit=-1) for r in results)).main
    if one.pool.estimate is None:
        assert other.label == one.label
        return
    assert other.pool.estimate == pytest.approx(-one.pool.estimate, abs=1e-6)
    first, second = label(one.pool, POLICY.delta), label(other.pool, POLICY.delta)
    assert second is TURNED.get(first, second)
    assert first is TURNED.get(second, first)


@given(trials)
def test_what_grades_rest_on_is_what_is_told_whole(results):
    whole, _ = findings(results, POLICY, MEASURES, SLUGS)
    studies, _ = derived(results, SynthesisRules(POLICY, MEASURES, frozenset(SLUGS)))
    part = main_findings(studies, POLICY, SLUGS)
    assert [(one.index, one.signs) for one in part] == [(one.index, one.signs) for one in whole]
    assert [kept(one) for one in part] == [kept(one) for one in whole]


def kept(finding: MainFinding) -> ShownFinding:
    """What ledgers keep, rounded: lines that are fitted together may differ in the last digit."""
    return ShownFinding.of(finding, POLICY.delta)


@given(trials, st.randoms())
def test_the_order_and_copies_of_results_make_no_difference(results, random):
    shuffled = [*results, results[0]]
    random.shuffle(shuffled)
    assert only(*shuffled) == only(*results)


def test_the_other_arm_sees_the_opposite():
    effect = derive(PLAIN, POLICY)
    assert (turned(effect).yi, turned(effect).sign) == (-effect.yi, -effect.sign)


def test_pools_agree_with_metafor(recordings):
    folder = recordings / "meta_analysis"
    with (folder / "pymare__metafor_small_sample.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    cases = json.loads((folder / "pymare__metafor_reference.json").read_text("utf-8"))["cases"]
    compared = 0
    for case in (c for c in cases if c["model"] == "intercept"):
        data = [row for row in rows if row["case"] == case["design"]]
        pair = [float(r["y"]) for r in data], [float(r["v"]) for r in data]
        match (case["method"], case["test"]):
            case ("REML", "knha"):
                got = pooling.random_effects(*pair, truncated=False)
            case ("REML", "adhoc"):
                got = pooling.random_effects(*pair, truncated=True)
            case ("FE", "z"):
                got = pooling.common_effect(*pair)
            case _:
                continue
        expected = (case["beta"][0], case["ci_lb"][0], case["ci_ub"][0], case["tau2"])
        assert (got.estimate, got.ci_low, got.ci_high, got.tau2) == pytest.approx(
            expected, abs=1e-4
        )
        compared += 1
    assert compared == 12


UNLIKE = tuple(
    trial(f"trial {at}", effect=effect, n_i=people, n_c=people)
    for at, (effect, people) in enumerate([(0.1, 40), (0.9, 60), (0.3, 300), (0.7, 90), (1.1, 35)])
)


@pytest.mark.parametrize("rows", [(UNLIKE[2], trial("small", effect=0.5)), UNLIKE])
def test_weights_are_those_that_make_the_estimate(rows):
    """One common effect of few, random effects of many; whoever has no size weighs nothing."""
    pointing = trial("pointing", effect_type=EffectType.DIRECTION, effect=1.0)
    finding = only(*rows, pointing)
    weights = finding.weights
    assert set(weights) == {row.study for row in rows}
    assert math.fsum(weights.values()) == pytest.approx(1)
    estimate = sum(weights[one.study] * one.yi for one in finding.index if one.yi is not None)
    assert estimate == pytest.approx(finding.main.pool.estimate)
    assert bool(finding.main.pool.tau2) == (len(rows) > 2)


def test_without_a_pool_weights_are_of_what_has_a_size():
    assert only(trial("one", effect_type=EffectType.DIRECTION, effect=1.0)).weights == {}
    apart = only(trial("one", effect=2.0), trial("two", effect=-2.0))
    assert apart.main.pool.estimate is None
    assert apart.weights == pytest.approx({"one": 0.5, "two": 0.5})


def test_high_risk_of_bias_is_in_no_line_but_its_own():
    rows = [trial("one", months=24.0), trial("two", months=24.0, effect=0.9, risk_of_bias="high")]
    rows += [replace(row, months=0.0) for row in rows]
    finding = only(*rows)
    assert (finding.main.k, finding.with_high_risk.k, finding.sustained.k) == (1, 2, 1)
    assert finding.sustained.pool.estimate == pytest.approx(0.45)
    studies, _ = derived(rows, SynthesisRules(POLICY, MEASURES, frozenset(SLUGS)))
    (graded,) = main_findings(studies, POLICY, SLUGS)
    assert (graded.main, graded.index) == (finding.main, finding.index)


def test_without_developers_is_without_those_they_led_and_with_those_nobody_knows_of():
    finding = only(
        trial("one", effect=0.9, developer_led=True),
        trial("two", effect=0.1, developer_led=False),
        trial("three", effect=0.1, developer_led=None),
    )
    assert finding.without_developers.k == 2
    assert finding.without_developers.pool.estimate == pytest.approx(0.1)


def test_directions_of_as_many_people_are_no_reason_to_look_for_one_study():
    rows = [trial(name, effect_type=EffectType.DIRECTION, effect=1.0) for name in ("one", "two")]
    assert not [told for told in only(*rows).reasons if "one study" in told]
