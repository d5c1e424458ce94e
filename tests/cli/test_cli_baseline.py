"""`gap-monitor baseline`: a table tried, brought in, brought again, contradicted, and withdrawn."""

import json

import pytest
from baseline_tables import (  # type: ignore[import-not-found]  # tests/support is on pytest's path
    file,
    line,
    lines,
)
from click.testing import CliRunner

from monitor.cli import commands
from monitor.evidence.baseline.standing import Contradicted
from monitor.evidence.baseline.table import TableFaults


@pytest.fixture
def config(tmp_path, nobody_asked):
    path = tmp_path / "config.toml"
    path.write_text("".join(f"[sources.{name}]\nenabled = false\n" for name in nobody_asked))
    return path


def run(config, *arguments, rows=None):
    if arguments[0] == "import":
        path = config.parent / "appendix.csv"
        path.write_bytes(file(rows))
        arguments = ("import", str(path), *arguments[1:])
    done = CliRunner().invoke(commands, ["--config", str(config), "baseline", *arguments])
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done


def test_a_table_from_its_first_try_to_its_withdrawal(config):
    tried = run(config, "import", "--dry-run")
    assert tried.exit_code == 0
    assert tried.output.startswith("46 studies, 46 papers named, 0 held here already\n")
    assert "cos\tstrong, 8–17 studies → strong, 8 studies\n" in tried.output
    assert tried.output.endswith("Nothing was kept.\n")
    assert "The published ranges hold." in run(config, "show").output

    brought = json.loads(run(config, "import", "--json").output)
    assert (brought["version"], brought["studies"], brought["unwatched"]) == (1, 46, [])
    (cos,) = [one for one in brought["interventions"] if one["intervention"] == "cos"]
    assert (cos["before"]["studies"], cos["after"]["studies"]) == ([8, 17], [8, 8])

    again = run(config, "import")
    assert "This table is in already: nothing changes." in again.output
    assert again.output.endswith("Version 1 holds.\n")

    gone = run(config, "withdraw", "--because", "It was another review's")
    assert "cos\tstrong, 8 studies → strong, 8–17 studies\n" in gone.output
    shown = json.loads(run(config, "show", "--json").output)
    assert (shown["in"], shown["contested"], shown["retracted"]) == (False, [], [])
    assert [(one["version"], one["studies"], one["by"]) for one in shown["versions"]] == [
        (2, 0, "cli"),
        (1, 46, "cli"),
    ]


def test_a_contradiction_is_told_in_a_try_refused_and_kept_for_a_reason(config):
    rows = [*lines({"cos": (19, 19)}), line("Nameless", "www", doi="", design="case")]
    tried = run(config, "import", "--dry-run", rows=rows)
    assert tried.exit_code == 1
    both = "Circle of Security: the table has 19 studies, and the review published 8 to 17"
    assert f"contradiction\t{both}\n" in tried.output
    assert "so no retraction is heard: Nameless" in tried.output
    with pytest.raises(Contradicted, match="Nothing was brought in"):
        run(config, "import", rows=rows)
    kept = run(config, "import", "--keep-because", "The authors wrote so", rows=rows)
    assert kept.exit_code == 0
    assert "holds" in kept.output
    (newest, *_) = json.loads(run(config, "show", "--json").output)["versions"]
    assert (newest["reason"], newest["contradictions"][0]) == ("The authors wrote so", both)


def test_faults_are_told_all_at_once(config):
    with pytest.raises(TableFaults) as told:
        run(config, "import", rows=[line("One", "cos", design="x"), line("Two", "nowhere")])
    assert len(told.value.faults) == 2
