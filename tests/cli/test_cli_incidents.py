"""``gap-monitor status``, in words and as JSON, on a database that ``init`` made."""

import json

import pytest
from click.testing import CliRunner

from monitor import workflow
from monitor.cli import commands
from monitor.cli.root import service_of
from monitor.kernel.errors import SourceError, SourceFault


@pytest.fixture
def run(tmp_path):
    config = tmp_path / "config.toml"
    config.write_text("[web]\nport = 0\n")

    def run(*words):
        done = CliRunner().invoke(commands, ["--config", str(config), *words])
        assert done.exit_code == 0, done.output
        return done.output

    run("init")
    with service_of(config) as service, service.database.write() as session:
        error = SourceError(SourceFault.INCOMPLETE, "PubMed named 9 articles and left out 8")
        workflow.source_failed(session, service.settings, "pubmed", error, service.clock())
    return run


def test_status_tells_of_an_open_incident(run):
    (line,) = (line for line in run("status").splitlines() if "answered only in part" in line)
    assert line.startswith("  PubMed answered only in part, since 20")
    assert line.endswith("noticed 1 time: PubMed named 9 articles and left out 8")


def test_status_json_has_the_incident_in_the_agreed_shape(run):
    (one,) = json.loads(run("status", "--json"))["incidents"]
    assert set(one) == {
        "source",
        "topic",
        "kind",
        "message",
        "opened",
        "last_seen",
        "times",
        "closed",
    }
    assert (one["source"], one["topic"], one["kind"]) == ("pubmed", "poll", "incomplete")
    assert one["closed"] is None
