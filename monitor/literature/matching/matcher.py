"""Finds the interventions' names in titles, abstracts and keywords, with the exact words.

Whole words only, longest name wins. An abbreviation counts where the paper has the full name
too, or among enough words of its own field and none of another's: ABC is also a checklist and
COS a core outcome set. Nothing is stemmed or matched fuzzily: "therapeutic play" is not
Theraplay. What looks alike is turned away with the reason. Decides no relevance.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice

import ahocorasick

from monitor.catalogue.loader import Catalogue
from monitor.literature.matching.disambiguation import (
    JudgedNames,
    NameCandidate,
    judge_abbreviations,
    judge_names,
    refuse_letters,
)
from monitor.literature.matching.letters import Letters, vocabulary
from monitor.literature.matching.naming import (
    ABBREVIATION,
    FULL_NAME,
    LOOKALIKE,
    TRIAL_NAME,
    VARIANT_NAME,
    Name,
    anchors,
    has_space,
    in_another_sense,
    names_of,
    spellings,
)
from monitor.literature.text.folding import Folded, ends_word, fold, mended, skim, starts_word

__all__ = [
    "ABBREVIATION",
    "FIELDS",
    "FULL_NAME",
    "TRIAL_NAME",
    "VARIANT_NAME",
    "Hit",
    "Matcher",
    "Rejection",
]

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
class Rejection:
    """Words that look like an intervention's and are not counted, and why. As ``Hit``."""

    slug: str
    words: str
    field: str
    start: int
    reason: str


@dataclass(frozen=True, slots=True)
class _Spot:
    """A name as it stands in folded text."""

    text: Folded
    start: int
    end: int
    name: Name


def keyword_text(keywords: Sequence[str]) -> str:
    """Join keywords as the matcher reads them and pages show them."""
    return "; ".join(keywords)


class Matcher:
    """All names of a catalogue, ready to be looked for. Holds no state between texts.

    ``catalogue_hash`` is the SHA-256 of all that the catalogue says of the interventions.
    """

    def __init__(self, catalogue: Catalogue) -> None:
        said = "".join(intervention.model_dump_json() for intervention in catalogue.interventions)
        self.catalogue_hash = hashlib.sha256(said.encode()).hexdigest()
        names: dict[str, list[Name]] = {}
        words: set[str] = set()
        self._vocabulary: dict[str, frozenset[str]] = {}
        for intervention in catalogue.interventions:
            own = list(names_of(intervention))
            for pattern, meant in spellings(own):
                names.setdefault(pattern, []).extend(meant)
            for _, name in own:
                words |= name.beside
                if name.context:
                    words |= name.context.require | name.context.reject
            self._vocabulary[intervention.slug] = vocabulary(
                form for form, name in own if name.rule != LOOKALIKE
            )
        contexts = [n.context for meant in names.values() for n in meant if n.context]
        self._rejects = frozenset[str]().union(*(context.reject for context in contexts))
        self._names = _automaton({pattern: (pattern, tuple(n)) for pattern, n in names.items()})
        self._words = _automaton(_context_patterns(words))
        self._anchors = _anchor_automaton(names)

    def match(
        self, *, title: str, abstract: str | None, keywords: Sequence[str] = ()
    ) -> tuple[Hit, ...]:
        """Find every name; a paper may name several interventions. In order of appearance."""
        texts = _texts(title, abstract, keywords)
        if not any(self._may_name(text) for text in texts.values()):
            return ()
        spots = {field: self._spots(text) for field, text in texts.items()}
        names = {spot.name for field_spots in spots.values() for spot in field_spots}
        if all(name.rule == LOOKALIKE for name in names):
            return ()
        # only abbreviations ask for the words around them
        seen = self._seen(texts) if any(name.context for name in names) else set()
        if not any(_may_count(name, seen) for name in names):
            return ()
        judged = self._judged(texts, spots, seen)
        return tuple(
            hit
            for field, judged_names in judged.items()
            for hit in _hits(field, texts[field], judged_names)
        )

    def rejections(
        self, *, title: str, abstract: str | None, keywords: Sequence[str] = ()
    ) -> tuple[Rejection, ...]:
        """Say what looks like an intervention's name there and was not counted, and why."""
        texts = _texts(title, abstract, keywords)
        spots = {field: self._spots(text) for field, text in texts.items()}
        judged = self._judged(texts, spots, self._seen(texts))
        return tuple(
            rejection
            for field, judged_names in judged.items()
            for rejection in _rejections(field, texts[field], judged_names)
        )

    def _may_name(self, text: str) -> bool:
        """Tell, quickly, whether a text might hold a name; most do not."""
        if self._anchors is None:
            return True
        if next(self._anchors.iter(skim(text)), None):
            return True
        whole = mended(text, marks=False)
        return whole is not None and next(self._anchors.iter(skim(whole)), None) is not None

    def _judged(
        self, texts: dict[str, str], spots: dict[str, list[_Spot]], seen: set[str]
    ) -> dict[str, JudgedNames]:
        """Judge what stands in each field: full names first, abbreviations in their light."""
        candidates = {
            field: sorted(set(_placed(field_spots)), key=lambda candidate: candidate.order)
            for field, field_spots in spots.items()
        }
        short = any(candidate.name.context for own in candidates.values() for candidate in own)
        meant = self._meant(texts, seen) if short else seen
        names = {
            field: judge_names(text, candidates[field], self._words_in)
            for field, text in texts.items()
        }
        named = {candidate.name.slug for judged in names.values() for candidate in judged.chosen}
        others = Letters(texts, self._vocabulary, named)
        for field, judged in names.items():
            refuse_letters(judged, partial(others.reason, field))
        return {
            field: judge_abbreviations(
                judged,
                candidates[field],
                seen=meant,
                named=named,
                of_another=partial(others.reason, field),
            )
            for field, judged in names.items()
        }

    def _spots(self, text: str) -> list[_Spot]:
        """Find the names in a text as it stands, and with its broken words mended.

        Both, since "VIPP- and Theraplay groups" must not lose VIPP.
        """
        whole = mended(text)
        readings = [Folded.of(version) for version in (text, whole) if version is not None]
        return [spot for each in readings for spot in islice(self._read(each), _MOST_LOOKED_AT)]

    def _read(self, folded: Folded) -> Iterator[_Spot]:
        text = folded.text
        for last, (pattern, names) in self._names.iter(text):
            start, end = last - len(pattern) + 1, last + 1
            if starts_word(text, start) and ends_word(text, end):
                yield from (_Spot(folded, start, end, name) for name in names)

    def _seen(self, texts: dict[str, str]) -> set[str]:
        """Gather the context words of all fields."""
        return {word for text in texts.values() for word in self._words_in(fold(text))}

    def _meant(self, texts: dict[str, str], seen: set[str]) -> set[str]:
        """Leave out the context words that only seem to be there; what rejects stays."""
        folded = [fold(text) for text in texts.values()]
        left = [in_another_sense(text) for text in folded]
        if left == folded:
            return seen
        words = {word for text in left for word in self._words_in(text)}
        return words | (seen & self._rejects)

    def _words_in(self, folded: str) -> set[str]:
        context_words: set[str] = set()
        for last, (pattern, words) in self._words.iter(folded):
            if starts_word(folded, last - len(pattern) + 1):
                whole = ends_word(folded, last + 1)
                context_words.update(word for word in words if whole or word.endswith("*"))
        return context_words


