"""The invented world: studies, papers and people that exist nowhere else.

Loaded from ``world.toml``. Nothing in it is a real paper, and nothing in it may ever look like
one: titles say "invented", identifiers lie in ranges that their registries never give out.
"""

import tomllib
from dataclasses import dataclass
from datetime import date, timedelta
from importlib import resources
from typing import Any

# Ranges no registry has reached: PubMed stands near 43 million.
FIRST_PMID = 90_000_000


@dataclass(frozen=True, slots=True)
class InventedPaper:
    """One invented paper, as every source would know it."""

    key: str
    number: int
    title: str
    abstract: tuple[str, ...]  # sentences; "LABEL: text" starts a labelled section
    authors: tuple[tuple[str, str], ...]  # family, given
    journal: str
    entered: date  # the day the sources first listed it
    sources: frozenset[str]  # pubmed, europepmc, pubmed_rss, journals, atom
    wave: int = 1  # when the demonstration releases it
    types: tuple[str, ...] = ("Journal Article",)
    keywords: tuple[str, ...] = ()
    registrations: tuple[str, ...] = ()
    europepmc_as: str = "MED"  # MED, PMC (no PMID given) or PPR (a preprint)
    in_pmc: bool = False
    retracts: str | None = None  # the key of the paper this notice retracts
    revised: date | None = None

    @property
    def pmid(self) -> str:
        """PubMed's number for it."""
        return str(FIRST_PMID + self.number)

    @property
    def doi(self) -> str:
        """Its DOI: 10.5555 is the prefix kept for examples."""
        return f"10.5555/gap-monitor.{self.number:03}"

    @property
    def pmcid(self) -> str:
        """PubMed Central's number for it."""
        return f"PMC{FIRST_PMID + self.number}"

    @property
    def sections(self) -> tuple[tuple[str | None, str], ...]:
        """The abstract as labelled sections; one without a label where it has none."""
        found: list[tuple[str | None, str]] = []
        for sentence in self.abstract:
            label, colon, rest = sentence.partition(": ")
            if colon and label.isupper():
                found.append((label, rest))
            elif found:
                found[-1] = (found[-1][0], f"{found[-1][1]} {sentence}")
            else:
                found.append((None, sentence))
        return tuple(found)


@dataclass(slots=True)
class World:
    """All invented papers, and how many waves of them have been released."""

    papers: tuple[InventedPaper, ...]
    wave: int = 1

    def visible(self, source: str) -> list[InventedPaper]:
        """List what one source shows now, newest first."""
        shown = [
            paper for paper in self.papers if paper.wave <= self.wave and source in paper.sources
        ]
        return sorted(shown, key=lambda paper: (paper.entered, paper.number), reverse=True)

    def paper(self, key: str) -> InventedPaper:
        """Give one paper.

        Raises:
            KeyError: the world has no such paper.
        """
        found = [paper for paper in self.papers if paper.key == key]
        if not found:
            raise KeyError(key)
        return found[0]

    def release(self, wave: int) -> list[InventedPaper]:
        """Let the papers of the waves up to ``wave`` appear; gives the new ones."""
        new = [paper for paper in self.papers if self.wave < paper.wave <= wave]
        self.wave = max(self.wave, wave)
        return new

    def retraction_of(self, paper: InventedPaper) -> InventedPaper | None:
        """Give the released notice that retracts a paper, if there is one."""
        for notice in self.papers:
            if notice.retracts == paper.key and notice.wave <= self.wave:
                return notice
        return None


def load(today: date) -> World:
    """Read the world; its papers were listed so many days before ``today``."""
    text = resources.files(__package__).joinpath("world.toml").read_text(encoding="utf-8")
    entries: list[dict[str, Any]] = tomllib.loads(text)["paper"]
    return World(tuple(_paper(entry, today) for entry in entries))


def _paper(entry: dict[str, Any], today: date) -> InventedPaper:
    entry = dict(entry)
    entered = today - timedelta(days=entry.pop("days_ago"))
    for name in ("abstract", "types", "keywords", "registrations"):
        if name in entry:
            entry[name] = tuple(entry[name])
    entry["authors"] = tuple((family, given) for family, given in entry["authors"])
    entry["sources"] = frozenset(entry["sources"])
    return InventedPaper(entered=entered, **entry)
