"""Each way from a result as reported to an effect, worked out by hand beside it."""

# mypy: disable-error-code="arg-type"
# A test that meets None where a number is due fails by itself.

import math
from dataclasses import replace

import pytest
from factories import effect_row  # type: ignore[import-not-found]  # tests/support is on pytest's path

from monitor.catalogue import loader
from monitor.catalogue.words import EffectType
from monitor.evidence.synthesis.effects import derive, log_odds, turned
from monitor.evidence.synthesis.results import Allocation
from monitor.kernel.errors import InvalidInput

POLICY = loader.load().synthesis
LOGIT = math.sqrt(3) / math.pi
BLANK = effect_row(
    study="a",
)
SMD = {"effect": 0.4}
CI = {"ci_low": 0.01, "ci_high": 0.79}
N = {"n_i": 30, "n_c": 50}
MEANS = {"mean_i": 12.0, "sd_i": 3.0, "mean_c": 10.0, "sd_c": 4.0}
TABLE = {"n_i": 40, "events_i": 10, "n_c": 50, "events_c": 20}
BY_PEOPLE = 80 / 1500 + 0.16 / 160
POOLED = math.sqrt((29 * 9 + 49 * 16) / 78)
SMALL = 1 - 3 / (4 * 78 - 1)
MEAN_DIFFERENCE = (
    "mean difference over {}, Hedges' correction, variance from the people of each arm"
)
CELLS = 1 / 10 + 1 / 30 + 1 / 20 + 1 / 30


def of(kind, **facts):
    return derive(replace(BLANK, effect_type=EffectType(kind), **facts), POLICY)


