"""Measure recomputing what trials show, as processor time and as a ratio to a yardstick of the run.

    python bench/findings.py

A world of invented results: ten interventions of 500 studies with three results each. Measured:
everything again, from studies whose effects are derived: what grades rest on, and with every line for
comparison that pages have; one decision (a study's results derived, and its intervention's findings
again); deriving every effect, as a process does once; and how the time grows over 125, 250 and 500
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
from monitor.evidence.synthesis.findings import (  # noqa: E402 - the same
    findings_of,
    main_findings,
)
from monitor.evidence.synthesis.hearing import (  # noqa: E402 - the same
    SynthesisRules,
    derived,
    of_study,
    together,
)
from monitor.evidence.synthesis.results import Allocation, Result  # noqa: E402 - the same

STUDIES, EVERYTHING, DECISION, GROWTH = 500, 50.0, 20.0, 3.0
CATALOGUE = loader.load()
POLICY, MEASURES, SLUGS = CATALOGUE.synthesis, CATALOGUE.measures, CATALOGUE.slugs
RULES = SynthesisRules(POLICY, MEASURES, frozenset(SLUGS), CATALOGUE.plausible)
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
    everything, told = {}, {}
    for studies in (STUDIES // 4, STUDIES // 2, STUDIES):
        found, _ = derived(world(studies), RULES)
        findings_of(found, POLICY, SLUGS)  # numpy and scipy are imported now
        unit = yardstick(studies * len(SLUGS) * 3)
        everything[studies] = milliseconds(lambda own=found: main_findings(own, POLICY, SLUGS))
        told[studies] = milliseconds(lambda own=found: findings_of(own, POLICY, SLUGS))
        print(
            f"10 x {studies} studies: {everything[studies]:.1f} ms ({everything[studies] / unit:.1f}"
            f" of the yardstick); with every line for comparison {told[studies]:.1f} ms"
            f" ({told[studies] / unit:.1f})"
        )
    rows = world(STUDIES)
    deriving = milliseconds(lambda: derived(rows, RULES), times=3)
    print(
        f"deriving {len(rows):,} effects and choosing among them: {deriving:.0f} ms,"
        f" {1000 * deriving / len(rows):.1f} µs each, {deriving / unit:.1f} of the yardstick"
    )
    others = [one for one in found if one.rows[0].intervention == SLUGS[0]][1:]

    def decide() -> None:
        studies, _ = together([*others, of_study(rows[:3], RULES)], RULES)
        main_findings(studies, POLICY, SLUGS[:1])

    decision = milliseconds(decide)
    growth = told[STUDIES] / told[STUDIES // 2]
    print(f"everything that grades rest on: {everything[STUDIES]:.1f} ms (at most {EVERYTHING:g})")
    print(f"with every line for comparison: {told[STUDIES]:.1f} ms (at most {EVERYTHING:g})")
    print(f"one decision: {decision:.1f} ms (at most {DECISION:g})")
    print(f"twice the studies take {growth:.1f} times as long (at most {GROWTH:g})")
    return int(told[STUDIES] > EVERYTHING or decision > DECISION or growth > GROWTH)


if __name__ == "__main__":
    sys.exit(main())
