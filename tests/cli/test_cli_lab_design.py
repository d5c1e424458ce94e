"""`gap-monitor lab design` on files of one's own."""

import json

from click.testing import CliRunner

from monitor.cli import commands

ROWS = (
    "id,title,abstract\n"
    'a1,"VIPP in Nowhere: a randomised trial","We randomly assigned 130 families."\n'
    'a2,"Parents\' experiences of VIPP",\n'
    ",An invented title that tells nothing,\n"
)


def run(tmp_path, *options):
    path = tmp_path / "mine.csv"
    path.write_text(ROWS, encoding="utf-8")
    return CliRunner().invoke(commands, ["lab", "design", str(path), *options])


def test_one_object_a_line_with_its_sentences(tmp_path):
    result = run(tmp_path, "--json")
    assert result.exit_code == 0
    found = [json.loads(line) for line in result.stdout.splitlines()]
    assert [one["record"] for one in found] == ["a1", "a2", "3"]
    assert [one["design"] for one in found] == ["randomised", "qualitative", "unclear"]
    assert all(set(one) == {"record", "design", "score", "suggestions"} for one in found)
    assert found[0]["score"] > 0.8 > found[1]["score"] >= 0
    assert found[0]["suggestions"][1] == {
        "field": "sample size",
        "value": "130 families randomised",
        "sentence": "We randomly assigned 130 families.",
    }
    assert found[2]["suggestions"] == []


def test_the_same_in_words(tmp_path):
    result = run(tmp_path)
    assert "a1: randomised, score 0.9" in result.stdout
    assert "sample size: 130 families randomised ← We randomly assigned 130" in result.stdout
    assert "3: unclear, score" in result.stdout
