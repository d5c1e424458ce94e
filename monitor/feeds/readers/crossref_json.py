"""Reads one work of Crossref's JSON. Pure.

Any field may be missing, null or of another kind: it then counts as not given. What Crossref
counts and stamps anew every day (citations, scores, index dates) is no part of what a work says.
"""

import re
from datetime import date
from urllib.parse import quote

from monitor.feeds import plain
from monitor.feeds.identifiers.canonical import distinct, doi, isrctn, nct, registrations_in
from monitor.feeds.identifiers.registries import registry_number
from monitor.feeds.readers import json_fields as fields
from monitor.feeds.readers import titles
from monitor.feeds.readers.json_fields import Object
from monitor.feeds.records import (
    Citation,
    FetchedRecord,
    Identifier,
    KeptRecord,
    Link,
    LinkKind,
    UnreadableRecord,
)

MEDIA_TYPE = "application/json"
# kind of update: what the updated work says of its notice, what the notice says of it. Removals
# and withdrawals are how some publishers call a retraction.
_UPDATES = {
    "retraction": (LinkKind.RETRACTED_BY, LinkKind.RETRACTS),
    "withdrawal": (LinkKind.RETRACTED_BY, LinkKind.RETRACTS),
    "removal": (LinkKind.RETRACTED_BY, LinkKind.RETRACTS),
    "partial_retraction": (LinkKind.PARTLY_RETRACTED_BY, LinkKind.PARTLY_RETRACTS),
    "expression_of_concern": (LinkKind.CONCERN_IN, LinkKind.CONCERN_FOR),
    "correction": (LinkKind.CORRECTED_BY, LinkKind.CORRECTS),
    "corrigendum": (LinkKind.CORRECTED_BY, LinkKind.CORRECTS),
    "erratum": (LinkKind.CORRECTED_BY, LinkKind.CORRECTS),
}
NOTICES = tuple(_UPDATES)  # the kinds worth a sweep; new versions and addenda are only kept
_OTHER_UPDATE = (LinkKind.UPDATED_BY, LinkKind.UPDATES)
_RELATIONS = {"is-preprint-of": LinkKind.PREPRINT_OF, "has-preprint": LinkKind.HAS_PREPRINT}
# the dates of a work, the printed one first: its year is the one that people cite
_DATES = ("published-print", "published", "published-online", "issued", "posted")
_NAME_PARTS = re.compile(r"[\s.\-‐]+")


def read(work: object) -> FetchedRecord | UnreadableRecord:
    """Read one work, or say why it cannot be read. Its key is its DOI in canonical form."""
    raw = fields.dumped(work)
    own = doi(fields.raw(work, "DOI")) if isinstance(work, dict) else None
    if not isinstance(work, dict) or own is None:
        key = f"unknown:{plain.digest(raw.decode('utf-8', 'replace'))}"
        return UnreadableRecord(key, raw, "has no DOI")
    title = _title(work)
    if not title:
        return UnreadableRecord(own.value, raw, "has no title")
    return FetchedRecord(
        own.value, raw, MEDIA_TYPE, _citation(work, own, title), stable=_updates_as_sent(work)
    )


def reread(kept: KeptRecord) -> FetchedRecord | UnreadableRecord:
    """Read one kept work with today's reader."""
    work = fields.loaded(kept.raw)
    return read(work) if work else UnreadableRecord(kept.key, kept.raw, "is no JSON")


def updated(work: Object) -> list[Identifier]:
    """List the works that a notice says it is about."""
    named = (doi(fields.raw(entry, "DOI")) for entry in fields.objects(work, "update-to"))
    return [one for one in named if one is not None]


def _citation(work: Object, own: Identifier, title: str) -> Citation:
    abstract = _abstract(fields.raw(work, "abstract"))
    year, published = _published(work)
    return Citation(
        title=title,
        identifiers=(own,),
        registrations=distinct(*_trials(work), *registrations_in(f"{title}\n{abstract or ''}")),
        abstract=abstract,
        authors=_authors(work),
        journal=_journal(work),
        year=year,
        published=published,
        volume=fields.text(work, "volume") or None,
        issue=fields.text(work, "issue") or None,
        pages=fields.text(work, "page") or fields.text(work, "article-number") or None,
        language=fields.text(work, "language") or None,
        publication_types=_publication_types(work),
        url=f"https://doi.org/{quote(own.value, safe='/()')}",
        links=_links(work),
    )


