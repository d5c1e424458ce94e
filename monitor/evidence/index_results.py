"""Which result of a study counts in a pool: the index result, with the rule that chose it. Pure.

One for each study, intervention, pool and outcome class, so that a study of ten outcomes is heard
once (Cochrane Handbook 5.4.1, 9.3.3).
"""

import itertools
import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from monitor.catalogue.methods import Measures, SynthesisPolicy
from monitor.evidence.effects import Effect, derive, turned
from monitor.evidence.results import ANOTHER, NOT_RANDOMISED, RANDOMISED, Result
from monitor.kernel.errors import InvalidInput

ALL_RANDOMISED = frozenset({"", "itt", "all randomised", "all randomized", "intention to treat"})
_OBSERVED = frozenset({"blind observer", "observer"})


@dataclass(frozen=True, slots=True)
class Heard:
    """A result with its effect, as one intervention hears it, in the pool it belongs to."""

    result: Result
    effect: Effect
    pool: str


@dataclass(frozen=True, slots=True)
class Index:
    """What one study says in one pool. ``yi`` and ``vi`` are None where only a sign is known."""

    study: str
    outcome: str
    yi: float | None
    vi: float | None
    sign: int
    people: int | None
    randomised: bool
    high_risk: bool
    some_concerns: bool
    developer_led: bool | None
    rule: str


def heard(
    results: Iterable[Result], policy: SynthesisPolicy, slugs: Iterable[str]
) -> tuple[list[Heard], list[tuple[Result, str]]]:
    """Derive every effect and give each result to whom it concerns; and list those refused.

    A trial of one of the ten against another is heard by both, with opposite signs, by
    construction. A result whose comparator is of no known class is in no pool, and listed.
    """
    known = frozenset(slugs)
    entries: list[Heard] = []
    refused: list[tuple[Result, str]] = []
    for result in results:
        other = result.comparator.casefold()
        pool = ANOTHER if other in known else pool_of(result, policy)
        if pool is None:
            refused.append((result, "comparator_class: not given, so it belongs to no pool"))
            continue
        try:
            effect = derive(result, policy)
        except InvalidInput as error:
            refused.append((result, str(error)))
            continue
        entries.append(Heard(result, effect, pool))
        if other in known:
            seen = replace(result, intervention=other, comparator=result.intervention, variant="")
            entries.append(Heard(seen, turned(effect), pool))
    return entries, refused


def pool_of(result: Result, policy: SynthesisPolicy) -> str | None:
    """Name the pool of a result's comparator; None where its class is not known."""
    if result.comparator_class in policy.usual_care:
        return "usual care"
    if result.comparator_class == NOT_RANDOMISED:
        return "usual care"  # never pooled with randomised ones: see ``index``
    return result.comparator_class or None


def index(
    of_study: Sequence[Heard],
    policy: SynthesisPolicy,
    measures: Measures,
    *,
    sustained: bool = False,
) -> Index | None:
    """Choose a study's result for one intervention, pool and outcome class; None: it has none.

    ``sustained`` asks for the last assessment from ``first_months`` on instead of the first.
    """
    candidates = [entry for entry in of_study if _whole_groups(entry.result)]
    rules = ["all randomised"]
    candidates = _prefer(candidates, rules, _better_measures(measures))
    candidates = _at_its_time(candidates, rules, policy, sustained=sustained)
    candidates = _prefer(
        candidates, rules, (("the pre-specified primary", lambda r: r.prespecified == "primary"),)
    )
    with_effect = [entry for entry in candidates if entry.effect.vi is not None]
    candidates = with_effect or candidates
    if not candidates:
        return None
    if len(candidates) > 1:
        rules.append(f"mean of {len(candidates)} equals")
    return _one_of(candidates, policy, "; ".join(rules))


Choice = tuple[str, Callable[[Result], bool]]


def _whole_groups(result: Result) -> bool:
    """No subgroup, no completers, no group that chance did not make in a randomised trial."""
    if result.population.casefold() not in ALL_RANDOMISED:
        return False
    return not (result.allocation in RANDOMISED and result.comparator_class == NOT_RANDOMISED)


def _better_measures(measures: Measures) -> tuple[Choice, ...]:
    return (
        (
            "a gold-standard measure",
            lambda r: r.outcome_class == "attachment" and measures.is_gold(r.measure),
        ),
        (
            "observed, not self-reported",
            lambda r: r.outcome_class == "proximal" and r.informant in _OBSERVED,
        ),
    )


def _prefer(candidates: list[Heard], rules: list[str], choices: Sequence[Choice]) -> list[Heard]:
    for name, holds in choices:
        better = [entry for entry in candidates if holds(entry.result)]
        if better and len(better) < len(candidates):
            rules.append(name)
        candidates = better or candidates
    return candidates


def _at_its_time(
    candidates: list[Heard], rules: list[str], policy: SynthesisPolicy, *, sustained: bool
) -> list[Heard]:
    def months(entry: Heard) -> float:
        return entry.result.months or 0.0  # a time that is not given is the end of treatment

    last = policy.first_months
    if sustained:
        within = [entry for entry in candidates if months(entry) >= last]
        wanted = max(map(months, within), default=0.0)
    else:
        within = [entry for entry in candidates if 0 <= months(entry) <= last]
        wanted = min(map(months, within), default=0.0)
    chosen = [entry for entry in within if months(entry) == wanted]
    if len(chosen) < len(candidates):
        rules.append(f"{wanted:g} months after the end of treatment")
    return chosen


def _one_of(candidates: list[Heard], policy: SynthesisPolicy, rule: str) -> Index:
    results = [entry.result for entry in candidates]
    effects = [entry.effect for entry in candidates]
    yi, vi, sign = _mean(effects, policy.within_study_correlation)
    return Index(
        study=results[0].study,
        outcome="; ".join(sorted({r.outcome or r.measure or r.outcome_class for r in results})),
        yi=yi,
        vi=vi,
        sign=sign,
        people=_people(results),
        randomised=all(result.randomised for result in results),
        high_risk=any(result.risk_of_bias in policy.high_risk for result in results),
        some_concerns=any(result.risk_of_bias in policy.some_concerns for result in results),
        developer_led=_led(results),
        rule=rule,
    )


def _mean(effects: Sequence[Effect], correlation: float) -> tuple[float | None, float | None, int]:
    """The mean of equals: same people, class and time, so that they are alike (Borenstein 2009, 24)."""
    pairs = [(e.yi, e.vi) for e in effects if e.yi is not None and e.vi is not None]
    if not pairs:
        total = sum(effect.sign for effect in effects)
        return None, None, (total > 0) - (total < 0)
    mean = math.fsum(y for y, _ in pairs) / len(pairs)
    covariances = math.fsum(
        correlation * math.sqrt(a * b) for (_, a), (_, b) in itertools.permutations(pairs, 2)
    )
    variance = (math.fsum(v for _, v in pairs) + covariances) / len(pairs) ** 2
    return mean, variance, (mean > 0) - (mean < 0)


def _people(results: Sequence[Result]) -> int | None:
    """People of the intervention's arm once, and of each comparator's arm once."""
    if any(result.people is None for result in results):
        return None
    own: dict[str, int] = defaultdict(int)
    other: dict[str, int] = defaultdict(int)
    for result in results:
        own[result.variant] = max(own[result.variant], result.n_i or 0)
        name = result.comparator or result.comparator_class
        other[name] = max(other[name], result.n_c or 0)
    return sum(own.values()) + sum(other.values())


def _led(results: Sequence[Result]) -> bool | None:
    said = {result.developer_led for result in results}
    return True if True in said else None if None in said else False
