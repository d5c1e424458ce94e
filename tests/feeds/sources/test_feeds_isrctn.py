"""ISRCTN: asking for all of them, halving, what counts as whole, and when nothing is believed."""

import re
from datetime import UTC, date, datetime
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest

from monitor.feeds.sources import Searchable, SourceContext, isrctn
from monitor.feeds.watermarks import Query, Watermark
from monitor.kernel.errors import SourceError, SourceFault
from monitor.kernel.settings import parse

NOW = datetime(2026, 11, 23, 6, 10, tzinfo=UTC)
QUERY = Query("vipp", '("an invention")', "vipp")
WINDOW = re.compile(r"lastEdited GE (\S+)T00:00:00(?: AND lastEdited LT (\S+)T00:00:00)?")


class Service:
    """What the scripted server holds: number → day last edited. It sends at most ``most``."""

    def __init__(self, upstream):
        self.upstream = upstream
        self.edited = {f"0000000{n}": f"2026-11-1{n}" for n in range(1, 6)}
        self.most = 1_000
        self.understands = True
        self.date = "Mon, 23 Nov 2026 06:10:00 GMT"
        self.broken: dict[str, str] = {}
        upstream.answer = self.answer

    def answer(self, asked):
        query, limit = asked.fields["q"], int(asked.fields["limit"])
        found = [number for number, day in self.edited.items() if self.finds(query, number, day)]
        sent = "".join(self.trial(one) for one in found[: min(limit, self.most)])
        body = f'<allTrials xmlns="http://www.67bricks.com/isrctn" totalCount="{len(found)}">'
        whole = f"{body}{sent}</allTrials>".encode()
        return self.upstream.says(whole, send=partial(self.send, whole))

    def send(self, body, handler) -> None:
        """Send with the date that a test wants, not the one that the machine has."""
        handler.send_response_only(200)
        handler.send_header("Date", self.date)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    def finds(self, query, number, day) -> bool:
        wanted = re.findall(r"ISRCTN([0-9]{8})", query)
        if wanted:
            return number in wanted
        window = WINDOW.search(query)
        if window is None:
            return True
        first, end = window.groups()
        return self.understands and first <= day < (end or "9999")

    def trial(self, number) -> str:
        inside = self.broken.get(number, f"<title>Invention {number}</title>")
        return (
            f'<fullTrial><trial lastUpdated="{self.edited[number]}T09:00:00Z" '
            f'publicIdentifierCanonical="ISRCTN{number}">'
            f"<trialDescription>{inside}</trialDescription></trial></fullTrial>"
        )

    def asked(self):
        return [(one.fields["q"], int(one.fields["limit"])) for one in self.upstream.asked]


def keys(answer):
    return [record.key for record in answer.records]


ALL = [f"ISRCTN0000000{n}" for n in range(1, 6)]


@pytest.fixture
def service(upstream):
    return Service(upstream)


@pytest.fixture
def source(make_registry):
    return make_registry(isrctn, "api/", QUERY, NOW.date())


def failure(source, watermark=None) -> SourceError:
    with pytest.raises(SourceError) as caught:
        source.ask(QUERY, watermark, NOW)
    assert "CANARY" not in str(caught.value)
    return caught.value


def test_one_request_brings_a_narrow_topic(source, service):
    answer = source.ask(QUERY, None, NOW)
    assert isinstance(source, Searchable)
    assert keys(answer) == ALL
    assert (answer.declared, answer.watermark) == (5, Watermark(position="2026-11-23"))
    assert answer.window == (date(2020, 1, 1), date(2026, 11, 24))
    assert service.upstream.asked[0].path == "/api/query/format/default"
    window = "lastEdited GE 2020-01-01T00:00:00 AND lastEdited LT 2026-11-25T00:00:00"
    assert service.asked() == [(f'(("an invention")) AND {window}', isrctn.LIMIT)]


def test_a_later_poll_looks_back_over_the_overlap(source, service):
    answer = source.ask(QUERY, Watermark(position="2026-11-20"), NOW)
    assert answer.window == (date(2026, 11, 13), date(2026, 11, 24))
    assert keys(answer) == ALL[2:]


