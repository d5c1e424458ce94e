"""One model of all studies, by metafor's own answers; effects of counts by hand."""

import csv
import json
import math
import shlex

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.catalogue import loader
from monitor.catalogue.words import Label
from monitor.evidence.synthesis import stacked
from monitor.evidence.synthesis.fitting import IntervalMethod, fit, fit_each, moved_by_each
from monitor.evidence.synthesis.labels import label
from monitor.evidence.synthesis.pooling import pool, random_effects
from monitor.evidence.synthesis.spreads import Spread
from monitor.evidence.synthesis.stacked import body, joined
from monitor.evidence.synthesis.two_by_two import TwoByTwoMeasure, from_counts
from monitor.kernel.errors import InvalidInput

POLICY = loader.load().synthesis
SPREADS = {
    "FE": Spread.NONE,
    "DL": Spread.DL,
    "HE": Spread.HE,
    "ML": Spread.ML,
    "REML": Spread.REML,
}
INTERVALS = {
    "z": IntervalMethod.WALD,
    "knha": IntervalMethod.HARTUNG_KNAPP,
    "adhoc": IntervalMethod.TRUNCATED,
}


def test_every_pool_without_moderators_agrees_with_metafor(recordings):
    folder = recordings / "meta_analysis"
    with (folder / "pymare__metafor_small_sample.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    cases = json.loads((folder / "pymare__metafor_reference.json").read_text("utf-8"))["cases"]
    assert len(cases) == 180
    pools = [case for case in cases if case["model"] == "intercept"]
    for case in pools:
        data = [row for row in rows if row["case"] == case["design"]]
        got = fit(
            [float(row["y"]) for row in data],
            [float(row["v"]) for row in data],
            SPREADS[case["method"]],
            INTERVALS[case["test"]],
        )
        wanted = (case["beta"][0], case["ci_lb"][0], case["ci_ub"][0], case["tau2"])
        found = (got.estimate, got.ci_low, got.ci_high, got.tau2)
        assert found == pytest.approx(wanted, abs=1e-4), case
    assert len(pools) == 60


def test_counts_agree_with_what_metafor_prints_of_its_own_example(recordings):
    """``rma(measure="RR", data=dat.bcg)`` as metafor's documentation prints it, four digits."""
    text = (recordings / "meta_analysis/metadat__dat.bcg.txt").read_text("utf-8")
    trials = [[int(n) for n in shlex.split(line)[3:7]] for line in text.splitlines()[1:]]
    pairs = [from_counts(a, a + b, c, c + d, TwoByTwoMeasure.RR) for a, b, c, d in trials]
    got = fit([y for y, _ in pairs], [v for _, v in pairs], Spread.REML, IntervalMethod.WALD)
    assert (got.estimate, got.ci_low, got.ci_high) == pytest.approx(
        (-0.7145, -1.0669, -0.3622), abs=5e-5
    )
    assert (got.tau2, got.i2) == pytest.approx((0.3132, 92.22), abs=5e-3)


def test_many_studies_agree_with_what_metafor_tests_of_a_published_example(recordings):
    """``rma(yi, vi, data=dat.konstantopoulos2011)``: table 4 of Konstantopoulos 2011, four digits."""
    text = (recordings / "meta_analysis/metadat__dat.konstantopoulos2011.txt").read_text("utf-8")
    pairs = [tuple(map(float, line.split()[2:4])) for line in text.splitlines()[1:]]
    got = fit([y for y, _ in pairs], [v for _, v in pairs], Spread.REML, IntervalMethod.WALD)
    se = (got.ci_high - got.ci_low) / 2 / 1.959964
    assert (got.k, got.estimate, se, got.tau2) == pytest.approx(
        (56, 0.1279, 0.0439, 0.0884), abs=5e-5
    )


@pytest.mark.parametrize(
    ("measure", "effect", "variance"),
    [
        (TwoByTwoMeasure.OR, math.log(10 * 30 / (20 * 20)), 1 / 10 + 1 / 20 + 1 / 20 + 1 / 30),
        (TwoByTwoMeasure.RR, math.log((10 / 30) / (20 / 50)), 1 / 10 - 1 / 30 + 1 / 20 - 1 / 50),
        (TwoByTwoMeasure.RD, 10 / 30 - 20 / 50, 10 * 20 / 30**3 + 20 * 30 / 50**3),
    ],
)
def test_effects_of_counts(measure, effect, variance):
    assert from_counts(10, 30, 20, 50, measure) == pytest.approx((effect, variance))


@pytest.mark.parametrize("measure", list(TwoByTwoMeasure))
def test_half_a_person_is_added_to_each_cell_where_one_is_empty(measure):
    y, v = from_counts(0, 10, 3, 10, measure)
    assert y < 0
    assert math.isfinite(v)
    if measure is TwoByTwoMeasure.OR:
        assert y == pytest.approx(math.log(0.5 * 7.5 / (10.5 * 3.5)))


def test_an_arm_may_be_of_one_person_and_all_of_it_may_have_the_event():
    assert from_counts(1, 1, 2, 4, TwoByTwoMeasure.OR) == pytest.approx(
        (math.log(1.5 * 2.5 / (0.5 * 2.5)), 1 / 1.5 + 1 / 0.5 + 2 / 2.5)
    )


@pytest.mark.parametrize(
    ("counts", "said"),
    [((5, 4, 1, 4), "events_i: 5"), ((1, 4, -1, 4), "events_c: -1"), ((0, 0, 1, 4), "n_i: an arm")],
)
def test_counts_that_cannot_be_are_refused(counts, said):
    events_i, n_i, events_c, n_c = counts
    with pytest.raises(InvalidInput, match=f"^{said}"):
        from_counts(events_i, n_i, events_c, n_c, TwoByTwoMeasure.OR)


EFFECTS = st.lists(st.tuples(st.floats(-2, 2), st.floats(0.005, 2)), min_size=2, max_size=9)


@given(EFFECTS, st.sampled_from(Spread), st.sampled_from(IntervalMethod))
def test_turned_effects_turn_the_fit_and_the_truncated_interval_is_never_narrower(
    pairs, spread, interval
):
    y, v = [one for one, _ in pairs], [one for _, one in pairs]
    got, turned = fit(y, v, spread, interval), fit([-one for one in y], v, spread, interval)
    assert turned.estimate == pytest.approx(-got.estimate, abs=1e-6)
    assert (turned.ci_low, turned.ci_high) == pytest.approx((-got.ci_high, -got.ci_low), abs=1e-6)
    assert got.ci_low <= got.estimate <= got.ci_high
    assert got.tau2 >= 0
    widths = {
        one: (fitted := fit(y, v, spread, one)).ci_high - fitted.ci_low for one in IntervalMethod
    }
    assert widths[IntervalMethod.TRUNCATED] >= max(widths.values()) - 1e-9


@given(st.floats(-2, 2), st.floats(0.01, 2), st.integers(2, 8), st.sampled_from(Spread))
def test_identical_studies_do_not_spread(y, v, k, spread):
    got = fit([y] * k, [v] * k, spread, IntervalMethod.WALD)
    assert (got.tau2, got.i2) == pytest.approx((0, 0), abs=1e-9)
    assert got.estimate == pytest.approx(y)


PEAKS = [  # a likelihood of two peaks, and one that a step of scoring leaps over
    ([-0.24, -0.03, 0.24, 0.03, 1.4, 0.02], [0.0002, 0.6, 0.4, 0.0006, 1.2, 0.0003]),
    ([0.5, -0.1, 0.0, 0.02, 0.9, -0.6, 0.01], [0.9, 0.004, 0.002, 0.0004, 0.5, 0.3, 0.0009]),
    ([0.1, 0.9, -0.4, 0.3, 1.2], [0.001, 0.002, 0.3, 0.5, 0.0007]),
]


def restricted(y, v, tau2):
    y, v = np.array(y), np.array(v)
    w = 1 / (v + tau2)
    mean = w @ y / w.sum()
    return -0.5 * (np.log(v + tau2).sum() + np.log(w.sum()) + w @ (y - mean) ** 2)


def unrestricted(y, v, tau2):
    y, v = np.array(y), np.array(v)
    w = 1 / (v + tau2)
    mean = w @ y / w.sum()
    return -0.5 * (np.log(v + tau2).sum() + w @ (y - mean) ** 2)


UNEQUAL = st.lists(
    st.tuples(st.integers(-30, 30).map(lambda n: n / 20), st.floats(-8, 1).map(math.exp)),
    min_size=2,
    max_size=10,
).map(lambda pairs: tuple(zip(*pairs, strict=True)))


@pytest.mark.parametrize(
    ("spread", "likelihood"), [(Spread.REML, restricted), (Spread.ML, unrestricted)]
)
@given(st.one_of(st.sampled_from(PEAKS), UNEQUAL))
def test_no_spread_is_likelier_than_the_one_found(spread, likelihood, pairs):
    y, v = pairs
    got = fit(y, v, spread, IntervalMethod.WALD).tau2
    others = [0.0, *np.geomspace(1e-7, 10, 400)]
    assert likelihood(y, v, got) >= max(likelihood(y, v, one) for one in others) - 1e-5


@given(st.lists(UNEQUAL, min_size=1, max_size=4), st.integers(1, 12))
def test_each_of_several_bodies_is_fitted_as_if_it_were_alone(pairs, near):
    several = joined([body(y, v) for y, v in pairs])
    for spread in Spread:
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(stacked, "_NEAR", near)
            found = fit_each(several, spread, IntervalMethod.TRUNCATED)
        alone = [fit(y, v, spread, IntervalMethod.TRUNCATED) for y, v in pairs]
        assert found == alone


@pytest.mark.parametrize("seed", range(3))
def test_a_large_body_is_fitted_as_metafor_s_equations_have_it(seed):
    """Beyond where peaks are looked for: the score of REML is 0 at the spread found."""
    chance = np.random.default_rng(seed)
    v = chance.uniform(0.01, 0.3, 60)
    y = chance.normal(0.3, np.sqrt(v + 0.05 * seed))
    got = fit(y.tolist(), v.tolist(), Spread.REML, IntervalMethod.WALD).tau2
    here = restricted(y, v, got)
    assert here >= restricted(y, v, got + 1e-4)
    assert here >= restricted(y, v, max(0, got - 1e-4))


@pytest.mark.parametrize("seed", [0, 2, 4, 23, 88])
@pytest.mark.parametrize(
    ("spread", "likelihood"), [(Spread.REML, restricted), (Spread.ML, unrestricted)]
)
def test_of_a_large_body_that_steps_leap_over_a_peak_is_found(spread, likelihood, seed):
    """A few studies far more precise than the others: a step may land beyond what holds the peak."""
    chance = np.random.default_rng(seed)
    v = np.where(chance.random(40) < 0.1, 1e-5, np.exp(chance.uniform(-2, 2, 40)))
    y = chance.standard_t(1.5, 40) * chance.choice([0.1, 0.5, 2])
    got = fit(y.tolist(), v.tolist(), spread, IntervalMethod.WALD).tau2
    near = [got * 0.98, got * 1.02] if got > 1e-6 else [1e-6, 1e-5]
    assert likelihood(y, v, got) >= max(likelihood(y, v, one) for one in near) - 1e-7


def test_effects_too_far_apart_to_be_worked_with_are_refused():
    with pytest.raises(ValueError, match="too far apart"):
        fit([0.1, 0.2], [1e-320, 1e-320], Spread.NONE, IntervalMethod.WALD)
    y, v = [0.1 * n for n in range(6)], [1e-30, 1e30, 1, 1, 1, 1]
    with pytest.raises(ValueError, match="too far apart"):
        fit(y, v, Spread.REML, IntervalMethod.TRUNCATED)


@pytest.mark.parametrize(
    ("y", "v", "said"),
    [
        ([], [], "one effect and one variance"),
        ([0.1], [0.1, 0.2], "one effect and one variance"),
        ([math.inf], [0.1], "one effect and one variance"),
        ([0.1], [0.0], "every variance is above 0"),
        ([0.1], [math.nan], "every variance is above 0"),
    ],
)
def test_what_cannot_be_pooled_is_refused(y, v, said):
    with pytest.raises(ValueError, match=said):
        fit(y, v, Spread.NONE, IntervalMethod.WALD)


def test_two_studies_by_hand():
    """Common effect: weights 25 and 50. REML of two equal variances: half the square less one."""
    got = fit([0.1, 0.7], [0.04, 0.02], Spread.NONE, IntervalMethod.WALD)
    q = 25 * 0.4**2 + 50 * 0.2**2
    assert (got.estimate, got.ci_high) == pytest.approx((0.5, 0.5 + 1.959964 / math.sqrt(75)))
    assert got.i2 == pytest.approx(100 * (q - 1) / q)
    assert got.q_p == pytest.approx(math.erfc(math.sqrt(q / 2)))
    assert (got.pi_low, got.tau2, got.method) == (None, 0.0, "common effect")
    got = fit([0.0, 1.0], [0.1, 0.1], Spread.REML, IntervalMethod.WALD)
    assert got.tau2 == pytest.approx(0.4)
    assert got.method == "REML, Wald"
    assert fit([0.1], [0.04], Spread.NONE, IntervalMethod.WALD).q_p is None
    assert got.i2 == pytest.approx(80)
    half = 1.959964 * math.sqrt(0.25)
    further = 1.959964 * math.sqrt(0.25 + 0.4)
    assert (got.ci_low, got.pi_low) == pytest.approx((0.5 - half, 0.5 - further))
    assert (got.ci_high, got.pi_high) == pytest.approx((0.5 + half, 0.5 + further))


@pytest.mark.parametrize("seed", range(4))
def test_about_how_far_each_study_moves_a_large_body(seed):
    chance = np.random.default_rng(seed)
    v = chance.uniform(0.01, 0.2, 40)
    y = chance.normal(0.3, np.sqrt(v + 0.02 * seed))
    whole = fit(y.tolist(), v.tolist(), Spread.REML, IntervalMethod.WALD).estimate
    moved = []
    for at in range(40):
        rest = np.arange(40) != at
        again = fit(y[rest].tolist(), v[rest].tolist(), Spread.REML, IntervalMethod.WALD)
        moved.append(again.estimate - whole)
    assert moved_by_each(body(y, v)) == pytest.approx(np.array(moved), abs=0.006)
    assert np.corrcoef(moved_by_each(body(y, v)), np.array(moved))[0, 1] > 0.97


def test_that_is_one_step_of_scoring_from_the_spread_by_moments():
    """Written out with the projection P of each body without one study (Viechtbauer 2005)."""
    y, v = np.array([0.9, 0.1, -0.4, 0.6, 0.2, 1.5]), np.array([0.02, 0.3, 0.05, 0.1, 0.7, 0.04])
    tau2 = fit(y.tolist(), v.tolist(), Spread.DL, IntervalMethod.WALD).tau2
    assert tau2 > 0.1
    whole = np.average(y, weights=1 / (v + tau2))
    wanted = []
    for at in range(len(y)):
        own, within = np.delete(y, at), np.delete(v, at)
        w = np.diag(1 / (within + tau2))
        p = w - w @ np.ones((5, 5)) @ w / w.sum()
        step = (own @ p @ p @ own - np.trace(p)) / np.trace(p @ p)
        hair = 1e-6
        mean, beyond = (np.average(own, weights=1 / (within + t)) for t in (tau2, tau2 + hair))
        wanted.append(mean + (beyond - mean) / hair * max(step, -tau2) - whole)
    assert moved_by_each(body(y, v)) == pytest.approx(np.array(wanted), abs=1e-5)


@pytest.mark.parametrize(
    ("k", "method"),
    [
        (1, "one study"),
        (2, "common effect"),
        (4, "common effect"),
        (5, "REML, truncated Knapp-Hartung"),
    ],
)
def test_how_studies_are_pooled_hangs_on_how_many_there_are(k, method):
    assert pool([0.1 * n for n in range(k)], [0.1] * k, POLICY).method == method


def test_few_studies_are_pooled_where_their_differences_are_no_rarer_than_1_in_20():
    at_the_line = 3.841459**0.5 * math.sqrt(0.1)  # Q of two studies whose p is .05
    assert pool([0, at_the_line - 1e-6], [0.05, 0.05], POLICY).method == "common effect"
    apart = pool([0, at_the_line + 1e-6], [0.05, 0.05], POLICY)
    assert (apart.method, apart.estimate, apart.tau2, apart.i2) == ("not pooled", None, None, None)
    assert apart.q_p == pytest.approx(0.05, abs=1e-5)


@pytest.mark.parametrize(
    ("spread", "interval"),
    [
        (Spread.DL, IntervalMethod.WALD),
        (Spread.REML, IntervalMethod.WALD),
        (Spread.NONE, IntervalMethod.HARTUNG_KNAPP),
    ],
)
def test_one_study_has_no_spread(spread, interval):
    with pytest.raises(ValueError, match="two studies or more"):
        fit([0.3], [0.1], spread, interval)


@pytest.mark.parametrize(("effect", "least", "most"), [(0.35, 0.80, 0.83), (0.0, 0.01, 0.035)])
def test_three_trials_of_100_show_a_useful_programme_and_hardly_ever_a_useless_one(
    effect, least, most
):
    """The method's promise; docs/accuracy/findings.md has every number of trials, and harm."""
    chance = np.random.default_rng(15)
    policy = loader.load().synthesis
    yi = chance.normal(effect, math.sqrt(2 / 50), (4_000, 3))
    vi = 2 / 50 + yi**2 / 200
    said = [
        label(pool(y, v, policy), policy.delta)
        for y, v in zip(yi.tolist(), vi.tolist(), strict=True)
    ]
    assert least <= sum(one in {Label.BENEFIT, Label.PROBABLE} for one in said) / 4_000 <= most


def test_one_study_is_one_and_only_the_truncated_interval_is_never_narrower():
    assert pool([0.3], [0.1], POLICY).k == 1
    alike = [0.3, 0.31, 0.3, 0.29, 0.3], [0.1] * 5
    plain, truncated = (random_effects(*alike, truncated=told) for told in (False, True))
    assert (plain.method, truncated.method) == (
        "REML, Hartung-Knapp",
        "REML, truncated Knapp-Hartung",
    )
    assert plain.ci_low is not None
    assert truncated.ci_low is not None
    assert plain.ci_low > truncated.ci_low
