"""Walks one list of Crossref's to its end, and keeps the works that are wanted of it.

A walk is whole only if it named as many works as Crossref declared. The cursor may expire, a page
may come twice and the total may move under way: then the walk is made once more, from the
beginning.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from monitor.feeds import plain
from monitor.feeds.http.client import Http
from monitor.feeds.readers import json_fields as fields
from monitor.feeds.readers.json_fields import Object
from monitor.kernel.errors import SourceError, SourceFault

ROWS = 1000
NOT_FOUND = 404
Wanted = Callable[[Object], bool]


@dataclass(frozen=True, slots=True)
class WalkRequest:
    """What a walk asks for: Crossref's parameters and fields, what it lists, how much at most."""

    parameters: Mapping[str, str]
    select: str
    of: str  # in the plural
    most: int


@dataclass(slots=True)
class CrossrefWalk:
    """What a walk came to: ``kept`` are the works that were wanted, in the order sent."""

    declared: int = 0
    named: set[str] = field(default_factory=set)
    kept: list[Object] = field(default_factory=list)
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


def walk(http: Http, address: str, asked: WalkRequest, wanted: Wanted) -> CrossrefWalk:
    """Walk a list to its end; once more if that was not whole.

    Raises:
        SourceError: Crossref did not list in full, twice; or it lists too much to be walked.
    """
    attempt = _walked(http, address, asked, wanted)
    if not attempt.whole:
        attempt = _walked(http, address, asked, wanted)
    if attempt.expired:
        raise SourceError(SourceFault.INCOMPLETE, "Crossref's cursor expired in the walk, twice")
    if not attempt.whole:
        raise SourceError(
            SourceFault.INCOMPLETE,
            f"Crossref declared {attempt.declared} {asked.of} and named {len(attempt.named)}, twice",
        )
    return attempt


def message(body: bytes, kind: str) -> Object:
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


def _walked(http: Http, address: str, asked: WalkRequest, wanted: Wanted) -> CrossrefWalk:
    walk, cursor = CrossrefWalk(), "*"
    parameters = {**asked.parameters, "rows": str(ROWS), "select": asked.select}
    while True:
        reply = http.get(address, {**parameters, "cursor": cursor}, accept={NOT_FOUND})
        if reply.status == NOT_FOUND:
            walk.expired = _cursor_refused(reply.body)
            return walk
        page = _page(reply.body, asked)
        before = len(walk.named)
        walk.declared, walk.date = page.declared, reply.headers.get("date")
        _note(walk, page.works, wanted)
        # The end is a page that is not full. One that names nothing new leads nowhere.
        if len(page.works) < ROWS or page.cursor is None or len(walk.named) == before:
            return walk
        cursor = page.cursor


def _page(body: bytes, asked: WalkRequest) -> _Page:
    listed = message(body, "work-list")
    declared, works, cursor = (
        listed.get(name) for name in ("total-results", "items", "next-cursor")
    )
    if isinstance(declared, bool) or not isinstance(declared, int) or not isinstance(works, list):
        raise SourceError(SourceFault.MALFORMED, "Crossref sent a list without total or works")
    if declared > asked.most:
        raise SourceError(
            SourceFault.INCOMPLETE,
            f"Crossref lists {declared:,} {asked.of}, more than the {asked.most:,} of one walk",
        )
    return _Page(declared, works, cursor if isinstance(cursor, str) and cursor else None)


def _note(walk: CrossrefWalk, works: list[Any], wanted: Wanted) -> None:
    """Count every work by its name, and keep those wanted, each once."""
    for work in works:
        entry = work if isinstance(work, dict) else {}
        name = fields.raw(entry, "DOI").casefold() or f"unnamed:{plain.digest(str(work), 64)}"
        if name not in walk.named and wanted(entry):
            walk.kept.append(entry)
        walk.named.add(name)


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
