"""What two papers are compared by to tell whether they belong together. Pure; judges nothing.

Each part is read once it is asked for: most pairs are told apart by the first.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property

from monitor.feeds.identifiers.canonical import registrations_in
from monitor.feeds.records import Citation, Identifier, LinkKind, Trial
from monitor.literature.dedup.fingerprint import Fingerprint, fingerprint
from monitor.literature.dedup.identity import REGISTRIES, own_and_named
from monitor.literature.design import notices, rules
from monitor.literature.design.counts import sample_sizes
from monitor.literature.design.detection import UNCLEAR, read_design
from monitor.literature.matching.matcher import Hit
from monitor.literature.papers.reading import Said
from monitor.literature.text import sentences
from monitor.literature.text.folding import fold

REGISTRATION, PROTOCOL, PREPRINT = "registration", "protocol", "preprint"
NOTICE, COMMENT, ARTICLE = "notice", "comment", "article"
# Designs of papers that report no trial of their own, or not its main result.
SECONDARY = frozenset({"follow-up", "economic", "qualitative", "case"})
_REVIEWS = frozenset({"review"})
_TRIALS = frozenset({"randomised", "non-randomised", "single-group"})
# A paper that names so many registrations writes about other people's trials.
_MANY = 3
# Words that any title may have: they tell no study from another.
_COMMON = frozenset(
    ("a", "an", "and", "as", "at", "by", "for", "from", "in", "into", "is", "of", "on", "or", "the",
     "to", "with", "via", "versus", "vs", "using", "among", "after", "during", "between", "its",
     "their", "study", "studies", "trial", "trials", "randomised", "randomized", "randomly",
     "controlled", "control", "clinical", "pilot", "feasibility", "cluster", "multicentre",
     "multicenter", "rct", "protocol", "design", "rationale", "results", "outcomes", "outcome",
     "effect", "effects", "effectiveness", "efficacy", "evaluation", "evaluating", "evaluate",
     "intervention", "interventions", "treatment", "therapy", "program", "programme", "based",
     "group", "groups", "comparison", "comparing", "compared", "impact", "report", "analysis",
     "parent", "parents", "parenting", "child", "children", "family", "families", "mother",
     "mothers", "infant", "infants", "double", "single", "blind", "blinded", "masked", "placebo",
     "open", "label", "prospective", "patients", "participants", "people", "volunteers", "new")
)  # fmt: skip
_WORD = re.compile(r"\w+")
_SAMPLE = re.compile(r"\d+")
# Where a text registers its own trial, rather than speaking of another's.
_REGISTERED = re.compile(
    r"(?:regist\w*|clinical ?trials?\.gov|\bidentifier|\btrial (?:number|id)\b|\bisrctn\.com)"
    r"[^.;]{0,80}$",
    re.IGNORECASE,
)
_BEFORE = 120  # characters looked at before a number
_CAPITALS = re.compile(r"[A-Z][A-Za-z0-9-]*[A-Z][A-Za-z0-9-]*")
# "the BRIDGE trial", "Lighthouse (LHT) study": capitals that name one
_ACRONYM = re.compile(r"\b([A-Z][A-Za-z0-9]*[A-Z][A-Z0-9-]*)\)? (?:trial|study)\b")
_TITLE_BEGINS = re.compile(r"([A-Z]{4,}):")  # "BRIDGE: a randomised trial"
_TITLE_NAMES = (
    re.compile(r"[Tt]rial \(([A-Z][A-Z0-9-]{2,})\)"),
    re.compile(r"^([A-Z]{4,}):"),
    re.compile(r"\b(?:[Tt]he )([A-Z][A-Z0-9-]{2,})\)? (?:[Tt]rial|[Ss]tudy)\b"),
)
_NO_NAMES = frozenset({"RCT", "UK", "US", "USA", "NHS", "II", "III", "IV"})


@dataclass(frozen=True)
class PaperFacts:
    """One paper: what it says (its registrations are all that it names), and what is read from it.

    ``said`` is what its records say of other papers; see ``tables.PaperStatement``.
    """

    citation: Citation
    said: frozenset[Said] = frozenset()
    hits: tuple[Hit, ...] = field(default=())

    @classmethod
    def of(cls, citation: Citation, hits: Iterable[Hit] = ()) -> "PaperFacts":
        """Take the facts of a record that is not kept here."""
        own, named = own_and_named(citation)
        text = registrations_in(f"{citation.title}\n{citation.abstract or ''}")
        whole = dict.fromkeys((*named, *(number for number in text if number not in own)))
        return cls(
            replace(citation, identifiers=tuple(own), registrations=tuple(whole)),
            frozenset(notices.statements(citation)),
            tuple(hits),
        )

    @property
    def trial(self) -> Trial | None:
        """What a registration says of its trial."""
        return self.citation.trial

    @cached_property
    def fingerprint(self) -> Fingerprint:
        """What tells whether two papers are one: here the words of the title, the names."""
        return fingerprint(self.citation)

    @cached_property
    def is_registration(self) -> bool:
        """Whether it is a trial's registration; told without a look at its text."""
        return self.trial is not None or rules.is_registration(self.citation.publication_types)

    @cached_property
    def kind(self) -> str:
        """What sort of paper it is: one of the words above."""
        own = self.fingerprint
        if self.is_registration:
            return REGISTRATION
        if own.kind == NOTICE or notices.is_notice(self.citation):
            return NOTICE
        if own.comment or self.design == NOTICE:
            return COMMENT
        if own.protocol or self.design == PROTOCOL:
            return PROTOCOL
        return PREPRINT if own.kind == PREPRINT else ARTICLE

    @property
    def reports(self) -> bool:
        """Whether it may report results of one study: an article or a preprint, and no review."""
        return self.kind in {ARTICLE, PREPRINT} and not self.is_review

    @cached_property
    def own(self) -> frozenset[Identifier]:
        """Its own identifiers."""
        return frozenset(self.citation.identifiers)

    @cached_property
    def named(self) -> frozenset[Identifier]:
        """The trial registrations it names, its own apart."""
        return frozenset(self.citation.registrations) - self.own

    @cached_property
    def numbers(self) -> frozenset[Identifier]:
        """Every trial registration it is or names."""
        return self.named | {one for one in self.own if one.scheme in REGISTRIES}

    @cached_property
    def registered(self) -> frozenset[Identifier]:
        """Those it names as its own trial's: in a field for it, or where a text says "registered"."""
        text = f"{self.citation.title}\n{self.citation.abstract or ''}"
        in_text = frozenset(registrations_in(text))
        return (self.named - in_text) | {
            number for number in self.named & in_text if _registers(text, number)
        }

    @cached_property
    def design(self) -> str:
        """How its text says that it was done; "unclear" where nothing tells."""
        said = self.citation
        read = read_design(said.title, said.abstract, said.publication_types, said.keywords)
        return read.design if read else UNCLEAR

    @property
    def is_trial(self) -> bool:
        """Whether its text tells of a trial's own report."""
        return self.design in _TRIALS

    @property
    def is_review(self) -> bool:
        """Whether it is about many studies: it reads like a review, or names many registrations."""
        return self.design in _REVIEWS or (self.kind != REGISTRATION and len(self.named) >= _MANY)

    @cached_property
    def samples(self) -> frozenset[int]:
        """How many took part, as its text or its registry says."""
        if self.trial:
            return frozenset({self.trial.participants} - {None, 0})  # type: ignore[arg-type]  # None is taken out
        lines = [
            *sentences.told_in(self.citation.title),
            *sentences.told_in(self.citation.abstract or ""),
        ]
        matches = (_SAMPLE.match(value) for value, _ in sample_sizes(lines))
        return frozenset(int(met[0]) for met in matches if met)

    @cached_property
    def slugs(self) -> frozenset[str]:
        """The interventions it names."""
        return frozenset(hit.slug for hit in self.hits)

    @cached_property
    def words(self) -> frozenset[str]:
        """What is left of its title without common words and the interventions' names."""
        title = fold(self.citation.title)
        for hit in sorted(self.hits, key=lambda hit: -len(hit.words)):
            title = title.replace(fold(hit.words), " ")
        return frozenset(_WORD.findall(title)) - _COMMON

    @cached_property
    def acronyms(self) -> frozenset[str]:
        """What studies are called in its text, a registry's keywords too; no intervention's name."""
        said = self.citation
        words = {*_ACRONYM.findall(said.title), *_ACRONYM.findall(said.abstract or "")}
        if begins := _TITLE_BEGINS.match(said.title):
            words.add(begins[1])
        if self.is_registration:
            words.update(keyword for keyword in said.keywords if _CAPITALS.fullmatch(keyword))
        other = _NO_NAMES | {hit.words for hit in self.hits}
        return frozenset(word.casefold() for word in words - other)

    @cached_property
    def span(self) -> tuple[date, date] | None:
        """The first and the last day on which it may have been published; None: not known."""
        said = self.citation
        if said.published:
            return said.published, said.published
        return (date(said.year, 1, 1), date(said.year, 12, 31)) if said.year else None

    def says(self, kind: LinkKind, other: "PaperFacts") -> bool:
        """Tell whether its records say "this paper is (kind) that one"."""
        return any((kind.value, one.scheme, one.value) in self.said for one in other.own)


