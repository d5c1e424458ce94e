"""`gap-monitor lab rank`: best first, one object a line, nothing hidden, no database."""

import json

import pytest
from click.testing import CliRunner

from monitor.cli import commands
from monitor.kernel.errors import InvalidInput

FILE = """id,title,abstract,year
soil,Soil microbes in winter,Microbes of frozen soil were counted.,2020
vipp,A randomised trial of VIPP-SD for parents,Attachment security was measured.,2025
beds,Bedtime routines for toddlers,Sleep of toddlers at home.,2021
moss,Moss and microbes of frozen soil,Microbes were counted in winter.,2019
"""


@pytest.fixture
def run(tmp_path):
    def run(*, labels=None, json_=True, status=0):
        (tmp_path / "file.csv").write_text(FILE, encoding="utf-8")
        arguments = ["lab", "rank", str(tmp_path / "file.csv"), *(["--json"] if json_ else [])]
        if labels is not None:
            (tmp_path / "labels.csv").write_bytes(labels)
            arguments += ["--labels", str(tmp_path / "labels.csv")]
        done = CliRunner().invoke(commands, arguments)
        if status == 0:
            assert done.exit_code == 0, done.output
        return done

    return run


def _lines(done):
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_without_labels_the_likely_tier_changing_study_comes_first(run):
    first, *others = _lines(run())
    assert first["record"] == "vipp"
    assert first["parts"]["names"] == 0.35
    assert {one["record"] for one in others} == {"soil", "beds", "moss"}
    assert all(set(one) == {"record", "score", "parts"} for one in others)


def test_labels_teach_and_labelled_records_come_last_marked(run):
    lines = _lines(run(labels=b"record,include\nsoil,1\nbeds,0\n"))
    assert [one["record"] for one in lines[2:]] == ["soil", "beds"]
    assert [one.get("include") for one in lines] == [None, None, True, False]
    words = {one["record"]: one["parts"]["words"] for one in lines}
    assert words["moss"] > words["vipp"]
    assert all(abs(one["score"] - sum(one["parts"].values())) < 0.001 for one in lines)


def test_labels_of_none_of_the_records_are_said_and_change_nothing(run):
    done = run(labels=b"record,include\nelsewhere,1\nnowhere,0\nsoil,\n")
    assert "2 of the labels name no record of the file" in done.stderr
    assert _lines(done) == _lines(run())


def test_a_table_of_labels_may_have_other_columns_and_words(run):
    numbers = run(labels=b"record,include\nsoil,1\nbeds,0\n")
    words = run(labels=b"\xef\xbb\xbfwho,include,record\nme,Yes,soil\nme,EXCLUDED, beds\n")
    assert words.stdout == numbers.stdout


def test_in_words_each_place_says_why(run):
    done = run(json_=False, labels=b"record,include\nsoil,1\n")
    first, *_, last = done.stdout.splitlines()
    assert first.startswith("1. vipp: ")
    assert "design +0.35, names +0.35" in first
    assert last.startswith("4. soil: ")
    assert last.endswith("; included")


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (b"", "header with the columns record,include"),
        (b"id,label\nsoil,1\n", "header with the columns record,include"),
        (b"record,include\nsoil,perhaps\n", "line 2 of the labels: include must be 1 or 0"),
        (b"record,include\nsoil,1\nsoil,0\n", "record soil is labelled both 1 and 0"),
        (b"record,include\ns\xff,1\n", "no CSV in UTF-8"),
        (b'record,include\nsoil,"' + b"x" * 2_000_000 + b'"\n', "no CSV in UTF-8"),
    ],
)
def test_labels_that_cannot_be_read_say_why(run, labels, message):
    done = run(labels=labels, status=2)
    assert isinstance(done.exception, InvalidInput)
    assert message in str(done.exception)
    assert done.stdout == ""


def test_a_row_cut_short_has_no_label(run):
    assert _lines(run(labels=b"record,include\nsoil\n\n")) == _lines(run())
