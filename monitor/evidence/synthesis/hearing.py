"""Each study as pools hear it: its effects derived, where each is heard, and which of them counts. Pure.

What is worked out of one study hangs on its own rows alone, so that a change derives that study
anew and no other.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from monitor.catalogue.shapes.methods import Measures, Plausible, SynthesisPolicy
from monitor.evidence.synthesis.effects import Effect, derive, turned
from monitor.evidence.synthesis.index_results import WHOLE, Heard, Index, index
from monitor.evidence.synthesis.plausible import doubts
from monitor.evidence.synthesis.results import (
    ANOTHER,
    NOT_RANDOMISED,
    RANDOMISED,
    Allocation,
    Result,
)
from monitor.evidence.synthesis.samples import copies, key_of
from monitor.kernel.errors import InvalidInput

ALL_RANDOMISED = frozenset({"", "itt", "all randomised", "all randomized", "intention to treat"})
_PRIMARY = frozenset({"primary", "yes"})

Place: TypeAlias = tuple[str, str, str]  # intervention, pool, outcome class
Refused: TypeAlias = tuple[Result, str]


@dataclass(slots=True)
class InPlace:
    """What one study says in one place. ``first`` counts there, ``last`` as the sustained effect.

    ``study`` is the key under which its rows meet, ``name`` what it is called.
    """

    study: str
    name: str
    entries: list[Heard]
    first: Index | None
    last: Index | None


@dataclass(slots=True)
class Derived:
    """One study's rows, derived; ``refused`` tells by its position each row that says nothing."""

    study: str
    rows: tuple[Result, ...]
    places: dict[Place, InPlace]
    refused: tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True)
class SynthesisRules:
    """What deriving and choosing hang on, beside the rows; ``slugs`` are the ten.

    ``plausible``: beyond which figures a result is doubted; None: nothing is.
    """

    policy: SynthesisPolicy
    measures: Measures
    slugs: frozenset[str]
    plausible: Plausible | None = None


def derived(rows: Iterable[Result], rules: SynthesisRules) -> tuple[list[Derived], list[Refused]]:
    """Derive every effect, study by study, and list the rows refused, in their order, with why."""
    named: dict[str, list[Result]] = defaultdict(list)
    every = list(rows)
    for row in every:
        named[row.study].append(row)
    left_out = copies(named)
    at: dict[str, list[int]] = defaultdict(list)
    for position, row in enumerate(every):
        if row.study not in left_out:
            at[key_of(row.study)].append(position)
    studies = [of_study([every[number] for number in own], rules) for own in at.values()]
    refused = sorted(
        (at[study.study][position], why) for study in studies for position, why in study.refused
    )
    return studies, [(every[position], why) for position, why in refused]


def together(
    studies: Sequence[Derived], rules: SynthesisRules
) -> tuple[list[Derived], list[Refused]]:
    """Put studies together that were derived apart, each under a name of its own.

    Says what ``derived`` says of all their rows: only those that turn out to be one are derived anew.
    """
    left_out = copies({study.rows[0].study: study.rows for study in studies})
    groups: dict[str, list[Derived]] = defaultdict(list)
    for study in studies:
        if study.rows[0].study not in left_out:
            groups[study.study].append(study)
    merged = [
        own[0] if len(own) == 1 else of_study([row for study in own for row in study.rows], rules)
        for own in groups.values()
    ]
    refused = [(study.rows[position], why) for study in merged for position, why in study.refused]
    return merged, refused


def of_study(rows: Sequence[Result], rules: SynthesisRules) -> Derived:
    """Derive one study's rows (one or more), give each to whom it concerns, and choose what counts where.

    A trial of one of the ten against another is heard by both, with opposite signs, by
    construction; told from both sides, each hears its own. A row whose comparator is of no known
    class is in no pool, and refused.
    """
    policy, known = rules.policy, rules.slugs
    effects: list[tuple[Result, str, Effect]] = []
    refused: list[tuple[int, str]] = []
    for position, row in enumerate(rows):
        pool = ANOTHER if row.comparator.casefold() in known else pool_of(row, policy)
        if pool is None:
            refused.append((position, "comparator_class: not given, so it belongs to no pool"))
            continue
        try:
            effects.append((row, pool, derive(row, policy)))
        except InvalidInput as error:
            refused.append((position, str(error)))
    places: dict[Place, list[Heard]] = {}
    by_chance, led = _by_chance(rows), _led(rows)
    told = {_comparison(row) for row, pool, _ in effects if pool is ANOTHER}
    for row, pool, effect in effects:
        own = _heard(row, row, effect, rules, by_chance=by_chance, led=led)
        places.setdefault((row.intervention, pool, row.outcome_class), []).append(own)
        other = row.comparator.casefold()
        if other not in known:
            continue
        seen = replace(row, intervention=other, comparator=row.intervention, variant="")
        if _comparison(seen) not in told:
            turned_too = _with_arms_turned(seen)
            its = _heard(seen, turned_too, turned(effect), rules, by_chance=by_chance, led=led)
            places.setdefault((other, pool, row.outcome_class), []).append(its)
    study = key_of(rows[0].study)
    return Derived(
        study,
        tuple(rows),
        {place: _in_place(study, entries, rules) for place, entries in places.items()},
        tuple(refused),
    )


def _in_place(study: str, entries: list[Heard], rules: SynthesisRules) -> InPlace:
    policy, measures = rules.policy, rules.measures
    late = any(entry.months >= policy.first_months for entry in entries)
    return InPlace(
        study,
        min(entry.result.study for entry in entries),
        entries,
        index(entries, policy, measures),
        index(entries, policy, measures, sustained=True) if late else None,
    )


def _heard(
    row: Result,
    as_its_own: Result,
    effect: Effect,
    rules: SynthesisRules,
    *,
    by_chance: bool,
    led: bool | None,
) -> Heard:
    risk, policy = row.risk_of_bias, rules.policy
    limits = None if row.as_printed else rules.plausible
    return Heard(
        result=row,
        effect=effect,
        whole=_of_all(row, randomised=by_chance),
        months=row.months or 0.0,
        primary=row.prespecified in _PRIMARY,
        alone=Index(
            row.study,
            row.outcome or row.measure or row.outcome_class,
            effect.yi,
            effect.vi,
            effect.sign,
            row.people,
            by_chance,
            risk in policy.high_risk,
            risk in policy.some_concerns,
            led,
            WHOLE,
            (as_its_own,),
            effect.derivation,
            doubts(as_its_own, effect, limits) if limits else (),
        ),
    )


def _by_chance(rows: Iterable[Result]) -> bool:
    """Whether a study allocated people by chance, as all its rows that say so agree."""
    told = {row.allocation for row in rows} - {Allocation.UNKNOWN}
    return bool(told) and told <= RANDOMISED


def _led(rows: Iterable[Result]) -> bool | None:
    """Whether its developers led a study, as any of its rows says."""
    said = {row.developer_led for row in rows}
    return True if True in said else False if False in said else None


def _of_all(result: Result, *, randomised: bool) -> bool:
    """No subgroup, no completers, no group that chance did not make in a randomised trial."""
    if result.population.casefold().replace("-", " ") not in ALL_RANDOMISED:
        return False
    return not (randomised and result.comparator_class == NOT_RANDOMISED)


def _comparison(result: Result) -> tuple[object, ...]:
    what = (result.outcome_class, result.outcome.casefold(), result.measure.casefold())
    when = (result.months or 0.0, result.population.casefold())
    return result.intervention, result.comparator.casefold(), what, when


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
