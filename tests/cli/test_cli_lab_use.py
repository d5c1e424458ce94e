"""`gap-monitor lab use`: waves in, one line an intervention out, and whether use follows evidence."""

import json

import pytest
from click.testing import CliRunner

from monitor.cli import commands
from monitor.cli.lab.use import in_order

HEAD = "wave,question,unit,intervention,numerator,denominator,responses,services"
QUESTION = "Which has your service offered?"


@pytest.fixture
def run(tmp_path):
    def run(rows, head=HEAD, encoding="utf-8", fails=False):
        path = tmp_path / "waves.csv"
        path.write_bytes("\n".join([head, *rows]).encode(encoding))
        done = CliRunner().invoke(commands, ["lab", "use", str(path), "--json"])
        if fails:
            return done
        assert done.exit_code == 0, done.output
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        return {line["intervention"]: line for line in lines[:-1]}, lines[-1], done.stderr

    return run


def row(wave, slug, counts, responses=625, services=734, question=QUESTION):
    return f"{wave},{question},services,{slug},{counts[0]},{counts[1]},{responses},{services}"


A, B = row("A", "vipp", (158, 734)), row("B", "vipp", (99, 690), 590, 690)


def test_the_worked_example_of_the_method(run):
    lines, tau, _ = run([B, A])  # the order of names, not of the file
    found = lines["vipp"]
    assert list(found) == [
        "intervention", "wave", "share", "ci_low", "ci_high", "band", "difference",
        "difference_low", "difference_high", "p", "p_holm", "changed", "failed",
    ]  # fmt: skip
    assert found["wave"] == "B"
    assert found["share"] == pytest.approx(99 / 690, abs=1e-9)
    assert (found["ci_low"], found["ci_high"]) == (
        pytest.approx(0.1174951795, abs=1e-9),
        pytest.approx(0.1740738985, abs=1e-9),
    )
    told = [round(100 * found[k], 1) for k in ("difference", "difference_low", "difference_high")]
    assert told == [-7.2, -11.5, -2.9]
    assert (found["changed"], found["failed"]) == (True, [])
    assert tau == {"tau_b": None, "tau_b_low": None, "tau_b_high": None}


def test_a_question_that_changed_by_one_word_compares_nothing(run):
    other = row("B", "vipp", (99, 690), 590, 690, question=QUESTION.replace("offered", "used"))
    found = run([A, other])[0]["vipp"]
    assert {
        found[k] for k in ("difference", "difference_low", "difference_high", "p", "p_holm")
    } == {None}
    assert found["failed"] == ["same question"]
    assert found["share"] == pytest.approx(99 / 690)


def test_a_row_that_cannot_be_used_is_named_and_the_others_go_on(run):
    rows = [
        A, B,
        row("B", "cos", (700, 690)),
        row("B", "abc", (1, 0)),
        row("B", "pip", ("14%", "")),
        row("B", "cpp", ("4-Jan", 690)),
        row("B", "nonsense", (1, 690)),
        row("B", "vipp", (1, 690)),
        row("B", "ddp", ('"1,2"', 690)),
        "B,q,services,vig",
        row("B", "www", (1, 690)) + ",more,and more",
        row("B", "icp", (1, 690), responses=0),
        "",
    ]  # fmt: skip
    lines, _, said = run(rows)
    assert set(lines) == {"vipp"}
    for words in (
        "line 4, cos, was left out: numerator: 700 of 690 is a share above 1",
        "line 5, abc, was left out: denominator: is 0: nobody was asked",
        "line 6, pip, was left out: numerator: '14%' is a percentage",
        "line 7, cpp, was left out: numerator: '4-Jan' is a date",
        "line 8, nonsense, was left out: 'nonsense' is none of the ten",
        "line 9, vipp, was left out: B has a row of it already",
        "line 10, ddp, was left out: numerator: '1,2' is no whole number",
        "line 11, vig, was left out: numerator and denominator: are missing",
        "line 12, no name, was left out: it has more cells",
        "line 13, icp, was left out: responses: a wave that nobody answered",
    ):
        assert words in said


