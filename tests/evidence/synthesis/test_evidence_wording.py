"""Findings in sentences: one for each label, taken from data; frequencies only where they hold."""

from dataclasses import replace

import pytest
from factories import effect_row  # type: ignore[import-not-found]  # tests/support is on pytest's path
from hypothesis import given
from hypothesis import strategies as st
from trials_with_effects import (  # type: ignore[import-not-found]  # tests/support is on pytest's path
    CONCERNS,
    HIGH,
    events,
    result,
    showing_of,
    sign,
    smd,
    trial,
)

from monitor.catalogue import loader
from monitor.catalogue.shapes.finding_sentences import POOLS
from monitor.catalogue.words import Better, ComparatorClass, Design, Label, ResultClass
from monitor.evidence.synthesis import makeup, wording
from monitor.evidence.synthesis.findings import POOLS as ALL_POOLS
from monitor.evidence.synthesis.findings import findings
from monitor.evidence.synthesis.results import CLASSES
from monitor.evidence.synthesis.wording import Events, SentenceFacts

CATALOGUE = loader.load()
POLICY, SENTENCES = CATALOGUE.synthesis, CATALOGUE.sentences
SAID = SentenceFacts("VIPP", "usual care")
ROW = effect_row(
    intervention="vipp",
)


def only(*readings):
    (finding,) = showing_of("vipp", readings).findings
    return finding


def whole(*readings, said=SAID):
    return wording.whole(only(*readings), POLICY, SENTENCES, said)


def of(effect, n=52, **facts):
    return trial("vipp", result(smd(effect, n)), **facts)


def test_every_label_pool_and_class_has_its_words():
    assert POOLS == ALL_POOLS
    assert set(SENTENCES.labels) == set(Label)
    assert set(SENTENCES.classes) == {"", *CLASSES}


@pytest.mark.parametrize(
    ("effects", "words"),
    [
        ((1.2,), "Children did better in attachment with VIPP than with usual care"),
        ((0.45,), "Children probably did better in attachment with VIPP than with usual care."),
        ((0.15, 400), "A slight difference in attachment in favour of VIPP"),
        ((0.0, 800), "The one trial there is, large enough to tell, found little or no difference"),
        ((-0.45,), "Children did better in attachment with usual care than with VIPP"),
        ((0.0,), "fits a worthwhile benefit, none, and a worthwhile loss."),
        ((0.35,), "fits a worthwhile benefit and none. It leans to a benefit."),
        ((-0.35,), "fits none and a worthwhile loss. It leans to the comparison."),
    ],
)
def test_each_label_says_its_own_sentence(effects, words):
    assert words in whole(of(*effects))


def test_several_trials_are_told_as_several():
    assert whole(of(0.01, 800), of(0.01, 800)).startswith("The trials, large enough together")
    assert "disagree in attachment" in whole(of(0.9), of(-0.9))
    assert "from −0.90 to 0.90" in whole(of(0.9), of(-0.9))
    far_apart = [of(effect, 200) for effect in (0.9, -0.5, 0.8, -0.6, 0.7)]
    assert "differ too much among themselves" in whole(*far_apart)


def test_a_benefit_that_varies_says_how_far():
    spread = [of(effect, 200) for effect in (0.9, 0.1, 0.8, 0.05, 0.7, 0.5)]
    assert "a new setting may see none, or harm" in whole(*spread)


def test_frequencies_come_with_the_range_and_only_where_something_is_settled():
    words = whole(of(0.45))
    assert "about 67 rather than 50 did better than the average child with usual care" in words
    assert "the one trial fits 52 to 80" in words
    assert "33 rather than 50" in whole(of(-0.45))
    assert "Of 100" not in whole(of(0.0))
    assert "Of 100" not in whole(of(0.0, 800))
    assert "Of 100" not in whole(of(0.01, 40_000)), "in whole people that is no difference"


