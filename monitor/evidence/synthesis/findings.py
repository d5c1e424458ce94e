"""What trials show: one finding for each intervention, pool of comparators and outcome class. Pure.

``findings`` is the door: results in, labels with their pools, sensitivity lines and reasons out;
``findings_of`` the same for results whose effects are derived already, and ``main_findings`` the
part of it that grades rest on. The order of studies, results and arms makes no difference.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import TypeAlias

from monitor.catalogue.shapes.methods import Measures, Plausible, SynthesisPolicy
from monitor.catalogue.words import Label
from monitor.evidence.synthesis.bodies import (
    Body,
    LeftOut,
    Part,
    Parts,
    PoolLine,
    Signs,
    lines_of,
    without_each,
)
from monitor.evidence.synthesis.hearing import Derived, InPlace, Place, SynthesisRules, derived
from monitor.evidence.synthesis.index_results import Index
from monitor.evidence.synthesis.results import ANOTHER, CLASSES, Allocation, Result

__all__ = [
    "Finding",
    "Index",
    "LeftOut",
    "MainFinding",
    "PoolLine",
    "Signs",
    "findings",
    "findings_of",
    "main_findings",
]

POOLS = ("usual care", "active", ANOTHER)
Studies: TypeAlias = list[InPlace]


@dataclass(frozen=True, slots=True)
class MainFinding:
    """What is known of one intervention against one kind of comparator, in one outcome class.

    ``reasons`` say why studies are not in the pool.
    """

    intervention: str
    comparator_class: str
    outcome_class: str
    main: PoolLine
    index: tuple[Index, ...]
    signs: Signs
    reasons: tuple[str, ...]

    @property
    def weights(self) -> dict[str, float]:
        """Each study's share of the main pool's weight, 1 in all, of those whose size is known.

        Inverse variance, with τ² where effects are random; where studies disagree and are not
        pooled, as of a common effect.
        """
        tau2 = (self.main.pool.tau2 if self.main.pool else None) or 0.0
        raw = {index.study: 1 / (index.vi + tau2) for index in self.index if index.vi is not None}
        whole = math.fsum(raw.values())
        return {study: weight / whole for study, weight in raw.items()}


@dataclass(frozen=True, slots=True)
class Finding(MainFinding):
    """It with the lines for comparison."""

    without_developers: PoolLine
    without_some_concerns: PoolLine
    with_high_risk: PoolLine
    sustained: PoolLine
    leave_one_out: LeftOut | None


def findings(
    results: Iterable[Result],
    policy: SynthesisPolicy,
    measures: Measures,
    slugs: Sequence[str],
    plausible: Plausible | None = None,
) -> tuple[list[Finding], list[tuple[Result, str]]]:
    """Say what results show, in the order of ``slugs``; and which were refused, with why."""
    rules = SynthesisRules(policy, measures, frozenset(slugs), plausible)
    studies, refused = derived(results, rules)
    return findings_of(studies, policy, slugs), refused


def findings_of(
    studies: Iterable[Derived], policy: SynthesisPolicy, slugs: Sequence[str]
) -> list[Finding]:
    """Say what studies show whose effects are derived already, in the order of ``slugs``."""
    asked = [_asked(place, told) for place, told in _by_place(studies, slugs).items()]
    without = without_each([(question.body, question.sound) for question in asked])
    parts = [
        (question.body, question.parts(rest))
        for question, (_, rest) in zip(asked, without, strict=True)
    ]
    lines = lines_of(
        [*parts, *((question.later, question.later.whole()) for question in asked)], policy
    )
    told, sustained = lines[: len(asked)], lines[len(asked) :]
    return [
        _finding(question, left_out, own, later)
        for question, (left_out, _), own, (later,) in zip(
            asked, without, told, sustained, strict=True
        )
    ]


def main_findings(
    studies: Iterable[Derived], policy: SynthesisPolicy, slugs: Sequence[str]
) -> list[MainFinding]:
    """Say what ``findings_of`` says, without the lines for comparison: a grade needs none of them."""
    chosen = [(place, _chosen(told)) for place, told in _by_place(studies, slugs).items()]
    bodies = [Body(choice.sound) for _, choice in chosen]
    lines = lines_of([(body, body.whole()) for body in bodies], policy)
    return [
        MainFinding(
            *place, main, tuple(choice.sound), body.signs(body.whole()[0]), tuple(_reasons(choice))
        )
        for (place, choice), body, (main,) in zip(chosen, bodies, lines, strict=True)
    ]


def _by_place(studies: Iterable[Derived], slugs: Sequence[str]) -> dict[Place, Studies]:
    """Group what studies say by intervention, pool and class, in the order findings are told in.

    In each place studies stand by their keys: the order of rows makes no difference.
    """
    groups: dict[Place, Studies] = defaultdict(list)
    for study in sorted(studies, key=_key):
        for place, told in study.places.items():
            groups[place].append(told)
    places = [(slug, pool, kind) for slug in slugs for pool in POOLS for kind in ("", *CLASSES)]
    return {place: groups[place] for place in places if place in groups}


_key = attrgetter("study")


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is asked of one place: of its body, whose main part is ``sound``, and of what came last."""

    place: Place
    first: "_Chosen"
    body: Body
    sound: Part
    later: Body

    def parts(self, without: Parts) -> Parts:
        """Give the main part, the three for comparison, and those without each study."""
        import numpy as np  # noqa: PLC0415 - heavy; here already

        pooled, sound = self.first.pooled, self.sound
        independent = np.array([index.developer_led is not True for index in pooled], dtype=bool)
        sure = np.array([not index.some_concerns for index in pooled], dtype=bool)
        every = self.body.whole()[0]
        return np.vstack([sound, sound & independent, sound & sure, every, without])


