"""A stand-in of Europe PMC's REST search: cursor walk, dates, and its errors in a 200.

Speaks the dialect on its own: shares no code with the reader it serves to test.
"""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar
from urllib.parse import urlencode

from monitor.demo.dialects.articles import document
from monitor.demo.dialects.expressions import Document, Unreadable, europepmc
from monitor.demo.machinery.exchange import Request, StandInReply, json_reply
from monitor.demo.machinery.faults import IN_PAGES, Fault
from monitor.demo.machinery.server import StandIn
from monitor.demo.world import InventedPaper, World

PATH = "/europepmc/webservices/rest"
VERSION = "6.9"
_SORTS = {"", "RELEVANCE", "FIRST_IDATE_D", "P_PDATE_D", "UPDATE_DATE_D", "CITED", "DATE"}
_LITE = ("id", "source", "pmid", "pmcid", "doi", "title", "authorString", "pubYear",
         "firstIndexDate", "firstPublicationDate", "isOpenAccess")  # fmt: skip

# how Europe PMC calls a notice, and what it is of
_NOTICES = {
    "retraction": ("Retraction", "of"),
    "expression of concern": ("Expression of concern", "for"),
    "correction": ("Erratum", "for"),
}


@dataclass(frozen=True, slots=True)
class CoreResult:
    """One result: as the core form sends it, and what is searched."""

    json: Mapping[str, Any]
    document: Document


class EuropePmcStandIn(StandIn):
    """The stand-in. ``echoes``: the end repeats the cursor; otherwise it is left out."""

    name = "europepmc"
    methods = frozenset({"GET", "POST"})
    own_faults: ClassVar[Mapping[str, frozenset[Fault]]] = {
        "europepmc/search": IN_PAGES | {Fault.ERROR_JSON, Fault.REWRITTEN}
    }

    def __init__(self, world: World | None = None, *, echoes: bool = True) -> None:
        super().__init__()
        self.world = world
        self.echoes = echoes
        self.recorded: list[CoreResult] = []

    @property
    def base_url(self) -> str:
        """What ``[sources.europepmc] base_url`` takes."""
        return self.root + PATH

    def add_recorded(
        self, results: list[dict[str, Any]], *, created: date, always: bool = True
    ) -> list[str]:
        """Serve recorded results as they are; gives their ids.

        ``always``: they answer every query, since recordings were made for other ones.
        """
        dates = {"created": created, "revised": created, "published": created}
        for result in results:
            texts = {"title": result.get("title", ""), "abstract": result.get("abstractText", "")}
            self.recorded.append(CoreResult(result, Document(texts, dates, always=always)))
        return [str(result["id"]) for result in results]

    def results(self) -> list[CoreResult]:
        """List what Europe PMC holds now, newest first."""
        if self.world is None:
            return list(self.recorded)
        shown = [_invented(paper, self.world) for paper in self.world.visible("europepmc")]
        return shown + self.recorded

    def endpoint(self, path: str) -> str | None:
        """Name the endpoint of a path."""
        return "europepmc/search" if path in {f"{PATH}/search", f"{PATH}/searchPOST"} else None

    def error(self) -> StandInReply:
        """Give an error object in a 200."""
        return json_reply({"version": VERSION, "errCode": 500, "errMsg": "Internal server error"})

    def answer(self, request: Request) -> StandInReply:
        """Answer a search."""
        params = request.params
        size = params.get("pageSize", "25")
        if not size.isdigit() or not 1 <= int(size) <= 1000:  # noqa: PLR2004 - documented bounds
            message = "Invalid page size provided. Valid size is between 1 and 1000"
            return json_reply({"version": VERSION, "errCode": 404, "errMsg": message})
        if params.get("sort", "").split(" ")[0] not in _SORTS:
            return StandInReply(b"<h1>503 Service Unavailable</h1>", status=503)
        try:
            expression = europepmc(params.get("query", ""))
        except Unreadable:
            return json_reply({"version": VERSION, "errCode": 404, "errMsg": "Invalid query"})
        results = [result for result in self.results() if expression.test(result.document)]
        if params.get("sort", "").lower().endswith("_d asc"):
            results.reverse()
        if request.fault is Fault.FEWER:
            results = results[::2]
        return self._page(request, results, int(size))

    def _page(self, request: Request, results: list[CoreResult], size: int) -> StandInReply:
        cursor = request.params.get("cursorMark", "*")
        start = None if request.fault is Fault.EXPIRED else _position(cursor)
        if start is None:
            return json_reply({"version": VERSION})
        start = 0 if request.fault is Fault.REPEATED else start
        page = results[start : start + size]
        following = cursor if not page else _cursor(start + len(page))
        declared = len(results) + (request.fault is Fault.CHANGED_TOTAL)
        if request.fault is Fault.SHORT:
            declared, page = declared + (not page), page[:-1]
        body: dict[str, Any] = {"version": VERSION, "hitCount": declared}
        if page or self.echoes:
            body["nextCursorMark"] = following
            body["nextPageUrl"] = f"{self.base_url}/search?" + urlencode(
                {**request.params, "cursorMark": following}
            )
        body["request"] = _understood(request, cursor, size)
        form = request.params.get("resultType", "lite")
        body["resultList"] = {"result": [_shape(result.json, form) for result in page]}
        return json_reply(body)


