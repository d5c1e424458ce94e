"""`gap-monitor lab rob2`: a table of answers, each row judged; refused rows named and left out."""

import json

import pytest
from click.testing import CliRunner

from monitor.cli import commands

LOW = {
    "1.1": "Y", "1.2": "Y", "1.3": "N", "2.1": "N", "2.2": "N", "2.6": "Y", "3.1": "Y",
    "4.1": "N", "4.2": "N", "4.3": "N", "5.1": "Y", "5.2": "N", "5.3": "N",
}  # fmt: skip
CLUSTER = {
    "1a.1": "Y", "1a.2": "Y", "1a.3": "N", "1b.1": "N", "1b.2": "N", "1b.3": "N",
    "2.1a": "N", "2.2": "N", "2.6": "Y", "3.1a": "Y", "3.1b": "Y",
    "4.1": "N", "4.2": "N", "4.3a": "N", "5.1": "Y", "5.2": "N", "5.3": "N",
}  # fmt: skip


@pytest.fixture
def judge(tmp_path):
    def run(rows, *options):
        columns = list(dict.fromkeys(name for row in rows for name in row))
        lines = [",".join(columns)]
        lines += [",".join(row.get(name, "") for name in columns) for row in rows]
        path = tmp_path / "answers.csv"
        path.write_text("\n".join(lines), encoding="utf-8")
        result = CliRunner().invoke(commands, ["lab", "rob2", str(path), "--json", *options])
        assert result.exit_code == 0, result.output
        return [json.loads(line) for line in result.stdout.splitlines()], result.stderr

    return run


def test_each_row_is_judged_by_its_answers_or_its_domains(judge):
    domains = {f"D{number}": "Some_Concerns" for number in range(1, 6)}
    found, _ = judge(
        [{"study": "a", **LOW}, {"study": "b", **LOW, "1.2": "n"}, {"study": "c", **domains}]
    )
    assert [row["judgement"] for row in found] == ["low", "high", "some concerns"]


def test_a_row_that_cannot_be_judged_is_named_and_the_others_go_on(judge):
    found, said = judge(
        [
            {"study": "a", **LOW, "4.3": ""},
            {"study": "b", **LOW, "1.1": "maybe"},
            {"study": "c", **LOW},
        ]
    )
    assert [row["study"] for row in found] == ["c"]
    assert "a, was left out: 4.3: is asked and has no answer" in said
    assert "b, was left out: 1.1: 'MAYBE' is none of Y, PY, PN, N, NI" in said


def test_one_bad_line_of_a_thousand_keeps_none_of_the_others(judge):
    rows = [{"study": f"s{number}", **LOW} for number in range(1000)]
    rows[617] = {"study": "s617", **LOW, "1.1": "maybe"}
    found, said = judge(rows)
    assert len(found) == 999
    assert said.count("was left out") == 1
    assert "s617, was left out" in said


def test_cluster_trials_have_their_own_domain_and_questions(judge):
    late = {**CLUSTER, "1b.2": "Y"}
    found, _ = judge([{"study": "a", **CLUSTER}, {"study": "b", **late}], "--cluster")
    assert [(row["D1b"], row["judgement"]) for row in found] == [("low", "low"), ("high", "high")]


def test_where_no_rule_is_sure_the_row_needs_its_own_judgement(judge):
    unsure = {**CLUSTER, "2.1a": "Y", "2.1b": "Y", "2.3": "Y", "2.4": "N"}
    found, said = judge(
        [{"study": "a", **unsure}, {"study": "b", **unsure, "D2": "some concerns"}], "--cluster"
    )
    assert [(row["study"], row["judgement"]) for row in found] == [("b", "some concerns")]
    assert "publishes no rule for these answers" in said


def test_answers_in_full_and_columns_in_any_case_are_read(judge):
    domains = {"d1": "low", "D2": "Low", "d3": "some concerns", "D4": "low", "d5": "low"}
    full = {**LOW, "1.1": "Yes", "1.2": "probably  yes", "3.2": "NA", "5.3": "No information"}
    found, _ = judge([{"study": "a", **full}, {"study": "b", **domains}])
    assert [row["judgement"] for row in found] == ["some concerns", "some concerns"]
    assert found[1]["D3"] == "some concerns"
    assert "d3" not in found[1]


def test_where_answers_and_a_judgement_differ_the_answers_hold_and_it_is_said(judge):
    found, said = judge([{"study": "a", **LOW, "D1": "high"}])
    assert (found[0]["D1"], found[0]["judgement"]) == ("low", "low")
    assert "a: D1 says high, its answers come to low" in said
