"""A stand-in of NCBI's E-utilities for PubMed: esearch and efetch, their quirks included.

Speaks the dialect on its own: shares no code with the reader it serves to test.
Sources: NLM's E-utilities help (NBK25499); probes noted in the project's reference.
"""

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import ClassVar

from monitor.demo.dialects.articles import Article, invented, recorded
from monitor.demo.dialects.expressions import Document, Expression, Unreadable, day, pubmed
from monitor.demo.machinery.exchange import Request, StandInReply, json_reply
from monitor.demo.machinery.faults import Fault
from monitor.demo.machinery.limits import Allowance
from monitor.demo.machinery.server import StandIn
from monitor.demo.world import World
from monitor.kernel.clock import utcnow

PATH = "/entrez/eutils"
WINDOW = 9_999  # esearch serves no more of a result
_PROLOGUE = (
    '<?xml version="1.0" ?>\n'
    '<!DOCTYPE PubmedArticleSet PUBLIC "-//NLM//DTD PubMedArticle, 1st January 2025//EN" '
    '"https://dtd.nlm.nih.gov/ncbi/pubmed/out/pubmed_250101.dtd">\n'
)
_DATE_NAMES = {"crdt": "Create", "edat": "Entry", "mdat": "Modification", "pdat": "Publication"}
_DATE_TYPES = {"crdt": "created", "edat": "created", "mdat": "revised", "pdat": "published"}


class PubMedStandIn(StandIn):
    """The stand-in. ``limited``: three requests a second, ten with a key, as NCBI lets."""

    name = "pubmed"
    methods = frozenset({"GET", "POST"})
    own_faults: ClassVar[Mapping[str, frozenset[Fault]]] = {
        "pubmed/esearch": frozenset(
            {
                Fault.ERROR_JSON,
                Fault.SHORT,
                Fault.FEWER,
                Fault.CHANGED_TOTAL,
                Fault.REPEATED,
                Fault.REWRITTEN,
            }
        ),
        "pubmed/efetch": frozenset({Fault.ERROR_JSON, Fault.SHORT, Fault.REPEATED, Fault.EXPIRED}),
    }

    def __init__(self, world: World | None = None, *, limited: bool = False) -> None:
        super().__init__()
        self.world = world
        self.limited = limited
        self.recorded: list[Article] = []
        self.unknown_phrases: set[str] = set()
        self._histories: dict[str, tuple[str, ...]] = {}

    @property
    def base_url(self) -> str:
        """What ``[sources.pubmed] base_url`` takes."""
        return self.root + PATH

    def add_recorded(
        self, xml: bytes, *, created: date, always: bool = True, revised: date | None = None
    ) -> list[str]:
        """Serve the articles of a recorded reply as they are; gives their PMIDs.

        ``always``: they answer every query, since recordings were made for other ones.
        ``created`` is the day esearch holds them to have been added.
        """
        articles = list(recorded(xml, created, revised or created, always=always))
        self.recorded += articles
        return [article.pmid for article in articles]

    def expire(self) -> None:
        """Forget every WebEnv, as NCBI does after a while."""
        self._histories.clear()

    def articles(self) -> list[Article]:
        """List what PubMed holds now, newest first."""
        if self.world is None:
            return list(self.recorded)
        shown = [invented(paper, self.world) for paper in self.world.visible("pubmed")]
        return shown + self.recorded

    def allowance(self, request: Request) -> Allowance | None:
        """Grant three requests a second, or ten to a key."""
        key = request.params.get("api_key", "")
        return Allowance(f"key {key}", 10 if key else 3)

    def endpoint(self, path: str) -> str | None:
        """Name the endpoint of a path."""
        known = {f"{PATH}/{name}.fcgi": f"pubmed/{name}" for name in ("esearch", "efetch")}
        return known.get(path)

    def answer(self, request: Request) -> StandInReply:
        """Answer esearch or efetch."""
        if request.params.get("db") != "pubmed":
            return self.error()
        answer = self._search if request.endpoint.endswith("esearch") else self._fetch
        return answer(request)

    def error(self) -> StandInReply:
        """Give the error object esearch answers with, raw line feed included, in a 200."""
        return _failed("Search Backend failed: \nread failed")

    def rate_limited(self, request: Request) -> StandInReply:
        """Give NCBI's 429: it repeats the caller's key, and names no time to wait."""
        body = {
            "error": "API rate limit exceeded",
            "api-key": request.params.get("api_key", "127.0.0.1"),
            "count": "4",
            "limit": "3",
        }
        return json_reply(body, status=429)

    def _search(self, request: Request) -> StandInReply:
        try:
            expression = pubmed(request.params.get("term", ""))
            dated = _dated(request.params)
            start, size = _page(request.params)
        except (Unreadable, ValueError) as error:
            return _failed(f"Search Backend failed: {error}")
        if start >= WINDOW:
            return _failed("Search Backend failed: Exception:\n'retstart' is larger than 9998.")
        pmids = tuple(
            article.pmid
            for article in self.articles()
            if dated(article.document) and expression.test(article.document)
        )
        if request.fault is Fault.FEWER:
            pmids = pmids[::2]
        start = 0 if request.fault is Fault.REPEATED else start
        return self._found(request, expression, pmids, (start, size))

    def _found(
        self,
        request: Request,
        expression: Expression,
        pmids: tuple[str, ...],
        page: tuple[int, int],
    ) -> StandInReply:
        start, size = page
        shown = list(pmids[start : start + size])
        declared = len(pmids) + (request.fault is Fault.CHANGED_TOTAL)
        if request.fault is Fault.SHORT:
            declared, shown = declared + (not shown), shown[:-1]
        body: dict[str, object] = {
            "count": str(declared),
            "retmax": str(len(shown)),
            "retstart": str(start),
            "idlist": shown,
            "translationset": [],
            "querytranslation": _translated(expression, request.params),
        }
        if request.fault is Fault.REWRITTEN:
            body["querytranslation"] = f"{expression.translation} OR rewritten[All Fields]"
        if request.params.get("usehistory") == "y":
            body |= {"querykey": "1", "webenv": self._keep(pmids)}
        body |= self._complaints(expression, pmids)
        return json_reply({"header": {"type": "esearch", "version": "0.3"}, "esearchresult": body})

    def _complaints(self, expression: Expression, pmids: tuple[str, ...]) -> dict[str, object]:
        unknown = [p for p in expression.phrases if p.casefold() in self.unknown_phrases]
        messages = [] if pmids else ["No items found."]
        if not unknown and not messages:
            return {}
        return {
            "errorlist": {"phrasesnotfound": unknown, "fieldsnotfound": []},
            "warninglist": {
                "phrasesignored": [],
                "quotedphrasesnotfound": [],
                "outputmessages": messages,
            },
        }

    def _keep(self, pmids: tuple[str, ...]) -> str:
        with self._lock:
            name = f"MCID_{len(self._histories) + 1:08x}"
            self._histories[name] = pmids
        return name

    def _fetch(self, request: Request) -> StandInReply:
        asked = self._asked(request)
        if asked is None:
            return _xml("<eFetchResult>\n<ERROR>Unable to obtain query #1</ERROR>\n</eFetchResult>")
        held = {article.pmid: article.xml for article in self.articles()}
        sent = [held[pmid] for pmid in asked if pmid in held]
        if request.fault is Fault.SHORT:
            sent = sent[:-1]
        inside = b"\n".join(sent).decode()
        return _xml(f"{_PROLOGUE}<PubmedArticleSet>\n{inside}\n</PubmedArticleSet>")

    def _asked(self, request: Request) -> list[str] | None:
        """List the PMIDs asked for; None: the history is gone, or was never there."""
        params = request.params
        if "WebEnv" not in params:
            return [part.strip() for part in params.get("id", "").split(",") if part.strip()]
        if request.fault is Fault.EXPIRED:
            self.expire()
        history = self._histories.get(params["WebEnv"])
        if history is None or params.get("query_key") != "1":
            return None
        start, size = _page(params)
        start = 0 if request.fault is Fault.REPEATED else start
        return list(history[start : start + size])


