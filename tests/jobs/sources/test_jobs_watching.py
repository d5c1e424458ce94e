"""A retraction on its way: from Crossref's notice to what the paper's page says."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from sqlalchemy import func, select

from monitor.feeds.records import Answer, Citation, FetchedRecord, Identifier, LinkKind
from monitor.feeds.tables import PollKind, PollQuery, Record
from monitor.feeds.watermarks import Query, Watermark
from monitor.jobs.sources.asking import attempt
from monitor.jobs.sources.polling import poll_source
from monitor.literature.papers.statements import said_of
from monitor.literature.tables import PaperIdentifier

DOI, NOTICE = "10.5555/trial", "10.5555/notice"
TITLE = "Circle of Security in the invented town of Nowhere: a trial"
RETRACTION = {"type": "retraction", "source": "publisher"}
WORKS: dict[str, dict[str, Any]] = {
    DOI: {"DOI": DOI, "title": [TITLE], "updated-by": [{"DOI": NOTICE, **RETRACTION}]},
    NOTICE: {
        "DOI": NOTICE,
        "title": ["Retraction of an invented trial"],
        "update-to": [{"DOI": DOI, **RETRACTION}],
    },
}


class Crossref(BaseHTTPRequestHandler):
    """Knows one notice and the paper it is about."""

    paths: list[str]

    def do_GET(self) -> None:
        self.paths.append(self.path)
        doi = self.path.partition("?")[0].removeprefix("/works").removeprefix("/")
        if doi:
            self._say("work", WORKS[doi])
        else:
            listed = [WORKS[NOTICE]] if "update-type%3Aretraction" in self.path else []
            self._say("work-list", {"total-results": len(listed), "items": listed})

    def _say(self, kind: str, message: dict[str, Any]) -> None:
        body = json.dumps({"status": "ok", "message-type": kind, "message": message}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        return


@pytest.fixture
def asked() -> Iterator[Any]:
    handler = type("Handler", (Crossref,), {"paths": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def settings_data(asked, nobody_asked):
    # what it is searched for is another test's
    here = {"base_url": f"http://127.0.0.1:{asked.server_port}", "search": False}
    return {"sources": {**nobody_asked, "allow_loopback": True, "crossref": here}}


def _queue_a_trial(service):
    """Let the trial come in as any source would bring it."""
    citation = Citation(TITLE, identifiers=(Identifier("doi", DOI),))
    record = FetchedRecord("1", b"as sent", "text/plain", citation)
    query = Query("cos", "an invented query", "cos")

    def ask(asking):
        asking.put(query, lambda: Answer(query, (record,), Watermark()))

    attempt(service, "journals", PollKind.BACKFILL, ask)


def test_a_notice_about_a_paper_here_is_kept_and_told_and_the_paper_is_asked_about(service, asked):
    _queue_a_trial(service)
    report = poll_source(service, "crossref")
    assert report.error is None
    with service.database.read() as session:
        paper = session.scalars(
            select(PaperIdentifier.paper_id).where(PaperIdentifier.value == DOI)
        ).one()
        (said,) = said_of(session, paper)
        rows = session.execute(select(PollQuery.query_key, PollQuery.records)).all()
        keys = session.scalars(select(Record.key).where(Record.source == "crossref")).all()
    assert (said.kind, said.other, said.sources) == (
        LinkKind.RETRACTED_BY, Identifier("doi", NOTICE), ("crossref",),
    )  # fmt: skip
    assert said.paper_id, "the notice is a paper here too"
    assert sorted(keys) == [NOTICE, DOI]
    assert ("notices:retraction", 2) in rows
    assert (f"doi:{DOI}", 1) in rows
    assert len(rows) == 1 + 8 + 1


def test_the_next_poll_sweeps_again_looks_nothing_up_and_changes_nothing(service, asked, clock):
    _queue_a_trial(service)
    poll_source(service, "crossref")
    before = _held(service)
    asked.RequestHandlerClass.paths.clear()
    clock.pass_by(days=1)
    report = poll_source(service, "crossref")
    assert (report.error, report.new, report.queued) == (None, 0, 0)
    assert _held(service) == before
    looked_up = [path for path in asked.RequestHandlerClass.paths if path.startswith("/works/")]
    assert len(looked_up) == 2, "the notice in the sweep's overlap, and its paper"


def _held(service):
    with service.database.read() as session:
        return session.scalar(select(func.count()).select_from(Record))
