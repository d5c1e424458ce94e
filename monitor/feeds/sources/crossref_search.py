"""Crossref asked for works whose title names an intervention: a relevance search made complete.

Crossref has no Boolean search and no phrases: within one field its search finds works with *any*
of the words, and orders them by relevance, so no cut in that order proves anything. But two
fields are joined by AND (recorded: a word in ``query``, another in ``query.author``). So each name
is asked by at most two of its words, one in ``query``, one in ``query.bibliographic``: a plain
conjunction with a declared total, walked to its end whatever the order. What comes back is read
here: a work is wanted if its title holds every word of one of the intervention's names.

What this cannot find: a work that names an intervention only in its abstract, which Crossref does
not search. Pure but for ``search``, which reaches the network.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from monitor.catalogue.loader import Intervention
from monitor.feeds.http.client import Http
from monitor.feeds.readers import json_fields as fields
from monitor.feeds.readers.json_fields import Object
from monitor.feeds.sources import crossref_walk
from monitor.feeds.sources.crossref_walk import CrossrefWalk, WalkRequest
from monitor.kernel.errors import ConfigError

FIELDS = ("query", "query.bibliographic")  # one word each: Crossref joins fields by AND
MOST = 30_000  # works of one walk; a pair of words that finds more is too common to ask for
_SELECT = "DOI,title,subtitle,original-title,short-title,created"
_TITLES = ("title", "subtitle", "original-title", "short-title")
_WORD = re.compile(r"[^\W_]+")

Words = tuple[str, ...]


def alternatives(text: str) -> tuple[Words, ...]:
    """Read a catalogue's query: ``((watch AND wonder) OR theraplay)``.

    >>> alternatives("((watch AND wonder) OR theraplay)")
    (('watch', 'wonder'), ('theraplay',))

    Raises:
        ConfigError: it is no such query, or joins more words than Crossref has fields.
    """
    read = tuple(
        tuple(word.strip() for word in alternative.strip("() ").split(" AND "))
        for alternative in text.split(" OR ")
    )
    for words in read:
        if len(words) > len(FIELDS) or not all(_WORD.fullmatch(word) for word in words):
            raise ConfigError(
                f"queries: crossref: {' AND '.join(words)!r} must be one word, or two joined by AND"
            )
    return read


def folded(text: str) -> list[str]:
    """Give the words of a text in lower case and without accents.

    >>> folded("Säuglings-Psychotherapie")
    ['sauglings', 'psychotherapie']
    """
    plain = unicodedata.normalize("NFKD", text.casefold())
    return _WORD.findall("".join(sign for sign in plain if not unicodedata.combining(sign)))


@dataclass(frozen=True, slots=True)
class NameWords:
    """The names of one intervention, each as its words."""

    names: tuple[frozenset[str], ...]

    @classmethod
    def of(cls, intervention: Intervention) -> "NameWords":
        """Take every form in which the catalogue knows it; which it truly is, the matcher tells."""
        forms = [
            *intervention.full_forms,
            *(form for variant in intervention.variants for form in variant.forms),
            *(short.form for short in intervention.abbreviations),
        ]
        return cls(tuple({frozenset(folded(form)): None for form in forms}))

    def may_be_in(self, work: Object) -> bool:
        """Tell whether the titles of a work hold all words of a name, in whatever order."""
        there = {
            word
            for name in _TITLES
            for title in fields.array(work, name)
            if isinstance(title, str)
            for word in folded(title)
        }
        return any(name <= there for name in self.names)


@dataclass(frozen=True, slots=True)
class WantedWorks:
    """What the walks of one query came to: ``wanted`` by DOI in lower case, and how many in all."""

    wanted: Mapping[str, Object]
    declared: int
    dates: tuple[str | None, ...]  # of the replies, as sent

    def created_before(self, day: date) -> frozenset[str]:
        """Name those that Crossref itself says were first deposited before a day."""
        return frozenset(doi for doi, work in self.wanted.items() if _is_before(work, day))


class CrossrefSearch:
    """One attempt's search: what two queries ask alike is walked once."""

    def __init__(self, http: Http, address: str, asking: Mapping[str, str]) -> None:
        self._http = http
        self._address = address
        self._asking = asking
        self._walks: dict[tuple[Words, str], CrossrefWalk] = {}

    def search(self, asked: Sequence[Words], names: NameWords, filters: str = "") -> WantedWorks:
        """Walk every alternative to its end.

        Raises:
            SourceError: Crossref did not list in full.
        """
        walks = [self._walk(words, filters) for words in asked]
        works = {
            fields.raw(work, "DOI").casefold(): work
            for walk in walks
            for work in walk.kept
            if names.may_be_in(work)
        }
        return WantedWorks(
            wanted=works,
            declared=len(set().union(*(walk.named for walk in walks))),
            dates=tuple(walk.date for walk in walks),
        )

    def _walk(self, words: Words, filters: str) -> CrossrefWalk:
        known = self._walks.get((words, filters))
        if known is None:
            parameters = {**self._asking, **dict(zip(FIELDS, words, strict=False))}
            parameters |= {"filter": filters} if filters else {}
            asked = WalkRequest(parameters, _SELECT, f"works for {' and '.join(words)}", MOST)
            known = crossref_walk.walk(self._http, self._address, asked, _has_a_name)
            self._walks[words, filters] = known
        return known


def _has_a_name(work: Object) -> bool:
    return bool(fields.raw(work, "DOI"))


def _is_before(work: Object, day: date) -> bool:
    """Tell whether a work was first deposited before a day; one without a date was not."""
    written = fields.raw(fields.obj(work, "created"), "date-time")[: len("2026-11-23")]
    created = fields.whole_date(written)
    return created is not None and created < day
