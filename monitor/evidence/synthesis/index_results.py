"""Which result of a study counts in a pool: the index result, with the rule that chose it. Pure.

One for each study, intervention, pool and outcome class, so that a study of ten outcomes is heard
once (Cochrane Handbook 5.4.1, 9.3.3). Where the method leaves a case open, docs/method.md has the
rule and its reason.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from monitor.catalogue.methods import Measures, SynthesisPolicy
from monitor.evidence.synthesis.effects import Effect, derive, turned
from monitor.evidence.synthesis.results import (
    ANOTHER,
    NOT_RANDOMISED,
    RANDOMISED,
    Allocation,
    Result,
)
from monitor.evidence.synthesis.samples import keys, without_copies
from monitor.kernel.errors import InvalidInput

ALL_RANDOMISED = frozenset({"", "itt", "all randomised", "all randomized", "intention to treat"})
_OBSERVED = frozenset({"blind observer", "observer"})
_SELF_REPORT = frozenset({"self-report", "self report"})
_PRIMARY = frozenset({"primary", "yes"})


# Not frozen: a recomputation makes ten thousand, and freezing takes longer than choosing.
@dataclass(slots=True)
class Index:
    """What one study says in one pool. ``yi`` and ``vi`` are None where only a sign is known.

    ``results`` are those it was made of, with all that was reported, turned where the intervention
    stood in the comparison's arm; ``derivation`` says how their effects were derived.
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

    def by(self, rule: str) -> "Index":
        """Give the same, chosen by another rule. Spelt out: it is made for thousands at a time."""
        return Index(
            self.study, self.outcome, self.yi, self.vi, self.sign, self.people, self.randomised,
            self.high_risk, self.some_concerns, self.developer_led, rule, self.results,
            self.derivation,
        )  # fmt: skip

    @property
    def comparator(self) -> str:
        """What it was compared with, by name or else by class."""
        return _listed(one.comparator or one.comparator_class for one in self.results)

    @property
    def risk_of_bias(self) -> str:
        """The judgements of its results, in the words of the tool; empty: not appraised."""
        return _listed(one.risk_of_bias for one in self.results if one.risk_of_bias)

    @property
    def months(self) -> float | None:
        """When it was measured, in months from the end of treatment; None: not given."""
        return self.results[0].months if self.results else None


@dataclass(frozen=True, slots=True)
class Heard:
    """A result with its effect, as one intervention hears it, and all that choosing asks of it.

    The cells of ``result`` are as reported, whichever arm the intervention had; those of
    ``alone.results`` are turned with it.
    ``study`` is the key under which a study's results meet, ``randomised`` and ``developer_led``
    are of the whole study; ``whole`` says that the result is of all randomised; ``months`` not
    given are 0; ``alone`` is what it says where it is the only
    one of its study.
    """

    result: Result
    effect: Effect
    pool: str
    study: str
    randomised: bool
    developer_led: bool | None
    whole: bool
    months: float
    primary: bool
    place: tuple[str, str, str]  # the intervention, pool and outcome class it belongs to
    alone: Index = field(compare=False, repr=False)


