"""A stand-in host of feeds: PubMed search feeds, RSS and Atom journal feeds, conditional requests.

Speaks the dialects on its own: shares no code with the reader it serves to test.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from email.utils import format_datetime, parsedate_to_datetime
from typing import ClassVar
from xml.sax.saxutils import escape

from monitor.demo.machinery.exchange import Request, StandInReply
from monitor.demo.machinery.faults import Fault
from monitor.demo.machinery.server import StandIn
from monitor.demo.world import InventedPaper, World
from monitor.kernel.clock import utcnow

_RSS = "application/rss+xml; charset=utf-8"
_ATOM = "application/atom+xml; charset=utf-8"


@dataclass(slots=True)
class _Feed:
    """One feed: how it is written on its ``n``-th fetch, and whether it can be asked conditionally."""

    write: Callable[[int], bytes]
    media_type: str
    conditional: bool
    fetches: int = 0
    body: bytes = b""
    changed: datetime = datetime(2000, 1, 1, tzinfo=UTC)


class FeedsStandIn(StandIn):
    """The stand-in. ``pubmed_search`` lists its feed, ``journals`` and ``atom`` theirs."""

    name = "feeds"
    own_faults: ClassVar[Mapping[str, frozenset[Fault]]] = {"feeds": frozenset({Fault.ERROR_JSON})}

    def __init__(self, world: World | None = None) -> None:
        super().__init__()
        self._feeds: dict[str, _Feed] = {}
        if world is not None:
            self._feeds = {
                "/rss/search/1invented/": _Feed(
                    lambda n: _pubmed_search(world.visible("pubmed_rss"), n),
                    _RSS,
                    conditional=False,
                ),
                "/feeds/journals.xml": _Feed(
                    lambda _: _journal(world.visible("journals")), _RSS, conditional=True
                ),
                "/feeds/atom.xml": _Feed(
                    lambda _: _atom(world.visible("atom")), _ATOM, conditional=True
                ),
            }

    @property
    def pubmed_search_url(self) -> str:
        """The invented PubMed search feed."""
        return f"{self.root}/rss/search/1invented/?limit=50"

    @property
    def journals_url(self) -> str:
        """The invented journal's RSS feed."""
        return f"{self.root}/feeds/journals.xml"

    @property
    def atom_url(self) -> str:
        """Another invented journal's Atom feed."""
        return f"{self.root}/feeds/atom.xml"

    def add_recorded(self, name: str, body: bytes, media_type: str = "application/xml") -> str:
        """Serve a recorded feed as it is; gives its address."""
        path = f"/feeds/{name}"
        self._feeds[path] = _Feed(lambda _: body, media_type, conditional=True)
        return self.root + path

    def endpoints(self) -> tuple[str, ...]:
        """Name every feed there is now."""
        return tuple(_endpoint(path) for path in self._feeds)

    def endpoint(self, path: str) -> str | None:
        """Name the endpoint of a path: "feeds/" and the file's name without its ending."""
        return _endpoint(path) if path in self._feeds else None

    def error(self) -> StandInReply:
        """Give a JSON error in a 200, as gateways in front of feeds do."""
        return StandInReply(b'{"error": "upstream unavailable"}', "application/json")

    def answer(self, request: Request) -> StandInReply:
        """Answer with the feed, or with 304 where nothing changed since the caller's copy."""
        feed = self._feeds[request.path]
        with self._lock:
            feed.fetches += 1
            body = feed.write(feed.fetches)
            if body != feed.body:
                feed.body, feed.changed = body, utcnow().replace(microsecond=0)
        if not feed.conditional:
            return StandInReply(body, feed.media_type)
        etag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
        headers = {"ETag": etag, "Last-Modified": format_datetime(feed.changed, usegmt=True)}
        if _unchanged(request, etag, feed.changed):
            return StandInReply(b"", feed.media_type, 304, headers)
        return StandInReply(body, feed.media_type, 200, headers)


def _endpoint(path: str) -> str:
    parts = path.strip("/").split("/")
    return "feeds/search" if parts[0] == "rss" else f"feeds/{parts[-1].partition('.')[0]}"


def _unchanged(request: Request, etag: str, changed: datetime) -> bool:
    """Compare validators; ``If-None-Match`` wins over the date (RFC 9110, 13.2.2)."""
    if given := request.headers.get("if-none-match"):
        return etag in [part.strip().removeprefix("W/") for part in given.split(",")]
    if since := request.headers.get("if-modified-since"):
        try:
            return changed <= parsedate_to_datetime(since)
        except ValueError:
            return False
    return False


