"""Of harms there are fewer or more: nothing a reader sees of them speaks of a benefit, or of who did better."""

import re

import pytest
from trials_with_effects import (  # type: ignore[import-not-found]  # tests/support is on pytest's path
    result,
    showing_of,
    sign,
    smd,
    trial,
)

from monitor.catalogue import loader
from monitor.catalogue.words import Label, ResultClass
from monitor.evidence.shown import ShownFinding
from monitor.evidence.synthesis import makeup, wording
from monitor.evidence.synthesis.harm_words import for_readers
from monitor.gap.explaining import rule_lines
from monitor.web.public.shown.forest import forest

CATALOGUE = loader.load()
POLICY = CATALOGUE.synthesis
WRONG = re.compile(
    r"benefit|favours|did better|worthwhile|comparison\b.*better|not to be effective"
)
BODIES = {
    "fewer": (smd(0.9, 200),),
    "probably fewer": (smd(0.3, 120),),
    "slightly fewer": (smd(0.12, 900),),
    "as many": (smd(0.0, 900),),
    "more": (smd(-0.6, 200),),
    "open": (smd(0.3, 20),),
    "open, to more": (smd(-0.3, 20),),
    "apart": (smd(0.9, 200), smd(-0.9, 200)),
    "varies": tuple(smd(d, 400) for d in (0.1, 0.2, 0.9, 0.6, 0.7, 1.4)),
    "one sign": (sign(1),),
    "signs": (sign(1), sign(-1), sign(0)),
}


def harms(reported):
    told = result(reported, kind=ResultClass.HARM, outcome="Distress", measure="")
    return trial("vipp", told)


@pytest.mark.parametrize("name", BODIES)
def test_no_reader_is_told_of_a_benefit_in_harms(name):
    showing = showing_of("vipp", [harms(reported) for reported in BODIES[name]])
    (finding,) = showing.findings
    line = ShownFinding.of(finding, POLICY.delta)
    seen = forest(finding, makeup.hear(showing.studies, CATALOGUE), CATALOGUE)
    told = [
        wording.whole(finding, POLICY, CATALOGUE.sentences),
        line.told,
        line.told_label,
        rule_lines.case(line, POLICY.delta),
        *rule_lines.told(finding, POLICY.delta),
        seen.sentence,
        seen.frequencies,
        seen.right,
        *seen.facts,
        *(one.label for one in (seen.total, *seen.lines)),
        *(row.effect for row in seen.every),
    ]
    assert [words for words in told if WRONG.search(words)] == []


def test_the_sentence_says_which_way_the_harms_go():
    def said(*bodies):
        showing = showing_of("vipp", [harms(reported) for reported in bodies])
        return wording.whole(showing.findings[0], POLICY, CATALOGUE.sentences)

    assert said(smd(-0.6, 200)).startswith("Families had more harms with it than with usual care")
    assert "had less of them than the average family" in said(smd(0.9, 200))
    assert said(sign(-1)).startswith("The one result on harms points towards more harms")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("benefit", "fewer harms"),
        ("probable benefit", "probably fewer harms"),
        ("probable benefit; varies: a new setting may see none",
         "probably fewer harms; varies: a new setting may see no fewer"),
        ("benefit; varies: a new setting may see none or harm",
         "fewer harms; varies: a new setting may see no fewer, or more"),
        ("not settled, leans to the comparison", "not settled, leans to more harms"),
    ],
)  # fmt: skip
def test_the_longest_words_that_fit_are_the_ones_replaced(words, said):
    assert for_readers(words, "harm") == said
    assert for_readers(words, "attachment") == words


@pytest.mark.parametrize("label", Label)
def test_the_method_s_own_words_stay_for_all_else(label):
    assert for_readers(label, "attachment") == label.value
    assert not WRONG.search(for_readers(label, "harm"))


def test_what_ledgers_keep_has_the_method_s_own_words():
    showing = showing_of("vipp", [harms(smd(0.9, 200))])
    kept = ShownFinding.of(showing.findings[0], POLICY.delta).to_dict()
    assert (kept["label"], kept["words"]) == ("benefit", "benefit")
    assert set(kept) == set(ShownFinding.__slots__)
