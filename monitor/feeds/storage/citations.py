"""A citation as JSON, there and back; and the hash that tells whether a record changed. Pure."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict
from datetime import date
from typing import Any

from monitor.feeds.records import Citation, FetchedRecord, Identifier, Link, LinkKind, Trial

_IDENTIFIERS = frozenset({"identifiers", "registrations"})
_SORTED = json.JSONEncoder(sort_keys=True, ensure_ascii=True).encode
_LISTS = frozenset({"authors", "publication_types", "keywords"})


def to_json(citation: Citation) -> dict[str, Any]:
    """Give a citation as JSON values only; identifiers as [scheme, value] pairs.

    A citation without links, or without a trial, leaves the key out, so that records kept before
    there were such keys do not look changed.
    """
    values: dict[str, Any] = {
        "title": citation.title,
        "identifiers": _pairs(citation.identifiers),
        "registrations": _pairs(citation.registrations),
        "abstract": citation.abstract,
        "authors": list(citation.authors),
        "journal": citation.journal,
        "year": citation.year,
        "published": citation.published.isoformat() if citation.published else None,
        "volume": citation.volume,
        "issue": citation.issue,
        "pages": citation.pages,
        "language": citation.language,
        "publication_types": list(citation.publication_types),
        "keywords": list(citation.keywords),
        "url": citation.url,
    }
    if citation.links:
        values["links"] = [
            [link.kind.value, [link.identifier.scheme, link.identifier.value]]
            for link in citation.links
        ]
    if citation.trial:
        values["trial"] = asdict(citation.trial) | {
            name: day.isoformat()
            for name in ("started", "completed")
            if (day := getattr(citation.trial, name))
        }
    return values


def _pairs(identifiers: Iterable[Identifier]) -> list[list[str]]:
    return [[one.scheme, one.value] for one in identifiers]


def from_json(data: dict[str, Any]) -> Citation:
    """Give back the citation that ``to_json`` was given."""
    values = dict(data)
    for name in _IDENTIFIERS & values.keys():
        values[name] = tuple(Identifier(scheme, value) for scheme, value in values[name])
    for name in _LISTS & values.keys():
        values[name] = tuple(values[name])
    values["links"] = tuple(
        Link(LinkKind(kind), Identifier(scheme, value))
        for kind, (scheme, value) in values.get("links", ())
    )
    if values.get("published"):
        values["published"] = date.fromisoformat(values["published"])
    if values.get("trial"):
        values["trial"] = _trial(values["trial"])
    return Citation(**values)


def content_hash(record: FetchedRecord, said_as: dict[str, Any] | None = None) -> str:
    """Give the SHA-256 of what a record says and of the part of it that counts as sent.

    ``said_as`` is its citation as JSON, where that is at hand.
    """
    digest = hashlib.sha256(_SORTED(said_as or to_json(record.citation)).encode())
    digest.update(b"\0")
    digest.update(record.raw if record.stable is None else record.stable)
    return digest.hexdigest()


def _trial(data: dict[str, Any]) -> Trial:
    days = {name: date.fromisoformat(data[name]) for name in ("started", "completed") if data[name]}
    return Trial(**{**data, **days})