def _understood(request: Request, cursor: str, size: int) -> dict[str, Any]:
    """Repeat the request as Europe PMC says that it read it."""
    query = request.params.get("query", "")
    return {
        "queryString": f"{query} rewritten" if request.fault is Fault.REWRITTEN else query,
        "resultType": request.params.get("resultType", "lite"),
        "cursorMark": cursor,
        "pageSize": size,
        "sort": request.params.get("sort", ""),
        "synonym": False,
    }


def _cursor(position: int) -> str:
    return base64.b64encode(f"AoII{position:08}".encode()).decode()


def _position(cursor: str) -> int | None:
    """Read a cursor of ours; None for any other."""
    if cursor == "*":
        return 0
    try:
        text = base64.b64decode(cursor, validate=True).decode("ascii")
    except ValueError:
        return None
    return int(text[4:]) if text.startswith("AoII") and text[4:].isdigit() else None


def _shape(result: Mapping[str, Any], form: str) -> Mapping[str, Any]:
    if form == "core":
        return result
    names = ("id", "source") if form == "idlist" else _LITE
    return {name: result[name] for name in names if name in result}


def _invented(paper: InventedPaper, world: World) -> CoreResult:
    json: dict[str, Any] = {
        **_ids(paper),
        "doi": paper.doi,
        "title": paper.title + ".",
        "authorString": ", ".join(_short(*names) for names in paper.authors) + ".",
        "authorList": {
            "author": [
                {"fullName": _short(family, given), "firstName": given, "lastName": family,
                 "initials": _initials(given)}
                for family, given in paper.authors
            ]
        },
        "pubYear": str(paper.entered.year),
        "abstractText": _abstract(paper),
        "language": "eng",
        "pubTypeList": {"pubType": _types(paper, world)},
        "isOpenAccess": "N",
        "inEPMC": "Y" if paper.in_pmc else "N",
        "firstIndexDate": paper.entered.isoformat(),
        "firstPublicationDate": paper.entered.isoformat(),
        "dateOfRevision": (paper.revised or paper.entered).isoformat(),
    }  # fmt: skip
    if paper.keywords:
        json["keywordList"] = {"keyword": list(paper.keywords)}
    if links := _links(paper, world):
        json["commentCorrectionList"] = {"commentCorrection": links}
    json |= _venue(paper)
    return CoreResult(
        json, document(paper, id=str(json["id"]), source=str(json["source"]), doi=paper.doi)
    )


def _ids(paper: InventedPaper) -> dict[str, str]:
    if paper.europepmc_as == "PPR":
        return {"id": f"PPR{9_000_000 + paper.number}", "source": "PPR"}
    if paper.europepmc_as == "PMC":
        return {"id": paper.pmcid, "source": "PMC", "pmcid": paper.pmcid}
    ids = {"id": paper.pmid, "source": "MED", "pmid": paper.pmid}
    return ids | {"pmcid": paper.pmcid} if paper.in_pmc else ids


def _links(paper: InventedPaper, world: World) -> list[dict[str, Any]]:
    """Link notices, what a notice is of, a preprint and its article, in Europe PMC's words."""
    links = [
        (f"{_NOTICES[notice.notice or ''][0]} in", notice)
        for notice in world.notices_of(paper, "europepmc")
    ]
    if paper.notice and paper.about:
        links.append((" ".join(_NOTICES[paper.notice]), world.paper(paper.about)))
    if paper.preprint:
        links.append(("Preprint in", world.paper(paper.preprint)))
    if article := world.article_of(paper):
        links.append(("Preprint of", article))
    return [
        {
            "id": _ids(other)["id"],
            "source": _ids(other)["source"],
            "reference": f"{other.journal}. {other.entered.year}. doi: {other.doi}.",
            "type": kind,
            "orderIn": order,
        }
        for order, (kind, other) in enumerate(links, 1)
    ]


def _venue(paper: InventedPaper) -> dict[str, Any]:
    if paper.europepmc_as == "PPR":
        return {
            "bookOrReportDetails": {
                "publisher": paper.journal,
                "yearOfPublication": paper.entered.year,
            }
        }
    return {
        "journalInfo": {
            "yearOfPublication": paper.entered.year,
            "journal": {"title": paper.journal},
        }
    }


def _types(paper: InventedPaper, world: World) -> list[str]:
    types = ["Preprint"] if paper.europepmc_as == "PPR" else list(paper.types)
    return [*types, "Retracted Publication"] if world.retraction_of(paper) else types


def _abstract(paper: InventedPaper) -> str:
    return "".join(
        f"<h4>{label.capitalize()}</h4>{text}" if label else text for label, text in paper.sections
    )


def _short(family: str, given: str) -> str:
    return f"{family} {_initials(given)}"


def _initials(given: str) -> str:
    return "".join(word[0] for word in given.split())
