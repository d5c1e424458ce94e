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
from monitor.evidence.fitting import Interval, Spread, fit
from monitor.evidence.labels import label
from monitor.evidence.pooling import pool
from monitor.evidence.two_by_two import Measure, from_counts
from monitor.kernel.errors import InvalidInput

SPREADS = {
    "FE": Spread.NONE,
    "DL": Spread.DL,
    "HE": Spread.HE,
    "ML": Spread.ML,
    "REML": Spread.REML,
}
INTERVALS = {"z": Interval.WALD, "knha": Interval.HARTUNG_KNAPP, "adhoc": Interval.TRUNCATED}


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
    pairs = [from_counts(a, a + b, c, c + d, Measure.RR) for a, b, c, d in trials]
    got = fit([y for y, _ in pairs], [v for _, v in pairs], Spread.REML, Interval.WALD)
    assert (got.estimate, got.ci_low, got.ci_high) == pytest.approx(
        (-0.7145, -1.0669, -0.3622), abs=5e-5
    )
    assert (got.tau2, got.i2) == pytest.approx((0.3132, 92.22), abs=5e-3)


@pytest.mark.parametrize(
    ("measure", "effect", "variance"),
    [
        (Measure.OR, math.log(10 * 30 / (20 * 20)), 1 / 10 + 1 / 20 + 1 / 20 + 1 / 30),
        (Measure.RR, math.log((10 / 30) / (20 / 50)), 1 / 10 - 1 / 30 + 1 / 20 - 1 / 50),
        (Measure.RD, 10 / 30 - 20 / 50, 10 * 20 / 30**3 + 20 * 30 / 50**3),
    ],
)
def test_effects_of_counts(measure, effect, variance):
    assert from_counts(10, 30, 20, 50, measure) == pytest.approx((effect, variance))


@pytest.mark.parametrize("measure", list(Measure))
def test_half_a_person_is_added_to_each_cell_where_one_is_empty(measure):
    y, v = from_counts(0, 10, 3, 10, measure)
    assert y < 0
    assert math.isfinite(v)
    if measure is Measure.OR:
        assert y == pytest.approx(math.log(0.5 * 7.5 / (10.5 * 3.5)))


@pytest.mark.parametrize(
    ("counts", "said"),
    [((5, 4, 1, 4), "events_i: 5"), ((1, 4, -1, 4), "events_c: -1"), ((0, 0, 1, 4), "n_i: an arm")],
)
def test_counts_that_cannot_be_are_refused(counts, said):
    events_i, n_i, events_c, n_c = counts
    with pytest.raises(InvalidInput, match=f"^{said}"):
        from_counts(events_i, n_i, events_c, n_c, Measure.OR)


EFFECTS = st.lists(st.tuples(st.floats(-2, 2), st.floats(0.005, 2)), min_size=2, max_size=9)


@given(EFFECTS, st.sampled_from(Spread), st.sampled_from(Interval))
def test_turned_effects_turn_the_fit_and_the_truncated_interval_is_never_narrower(
    pairs, spread, interval
):
    y, v = [one for one, _ in pairs], [one for _, one in pairs]
    got, turned = fit(y, v, spread, interval), fit([-one for one in y], v, spread, interval)
    assert turned.estimate == pytest.approx(-got.estimate, abs=1e-6)
    assert (turned.ci_low, turned.ci_high) == pytest.approx((-got.ci_high, -got.ci_low), abs=1e-6)
    assert got.ci_low <= got.estimate <= got.ci_high
    assert got.tau2 >= 0
    widths = {one: (fitted := fit(y, v, spread, one)).ci_high - fitted.ci_low for one in Interval}
    assert widths[Interval.TRUNCATED] >= max(widths.values()) - 1e-9


@given(st.floats(-2, 2), st.floats(0.01, 2), st.integers(2, 8), st.sampled_from(Spread))
def test_identical_studies_do_not_spread(y, v, k, spread):
    got = fit([y] * k, [v] * k, spread, Interval.WALD)
    assert (got.tau2, got.i2) == pytest.approx((0, 0), abs=1e-9)
    assert got.estimate == pytest.approx(y)


@pytest.mark.parametrize("spread", [Spread.DL, Spread.REML])
def test_one_study_has_no_spread(spread):
    with pytest.raises(ValueError, match="two studies or more"):
        fit([0.3], [0.1], spread, Interval.WALD)


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
