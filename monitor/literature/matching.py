"""Finds the interventions' names in titles, abstracts and keywords, with the exact words.

Whole words only, longest name wins. An abbreviation counts only among enough words of its own
field and none of another's: ABC is also a checklist and COS a core outcome set. Nothing is
stemmed or matched fuzzily: "therapeutic play" is not Theraplay. Decides no relevance.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

import ahocorasick

from monitor.catalogue.loader import Catalogue, Intervention
from monitor.literature.folding import Folded, ends_word, fold, starts_word

FULL_NAME = "full name"
VARIANT_NAME = "variant's name"
ABBREVIATION = "abbreviation in context"
FIELDS = ("title", "abstract", "keywords")
# A text that repeats a name for ever must fill neither the database nor the day.
MOST_PER_FIELD = 60
_MOST_LOOKED_AT = 1000


@dataclass(frozen=True, slots=True)
class Hit:
    """Why a paper was linked to an intervention. ``start`` counts characters of ``field``."""

    slug: str
    variant: str | None
    words: str
    field: str  # "title", "abstract" or "keywords" (as ``keyword_text`` joins them)
    start: int
    rule: str


@dataclass(frozen=True, slots=True)
class _Context:
    """The words an abbreviation needs around it, and those that make it another's."""

    require: frozenset[str]
    reject: frozenset[str]
    minimum: int

    def admits(self, seen: set[str]) -> bool:
        return len(self.require & seen) >= self.minimum and not self.reject & seen


@dataclass(frozen=True, slots=True)
class _Name:
    slug: str
    variant: str | None
    rule: str
    context: _Context | None
    spaced: bool  # the form itself has a space, so the words found may have one


@dataclass(frozen=True, slots=True)
class _Candidate:
    start: int  # in the folded field
    end: int
    name: _Name


def keyword_text(keywords: Sequence[str]) -> str:
    """Join keywords as the matcher reads them and pages show them."""
    return "; ".join(keywords)


class Matcher:
    """All names of a catalogue, ready to be looked for. Holds no state between texts."""

    def __init__(self, catalogue: Catalogue) -> None:
        names: dict[str, list[_Name]] = defaultdict(list)
        words: set[str] = set()
        for intervention in catalogue.interventions:
            for form, name in _names_of(intervention):
                for pattern in _patterns(form):
                    names[pattern].append(name)
                if name.context:
                    words |= name.context.require | name.context.reject
        self._names = _automaton({pattern: (pattern, tuple(n)) for pattern, n in names.items()})
        self._words = _automaton(_context_patterns(words))

    def match(
        self, *, title: str, abstract: str | None, keywords: Sequence[str] = ()
    ) -> tuple[Hit, ...]:
        """Find every name; a paper may name several interventions. In order of appearance."""
        texts = {"title": title, "abstract": abstract or "", "keywords": keyword_text(keywords)}
        fields = {field: Folded.of(text) for field, text in texts.items()}
        found = {
            field: list(islice(self._candidates(text.text), _MOST_LOOKED_AT))
            for field, text in fields.items()
        }
        if not any(found.values()):
            return ()
        seen = self._context(found, fields)
        return tuple(
            hit
            for field, candidates in found.items()
            for hit in _hits(field, fields[field], candidates, seen)
        )

    def _candidates(self, folded: str) -> Iterator[_Candidate]:
        for last, (pattern, names) in self._names.iter(folded):
            start, end = last - len(pattern) + 1, last + 1
            if starts_word(folded, start) and ends_word(folded, end):
                for name in names:
                    yield _Candidate(start, end, name)

    def _context(self, found: dict[str, list[_Candidate]], fields: dict[str, Folded]) -> set[str]:
        """Gather the context words of all fields, if any abbreviation asks for them."""
        if not any(c.name.context for candidates in found.values() for c in candidates):
            return set()
        return {word for text in fields.values() for word in self._words_in(text.text)}

    def _words_in(self, folded: str) -> Iterator[str]:
        for last, (pattern, words) in self._words.iter(folded):
            if starts_word(folded, last - len(pattern) + 1):
                whole = ends_word(folded, last + 1)
                yield from (word for word in words if whole or word.endswith("*"))


