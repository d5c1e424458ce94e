"""`gap-monitor usage`: a wave comes in, is previewed, published and withdrawn; what is wrong is told."""

import json

import pytest
import waves  # type: ignore[import-not-found]  # tests/support is on pytest's path
from click.testing import CliRunner

from monitor.cli import commands


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


@pytest.fixture
def files(tmp_path):
    def write(table, about):
        (tmp_path / "wave.csv").write_bytes(table)
        (tmp_path / "about.toml").write_bytes(about)
        return str(tmp_path / "wave.csv"), "--about", str(tmp_path / "about.toml")

    return write


def test_two_waves_from_files_to_a_change_and_back(run, files):
    first = files(waves.table(), waves.about())
    dry = json.loads(run("usage", "import", *first, "--dry-run", "--json").stdout)
    assert (dry["id"], dry["state"], dry["changed"]) == (None, "not kept", [])
    assert len(dry["new_figures"]) == 10
    assert any("how many were for how many" in words for words in dry["look"])
    said = run("usage", "import", *first, "--publish").stdout
    assert "“Services 2026” is published as wave 2; 0 readers told." in said

    later = files(waves.table(waves.AFTER, 690), waves.about(**waves.LATER))
    said = run("usage", "import", *later).stdout
    assert "use fell from 21.5% (158 of 734 services, May to July 2026) to 14.3%" in said
    assert "Use changes: vipp;" in said
    assert "Look: Promoted by An invented network." in said
    assert "gap-monitor usage publish 3" in said
    assert (
        "“Services 2029” is published."
        in run("usage", "publish", "3", "--reason", "Checked").stdout
    )

    listed = json.loads(run("usage", "waves", "--json").stdout)
    assert [(one["name"], one["state"]) for one in listed] == [
        ("Services 2029", "published"), ("Services 2026", "published"), ("2020", "published"),
    ]  # fmt: skip
    assert "running by January 2020" in run("usage", "waves").stdout
    exported = json.loads(run("export", "use", "--format", "json").stdout)
    assert len(exported) == 30
    assert exported[-1]["wave"] == "Services 2029"

    assert "is withdrawn" in run("usage", "withdraw", "3", "--reason", "Answered twice").stdout
    changes = json.loads(run("export", "changes", "--format", "json").stdout)
    assert changes[-10]["kinds"] == ["use"]
    assert "Answered twice" in changes[-10]["sentence"]


def test_a_draft_that_cannot_be_published_is_not_said_to_wait_for_it(run, files):
    run("usage", "import", *files(waves.table(), waves.about()), "--publish")
    other = files(waves.table(), waves.about(name="Other", citation="Another invented survey"))
    told = json.loads(run("usage", "import", *other, "--dry-run", "--json").stdout)
    assert "two waves of one time cannot both count" in told["cannot_be_published"]
    said = run("usage", "import", *other).stdout
    assert "It cannot be published: “Other” and “Services 2026” (May to July 2026) overlap" in said
    assert "It is wave 3, a draft." in said
    assert "gap-monitor usage publish" not in said
    refused = run("usage", "publish", "3", code=1).exception
    assert str(refused) == told["cannot_be_published"]


def test_a_wave_that_is_refused_names_every_row_and_keeps_nothing(run, files):
    bad = files(
        waves.table(more=["cos,62,61,services,Wales,,,,", "x,1,2,services,,,,,"]), waves.about()
    )
    done = run("usage", "import", *bad, code=1)
    assert "wave.csv: line 12, cos: numerator: 62 of 61 is a share above 1" in done.stderr
    assert "line 13, x: 'x' is none of the ten" in done.stderr
    assert "Nothing was kept." in done.stderr
    told = json.loads(run("usage", "import", *bad, "--json", code=1).stdout)
    assert len(told["problems"]) == 2
    assert len(json.loads(run("usage", "waves", "--json").stdout)) == 1


def test_feeds_are_listed_and_one_that_fails_says_so(run, tmp_path):
    assert run("usage", "feeds").stdout == ""
    feed = '[{name = "Invented", url = "http://127.0.0.1:9/wave.json?key=secret"}]'
    (tmp_path / "config.toml").write_text(f"[usage]\nfeeds = {feed}\n", encoding="utf-8")
    (told,) = json.loads(run("usage", "feeds", "--json").stdout)
    assert (told["state"], told["address"]) == ("never", "http://127.0.0.1:9/wave.json?key=…")
    # loopback is not permitted: it is refused without a byte sent
    said = run("usage", "feeds", "--ask", code=1).stdout
    assert "Invented\tfailing\t127.0.0.1:9 may not be asked" in said
    assert "secret" not in said


def test_what_is_known_beside_the_evidence_is_exported_with_source_and_date(run):
    rows = json.loads(run("export", "context", "--format", "json").stdout)
    assert len(rows) == 90
    known = [row for row in rows if row["words"]]
    assert all(row["source"] and row["dated"] for row in known)
    assert {row["words"] for row in rows if row["aspect"] == "Cost of training"} == {None}


def test_a_number_that_no_wave_can_have_is_refused(run):
    for number in ("0", "99999999999999999999999", "many"):
        assert "Error: Invalid value for 'WAVE'" in run("usage", "publish", number, code=2).stderr
    refused = run("usage", "services", "forget", str(2**40), code=2)
    assert "Error: Invalid value for 'NUMBER'" in refused.stderr
