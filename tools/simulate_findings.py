"""Simulate what the method says of trials whose truth is known, and rewrite docs/accuracy/findings.md.

    python tools/simulate_findings.py

Every pool and label is made by the product's own code (`monitor.evidence`), every vote count by the
last grading policy that counted any. A fixed seed: the page is the same whoever makes it. Takes a few minutes.
"""

import math
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from monitor.catalogue import loader  # noqa: E402 - found through the path set above
from monitor.catalogue.words import Direction  # noqa: E402 - the same
from monitor.evidence.rules import combine  # noqa: E402 - the same
from monitor.evidence.synthesis.fitting import IntervalMethod, fit  # noqa: E402 - the same
from monitor.evidence.synthesis.labels import Label, label  # noqa: E402 - the same
from monitor.evidence.synthesis.pooling import Pool, pool  # noqa: E402 - the same
from monitor.evidence.synthesis.spreads import Spread  # noqa: E402 - the same

PAGE = ROOT / "docs" / "accuracy" / "findings.md"
SEED = 20231
FEW, MANY = 20_000, 4_000  # runs: where a common effect is pooled, where random effects are
BESIDE = 1_000  # runs of the intervals that decide nothing
PEOPLE = 50  # in each arm
MOST = 8  # trials
EFFECT = 0.35
CATALOGUE = loader.load()
POLICY = CATALOGUE.synthesis
RETIRED = CATALOGUE.released.grading["2023-1"]  # the last policy that counted votes
VOTES = RETIRED.direction
assert VOTES is not None, "a released policy is frozen by hash"  # noqa: S101 - for the reader
LABELS = (
    Label.BENEFIT,
    Label.PROBABLE,
    Label.SLIGHT,
    Label.NO_DIFFERENCE,
    Label.NOT_SETTLED,
    Label.COMPARISON,
    Label.DISAGREE,
)
Array = NDArray[np.float64]


@dataclass(frozen=True)
class Trials:
    """Runs × trials: each trial's effect, variance, and what a vote counter hears in it."""

    true: Array
    yi: Array
    vi: Array
    vote: NDArray[np.int_]


@dataclass(frozen=True)
class Told:
    """What the method and the vote count said in all runs of one setting."""

    labels: Counter[Label]
    votes: Counter[Direction]
    pools: list[Pool]


def runs_of(k: int) -> int:
    """Say how many bodies of so many trials are made."""
    return FEW if k < POLICY.random_effects_from else MANY


def trials(chance: np.random.Generator, effect: float, spread: float, k: int) -> Trials:
    """Run trials of two arms: Hedges' g, its variance as the product's, and a t test's verdict."""
    n, df, shape = PEOPLE, 2 * PEOPLE - 2, (runs_of(k), k)
    true = chance.normal(effect, spread, shape)
    difference = chance.normal(true, math.sqrt(2 / n))
    d = difference / np.sqrt(chance.chisquare(df, shape) / df)
    yi = d * (1 - 3 / (4 * df - 1))
    vi = 2 / n + yi**2 / (4 * n)
    told = np.abs(d) * math.sqrt(n / 2) > stdtrit(df, 0.975)
    return Trials(true, yi, vi, np.where(told, np.sign(d), 0).astype(int))


def hear(run: Trials) -> Told:
    """Pool and label every run, and count its votes as the grading policy does."""
    pools = [pool(yi, vi, POLICY) for yi, vi in zip(run.yi.tolist(), run.vi.tolist(), strict=True)]
    labels = Counter(label(one, POLICY.delta) for one in pools)
    votes = Counter(verdict(frozenset(row)) for row in run.vote.tolist())
    return Told(labels, votes, pools)


def verdict(votes: frozenset[int]) -> Direction:
    """Add votes up beside a review that said *generally positive*."""
    words = {
        1: Direction.FAVOURS,
        0: Direction.NO_DIFFERENCE,
        -1: Direction.FAVOURS_COMPARISON,
    }
    heard = {Direction.GENERALLY_POSITIVE} | {words[vote] for vote in votes}
    return combine(VOTES, frozenset(heard))


def labelled(told: Sequence[Told]) -> list[str]:
    """Write what was said, by the number of trials."""
    rows = [
        f"| trials | {' | '.join(LABELS)} | benefit or probable | vote count: mixed |",
        "|--:|" + "--:|" * (len(LABELS) + 2),
    ]
    for k, one in enumerate(told, start=1):
        of = len(one.pools)
        shares = " | ".join(percent(one.labels[name], of) for name in LABELS)
        mixed = percent(one.votes[Direction.MIXED], of)
        rows.append(f"| {k} | {shares} | **{useful(one)}** | {mixed} |")
    return rows