def _names_of(intervention: Intervention) -> Iterator[tuple[str, _Name]]:
    """List every form an intervention is named by, and what finding it means."""
    slug = intervention.slug
    for form in intervention.full_forms:
        yield form, _Name(slug, None, FULL_NAME, None, _has_space(form))
    for variant in intervention.variants:
        for form in variant.forms:
            yield form, _Name(slug, variant.name, VARIANT_NAME, None, _has_space(form))
    for short in intervention.abbreviations:
        context = _Context(frozenset(short.require), frozenset(short.reject), short.minimum)
        yield short.form, _Name(slug, short.variant, ABBREVIATION, context, _has_space(short.form))


def _has_space(form: str) -> bool:
    return any(character.isspace() for character in form.strip())


def _patterns(form: str) -> set[str]:
    """Fold a form; with and without its commas, its hyphens also as no parting at all."""
    spellings = {form, form.replace(",", " ")}
    spellings |= {spelling.replace("-", "") for spelling in spellings}
    return {pattern for spelling in spellings if (pattern := fold(spelling))}


def _context_patterns(words: set[str]) -> dict[str, tuple[str, tuple[str, ...]]]:
    """Fold context words; a trailing ``*`` stands for any ending."""
    by_pattern: dict[str, list[str]] = defaultdict(list)
    for word in sorted(words):
        if pattern := fold(word.removesuffix("*")):
            by_pattern[pattern].append(word)
    return {pattern: (pattern, tuple(found)) for pattern, found in by_pattern.items()}


def _automaton(patterns: Mapping[str, tuple[str, tuple[object, ...]]]) -> "ahocorasick.Automaton":
    automaton = ahocorasick.Automaton()
    automaton.add_word("\x00", ("\x00", ()))  # never in folded text: no names is no error
    for pattern, value in patterns.items():
        automaton.add_word(pattern, value)
    automaton.make_automaton()
    return automaton


def _hits(field: str, text: Folded, candidates: list[_Candidate], seen: set[str]) -> Iterator[Hit]:
    admitted = [c for c in candidates if _admitted(c, text, seen)]
    chosen = sorted(_longest(admitted), key=lambda c: (c.start, c.name.slug))
    for candidate in chosen[:MOST_PER_FIELD]:
        start, end = text.span(candidate.start, candidate.end)
        name = candidate.name
        yield Hit(name.slug, name.variant, text.original[start:end], field, start, name.rule)


def _admitted(candidate: _Candidate, text: Folded, seen: set[str]) -> bool:
    name = candidate.name
    if name.context and not name.context.admits(seen):
        return False
    return name.spaced or not _has_space(text.original[slice(*_span(candidate, text))])


def _span(candidate: _Candidate, text: Folded) -> tuple[int, int]:
    return text.span(candidate.start, candidate.end)


def _longest(candidates: list[_Candidate]) -> list[_Candidate]:
    """Keep the longest of overlapping names; the same words may name several interventions."""
    chosen: dict[tuple[int, int], dict[str, _Candidate]] = {}
    taken: list[tuple[int, int]] = []
    # the rule's name last: among equals a variant is kept before the family it belongs to
    for candidate in sorted(
        candidates, key=lambda c: (c.start - c.end, c.start, c.name.variant is None)
    ):
        span = candidate.start, candidate.end
        if span in chosen:
            chosen[span].setdefault(candidate.name.slug, candidate)
        elif not any(start < span[1] and span[0] < end for start, end in taken):
            chosen[span] = {candidate.name.slug: candidate}
            taken.append(span)
    return [candidate for by_slug in chosen.values() for candidate in by_slug.values()]
