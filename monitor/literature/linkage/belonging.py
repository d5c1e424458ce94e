"""Why a paper may belong to a study that another paper reports. Pure; only ever a suggestion.

Wider than what is proposed of two papers (``relations``): many reports of one trial name no number
and have other titles. So a person is told what agrees, and nothing follows by itself.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from monitor.kernel.language.english import listed
from monitor.literature.design.rules import is_registration
from monitor.literature.linkage.facts import PaperFacts, alike, first_named
from monitor.literature.papers.study_names import family_name

_NEAR = 0.5  # of the words of two titles
_TEAM = 3  # authors in common that tell of one team
_TWO = 2
_NAMED = 3  # authors named in a reason
_LISTS = 2_000  # of authors remembered: those of studies are compared with every paper opened


def reasons(paper: PaperFacts, other: PaperFacts) -> list[str]:
    """Say why two papers may report one study, the strongest first; none where nothing suggests it.

    Most pairs share nothing: they are told apart before a text is read.
    """
    shared, authors = paper.numbers & other.numbers, _authors(paper) & _authors(other)
    registered = paper.is_registration or other.is_registration
    if not (shared or authors or registered):
        return []
    told = [f"both name {first_named(shared)}"] if shared else []
    by = f"share the {'authors' if len(authors) > 1 else 'author'} {listed(sorted(authors)[:_NAMED])}"
    if called := paper.acronyms & other.acronyms:
        name = f"both are called {min(called).upper()}"
        told.append(f"{name} and {by}" if authors else name)
    elif (
        not shared and paper.slugs & other.slugs and (agreeing := _team(paper, other, len(authors)))
    ):
        told.append(f"both are about the same intervention, {agreeing} and {by}")
    return [] if told and (paper.is_review or other.is_review) else told


@dataclass(frozen=True, slots=True)
class Outline:
    """What tells, without a look at its text, that a paper may belong with another."""

    authors: frozenset[str]  # family names
    is_registration: bool


@lru_cache(maxsize=_LISTS)
def outline(authors: str, types: str, *, is_trial: bool) -> Outline:
    """Give a paper's outline by its authors and publication types, each a list as JSON.

    ``is_trial``: a trial's registration is kept of it.
    """
    return Outline(
        _families(tuple(json.loads(authors))), is_trial or is_registration(json.loads(types))
    )


class Others:
    """Papers that one is compared with, in outline: found by what they share with it."""

    def __init__(self, outlines: Mapping[int, Outline]) -> None:
        self._registrations = {i for i, other in outlines.items() if other.is_registration}
        self._all = set(outlines)
        self._by_author: dict[str, set[int]] = defaultdict(set)
        for paper_id, other in outlines.items():
            for author in other.authors:
                self._by_author[author].add(paper_id)

    def near(self, paper: PaperFacts) -> set[int]:
        """Give all of which ``reasons`` may say anything, beside those that share a number.

        Most share too little to be read.
        """
        shared = Counter[int]()
        for author in _authors(paper):
            shared.update(self._by_author.get(author, ()))
        # by a team, and like it in its title; or by two of it, and of so many people; or of one name
        near = {i for i, authors in shared.items() if authors >= _TEAM}
        if paper.samples:
            near |= {i for i, authors in shared.items() if authors >= _TWO}
        if paper.acronyms:
            near |= self._all if paper.is_registration else {*shared, *self._registrations}
        return near


def _team(paper: PaperFacts, other: PaperFacts, authors: int) -> str:
    """Say what else agrees of two papers by the same people; empty: too little."""
    if authors >= _TEAM and alike(paper.words, other.words) >= _NEAR:
        return "have similar titles"
    if authors >= _TWO and (size := paper.samples & other.samples):
        return f"say that {min(size)} took part"
    return ""


def _authors(facts: PaperFacts) -> frozenset[str]:
    return _families(facts.citation.authors)


@lru_cache(maxsize=_LISTS)
def _families(authors: tuple[str, ...]) -> frozenset[str]:
    return frozenset(family_name([name]) for name in authors) - {""}
