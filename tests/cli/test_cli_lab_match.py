import json

import pytest
from click.testing import CliRunner

from monitor.cli import commands

ROWS = """id,title,abstract,keywords
first,Theraplay in an invented town,We tried it with forty families.,
second,Sleep in an invented town,"Programmes such as Circle of Security exist. We tested a sleep app.",
third,A trial of mothers' sensitivity,Mothers were randomised.,
fourth,CPP and puberty,,
,Beetles in an invented town,,
"""


@pytest.fixture
def run(tmp_path):
    def run(text, *options):
        path = tmp_path / "mine.csv"
        path.write_text(text, encoding="utf-8")
        return CliRunner().invoke(commands, ["lab", "match", str(path), *options])

    return run


def test_each_record_gets_its_lane_and_the_words_that_were_found(run):
    result = run(ROWS, "--json")
    assert result.exit_code == 0, result.output
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert [(line["record"], line["lane"]) for line in lines] == [
        ("first", "evaluated"),
        ("second", "mentioned"),
        ("third", "possible"),
        ("fourth", "none"),
        ("5", "none"),
    ]
    assert lines[0] == {
        "record": "first",
        "lane": "evaluated",
        "interventions": [
            {"slug": "theraplay", "variant": None, "words": "Theraplay", "field": "title"}
        ],
    }
    assert [one["slug"] for line in lines[1:] for one in line["interventions"]] == ["cos"]


def test_why_says_how_each_stands_and_what_was_turned_away(run):
    lines = [json.loads(line) for line in run(ROWS, "--json", "--why").stdout.splitlines()]
    assert lines[1]["standings"] == [
        {
            "slug": "cos",
            "evaluated": False,
            "reason": "given as an example",
            "sentence": "Programmes such as Circle of Security exist.",
        }
    ]
    assert lines[3]["rejected"] == [
        {
            "slug": "cpp",
            "words": "CPP",
            "field": "title",
            "reason": "another's abbreviation: the text has “puberty”",
        }
    ]


def test_the_same_in_words(run):
    said = run(ROWS, "--why").stdout
    assert "first: evaluated\n  theraplay (theraplay): “Theraplay” in the title\n" in said
    assert "  cos is mentioned: given as an example\n" in said
    assert "  not cpp: “CPP” in the title: another's abbreviation" in said


def test_a_file_of_no_known_format_is_said(run):
    result = run("\x00\x01 nothing that can be read")
    assert result.exit_code != 0
    assert result.stdout == ""