def heard(
    results: Iterable[Result], policy: SynthesisPolicy, slugs: Iterable[str]
) -> tuple[list[Heard], list[tuple[Result, str]]]:
    """Derive every effect and give each result to whom it concerns; and list those refused.

    A trial of one of the ten against another is heard by both, with opposite signs, by
    construction; told from both sides, each hears its own. A result whose comparator is of no
    known class is in no pool, and listed.
    """
    rows, known = without_copies(list(results)), frozenset(slugs)
    study_of = keys(rows)
    by_chance, led = _by_chance(rows, study_of), _led(rows, study_of)
    derived: list[tuple[Result, str, Effect]] = []
    refused: list[tuple[Result, str]] = []
    for row in rows:
        pool = ANOTHER if row.comparator.casefold() in known else pool_of(row, policy)
        if pool is None:
            refused.append((row, "comparator_class: not given, so it belongs to no pool"))
            continue
        try:
            derived.append((row, pool, derive(row, policy)))
        except InvalidInput as error:
            refused.append((row, str(error)))
    told = {_comparison(row, study_of[row.study]) for row, _, _ in derived}
    entries: list[Heard] = []
    for row, pool, effect in derived:
        study = study_of[row.study]
        sides = [(row, row, effect)]
        if row.comparator.casefold() in known:
            other = row.comparator.casefold()
            seen = replace(row, intervention=other, comparator=row.intervention, variant="")
            if _comparison(seen, study) not in told:
                sides.append((seen, _with_arms_turned(seen), turned(effect)))
        entries += [
            Heard(
                result=side,
                effect=its_effect,
                pool=pool,
                study=study,
                randomised=by_chance[study],
                developer_led=led[study],
                whole=_of_all(side, randomised=by_chance[study]),
                months=side.months or 0.0,
                primary=side.prespecified in _PRIMARY,
                place=(side.intervention, pool, side.outcome_class),
                alone=_alone(
                    as_its_own, its_effect, policy, randomised=by_chance[study], led=led[study]
                ),
            )
            for side, as_its_own, its_effect in sides
        ]
    return entries, refused


def _by_chance(rows: Iterable[Result], study_of: Mapping[str, str]) -> dict[str, bool]:
    """Whether each study allocated people by chance, as all its rows that say so agree."""
    said: dict[str, set[Allocation]] = defaultdict(set)
    for row in rows:
        said[study_of[row.study]].add(row.allocation)
    return {
        study: bool(told := words - {Allocation.UNKNOWN}) and told <= RANDOMISED
        for study, words in said.items()
    }


def _led(rows: Iterable[Result], study_of: Mapping[str, str]) -> dict[str, bool | None]:
    """Whether its developers led each study, as any of its rows says."""
    said: dict[str, set[bool | None]] = defaultdict(set)
    for row in rows:
        said[study_of[row.study]].add(row.developer_led)
    return {
        study: True if True in words else False if False in words else None
        for study, words in said.items()
    }


def _of_all(result: Result, *, randomised: bool) -> bool:
    """No subgroup, no completers, no group that chance did not make in a randomised trial."""
    if result.population.casefold().replace("-", " ") not in ALL_RANDOMISED:
        return False
    return not (randomised and result.comparator_class == NOT_RANDOMISED)


def _is_better(result: Result, measures: Measures) -> bool:
    if result.outcome_class == "attachment":
        return result.informant not in _SELF_REPORT and measures.is_gold(result.measure)
    return result.outcome_class == "proximal" and result.informant in _OBSERVED


def _comparison(result: Result, study: str) -> tuple[object, ...]:
    what = (result.outcome_class, result.outcome.casefold(), result.measure.casefold())
    when = (result.months or 0.0, result.population.casefold())
    return study, result.intervention, result.comparator.casefold(), what, when


def _with_arms_turned(result: Result) -> Result:
    return replace(
        result,
        **{f"{what}_i": getattr(result, f"{what}_c") for what in ("n", "events", "mean", "sd")},
        **{f"{what}_c": getattr(result, f"{what}_i") for what in ("n", "events", "mean", "sd")},
    )


def pool_of(result: Result, policy: SynthesisPolicy) -> str | None:
    """Name the pool of a result's comparator; None where its class is not known."""
    if result.comparator_class in policy.usual_care:
        return "usual care"
    if result.comparator_class == NOT_RANDOMISED:
        return "usual care"  # never pooled with randomised ones: see ``findings``
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
    last = policy.first_months
    if sustained:
        within = [one for one in of_study if one.whole and one.months >= last]
    else:
        within = [one for one in of_study if one.whole and 0 <= one.months <= last]
    if not within:
        return None
    if len(of_study) == 1:
        return within[0].alone
    rules = [_WHOLE]
    chosen = within
    if len(within) > 1:
        name = _MEASURES.get(within[0].result.outcome_class, "")
        better = [_is_better(one.result, measures) for one in within]
        chosen = _prefer(within, rules, name, better)
    months = [one.months for one in chosen]
    wanted = max(months) if sustained else min(months)
    if [one for one in of_study if one.months != wanted]:
        rules.append(f"{wanted:g} months after the end of treatment")
        chosen = [one for one in chosen if one.months == wanted]
    if len(chosen) > 1:
        primary = [one.primary for one in chosen]
        chosen = _prefer(chosen, rules, "the pre-specified primary", primary)
    return _one_of(chosen, policy, rules)


