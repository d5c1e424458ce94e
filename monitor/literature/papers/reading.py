"""What the rules read from a citation, all at once: names, lane, keys, signals, statements. Pure."""

import hashlib
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

import monitor.literature
from monitor.feeds.records import Citation
from monitor.literature.dedup.clusters import stored_keys
from monitor.literature.dedup.fingerprint import Fingerprint, fingerprint
from monitor.literature.design import notices
from monitor.literature.matching.lanes import evaluations, lane
from monitor.literature.matching.matcher import Hit, Matcher
from monitor.literature.ranking import prior
from monitor.literature.ranking.features import features
from monitor.literature.words import TO_SCREEN, Lane

Said = tuple[str, str, str]  # kind, scheme, value: see tables.PaperStatement


def edition(matcher: Matcher) -> int:
    """Give the edition of the rules: another one with any change of their code or catalogue.

    Never zero, which stands for "not read", and below 2**31. A paper that another edition has
    read is read again: nobody need remember to say that a rule changed.
    """
    return _edition(matcher.catalogue_hash)


@cache
def _edition(catalogue_hash: str) -> int:
    digest = hashlib.sha256(f"{_code_hash()} {catalogue_hash}".encode()).digest()
    return int.from_bytes(digest[:4], "big") % (2**31 - 1) + 1


@cache
def _code_hash() -> str:
    """Hash this package's code: which of it the rules are is not worth a list to be kept."""
    folder = Path(monitor.literature.__file__).parent
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*.py")):
        digest.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


@dataclass(frozen=True, slots=True)
class Signals:
    """What the queue is ordered by: see ``prior`` and ``features``."""

    prior_features: prior.PriorFeatures
    features: bytes


@dataclass(frozen=True)
class CitationReading:
    """What the rules read from a citation. Each part is read once it is asked for.

    ``records`` are what the paper's records say one by one, where it has several.
    """

    citation: Citation
    matcher: Matcher
    records: tuple[Citation, ...] = ()

    @cached_property
    def edition(self) -> int:
        """The edition of the rules that read it."""
        return edition(self.matcher)

    def in_full(self) -> "CitationReading":
        """Read every part now, rather than while somebody waits for the database."""
        _ = self.edition, self.lane, self.keys, self.statements, self.signals
        return self

    @cached_property
    def hits(self) -> tuple[Hit, ...]:
        """Where the citation names which interventions."""
        said = self.citation
        return self.matcher.match(title=said.title, abstract=said.abstract, keywords=said.keywords)

    @cached_property
    def lane(self) -> Lane:
        """Whether, and why, a reviewer is asked to screen it."""
        if notices.is_notice(self.citation):
            return Lane.NOTICE
        return lane(self.hits, self.citation.title, self.citation.abstract)

    @property
    def evaluates(self) -> list[str]:
        """The interventions that it evaluates, and does not only mention."""
        standing = evaluations(self.hits, self.citation.title, self.citation.abstract)
        return [one.slug for one in standing if one.evaluated]

    @cached_property
    def fingerprint(self) -> Fingerprint:
        """What is compared to tell whether two papers are one."""
        return fingerprint(self.citation)

    @cached_property
    def keys(self) -> frozenset[int]:
        """The keys under which papers that may be the same are found."""
        return stored_keys(self.fingerprint)

    @cached_property
    def statements(self) -> frozenset[Said]:
        """What its records say of other papers, and of its own standing.

        Asked of each: one source may mark as retracted what a preferred one does not.
        """
        records = self.records or (self.citation,)
        return frozenset(statement for said in records for statement in notices.statements(said))

    @cached_property
    def signals(self) -> Signals | None:
        """What the queue is ordered by; None for a paper that nobody is asked to screen."""
        if self.lane not in TO_SCREEN:
            return None
        said = self.citation
        return Signals(
            prior.prior_features(said, self.hits, in_passing=self.lane is Lane.MENTIONED),
            features(said.title, said.abstract, said.keywords),
        )
