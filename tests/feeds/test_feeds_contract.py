"""What every source must keep. A new one brings a folder in ``replies/`` and is picked up here.

The folder is named after the source. Each file in it is the whole reply to a request, named
after the last part of the address asked; ``keys.json`` lists the keys of the records in it.
Where a source is asked about single papers, ``watched.json`` lists their DOIs.
"""

import json
from datetime import date
from pathlib import Path

import pytest

from monitor.catalogue.loader import load
from monitor.feeds import service
from monitor.feeds.sources import SOURCES, SourceContext, lookups
from monitor.feeds.watermarks import Watermark
from monitor.kernel.errors import SourceError
from monitor.kernel.settings import Settings, parse
from monitor.kernel.source_settings import FeedSourceSettings

REPLIES = Path(__file__).parent / "replies"
NO_REPLIES = {"keys.json", "watched.json"}


def replies(name: str) -> dict[str, bytes]:
    return {
        path.name: path.read_bytes()
        for path in sorted((REPLIES / name).iterdir())
        if path.name not in NO_REPLIES
    }


def watched(name: str) -> tuple[str, ...]:
    if not SOURCES[name].watches:
        return ()
    return tuple(json.loads((REPLIES / name / "watched.json").read_text()))


def pointing_to(name: str, url: str, folder: Path) -> Settings:
    is_feed = isinstance(parse({}, folder=folder).source(name), FeedSourceSettings)
    own: dict[str, object] = (
        {"feeds": [{"name": "Invented", "url": f"{url}/feed.xml"}]}
        if is_feed
        else {"base_url": url}
    )
    own["enabled"] = True  # some are off unless asked for
    return parse({"sources": {"allow_loopback": True, name: own}}, folder=folder)


@pytest.fixture(params=sorted(SOURCES))
def name(request) -> str:
    return str(request.param)


@pytest.fixture
def settings(name, upstream, tmp_path):
    return pointing_to(name, upstream.url, tmp_path)


@pytest.fixture
def source(name, settings, upstream, make_http):
    http = make_http()
    context = SourceContext(settings, load(), http, date(2026, 11, 23), watched=watched(name))
    built = SOURCES[name].build(context)
    http.pace(upstream.url, 10_000)
    return built


def serve(upstream, bodies: dict[str, bytes]) -> None:
    upstream.answer = lambda asked: upstream.says(bodies[asked.path.rpartition("/")[2]])


def test_every_source_has_recorded_replies():
    assert {path.name for path in REPLIES.iterdir()} == SOURCES.keys()


def test_it_is_enabled_and_has_queries(name, settings, source):
    assert SOURCES[name].name == name
    assert SOURCES[name].enabled(settings)
    assert source.queries
    keys = [query.key for query in source.queries]
    assert len(set(keys)) == len(keys)
    assert all(query.intervention in {None, *load().slugs} for query in source.queries)


def test_a_whole_answer_is_read_and_asking_again_brings_the_same(name, source, upstream, now):
    serve(upstream, replies(name))
    query = source.queries[0]
    first = source.ask(query, None, now)
    assert sorted(one.key for one in first.records) == json.loads(
        (REPLIES / name / "keys.json").read_text()
    )
    assert first.query == query
    assert first.unreadable == ()
    # without what would let the source say that nothing changed
    again = source.ask(query, first.watermark._replace(etag=None, modified=None), now)
    assert again.records == first.records
    assert again.watermark == first.watermark


def test_storing_the_same_answer_again_changes_nothing(
    name, source, settings, upstream, session, now
):
    serve(upstream, replies(name))
    answer = source.ask(source.queries[0], None, now)
    service.sync_sources(session, settings, now)
    lease = service.lease(session, name, now, 60, take_over=True)
    poll_id = service.start_poll(session, lease, now)
    assert len(service.store(session, lease, poll_id, [answer], now)) == len(answer.records)
    assert service.store(session, lease, poll_id, [answer], now) == []


@pytest.mark.parametrize(
    "body",
    [b"", b" \n", b"<html><body><h1>Maintenance CANARY</h1></body></html>",
     b"<!DOCTYPE html><html>CANARY</html>", b'{"error":"API rate limit exceeded CANARY"}',
     b"\x00\xff\xfe CANARY", b"null", b"[]"],
)  # fmt: skip
def test_what_is_no_answer_fails(name, source, upstream, now, body):
    upstream.answer = lambda asked: upstream.says(body)
    with pytest.raises(SourceError) as caught:
        source.ask(source.queries[0], Watermark(position="2026-11-20"), now)
    assert "CANARY" not in str(caught.value)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.99])
def test_a_reply_cut_off_anywhere_fails(name, source, upstream, now, share):
    for file, body in replies(name).items():
        cut = body.rstrip()[: int(len(body.rstrip()) * share)]
        serve(upstream, {**replies(name), file: cut})
        with pytest.raises(SourceError):
            source.ask(source.queries[0], None, now)


@pytest.mark.parametrize("status", [400, 403, 404, 429, 500, 503])
def test_an_error_status_fails(name, source, upstream, now, status):
    upstream.answer = lambda asked: upstream.says(b"CANARY", status)
    if status == 404 and lookups.is_look_up(source.queries[0]):
        answer = source.ask(source.queries[0], None, now)
        assert answer.records == ()
        assert answer.notes
        assert "CANARY" not in str(answer)
        return
    with pytest.raises(SourceError) as caught:
        source.ask(source.queries[0], None, now)
    assert "CANARY" not in str(caught.value)