def test_the_earlier_of_two_clocks_is_believed(source, service):
    service.date = "Sat, 21 Nov 2026 06:10:00 GMT"
    assert source.ask(QUERY, None, NOW).watermark == Watermark(position="2026-11-21")


def test_where_it_finds_more_than_it_sends_it_is_asked_for_all(source, service, monkeypatch):
    monkeypatch.setattr(isrctn, "LIMIT", 2)
    assert keys(source.ask(QUERY, None, NOW)) == ALL
    assert [limit for _, limit in service.asked()] == [2, 5]


def test_where_it_sends_no_more_the_window_is_halved(source, service):
    service.most = 2
    answer = source.ask(QUERY, None, NOW)
    assert keys(answer) == ALL
    assert answer.declared == 5
    assert len(service.asked()) > 4


def test_more_than_a_reply_may_hold_is_halved_at_once(source, service, monkeypatch):
    monkeypatch.setattr(isrctn, "LIMIT", 2)
    monkeypatch.setattr(isrctn, "MOST", 3)
    assert keys(source.ask(QUERY, None, NOW)) == ALL
    assert max(limit for _, limit in service.asked()) <= 3


def test_a_day_that_stays_too_much_is_incomplete(source, service):
    service.edited = dict.fromkeys(service.edited, "2026-11-11")
    service.most = 4
    assert failure(source).kind is SourceFault.INCOMPLETE


@pytest.mark.parametrize("days", [0, 1, 5, 40])
@pytest.mark.parametrize("inflated", [1, 1000, 10**7])
def test_a_total_that_is_never_reached_ends_after_a_few_requests(source, service, days, inflated):
    """As where it counts what it does not send, in windows of more than so many days."""
    whole = service.answer

    def answer(asked):
        ((first, last),) = re.findall(r"GE (.{10})T.* LT (.{10})T", asked.fields["q"])
        body = whole(asked).body
        if (date.fromisoformat(last) - date.fromisoformat(first)).days <= days:
            return service.upstream.says(body)
        total = int(re.findall(rb'totalCount="(\d+)"', body)[0]) + inflated
        return service.upstream.says(
            re.sub(rb'totalCount="\d+"', f'totalCount="{total}"'.encode(), body)
        )

    service.upstream.answer = answer
    error = failure(source)
    assert error.kind is SourceFault.INCOMPLETE
    assert len(service.asked()) <= isrctn.MOST_REQUESTS + 2
    before = len(service.asked())
    with pytest.raises(SourceError):
        source.between(QUERY, date(2020, 1, 1), date(2026, 1, 1))
    assert len(service.asked()) - before > 2, "the next question has requests of its own"


@pytest.mark.parametrize("total", ["0", "4"])
def test_more_than_it_says_it_finds_is_no_answer(source, service, total):
    whole = service.answer

    def answer(asked):
        body = re.sub(rb'totalCount="5"', f'totalCount="{total}"'.encode(), whole(asked).body)
        return service.upstream.says(body)

    service.upstream.answer = answer
    assert failure(source).kind is SourceFault.INCOMPLETE


def test_nothing_is_believed_of_a_registry_that_finds_anything_and_asked_once(source, service):
    for _ in range(3):
        answer = source.between(QUERY, date(2024, 1, 1), date(2024, 1, 31))
        assert (answer.records, answer.declared) == ((), 0)
    asked = service.asked()
    assert len(asked) == 4
    assert asked[1] == ('(("trial" OR "study")) AND lastEdited GE 2000-01-01T00:00:00', 1)


def test_what_was_found_by_date_is_proof_enough(source, service):
    source.ask(QUERY, None, NOW)
    source.between(QUERY, date(2024, 1, 1), date(2024, 1, 31))
    assert len(service.asked()) == 2


def test_a_registry_that_no_longer_reads_our_searches_is_not_believed(source, service):
    service.understands = False
    assert failure(source).kind is SourceFault.QUERY_CHANGED
    # what it finds without a date proves nothing
    assert len(source.listing(QUERY, date(2020, 1, 1)).keys) == 5
    assert failure(source).kind is SourceFault.QUERY_CHANGED


