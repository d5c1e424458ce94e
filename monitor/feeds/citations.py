"""A citation as JSON, there and back; and the hash that tells whether a record changed. Pure."""

import hashlib
import json
from dataclasses import asdict, fields
from datetime import date
from typing import Any

from monitor.feeds.records import Citation, FetchedRecord, Identifier, Link, LinkKind, Trial

_IDENTIFIERS = frozenset({"identifiers", "registrations"})
_LISTS = frozenset({"authors", "publication_types", "keywords"})


def to_json(citation: Citation) -> dict[str, Any]:
    """Give a citation as JSON values only; identifiers as [scheme, value] pairs.

    A citation without links, or without a trial, leaves the key out, so that records kept before
    there were such keys do not look changed.
    """
    values = {field.name: _value(getattr(citation, field.name)) for field in fields(citation)}
    for name in ("links", "trial"):
        if not values[name]:
            del values[name]
    return values


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


def content_hash(record: FetchedRecord) -> str:
    """Give the SHA-256 of what a record says and of the part of it that counts as sent."""
    said = json.dumps(to_json(record.citation), sort_keys=True, ensure_ascii=True)
    sent = record.raw if record.stable is None else record.stable
    return hashlib.sha256(said.encode() + b"\0" + sent).hexdigest()


def _trial(data: dict[str, Any]) -> Trial:
    days = {name: date.fromisoformat(data[name]) for name in ("started", "completed") if data[name]}
    return Trial(**{**data, **days})


def _value(value: object) -> Any:  # noqa: ANN401 - any JSON value
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Identifier):
        return [value.scheme, value.value]
    if isinstance(value, Link):
        return [value.kind.value, _value(value.identifier)]
    if isinstance(value, Trial):
        return {name: _value(one) for name, one in asdict(value).items()}
    if isinstance(value, tuple):
        return [_value(one) for one in value]
    return value
