"""The invented world: studies, papers and people that exist nowhere else.

Loaded from ``world.toml``. Nothing in it is a real paper, and nothing in it may ever look like
one: titles say "invented", identifiers lie in ranges that their registries never give out.
"""

import tomllib
from dataclasses import dataclass, field, replace
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
    only: str | None = None  # the one source that knows it, or "file": none does
    wave: int = 1  # when the demonstration releases it
    types: tuple[str, ...] = ("Journal Article",)
    keywords: tuple[str, ...] = ()
    registrations: tuple[str, ...] = ()
    europepmc_as: str = "MED"  # MED, PMC (no PMID given) or PPR (a preprint)
    in_pmc: bool = False
    notice: str | None = None  # retraction, expression of concern or correction
    about: str | None = None  # the key of the paper that the notice is of
    preprint: str | None = None  # the key of the preprint that this article was
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
        sections: list[tuple[str | None, str]] = []
        for sentence in self.abstract:
            label, colon, rest = sentence.partition(": ")
            if colon and label.isupper():
                sections.append((label, rest))
            elif sections:
                sections[-1] = (sections[-1][0], f"{sections[-1][1]} {sentence}")
            else:
                sections.append((None, sentence))
        return tuple(sections)


@dataclass(frozen=True, slots=True)
class InventedTrial:
    """One invented trial, as the registry of its number knows it."""

    key: str
    number: str  # NCT000000xx or ISRCTN000000xx
    title: str
    summary: str
    intervention: str
    comparison: str
    conditions: tuple[str, ...]
    status: str  # in the words of ClinicalTrials.gov
    enrolment: int
    registered: date
    started: date
    completed: date  # may be to come
    edited: date  # last
    contact: tuple[str, str]  # given, family: of somebody who exists nowhere
    wave: int = 1
    also: tuple[str, ...] = ()  # other numbers it goes by
    ages: tuple[str, ...] = ("CHILD", "ADULT")

    @property
    def registry(self) -> str:
        """The source that holds it."""
        return "isrctn" if self.number.startswith("ISRCTN") else "clinicaltrials"


