"""Why a paper may belong to a study that another paper reports. Pure; only ever a suggestion.

Wider than what is proposed of two papers (``relations``): many reports of one trial name no number
and have other titles. So a person is told what agrees, and nothing follows by itself.
"""

from collections import defaultdict
from collections.abc import Hashable, Mapping
from functools import lru_cache

from monitor.kernel.language.english import listed
from monitor.literature.linkage.facts import PaperFacts, alike, first_named
from monitor.literature.papers.study_names import family_name

_NEAR = 0.5  # of the words of two titles
_TEAM = 3  # authors in common that tell of one team
_TWO = 2
_NAMED = 3  # authors named in a reason
_REGISTRATION = None  # stands for being one, which no author or number does
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


class Others:
    """Papers that one is compared with, found by what they share with it: most share nothing."""

    def __init__(self, facts: Mapping[int, PaperFacts]) -> None:
        self.facts = facts
        self._sharing: dict[Hashable, set[int]] = defaultdict(set)
        for paper_id, paper in facts.items():
            for shared in _shared(paper):
                self._sharing[shared].add(paper_id)

    def near(self, paper: PaperFacts) -> set[int]:
        """Give all of which ``reasons`` may say anything; of a registration, that may be of any."""
        if paper.is_registration:
            return set(self.facts)
        return set().union(
            *(self._sharing.get(what, set()) for what in (*_shared(paper), _REGISTRATION))
        )


def _shared(facts: PaperFacts) -> set[Hashable]:
    """Give what tells that two papers may belong together, as ``reasons`` asks first."""
    kind = {_REGISTRATION} if facts.is_registration else set()
    return {*facts.numbers, *_authors(facts), *kind}


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