@pytest.mark.parametrize(
    ("kind", "facts", "yi", "vi", "how"),
    [
        ("SMD", SMD | N, 0.4, BY_PEOPLE, "SMD as reported, variance from the people of each arm"),
        ("SMD", SMD | CI, 0.4, (0.78 / 3.92) ** 2, "SMD as reported, variance from the interval"),
        ("SMD", SMD | CI | N | {"se": 9.0, "p": 0.9}, 0.4, (0.78 / 3.92) ** 2,
         "SMD as reported, variance from the interval"),
        ("SMD", SMD | N | {"se": 0.3, "p": 0.9}, 0.4, 0.09, "SMD as reported, variance from se"),
        ("SMD", SMD | N | {"p": 0.05}, 0.4, (0.4 / 1.959964) ** 2,
         "SMD as reported, variance from p"),
        ("SMD", {"effect": -0.4, "p": 0.05}, -0.4, (0.4 / 1.959964) ** 2,
         "SMD as reported, variance from p"),
        ("SMD", {"effect": 0.0, "p": 0.99} | N, 0.0, 80 / 1500,
         "SMD as reported, variance from the people of each arm"),
        ("SMD", SMD | N | {"p": 0.0}, 0.4, BY_PEOPLE,
         "SMD as reported, variance from the people of each arm"),
        ("SMD", SMD | N | {"p": 1.0}, 0.4, BY_PEOPLE,
         "SMD as reported, variance from the people of each arm"),
        ("means", MEANS | N, 2 / POOLED * SMALL,
         80 / 1500 + (2 / POOLED * SMALL) ** 2 / 160,
         "Hedges' g from means and SDs, variance from the people of each arm"),
        ("MD", {"effect": 2.0, "sd_i": 3.0, "sd_c": 4.0} | N, 2 / POOLED * SMALL,
         80 / 1500 + (2 / POOLED * SMALL) ** 2 / 160,
         MEAN_DIFFERENCE.format("the arms' SDs")),
        ("MD", {"effect": 2.0, "se": 0.8} | N, 2 / (0.8 / math.sqrt(80 / 1500)) * SMALL,
         80 / 1500 + (2 / (0.8 / math.sqrt(80 / 1500)) * SMALL) ** 2 / 160,
         MEAN_DIFFERENCE.format("the SD from se")),
        ("2x2", TABLE, math.log(10 * 30 / (30 * 20)) * LOGIT, CELLS * LOGIT**2,
         "ln OR·√3/π from events"),
        ("OR", TABLE | {"effect": 7.0}, math.log(10 * 30 / (30 * 20)) * LOGIT, CELLS * LOGIT**2,
         "ln OR·√3/π from events"),
        ("RR", TABLE | {"effect": 7.0}, math.log(10 * 30 / (30 * 20)) * LOGIT, CELLS * LOGIT**2,
         "ln OR·√3/π from events"),
        ("2x2", {"n_i": 10, "events_i": 0, "n_c": 10, "events_c": 4},
         math.log(0.5 * 6.5 / (10.5 * 4.5)) * LOGIT,
         (1 / 0.5 + 1 / 10.5 + 1 / 4.5 + 1 / 6.5) * LOGIT**2,
         "ln OR·√3/π from events, ½ added to each cell because one is 0"),
        ("2x2", {"n_i": 10, "events_i": 10, "n_c": 10, "events_c": 4},
         math.log(10.5 * 6.5 / (0.5 * 4.5)) * LOGIT,
         (1 / 0.5 + 1 / 10.5 + 1 / 4.5 + 1 / 6.5) * LOGIT**2,
         "ln OR·√3/π from events, ½ added to each cell because one is 0"),
        ("OR", {"effect": 2.0, "ci_low": 1.0, "ci_high": 4.0}, math.log(2) * LOGIT,
         (math.log(4) / 3.92 * LOGIT) ** 2, "ln OR·√3/π as reported, se from the interval"),
        ("OR", {"effect": 2.0, "se": 0.3}, math.log(2) * LOGIT, (0.3 * LOGIT) ** 2,
         "ln OR·√3/π as reported, se from se"),
        ("OR", {"effect": 2.0, "p": 0.05}, math.log(2) * LOGIT,
         (math.log(2) / 1.959964 * LOGIT) ** 2, "ln OR·√3/π as reported, se from p"),
        ("OR", {"effect": 2.0} | N, math.log(2) * LOGIT,
         80 / 1500 + (math.log(2) * LOGIT) ** 2 / 160,
         "ln OR·√3/π as reported, variance from the people of each arm"),
        ("OR", {"effect": 2.0, "events_i": 3, "events_c": 4, "se": 0.3}, math.log(2) * LOGIT,
         (0.3 * LOGIT) ** 2, "ln OR·√3/π as reported, se from se"),
    ],
)  # fmt: skip
def test_an_effect_is_derived_as_by_hand(kind, facts, yi, vi, how):
    found = of(kind, **facts)
    assert (found.yi, found.vi) == pytest.approx((yi, vi), rel=1e-6)
    assert found.derivation == how
    assert found.sign == (yi > 0) - (yi < 0)
    other = of(kind, **facts, benefit=-1)
    assert (other.yi, other.vi, other.sign) == pytest.approx((-yi, vi, -found.sign), rel=1e-6)
    assert math.copysign(1, other.yi) == (-1 if yi > 0 else 1), "never -0"


@pytest.mark.parametrize("given", [{"se": 0.8}, {"ci_low": 2 - 0.8 * 1.96, "ci_high": 2 + 0.8 * 1.96},
                                   {"p": 0.012419}])  # fmt: skip
def test_a_mean_difference_finds_its_sd_in_whatever_says_how_sure_it_is(given):
    sd = 0.8 / math.sqrt(80 / 1500)
    assert of("MD", effect=2.0, **given, **N).yi == pytest.approx(2 / sd * SMALL, rel=1e-4)


