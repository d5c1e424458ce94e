"""`gap-monitor lab pool`: effects or counts, by the model asked for; one object."""

import json

import pytest
from click.testing import CliRunner

from monitor.cli import commands

EFFECTS = "study,yi,vi\na,0.10,0.04\nb,0.55,0.02\nc,0.30,0.05\nd,-0.20,0.06\n"
COUNTS = "study,events_i,n_i,events_c,n_c\na,19,60,34,60\nb,18,55,24,54\nc,9,8,1,8\n"


@pytest.fixture
def pool(tmp_path):
    def run(text, *options):
        path = tmp_path / "table.csv"
        path.write_text(text, encoding="utf-8")
        done = CliRunner().invoke(commands, ["lab", "pool", str(path), "--json", *options])
        assert done.exit_code == 0, done.output
        return json.loads(done.stdout), done.stderr

    return run


@pytest.mark.parametrize(
    ("options", "method"),
    [
        ((), "REML, Hartung-Knapp"),
        (("--truncated",), "REML, truncated Knapp-Hartung"),
        (("--common",), "common effect"),
        (("--tau2", "dl", "--interval", "wald"), "DerSimonian-Laird, Wald"),
        (("--common", "--interval", "hk"), "common effect, Hartung-Knapp"),
        (("--tau2", "none", "--interval", "truncated"), "common effect, truncated Knapp-Hartung"),
    ],
)
def test_the_model_is_the_one_asked_for(pool, options, method):
    found, _ = pool(EFFECTS, *options)
    assert (found["k"], found["method"]) == (4, method)
    assert found["ci_low"] < found["estimate"] < found["ci_high"]
    assert (found["pi_low"] is None) == method.startswith("common")


def test_counts_are_compared_as_asked_and_a_row_that_cannot_be_is_named(pool):
    found, said = pool(COUNTS, "--common")
    assert found["estimate"] == pytest.approx(-0.779, abs=1e-3)
    assert found["measure"] == "log odds ratio"
    assert "c, was left out: events_i: 9 events cannot happen to 8 people" in said
    assert pool(COUNTS, "--measure", "rd")[0]["measure"] == "risk difference"


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("x,much,0.1", "yi: 'much' is not a number"),
        ("x,nan,0.1", "yi: 'nan' is not a number"),
        ("x,0.1,", "vi: is missing"),
        ("x,0.1,0", "vi: a variance is more than 0"),
        ("x,,", "yi: is missing"),
        ("x,0.1,–0.1", "vi: a variance is more than 0"),
    ],
)
def test_a_refused_row_is_named_and_the_others_go_on(pool, row, said):
    found, stderr = pool(f"{EFFECTS}{row}\n")
    assert found["k"] == 4
    assert f"x, was left out: {said}" in stderr


def test_no_study_is_refused_with_a_sentence(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("yi,vi\n", encoding="utf-8")
    done = CliRunner().invoke(commands, ["lab", "pool", str(path), "--json"])
    assert "table.csv cannot be pooled: " in str(done.exception)


@pytest.mark.parametrize("options", [(), ("--common",), ("--tau2", "ml", "--interval", "wald")])
def test_one_study_has_its_own_interval_and_no_spread(pool, options):
    found, _ = pool("YI,vi\n–0.3,0.04\n", *options)
    assert (found["k"], found["method"], found["estimate"]) == (1, "one study", -0.3)
    assert found["ci_low"] == pytest.approx(-0.3 - 1.96 * 0.2, abs=1e-4)
    assert [found[name] for name in ("pi_low", "pi_high", "tau2", "i2", "q_p")] == [None] * 5


def test_effects_and_counts_are_never_pooled_together(pool):
    found, said = pool(
        "study,yi,vi,events_i,n_i,events_c,n_c\na,.3,.04,,,,\nb,,,1,10,2,10\nc,.1,.02,,,,\n"
    )
    assert found["k"] == 2
    assert "b, was left out: yi: is missing" in said


def test_a_small_spread_is_not_rounded_to_none(pool):
    found, _ = pool("yi,vi\n0.001,1e-8\n0.0012,1e-8\n", "--tau2", "dl")
    assert found["tau2"] == pytest.approx(1e-8)
