"""`gap-monitor usage services` and `usage collect`: from a list to a draft, and what is refused."""

import json

import pytest
import service_returns as returns  # type: ignore[import-not-found]  # tests/support is on pytest's path
from click.testing import CliRunner

from monitor.cli import commands
from monitor.kernel.clock import utcnow
from monitor.kernel.persistence.database import Database
from monitor.usage.returns import rules
from monitor.usage.returns.rules import ServiceAnswers
from monitor.usage.returns.tables import Return


@pytest.fixture
def run(tmp_path):
    config = tmp_path / "config.toml"
    config.write_text("[sources.pubmed]\nenabled = false\n", encoding="utf-8")

    def run(*arguments, code=0):
        done = CliRunner().invoke(commands, ["--config", str(config), *arguments])
        assert done.exit_code == code, done.output
        return done

    run("init")
    return run


def test_a_wave_is_collected_from_a_list_to_a_draft(run, tmp_path):
    path = tmp_path / "services.csv"
    path.write_bytes(returns.listing("Ash", "Birch") + b"\nElm,NHS,Atlantis,,elm@a.example")
    refused = run("usage", "services", "import", str(path), code=1)
    assert "line 4, Elm: nation: 'Atlantis' is none of" in refused.stderr
    path.write_bytes(returns.listing("Ash", "Birch"))
    dry = json.loads(run("usage", "services", "import", str(path), "--dry-run", "--json").stdout)
    assert (dry["added"], dry["dry_run"]) == (2, True)
    assert run("usage", "services", "list").stdout == ""
    assert "The list is in: 2 added" in run("usage", "services", "import", str(path)).stdout
    assert "no wave is being collected" in str(run("usage", "collect", "invite", code=1).exception)
    opening = ("--name", "Services 2099", "--closes", "2098-12-31", "--frame", "An invented list")
    opened = run("usage", "collect", "open", *opening, "--promoter", "A network")
    assert "2 services to be invited" in opened.stdout
    assert "2 services invited." in run("usage", "collect", "invite").stdout
    assert "0 services invited." in run("usage", "collect", "invite").stdout
    assert "0 services reminded." in run("usage", "collect", "remind").stdout
    database = Database(f"sqlite:///{tmp_path}/var/gap-monitor.sqlite3")
    with database.write() as session:
        one = session.get_one(Return, 1)
        one.answers = ServiceAnswers(offered=("ddp",), measures=(rules.NOT_KNOWN,)).to_dict()
        one.returned_at = utcnow()
    database.dispose()
    shown = json.loads(run("usage", "collect", "show", "--json").stdout)
    assert (shown["asked"], shown["answered"], shown["not_answered"]) == (2, 1, 1)
    assert "1 of 2 services answered (50%)" in run("usage", "collect", "show").stdout
    closed = run("usage", "collect", "close").stdout
    assert "Its wave is 2, a draft of 1 service:" in closed
    assert "is forgotten" in run("usage", "services", "forget", "1").stdout
    rows = json.loads(run("usage", "services", "list", "--json").stdout)
    assert [(row["name"], row["left"]) for row in rows] == [
        ("A service that was forgotten", True), ("Birch", False),
    ]  # fmt: skip


def test_the_last_day_of_a_collection_is_moved_on(run, tmp_path):
    path = tmp_path / "services.csv"
    path.write_bytes(returns.listing("Ash"))
    run("usage", "services", "import", str(path))
    run("usage", "collect", "open", "--name", "A", "--closes", "2098-12-31", "--frame", "A list")
    run("usage", "collect", "invite")
    moved = run("usage", "collect", "move", "--closes", "2099-06-30").stdout
    assert moved == "“A” is open to 2099-06-30.\n"
    refused = run("usage", "collect", "move", "--closes", "2098-12-31", code=1)
    assert "choose a later day" in str(refused.exception)