@pytest.mark.parametrize(
    ("facts", "factor", "said"),
    [
        ({"cluster_size": 11.0, "icc": 0.02}, 1.2, "variance × 1.2 for clusters (ICC 0.02)"),
        ({"cluster_size": 11.0}, 1.5, "variance × 1.5 for clusters (ICC 0.05 assumed)"),
        ({"cluster_size": 11.0, "icc": 0.0}, 1.0, "variance × 1 for clusters (ICC 0)"),
        ({"cluster_size": 1.0, "icc": 0.3}, 1.0, "variance × 1 for clusters (ICC 0.3)"),
        ({"icc": 0.1}, 1.0, "clusters: their size is not given"),
    ],
)
def test_clusters_widen_the_variance_however_they_were_made(facts, factor, said):
    plain = of("SMD", **SMD, **N)
    found = of("SMD", **SMD, **N, **facts, allocation=Allocation.CLUSTER)
    assert found.vi == pytest.approx(plain.vi * factor)
    assert found.yi == plain.yi
    assert found.derivation == f"{plain.derivation}; {said}"
    if "cluster_size" in facts:
        quasi = of("SMD", **SMD, **N, **facts, allocation=Allocation.QUASI)
        assert quasi == found


def test_a_direction_of_a_cluster_trial_has_nothing_to_widen():
    found = of("direction only", effect=1.0, cluster_size=9.0, allocation=Allocation.CLUSTER)
    assert (found.vi, found.derivation) == (None, "direction only")


@pytest.mark.parametrize(("effect", "sign"), [(1.0, 1), (0.0, 0), (-1.0, -1)])
def test_a_direction_is_a_sign_whatever_stands_beside_it(effect, sign):
    beside = {"ci_low": 3.0, "ci_high": 4.0}
    assert of("direction only", effect=effect, **beside).sign == sign
    assert of("direction only", effect=effect, benefit=-1).sign == -sign


@pytest.mark.parametrize(("ratio", "sign"), [(1.4, 1), (1.0, 0), (0.7, -1)])
def test_a_risk_ratio_as_reported_is_a_sign(ratio, sign):
    found = of("RR", effect=ratio, ci_low=0.5, ci_high=2.0)
    assert (found.yi, found.vi, found.sign) == (None, None, sign)
    assert found.derivation == "risk ratio as reported: not pooled without events"
    assert of("RR", effect=ratio, benefit=-1).sign == -sign


def test_the_other_side_hears_the_opposite_and_why():
    found = turned(of("SMD", **SMD, **N))
    assert (found.yi, found.sign) == (-0.4, -1)
    assert found.derivation.endswith("; turned: it stood in the comparison's arm")
    assert turned(of("direction only", effect=1.0)).yi is None
    assert math.copysign(1, turned(of("SMD", effect=0.0, **N)).yi) == 1


def test_log_odds_say_whether_a_half_was_added():
    told = replace(BLANK, effect_type=EffectType.TABLE, **TABLE)
    assert log_odds(told) == pytest.approx((math.log(0.5), CELLS, False))
    assert log_odds(replace(told, events_c=0))[2] is True


