"""ClinicalTrials.gov: when there is nothing to ask, the walk with tokens, and what counts as whole."""

import json
import tarfile
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from monitor.feeds.sources import Searchable, SourceContext, clinicaltrials
from monitor.feeds.watermarks import Query, Watermark
from monitor.kernel.errors import SourceError, SourceFault
from monitor.kernel.settings import parse

NOW = datetime(2026, 11, 23, 6, 10, tzinfo=UTC)
QUERY = Query("vipp", '("an invention")', "vipp")
STAMP = "2026-11-20T09:00:06"


def study(number, posted="2026-11-15"):
    return {
        "protocolSection": {
            "identificationModule": {"nctId": number, "briefTitle": f"Invention {number}"},
            "statusModule": {"lastUpdatePostDateStruct": {"date": posted}},
        }
    }


class Service:
    """What the scripted server holds, in pages of two; it renews its data when told."""

    def __init__(self, upstream):
        self.upstream = upstream
        self.stamps = [STAMP]
        self.studies = [study(f"NCT0000000{n}") for n in range(1, 6)]
        self.extra: dict[str, object] = {}
        self.refuses = 0  # tokens
        upstream.answer = self.answer

    def answer(self, asked):
        if asked.path.endswith("/version"):
            stamp = self.stamps.pop(0) if len(self.stamps) > 1 else self.stamps[0]
            return self.says({"apiVersion": "2.0.5", "dataTimestamp": stamp})
        token = asked.fields.get("pageToken")
        if token and self.refuses:
            self.refuses -= 1
            return self.upstream.says(b"CANARY: no such token", 400)
        ids = asked.fields.get("filter.ids")
        held = [one for one in self.studies if not ids or key(one) in ids.split(",")]
        start = int(token[1:]) if token else 0
        body: dict[str, object] = {"studies": held[start : start + 2]}
        if start + 2 < len(held):
            body["nextPageToken"] = f"t{start + 2}"
        if asked.fields.get("countTotal") == "true":
            body["totalCount"] = len(held)
        return self.says({**body, **self.extra})

    def says(self, body):
        return self.upstream.says(json.dumps(body).encode())

    def asked(self, path="studies"):
        return [one.fields for one in self.upstream.asked if one.path.endswith(path)]


def key(one):
    return one["protocolSection"]["identificationModule"]["nctId"]


def keys(answer):
    return [record.key for record in answer.records]


@pytest.fixture
def service(upstream):
    return Service(upstream)


@pytest.fixture
def source(make_registry):
    return make_registry(clinicaltrials, "api/v2/", QUERY, NOW.date())


def failure(source, watermark=None) -> SourceError:
    with pytest.raises(SourceError) as caught:
        source.ask(QUERY, watermark, NOW)
    assert "CANARY" not in str(caught.value)
    return caught.value


def test_it_is_paced_as_they_ask(upstream, make_http, source):
    assert isinstance(source, Searchable)
    http = make_http()
    http.pace(upstream.url, clinicaltrials._RATE)
    assert http._gaps == {upstream.url.removeprefix("http://"): 1.0}


def test_every_page_is_walked_and_reconciled(source, service):
    answer = source.ask(QUERY, None, NOW)
    assert keys(answer) == [f"NCT0000000{n}" for n in range(1, 6)]
    assert answer.declared == 5
    assert answer.window == (date(2020, 1, 1), date(2026, 11, 24))
    # their data reach as far as their own stamp, not as far as our clock
    assert answer.watermark == Watermark(position="2026-11-20", etag=STAMP)
    first, *others = service.asked()
    assert first["query.term"] == QUERY.text
    assert first["filter.advanced"] == "AREA[LastUpdatePostDate]RANGE[2020-01-01,2026-11-24]"
    assert first["countTotal"] == "true"
    assert [one.get("pageToken") for one in others] == ["t2", "t4"]
    assert not any("countTotal" in one for one in others)


def test_a_later_poll_looks_back_over_the_overlap(source, service):
    watermark = Watermark(position="2026-11-18", etag="2026-11-18T09:00:00")
    answer = source.ask(QUERY, watermark, NOW)
    assert answer.window == (date(2026, 11, 11), date(2026, 11, 24))
    assert not answer.unchanged


