"""RSS and Atom feeds: journals, and searches saved at PubMed.

A feed has no dates to search by and no total: what it shows now is all it says. Asked with the
validators of its last good answer; "not modified" is a success. A feed cut off, empty, too long
or not a feed at all is a failed poll, never a quiet one.
"""

from dataclasses import dataclass
from datetime import datetime

from monitor.feeds.http.client import FEED_LIMIT, Http, Reply
from monitor.feeds.http.conditions import NOT_MODIFIED, conditions, validators
from monitor.feeds.readers import rss_document, rss_item
from monitor.feeds.records import Answer, FetchedRecord, UnreadableRecord
from monitor.feeds.sources.contract import SourceContext, resumed
from monitor.feeds.watermarks import Query, Watermark
from monitor.kernel.errors import SourceError
from monitor.kernel.source_settings import FeedSourceSettings

ACCEPT = "application/rss+xml, application/atom+xml, application/xml;q=0.9, text/xml;q=0.8"

# RSS readers are asked to be slow; several journals share a publisher's host
_RATE = 2


@dataclass(frozen=True, slots=True)
class Feeds:
    """Some feeds, ready to be asked; ``names`` gives each address its name."""

    http: Http
    queries: tuple[Query, ...]
    names: dict[str, str]

    def ask(self, query: Query, watermark: Watermark | None, now: datetime) -> Answer:
        """Fetch one feed and read every item.

        Raises:
            SourceError: there is no whole feed; its message starts with the feed's name.
        """
        start = resumed(query, watermark)
        try:
            reply = self.http.get(query.text, headers=_conditions(start), limit=FEED_LIMIT)
            if reply.status == NOT_MODIFIED:
                return Answer(query=query, records=(), watermark=start, unchanged=True)
            items = rss_document.read(reply.body, reply.headers.get("content-type"))
        except SourceError as error:
            message = f"{self.names[query.key]}: {error}"
            raise SourceError(error.kind, message, retry_after=error.retry_after) from None
        read = [rss_item.read(item, now.date()) for item in items]
        return _answer(query, self.names[query.key], reply, read)


def build_journals(context: SourceContext) -> Feeds:
    """Make the journals' feeds ready to be asked."""
    return _build(context.settings.sources.journals, context)


def build_pubmed(context: SourceContext) -> Feeds:
    """Make the feeds of searches saved at PubMed ready to be asked."""
    return _build(context.settings.sources.pubmed_rss, context)


def _build(settings: FeedSourceSettings, context: SourceContext) -> Feeds:
    names = {feed.url: feed.name for feed in (*settings.feeds, *context.feeds)}
    for url in names:
        context.http.pace(url, _RATE)
    queries = tuple(Query(key=url, text=url) for url in names)
    return Feeds(http=context.http, queries=queries, names=names)


def _conditions(start: Watermark) -> dict[str, str]:
    return {"Accept": ACCEPT, **conditions(start.etag, start.modified)}


def _answer(
    query: Query, called: str, reply: Reply, read: list[FetchedRecord | UnreadableRecord]
) -> Answer:
    etag, modified = validators(reply.headers)
    return Answer(
        query=query,
        called=called,
        records=tuple(
            {record.key: record for record in read if isinstance(record, FetchedRecord)}.values()
        ),
        watermark=Watermark(etag=etag, modified=modified),
        unreadable=tuple(
            {record.key: record for record in read if isinstance(record, UnreadableRecord)}.values()
        ),
        notes=_notes(read),
    )


def _notes(read: list[FetchedRecord | UnreadableRecord]) -> tuple[str, ...]:
    """Say when one name stands for different items: none of them is lost, but a person should know."""
    titles: dict[str, set[str]] = {}
    for record in read:
        name = rss_item.name_of(record.key) if isinstance(record, FetchedRecord) else None
        if name:
            titles.setdefault(name, set()).add(record.key)
    again = sum(len(keys) > 1 for keys in titles.values())
    if not again:
        return ()
    names = "1 name (guid) is" if again == 1 else f"{again} names (guids) are"
    return (f"{names} used for different items: every item was kept",)
