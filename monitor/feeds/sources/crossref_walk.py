"""Walks one list of Crossref's to its end, and keeps what concerns the papers watched.

A walk is whole only if it named as many works as Crossref declared. The cursor may expire and
the order may change under way: then the walk is made once more, from the beginning.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from monitor.feeds import plain
from monitor.feeds.http.client import Http
from monitor.feeds.identifiers.canonical import doi
from monitor.feeds.readers import crossref_json
from monitor.feeds.readers import json_fields as fields
from monitor.kernel.errors import SourceError, SourceFault

ROWS = 1000
MAX_NOTICES = 500_000
NOT_FOUND = 404
_FIELDS = "DOI,update-to"


@dataclass(slots=True)
class Walk:
    """What a walk came to: ``concerning`` are notices with the watched DOIs that each names."""

    declared: int = 0
    named: set[str] = field(default_factory=set)
    concerning: dict[str, set[str]] = field(default_factory=dict)
    expired: bool = False
    date: str | None = None  # Crossref's own, as sent

    @property
    def whole(self) -> bool:
        """Whether it named every work that Crossref declared."""
        return not self.expired and len(self.named) == self.declared


@dataclass(frozen=True, slots=True)
class _Page:
    declared: int
    works: list[Any]
    cursor: str | None


def walk(http: Http, address: str, parameters: Mapping[str, str], watched: Collection[str]) -> Walk:
    """Walk a list of notices to its end; once more if that was not whole.

    Raises:
        SourceError: Crossref did not list in full, twice.
    """
    attempt = _walked(http, address, parameters, watched)
    if not attempt.whole:
        attempt = _walked(http, address, parameters, watched)
    if attempt.expired:
        raise SourceError(SourceFault.INCOMPLETE, "Crossref's cursor expired in the walk, twice")
    if not attempt.whole:
        raise SourceError(
            SourceFault.INCOMPLETE,
            f"Crossref declared {attempt.declared} notices and named {len(attempt.named)}, twice",
        )
    return attempt


def message(body: bytes, kind: str) -> fields.Object:
    """Give the message of a reply.

    Raises:
        SourceError: it is no reply of that kind ("work", "work-list").
    """
    data = fields.loaded(body)
    if not isinstance(data, dict):
        what = "something that is not JSON" if body.strip() else "an empty reply"
        raise SourceError(SourceFault.MALFORMED, f"Crossref sent {what}")
    if data.get("status") != "ok":
        raise SourceError(SourceFault.REFUSED, "Crossref could not answer the question")
    content = fields.obj(data, "message")
    if data.get("message-type") != kind or not content:
        raise SourceError(SourceFault.MALFORMED, f"Crossref sent JSON that is no {kind}")
    return content


def _walked(
    http: Http, address: str, parameters: Mapping[str, str], watched: Collection[str]
) -> Walk:
    walk, cursor = Walk(), "*"
    asked = {**parameters, "rows": str(ROWS), "select": _FIELDS}
    while True:
        reply = http.get(address, {**asked, "cursor": cursor}, accept={NOT_FOUND})
        if reply.status == NOT_FOUND:
            walk.expired = _cursor_refused(reply.body)
            return walk
        page = _page(reply.body)
        before = len(walk.named)
        walk.declared, walk.date = page.declared, reply.headers.get("date")
        _note(walk, page.works, watched)
        # The end is a page that is not full. One that names nothing new leads nowhere.
        if len(page.works) < ROWS or page.cursor is None or len(walk.named) == before:
            return walk
        cursor = page.cursor


def _page(body: bytes) -> _Page:
    listed = message(body, "work-list")
    declared, works, cursor = (
        listed.get(name) for name in ("total-results", "items", "next-cursor")
    )
    if isinstance(declared, bool) or not isinstance(declared, int) or not isinstance(works, list):
        raise SourceError(SourceFault.MALFORMED, "Crossref sent a list without total or works")
    if declared > MAX_NOTICES:
        raise SourceError(
            SourceFault.INCOMPLETE, f"Crossref lists {declared} notices: too many for one sweep"
        )
    return _Page(declared, works, cursor if isinstance(cursor, str) and cursor else None)


def _note(walk: Walk, works: list[Any], watched: Collection[str]) -> None:
    for work in works:
        entry = work if isinstance(work, dict) else {}
        named = fields.raw(entry, "DOI").casefold()
        walk.named.add(named or f"unnamed:{plain.digest(str(work), 64)}")
        about = {
            identifier.value
            for identifier in crossref_json.updated(entry)
            if identifier.value in watched
        }
        notice = doi(named)
        if about and notice:
            walk.concerning.setdefault(notice.value, set()).update(about)


def _cursor_refused(body: bytes) -> bool:
    """Tell a cursor that expired, which Crossref reports as "not found", from a wrong address.

    Raises:
        SourceError: it is something else.
    """
    data = fields.loaded(body)
    problems = fields.objects(data, "message") if isinstance(data, dict) else []
    if not any(fields.raw(problem, "type") == "cursor-invalid" for problem in problems):
        raise SourceError(
            SourceFault.REFUSED, "Crossref does not know the address asked: check base_url"
        )
    return True
