"""What a record says of how its study was done: design, score, and facts with their sentences.

Pure. Suggestions for a reviewer to accept or correct, never decisions; each carries the sentence
it was read from, unchanged. What a text does not say is not suggested.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from monitor.feeds.records import Citation
from monitor.literature.design import registered
from monitor.literature.design.ages import child_ages
from monitor.literature.design.counts import sample_sizes
from monitor.literature.design.developers import involvement
from monitor.literature.design.measures import measures
from monitor.literature.design.places import UK, countries, settings
from monitor.literature.design.rules import DesignSuggestion, asks_about_a_trial, suggest_design
from monitor.literature.design.trial_score import LIKELY, TrialScore, trial_score
from monitor.literature.text import sentences

UNCLEAR = "unclear"
_REGISTRATION = "registration"
_LABELS = frozenset({"label", "keyword"})  # parts of the score that the source's own labels give
_MOST = 20_000  # characters read of a title or an abstract
# A paper about other papers, or about none, has no sample, place or children of its own.
_WITHOUT_PEOPLE = frozenset({"review", "notice"})


@dataclass(frozen=True, slots=True)
class Suggested:
    """One fact a record states: ``value`` in our words, ``sentence`` in the record's own."""

    field: str
    value: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Detected:
    """What was read from a record; ``design`` is "unclear" where nothing tells."""

    design: str
    score: TrialScore
    suggestions: tuple[Suggested, ...]


def design_of(citation: Citation) -> Suggested | None:
    """Read a record's design alone; None where nothing tells."""
    said = read_design(
        citation.title, citation.abstract, citation.publication_types, citation.keywords
    )
    return Suggested("design", said.design, said.sentence) if said else None


def read_design(
    title: str,
    abstract: str | None,
    publication_types: Sequence[str] = (),
    keywords: Sequence[str] = (),
) -> DesignSuggestion | None:
    """Read a design with the sentence that tells it and where that stands, as ``detect`` does."""
    return _design_of(title, abstract, tuple(publication_types), tuple(keywords))


@lru_cache(maxsize=1_000)  # asked by the queue as a paper comes in, and then for its links
def _design_of(
    title: str,
    abstract: str | None,
    publication_types: tuple[str, ...],
    keywords: tuple[str, ...],
) -> DesignSuggestion | None:
    title, abstract = title[:_MOST], (abstract or "")[:_MOST]
    if said := suggest_design(title, abstract, publication_types):
        return said
    return _by_score(trial_score(title, abstract, publication_types, keywords), title)


def detect(
    title: str,
    abstract: str | None,
    publication_types: Sequence[str] = (),
    keywords: Sequence[str] = (),
) -> Detected:
    """Read a record's design, its score as a randomised trial, and the facts it states.

    Only the first 20,000 characters of a title or an abstract are read.
    """
    title, abstract = title[:_MOST], (abstract or "")[:_MOST]
    score = trial_score(title, abstract, publication_types, keywords)
    said = suggest_design(title, abstract, publication_types)
    said = said or _by_score(score, title)
    lines = [*sentences.told_in(title), *sentences.told_in(abstract)]
    facts = [Suggested("design", said.design, said.sentence)] if said else []
    design = said.design if said else UNCLEAR
    if design == _REGISTRATION:
        facts += _registered(abstract, lines)
    else:
        facts += _facts(lines, has_people=design not in _WITHOUT_PEOPLE)
    return Detected(design, score, tuple(facts))


def _by_score(score: TrialScore, title: str) -> DesignSuggestion | None:
    """Suggest a randomised trial where many small signs together tell one."""
    if score.value < LIKELY or asks_about_a_trial(title):
        return None
    telling = max(score.parts, key=lambda part: part.weight if part.sentence else 0.0)
    if telling.cue in _LABELS:
        return DesignSuggestion("randomised", telling.sentence, "publication types")
    field = "title" if telling.sentence in title else "abstract"
    return DesignSuggestion("randomised", telling.sentence, field)


def _facts(lines: list[str], *, has_people: bool) -> Iterator[Suggested]:
    if has_people:
        yield from _people(sample_sizes(lines))
        yield from _places(list(countries(lines)))
        yield from _context(lines)
    yield from _measures(lines)


def _registered(abstract: str, lines: list[str]) -> Iterator[Suggested]:
    """Read a registration: what the registry keeps in fields beats its prose."""
    told = list(registered.prose(lines))
    yield from _people(registered.people(abstract) or sample_sizes(told))
    yield from _places(registered.countries(abstract) or list(countries(told)))
    yield from _context(told)
    yield from _measures(told)


def _people(found: Iterable[tuple[str, str]]) -> Iterator[Suggested]:
    for value, sentence in found:
        yield Suggested("sample size", value, sentence)


def _places(where: Sequence[tuple[str, str]]) -> Iterator[Suggested]:
    for country, sentence in where:
        yield Suggested("country", country, sentence)
    yield from _uk(where)


def _context(lines: list[str]) -> Iterator[Suggested]:
    for setting, sentence in settings(lines):
        yield Suggested("setting", setting, sentence)
    for age, sentence in child_ages(lines):
        yield Suggested("child age", age, sentence)


def _measures(lines: list[str]) -> Iterator[Suggested]:
    for measure, sentence in measures(lines):
        name = f"{measure.name}, gold standard" if measure.gold else measure.name
        yield Suggested("outcome measure", name, sentence)
    for value, sentence in involvement(lines):
        yield Suggested("developer involvement", value, sentence)


def _uk(where: Sequence[tuple[str, str]]) -> Iterator[Suggested]:
    """Say whether a study is from the UK, only where a country is said."""
    for country, sentence in where:
        if country == UK:
            yield Suggested("UK", "yes", sentence)
            return
    if where:
        yield Suggested("UK", "no", where[0][1])