def test_the_last_two_of_several_waves_are_compared_and_each_names_its_newest(run):
    rows = [
        row("2026", "vipp", (10, 734)),
        row("2029", "vipp", (99, 690), 590, 690),
        row("2028", "vipp", (158, 734)),
        row("2028", "ddp", (300, 734)),
        row("2029", "icp", (30, 690), 590, 690),
        row("2026", "icp", (31, 734)),
    ]
    lines, tau, _ = run(rows)
    assert list(lines) == ["vipp", "ddp", "icp"]  # the catalogue's order
    assert lines["vipp"]["difference"] == pytest.approx(99 / 690 - 158 / 734)
    assert (lines["ddp"]["wave"], lines["ddp"]["failed"]) == ("2028", ["a figure in both waves"])
    assert (lines["icp"]["wave"], lines["icp"]["failed"]) == ("2029", ["a figure in both waves"])
    assert lines["vipp"]["p_holm"] == lines["vipp"]["p"]  # one is compared
    assert tau["tau_b"] == pytest.approx(1)  # the strong one is used more than the weak one


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_files_as_spreadsheets_write_them(run, encoding):
    rows = [
        line.replace(",", ";").replace("158", '"1 158"').replace(";734", ";7,734", 1)
        for line in (A, B)
    ]
    lines, _, said = run(
        ["", *rows], head="sep=;\n" + HEAD.replace(",", ";").upper(), encoding=encoding
    )
    assert lines["vipp"]["difference"] == pytest.approx(99 / 690 - 1158 / 7734)
    assert said == ""


def test_columns_that_may_be_missing_are_said_and_those_that_may_not_are_refused(run):
    lines, _, said = run(
        ["A,vipp,158,734", "B,vipp,99,690"], head="wave,intervention,numerator,denominator"
    )
    assert lines["vipp"]["failed"] == ["same question"]
    assert lines["vipp"]["ci_low"] == pytest.approx(0.1192932061, abs=1e-9)
    assert "no column question" in said
    done = run(["A,vipp,158"], head="wave,intervention,numerator", fails=True)
    assert "no column denominator" in str(done.exception) + done.output


def test_one_wave_is_told_and_compared_with_nothing(run):
    lines, _, said = run([A])
    assert "A is the only wave" in said
    assert lines["vipp"]["changed"] is False
    assert lines["vipp"]["difference"] is None


def test_fewer_services_than_responses_do_not_sharpen_an_interval(run):
    lines, _, _ = run([row("A", "vipp", (158, 734), 734, 100)])
    plain, _, _ = run([row("A", "vipp", (158, 734), 734, 734)])
    assert lines["vipp"]["ci_low"] == plain["vipp"]["ci_low"]


@pytest.mark.parametrize(
    ("waves", "ordered"),
    [
        (["wave 10", "wave 9"], ["wave 9", "wave 10"]),
        (["May 2026", "January 2027", "November 2025"], ["November 2025", "May 2026", "January 2027"]),
        (["2026-05", "2026-01"], ["2026-01", "2026-05"]),
        (["Autumn 2026", "Spring 2026"], ["Spring 2026", "Autumn 2026"]),
        (["B", "A"], ["A", "B"]),
        (["wave b", "wave a"], ["wave a", "wave b"]),
        (["baseline", "after"], ["baseline", "after"]),
    ],
)  # fmt: skip
def test_waves_stand_in_the_order_of_time(waves, ordered):
    assert in_order(waves) == ordered


def test_a_unit_in_the_singular_is_the_same_unit(run):
    lines, _, _ = run([A, B.replace(",services,", ",Service,")])
    assert lines["vipp"]["failed"] == []
    lines, _, _ = run([A, B.replace(",services,", ",responses,")])
    assert lines["vipp"]["failed"] == ["same unit"]