@dataclass(slots=True)
class World:
    """All invented papers and trials, and how many waves of them have been released.

    ``changes`` counts what was done to it since it was loaded.
    """

    papers: tuple[InventedPaper, ...]
    wave: int = 1
    trials: tuple[InventedTrial, ...] = ()
    changes: int = 0
    _gone: set[tuple[str, str]] = field(default_factory=set)
    _dated: dict[tuple[str, str], date] = field(default_factory=dict)

    def visible(self, source: str) -> list[InventedPaper]:
        """List the papers that one source shows now, newest first."""
        shown = [
            replace(paper, entered=self._day(source, paper.key, paper.entered))
            for paper in self.papers
            if self._shows(source, paper) and _knows(source, paper)
        ]
        return sorted(shown, key=lambda paper: (paper.entered, paper.number), reverse=True)

    def registered(self, registry: str) -> list[InventedTrial]:
        """List the trials that one registry shows now, the last edited first.

        A trial's record is edited when a paper about it appears.
        """
        shown = [
            replace(trial, edited=self._day(registry, trial.key, self._edited(trial)))
            for trial in self.trials
            if self._shows(registry, trial) and trial.registry == registry
        ]
        return sorted(shown, key=lambda trial: (trial.edited, trial.number), reverse=True)

    def paper(self, key: str) -> InventedPaper:
        """Give one paper.

        Raises:
            KeyError: the world has no such paper.
        """
        return {paper.key: paper for paper in self.papers}[key]

    def trial(self, key: str) -> InventedTrial:
        """Give one trial.

        Raises:
            KeyError: the world has no such trial.
        """
        return {trial.key: trial for trial in self.trials}[key]

    def release(self, wave: int) -> list[InventedPaper | InventedTrial]:
        """Let what belongs to the waves up to ``wave`` appear; gives the new ones."""
        new = [item for item in self._everything() if self.wave < item.wave <= wave]
        self.wave = max(self.wave, wave)
        self.changes += bool(new)
        return new

    def vanish(self, key: str, source: str = "") -> None:
        """Let a paper or trial be gone from a source, as if it had never been; "": from all."""
        self._known(key)
        self._gone.add((source, key))
        self.changes += 1

    def reappear(self, key: str, source: str = "") -> None:
        """Undo what ``vanish`` did with the same words."""
        self._gone.remove((source, key))
        self.changes += 1

    def misdate(self, key: str, day: date, source: str = "") -> None:
        """Let a source ("": all) date a paper or trial so, whenever it appeared: dates miss it."""
        self._known(key)
        self._dated[source, key] = day
        self.changes += 1

    def retraction_of(self, paper: InventedPaper) -> InventedPaper | None:
        """Give the released notice that retracts a paper, if there is one."""
        notices = [n for n in self.notices_of(paper) if n.notice == "retraction"]
        return notices[0] if notices else None

    def notices_of(self, paper: InventedPaper, source: str = "crossref") -> list[InventedPaper]:
        """List the notices of a paper that a source shows now; Crossref knows every one."""
        return [notice for notice in self.visible(source) if notice.about == paper.key]

    def article_of(self, preprint: InventedPaper) -> InventedPaper | None:
        """Give the released article that a preprint became, if there is one."""
        articles = [paper for paper in self.papers if paper.preprint == preprint.key]
        return articles[0] if articles and articles[0].wave <= self.wave else None

    def reports_of(self, trial: InventedTrial) -> list[InventedPaper]:
        """List the released papers that name a trial's number."""
        return [p for p in self.papers if trial.number in p.registrations and p.wave <= self.wave]

    def _edited(self, trial: InventedTrial) -> date:
        return max([trial.edited, *(paper.entered for paper in self.reports_of(trial))])

    def _shows(self, source: str, one: InventedPaper | InventedTrial) -> bool:
        return one.wave <= self.wave and not {(source, one.key), ("", one.key)} & self._gone

    def _day(self, source: str, key: str, day: date) -> date:
        return self._dated.get((source, key), self._dated.get(("", key), day))

    def _known(self, key: str) -> None:
        if key not in {one.key for one in self._everything()}:
            raise KeyError(key)

    def _everything(self) -> tuple[InventedPaper | InventedTrial, ...]:
        return (*self.papers, *self.trials)


def _knows(source: str, paper: InventedPaper) -> bool:
    """Whether a source would ever list a paper: those of all DOIs know nearly every one."""
    if paper.only:
        return source == paper.only
    return source in {"crossref", "openalex"} or source in paper.sources


def load(today: date) -> World:
    """Read the world; what is in it was listed so many days before ``today``."""
    text = resources.files(__package__).joinpath("world.toml").read_text(encoding="utf-8")
    read: dict[str, list[dict[str, Any]]] = tomllib.loads(text)
    return World(
        papers=tuple(_paper(entry, today) for entry in read["paper"]),
        trials=tuple(_trial(entry, today) for entry in read["trial"]),
    )


def _paper(entry: dict[str, Any], today: date) -> InventedPaper:
    entry = _with_tuples(entry)
    entered = today - timedelta(days=entry.pop("days_ago"))
    entry["authors"] = tuple((family, given) for family, given in entry["authors"])
    entry["sources"] = frozenset(entry["sources"])
    return InventedPaper(entered=entered, **entry)


def _trial(entry: dict[str, Any], today: date) -> InventedTrial:
    entry = _with_tuples(entry)
    for name in ("registered", "started", "completed", "days_ago"):
        entry[name] = today - timedelta(days=entry[name])
    return InventedTrial(edited=entry.pop("days_ago"), **entry)


def _with_tuples(entry: dict[str, Any]) -> dict[str, Any]:
    return {
        name: tuple(value) if isinstance(value, list) else value for name, value in entry.items()
    }
