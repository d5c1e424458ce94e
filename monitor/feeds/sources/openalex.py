"""OpenAlex: look-ups of the watched papers, for what the others leave out (abstracts above all).

It has no date to search by without paying, so it is no place to find papers: single look-ups
only, which are free. A key, where there is one, goes along as a parameter: no redirect is
followed, and nothing that is logged, raised or kept holds the address asked.
"""

from dataclasses import dataclass, field
from datetime import datetime

from monitor.feeds.http.client import Http
from monitor.feeds.identifiers.canonical import doi
from monitor.feeds.readers import json_fields as fields
from monitor.feeds.readers import openalex_json
from monitor.feeds.records import Answer, FetchedRecord, Query, Watermark
from monitor.feeds.sources import lookups
from monitor.feeds.sources.contract import Context
from monitor.kernel.errors import SourceError, SourceFault

LOOK_UP_EVERY_DAYS = 90
_RATE = 5
_NOT_FOUND = 404


@dataclass(frozen=True, slots=True)
class OpenAlex:
    """OpenAlex, ready to be asked."""

    http: Http
    base_url: str
    asking: dict[str, str] = field(repr=False)  # who asks, and the key
    queries: tuple[Query, ...]

    def ask(self, query: Query, watermark: Watermark | None, now: datetime) -> Answer:  # noqa: ARG002 - a look-up has no beginning
        """Look one DOI up. One that OpenAlex does not know is an answer without a record.

        Raises:
            SourceError: OpenAlex did not answer.
        """
        reply = self.http.get(
            f"{self.base_url}/works/doi:{lookups.path(query.text)}",
            self.asking,
            follow=False,
            accept={_NOT_FOUND},
        )
        if reply.status == _NOT_FOUND:
            return lookups.answer(query, now.date(), note="OpenAlex does not know this DOI")
        record = openalex_json.read(_work(reply.body))
        if isinstance(record, FetchedRecord) and doi(query.text) not in record.citation.identifiers:
            note = "OpenAlex answered with the record of another DOI, which was not kept"
            return lookups.answer(query, now.date(), note=note)
        return lookups.answer(query, now.date(), record)


def build(context: Context) -> OpenAlex:
    """Make OpenAlex ready to be asked, with the look-ups that are due.

    Raises:
        ConfigError: the key's file cannot be read, or is empty.
    """
    sources = context.settings.sources
    base_url = sources.openalex.base_url.rstrip("/")
    context.http.pace(base_url, _RATE)
    key = context.settings.secret(sources.openalex.api_key_file)
    asking = {"mailto": sources.contact, "api_key": key or ""}
    return OpenAlex(
        http=context.http,
        base_url=base_url,
        asking={name: value for name, value in asking.items() if value},
        queries=lookups.due(
            context.watched, context.watermarks, context.today, every_days=LOOK_UP_EVERY_DAYS
        ),
    )


def _work(body: bytes) -> object:
    """Give the work in a reply.

    Raises:
        SourceError: there is none.
    """
    data = fields.loaded(body)
    if not isinstance(data, dict) or "id" not in data:
        what = "JSON that is no work" if data is not None else "something that is not JSON"
        raise SourceError(SourceFault.MALFORMED, f"OpenAlex sent {what}")
    return data