def test_while_their_data_stand_still_nothing_is_asked_but_how_old_they_are(source, service):
    watermark = source.ask(QUERY, None, NOW).watermark
    service.upstream.asked.clear()
    source.stamp = None  # as in the next poll
    answers = [source.ask(QUERY, watermark, NOW) for _ in range(10)]
    assert all(one.unchanged and not one.records for one in answers)
    assert [one.path for one in service.upstream.asked] == ["/api/v2/version"]


def test_another_query_is_asked_though_their_data_stand_still(source, service):
    watermark = Watermark(position="2026-11-20", etag=STAMP, query_hash="another")
    answer = source.ask(QUERY, watermark, NOW)
    assert len(answer.records) == 5
    assert answer.window is not None
    assert answer.window[0] == date(2020, 1, 1)


def test_data_renewed_during_a_walk_begin_it_anew(source, service):
    newer = "2026-11-23T05:00:00"
    service.stamps = [STAMP, newer]
    answer = source.ask(QUERY, None, NOW)
    assert len(answer.records) == 5
    assert answer.watermark == Watermark(position="2026-11-23", etag=newer)
    assert len(service.asked()) == 6


def test_data_that_never_stand_still_are_incomplete(source, service):
    service.stamps = [(NOW + timedelta(hours=n)).isoformat() for n in range(20)]
    assert failure(source).kind is SourceFault.INCOMPLETE
    assert len(service.asked("version")) == 1 + clinicaltrials.WALKS


def test_a_refused_token_begins_the_walk_anew_once(source, service):
    service.refuses = 1
    assert len(source.ask(QUERY, None, NOW).records) == 5
    service.refuses = 2
    source.stamp = None
    assert failure(source).kind is SourceFault.REFUSED


@pytest.mark.parametrize("declared", [4, 6, 1_000_000])
def test_a_walk_that_brings_another_number_is_incomplete(source, service, declared):
    service.extra = {"totalCount": declared}
    assert failure(source).kind is SourceFault.INCOMPLETE


@pytest.mark.parametrize("token", ["t2", "t0"])
def test_a_token_that_never_ends_is_left(source, service, token):
    service.extra = {"nextPageToken": token}
    assert failure(source).kind is SourceFault.INCOMPLETE
    assert len(service.upstream.asked) < 10


def test_nothing_found_is_an_answer(source, service):
    service.studies = []
    answer = source.ask(QUERY, None, NOW)
    assert (answer.records, answer.declared) == ((), 0)


def test_one_unreadable_study_is_set_aside_alone(source, service):
    service.studies[1] = {"protocolSection": {"identificationModule": {"nctId": "NCT00000002"}}}
    answer = source.ask(QUERY, None, NOW)
    assert len(answer.records) == 4
    assert [(one.key, one.reason) for one in answer.unreadable] == [("NCT00000002", "has no title")]


@pytest.mark.parametrize("path", ["version", "studies"])
@pytest.mark.parametrize(
    ("body", "status", "kind"),
    [
        (b"", 200, SourceFault.MALFORMED),
        (b"<html>CANARY: down for maintenance</html>", 200, SourceFault.MALFORMED),
        (b'{"studies":[{"protocolSec', 200, SourceFault.MALFORMED),
        (b"[" * 100_000, 200, SourceFault.MALFORMED),
        (b'{"totalCount":"2","studies":[],"dataTimestamp":7}', 200, SourceFault.MALFORMED),
        (b'{"totalCount":2,"studies":null,"dataTimestamp":"CANARY"}', 200, SourceFault.MALFORMED),
        (b"CANARY: invalid expression", 400, SourceFault.REFUSED),
        (b"<html>CANARY</html>", 500, SourceFault.UNREACHABLE),
    ],
)  # fmt: skip
def test_a_reply_that_is_no_answer_fails_the_poll(source, service, path, body, status, kind):
    whole = service.answer
    service.upstream.answer = lambda asked: (
        service.upstream.says(body, status) if asked.path.endswith(path) else whole(asked)
    )
    assert failure(source).kind is kind


