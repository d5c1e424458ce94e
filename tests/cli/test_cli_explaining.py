"""`explain`, now and of a day gone by, and `check policy`: plain lines and JSON; nothing is written."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from monitor import workflow
from monitor.catalogue import service as catalogue_service
from monitor.cli import commands
from monitor.kernel import audit
from monitor.kernel import settings as settings_module
from monitor.kernel.errors import MonitorError
from monitor.ops.schema import migrate
from monitor.service import Service

AT = datetime(2026, 11, 23, 6, 10, tzinfo=UTC)
DOCS = Path(__file__).resolve().parents[2] / "docs" / "commands.md"


@pytest.fixture(scope="module")
def config(tmp_path_factory):
    """A service with the ten as published."""
    path = tmp_path_factory.mktemp("service") / "config.toml"
    path.write_text("")
    service = Service.open(settings_module.load(path))
    migrate(service.database)
    with service.database.write() as session:
        catalogue_service.sync(session, service.catalogue, at=AT)
        workflow.publish_baseline(session, service, at=AT)
    service.database.dispose()
    return path


def run(config, *words):
    done = CliRunner().invoke(commands, ["--config", str(config), *words])
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.stdout


def test_a_policy_is_tried_over_all_history_and_nothing_is_written(config):
    service = Service.open(settings_module.load(config))
    with service.database.read() as session:
        before = audit.head(session)
    told = run(config, "check", "policy", "grading/2023-1", "gap/2023-2")
    synthesis = service.catalogue.synthesis.version
    assert told.startswith(f"Under grading 2023-1, gap 2023-2, synthesis {synthesis}:\n")
    assert "2026-11-23 06:10 Circle of Security\n" in told
    assert "  gap in words: “" in told
    found = json.loads(run(config, "check", "policy", "grading/2023-1", "gap/2023-2", "--json"))
    assert found["under"] == {"grading": "2023-1", "gap": "2023-2", "synthesis": synthesis}
    assert {one["intervention"] for one in found["differences"]} <= set(service.catalogue.slugs)
    first = found["differences"][0]
    assert first.keys() == {"at", "intervention", "parts"}
    assert first["parts"][0].keys() == {"what", "before", "after"}
    assert run(config, "check", "policy", f"gap/{service.catalogue.gap.version}").endswith(
        "Nothing would differ.\n"
    )
    with service.database.read() as session:
        assert audit.head(session) == before
    service.database.dispose()


def test_a_file_not_released_is_tried_too(config, tmp_path):
    folder = Path(catalogue_service.__file__).parent / "gap"
    draft = tmp_path / "draft.toml"
    text = (folder / "2026-1.toml").read_text()
    assert '"generally positive" = { "widely used" = "aligned"' in text
    draft.write_text(text.replace('"little used" = "under-used"', '"little used" = "aligned"'))
    told = run(config, "check", "policy", str(draft))
    assert "  gap: “under-used” would be “aligned”" in told


def test_what_cannot_be_tried_says_why(config):
    for words, message in (
        (["gap/2023-1"], "do not fit"),
        (["nonsense"], "names no policy"),
        (["grading/1999-1"], "there are 2023-1, "),
    ):
        with pytest.raises(MonitorError, match=message):
            run(config, "check", "policy", *words)


def test_check_alone_checks_the_service(config):
    assert "Settings, catalogue, schema and audit ledger are whole." in run(config, "check")


def test_a_state_is_explained_now_and_on_a_day_gone_by(config):
    now = run(config, "explain", "cos")
    assert now.startswith("Circle of Security\n")
    assert "Which lines of the rules decided:" in now
    assert "  Headline: nothing of trials since is settled, so what the review said stands" in now
    assert "  No result of one is known here." in now
    assert "What it hangs on, and what would change it next:" in now
    service = Service.open(settings_module.load(config))
    today = service.clock().date().isoformat()
    service.database.dispose()
    if today > "2026-11-23":
        assert run(config, "explain", "cos", "--at", "2026-11-23")
    with pytest.raises(MonitorError, match="has not come yet"):
        run(config, "explain", "cos", "--at", "2099-01-01")
    with pytest.raises(MonitorError, match="no such day"):
        run(config, "explain", "cos", "--at", "tomorrow")
    with pytest.raises(MonitorError, match="'cos' has not been graded by 2020-01-01"):
        run(config, "explain", "cos", "--at", "2020-01-01")


def test_the_commands_are_documented():
    told = DOCS.read_text(encoding="utf-8")
    for words in ("check policy NEW", "explain SLUG [--at YYYY-MM-DD]"):
        assert words in told