def test_frequencies_from_events_start_from_the_median_of_the_comparison_groups():
    fewer = {"better": Better.LOWER, "outcome": "Disorganised attachment"}
    readings = [
        trial("vipp", result(events(19, 60, 34, 60), **fewer), against=ComparatorClass.ACTIVE),
        trial("vipp", result(events(18, 55, 24, 54), **fewer), against=ComparatorClass.ACTIVE),
    ]
    showing = showing_of("vipp", readings)
    (finding,) = showing.findings
    voices = makeup.voices(finding, makeup.hear(showing.studies, CATALOGUE))
    told = wording.events_of(voices)
    assert told == Events((34 / 60 + 24 / 54) / 2, "disorganised attachment", -1)
    words = wording.frequencies(
        finding, POLICY, SENTENCES, SentenceFacts("VIPP", "an active one", told)
    )
    assert words == (
        "Of 100 children, about 32 rather than 51 had disorganised attachment; the trials fit 22 "
        "to 45. 51 is the median of the comparison groups (an active one)."
    )
    mixed = [*readings, trial("vipp", result(smd(0.3)), against=ComparatorClass.ACTIVE)]
    other = showing_of("vipp", mixed)
    voices = makeup.voices(other.findings[0], makeup.hear(other.studies, CATALOGUE))
    assert wording.events_of(voices) is None, "one trial gives no events"


def test_signs_alone_are_counted_and_said_to_be_without_size():
    words = whole(*(trial("vipp", result(sign(way))) for way in (1, 1, -1, 0)))
    assert words.startswith("2 of 4 results point towards a benefit in attachment")
    assert "1 away from it and 1 to neither" in words
    assert "points away from a benefit" in whole(trial("vipp", result(sign(-1))))
    beside = whole(of(0.45), trial("vipp", result(sign(1))))
    assert "give no size, and so are not in this: 1 of 1 towards a benefit" in beside


def test_without_a_randomised_trial_the_sentence_begins_with_that():
    words = whole(of(0.45, design=Design.NON_RANDOMISED, unit=None))
    assert words.startswith("No randomised trial is known; from other studies")
    assert "The one study there is" in words


def test_only_high_risk_leaves_nothing_to_go_on():
    assert whole(trial("vipp", result(smd(0.5), risk=HIGH))).startswith("Nothing to go on")


@pytest.mark.parametrize("kind", [kind for kind in ResultClass if kind.value in CLASSES])
def test_each_class_is_named_in_its_sentence(kind):
    words = whole(trial("vipp", result(smd(0.45), kind=kind)))
    named = "harms" if kind is ResultClass.HARM else SENTENCES.classes[kind.value].what
    assert named in words


def test_independence_is_counted_and_never_guessed():
    index = only(of(0.4), of(0.4, developers=True), of(0.4, developers=None)).index
    assert wording.independence(index) == (
        "1 of 3 independent of the developers; of 1 it is not known"
    )
    assert wording.independence(only(of(0.4, developers=True)).index) == "No independent trial"
    unknown = wording.independence(only(of(0.4, developers=None)).index)
    assert unknown == "No trial known to be independent; of 1 it is not known"


def test_not_effective_names_sound_randomised_studies_alone():
    null, harm = of(0.0, 800), of(-0.6)
    small, risky = of(0.0), trial("vipp", result(smd(0.0, 800), risk=HIGH))
    some = trial("vipp", result(smd(0.0, 900), risk=CONCERNS))
    found = only(null, harm, small, risky, some)
    named = wording.not_effective(found.index, POLICY)
    assert named == ("Author1 2026", "Author2 2026", "Author5 2026")
    told = only(of(0.0, 800, design=Design.NON_RANDOMISED, unit=None))
    assert wording.not_effective(told.index, POLICY) == ()


@given(
    st.lists(
        st.tuples(st.integers(-200, 200), st.integers(10, 500)),
        min_size=1,
        max_size=7,
    )
)
def test_whatever_trials_show_it_is_told_and_never_as_what_it_is_not(trials):
    rows = [
        replace(ROW, study=f"{k}", effect=effect / 100, n_i=n, n_c=n)
        for k, (effect, n) in enumerate(trials)
    ]
    (finding,), _ = findings(rows, POLICY, CATALOGUE.measures, CATALOGUE.slugs)
    words = wording.whole(finding, POLICY, SENTENCES, SAID)
    assert words.endswith(".")
    assert "{" not in words
    assert "mixed" not in words.lower()
    if finding.main.label.startswith("not settled"):
        assert "no difference" not in words
        assert "did better" not in words
