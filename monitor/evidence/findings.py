"""What trials show: one finding for each intervention, pool of comparators and outcome class. Pure.

``findings`` is the door: results in, labels with their pools, sensitivity lines and reasons out.
The order of studies, results and arms makes no difference.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from monitor.catalogue.methods import Measures, SynthesisPolicy
from monitor.catalogue.words import Label
from monitor.evidence.index_results import Heard, Index, heard, index
from monitor.evidence.labels import in_words, of_signs
from monitor.evidence.pooling import Pool, pool
from monitor.evidence.results import ANOTHER, CLASSES, Result

POOLS = ("usual care", "active", ANOTHER)


@dataclass(frozen=True, slots=True)
class Line:
    """A pool with its label in words: the main one, or one for comparison."""

    label: str
    k: int
    people: int | None
    pool: Pool | None


@dataclass(frozen=True, slots=True)
class Signs:
    """Which way the results point whose size is not known."""

    towards: int
    away: int
    none: int

    @property
    def heard(self) -> int:
        """How many there are."""
        return self.towards + self.away + self.none


@dataclass(frozen=True, slots=True)
class LeftOut:
    """The pool without one study: ``study`` is the one that moves it most."""

    study: str
    line: Line


@dataclass(frozen=True, slots=True)
class Finding:
    """What is known of one intervention against one kind of comparator, in one outcome class."""

    intervention: str
    comparator_class: str
    outcome_class: str
    main: Line
    index: tuple[Index, ...]
    signs: Signs
    without_developers: Line
    without_some_concerns: Line
    with_high_risk: Line
    sustained: Line
    leave_one_out: LeftOut | None
    reasons: tuple[str, ...]


def findings(
    results: Iterable[Result], policy: SynthesisPolicy, measures: Measures, slugs: Sequence[str]
) -> tuple[list[Finding], list[tuple[Result, str]]]:
    """Say what results show, in the order of ``slugs``; and which were refused, with why."""
    every, refused = heard(results, policy, slugs)
    groups: dict[tuple[str, str, str], list[Heard]] = defaultdict(list)
    for entry in every:
        groups[entry.result.intervention, entry.pool, entry.result.outcome_class].append(entry)
    places = [(slug, pool, kind) for slug in slugs for pool in POOLS for kind in ("", *CLASSES)]
    every_finding = [
        _finding(place, groups[place], policy, measures) for place in places if place in groups
    ]
    return every_finding, refused


def _finding(
    place: tuple[str, str, str],
    group: Sequence[Heard],
    policy: SynthesisPolicy,
    measures: Measures,
) -> Finding:
    first = _indexes(group, policy, measures, sustained=False)
    chosen, beside = _of_one_kind(first)
    sound = [result for result in chosen if not result.high_risk]
    later = _of_one_kind(_indexes(group, policy, measures, sustained=True))[0]
    return Finding(
        *place,
        main=_line(sound, policy),
        index=tuple(sound),
        signs=_signs(sound),
        without_developers=_line([result for result in sound if not result.developer_led], policy),
        without_some_concerns=_line(
            [result for result in sound if not result.some_concerns], policy
        ),
        with_high_risk=_line(chosen, policy),
        sustained=_line([result for result in later if not result.high_risk], policy),
        leave_one_out=_leave_one_out(sound, policy),
        reasons=tuple(_reasons(group, chosen, beside)),
    )


def _indexes(
    group: Sequence[Heard], policy: SynthesisPolicy, measures: Measures, *, sustained: bool
) -> list[Index]:
    by_study: dict[str, list[Heard]] = defaultdict(list)
    for entry in sorted(set(group), key=repr):  # an exact copy changes nothing
        by_study[entry.result.study].append(entry)
    indexes = (index(by_study[s], policy, measures, sustained=sustained) for s in sorted(by_study))
    return [result for result in indexes if result]


def _of_one_kind(found: Sequence[Index]) -> tuple[list[Index], list[Index]]:
    """Randomised and other studies are never in one pool: the others stand beside."""
    randomised = [one for one in found if one.randomised]
    others = [one for one in found if not one.randomised]
    return (randomised, others) if randomised else (others, [])


def _line(chosen: Sequence[Index], policy: SynthesisPolicy) -> Line:
    sized = [result for result in chosen if result.vi is not None]
    if not sized:
        signs = _signs(chosen)
        return Line(of_signs(signs.towards, signs.heard), 0, _people(chosen), None)
    pooled = pool(
        [result.yi or 0.0 for result in sized], [result.vi or 0.0 for result in sized], policy
    )
    return Line(in_words(pooled, policy.delta), pooled.k, _people(sized), pooled)


def _signs(chosen: Sequence[Index]) -> Signs:
    unsized = [result.sign for result in chosen if result.vi is None]
    return Signs(unsized.count(1), unsized.count(-1), unsized.count(0))


def _people(chosen: Sequence[Index]) -> int | None:
    known = [result.people for result in chosen if result.people is not None]
    return sum(known) if chosen and len(known) == len(chosen) else None


def _leave_one_out(chosen: Sequence[Index], policy: SynthesisPolicy) -> LeftOut | None:
    """Find the study without which the estimate moves most; None with fewer than two."""
    sized = [result for result in chosen if result.vi is not None]
    whole = _line(sized, policy)
    if len(sized) < 2:  # noqa: PLR2004 - there is nothing to leave out
        return None
    lines = [
        (left_out, _line([o for o in sized if o is not left_out], policy)) for left_out in sized
    ]

    def moved(pair: tuple[Index, Line]) -> tuple[bool, float]:
        line = pair[1]
        before = whole.pool.estimate if whole.pool else None
        after = line.pool.estimate if line.pool else None
        far = abs(after - before) if before is not None and after is not None else 0.0
        return line.label != whole.label, far

    left_out, line = max(lines, key=moved)
    return LeftOut(left_out.study, line)


def _reasons(
    group: Sequence[Heard], chosen: Sequence[Index], beside: Sequence[Index]
) -> Iterable[str]:
    if chosen and not chosen[0].randomised:
        yield "no randomised trial: told as such, settles no headline"
    if beside:
        names = ", ".join(result.study for result in beside)
        yield f"beside the pool, not randomised: {names}"
    for result in chosen:
        if result.high_risk:
            yield f"{result.study}: high risk of bias, in the sensitivity line only"
    left = {entry.result.study for entry in group} - {result.study for result in (*chosen, *beside)}
    for study in sorted(left):
        yield f"{study}: no result of all randomised in the first months after treatment"
    if not chosen:
        yield Label.NOTHING.value
