"""A stand-in of Crossref's REST API: lists of works with filters and a cursor, and single works.

Speaks the dialect on its own: shares no code with the reader it serves to test. As in replies
recorded in 2026, the cursor stays the same through a walk and the server keeps the place: a page
that was lost on the way does not come again, and only the total tells that it is missing.
"""

import base64
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar
from urllib.parse import unquote

from monitor.demo.dialects import works
from monitor.demo.dialects.expressions import words
from monitor.demo.dialects.workfilters import BadFilter, Work, day_of, matching
from monitor.demo.machinery.exchange import Request, StandInReply, json_reply
from monitor.demo.machinery.faults import IN_PAGES, Fault
from monitor.demo.machinery.limits import Allowance
from monitor.demo.machinery.server import StandIn
from monitor.demo.world import World
from monitor.kernel.clock import monotonic, utcnow

LARGEST_PAGE = 1000
CURSOR_SECONDS = 300
_LARGEST_OFFSET = 10_000
_PAGE = 20
_LIST_PARAMETERS = {"filter", "rows", "offset", "cursor", "select", "sort", "order", "mailto"}
# free text: any of the words within one, all of these together, as recorded; others are ours to lack
_TEXTS = {
    "query": ("title", "subtitle", "container-title"),
    "query.bibliographic": ("title", "subtitle", "container-title"),
}
_SORTS = {"indexed", "deposited", "created", "published"}
# the pools: requests a second for one work, for a list, and how many at once
_POOLS = {"polite": (10, 3, 3), "public": (5, 1, 1)}
_SELECTS = frozenset(
    [
        "abstract",
        "URL",
        "member",
        "posted",
        "score",
        "created",
        "degree",
        "update-policy",
        "short-title",
        "license",
        "ISSN",
        "container-title",
        "issued",
        "update-to",
        "issue",
        "prefix",
        "approved",
        "indexed",
        "article-number",
        "clinical-trial-number",
        "accepted",
        "author",
        "group-title",
        "DOI",
        "is-referenced-by-count",
        "updated-by",
        "event",
        "chair",
        "standards-body",
        "original-title",
        "funder",
        "translator",
        "archive",
        "published-print",
        "alternative-id",
        "subject",
        "subtitle",
        "published-online",
        "publisher-location",
        "content-domain",
        "reference",
        "title",
        "link",
        "type",
        "publisher",
        "volume",
        "references-count",
        "ISBN",
        "issn-type",
        "assertion",
        "deposited",
        "page",
        "content-created",
        "short-container-title",
        "relation",
        "editor",
        "published",
    ]
)


@dataclass(slots=True)
class _Scroll:
    """A walk: what it goes through, where it stands, when it was last asked for."""

    found: Sequence[Work]
    at: int
    asked: float


