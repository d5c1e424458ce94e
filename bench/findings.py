"""Measure recomputing what trials show, as processor time and as a ratio to a yardstick of the run.

    python bench/findings.py

A world of invented results: ten interventions of 500 studies with three results each. Measured:
everything again from derived effects; one decision (a study's results derived, and its
intervention's findings again); deriving every effect; and how the time grows over 125, 250 and 500
studies. The yardstick is sorting as many tuples of a word and two numbers. Budgets: everything
within 50 ms, one decision within 20 ms; from 250 to 500 studies no more than 3 times as long. Ends
with status 1 where one is missed.
"""

import gc
import random
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from monitor.catalogue import loader  # noqa: E402 - found through the path above
from monitor.catalogue.words import EffectType  # noqa: E402 - the same
from monitor.evidence.synthesis.findings import findings_of  # noqa: E402 - the same
from monitor.evidence.synthesis.index_results import heard  # noqa: E402 - the same
from monitor.evidence.synthesis.results import Allocation, Result  # noqa: E402 - the same

STUDIES, EVERYTHING, DECISION, GROWTH = 500, 50.0, 20.0, 3.0
CATALOGUE = loader.load()
POLICY, MEASURES, SLUGS = CATALOGUE.synthesis, CATALOGUE.measures, CATALOGUE.slugs
PLAIN = Result(
    study="",
    intervention="",
    variant="",
    comparator="as usual",
    comparator_class="usual care",
    allocation=Allocation.INDIVIDUAL,
    effect_type=EffectType.SMD,
    outcome_class="attachment",
    population="ITT",
    prespecified="primary",
    measure="Strange Situation",
    informant="observer",
)


def world(studies: int) -> list[Result]:
    """Make three results a study: attachment, sensitivity, and one of the two again or later."""
    chance = random.Random(15)  # noqa: S311 - the same world in every run
    rows = []
    for slug in SLUGS:
        for number in range(studies):
            people = chance.randint(15, 250)
            common = {
                "study": f"{slug} {number}",
                "intervention": slug,
                "comparator_class": chance.choice(["usual care"] * 3 + ["active"]),
                "risk_of_bias": chance.choice(["low", "low", "some concerns", "high"]),
                "developer_led": chance.choice([True, False, None]),
                "n_i": people,
                "n_c": people,
            }
            third = chance.choice(
                [{"months": 24.0}, {"outcome_class": "child, other"}, {"prespecified": "no"}]
            )
            for own in ({}, {"outcome_class": "proximal"}, third):
                effect = round(chance.gauss(0.25, 0.3), 3)
                rows.append(replace(PLAIN, **(common | own | {"effect": effect})))
    return rows


def milliseconds(work: Callable[[], object], times: int = 7) -> float:
    """Give the median processor time, the garbage of earlier work collected beforehand."""
    taken = []
    for _ in range(times):
        gc.collect()
        began = time.process_time()
        work()
        taken.append(time.process_time() - began)
    return 1000 * statistics.median(taken)


def yardstick(size: int) -> float:
    chance = random.Random(1)  # noqa: S311 - the same in every run
    rows = [(f"study {chance.random()}", chance.random(), at) for at in range(size)]
    return milliseconds(lambda: sorted(rows))


def main() -> int:
    everything = {}
    for studies in (STUDIES // 4, STUDIES // 2, STUDIES):
        entries, _ = heard(world(studies), POLICY, SLUGS)
        findings_of(entries, POLICY, MEASURES, SLUGS)  # numpy and scipy are imported now
        taken = everything[studies] = milliseconds(
            lambda entries=entries: findings_of(entries, POLICY, MEASURES, SLUGS)
        )
        ratio = taken / yardstick(len(entries))
        print(
            f"10 x {studies} studies, {len(entries):,} results: {taken:.1f} ms ({ratio:.1f} of the yardstick)"
        )
    rows = world(STUDIES)
    deriving = milliseconds(lambda: heard(rows, POLICY, SLUGS), times=3)
    print(
        f"deriving {len(rows):,} effects: {deriving:.0f} ms, {1000 * deriving / len(rows):.1f} µs each"
    )
    own = [entry for entry in entries if entry.result.intervention == SLUGS[0]]

    def decide() -> None:
        fresh, _ = heard(rows[:3], POLICY, SLUGS)
        findings_of([*own[3:], *fresh], POLICY, MEASURES, SLUGS)

    decision = milliseconds(decide)
    growth = everything[STUDIES] / everything[STUDIES // 2]
    print(f"everything: {everything[STUDIES]:.1f} ms (at most {EVERYTHING:g})")
    print(f"one decision: {decision:.1f} ms (at most {DECISION:g})")
    print(f"twice the studies take {growth:.1f} times as long (at most {GROWTH:g})")
    return int(everything[STUDIES] > EVERYTHING or decision > DECISION or growth > GROWTH)


if __name__ == "__main__":
    sys.exit(main())