@pytest.mark.parametrize(
    ("kind", "facts", "said"),
    [
        ("SMD", SMD, "n_i, n_c: an effect without interval, se or p needs the people of both arms"),
        ("SMD", SMD | {"n_i": 9}, "n_i, n_c: an effect without"),
        ("SMD", N, "effect: is missing"),
        ("SMD", SMD | {"ci_low": 0.1}, "ci_low, ci_high: an interval has two ends"),
        ("SMD", SMD | {"ci_high": 0.9}, "ci_low, ci_high: an interval has two ends"),
        ("SMD", SMD | {"ci_low": 0.4, "ci_high": 0.4}, "ci_low: 0.4 is not below ci_high, 0.4"),
        ("SMD", SMD | {"ci_low": 0.41, "ci_high": 0.6}, "effect: 0.4 lies outside its own interval"),
        ("SMD", SMD | {"ci_low": 0.1, "ci_high": 0.39}, "effect: 0.4 lies outside its own interval"),
        ("SMD", {"effect": 1e13} | N, "effect: 1e\\+13 is too large or too small"),
        ("SMD", SMD | {"se": 1e-31}, "se: 1e-31 is too large or too small"),
        ("SMD", SMD | {"se": 1e-7}, "effect: comes to a standardised mean difference of 0.4 with "),
        ("SMD", SMD | {"se": 1e7}, "effect: comes to"),
        ("SMD", {"effect": 2e6} | N, "effect: comes to .* check the units"),
        ("SMD", SMD | N | {"n_i": 0}, "n_i: an arm of 0 people has no result"),
        ("SMD", SMD | N | {"p": 1.01}, "p: 1.01 is outside 0 to 1"),
        ("SMD", SMD | N | {"p": -0.01}, "p: -0.01 is outside 0 to 1"),
        ("SMD", SMD | N | {"icc": 1.1}, "icc: 1.1 is outside 0 to 1"),
        ("SMD", SMD | N | {"se": 0.0}, "se: has to be more than 0"),
        ("SMD", SMD | N | {"cluster_size": 0.9}, "cluster_size: 0.9 is below 1"),
        ("MD", SMD | {"n_i": 9}, "n_i, n_c: a mean difference needs the people"),
        ("MD", SMD | N, "effect: a mean difference needs the arms' SDs, an interval, se or p"),
        ("MD", SMD | N | {"sd_i": 3.0}, "effect: a mean difference needs the arms' SDs"),
        ("means", MEANS, "n_i, n_c: an effect of means needs the people of both arms"),
        ("means", N | MEANS | {"sd_c": None}, "mean_i, sd_i, mean_c, sd_c: all four are needed"),
        ("means", MEANS | {"n_i": 1, "n_c": 1}, "n_i, n_c: two people in all have no spread"),
        ("means", N | MEANS | {"sd_c": -1.0}, "sd_c: has to be more than 0"),
        ("means", N | MEANS | {"sd_i": 0.0}, "sd_i: has to be more than 0"),
        ("2x2", N | {"events_i": 3}, "events_i, events_c: both are needed"),
        ("2x2", {"events_i": 3, "events_c": 4}, "n_i, n_c: an effect of events needs the people"),
        ("2x2", N | {"events_i": 31, "events_c": 4}, "events_i: 31 events cannot happen to 30"),
        ("2x2", N | {"events_i": 3, "events_c": 51}, "events_c: 51 events cannot happen to 50"),
        ("2x2", N | {"events_i": -1, "events_c": 4}, "events_i: -1 is below 0"),
        ("OR", {"effect": 0.0} | N, "effect: an odds ratio and its interval are more than 0"),
        ("OR", {"effect": 1.0, "ci_low": 0.0, "ci_high": 2.0}, "effect: an odds ratio and its"),
        ("RR", {"effect": -1.0} | N, "effect: a risk ratio and its interval are more than 0"),
        ("RR", {}, "effect: is missing"),
        ("direction only", {"effect": 0.5}, "effect: a direction alone is 1, 0 or -1"),
        ("direction only", {}, "effect: a direction alone is 1, 0 or -1"),
    ],
)  # fmt: skip
def test_what_contradicts_itself_or_does_not_suffice_is_refused_by_its_column(kind, facts, said):
    with pytest.raises(InvalidInput, match=f"^{said}"):
        of(kind, **facts)


def test_three_people_have_a_spread():
    assert of("means", **MEANS, n_i=2, n_c=1).yi == pytest.approx(2 / 3 * (1 - 3 / 3), abs=1e-12)


def test_all_of_an_arm_may_have_the_event():
    assert of("2x2", n_i=30, n_c=50, events_i=30, events_c=50).yi is not None


@pytest.mark.parametrize("end", ["ci_low", "ci_high"])
def test_an_estimate_may_stand_at_the_end_of_its_interval(end):
    ends = {"ci_low": 0.1, "ci_high": 0.9} | {end: 0.4}
    assert of("SMD", effect=0.4, **ends).yi == 0.4


@pytest.mark.parametrize("se", [1e-5, 1e5])
def test_an_unusual_variance_is_kept(se):
    assert of("SMD", effect=0.4, se=se).vi == pytest.approx(se**2)


def test_a_mean_of_0_is_a_mean():
    found = of("means", **{**MEANS, "mean_c": 0.0}, **N)
    assert found.yi == pytest.approx(12 / POOLED * SMALL)