def _asked(place: Place, studies: Studies) -> _Asked:
    import numpy as np  # noqa: PLC0415 - heavy; wanted only where there is a finding

    first = _chosen(studies)
    last = _of_one_kind([study.last for study in studies if study.last])[0]
    later = Body([index for index in last if not index.high_risk])
    sound = np.array([not index.high_risk for index in first.pooled], dtype=bool)
    return _Asked(place, first, Body(first.pooled), sound, later)


def _finding(
    asked: _Asked, left_out: list[int], lines: list[PoolLine], sustained: PoolLine
) -> Finding:
    main, without_developers, without_some_concerns, with_high_risk, *without = lines
    return Finding(
        *asked.place,
        main=main,
        index=tuple(asked.first.sound),
        signs=asked.body.signs(asked.sound),
        reasons=tuple(_reasons(asked.first)),
        without_developers=without_developers,
        without_some_concerns=without_some_concerns,
        with_high_risk=with_high_risk,
        sustained=sustained,
        leave_one_out=asked.body.moved_most(left_out, without, main),
    )


@dataclass(frozen=True, slots=True)
class _Chosen:
    """What each study says: those of one pool, those beside it, those silent here."""

    told: Studies
    pooled: list[Index]
    beside: list[Index]
    silent: list[str]

    @property
    def sound(self) -> list[Index]:
        """Those of the pool whose risk of bias is not high."""
        return [index for index in self.pooled if not index.high_risk]


def _chosen(studies: Studies) -> _Chosen:
    pooled, beside = _of_one_kind([study.first for study in studies if study.first])
    silent = [study.name for study in studies if not study.first]
    return _Chosen(studies, pooled, beside, silent)


def _of_one_kind(indices: Sequence[Index]) -> tuple[list[Index], list[Index]]:
    """Randomised and other studies are never in one pool: the others stand beside."""
    others = [index for index in indices if not index.randomised]
    randomised = [index for index in indices if index.randomised] if others else list(indices)
    return (randomised, others) if randomised else (others, [])


def _reasons(body: _Chosen) -> Iterable[str]:
    chosen, beside = body.pooled, body.beside
    if chosen and not chosen[0].randomised:
        by_chance = any(study.entries[0].alone.randomised for study in body.told)
        what = "no result of a randomised trial here" if by_chance else "no randomised trial"
        yield f"{what}: told as such, settles no headline"
    if beside:
        names = ", ".join(index.study for index in beside)
        yield f"beside the pool, not randomised: {names}"
    yield from _of_each(chosen, beside)
    yield from _alike(chosen)
    for name in body.silent:
        yield f"{name}: no result of all randomised in the first months after treatment"
    if not chosen:
        yield Label.NOTHING.value


def _of_each(chosen: Sequence[Index], beside: Sequence[Index]) -> Iterable[str]:
    for index in beside if chosen and chosen[0].randomised else (*chosen, *beside):
        if index.results[0].allocation is Allocation.UNKNOWN:
            yield (
                f"{index.study}: how people came into its groups is not given, so not as randomised"
            )
    for index in (*chosen, *beside):
        for doubt in index.doubts:
            yield f"{index.study}: {doubt}; counted as given"
    for index in chosen:
        if index.high_risk:
            yield f"{index.study}: high risk of bias, in the sensitivity line only"


def _alike(chosen: Sequence[Index]) -> Iterable[str]:
    """Name studies that agree to the last digit: they count, and a person should look."""
    told = [(index.yi, index.vi, index.people) for index in chosen]
    if len(set(told)) == len(told):
        return
    first: dict[tuple[float, float, int], str] = {}
    for index in chosen:
        if index.yi is None or index.vi is None or index.people is None:
            continue
        other = first.setdefault((index.yi, index.vi, index.people), index.study)
        if other != index.study:
            same = "have the same people and figures: see whether they are one study"
            yield f"{other} and {index.study} {same}"