class CrossrefStandIn(StandIn):
    """The stand-in. ``limited``: as the pool lets; polite is who gives an address."""

    name = "crossref"
    own_faults: ClassVar[Mapping[str, frozenset[Fault]]] = {
        "crossref/works": IN_PAGES | {Fault.ERROR_JSON},
        "crossref/work": frozenset({Fault.ERROR_JSON}),
    }

    def __init__(self, world: World | None = None) -> None:
        super().__init__()
        self.world = world
        self.recorded: list[Work] = []
        self._scrolls: dict[str, _Scroll] = {}
        self._citations: Counter[str] = Counter()
        self._cited: dict[str, date] = {}

    @property
    def base_url(self) -> str:
        """What ``[sources.crossref] base_url`` takes."""
        return self.root

    def cite(self, key: str) -> None:
        """Let a paper be cited once more: it is indexed anew today, and nothing else changes."""
        with self._lock:
            self._citations[key] += 1
            self._cited[key] = utcnow().date()

    def expire(self) -> None:
        """Forget every cursor, as Crossref does after five minutes."""
        with self._lock:
            self._scrolls.clear()

    def add_recorded(self, items: Sequence[Work]) -> None:
        """Serve recorded works as they are, where the filters find them."""
        self.recorded += items

    def works(self) -> list[Work]:
        """List what Crossref holds now, newest first."""
        if self.world is None:
            return list(self.recorded)
        world = self.world
        shown: list[Work] = [
            works.work(
                paper,
                world,
                citations=self._citations[paper.key],
                indexed=self._cited.get(paper.key, works.last_moved(paper, world)),
            )
            for paper in world.visible("crossref")
        ]
        return shown + self.recorded

    def endpoint(self, path: str) -> str | None:
        """Name the endpoint of a path."""
        if path == "/works":
            return "crossref/works"
        return "crossref/work" if path.startswith("/works/") else None

    def allowance(self, request: Request) -> Allowance | None:
        """Grant what the caller's pool lets on this route."""
        single, several, at_once = _POOLS[_pool(request)]
        per_second = single if request.endpoint == "crossref/work" else several
        return Allowance(f"{_pool(request)} {request.endpoint}", per_second, at_once)

    def headers(self, request: Request) -> Mapping[str, str]:
        """State the pool and its limits."""
        allowance = self.allowance(request)
        if allowance is None:
            return {}
        return {
            "x-api-pool": _pool(request),
            "x-rate-limit-limit": str(allowance.per_second),
            "x-rate-limit-interval": "1s",
            "x-concurrency-limit": str(allowance.at_once),
        }

    def error(self) -> StandInReply:
        """Give the exception object that it has sent in the place of an answer."""
        message: dict[str, object] = {
            "name": "class java.lang.NullPointerException",
            "message": None,
            "stack": [],
        }
        return json_reply(_envelope("exception", message, status="error"))

    def answer(self, request: Request) -> StandInReply:
        """Answer a list, or with one work."""
        try:
            if request.endpoint == "crossref/work":
                return self._single(request)
            return self._list(request)
        except BadFilter as bad:
            return _failure(400, "validation-failure", bad.kind, bad.value, str(bad))

    def _single(self, request: Request) -> StandInReply:
        if refused := _unsupported(request.params, {"mailto"}):
            return refused
        doi = unquote(request.path.removeprefix("/works/")).casefold()
        for work in self.works():
            if str(work["DOI"]).casefold() == doi:
                return json_reply(_envelope("work", work))
        return StandInReply(b"Resource not found.", "text/plain", 404)

    def _list(self, request: Request) -> StandInReply:
        params = request.params
        if refused := _unsupported(params, _LIST_PARAMETERS) or _bad_select(params):
            return refused
        rows = _number(params, "rows", _PAGE, LARGEST_PAGE)
        offset = _number(params, "offset", 0, _LARGEST_OFFSET)
        if "cursor" not in params:
            matches = self._found(request)
            return self._page(request, matches, matches[offset : offset + rows], {})
        cursor, scroll = self._scroll(request)
        if scroll is None:
            refusal = "Cursor specified but it is invalid"
            return _failure(404, "resource-failure", "cursor-invalid", cursor, refusal)
        with self._lock:
            start = 0 if request.fault is Fault.REPEATED else scroll.at
            scroll.at, scroll.asked = start + rows, monotonic()
        page = list(scroll.found[start : start + rows])
        return self._page(request, scroll.found, page, {"next-cursor": cursor})

    def _found(self, request: Request) -> list[Work]:
        matches = matching(self.works(), request.params.get("filter", ""))
        for name, fields in _TEXTS.items():
            if wanted := set(words(request.params.get(name, ""))):
                matches = [work for work in matches if wanted & _words_of(work, fields)]
        sort = request.params.get("sort", "")
        if sort and sort not in _SORTS:
            raise BadFilter("sort-not-available", sort, f"Sort {sort} specified but there is none")
        if sort:
            backwards = request.params.get("order", "desc") != "asc"
            matches.sort(key=lambda work: day_of(work, sort), reverse=backwards)
        return matches[::2] if request.fault is Fault.FEWER else matches

    def _scroll(self, request: Request) -> tuple[str, _Scroll | None]:
        """Begin a walk, or find the one of a cursor; None where it is too old or was never."""
        cursor = request.params["cursor"]
        if request.fault is Fault.EXPIRED:
            self.expire()
        elif cursor == "*":
            scroll = _Scroll(self._found(request), 0, monotonic())
            with self._lock:
                number = len(self._scrolls) + 1
                # base64 of the usual kind, with its plus and slash
                cursor = "DnF1ZXJ5+/" + base64.b64encode(f"scroll {number:08}".encode()).decode()
                self._scrolls[cursor] = scroll
        with self._lock:
            known = self._scrolls.get(cursor)
        if known is None or monotonic() - known.asked > CURSOR_SECONDS:
            return cursor, None
        return cursor, known

    def _page(
        self,
        request: Request,
        matches: Sequence[Work],
        page: list[Work],
        more: Mapping[str, str],
    ) -> StandInReply:
        declared = len(matches) + (request.fault is Fault.CHANGED_TOTAL)
        if request.fault is Fault.SHORT:
            declared, page = declared + (not page), page[:-1]
        names = set(filter(None, request.params.get("select", "").split(",")))
        items = [_selected(work, names) for work in page]
        message: dict[str, Any] = {
            "facets": {},
            **more,
            "total-results": declared,
            "items": items,
            "items-per-page": _number(request.params, "rows", _PAGE, LARGEST_PAGE),
            "query": {"start-index": 0, "search-terms": None},
        }
        return json_reply(_envelope("work-list", message))


