"""Which result of a study counts in a pool: the index result, with the rule that chose it. Pure.

One for each study, intervention, pool and outcome class, so that a study of ten outcomes is heard
once (Cochrane Handbook 5.4.1, 9.3.3). Where the method leaves a case open, docs/method.md has the
rule and its reason.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from monitor.catalogue.shapes.methods import Measures, SynthesisPolicy
from monitor.evidence.synthesis.effects import Effect
from monitor.evidence.synthesis.results import Result

_OBSERVED = frozenset({"blind observer", "observer"})
_SELF_REPORT = frozenset({"self-report", "self report"})


# Not frozen: a recomputation makes ten thousand, and freezing takes longer than choosing.
@dataclass(slots=True)
class Index:
    """What one study says in one pool. ``yi`` and ``vi`` are None where only a sign is known.

    ``results`` are those it was made of, with all that was reported, turned where the intervention
    stood in the comparison's arm; ``derivation`` says how their effects were derived, ``doubts``
    what in them is hard to believe and nobody has said is printed so.
    """

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
    results: tuple[Result, ...] = ()
    derivation: str = ""
    doubts: tuple[str, ...] = ()

    def by(self, rule: str) -> "Index":
        """Give the same, chosen by another rule. Spelt out: it is made for thousands at a time."""
        return Index(
            self.study, self.outcome, self.yi, self.vi, self.sign, self.people, self.randomised,
            self.high_risk, self.some_concerns, self.developer_led, rule, self.results,
            self.derivation, self.doubts,
        )  # fmt: skip

    @property
    def comparator(self) -> str:
        """What it was compared with, by name or else by class."""
        return _listed(result.comparator or result.comparator_class for result in self.results)

    @property
    def risk_of_bias(self) -> str:
        """The judgements of its results, in the words of the tool; empty: not appraised."""
        return _listed(result.risk_of_bias for result in self.results if result.risk_of_bias)

    @property
    def months(self) -> float | None:
        """When it was measured, in months from the end of treatment; None: not given."""
        return self.results[0].months if self.results else None


@dataclass(slots=True)
class Heard:
    """A result with its effect, as one intervention hears it, and all that choosing asks of it.

    The cells of ``result`` are as reported, whichever arm the intervention had; those of
    ``alone.results`` are turned with it.
    ``whole`` says that it is of all randomised; ``months`` not given are 0; ``alone`` is what it
    says where it is the only one of its study.
    """

    result: Result
    effect: Effect
    whole: bool
    months: float
    primary: bool
    alone: Index = field(compare=False, repr=False)


def _is_better(result: Result, measures: Measures) -> bool:
    if result.outcome_class == "attachment":
        return result.informant not in _SELF_REPORT and measures.is_gold(result.measure)
    return result.outcome_class == "proximal" and result.informant in _OBSERVED


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
    last = policy.first_months
    if sustained:
        within = [entry for entry in of_study if entry.whole and entry.months >= last]
    else:
        within = [entry for entry in of_study if entry.whole and 0 <= entry.months <= last]
    if not within:
        return None
    if len(of_study) == 1:
        return within[0].alone
    rules = [WHOLE]
    chosen = within
    if len(within) > 1:
        name = _MEASURES.get(within[0].result.outcome_class, "")
        better = [_is_better(entry.result, measures) for entry in within]
        chosen = _prefer(within, rules, name, better)
    months = [entry.months for entry in chosen]
    wanted = max(months) if sustained else min(months)
    if [entry for entry in of_study if entry.months != wanted]:
        rules.append(f"{wanted:g} months after the end of treatment")
        chosen = [entry for entry in chosen if entry.months == wanted]
    if len(chosen) > 1:
        primary = [entry.primary for entry in chosen]
        chosen = _prefer(chosen, rules, "the pre-specified primary", primary)
    return _one_of(chosen, policy, rules)


WHOLE = "all randomised"
_MEASURES = {"attachment": "a gold-standard measure", "proximal": "observed, not self-reported"}


def _prefer(
    candidates: list[Heard], rules: list[str], name: str, holds: Sequence[bool]
) -> list[Heard]:
    if all(holds) or not any(holds):
        return candidates
    rules.append(name)
    return [candidate for candidate, it_holds in zip(candidates, holds, strict=True) if it_holds]


def _one_of(equals: list[Heard], policy: SynthesisPolicy, rules: list[str]) -> Index:
    """Make one result of a study's equals: a result told twice once, and those at high risk last."""
    if len(equals) > 1:
        equals = _sound(equals, policy, rules)
        sized = [entry for entry in equals if entry.effect.vi is not None]
        equals = sized or equals
    if len(equals) == 1:
        return equals[0].alone.by("; ".join(rules))
    rules.append(f"mean of {len(equals)} equals")
    yi, vi, sign = _mean([entry.effect for entry in equals], policy.within_study_correlation)
    ones = [entry.alone for entry in equals]
    results = sorted((result for alone in ones for result in alone.results), key=repr)
    return Index(
        study=min(alone.study for alone in ones),
        outcome=_listed(alone.outcome for alone in ones),
        yi=yi,
        vi=vi,
        sign=sign,
        people=_people(results),
        randomised=ones[0].randomised,
        high_risk=ones[0].high_risk,  # all are, or none
        some_concerns=any(alone.some_concerns for alone in ones),
        developer_led=ones[0].developer_led,
        rule="; ".join(rules),
        results=tuple(results),
        derivation=_listed(alone.derivation for alone in ones),
        doubts=tuple(sorted({doubt for alone in ones for doubt in alone.doubts})),
    )