def _dated(params: Mapping[str, str]) -> Callable[[Document], bool]:
    """Make the date test; ``mindate`` and ``maxdate`` count only together."""
    kind = _DATE_TYPES.get(params.get("datetype", "pdat"), "published")
    if params.get("mindate") and params.get("maxdate"):
        first = day(params["mindate"], end=False)
        last = day(params["maxdate"], end=True)
    elif params.get("reldate"):
        first, last = utcnow().date() - timedelta(days=int(params["reldate"])), date.max
    else:
        return lambda _: True
    return lambda document: kind in document.dates and first <= document.dates[kind] <= last


def _translated(expression: Expression, params: Mapping[str, str]) -> str:
    """Say how the query was read; NCBI adds the dates that it was asked for."""
    said = expression.translation
    if not (params.get("mindate") and params.get("maxdate")):
        return said
    name = _DATE_NAMES.get(params.get("datetype", "pdat"), "Publication")
    return f"({said}) AND {params['mindate']}:{params['maxdate']}[Date - {name}]"


def _page(params: Mapping[str, str]) -> tuple[int, int]:
    """Read the page asked for; a page is clamped in silence, as NCBI does."""
    start, size = int(params.get("retstart", "0")), int(params.get("retmax", "20"))
    return max(start, 0), min(max(size, 0), WINDOW)


def _failed(message: str) -> StandInReply:
    """Answer with an error in a 200; NCBI leaves the line feed in it unescaped."""
    text = message.replace("\\", "\\\\").replace('"', '\\"')
    head = '{"header":{"type":"esearch","version":"0.3"},"esearchresult":{"ERROR":"'
    return StandInReply(f'{head}{text}"}}}}'.encode(), "application/json; charset=UTF-8")


def _xml(text: str) -> StandInReply:
    return StandInReply(text.encode(), "text/xml; charset=UTF-8")
