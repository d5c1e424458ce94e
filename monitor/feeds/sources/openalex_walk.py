"""Walks one search of OpenAlex's to its end, within the day's budget.

A search costs a thousandth of a dollar a page, and a free key has a dollar a day; each reply
states what is left. A walk is whole only if it named as many works as OpenAlex declared. The
cursor may expire, a page may come twice and the total may move under way: then the walk is made
once more, from the beginning. Reads replies; keeps, raises and says nothing of the address asked,
which holds the key.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from monitor.feeds import plain, rules
from monitor.feeds.http.client import Http, Reply
from monitor.feeds.readers import json_fields as fields
from monitor.kernel.clock import utcnow
from monitor.kernel.errors import SourceError, SourceFault

PER_PAGE = 100  # OpenAlex's own limit
MOST = 5_000  # works of one search; a query that finds more is no query for one intervention
_PAGE_COSTS = 0.001  # US dollars, until a reply says otherwise
_BAD_REQUEST, _UNAUTHORISED, _FORBIDDEN, _NOT_FOUND, _TOO_MANY = 400, 401, 403, 404, 429
_TOLD = {_BAD_REQUEST, _UNAUTHORISED, _FORBIDDEN, _NOT_FOUND, _TOO_MANY}
_HALF_A_DAY = 12 * 60 * 60.0


@dataclass(slots=True)
class Purse:
    """The day's budget as OpenAlex's replies state it, in US dollars; None: not said yet."""

    left: float | None = None
    renewed_in: float | None = None  # seconds
    page_costs: float = _PAGE_COSTS
    spent: float = 0.0  # since this purse was opened

    def note(self, reply: Reply, meta: fields.Object) -> None:
        """Take note of what a reply cost, and of what it says is left."""
        cost = meta.get("cost_usd")
        cost = float(cost) if isinstance(cost, int | float) and 0 <= cost < 1 else self.page_costs
        self.page_costs = cost or self.page_costs
        self.spent += cost
        self.left = _number(reply, "x-ratelimit-remaining-usd")
        self.renewed_in = _number(reply, "x-ratelimit-reset")

    def require(self) -> None:
        """Refuse to ask for a page that what is left would not pay.

        Raises:
            SourceError: the day's budget is used up.
        """
        if self.left is not None and self.left < self.page_costs:
            raise used_up(self.renewed_in)

    def told(self, spent_before: float) -> str:
        """Say what was spent since ``spent_before``, and what is left, in one line."""
        words = f"cost ${self.spent - spent_before:.4f}"
        return words if self.left is None else f"{words}; ${self.left:.3f} of the day are left"


@dataclass(slots=True)
class OpenAlexWalk:
    """What a walk came to: the works as sent, by OpenAlex's address of each."""

    declared: int = 0
    works: dict[str, Any] = field(default_factory=dict)
    expired: bool = False
    date: str | None = None  # OpenAlex's own, as sent

    @property
    def whole(self) -> bool:
        """Whether it named every work that OpenAlex declared."""
        return not self.expired and len(self.works) == self.declared


@dataclass(frozen=True, slots=True)
class OpenAlexSearch:
    """What is asked, and with what: ``asking`` holds the key."""

    http: Http
    address: str
    asking: Mapping[str, str] = field(repr=False)
    purse: Purse

    def walk(self, filters: str, select: str) -> OpenAlexWalk:
        """Walk everything that the filters find; once more if that was not whole.

        Raises:
            SourceError: OpenAlex did not list in full, twice; or the day's budget is used up.
        """
        attempt = self._walked(filters, select)
        if not attempt.whole:
            attempt = self._walked(filters, select)
        if attempt.expired:
            raise SourceError(
                SourceFault.INCOMPLETE, "OpenAlex's cursor expired in the walk, twice"
            )
        if not attempt.whole:
            raise SourceError(
                SourceFault.INCOMPLETE,
                f"OpenAlex declared {attempt.declared} works and named {len(attempt.works)}, twice",
            )
        return attempt

    def _walked(self, filters: str, select: str) -> OpenAlexWalk:
        walk, cursor = OpenAlexWalk(), "*"
        asked = {**self.asking, "filter": filters, "select": select, "per_page": str(PER_PAGE)}
        while True:
            self.purse.require()
            reply = self.http.get(
                self.address, {**asked, "cursor": cursor}, follow=False, accept=_TOLD
            )
            if reply.status in _TOLD:
                walk.expired = _expired(reply, begun=cursor != "*")
                return walk
            page = _page(reply.body)
            self.purse.note(reply, page.meta)
            before = len(walk.works)
            walk.declared, walk.date = page.declared, reply.headers.get("date")
            walk.works.update(_by_id(page.works))
            # The end is a page without a next one. One that names nothing new leads nowhere.
            if page.cursor is None or len(walk.works) == before:
                return walk
            cursor = page.cursor