def _listed(words: Iterable[str]) -> str:
    return "; ".join(sorted(set(words)))


def _sound(equals: list[Heard], policy: SynthesisPolicy, rules: list[str]) -> list[Heard]:
    """Leave out what repeats another row, and what is at high risk where others are not."""
    told: dict[tuple[object, ...], list[Heard]] = defaultdict(list)
    for equal in equals:
        told[_figures(equal)].append(equal)

    def risk(heard: Heard) -> tuple[bool, bool, str]:
        said = heard.result.risk_of_bias
        return said in policy.high_risk, said in policy.some_concerns, repr(heard.result)

    distinct = [same[0] if len(same) == 1 else max(same, key=risk) for same in told.values()]
    sound = [entry for entry in distinct if entry.result.risk_of_bias not in policy.high_risk]
    if not sound or len(sound) == len(distinct):
        return distinct
    rules.append("not at high risk of bias")
    return sound


def _figures(entry: Heard) -> tuple[object, ...]:
    """What makes two rows one result: the same groups, the same outcome, the same numbers."""
    result, effect = entry.result, entry.effect
    groups = (result.variant, result.comparator, result.comparator_class)
    what = (result.outcome, result.measure, result.informant)
    words = tuple(word.casefold() for word in (*groups, *what))
    return *words, result.n_i, result.n_c, effect.yi, effect.vi, effect.sign


def _mean(effects: Sequence[Effect], correlation: float) -> tuple[float | None, float | None, int]:
    """The mean of equals: same people, class and time, so that they are alike (Borenstein 2009, 24)."""
    pairs = [(e.yi, e.vi) for e in effects if e.yi is not None and e.vi is not None]
    if not pairs:
        total = sum(effect.sign for effect in effects)
        return None, None, (total > 0) - (total < 0)
    mean = math.fsum(y for y, _ in pairs) / len(pairs)
    own = math.fsum(v for _, v in pairs)
    together = math.fsum(math.sqrt(v) for _, v in pairs) ** 2  # as if they were wholly alike
    variance = ((1 - correlation) * own + correlation * together) / len(pairs) ** 2
    return mean, variance, (mean > 0) - (mean < 0)


def _people(results: Sequence[Result]) -> int | None:
    """People of the intervention's arm once, and of each comparator's arm once."""
    arms: dict[tuple[str, str], int | None] = {}
    for result in results:
        other = result.comparator or result.comparator_class
        for arm, people in (
            (("own", result.variant.casefold()), result.n_i),
            (("other", other.casefold()), result.n_c),
        ):
            known = arms.get(arm)
            arms[arm] = known if people is None else max(people, known or 0)
    counted = [people for people in arms.values() if people is not None]
    return sum(counted) if len(counted) == len(arms) else None
