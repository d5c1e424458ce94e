"""`gap-monitor lab extract` and `findings`: what is printed, key by key; and tables as people save them."""

import json
import subprocess
import sys

import pytest
from click.testing import CliRunner

from monitor.cli import commands

HEAD = "study,intervention,comparator_class,effect_type,effect,n_i,n_c,outcome_class,allocation"
ROW = "Ash,cos,usual care,SMD,0.45,52,52,attachment,individual"
LINE = ["k", "n", "method", "estimate", "ci_low", "ci_high", "pi_low", "pi_high", "tau2", "i2",
        "q_p", "label"]  # fmt: skip


@pytest.fixture
def lab(tmp_path):
    def run(command, text, *options):
        path = tmp_path / "table.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        done = CliRunner().invoke(commands, ["lab", command, str(path), "--json", *options])
        if done.exception:
            raise done.exception
        return [json.loads(line) for line in done.stdout.splitlines()], done.stderr

    return run


def rows(*told):
    return "\n".join((HEAD, *told))


def test_a_finding_has_these_keys_and_no_others(lab):
    ((found,), said) = lab("findings", rows(ROW))
    assert list(found) == [
        "intervention", "comparator_class", "outcome_class", *LINE, "index", "signs",
        "without_developers", "without_some_concerns", "with_high_risk", "sustained",
        "leave_one_out", "reasons",
    ]  # fmt: skip
    assert list(found["index"][0]) == ["study", "outcome", "yi", "vi", "rule"]
    assert found["signs"] == {"towards": 0, "away": 0, "none": 0}
    assert list(found["without_developers"]) == LINE
    assert (found["k"], found["n"], found["method"]) == (1, 104, "one study")
    assert found["label"] == "probable benefit"
    assert [found[name] for name in ("pi_low", "pi_high", "tau2", "i2", "q_p")] == [None] * 5
    assert found["sustained"] == {
        **dict.fromkeys(LINE), "k": 0, "label": "no result to go on",
    }  # fmt: skip
    assert (found["leave_one_out"], found["reasons"], said) == (None, [], "")


def test_trials_that_disagree_have_no_estimate(lab):
    second = ROW.replace("Ash", "Beech").replace("0.45", "-0.9")
    ((found,), _) = lab("findings", rows(ROW, second))
    assert (found["k"], found["n"], found["method"]) == (2, 208, "not pooled")
    assert found["label"] == "results disagree"
    assert found["q_p"] < 0.05
    assert [found[name] for name in LINE[3:10]] == [None] * 7
    assert found["leave_one_out"]["k"] == 1
    assert list(found["leave_one_out"]) == ["study", *LINE]


def test_five_trials_are_random_effects_with_i2_in_per_cent(lab):
    told = [ROW.replace("Ash", name).replace("0.45", effect) for name, effect in
            zip("abcde", ("1.2", "0.1", "0.6", "0.9", "-0.1"), strict=True)]  # fmt: skip
    ((found,), _) = lab("findings", rows(*told))
    assert found["method"] == "REML, truncated Knapp-Hartung"
    assert 80 < found["i2"] < 100
    assert isinstance(found["k"], int)
    assert found["label"] == "not settled, leans to benefit"


def test_directions_alone_give_signs(lab):
    told = [f"{name},cos,active,direction only,{sign},,,proximal,individual"
            for name, sign in zip("abc", ("1", "–1", "0"), strict=True)]  # fmt: skip
    ((found,), _) = lab("findings", rows(*told))
    assert found["label"] == "1 of 3 point towards benefit; size not known"
    assert found["signs"] == {"towards": 1, "away": 1, "none": 1}
    assert (found["k"], found["n"], found["method"], found["estimate"]) == (0, None, None, None)


def test_extract_gives_each_row_its_effect_or_its_refusal(lab):
    found, said = lab("extract", rows(ROW, ROW.replace("0.45", '"0,45"'), ROW.replace(",52", ",")))
    assert list(found[0]) == [*HEAD.split(","), "yi", "vi", "derivation"]
    assert (found[0]["yi"], found[0]["vi"]) == (0.45, pytest.approx(2 / 52 + 0.45**2 / 208))
    assert found[1]["refusal"] == "effect: '0,45' is not a number: write 0.45"
    assert found[2]["refusal"].startswith("n_i, n_c: an effect without interval")
    assert list(found[1]) == [*HEAD.split(","), "refusal"]
    assert not said


def test_a_small_variance_is_not_rounded_to_none(lab):
    (found,), _ = lab("extract", rows(ROW.replace("52,52", "10000000,10000000")))
    assert found["vi"] == pytest.approx(2.05e-7, rel=1e-2)


@pytest.mark.parametrize(
    "text",
    [
        b"\xef\xbb\xbf" + rows(ROW).encode(),
        rows(ROW).replace(",", ";"),
        rows(ROW).replace(",", "\t"),
        rows(ROW).replace("\n", "\r\n"),
        rows(ROW).replace("\n", "\r"),
        "\n\n" + rows(ROW, "", ",,,,,,,,"),
        rows(ROW).replace(HEAD, HEAD.upper()),
        rows(ROW).replace(",", " , "),
        rows(ROW.replace("Ash", '"Ash\n"')),
        rows(ROW + ","),
        "notes," + rows(ROW).replace("\n", '\n"a, b; c",'),
    ],
)
def test_tables_are_read_as_people_save_them(lab, text):
    (found,), said = lab("findings", text)
    assert (found["label"], found["index"][0]["study"]) == ("probable benefit", "Ash")
    assert not said


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (f"{ROW},x", "line 2, Ash, was left out: it has more cells than the header has columns"),
        ('"Ash"x,cos', "line 2 was left out: ',' expected after '\"'"),
        ("A" * 1_100_000, "line 2 was left out: a cell has more than 1,048,576 characters"),
        (ROW.replace("cos", "cbt"), "line 2, Ash, was left out: intervention: 'cbt' is none of"),
        (ROW.replace("usual care", ""), "Ash, attachment: comparator_class: not given, so it "),
    ],
)
def test_a_row_that_cannot_be_read_is_named_and_the_others_go_on(lab, row, said):
    (found,), stderr = lab("findings", rows(row, ROW.replace("Ash", "Beech")))
    assert found["index"][0]["study"] == "Beech"
    assert said in stderr


def test_a_quotation_mark_that_is_never_closed_names_the_lines_it_swallows(lab):
    (found,), said = lab("findings", rows(ROW, '"' + ROW, ROW, ROW))
    assert found["k"] == 1
    assert said == (
        "line 3 to 5 was left out: a quotation mark opens a cell that it does not close\n"
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "has no header line that names its columns"),
        ("\n \n", "has no header line that names its columns"),
        (rows(ROW).encode("utf-16"), "is not UTF-8 text: save it as CSV UTF-8"),
        ("study," + HEAD + "\nAsh," + ROW, "names the column study twice"),
    ],
)
def test_a_file_that_is_no_table_is_refused_with_the_remedy(lab, text, said):
    with pytest.raises(Exception, match=f"table.csv {said}"):
        lab("findings", text)


def test_the_rules_load_no_numerical_library_before_there_is_a_pool():
    code = (
        "import sys, monitor.evidence.synthesis.findings, monitor.evidence.synthesis.of_readings, monitor.jobs\n"
        "assert not {'numpy', 'scipy'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