def useful(told: Told) -> str:
    """Write how often *benefit* or *probable benefit* was said."""
    return percent(told.labels[Label.BENEFIT] + told.labels[Label.PROBABLE], len(told.pools))


def covered(runs: Sequence[Trials], told: Sequence[Told], effect: float) -> list[str]:
    """Write how often intervals hold the truth."""
    rows = [
        "| trials | pooled | its interval | unmodified Hartung-Knapp | Wald, REML | prediction interval |",
        "|--:|--:|--:|--:|--:|--:|",
    ]
    for k, (run, one) in enumerate(zip(runs, told, strict=True), start=1):
        pooled = [p for p in one.pools if p.ci_low is not None]
        held = sum(holds(p.ci_low, p.ci_high, effect) for p in pooled)
        cells = [percent(len(pooled), len(one.pools)), percent(held, len(pooled))]
        cells += others(run, effect) if k > 1 else ["", ""]
        rows.append(f"| {k} | {' | '.join(cells)} | {predicted(run, one)} |")
    return rows


def others(run: Trials, effect: float) -> list[str]:
    """Write how often the intervals that decide nothing hold the truth; of fewer runs."""
    cells = []
    for interval in (IntervalMethod.HARTUNG_KNAPP, IntervalMethod.WALD):
        fits = [
            fit(yi, vi, Spread.REML, interval)
            for yi, vi in zip(run.yi[:BESIDE].tolist(), run.vi[:BESIDE].tolist(), strict=True)
        ]
        held = sum(holds(f.ci_low, f.ci_high, effect) for f in fits)
        cells.append(percent(held, BESIDE))
    return cells


def predicted(run: Trials, told: Told) -> str:
    """Write how often the prediction interval holds the true effect of a setting that was not pooled."""
    if told.pools[0].pi_low is None:
        return ""
    anew = np.roll(run.true[:, 0], 1).tolist()  # another run's first setting: independent of this
    held = sum(holds(p.pi_low, p.pi_high, true) for p, true in zip(told.pools, anew, strict=True))
    return percent(held, len(told.pools))


def holds(low: float | None, high: float | None, true: float) -> bool:
    """Tell whether an interval holds the truth."""
    return low is not None and high is not None and low <= true <= high


def percent(count: int, of: int) -> str:
    """Write a share in per cent."""
    return f"{100 * count / of:.1f}"


def settings(
    chance: np.random.Generator, effect: float, spread: float
) -> tuple[list[Trials], list[Told]]:
    """Run 1 to ``MOST`` trials of one truth."""
    runs = [trials(chance, effect, spread, k) for k in range(1, MOST + 1)]
    return runs, [hear(run) for run in runs]


def page() -> str:
    """Write the page."""
    chance = np.random.default_rng(SEED)
    parts = [ABOUT]
    told_of: dict[tuple[float, float], list[Told]] = {}
    predictions: list[float] = []
    for effect, spread, heading in SETTINGS:
        runs, told = settings(chance, effect, spread)
        told_of[effect, spread] = told
        if spread:
            found = [predicted(run, one) for run, one in zip(runs, told, strict=True)]
            predictions += [float(one) for one in found if one]
        parts += [f"\n## {heading}\n", *labelled(told)]
        parts += [
            "\nHow often intervals hold the truth, in per cent:\n",
            *covered(runs, told, effect),
        ]
    closing = CLOSING.format(
        useful=useful(told_of[EFFECT, 0.0][2]),
        useless=useful(told_of[0.0, 0.0][2]),
        four=useful(told_of[EFFECT, 0.0][3]),
        five=useful(told_of[EFFECT, 0.0][4]),
        predicted=f"{min(predictions):.0f} to {max(predictions):.0f}",
    )
    return "\n".join([*parts, closing])


def error(share: float, runs: int) -> str:
    """Write a share's standard error in points."""
    return f"{100 * math.sqrt(share * (1 - share) / runs):.2f}"


