"""Reads one work of OpenAlex's JSON. Pure.

Any field may be missing, null or of another kind: it then counts as not given. OpenAlex says
that a work is retracted but names no notice, so this is a publication type here, in PubMed's
words, and no link. Authors' names are left as it writes them: which part is the family's name
would be a guess.
"""

import re
from datetime import date

from monitor.feeds import plain
from monitor.feeds.identifiers.canonical import distinct, doi, pmcid, pmid, registrations_in
from monitor.feeds.readers import json_fields as fields
from monitor.feeds.readers.json_fields import Object
from monitor.feeds.records import Citation, FetchedRecord, Identifier, KeptRecord, UnreadableRecord

MEDIA_TYPE = "application/json"
RETRACTED = "Retracted Publication"
_ID = re.compile(r"W[1-9][0-9]{0,14}")
_MAX_WORDS = 20_000  # of an abstract
_HOLE = "…"


def read(work: object) -> FetchedRecord | UnreadableRecord:
    """Read one work, or say why it cannot be read. Its key is its OpenAlex id, such as W123.

    What OpenAlex counts anew every day is no part of what a work says: the citation tells alone
    whether it changed.
    """
    raw = fields.dumped(work)
    key = key_of(work)
    if not isinstance(work, dict) or not key:
        unnamed = f"unknown:{plain.digest(raw.decode('utf-8', 'replace'))}"
        return UnreadableRecord(unnamed, raw, "has no OpenAlex id")
    title = _line(work, "title") or _line(work, "display_name")
    if not title:
        return UnreadableRecord(key, raw, "has no title")
    return FetchedRecord(key, raw, MEDIA_TYPE, _citation(work, key, title), stable=b"")


def reread(kept: KeptRecord) -> FetchedRecord | UnreadableRecord:
    """Read one kept work with today's reader."""
    work = fields.loaded(kept.raw)
    return read(work) if work else UnreadableRecord(kept.key, kept.raw, "is no JSON")


def key_of(work: object) -> str:
    """Give a work's OpenAlex id, such as W123; nothing where it has none."""
    key = _last_part(fields.raw(work, "id")) if isinstance(work, dict) else ""
    return key if is_key(key) else ""


def is_key(text: str) -> bool:
    """Tell whether a text is an OpenAlex id."""
    return _ID.fullmatch(text) is not None


def _citation(work: Object, key: str, title: str) -> Citation:
    abstract = _abstract(fields.obj(work, "abstract_inverted_index"))
    place = fields.obj(work, "biblio")
    venue = fields.obj(fields.obj(work, "primary_location"), "source")
    return Citation(
        title=title,
        identifiers=_identifiers(work),
        registrations=registrations_in(f"{title}\n{abstract or ''}"),
        abstract=abstract,
        authors=_authors(work),
        journal=fields.text(venue, "display_name") or None,
        year=fields.year(work.get("publication_year")),
        published=_published(fields.text(work, "publication_date")),
        volume=fields.text(place, "volume") or None,
        issue=fields.text(place, "issue") or None,
        pages=_pages(fields.text(place, "first_page"), fields.text(place, "last_page")),
        language=fields.text(work, "language") or None,
        publication_types=_publication_types(work),
        url=f"https://openalex.org/{key}",
    )


def _line(work: Object, name: str) -> str:
    return plain.html_line(fields.raw(work, name), plain.MAX_TITLE)


def _identifiers(work: Object) -> tuple[Identifier, ...]:
    """Read its own identifiers, which stand as addresses."""
    ids = fields.obj(work, "ids")
    return distinct(
        pmid(_last_part(fields.raw(ids, "pmid"))),
        doi(fields.raw(work, "doi") or fields.raw(ids, "doi")),
        pmcid(_last_part(fields.raw(ids, "pmcid"))),
    )


def _last_part(address: str) -> str:
    return address.rstrip("/").rpartition("/")[2]


def _abstract(index: Object) -> str | None:
    """Put an abstract together from the places of its words: {"word": [0, 7], …}.

    Where words are missing stands "…": what is left must not read as a phrase that nobody wrote.
    """
    words: dict[int, str] = {}
    for word in index:
        for place in fields.array(index, word):
            if type(place) is int and 0 <= place < _MAX_WORDS:
                words.setdefault(place, word)
    parts, expected = [], 0
    for place in sorted(words):
        parts += [_HOLE, words[place]] if place > expected else [words[place]]
        expected = place + 1
    return plain.html_line(" ".join(parts), plain.MAX_ABSTRACT) or None


def _authors(work: Object) -> tuple[str, ...]:
    names = (
        fields.text(fields.obj(entry, "author"), "display_name")
        or fields.text(entry, "raw_author_name")
        for entry in fields.objects(work, "authorships")
    )
    return tuple(name for name in names if name)


def _published(written: str) -> date | None:
    """Give the day of publication; OpenAlex completes "2025 Dec" to 1 December, so no first day."""
    day = fields.whole_date(written)
    return day if day and day.day != 1 else None


def _pages(first: str, last: str) -> str | None:
    return f"{first}-{last}" if first and last and first != last else first or None


def _publication_types(work: Object) -> tuple[str, ...]:
    kind = fields.text(work, "type").replace("-", " ")
    kinds = [kind[:1].upper() + kind[1:]] if kind else []
    return (*kinds, RETRACTED) if work.get("is_retracted") is True else tuple(kinds)