def used_up(renewed_in: float | None) -> SourceError:
    """Say that the day's budget is used up, and when to ask again."""
    return SourceError(
        SourceFault.RATE_LIMITED,
        "OpenAlex's budget for the day is used up: it is asked again once that is renewed, at "
        "midnight UTC",
        retry_after=_HALF_A_DAY if renewed_in is None else renewed_in,
    )


@dataclass(frozen=True, slots=True)
class _Page:
    declared: int
    works: list[Any]
    cursor: str | None
    meta: fields.Object


def _page(body: bytes) -> _Page:
    data = fields.loaded(body)
    meta = fields.obj(data, "meta") if isinstance(data, dict) else {}
    works = data.get("results") if isinstance(data, dict) else None
    declared, cursor = meta.get("count"), meta.get("next_cursor")
    if isinstance(declared, bool) or not isinstance(declared, int) or not isinstance(works, list):
        what = "JSON that is no list of works" if data is not None else "something that is not JSON"
        raise SourceError(SourceFault.MALFORMED, f"OpenAlex sent {what}")
    if declared > MOST:
        raise SourceError(
            SourceFault.INCOMPLETE,
            f"OpenAlex lists {declared:,} works, more than the {MOST:,} of one search",
        )
    return _Page(declared, works, cursor if isinstance(cursor, str) and cursor else None, meta)


def _by_id(works: list[Any]) -> dict[str, Any]:
    """Name each work by its id; one without has a name of its own, so that it is counted."""
    return {
        (fields.raw(work, "id") if isinstance(work, dict) else "")
        or f"unnamed:{plain.digest(str(work), 64)}": work
        for work in works
    }


def _expired(reply: Reply, *, begun: bool) -> bool:
    """Tell a cursor that expired from a refusal.

    Raises:
        SourceError: it is a refusal: of the key, of the query, or for the day.
    """
    if reply.status == _TOO_MANY:
        left = _number(reply, "x-ratelimit-remaining-usd")
        left = _number(reply, "x-ratelimit-remaining") if left is None else left
        if left is None or left <= 0:
            raise used_up(_number(reply, "x-ratelimit-reset"))
        after = rules.retry_after(reply.headers.get("retry-after"), utcnow())
        words = "OpenAlex says that it was asked too often (status 429)"
        raise SourceError(SourceFault.RATE_LIMITED, words, retry_after=after)
    if reply.status == _UNAUTHORISED:
        raise SourceError(
            SourceFault.REFUSED, "OpenAlex refused the key: check [sources.openalex] api_key_file"
        )
    if begun and reply.status in {_BAD_REQUEST, _NOT_FOUND}:
        return True
    raise SourceError(
        SourceFault.REFUSED,
        f"OpenAlex could not run the search (status {reply.status}): check base_url and the query",
    )


def _number(reply: Reply, header: str) -> float | None:
    """Read a number from a header; None where it is none, or none that can be."""
    written = reply.headers.get(header, "")
    digits = written.replace(".", "", 1)
    if not digits.isascii() or not digits.isdigit() or len(digits) > 12:  # noqa: PLR2004 - no budget is so large
        return None
    return float(written)