SETTINGS = (
    (EFFECT, 0.0, "A useful programme: d = 0.35, the same everywhere"),
    (0.0, 0.0, "A useless programme: d = 0, the same everywhere"),
    (-EFFECT, 0.0, "A harmful programme: d = −0.35, the same everywhere"),
    (EFFECT, 0.2, "Useful, and it varies: d = 0.35, settings with an SD of 0.2"),
    (0.0, 0.2, "Useless on average, and it varies: d = 0, settings with an SD of 0.2"),
)
ABOUT = f"""# Accuracy: what the method says of trials whose truth is known

Written by `python tools/simulate_findings.py` (seed {SEED}); do not edit. The method: policy {POLICY.version} (δ = {POLICY.delta:g}).

Trials of {2 * PEOPLE} people in two equal arms, normal outcomes, Hedges' g. Each row is {FEW:,} bodies of trials up to four trials and {MANY:,} from five on, pooled and labelled by the product's own code; *vote count* is what the retired rule (policy {RETIRED.version}) says of the same trials, each a vote by its t test, beside a review that said *generally positive*. All figures are per cent of runs. Monte Carlo error (one standard error, in points): {error(0.8, FEW)} at 80 %, {error(0.025, FEW)} at 2.5 % up to four trials; {error(0.8, MANY)} and {error(0.025, MANY)} from five on; {error(0.05, BESIDE)} at 95 % for the two columns of intervals that decide nothing, of {BESIDE:,} bodies each.

One trial has its own interval; two to four are a common effect, or not pooled where they disagree (p below {POLICY.disagreement_p:g}); from {POLICY.random_effects_from} on random effects by REML with the truncated Knapp-Hartung interval."""
CLOSING = """
## What it shows

- Promised: with three trials, *benefit* or *probable benefit* in 80 % or more at d = 0.35, in 3.5 % or less at d = 0. Found: {useful} % and {useless} %.
- The vote count says *mixed* more often the more is known, of a useful programme and of a useless one alike.
- Where settings vary, a common effect of two to four trials is too sure: its interval holds the mean of all settings less often than 95 %. Some of these bodies are not pooled, since they disagree; the rest is the price of saying anything at all of so few. From five trials on the interval allows for the spread.
- With alike trials the truncated interval holds the truth more often than 95 % from five trials on, since it allows for a spread that is not there. The unmodified one comes closer to 95 % on average; it is not used, since in single bodies of trials it is narrower than if nothing varied.
- **The step from four trials to five costs.** At d = 0.35 the fifth trial alone takes *benefit or probable benefit* from {four} % to {five} %: the model changes there, from a common effect to one that allows for a spread. A page may so fall back to *not settled* by one more trial that agrees with the others. Six trials are again as telling as four.
- Where settings vary, the prediction interval holds a new setting's effect in {predicted} %, short of 95 %: with so few trials the spread is often estimated as none. It is a warning, not a guarantee.

## What holds for any results, and which tests hold it

All by Hypothesis, on results drawn at random, but where another way is named. In `tests/evidence`, where no folder stands before.

| property | tests |
|---|---|
| Turning every sign turns every label round | `test_evidence_findings.py::test_turning_every_sign_turns_every_label_round`; of a label alone, `test_evidence_labels.py::test_turned_round_a_benefit_favours_the_comparison_and_the_rest_stays`; of every model, `test_evidence_fitting.py::test_turned_effects_turn_the_fit_and_the_truncated_interval_is_never_narrower` |
| An exact copy of a study under its registration changes nothing | `test_evidence_index_results.py::test_a_copy_of_a_study_under_its_registration_changes_nothing` |
| Withdraw and count again gives the same bytes | `test_evidence_index_results.py::test_withdrawn_and_counted_again_gives_the_same_bytes`; of grades, gaps and states, on both databases, by a walk of twelve steps: `gap/test_gap_reversible.py::test_the_state_hangs_on_what_counts_and_how_it_is_judged_and_on_nothing_else` |
| No label but *not settled* for an interval that holds both −δ and δ | `test_evidence_labels.py::test_an_interval_that_holds_both_ends_of_what_matters_is_never_settled` |
| A result of another class, a subgroup or completers never changes a pool | `test_evidence_index_results.py::test_what_is_no_index_result_never_changes_a_pool` |
| Nor does a group that was not randomised | `test_evidence_index_results.py::test_a_group_that_chance_did_not_make_never_changes_a_pool_of_a_randomised_trial` |
| Order of studies makes no difference | `test_evidence_index_results.py::test_the_order_of_rows_and_copies_of_them_make_no_difference`, `test_evidence_findings.py::test_the_order_and_copies_of_results_make_no_difference` |
| Nor does the order of arms | `test_evidence_index_results.py::test_which_arm_is_called_the_experimental_one_makes_no_difference` |
| δ = 0 leaves the sign of the interval | `test_evidence_labels.py::test_without_a_margin_the_interval_s_sign_decides` |
| Three trials of 100: *benefit* or *probable benefit* in 80 % or more at d = 0.35, in 3.5 % or less at d = 0 | this page; with 4,000 runs of each in every run of the tests, `test_evidence_fitting.py::test_three_trials_of_100_show_a_useful_programme_and_hardly_ever_a_useless_one` |
"""


def main() -> int:
    """Write the page to its place; give the exit status."""
    PAGE.write_text(page(), encoding="utf-8")
    print(f"wrote {PAGE.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
