"""Which studies and which of their results a finding is made of, and why others stand beside it. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from monitor.catalogue.loader import Catalogue
from monitor.evidence.showing import rows_of
from monitor.evidence.synthesis.findings import Finding
from monitor.evidence.synthesis.index_results import Heard, Index, heard, index
from monitor.evidence.synthesis.results import Result
from monitor.review.queries import AcceptedStudy
from monitor.review.reading import model

HIGH_RISK = "high risk of bias, so in the sensitivity line only"
NOT_RANDOMISED = "not randomised, so never in one pool with randomised trials"
NO_INDEX = "no result of all randomised in the first months after treatment"
NOT_HEARD = "not among the studies that this statement is about"

Place = tuple[str, str, str]  # intervention, pool, class of outcome


@dataclass(frozen=True, slots=True)
class Spoken:
    """A result as evidence reads it, and as its reviewers gave it."""

    row: Result
    told: model.Result


@dataclass(frozen=True, slots=True)
class Hearing:
    """Every result of some studies, by where it is heard."""

    spoken: tuple[Spoken, ...]
    places: Mapping[Place, Mapping[str, Sequence[Heard]]]  # by study
    told: Mapping[Result, model.Result]
    studies: Mapping[str, AcceptedStudy]


@dataclass(frozen=True, slots=True)
class Chosen:
    """One result that an index result is made of.

    ``people`` and ``events`` are those with the intervention, and those without.
    """

    result: Result
    told: model.Result
    people: tuple[int | None, int | None]
    events: tuple[int | None, int | None]


@dataclass(frozen=True, slots=True)
class Voice:
    """What one study says in one place. ``beside`` is why it is not in the pool; empty: it is."""

    study: str
    index: Index | None
    chosen: tuple[Chosen, ...]
    beside: str = ""


def hear(studies: Mapping[str, AcceptedStudy], catalogue: Catalogue) -> Hearing:
    """Hear every result of some studies where it belongs."""
    spoken = tuple(
        Spoken(row, told)
        for name, study in studies.items()
        for row, told in zip(
            rows_of(catalogue, study.reading, name), study.reading.results, strict=True
        )
    )
    entries, _ = heard([one.row for one in spoken], catalogue.synthesis, catalogue.slugs)
    places: dict[Place, dict[str, list[Heard]]] = defaultdict(lambda: defaultdict(list))
    for entry in entries:
        result = entry.result
        place = (result.intervention, entry.pool, result.outcome_class)
        places[place][result.study].append(entry)
    return Hearing(spoken, places, {_bare(one.row): one.told for one in spoken}, studies)


def voices(finding: Finding, hearing: Hearing, catalogue: Catalogue) -> tuple[Voice, ...]:
    """Give each study heard in a finding: those in the pool first, each by name; those beside it."""
    place = (finding.intervention, finding.comparator_class, finding.outcome_class)
    pooled = {one.study: one for one in finding.index}
    by_study = hearing.places.get(place, {})
    said = {
        name: pooled.get(name) or index(entries, catalogue.synthesis, catalogue.measures)
        for name, entries in by_study.items()
    }
    randomised = any(one.randomised for one in said.values() if one)
    found = [
        Voice(
            name,
            said[name],
            tuple(
                _seen(entry.result, finding.intervention, hearing)
                for entry in _chosen(by_study[name], said[name], catalogue)
            ),
            "" if name in pooled else _why(said[name], randomised=randomised),
        )
        for name in sorted(by_study)
    ]
    return tuple(sorted(found, key=lambda voice: bool(voice.beside)))


def variants(pooled: Iterable[Voice]) -> tuple[str, ...]:
    """Name the variants of the studies pooled, where they are not all of one."""
    named = {chosen.result.variant for voice in pooled for chosen in voice.chosen}
    return tuple(sorted(name for name in named if name)) if len(named) > 1 else ()


def _chosen(entries: Sequence[Heard], one: Index | None, catalogue: Catalogue) -> list[Heard]:
    """Find the results without which the index result would be another."""
    if one is None:
        return []
    each = sorted(set(entries), key=repr)
    if len(each) == 1:
        return each

    def without(left_out: Heard) -> Index | None:
        others = [entry for entry in each if entry is not left_out]
        return index(others, catalogue.synthesis, catalogue.measures)

    found = [entry for entry in each if _core(without(entry)) != _core(one)]
    return found or [entry for entry in each if _name(entry.result) in one.outcome.split("; ")]


def _core(one: Index | None) -> object:
    return one and (one.outcome, one.yi, one.vi, one.sign, one.people)


def _name(result: Result) -> str:
    return result.outcome or result.measure or result.outcome_class


def _bare(result: Result) -> Result:
    """Give a result as it is whoever hears it: the same from both sides of a comparison."""
    return replace(result, intervention="", comparator="", variant="")


def _seen(result: Result, slug: str, hearing: Hearing) -> Chosen:
    """See a result from the side of one intervention."""
    told = hearing.told[_bare(result)]
    first = hearing.studies[result.study].reading.arm(told.experimental)
    people, events = (result.n_i, result.n_c), (result.events_i, result.events_c)
    if first is not None and first.intervention != slug:
        people, events = (people[1], people[0]), (events[1], events[0])
    return Chosen(result, told, people, events)


def _why(one: Index | None, *, randomised: bool) -> str:
    if one is None:
        return NO_INDEX
    if randomised and not one.randomised:
        return NOT_RANDOMISED
    return HIGH_RISK if one.high_risk else NOT_HEARD
