"""The words of the pages, each with where its meaning is from. Frozen data."""

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from monitor.catalogue.shapes.context import Background, FactOrigin, ToldFact
from monitor.catalogue.shapes.models import Data, Text

HEADINGS = ("attachment", "here", "research")


class Term(ToldFact):
    """One term: what it means, and the source that says so."""

    term: Text
    heading: Literal["attachment", "here", "research"]


class Glossary(Data):
    """Every term, under its heading, in the order of the page."""

    sources: dict[str, FactOrigin] = Field(default_factory=dict)
    terms: tuple[Term, ...] = Field(min_length=1)

    def under(self, heading: str) -> tuple[Term, ...]:
        """List the terms under a heading."""
        return tuple(term for term in self.terms if term.heading == heading)

    def origin(self, key: str, background: Background) -> FactOrigin:
        """Give a term's source: the glossary's own, or one that contexts name too."""
        return self.sources.get(key) or background.sources[key]


def faults(glossary: Glossary, background: Background) -> Iterator[str]:
    """Say what is wrong with the terms: a source nobody knows, a term told twice, an unused source."""
    known = {*glossary.sources, *background.sources}
    names: set[str] = set()
    for term in glossary.terms:
        if term.source not in known:
            yield f"glossary.toml: {term.term}: there is no source {term.source!r}"
        if term.term in names:
            yield f"glossary.toml: {term.term}: stands there twice"
        names.add(term.term)
    unused = set(glossary.sources) - {term.source for term in glossary.terms}
    if unused:
        yield f"glossary.toml: nothing is from {', '.join(sorted(unused))}"
