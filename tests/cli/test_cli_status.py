"""`gap-monitor status`, of now and of one day, in words and as JSON; the shapes are documented."""

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from monitor.catalogue import service as catalogue_service
from monitor.cli import commands
from monitor.feeds import service as feeds
from monitor.feeds.records import Answer, Citation, FetchedRecord
from monitor.feeds.sources.contract import catalogue_queries
from monitor.feeds.tables import Comparison
from monitor.feeds.watermarks import Watermark
from monitor.kernel import settings as settings_module
from monitor.kernel.errors import NotFound, SourceError, SourceFault
from monitor.ops.schema import migrate
from monitor.service import Service

SIX = datetime(2026, 11, 20, 6, 10, tzinfo=UTC)
DOCS = Path(__file__).resolve().parents[2] / "docs" / "commands.md"


@pytest.fixture(scope="module")
def config(tmp_path_factory, nobody_asked):
    """A service of which PubMed failed in part at 06:10 and answered in full the next day."""
    folder = tmp_path_factory.mktemp("service")
    path = folder / "config.toml"
    others = [name for name in nobody_asked if name != "pubmed"]
    path.write_text("".join(f"[sources.{name}]\nenabled = false\n" for name in others))
    service = Service.open(settings_module.load(path))
    migrate(service.database)
    with service.database.write() as session:
        catalogue_service.sync(session, service.catalogue, at=SIX)
        feeds.sync_sources(session, service.settings, SIX - timedelta(days=3))
        ask(session, service.catalogue, SIX, fails=True)
        last = ask(session, service.catalogue, SIX + timedelta(days=1))
        query = catalogue_queries(service.catalogue, "pubmed")[0]
        numbers = {"listed": 9, "older": 2, "held": 7, "missed": 0, "fetched": 0, "vanished": 1}
        found = {"query_key": query.key, "query_hash": query.hash, "at": SIX}
        session.add(Comparison(poll_id=last, source="pubmed", **found, **numbers))
    service.database.dispose()
    return path


def ask(session, catalogue, at, *, fails=False) -> int:
    lease = feeds.lease(session, "pubmed", at, 900, take_over=True)
    poll_id = feeds.start_poll(session, lease, at)
    down = SourceError(SourceFault.UNREACHABLE, "PubMed is down")
    effort = feeds.Effort(at, 1, 2)
    for query in catalogue_queries(catalogue, "pubmed"):
        if fails and query.key == "vipp":
            feeds.note_failure(session, lease, poll_id, query, down, at, effort=effort)
            continue
        new = (FetchedRecord("1", b"", "text/xml", Citation("About one")),)
        records = new if fails and query.key == "ddp" else ()
        mark = Watermark(at.date().isoformat())
        answer = Answer(query, records, mark, declared=len(records))
        feeds.store(session, lease, poll_id, [answer], at, effort=effort)
    if fails:
        feeds.fail(session, lease, poll_id, down, at=at)
    else:
        feeds.finish(session, lease, poll_id, at=at, next_due_at=at + timedelta(days=1))
    return poll_id


def run(config, *words):
    done = CliRunner().invoke(commands, ["--config", str(config), "status", *words])
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.stdout


def test_now_in_words_tells_of_jobs_queue_and_mail_too(config):
    lines = run(config).splitlines()
    assert lines[-3:] == [
        "  Jobs: none has run yet",
        "  Queue: no paper waits for a reviewer",
        "  Mail: nothing was sent yet; nothing waits",
    ]


def test_a_day_in_words(config):
    assert run(config, "--day", "2026-11-20").splitlines()[:4] == [
        "PubMed failed and was made good: nothing is missing for 20 November 2026.",
        (
            "  PubMed: 1 of 10 queries (VIPP) failed at 06:10, made good on 21 November 2026 at "
            "06:10: nothing is missing."
        ),
        "    06:10 poll: failed; 10 queries, 1 record, 1 new",
        "    06:10 VIPP: no full answer: PubMed is down",
    ]


def test_a_day_as_json(config):
    day = json.loads(run(config, "--day", "2026-11-20", "--json"))
    assert (day["day"], day["zone"]) == ("2026-11-20", "Europe/London")
    assert (day["start"], day["end"]) == ("2026-11-20T00:00:00+00:00", "2026-11-21T00:00:00+00:00")
    assert day["missing"]["word"] == "nothing"
    pubmed = day["sources"][0]
    assert (pubmed["name"], pubmed["state"], pubmed["received"]) == (
        "pubmed",
        "some queries failed",
        1,
    )
    (attempt,) = pubmed["attempts"]
    vipp = attempt["queries"][0]
    assert (vipp["key"], vipp["name"], vipp["state"]) == ("vipp", "VIPP", "failed")
    assert (vipp["error"], vipp["requests"], vipp["window"]) == ("PubMed is down", 2, None)
    assert [one["title"] for one in pubmed["new_records"]] == ["About one"]


def test_now_tells_of_every_query(config):
    now = json.loads(run(config, "--json"))
    pubmed = now["sources"][0]
    vipp = pubmed["queries"][0]
    assert vipp == {
        "key": "vipp",
        "intervention": "vipp",
        "position": "2026-11-21",
        "last_asked": "2026-11-21T06:10:00+00:00",
        "last_state": "complete",
        "last_error": None,
        "compared": {
            "at": "2026-11-20T06:10:00+00:00",
            "listed": 9,
            "held": 7,
            "missed": 0,
            "vanished": 1,
        },
    }
    assert pubmed["queries"][1]["compared"] is None
    assert len(pubmed["queries"]) == 10
    assert pubmed["missing"]["read_to"] == "2026-11-21T06:10:00+00:00"
    assert {one["name"]: one["missing"]["word"] for one in now["sources"]}["europepmc"] == "off"


def test_now_in_words_is_as_it_was(config):
    assert "PubMed: " in run(config)
    assert "missing" not in run(config)


@pytest.mark.parametrize("written", ["abc", "2026-02-31", "0001-01-01", "9999-12-31"])
def test_what_is_no_day_is_refused(config, written):
    with pytest.raises(NotFound, match="There is no such day"):
        run(config, "--day", written)


def test_every_key_is_documented(config):
    """A key that is printed and not in docs/commands.md fails, and the other way round."""
    text = DOCS.read_text(encoding="utf-8")
    for heading, words in (("## `status --json`", ()), ("### `--day`", ("--day", "2026-11-20"))):
        block = text.partition(heading)[2].partition("```")[2].partition("```")[0]
        shown = set(re.findall(r"\w+", re.sub(r"\{(stage|state): n\}", "", block)))
        missing = keys(json.loads(run(config, "--json", *words))) - shown
        assert not missing, heading


def keys(value) -> set[str]:
    """Give every key of a JSON value, except those that are data."""
    if isinstance(value, dict):
        below = [keys(one) for name, one in value.items() if name != "counts"]
        return set(value).union(*below)
    return set().union(*(keys(one) for one in value)) if isinstance(value, list) else set()
