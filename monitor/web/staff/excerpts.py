"""Cuts titles and abstracts into pieces to mark: names, words about design, section labels. Pure.

Gives text only; a template escapes every piece. Marks point, they decide nothing.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Protocol

from monitor.literature.design.rules import ABSTRACT, TITLE, DesignSuggestion
from monitor.literature.matching.matcher import (
    ABBREVIATION,
    FULL_NAME,
    TRIAL_NAME,
    VARIANT_NAME,
    Hit,
)
from monitor.literature.papers.queries import Segment, segments

DESIGN, LABEL, NAME = "design", "label", "name"
_SENTENCE = 240  # characters of a quoted sentence
_MARKS = 20  # design words marked in one abstract
_WORDS = 3  # different words shown of one rule
_RULES = {
    FULL_NAME: "Full name",
    VARIANT_NAME: "A variant’s name",
    TRIAL_NAME: "A trial’s name",
    ABBREVIATION: "Abbreviation among its usual words",
}
_FIELDS = {"title": "the title", "abstract": "the abstract", "keywords": "the keywords"}
# "METHODS AND FINDINGS: …", as sources send the sections of an abstract
_LABEL = re.compile(r"([A-Z][A-Z0-9 ,/&()'’-]{2,60}):\s")

Spans = list[tuple[int, int, str]]


def title(text: str, hits: Sequence[Hit]) -> list[Segment]:
    """Cut a title at the names found in it."""
    return segments(text, _names("title", hits))


def paragraphs(
    abstract: str, hits: Sequence[Hit], suggestion: DesignSuggestion | None
) -> list[list[Segment]]:
    """Cut an abstract into paragraphs of pieces; a section's label comes first in its own."""
    spans = [*_names("abstract", hits), *_design_words(abstract, suggestion)]
    paragraphs: list[list[Segment]] = []
    for start, end in _bounds(abstract):
        text = abstract[start:end]
        label = _LABEL.match(text)
        inside = [(s - start, e - start, kind) for s, e, kind in spans if start <= s < end]
        if label:
            inside = [(0, label.end(1) + 1, LABEL), *inside]
        paragraphs.append([_worded(piece) for piece in segments(text, inside)])
    return paragraphs


def quoted(suggestion: DesignSuggestion) -> list[Segment]:
    """Cut what a suggestion rests on at its telling words: of a title the words alone.

    A long sentence is shortened around them, and loses its section's label.
    """
    words = _telling(suggestion)
    sentence = suggestion.sentence
    if suggestion.field == "title" and words:
        return [Segment(sentence[slice(*words)], DESIGN)]
    start, end = _window(sentence, words)
    head, tail = ("… " if _cut(sentence, start) else ""), ("…" if end < len(sentence) else "")
    shift = len(head) - start
    spans = [(words[0] + shift, words[1] + shift, DESIGN)] if words else []
    return segments(head + sentence[start:end] + tail, spans)


def sentence(text: str, words: Sequence[str] = ()) -> list[Segment]:
    """Cut a sentence at some words that stand in it, a long one shortened around the first."""
    places = [(text.find(word), text.find(word) + len(word)) for word in words if word in text]
    start, end = _window(text, min(places, default=None))
    head, tail = ("… " if _cut(text, start) else ""), ("…" if end < len(text) else "")
    shift = len(head) - start
    spans = [(first + shift, last + shift, NAME) for first, last in places]
    return segments(head + text[start:end] + tail, spans)


@dataclass(frozen=True, slots=True)
class MatchReason:
    """Why a paper is here: by which rule, where, and the first few different words found."""

    rule: str
    fields: tuple[str, ...]
    words: tuple[str, ...]


class ReadMatch(Protocol):
    """A match, as the queue and the paper page each read it."""

    @property
    def words(self) -> str:
        """The words as they stand in the text."""

    @property
    def field(self) -> str:
        """Where."""

    @property
    def rule(self) -> str:
        """By which rule."""


def reasons(matched: Sequence[ReadMatch]) -> list[MatchReason]:
    """Sum up the matches by rule, the most telling rule first."""
    reasons = []
    for rule, said in _RULES.items():
        some = [match for match in matched if match.rule == rule]
        if some:
            different = {match.words.casefold(): match.words for match in reversed(some)}
            fields = dict.fromkeys(match.field for match in some)
            words = tuple(different.values())[::-1][:_WORDS]
            reasons.append(MatchReason(said, tuple(_FIELDS.get(f, f) for f in fields), words))
    return reasons


def _names(field: str, hits: Sequence[Hit]) -> Spans:
    return [(h.start, h.start + len(h.words), h.slug) for h in hits if h.field == field]


def _design_words(abstract: str, suggestion: DesignSuggestion | None) -> Spans:
    """Find the words that tell the suggested design, wherever the abstract says them."""
    spans: Spans = []
    for design, pattern in ABSTRACT:
        if suggestion is not None and design == suggestion.design:
            for match in islice(pattern.finditer(abstract), _MARKS):
                spans.append((*_whole_words(abstract, match.start(), match.end()), DESIGN))
    return spans


def _window(sentence: str, words: tuple[int, int] | None) -> tuple[int, int]:
    """Choose which part of a sentence to quote."""
    label = _LABEL.match(sentence)
    start = label.end() if label else 0
    if words and len(sentence) - start > _SENTENCE:
        start = max(start, words[0] - _SENTENCE // 2)
    return start, min(len(sentence), start + _SENTENCE)


def _cut(sentence: str, start: int) -> bool:
    """Tell whether more than a label is left out in front."""
    label = _LABEL.match(sentence)
    return start > (label.end() if label else 0)


def _telling(suggestion: DesignSuggestion) -> tuple[int, int] | None:
    """Find the words of the sentence that tell the design, by the rule that suggested it."""
    rules = TITLE if suggestion.field == "title" else ABSTRACT
    for design, pattern in rules:
        match = pattern.search(suggestion.sentence) if design == suggestion.design else None
        if match:
            return _whole_words(suggestion.sentence, match.start(), match.end())
    return None


def _whole_words(text: str, start: int, end: int) -> tuple[int, int]:
    before, behind = re.search(r"[\w-]*$", text[:start]), re.match(r"\w*", text[end:])
    return (before.start() if before else start), end + (behind.end() if behind else 0)


def _bounds(text: str) -> list[tuple[int, int]]:
    """Give where each paragraph starts and ends; blank ones are left out."""
    found = [(m.start(), m.end()) for m in re.finditer(r"[^\n]+(?:\n(?!\s*\n)[^\n]+)*", text)]
    return [(start, end) for start, end in found if text[start:end].strip()]


def _worded(piece: Segment) -> Segment:
    """Write a label as a sentence starts: "METHODS:" becomes "Methods."."""
    if piece.kind != LABEL:
        return piece
    return Segment(piece.text.removesuffix(":").capitalize() + ".", LABEL)
