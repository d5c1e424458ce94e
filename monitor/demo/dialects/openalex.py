"""A stand-in of OpenAlex: single works by their names, and lists of what a search finds.

Speaks the dialect on its own: shares no code with the reader it serves to test. As documented, a
cursor is for those with a key, a page of a search costs a thousandth of a dollar, and every reply
states what is left of the day's. It knows no stems. What it answers without a key where one is
required is not on record.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, ClassVar
from urllib.parse import unquote

from monitor.demo.dialects import worksearch
from monitor.demo.dialects.expressions import Unreadable
from monitor.demo.machinery.exchange import Request, StandInReply, json_reply
from monitor.demo.machinery.faults import IN_PAGES, Fault
from monitor.demo.machinery.limits import Allowance
from monitor.demo.machinery.server import StandIn
from monitor.demo.world import InventedPaper, World
from monitor.kernel.clock import utcnow

DOLLARS = 1.0  # a day, with a free key; single works cost nothing
PAGE_COSTS = 0.001
LARGEST_PAGE = 100
_CREDITS = 10_000  # to the dollar
_PARAMETERS = {"api_key", "mailto", "select"}
_LIST_PARAMETERS = _PARAMETERS | {"filter", "per_page", "cursor", "page"}
_NOT_FOUND = b"""<!doctype html>
<html lang=en>
<title>404 Not Found</title>
<h1>Not Found</h1>
<p>The requested URL was not found on the server. If you entered the URL manually please check your spelling and try again.</p>
"""


class OpenAlexStandIn(StandIn):
    """The stand-in. ``key``: the one it requires; None: it requires none, and minds none."""

    name = "openalex"
    own_faults: ClassVar[Mapping[str, frozenset[Fault]]] = {
        "openalex/work": frozenset(),
        "openalex/works": IN_PAGES,
    }

    def __init__(self, world: World | None = None, *, key: str | None = None) -> None:
        super().__init__()
        self.world = world
        self.key = key
        self.recorded: list[Mapping[str, Any]] = []
        self.left = DOLLARS  # of the day; a test may spend it

    @property
    def base_url(self) -> str:
        """What ``[sources.openalex] base_url`` takes."""
        return self.root

    def add_recorded(self, works: list[Mapping[str, Any]]) -> None:
        """Serve recorded works as they are."""
        self.recorded += works

    def works(self) -> list[Mapping[str, Any]]:
        """List what OpenAlex holds now."""
        if self.world is None:
            return list(self.recorded)
        shown = [_work(paper, self.world) for paper in self.world.visible("openalex")]
        return [*shown, *self.recorded]

    def endpoint(self, path: str) -> str | None:
        """Name the endpoint of a path."""
        if path == "/works":
            return "openalex/works"
        return "openalex/work" if len(path) > len("/works/") and path[:7] == "/works/" else None

    def allowance(self, request: Request) -> Allowance | None:
        """Grant a hundred requests a second."""
        return Allowance(request.params.get("api_key", ""), 100)

    def headers(self, request: Request) -> Mapping[str, str]:  # noqa: ARG002 - the same for all
        """State the day's budget; single works use none of it."""
        now = utcnow()
        midnight = (now + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
        return {
            "X-RateLimit-Limit": str(_CREDITS),
            "X-RateLimit-Remaining": str(round(self.left * _CREDITS)),
            "X-RateLimit-Limit-USD": f"{DOLLARS:.4f}",
            "X-RateLimit-Remaining-USD": f"{self.left:.4f}",
            "X-RateLimit-Credits-Used": str(round((DOLLARS - self.left) * _CREDITS)),
            "X-RateLimit-Reset": str(int((midnight - now).total_seconds())),
        }

    def rate_limited(self, request: Request) -> StandInReply:  # noqa: ARG002 - the same for all
        """Give OpenAlex's 429; it names a time to wait."""
        body = {"error": "Rate limit exceeded", "message": "Too many requests a second."}
        return json_reply(body, status=429, headers={"Retry-After": "1"})

    def answer(self, request: Request) -> StandInReply:
        """Answer with one work, with a page that says that there is none, or with a list."""
        if self.key is not None and request.params.get("api_key") != self.key:
            return _unauthorised()
        listed = request.endpoint == "openalex/works"
        for name in request.params:
            if name not in (_LIST_PARAMETERS if listed else _PARAMETERS):
                return _invalid(f"{name} is not a valid parameter.")
        return self._list(request) if listed else self._single(request)

    def _single(self, request: Request) -> StandInReply:
        wanted = unquote(request.path.removeprefix("/works/")).casefold()
        for work in self.works():
            if wanted in _names(work):
                return _selected(work, request.params.get("select", ""))
        return StandInReply(_NOT_FOUND, status=404)

    def _list(self, request: Request) -> StandInReply:
        params = request.params
        if "cursor" in params and not params.get("api_key"):
            return _unauthorised()
        if self.left < PAGE_COSTS:
            body = {"error": "Rate limit exceeded", "message": "Insufficient budget."}
            return json_reply(body, status=429)
        size, cursor = params.get("per_page", "25"), params.get("cursor", "*")
        start = 0 if cursor == "*" else _place(cursor)
        if not size.isdigit() or not 0 < int(size) <= LARGEST_PAGE:
            return _invalid("per_page must be a number between 1 and 100.")
        if start is None or (request.fault is Fault.EXPIRED and cursor != "*"):
            return _invalid("cursor is not valid.", status=400)
        try:
            matches = worksearch.matching(self.works(), params.get("filter", ""))
        except Unreadable as problem:
            return _invalid(str(problem))
        with self._lock:
            self.left = round(self.left - PAGE_COSTS, 6)
        return _page(request, matches, start, int(size))


def _page(
    request: Request, matches: list[Mapping[str, Any]], start: int, size: int
) -> StandInReply:
    fault = request.fault
    matches = matches[::2] if fault is Fault.FEWER else matches
    start = 0 if fault is Fault.REPEATED else start
    page = matches[start : start + size]
    more = start + size < len(matches)
    declared = len(matches) + (fault in {Fault.CHANGED_TOTAL, Fault.SHORT})
    meta = {
        "count": declared,
        "db_response_time_ms": 12,
        "page": None,
        "per_page": size,
        "next_cursor": f"Ils5{start + size:06}" if more else None,
        "groups_count": None,
        "cost_usd": PAGE_COSTS,
    }
    names = [name for name in request.params.get("select", "").split(",") if name]
    works = [{name: work.get(name) for name in names} if names else work for work in page]
    return json_reply({"meta": meta, "results": works, "group_by": []})


def _place(cursor: str) -> int | None:
    place = cursor.removeprefix("Ils5")
    return int(place) if cursor.startswith("Ils5") and place.isdigit() else None


def _unauthorised() -> StandInReply:
    body = {"error": "Unauthorized", "message": "An API key is required."}
    return json_reply(body, status=401)


def _invalid(words: str, status: int = 403) -> StandInReply:
    body = {"error": "Invalid query parameters error.", "message": words}
    return json_reply(body, status=status)


def _names(work: Mapping[str, Any]) -> set[str]:
    """List every way to ask for a work, in lower case."""
    doi = str(work.get("doi") or "").casefold()
    number = str(work["id"]).rpartition("/")[2].casefold()
    pmid = str(work.get("ids", {}).get("pmid") or "").rpartition("/")[2]
    names = {doi, doi.replace("https://doi.org/", "doi:"), number, f"openalex:{number}"}
    return names | ({f"pmid:{pmid}"} if pmid else set())


def _selected(work: Mapping[str, Any], select: str) -> StandInReply:
    names = [name.strip() for name in select.split(",") if name.strip()]
    unknown = [name for name in names if name not in work]
    if unknown:
        return _invalid(f"{unknown[0]} is not a valid select field.")
    return json_reply({name: work[name] for name in names} if names else work)


def _work(paper: InventedPaper, world: World) -> dict[str, Any]:
    # what no other source knows has no DOI either: OpenAlex took it from a repository
    doi = None if paper.only == "openalex" else f"https://doi.org/{paper.doi}"
    own = f"https://openalex.org/W{9_000_000_000 + paper.number}"
    ids = {"openalex": own} | ({"doi": doi} if doi else {})
    if "pubmed" in paper.sources:
        ids["pmid"] = f"https://pubmed.ncbi.nlm.nih.gov/{paper.pmid}"
    preprint = paper.europepmc_as == "PPR"
    return {
        "id": own,
        "doi": doi,
        "title": paper.title,
        "display_name": paper.title,
        "publication_year": paper.entered.year,
        "publication_date": paper.entered.isoformat(),
        "ids": ids,
        "language": "en",
        "primary_location": {
            "is_oa": False,
            "landing_page_url": doi,
            "source": {"display_name": paper.journal, "type": "journal"},
        },
        "type": "preprint" if preprint else "article",
        "indexed_in": ["crossref", "pubmed"] if "pmid" in ids else ["crossref"],
        "authorships": _authorships(paper),
        "cited_by_count": 0,
        "biblio": {"volume": None, "issue": None, "first_page": None, "last_page": None},
        "is_retracted": world.retraction_of(paper) is not None,
        "is_paratext": False,
        "keywords": [{"display_name": word, "score": 0.5} for word in paper.keywords],
        "mesh": [],
        "abstract_inverted_index": _inverted(" ".join(paper.abstract)),
        "updated_date": f"{paper.entered}T06:00:00.000000",
        "created_date": paper.entered.isoformat(),
    }


def _authorships(paper: InventedPaper) -> list[dict[str, Any]]:
    last = len(paper.authors) - 1
    return [
        {
            "author_position": "first" if n == 0 else "last" if n == last else "middle",
            "author": {"id": None, "display_name": f"{given} {family}", "orcid": None},
            "institutions": [],
            "raw_author_name": f"{given} {family}",
        }
        for n, (family, given) in enumerate(paper.authors)
    ]


def _inverted(text: str) -> dict[str, list[int]] | None:
    """Write a text as the places of each of its words, as OpenAlex does with abstracts."""
    places: dict[str, list[int]] = {}
    for place, word in enumerate(text.split()):
        places.setdefault(word, []).append(place)
    return places or None