_WHOLE = "all randomised"
_MEASURES = {"attachment": "a gold-standard measure", "proximal": "observed, not self-reported"}


def _prefer(
    candidates: list[Heard], rules: list[str], name: str, holds: Sequence[bool]
) -> list[Heard]:
    if all(holds) or not any(holds):
        return candidates
    rules.append(name)
    return [one for one, it_holds in zip(candidates, holds, strict=True) if it_holds]


def _alone(
    result: Result,
    effect: Effect,
    policy: SynthesisPolicy,
    *,
    randomised: bool,
    led: bool | None,
) -> Index:
    return Index(
        study=result.study,
        outcome=result.outcome or result.measure or result.outcome_class,
        yi=effect.yi,
        vi=effect.vi,
        sign=effect.sign,
        people=result.people,
        randomised=randomised,
        high_risk=result.risk_of_bias in policy.high_risk,
        some_concerns=result.risk_of_bias in policy.some_concerns,
        developer_led=led,
        rule=_WHOLE,
        results=(result,),
        derivation=effect.derivation,
    )


def _one_of(equals: list[Heard], policy: SynthesisPolicy, rules: list[str]) -> Index:
    """Make one result of a study's equals: a result told twice once, and those at high risk last."""
    if len(equals) > 1:
        equals = _sound(equals, policy, rules)
        sized = [one for one in equals if one.effect.vi is not None]
        equals = sized or equals
    if len(equals) == 1:
        return equals[0].alone.by("; ".join(rules))
    rules.append(f"mean of {len(equals)} equals")
    yi, vi, sign = _mean([one.effect for one in equals], policy.within_study_correlation)
    ones = [one.alone for one in equals]
    results = sorted((result for one in ones for result in one.results), key=repr)
    return Index(
        study=min(one.study for one in ones),
        outcome=_listed(one.outcome for one in ones),
        yi=yi,
        vi=vi,
        sign=sign,
        people=_people(results),
        randomised=ones[0].randomised,
        high_risk=ones[0].high_risk,  # all are, or none
        some_concerns=any(one.some_concerns for one in ones),
        developer_led=ones[0].developer_led,
        rule="; ".join(rules),
        results=tuple(results),
        derivation=_listed(one.derivation for one in ones),
    )


def _listed(words: Iterable[str]) -> str:
    return "; ".join(sorted(set(words)))


def _sound(equals: list[Heard], policy: SynthesisPolicy, rules: list[str]) -> list[Heard]:
    """Leave out what repeats another row, and what is at high risk where others are not."""
    told: dict[tuple[object, ...], list[Heard]] = defaultdict(list)
    for one in equals:
        told[_figures(one)].append(one)

    def risk(one: Heard) -> tuple[bool, bool, str]:
        said = one.result.risk_of_bias
        return said in policy.high_risk, said in policy.some_concerns, repr(one.result)

    distinct = [same[0] if len(same) == 1 else max(same, key=risk) for same in told.values()]
    sound = [one for one in distinct if one.result.risk_of_bias not in policy.high_risk]
    if not sound or len(sound) == len(distinct):
        return distinct
    rules.append("not at high risk of bias")
    return sound


def _figures(one: Heard) -> tuple[object, ...]:
    """What makes two rows one result: the same groups, the same outcome, the same numbers."""
    result, effect = one.result, one.effect
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
