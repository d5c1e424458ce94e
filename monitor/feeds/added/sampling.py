"""Try a feed out before it is added: fetch it once and tell what is in it. Keeps nothing.

Reaches the network: never call it inside a transaction.
"""

from contextlib import closing
from dataclasses import dataclass
from datetime import date

from monitor.feeds.http.client import FEED_LIMIT, Http, Patience
from monitor.feeds.readers import rss_document, rss_item
from monitor.feeds.records import Citation, FetchedRecord
from monitor.feeds.sources import rss
from monitor.kernel.errors import SourceError
from monitor.kernel.source_settings import SourcesSettings

# somebody waits for the page
_SHORT = Patience(connect=5, read=10, whole=20, tries=1)


@dataclass(frozen=True, slots=True)
class Sample:
    """What a feed held when it was tried; ``citations`` are its readable items, newest first.

    Items without a believable date come last, in the feed's own order.
    """

    citations: tuple[Citation, ...]
    unreadable: int

    @property
    def items(self) -> int:
        """How many items it has."""
        return len(self.citations) + self.unreadable


def sample(settings: SourcesSettings, url: str, today: date) -> Sample:
    """Fetch a feed and read every item.

    Raises:
        SourceError: there is no whole feed at this address, or it may not be asked.
    """
    with closing(Http(settings, _SHORT)) as http:
        reply = http.get(url, headers={"Accept": rss.ACCEPT}, limit=FEED_LIMIT)
    try:
        items = rss_document.read(reply.body, reply.headers.get("content-type"))
    except SourceError as error:
        raise SourceError(error.kind, f"the address gives {error}") from None
    read = [rss_item.read(item, today) for item in items]
    citations = [record.citation for record in read if isinstance(record, FetchedRecord)]
    newest = sorted(citations, key=lambda citation: citation.published or date.min, reverse=True)
    return Sample(citations=tuple(newest), unreadable=len(read) - len(citations))