def test_one_unreadable_trial_is_set_aside_alone(source, service):
    service.broken = {"00000002": "<acronym>NONE</acronym>"}
    answer = source.ask(QUERY, None, NOW)
    assert len(answer.records) == 4
    assert [(one.key, one.reason) for one in answer.unreadable] == [(ALL[1], "has no title")]
    assert answer.declared == 5


@pytest.mark.parametrize(
    ("body", "status", "kind"),
    [
        (b"", 200, SourceFault.MALFORMED),
        (b"<html><body>CANARY: down for maintenance</body></html>", 200, SourceFault.MALFORMED),
        (b"<!DOCTYPE html><html>CANARY", 200, SourceFault.MALFORMED),
        (b'<allTrials totalCount="1"><fullTrial><tri', 200, SourceFault.MALFORMED),
        (b'<allTrials totalCount="1"/>', 200, SourceFault.INCOMPLETE),
        (b"CANARY: empty query", 400, SourceFault.REFUSED),
        (b"<html>CANARY</html>", 500, SourceFault.UNREACHABLE),
        (b"<html>CANARY</html>", 503, SourceFault.UNREACHABLE),
    ],
)
def test_a_reply_that_is_no_answer_fails_the_poll(source, upstream, body, status, kind):
    upstream.answer = lambda asked: upstream.says(body, status)
    assert failure(source).kind is kind


@pytest.mark.parametrize(
    ("after", "seconds"),
    [("3600", 3600), ("-5", 0), ("1e9", 86_400), ("soon", None), (None, None)],
)
def test_too_many_requests_say_when_to_come_back(source, upstream, after, seconds):
    headers = {"Retry-After": after} if after else {}
    upstream.answer = lambda asked: upstream.says(b"CANARY", 429, headers)
    error = failure(source)
    assert (error.kind, error.retry_after) == (SourceFault.RATE_LIMITED, seconds)


def test_a_passing_503_is_outlived(source, service):
    service.upstream.script = [service.upstream.says(b"CANARY", 503)]
    assert keys(source.ask(QUERY, None, NOW)) == ALL


def test_a_host_without_address_is_unreachable(make_http, tmp_path):
    values = {"isrctn": {"base_url": "https://no-such-host.invalid/api"}}
    catalogue: Any = SimpleNamespace(interventions=[])
    settings = parse({"sources": values}, folder=tmp_path)
    source = isrctn.build(SourceContext(settings, catalogue, make_http(), NOW.date()))
    assert failure(source).kind is SourceFault.UNREACHABLE


def test_a_stretch_of_the_past_moves_nothing(source, service):
    answer = source.between(QUERY, date(2026, 11, 12), date(2026, 11, 13))
    assert keys(answer) == ALL[1:3]
    assert (answer.watermark, answer.declared) == (Watermark(), 2)
    assert answer.window == (date(2026, 11, 12), date(2026, 11, 13))


def test_a_listing_has_every_number_and_tells_what_is_older(source, service):
    service.edited["00000001"] = "2019-12-31"
    service.edited["00000002"] = "never"
    service.edited["00000003"] = "2020-01-01"
    listing = source.listing(QUERY, date(2020, 1, 1))
    assert listing.keys == frozenset(ALL)
    assert listing.older == {ALL[0]}
    assert service.asked() == [(QUERY.text, isrctn.LIMIT)]


def test_a_listing_that_is_not_whole_is_none(source, service):
    service.most = 2
    with pytest.raises(SourceError) as caught:
        source.listing(QUERY, date(2020, 1, 1))
    assert caught.value.kind is SourceFault.INCOMPLETE


def test_trials_are_fetched_by_their_numbers(source, service, monkeypatch):
    monkeypatch.setattr(isrctn, "BATCH", 2)
    answer = source.fetch(QUERY, [ALL[3], ALL[1], "ISRCTN99999999", "nonsense"])
    assert keys(answer) == [ALL[1], ALL[3]]
    assert (answer.declared, answer.watermark, answer.window) == (2, Watermark(), None)
    assert service.asked()[0][0] == f"{ALL[1]} OR {ALL[3]}"
    assert source.fetch(QUERY, []).records == ()


def test_a_trial_that_only_names_a_wanted_one_is_not_fetched(source, service):
    service.finds = lambda query, number, day: True
    assert keys(source.fetch(QUERY, [ALL[0]])) == [ALL[0]]