def _pubmed_search(papers: list[InventedPaper], fetch: int) -> bytes:
    """Write a search feed: its links carry tracking that changes on every fetch."""
    tracking = (
        f"utm_source=Invented&amp;utm_medium=rss&amp;utm_campaign=pubmed-2&amp;ff=2026{fetch:010}"
    )
    items = "".join(_pubmed_item(paper, tracking) for paper in papers)
    return f"""<?xml version='1.0' encoding='UTF-8'?>
<rss xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:content="http://purl.org/rss/1.0/modules/content/" version="2.0">
<channel><title>invented search</title>
<link>https://pubmed.ncbi.nlm.nih.gov/rss-feed/?feed_id=1invented&amp;{tracking}</link>
<description>invented search: Latest results from PubMed</description>
<generator>PubMed RSS feeds (2.15.0)</generator><language>en</language><ttl>120</ttl>
{items}</channel></rss>
""".encode()


def _pubmed_item(paper: InventedPaper, tracking: str) -> str:
    link = f"https://pubmed.ncbi.nlm.nih.gov/{paper.pmid}/?{tracking}"
    creators = "".join(
        f"<dc:creator>{escape(given)} {escape(family)}</dc:creator>"
        for family, given in paper.authors
    )
    text = escape(" ".join(paper.abstract))
    return f"""<item><title>{escape(paper.title)}</title><link>{link}</link>
<description>{text}</description>
<content:encoded><![CDATA[<div><p>{escape(paper.journal)}. doi: {paper.doi}.</p><p><b>ABSTRACT</b></p><p>{text}</p></div>]]></content:encoded>
<guid isPermaLink="false">pubmed:{paper.pmid}</guid><pubDate>{_rfc(paper.entered)}</pubDate>
{creators}<dc:date>{paper.entered}</dc:date><dc:source>{escape(paper.journal)}</dc:source>
<dc:title>{escape(paper.title)}</dc:title><dc:identifier>pmid:{paper.pmid}</dc:identifier>
<dc:identifier>doi:{paper.doi}</dc:identifier></item>
"""


def _journal(papers: list[InventedPaper]) -> bytes:
    """Write a journal's feed: a DOI, no PubMed number, the abstract as escaped HTML."""
    items = "".join(
        f"""<item><title>{escape(paper.title)}</title><link>https://doi.org/{paper.doi}</link>
<description>{escape("<p>" + escape(" ".join(paper.abstract)) + "</p>")}</description>
<guid isPermaLink="false">{paper.doi}</guid><pubDate>{_rfc(paper.entered)}</pubDate>
<dc:creator>{escape(", ".join(f"{given} {family}" for family, given in paper.authors))}</dc:creator>
<prism:doi>{paper.doi}</prism:doi>
<prism:publicationName>{escape(paper.journal)}</prism:publicationName></item>
"""
        for paper in papers
    )
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:prism="http://prismstandard.org/namespaces/basic/2.0/">
<channel><title>Journal of Invented Trials</title><link>https://journal.example/</link>
<description>Latest invented articles</description>
{items}</channel></rss>
""".encode()


def _atom(papers: list[InventedPaper]) -> bytes:
    newest = max((paper.entered for paper in papers), default=date(2026, 1, 1))
    entries = "".join(
        f"""<entry><id>https://doi.org/{paper.doi}</id><title>{escape(paper.title)}</title>
<link rel="alternate" href="https://doi.org/{paper.doi}"/><updated>{paper.entered}T06:00:00Z</updated>
<published>{paper.entered}T06:00:00Z</published>
{"".join(f"<author><name>{escape(given)} {escape(family)}</name></author>" for family, given in paper.authors)}
<summary type="html">{escape("<p>" + escape(" ".join(paper.abstract)) + "</p>")}</summary></entry>
"""
        for paper in papers
    )
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<feed xmlns="http://www.w3.org/2005/Atom"><id>https://archives.example/</id>
<title>Invented Archives of Early Childhood</title><updated>{newest}T06:00:00Z</updated>
{entries}</feed>
""".encode()


def _rfc(day: date) -> str:
    return format_datetime(datetime(day.year, day.month, day.day, 6, tzinfo=UTC))
