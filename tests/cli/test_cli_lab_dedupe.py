"""`gap-monitor lab dedupe` on files of a user's own, in words and as JSON."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from monitor.cli import commands

DOCS = Path(__file__).resolve().parents[2] / "docs" / "lab.md"
HEADER = "id,title,abstract,authors,year,journal,volume,number,pages,doi,pmid\n"
ROWS = (
    'a1,An invented trial of coaching carers,,"Doe, Jane and Roe, Bo",2024,Invented Journal,3,1,12-30,,\n'
    "b2,An Invented Trial of Coaching Carers.,,J. Doe; B. Roe,2024,Invented J,3,,12-30,,\n"
    'c3,An invented trial of coaching carers,,"Doe, Jane and Roe, Bo",2024,Invented Journal,3,1,44-60,,\n'
    "d4,Editorial,,Doe J,2024,Invented Journal,3,1,,,\n"
    "e5,Editorial,,Doe J,2024,Invented Journal,3,2,,,\n"
)


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "records.csv"
    path.write_text(HEADER + ROWS)
    return path


def run(*arguments):
    return CliRunner().invoke(
        commands, ["lab", "dedupe", *map(str, arguments)], catch_exceptions=False
    )


def test_one_object_a_group_certain_ones_first(table):
    result = run(table, "--json")
    assert result.exit_code == 0
    assert [json.loads(line) for line in result.stdout.splitlines()] == [
        {
            "records": ["a1", "b2"],
            "certain": True,
            "reason": "same title; authors, year, journal, volume and pages agree",
        },
        {"records": ["a1", "b2", "c3"], "certain": False, "reason": "same title, but pages differ"},
    ]


def test_the_same_in_words(table):
    assert run(table).stdout.splitlines()[0] == (
        "one paper: a1, b2 (same title; authors, year, journal, volume and pages agree)"
    )


def test_records_without_an_id_are_named_by_their_position(tmp_path):
    path = tmp_path / "records.ris"
    one = "TY  - JOUR\nTI  - A made-up study of calm children\nAU  - Doe, J\nPY  - 2020\nDO  - 10.1/x\nER  - \n"
    path.write_text(one + one.replace("Doe, J", "Doe, Jane"))
    (line,) = run(path, "--json").stdout.splitlines()
    assert json.loads(line)["records"] == ["1", "2"]


def test_nothing_of_two_or_more_prints_nothing(tmp_path):
    path = tmp_path / "records.csv"
    path.write_text(HEADER + ROWS.splitlines()[0])
    assert run(path, "--json").stdout == ""


def test_each_key_is_documented(table):
    section = DOCS.read_text().partition("## lab dedupe")[2].partition("\n## ")[0]
    for key in json.loads(run(table, "--json").stdout.splitlines()[0]):
        assert f"`{key}`" in section