@pytest.mark.parametrize(
    ("after", "seconds"),
    [("3600", 3600), ("-5", 0), ("1e9", 86_400), ("soon", None), (None, None),
     ("Fri, 31 Dec 9999 23:59:59 GMT", 86_400)],
)  # fmt: skip
def test_too_many_requests_say_when_to_come_back(source, service, after, seconds):
    headers = {"Retry-After": after} if after else {}
    service.upstream.answer = lambda asked: service.upstream.says(b"CANARY", 429, headers)
    error = failure(source)
    assert (error.kind, error.retry_after) == (SourceFault.RATE_LIMITED, seconds)


def test_a_passing_503_is_outlived_and_a_lasting_one_is_not(source, service):
    service.upstream.script = [service.upstream.says(b"CANARY", 503)]
    assert len(source.ask(QUERY, None, NOW).records) == 5
    service.upstream.answer = lambda asked: service.upstream.says(b"CANARY", 503)
    assert failure(source).kind is SourceFault.UNREACHABLE


def test_a_host_without_address_is_unreachable(make_http, tmp_path):
    values = {"clinicaltrials": {"base_url": "https://no-such-host.invalid/api"}}
    settings = parse({"sources": values}, folder=tmp_path)
    catalogue: Any = SimpleNamespace(interventions=[])
    source = clinicaltrials.build(SourceContext(settings, catalogue, make_http(), NOW.date()))
    assert failure(source).kind is SourceFault.UNREACHABLE


def test_a_stretch_of_the_past_moves_nothing(source, service):
    answer = source.between(QUERY, date(2024, 1, 1), date(2024, 3, 31))
    assert (answer.watermark, answer.declared) == (Watermark(), 5)
    assert answer.window == (date(2024, 1, 1), date(2024, 3, 31))
    (first, *_) = service.asked()
    assert first["filter.advanced"].endswith("RANGE[2024-01-01,2024-03-31]")


def test_a_listing_has_every_number_and_tells_what_is_older(source, service):
    service.studies[0] = study("NCT00000001", "2019-12-31")
    service.studies[1] = study("NCT00000002", None)
    service.studies[2] = study("NCT00000003", "2020-01-01")
    listing = source.listing(QUERY, date(2020, 1, 1))
    assert listing.keys == {f"NCT0000000{n}" for n in range(1, 6)}
    assert listing.older == {"NCT00000001"}
    assert all("filter.advanced" not in one for one in service.asked())
    assert service.asked()[0]["fields"] == "NCTId,LastUpdatePostDate"


def test_a_listing_without_a_number_is_none(source, service):
    service.studies[0] = {}
    with pytest.raises(SourceError) as caught:
        source.listing(QUERY, date(2020, 1, 1))
    assert caught.value.kind is SourceFault.MALFORMED


def test_studies_are_fetched_by_their_numbers(source, service):
    answer = source.fetch(QUERY, ["NCT00000004", "NCT00000002", "NCT99999999", "nonsense"])
    assert keys(answer) == ["NCT00000002", "NCT00000004"]
    assert (answer.declared, answer.watermark, answer.window) == (2, Watermark(), None)
    assert service.asked()[0]["filter.ids"] == "NCT00000002,NCT00000004,NCT99999999"


def test_many_numbers_are_fetched_in_batches(source, service, monkeypatch):
    monkeypatch.setattr(clinicaltrials, "BATCH", 2)
    assert len(source.fetch(QUERY, [key(one) for one in service.studies]).records) == 5
    assert source.fetch(QUERY, []).records == ()
    assert len(service.asked()) == 3


def test_recorded_pages_are_read(recordings):
    pages = {}
    with tarfile.open(recordings / "registries" / "biomcp-ctgov-2026.tar.gz") as archive:
        for member in archive:
            file = archive.extractfile(member)
            if file is not None and "/search_" in member.name:
                first = "_next_" not in member.name
                data = clinicaltrials._json_object(file.read())
                pages[member.name] = clinicaltrials._read_page(data, first=first)
    assert len(pages) == 7
    assert sum(len(page.studies) for page in pages.values()) == 22
    whole = [page for page in pages.values() if page.token is None]
    assert all(len(page.studies) == page.declared for page in whole)
    assert len(whole) == 2