def _may_count(name: Name, seen: set[str]) -> bool:
    """Tell, before places are looked up, whether a name may be more than a look-alike."""
    if name.rule == LOOKALIKE:
        return False
    return name.context is None or name.context.refusal(seen) is None


def _placed(spots: Iterable[_Spot]) -> Iterator[NameCandidate]:
    """Lead what was found in folded text back to the words as they stand."""
    for spot in spots:
        first, after = spot.text.span(spot.start, spot.end)
        if spot.name.spaced or not has_space(spot.text.original[first:after]):
            yield NameCandidate(first, after, spot.name)


def _texts(title: str, abstract: str | None, keywords: Sequence[str]) -> dict[str, str]:
    return {"title": title, "abstract": abstract or "", "keywords": keyword_text(keywords)}


def _context_patterns(words: set[str]) -> dict[str, tuple[str, tuple[str, ...]]]:
    """Fold context words; a trailing ``*`` stands for any ending."""
    by_pattern: dict[str, list[str]] = defaultdict(list)
    for word in sorted(words):
        if pattern := fold(word.removesuffix("*")):
            by_pattern[pattern].append(word)
    return {pattern: (pattern, tuple(originals)) for pattern, originals in by_pattern.items()}


def _anchor_automaton(names: Mapping[str, list[Name]]) -> "ahocorasick.Automaton | None":
    """Make what finds a word of every name; None: some name has no word to be skimmed for."""
    forms = [form for form, meant in names.items() if any(n.rule != LOOKALIKE for n in meant)]
    words = anchors(forms)
    return None if words is None else _automaton({f" {word} ": (word, ()) for word in words})


def _automaton(patterns: Mapping[str, tuple[str, tuple[object, ...]]]) -> "ahocorasick.Automaton":
    automaton = ahocorasick.Automaton()
    automaton.add_word("\x00", ("\x00", ()))  # never in folded text: no names is no error
    for pattern, value in patterns.items():
        automaton.add_word(pattern, value)
    automaton.make_automaton()
    return automaton


def _in_order(candidates: Iterable[NameCandidate]) -> list[NameCandidate]:
    return sorted(candidates, key=lambda c: (c.start, c.name.slug, c.order))[:MOST_PER_FIELD]


def _hits(field: str, text: str, judged: JudgedNames) -> Iterator[Hit]:
    for one in _in_order(judged.chosen):
        name = one.name
        yield Hit(name.slug, name.variant, text[one.start : one.end], field, one.start, name.rule)


def _rejections(field: str, text: str, judged: JudgedNames) -> Iterator[Rejection]:
    reasons = dict(judged.refused)
    seen: set[tuple[str, int, int]] = set()
    for candidate in _in_order(reasons):
        place = candidate.name.slug, candidate.start, candidate.end
        if place not in seen:  # a look-alike of the same form says the same
            seen.add(place)
            words = text[candidate.start : candidate.end]
            yield Rejection(candidate.name.slug, words, field, candidate.start, reasons[candidate])
