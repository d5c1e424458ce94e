"""`gap-monitor lab grade`: one object an intervention; a refused row named, the others go on."""

import json

from click.testing import CliRunner

from monitor.cli import commands

FILE = """study;intervention;design;risk_of_bias;outcome_class;in_review
Alder 2024;ddp;randomised;low;attachment;no
Alder 2026;ddp;randomised;splendid;attachment;no
Birch 2025;cos;randomised;some concerns;attachment;unknown
"""


def test_each_intervention_is_one_object_and_a_refused_row_is_named(tmp_path):
    path = tmp_path / "studies.csv"
    path.write_text(FILE, encoding="utf-8")
    done = CliRunner().invoke(commands, ["lab", "grade", str(path), "--json"])
    assert done.exit_code == 0
    assert [json.loads(line) for line in done.stdout.splitlines()] == [
        {
            "intervention": "cos",
            "facts": {
                "studies": [8, 18],
                "sound": [8, 18],
                "high_quality": [8, 18],
                "randomised": [2, 18],
            },
            "tier": "strong",
            "low": "strong",
            "high": "strong",
        },
        {
            "intervention": "ddp",
            "facts": {
                "studies": [2, 3],
                "sound": [1, 1],
                "high_quality": [1, 1],
                "randomised": [1, 1],
            },
            "tier": "weak",
            "low": "weak",
            "high": "intermediate",
        },
    ]
    assert "line 3, Alder 2026, was left out: risk_of_bias: 'splendid' is none of" in done.stderr


def test_it_says_the_same_in_words(tmp_path):
    path = tmp_path / "studies.csv"
    path.write_text(FILE, encoding="utf-8")
    done = CliRunner().invoke(commands, ["lab", "grade", str(path)])
    assert "ddp: weak (from weak to intermediate); studies 2 to 3, sound 1" in done.stdout
