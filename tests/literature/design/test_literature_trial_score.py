"""The score as a randomised trial: hard classes, its parts, and hostile text."""

import gzip
import io
import math
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.feeds import files
from monitor.feeds.records import FetchedRecord
from monitor.literature.design import trial_cues
from monitor.literature.design.trial_score import SCREENING, trial_score
from monitor.literature.design.trial_weights import WEIGHTS

PLAIN = "Attachment in the town of Nowhere"


def score(title, abstract=None, *labels):
    return trial_score(title, abstract, labels).value


@pytest.mark.parametrize(
    "abstract",
    [
        "Families were randomised (1:1) to VIPP or usual care. Both groups were seen again.",
        "We did a cluster randomised trial in 12 nurseries. Children in each group were seen.",
        "In this stepped-wedge trial, 8 services were randomly allocated to a start date.",
        "In a double-blind, placebo-controlled, crossover study, 12 children received either one.",
        "Mothers were assigned at random to two groups and completed a questionnaire.",
        "Order was random and counterbalanced; participants were compared in two groups.",
    ],
)
def test_ways_to_say_that_a_trial_was_randomised(abstract):
    assert score("Effects of an intervention in Nowhere", abstract) > 0.5


@pytest.mark.parametrize(
    ("title", "abstract"),
    [
        (PLAIN, "We used Mendelian randomization on a biobank cohort."),
        (PLAIN, "Random effects models were fitted to registry data on prevalence."),
        (PLAIN, "A randomly selected sample answered the survey. Risk factors were associated."),
        (PLAIN, "The literature is reviewed. Further randomised controlled trials are needed."),
        ("VIPP: a review", "This article discusses parenting. Two randomised trials were found."),
        ("Correction: a randomised trial of VIPP", None),
        ("Soil bacteria of grasslands", "The genome was sequenced."),
        (PLAIN, None),
    ],
)
def test_chance_alone_and_other_trials_do_not_reach_the_line(title, abstract):
    assert score(title, abstract) < SCREENING


@pytest.mark.parametrize(
    ("more", "less"),
    [
        ("Families were randomised.", "Families were not randomised."),
        ("Families were randomly assigned.", "Families were quasi-randomised by date of birth."),
        ("We randomised 40 families.", "Randomised trials are needed of 40 families."),
        ("Families were randomly allocated.", "Families were randomly selected."),
        ("Children were randomly allocated.", "Rats were randomly allocated."),
    ],
)
def test_the_order_is_the_sensible_one(more, less):
    assert score(PLAIN, more) > score(PLAIN, less)


def test_labels_raise_a_score_and_never_lower_it():
    bare = score(PLAIN, "It was tried.")
    assert score(PLAIN, "It was tried.", "Randomized Controlled Trial") > 0.5 > bare
    assert score(PLAIN, "It was tried.", "Review", "Case Reports") == bare
    keyed = trial_score(PLAIN, "It was tried.", (), ("Double-Blind Method",))
    assert keyed.value > bare


def test_a_score_is_the_sum_of_its_parts_and_each_names_its_words():
    found = trial_score("A trial of VIPP", "Families were randomly assigned to two groups.")
    total = sum(part.weight for part in found.parts)
    assert found.value == pytest.approx(1 / (1 + math.exp(-total)))
    told = {part.cue: part for part in found.parts}
    assert told["allocated at random"].words == "randomly assign"
    assert told["allocated at random"].sentence == "Families were randomly assigned to two groups."
    assert told["title: trial"].words == "trial"


def test_every_weight_belongs_to_a_cue_and_speaks_its_way():
    names = {cue.name for cue in trial_cues.CUES}
    assert set(WEIGHTS) <= names | {"no abstract", "start"}
    assert WEIGHTS["allocated at random"] > 1
    assert WEIGHTS["other trials spoken of"] < 0
    assert max(WEIGHTS["not randomised"], WEIGHTS["title: review"]) < 0


@pytest.mark.parametrize(
    "sentence",
    [
        "Randomised controlled trials are needed.",
        "There is a need for large randomised trials.",
        "Three randomised trials were found.",
        "More RCTs should be conducted.",
    ],
)
def test_sentences_about_other_trials(sentence):
    assert trial_cues.speaks_of_others(sentence)


@pytest.mark.parametrize(
    "sentence",
    [
        "Patients requiring ventilation were randomised.",
        "Those randomised to VIPP needed fewer visits.",
        "We did a randomised trial.",
    ],
)
def test_sentences_about_the_trial_itself(sentence):
    assert not trial_cues.speaks_of_others(sentence)


@settings(max_examples=60)
@given(st.text(max_size=300), st.text(max_size=600), st.lists(st.text(max_size=20), max_size=2))
def test_any_text_has_a_score(title, abstract, labels):
    found = trial_score(title, abstract, labels, labels)
    assert 0 <= found.value <= 1
    for part in found.parts:
        assert part.words in part.sentence


def test_the_line_is_the_one_the_documents_publish():
    docs = Path(__file__).resolve().parents[3] / "docs"
    for name in ("lab.md", "accuracy/design.md"):
        assert f"**{SCREENING}**" in (docs / name).read_text("utf-8") or (
            f"**At {SCREENING} or more" in (docs / name).read_text("utf-8")
        )


def test_real_trials_are_found_and_most_others_passed_over(recordings):
    """By MEDLINE's own labels; the figures of all sets stand in docs/accuracy/design.md."""
    path = recordings / "medline_text_rct_labels" / "narchd__pubmed_result.txt.gz"
    body = io.BytesIO(gzip.decompress(path.read_bytes()))
    marked: dict[bool, list[bool]] = {True: [], False: []}
    for record in files.read(body).found:
        assert isinstance(record, FetchedRecord)
        said = record.citation
        trial = "Randomized Controlled Trial" in said.publication_types
        marked[trial].append(trial_score(said.title, said.abstract).value >= SCREENING)
    assert len(marked[True]) == 5
    assert all(marked[True])
    assert sum(marked[False]) / len(marked[False]) < 0.25