def _title(work: Object) -> str:
    """Give the title with its subtitle, which other sources write as part of it."""
    title = titles.first((_first_line(work, "title"), _first_line(work, "original-title")))
    subtitle = _first_line(work, "subtitle")
    if not title or not subtitle or subtitle.casefold() in title.casefold():
        return title
    return plain.line(f"{title}: {subtitle}", plain.MAX_TITLE)


def _first_line(work: Object, name: str) -> str:
    texts = (one for one in fields.array(work, name) if isinstance(one, str))
    return next((line for one in texts if (line := plain.html_line(one, plain.MAX_TITLE))), "")


def _abstract(jats: str) -> str | None:
    """Make plain paragraphs of an abstract; a heading that only says "Abstract" says nothing."""
    return plain.html_text(jats).removeprefix("ABSTRACT: ") or None


def _authors(work: Object) -> tuple[str, ...]:
    names = (_author(one) for one in fields.objects(work, "author"))
    return tuple(name for name in names if name)


def _author(author: Object) -> str:
    family = plain.html_line(fields.raw(author, "family"))
    if not family:
        return plain.html_line(fields.raw(author, "name"))
    given = _NAME_PARTS.split(fields.text(author, "given"))
    return plain.line(f"{family} {''.join(part[0].upper() for part in given if part)}")


def _journal(work: Object) -> str | None:
    """Name the journal; for a preprint the server, which stands as an institution."""
    servers = (fields.text(one, "name") for one in fields.objects(work, "institution"))
    return _first_line(work, "container-title") or next(filter(None, servers), None)


def _published(work: Object) -> tuple[int | None, date | None]:
    """Give the year, and the first whole date of any edition."""
    dates = [_parts(fields.obj(work, name)) for name in _DATES]
    year = next((year for parts in dates if (year := fields.year(parts[0]))), None)
    return year, min((day for parts in dates if (day := _day(parts))), default=None)


def _parts(written: Object) -> list[object]:
    """Give year, month and day as far as they are given; at least one entry, perhaps None."""
    listed = fields.array(written, "date-parts")
    first = listed[0] if listed and isinstance(listed[0], list) else []
    return first[:3] or [None]


def _day(parts: list[object]) -> date | None:
    numbers = [part for part in parts if isinstance(part, int)]
    if len(numbers) != len(("year", "month", "day")) or not fields.year(numbers[0]):
        return None
    try:
        return date(*numbers)
    except (ValueError, OverflowError):
        return None


def _publication_types(work: Object) -> tuple[str, ...]:
    """Give the type in words, such as "Journal article"; for what is only posted its subtype."""
    kind = fields.text(work, "type")
    if kind == "posted-content":
        kind = fields.text(work, "subtype") or kind
    words = kind.replace("-", " ")
    return (words[:1].upper() + words[1:],) if words else ()


def _trials(work: Object) -> list[Identifier | None]:
    numbers = (
        fields.text(trial, "clinical-trial-number")
        for trial in fields.objects(work, "clinical-trial-number")
    )
    return [nct(number) or isrctn(number) or registry_number(number) for number in numbers]


def _links(work: Object) -> tuple[Link, ...]:
    """Read what updates a work, what it updates, and its preprint or article; each once.

    Sorted: Crossref lists them in an order that may change without any news.
    """
    pairs = [
        (_UPDATES.get(_kind(entry), _OTHER_UPDATE)[side], fields.raw(entry, "DOI"))
        for side, name in enumerate(("updated-by", "update-to"))
        for entry in fields.objects(work, name)
    ]
    relations = fields.obj(work, "relation")
    pairs += [
        (kind, fields.raw(entry, "id"))
        for name, kind in _RELATIONS.items()
        for entry in fields.objects(relations, name)
    ]
    links = {Link(kind, other) for kind, written in pairs if (other := doi(written))}
    return tuple(sorted(links, key=lambda link: (link.kind, link.identifier.value)))


def _kind(entry: Object) -> str:
    return re.sub(r"[\s-]+", "_", fields.text(entry, "type").lower())


def _updates_as_sent(work: Object) -> bytes:
    """Give what else of a work can change what is known: its updates, in whatever order."""
    updates = [
        fields.dumped(entry)
        for name in ("update-to", "updated-by")
        for entry in fields.objects(work, name)
    ]
    return b"\n".join(sorted(updates))
