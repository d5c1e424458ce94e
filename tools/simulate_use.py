"""Simulate waves of use: how often a change is called where there is none, and where there is one.

Services answer in responses, and those of one response answer alike; the rules only know how many
of each there were. Writes ``docs/accuracy/use.md`` with ``--write``; prints the same without.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from monitor.usage.intervals import Share, design_effect
from monitor.usage.waves_compared import Condition, Figure, compare

PAGE = Path(__file__).resolve().parents[1] / "docs" / "accuracy" / "use.md"
SEED = 20261129
QUESTION = "The same question?"
# Invented shares of ten programmes, from hardly used to used by half: none is a fact.
SHARES = (0.03, 0.06, 0.08, 0.12, 0.15, 0.20, 0.25, 0.33, 0.40, 0.50)
# services and responses of each wave; those of 2020 are the published survey's
SIZES = ((734, 625), (734, 734), (200, 170), (1000, 600), (200, 100))
LARGE = 110  # services of the one large response: 734 less the 624 others
ALIKE = (0.0, 0.5, 1.0)  # how often all services of one response give one answer
DIFFERENCES = (0.05, 0.08, 0.10, 0.15)
_AGREE = 0.5  # of these, where a true change is looked for
HEAD = """# How often a change of use is called where there is none

By `tools/simulate_use.py --write` (seed {seed}, {runs:,} pairs of waves a cell; the standard error of 5% is {error:.1f} points). Ten programmes of invented shares, 3% to 50%. Each response has at least one service, the others go to responses by chance; the rules know only how many services and responses there were. The target: at most 5% of comparisons, over all ten.

## No true change

Share of comparisons in which any of the ten is called a change, by how far the services of one response answer alike; and in which any interval of a difference leaves out 0, which is what the interval alone would tell.
"""
MIDDLE = """
**The target is met where the services beyond the first fall to responses by chance and answer by themselves or half alike. It is missed where all services of one response give one answer, and by far where one response is for very many, unless the survey says how many services its responses were for.** Services ÷ responses is a floor of the design effect: it is right for half agreement, about, in responses of much the same size. Where all of a response agree, it is Σm² ÷ Σm of the numbers m of services in a response. A survey that knows them says so in the file about the wave (`services_per_response`, or `design_effect`), and then the larger counts: the lines “sizes given” are of the same waves with it, and meet the target, however alike.

**No default does it.** What services and responses alone tell is compatible with one response for {large} services and the rest for one each: then the design effect is not 1.17 but 17, and no fixed factor covers that. The mildest one that would hold where the services beyond the first fall to responses by chance, D + 1 − 1/D (1.32 for D = 1.17), widens every interval: the method’s worked example, −7.2 points (−11.5 to −2.9), would become (−11.7 to −2.6), against the method and against what `lab use` promises, and would still be wrong for the uneven line. So the floor stays, the page of a draft says what is not known and what it may do, and the sizes are asked for.
"""
TAIL = """
With about 700 services a wave, a change of 5 points is called less than half of the time, one of 10 nearly always; with 200, only large ones are. A change that is missed is told as a new figure, with its interval, and never as “no change”.
"""


def wave(
    rng: np.random.Generator,
    shares: Sequence[float],
    size: tuple[int, int],
    alike: float,
    *,
    known: bool,
    uneven: bool = False,
) -> dict[str, Figure]:
    """Draw one wave; with ``known``, the rules are told how many services each response was for.

    ``uneven``: all services beyond the first of a response are of one response.
    """
    services, responses = size
    more = np.zeros(services - responses, dtype=int)
    if not uneven:
        more = rng.integers(0, responses, services - responses)
    of = np.concatenate([np.arange(responses), more])
    sizes = np.bincount(of, minlength=responses)
    effect = design_effect(responses, services)
    if known:
        effect = max(effect, float((sizes**2).sum() / sizes.sum()))
    figures = {}
    for number, share in enumerate(shares):
        own = rng.random(services) < share
        one_answer = (rng.random(responses) < share)[of]
        together = (rng.random(responses) < alike)[of]
        yes = np.where(together, one_answer, own)
        figures[str(number)] = Figure(Share(int(yes.sum()), services, effect), QUESTION, "services")
    return figures


def false_alarms(
    size: tuple[int, int], alike: float, runs: int, *, known: bool = False, uneven: bool = False
) -> tuple[float, float]:
    """Give the share of comparisons with any change called, and with any interval without 0."""
    rng = np.random.default_rng(SEED)
    called = bare = 0
    for _ in range(runs):
        both = [wave(rng, SHARES, size, alike, known=known, uneven=uneven) for _ in range(2)]
        found = compare(*both).values()
        called += any(one.changed for one in found)
        bare += any(Condition.INTERVAL not in one.failed for one in found)
    return called / runs, bare / runs


def power(size: tuple[int, int], difference: float, runs: int) -> float:
    """Give how often a true change of one among ten, from 15%, is called one."""
    rng = np.random.default_rng(SEED)
    after = list(SHARES)
    after[4] += difference
    called = 0
    for _ in range(runs):
        before = wave(rng, SHARES, size, _AGREE, known=False)
        called += compare(before, wave(rng, after, size, _AGREE, known=False))["4"].changed
    return called / runs


def page(runs: int) -> str:
    """Write the page."""
    error = 100 * (0.05 * 0.95 / runs) ** 0.5
    columns = [f"{name} alike" for name in ("none", "half", "all")]
    lines = [
        HEAD.format(seed=SEED, runs=runs, error=error),
        f"| services | responses | {' | '.join(columns)} | interval alone, half alike |",
        "|---|---|" + "---|" * (len(ALIKE) + 1),
    ]
    together = [size for size in SIZES if size[0] > size[1]]
    uneven = f" (one of them for {LARGE}"
    told = [(size, "", {}) for size in SIZES]
    told += [(size, " (sizes given)", {"known": True}) for size in together]
    told.append((SIZES[0], f"{uneven})", {"uneven": True}))
    told.append((SIZES[0], f"{uneven}, sizes given)", {"uneven": True, "known": True}))
    for size, note, how in told:
        found = [false_alarms(size, alike, runs, **how) for alike in ALIKE]
        cells = [f"{100 * called:.1f}%" for called, _ in found]
        lines.append(_row(size, [*cells, f"{100 * found[1][1]:.0f}%"], note))
    points = [f"+{100 * d:.0f} points" for d in DIFFERENCES]
    lines += [
        MIDDLE.format(large=LARGE),
        "## A true change of one of the ten, from 15% (half alike)\n",
        f"| services | responses | {' | '.join(points)} |",
        "|---|---|" + "---|" * len(DIFFERENCES),
    ]
    for size in SIZES:
        found_ = [power(size, d, max(200, runs // 4)) for d in DIFFERENCES]
        lines.append(_row(size, [f"{100 * one:.0f}%" for one in found_]))
    return "\n".join([*lines, TAIL])


def _row(size: tuple[int, int], cells: Sequence[str], note: str = "") -> str:
    return f"| {size[0]:,} | {size[1]:,}{note} | {' | '.join(cells)} |"


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=4000)
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    told = page(arguments.runs)
    if arguments.write:
        PAGE.write_text(told, encoding="utf-8")
    print(told)


if __name__ == "__main__":
    main()
