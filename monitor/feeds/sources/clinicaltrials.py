"""ClinicalTrials.gov through its API, version 2, page by page with a token.

Its data are renewed as a whole, once a day: ``/version`` tells when. While that stands still there
is nothing to ask; where it moves during a walk, the walk begins again, since a study may have
moved between two pages. A walk is whole only if it brought as many studies as were declared.
Never keeps the people named in a study: the reader takes them out.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Generic, TypeVar

from monitor.feeds import rules
from monitor.feeds.http.client import Http
from monitor.feeds.identifiers.canonical import nct
from monitor.feeds.readers import clinicaltrials_json
from monitor.feeds.records import Answer, FetchedRecord, Listing, UnreadableRecord
from monitor.feeds.sources.contract import Read, SourceContext, catalogue_queries, resumed
from monitor.feeds.watermarks import Query, Watermark
from monitor.kernel.errors import SourceError, SourceFault

NAME = "clinicaltrials"
PAGE = 100  # studies with results are long; a page must stay far below the limit of a reply
LIST_PAGE = 1000  # their largest; a listing asks for two fields
BATCH = 100  # numbers in one address
OVERLAP = 7
WALKS = 3
MAX_STUDIES = 20_000  # a query that finds more is no query for one intervention
_RATE = 1  # their robots.txt asks for a second between requests

Found = TypeVar("Found")


@dataclass(slots=True)
class ClinicalTrials:
    """ClinicalTrials.gov, ready to be asked. ``stamp`` is the version of its data last seen."""

    http: Http
    base_url: str
    since: date
    queries: tuple[Query, ...]
    stamp: str | None = None

    def ask(self, query: Query, watermark: Watermark | None, now: datetime) -> Answer:
        """Find everything new or changed since the watermark; its ``etag`` is their data's stamp.

        Raises:
            SourceError: ClinicalTrials.gov did not answer in full.
        """
        start, today = resumed(query, watermark), now.date()
        if start.etag == self._known_stamp():
            return Answer(query=query, records=(), watermark=start, unchanged=True)
        first = rules.window_start(start.position, OVERLAP, self.since, today)
        last = today + timedelta(days=1)
        studies, stamp = self._steadily(_search(query, first, last), _record)
        reached = min(today, datetime.fromisoformat(stamp).date())
        moved = Watermark(position=reached.isoformat(), etag=stamp)
        return _answer(query, studies.values(), moved, window=(first, last))

    def between(self, query: Query, first: date, last: date) -> Answer:
        """Find what was last posted from ``first`` to ``last``, both included.

        Raises:
            SourceError: ClinicalTrials.gov did not answer in full.
        """
        studies, _ = self._steadily(_search(query, first, last), _record)
        return _answer(query, studies.values(), window=(first, last))

    def listing(self, query: Query, since: date) -> Listing:
        """List every study it finds; ``older`` were last posted before ``since``.

        Raises:
            SourceError: ClinicalTrials.gov did not answer in full.
        """
        asked = {
            "query.term": query.text,
            "fields": "NCTId,LastUpdatePostDate",
            "pageSize": str(LIST_PAGE),
        }
        studies, _ = self._steadily(asked, _listed)
        # what has no date is not older
        older = (key for key, posted in studies.items() if posted and posted < since)
        return Listing(query, frozenset(studies), frozenset(older))

    def fetch(self, query: Query, keys: Iterable[str]) -> Answer:
        """Fetch studies by their NCT numbers, those that it still has.

        Raises:
            SourceError: ClinicalTrials.gov did not answer in full.
        """
        wanted = sorted({number.value for key in keys if (number := nct(key))})
        studies: dict[str, Read] = {}
        for start in range(0, len(wanted), BATCH):
            batch = wanted[start : start + BATCH]
            asked = {"filter.ids": ",".join(batch), "pageSize": str(BATCH)}
            sent, _ = self._steadily(asked, _record)
            studies.update((key, study) for key, study in sent.items() if key in batch)
        return _answer(query, studies.values())

    def _steadily(
        self, asked: Mapping[str, str], read: Callable[[object], tuple[str, Found]]
    ) -> tuple[dict[str, Found], str]:
        """Walk while the data stand still, and give their stamp.

        Raises:
            SourceError: they were renewed during every walk, or a walk was not whole.
        """
        before = self._known_stamp()
        for _ in range(WALKS):
            walked = self._walk(asked, read)
            self.stamp = self._read_stamp()
            if self.stamp == before:
                walked.require_whole()
                return walked.found, before
            before = self.stamp
        raise SourceError(
            SourceFault.INCOMPLETE, f"ClinicalTrials.gov renewed its data during {WALKS} walks"
        )

    def _walk(
        self,
        asked: Mapping[str, str],
        read: Callable[[object], tuple[str, Found]],
        *,
        again: bool = True,
    ) -> "_Walk[Found]":
        """Collect every page; a token that is refused begins the walk anew, once."""
        token: str | None = None
        walk: _Walk[Found] = _Walk({})
        while True:
            try:
                page = self._page(asked, token)
            except SourceError as error:
                if token and again and error.kind is SourceFault.REFUSED:
                    return self._walk(asked, read, again=False)
                raise
            walk.add(page, map(read, page.studies))
            if walk.over or page.token in {None, token} or not page.studies:
                return walk
            token = page.token

    def _page(self, asked: Mapping[str, str], token: str | None) -> "_Page":
        more = {"pageToken": token} if token else {"countTotal": "true"}
        reply = self.http.get(f"{self.base_url}/studies", {**asked, "format": "json", **more})
        return _read_page(_json_object(reply.body), first=token is None)

    def _known_stamp(self) -> str:
        if self.stamp is None:
            self.stamp = self._read_stamp()
        return self.stamp

    def _read_stamp(self) -> str:
        """Ask when the data were renewed.

        Raises:
            SourceError: it does not say.
        """
        stamp = _json_object(self.http.get(f"{self.base_url}/version").body).get("dataTimestamp")
        try:
            return datetime.fromisoformat(stamp if isinstance(stamp, str) else "").isoformat()
        except ValueError:
            raise SourceError(
                SourceFault.MALFORMED, "ClinicalTrials.gov did not say how old its data are"
            ) from None


def build(context: SourceContext) -> ClinicalTrials:
    """Make ClinicalTrials.gov ready to be asked."""
    settings = context.settings.sources
    base_url = settings.clinicaltrials.base_url.rstrip("/")
    context.http.pace(base_url, _RATE)
    return ClinicalTrials(
        http=context.http,
        base_url=base_url,
        since=date.fromisoformat(settings.since),
        queries=catalogue_queries(context.catalogue, NAME),
    )


@dataclass(frozen=True, slots=True)
class _Page:
    studies: list[Any]
    token: str | None
    declared: int | None  # stated on the first page only


@dataclass(slots=True)
class _Walk(Generic[Found]):
    """What a walk found so far, by key."""

    found: dict[str, Found]
    declared: int = 0

    def add(self, page: _Page, read: Iterator[tuple[str, Found]]) -> None:
        if page.declared is not None:
            self.declared = page.declared
        self.found.update(read)

    @property
    def over(self) -> bool:
        """Whether walking on is useless: more came than there should be, or would be too much."""
        return self.declared > MAX_STUDIES or len(self.found) > self.declared

    def require_whole(self) -> None:
        if len(self.found) != self.declared:
            raise SourceError(
                SourceFault.INCOMPLETE,
                f"ClinicalTrials.gov declared {self.declared} studies and sent {len(self.found)}",
            )


def _search(query: Query, first: date, last: date) -> dict[str, str]:
    return {
        "query.term": query.text,
        "filter.advanced": f"AREA[LastUpdatePostDate]RANGE[{first},{last}]",
        "sort": "LastUpdatePostDate:asc",
        "pageSize": str(PAGE),
    }


def _answer(
    query: Query,
    studies: Iterable[Read],
    watermark: Watermark | None = None,
    window: tuple[date, date] | None = None,
) -> Answer:
    both = tuple(studies)
    return Answer(
        query=query,
        records=tuple(study for study in both if isinstance(study, FetchedRecord)),
        watermark=watermark or Watermark(),
        unreadable=tuple(study for study in both if isinstance(study, UnreadableRecord)),
        declared=len(both),
        window=window,
    )


def _record(study: object) -> tuple[str, Read]:
    record = clinicaltrials_json.read(study)
    return record.key, record


def _listed(study: object) -> tuple[str, date | None]:
    """Read one entry of a listing.

    Raises:
        SourceError: it has no number, and without its key nothing can be compared.
    """
    number, posted = clinicaltrials_json.dated(study)
    if number is None:
        raise SourceError(SourceFault.MALFORMED, "ClinicalTrials.gov listed a study without number")
    return number, posted


def _read_page(data: Mapping[str, Any], *, first: bool) -> _Page:
    """Read one page of a search.

    Raises:
        SourceError: it is no search result, or the first page does not state the total.
    """
    studies, token, declared = data.get("studies"), data.get("nextPageToken"), None
    if first:
        declared = data.get("totalCount")
        if isinstance(declared, bool) or not isinstance(declared, int):
            raise SourceError(SourceFault.MALFORMED, "ClinicalTrials.gov did not state its total")
    if not isinstance(studies, list):
        raise SourceError(SourceFault.MALFORMED, "ClinicalTrials.gov sent JSON without studies")
    return _Page(studies, token if isinstance(token, str) and token else None, declared)


def _json_object(body: bytes) -> dict[str, Any]:
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        data = None
    if not isinstance(data, dict):
        what = "an empty reply" if not body.strip() else "something that is not JSON"
        raise SourceError(SourceFault.MALFORMED, f"ClinicalTrials.gov sent {what}")
    return data