def _pool(request: Request) -> str:
    polite = "mailto" in request.params or "mailto:" in request.headers.get("user-agent", "")
    return "polite" if polite else "public"


def _envelope(kind: str, message: object, status: str = "ok") -> dict[str, object]:
    return {"status": status, "message-type": kind, "message-version": "1.0.0", "message": message}


def _failure(status: int, failure: str, kind: str, value: str, words: str) -> StandInReply:
    message = [{"type": kind, "value": value, "message": words}]
    body = {"status": "failed", "message-type": failure, "message": message}
    return json_reply(body, status=status)


def _unsupported(params: Mapping[str, str], supported: set[str]) -> StandInReply | None:
    """Refuse a parameter that the route does not take, and free text that only we lack."""
    for name in params:
        if name in _TEXTS and supported is _LIST_PARAMETERS:
            continue
        if name.startswith("query"):
            return StandInReply(b"this stand-in knows no search in that field", "text/plain", 501)
        if name not in supported:
            refusal = f"This route does not support {name}"
            return _failure(400, "validation-failure", "parameter-not-allowed", name, refusal)
    return None


def _bad_select(params: Mapping[str, str]) -> StandInReply | None:
    for name in filter(None, params.get("select", "").split(",")):
        if name not in _SELECTS:
            refusal = (
                f"Select {name} specified but there is no such select for this route. "
                f"Valid selects for this route are: {', '.join(sorted(_SELECTS))}"
            )
            return _failure(400, "validation-failure", "select-not-available", name, refusal)
    return None


def _words_of(work: Work, names: Sequence[str]) -> set[str]:
    return {word for name in names for text in work.get(name) or () for word in words(str(text))}


def _number(params: Mapping[str, str], name: str, default: int, largest: int) -> int:
    text = params.get(name, str(default))
    if not text.isdigit() or int(text) > largest:
        refusal = f"Integer specified as {text} but must be a positive integer less than or equal to {largest}."
        raise BadFilter("integer-not-valid", text, refusal)
    return int(text)


def _selected(work: Work, names: set[str]) -> Work:
    return {name: work[name] for name in work if name in names} if names else work
