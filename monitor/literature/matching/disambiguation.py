"""Which of the names found in one text count, and why the others do not.

Longest name wins. Full names are judged first, then abbreviations in their light. Pure; finds
nothing itself.
"""

import re
from collections.abc import Callable, Iterable, Set
from dataclasses import dataclass, field

from monitor.literature.matching.naming import LOOKALIKE, Name
from monitor.literature.text.folding import fold

_SENTENCE_END = re.compile(r"[.!?][\"')\]”’]*\s|\n")
# A sentence longer than this on either side is no sentence.
_FAR = 400


@dataclass(frozen=True, slots=True)
class NameCandidate:
    """A name as it stands in a text; ``start`` and ``end`` count the text's own characters."""

    start: int
    end: int
    name: Name

    @property
    def order(self) -> tuple[str, ...]:
        """What sorts candidates in one way, in every run."""
        name = self.name
        places = f"{self.start:09}", f"{self.end:09}"
        return *places, name.slug, name.variant or "", name.rule, name.why


@dataclass(slots=True)
class JudgedNames:
    """The candidates of one text: those that count, and the others each with the reason."""

    chosen: list[NameCandidate] = field(default_factory=list)
    refused: list[tuple[NameCandidate, str]] = field(default_factory=list)


def judge_names(
    text: str, candidates: Iterable[NameCandidate], words_in: Callable[[str], Set[str]]
) -> JudgedNames:
    """Judge the full names and look-alikes; abbreviations are left for later.

    ``words_in`` gives the known context words of a folded text.
    """
    judged = JudgedNames()
    plain = [candidate for candidate in candidates if not candidate.name.context]
    standing = [candidate for candidate in plain if _stands(text, candidate, words_in)]
    for winner, covered in longest(standing):
        if winner.name.rule == LOOKALIKE:
            judged.refused += [(candidate, winner.name.why) for candidate in (winner, *covered)]
        else:
            judged.chosen.append(winner)
    return judged


def refuse_letters(judged: JudgedNames, of_another: Callable[[NameCandidate], str | None]) -> None:
    """Take out the names that are letters alone ("VIPP-R") where the text says they are another's."""
    for candidate in list(judged.chosen):
        if candidate.name.letters and (reason := of_another(candidate)):
            judged.chosen.remove(candidate)
            judged.refused.append((candidate, reason))


def judge_abbreviations(
    judged: JudgedNames,
    candidates: Iterable[NameCandidate],
    *,
    seen: Set[str],
    named: Set[str],
    of_another: Callable[[NameCandidate], str | None],
) -> JudgedNames:
    """Judge the abbreviations among the words ``seen`` anywhere in the paper.

    One of ``named``, the interventions whose full name the paper has, needs no other words.
    ``of_another`` says why letters that have their words are something else's all the same.
    """
    taken = [(candidate.start, candidate.end) for candidate in judged.chosen]
    taken += [(candidate.start, candidate.end) for candidate, _ in judged.refused]
    admitted: list[NameCandidate] = []
    refused: list[tuple[NameCandidate, str]] = list(judged.refused)
    for candidate in sorted(candidates, key=_precedence):
        context = candidate.name.context
        if context is None or any(
            start < candidate.end and candidate.start < end for start, end in taken
        ):
            continue
        reason = None if candidate.name.slug in named else context.refusal(seen)
        if reason is None and (reason := of_another(candidate)):
            taken.append((candidate.start, candidate.end))  # nor is a part of it ours
        if reason is None:
            admitted.append(candidate)
        else:
            refused.append((candidate, reason))
    return JudgedNames(judged.chosen + [winner for winner, _ in longest(admitted)], refused)


def longest(candidates: Iterable[NameCandidate]) -> list[tuple[NameCandidate, list[NameCandidate]]]:
    """Keep the longest of overlapping names, each with those that it covers.

    The same words may name several interventions, but nothing beside a look-alike.
    """
    kept: list[tuple[NameCandidate, list[NameCandidate]]] = []
    for candidate in sorted(candidates, key=_precedence):
        rivals = [entry for entry in kept if _overlap(entry[0], candidate)]
        if not rivals or all(_beside(winner, candidate) for winner, _ in rivals):
            kept.append((candidate, []))
        else:
            rivals[0][1].append(candidate)
    return kept


def _precedence(candidate: NameCandidate) -> tuple[int, int, bool, bool, tuple[str, ...]]:
    """Longest first; among equals a look-alike, then a variant before its family."""
    name = candidate.name
    kinds = name.rule != LOOKALIKE, name.variant is None
    return candidate.start - candidate.end, candidate.start, *kinds, candidate.order[2:]


def _overlap(first: NameCandidate, second: NameCandidate) -> bool:
    return first.start < second.end and second.start < first.end


def _beside(winner: NameCandidate, other: NameCandidate) -> bool:
    same = (winner.start, winner.end) == (other.start, other.end)
    return same and winner.name.rule != LOOKALIKE and winner.name.slug != other.name.slug


def _stands(text: str, candidate: NameCandidate, words_in: Callable[[str], Set[str]]) -> bool:
    if not candidate.name.beside:
        return True
    return bool(
        candidate.name.beside
        & words_in(fold(sentence_around(text, candidate.start, candidate.end)))
    )


def sentence_around(text: str, start: int, end: int) -> str:
    """Give the sentence that ``text[start:end]`` stands in, cut where it goes on for ever."""
    before, after = text[max(0, start - _FAR) : start], text[end : end + _FAR]
    opened = max((stop.end() for stop in _SENTENCE_END.finditer(before)), default=0)
    closed = _SENTENCE_END.search(after)
    return before[opened:] + text[start:end] + (after[: closed.start()] if closed else after)