def name_of_trial(title: str) -> str:
    """Give the name that a registration's title gives its trial; empty where it gives none.

    >>> name_of_trial("Relationships in Good Hands Trial (RIGHT)"), name_of_trial("BRIDGE: a trial")
    ('RIGHT', 'BRIDGE')
    >>> name_of_trial("The COSI Trial of Circle of Security"), name_of_trial("A trial in the UK")
    ('COSI', '')
    """
    name = next((met[1] for form in _TITLE_NAMES if (met := form.search(title))), "")
    return "" if name in _NO_NAMES else name


def alike(some: frozenset[str], others: frozenset[str]) -> float:
    """Give the share of words that two titles have in common; nothing in common is 0."""
    shared = len(some & others)
    return shared / len(some | others) if shared else 0.0


def first_named(numbers: Iterable[Identifier]) -> str:
    """Give the number that a reason names where several are shared."""
    return min(one.value for one in numbers)


def _registers(text: str, number: Identifier) -> bool:
    """Tell whether a text names a number as its own: near a word for registering."""
    digits = number.value[-8:]
    return any(
        _REGISTERED.search(text[max(0, met.start() - _BEFORE) : met.start()])
        for met in re.finditer(rf"(?:nct|isrctn)[\s:-]?{digits}", text, re.IGNORECASE)
    )
