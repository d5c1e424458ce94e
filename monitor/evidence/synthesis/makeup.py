"""Which studies and which of their results a finding is made of, and why others stand beside it. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from monitor.catalogue.loader import Catalogue
from monitor.evidence.synthesis.findings import Finding
from monitor.evidence.synthesis.hearing import InPlace, Place, derived
from monitor.evidence.synthesis.index_results import Index
from monitor.evidence.synthesis.remembered import rows_of, rules_of
from monitor.evidence.synthesis.results import Result
from monitor.review.queries import AcceptedStudy
from monitor.review.reading import model

HIGH_RISK = "high risk of bias, so in the sensitivity line only"
NOT_RANDOMISED = "not randomised, so never in one pool with randomised trials"
NO_INDEX = "no result of all randomised in the first months after treatment"
NOT_HEARD = "not among the studies that this statement is about"


@dataclass(frozen=True, slots=True)
class Spoken:
    """A result as evidence reads it, and as its reviewers gave it."""

    row: Result
    told: model.ReadingResult


@dataclass(frozen=True, slots=True)
class Hearing:
    """Every result of some studies, by where it is heard."""

    spoken: tuple[Spoken, ...]
    places: Mapping[Place, Mapping[str, InPlace]]  # by the study's name
    told: Mapping[Result, model.ReadingResult]
    studies: Mapping[str, AcceptedStudy]


@dataclass(frozen=True, slots=True)
class ChosenResult:
    """One result that an index result is made of.

    ``people`` and ``events`` are those with the intervention, and those without.
    """

    result: Result
    told: model.ReadingResult
    people: tuple[int | None, int | None]
    events: tuple[int | None, int | None]


@dataclass(frozen=True, slots=True)
class Voice:
    """What one study says in one place. ``beside`` is why it is not in the pool; empty: it is."""

    study: str
    index: Index | None
    chosen: tuple[ChosenResult, ...]
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
    rows = [said.row for said in spoken]
    studies_, _ = derived(rows, rules_of(catalogue))
    places: dict[Place, dict[str, InPlace]] = defaultdict(dict)
    for study in studies_:
        for place, told in study.places.items():
            places[place][told.name] = told
    return Hearing(spoken, places, {_bare(said.row): said.told for said in spoken}, studies)


def voices(finding: Finding, hearing: Hearing) -> tuple[Voice, ...]:
    """Give each study heard in a finding: those in the pool first, each by name; those beside it."""
    place = (finding.intervention, finding.comparator_class, finding.outcome_class)
    pooled = {index.study for index in finding.index}
    by_study = hearing.places.get(place, {})
    said = {name: told.first for name, told in by_study.items()}
    randomised = any(index.randomised for index in said.values() if index)
    speaking = [
        Voice(
            name,
            said[name],
            tuple(
                _seen(result, finding.intervention, hearing)
                for result in _chosen(by_study[name], said[name])
            ),
            "" if name in pooled else _why(said[name], randomised=randomised),
        )
        for name in sorted(by_study)
    ]
    return tuple(sorted(speaking, key=lambda voice: bool(voice.beside)))


def variants(pooled: Iterable[Voice]) -> tuple[str, ...]:
    """Name the variants of the studies pooled, where they are not all of one."""
    named = {chosen.result.variant for voice in pooled for chosen in voice.chosen}
    return tuple(sorted(name for name in named if name)) if len(named) > 1 else ()


def _chosen(told: InPlace, index: Index | None) -> list[Result]:
    """Give the results that an index result is made of, as they were told; one told twice once."""
    made_of = index.results if index else ()
    own = [entry.result for entry in told.entries if entry.alone.results[0] in made_of]
    return list(dict.fromkeys(own))


def _bare(result: Result) -> Result:
    """Give a result as it is whoever hears it: the same from both sides of a comparison."""
    return replace(result, intervention="", comparator="", variant="")


def _seen(result: Result, slug: str, hearing: Hearing) -> ChosenResult:
    """See a result from the side of one intervention."""
    told = hearing.told[_bare(result)]
    first = hearing.studies[result.study].reading.arm(told.experimental)
    people, events = (result.n_i, result.n_c), (result.events_i, result.events_c)
    if first is not None and first.intervention != slug:
        people, events = (people[1], people[0]), (events[1], events[0])
    return ChosenResult(result, told, people, events)


def _why(index: Index | None, *, randomised: bool) -> str:
    if index is None:
        return NO_INDEX
    if randomised and not index.randomised:
        return NOT_RANDOMISED
    return HIGH_RISK if index.high_risk else NOT_HEARD
