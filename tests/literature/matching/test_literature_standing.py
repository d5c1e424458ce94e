import csv
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.catalogue import loader
from monitor.literature.matching.lanes import evaluations
from monitor.literature.matching.lanes import lane as lane_of
from monitor.literature.matching.matcher import Matcher
from monitor.literature.text.sentences import sentences
from monitor.literature.words import Lane

MATCHER = Matcher(loader.load())
APP = "We tested a sleep app for tired mothers in an invented town. Mothers slept for longer."


def judged(abstract, title="An invented study", keywords=()):
    hits = MATCHER.match(title=title, abstract=abstract, keywords=keywords)
    return lane_of(hits, title, abstract), evaluations(hits, title, abstract)


PASSING = [
    ("Attachment programmes such as Circle of Security exist.", "given as an example"),
    ("Some programmes (e.g., VIPP-SD, Theraplay) work with parents.", "given as an example"),
    ("Some programmes, for example Theraplay, are sold.", "given as an example"),
    ("Interventions like Video Interaction Guidance take longer.", "given as an example"),
    (
        "Circle of Security and other attachment-based programmes are on offer.",
        "given as an example",
    ),
    ("Unlike Circle of Security, the app needs no leader.", "only likened to or set against"),
    ("In contrast to VIPP-SD, nobody is filmed.", "only likened to or set against"),
    ("The tone is similar to that of Theraplay.", "only likened to or set against"),
    ("The app draws on principles of Theraplay.", "only a source of ideas"),
    ("The app draws on ideas from Theraplay and Circle of Security.", "only a source of ideas"),
    ("Attachment-based programmes (Theraplay, VIPP-SD) have spread.", "given as an example"),
    ("Results were similar to those reported for Theraplay.", "only likened to or set against"),
    ("Its makers were trained in Video Interaction Guidance.", "only what somebody was trained in"),
    (
        "Families who had previously received Theraplay were left out.",
        "only a reason to leave families out",
    ),
    ("Future research should compare the app with VIPP-SD.", "only left to later research"),
    ("Circle of Security should be tested in further trials.", "only left to later research"),
    ("Theraplay has been shown to help some families.", "only in the background"),
    ("BACKGROUND: Theraplay is widely used.", "only in the background"),
    (
        "VIPP-SD, Theraplay and Circle of Security are on offer to families.",
        "one of many in a list",
    ),
]


@pytest.mark.parametrize(("sentence", "reason"), PASSING)
def test_a_programme_named_in_passing_is_only_mentioned(sentence, reason):
    lane, found = judged(f"{sentence} {APP}")
    assert lane is Lane.MENTIONED
    assert {one.reason for one in found} == {reason}
    assert {one.sentence for one in found} == {sentence}


EVALUATED = [
    "Mothers were randomised to Circle of Security or a waiting list.",
    "Mothers were randomised to programmes such as Circle of Security, or to none.",
    "Families received Theraplay, in contrast to families on a waiting list.",
    "We evaluated Video Interaction Guidance in forty families.",
    "The aim was to test Theraplay against an app.",
    "The comparison arm had Video Interaction Guidance.",
    "An app was compared with Theraplay in eighty families.",
    "Families took part in VIPP-SD, Theraplay or Circle of Security.",
    "A group programme based on Circle of Security was tried out.",
    "Parents liked Theraplay.",
    "Parents would like Theraplay to last longer.",
    "Twelve parents told of their experience with Theraplay.",
    "Health visitors were trained in Video Interaction Guidance and delivered it to families.",
    "In addition to Theraplay, mothers had a group of their own.",
    "Both interventions (Theraplay and a leaflet) were liked.",
    "Theraplay was well received and further research is needed.",
]


@pytest.mark.parametrize("sentence", EVALUATED)
def test_a_programme_that_was_tried_is_evaluated(sentence):
    lane, found = judged(f"Infants matter. {sentence} Attachment was observed.")
    assert lane is Lane.EVALUATED
    assert all(one.evaluated for one in found)


def test_a_background_that_the_paper_takes_up_is_evaluated():
    lane, _ = judged("Theraplay is widely used. This study examined its effects in schools.")
    assert lane is Lane.EVALUATED
    lane, _ = judged("Theraplay is widely used. Forty families came to eight sessions.")
    assert lane is Lane.EVALUATED  # it says of nothing else that it was studied


def test_invented_abstracts_get_the_lane_they_were_written_for():
    path = Path(__file__).with_name("standing_cases.csv")
    with path.open(encoding="utf-8", newline="") as file:
        cases = list(csv.DictReader(file))
    right = Counter(
        case["lane"] for case in cases if judged(case["abstract"], case["title"])[0] == case["lane"]
    )
    assert Counter(case["lane"] for case in cases) == {"evaluated": 50, "mentioned": 38}
    assert right["evaluated"] == 50  # a study that is missed is the worse mistake
    assert right["mentioned"] >= 33


def test_a_labelled_section_of_background_counts_to_its_end():
    abstract = "BACKGROUND: Infants matter.\n\nTheraplay helped in Chicago.\n\nMETHODS: " + APP
    assert judged(abstract)[0] is Lane.MENTIONED
    assert judged(abstract.replace("BACKGROUND", "RESULTS"))[0] is Lane.EVALUATED


def test_a_contrast_does_not_reach_past_the_name_it_is_made_with():
    lane, found = judged("Unlike Theraplay, Circle of Security uses film.")
    assert {one.slug: one.evaluated for one in found} == {"theraplay": False, "cos": True}
    assert lane is Lane.EVALUATED


def test_the_title_and_the_keywords_say_what_a_paper_is_about():
    passing = "Unlike Theraplay, the app needs no leader."
    assert judged(passing, title="Theraplay and an app")[0] is Lane.EVALUATED
    assert judged(passing, keywords=["Theraplay"])[0] is Lane.EVALUATED
    assert judged(passing)[0] is Lane.MENTIONED


def test_each_intervention_has_a_standing_of_its_own():
    abstract = "Unlike Theraplay, Circle of Security uses film. We evaluated Circle of Security."
    lane, found = judged(abstract)
    assert lane is Lane.EVALUATED
    assert {one.slug: one.evaluated for one in found} == {"theraplay": False, "cos": True}


def test_a_review_of_many_programmes_evaluates_none_of_them():
    abstract = (
        "This review covers programmes for parents. Theraplay was found once. "
        "Circle of Security was found twice. VIPP-SD was found three times."
    )
    assert judged(abstract)[0] is Lane.MENTIONED
    about_one = "This review covers Theraplay. Nine studies were found."
    assert judged(about_one)[0] is Lane.EVALUATED


def test_a_paper_without_a_name_is_possible_or_nothing():
    assert judged("We tested whether mothers' sensitivity rose: a trial.")[0] is Lane.POSSIBLE
    assert judged("Beetles were counted.")[0] is Lane.NONE


UNRELATED = (
    "Beetles were counted.",
    "Theories exist.",
    "Programmes such as Theraplay exist.",
    "Future research should look at Circle of Security.",
    "Core outcome sets were agreed.",
)


@given(
    st.sampled_from(EVALUATED),
    st.lists(st.sampled_from(UNRELATED), max_size=3),
    st.lists(st.sampled_from(UNRELATED), max_size=3),
)
def test_other_sentences_never_unmake_what_was_evaluated(sentence, before, after):
    alone = {one.slug for one in judged(sentence)[1] if one.evaluated}
    among = {one.slug for one in judged(" ".join([*before, sentence, *after]))[1] if one.evaluated}
    assert alone <= among


@given(st.text(max_size=300), st.text(alphabet="Theraplay VIPP-SD.\n(e.g. such as) ", max_size=200))
def test_hostile_texts_do_no_harm(one, other):
    text = f"{one} Theraplay {other}"
    judged(text)
    parts = list(sentences(text))
    assert all(text[part.start :].startswith(part.text) for part in parts)
    assert sum(len(part.text) for part in parts) <= len(text)


def test_kinds_of_passing_names_get_the_lane_they_were_written_for():
    path = Path(__file__).with_name("passing_cases.csv")
    with path.open(encoding="utf-8", newline="") as file:
        cases = list(csv.DictReader(file))
    wrong = [
        (case["kind"], case["abstract"])
        for case in cases
        if not case["set"].endswith("not read yet")
        and judged(case["abstract"], case["title"])[0] != case["lane"]
    ]
    assert wrong == []


@pytest.mark.parametrize(
    ("sentence", "reason"),
    [
        ("Help ranges from a hotline to Theraplay.", "only one end of a range"),
        ("The clinic had once been a site of Theraplay.", "only what a place did before"),
        ("Logos (Theraplay, Triple P, Baby Steps) hung there.", "one of many in a list"),
        ("Alder (2011) assigned mothers to Theraplay.", "only what somebody else did"),
        ("We hope to try Theraplay next.", "only left to later research"),
        ("The makers of Theraplay were thanked.", "only its developers"),
        ("Posters of Theraplay hung there.", "only a thing with its name"),
        ("Mothers who join Theraplay were lent hats.", "only where people came from"),
        ("Few wards knew of Theraplay.", "only what people had heard of"),
        ("We surveyed mothers. Theraplay is one option for them.", "only one option there is"),
        ("Two of them were also trained in Theraplay.", "only what somebody was trained in"),
        ("Child psychotherapy is a profession.", "only the name of a field"),
    ],
)
def test_each_kind_says_its_reason(sentence, reason):
    lane, found = judged(f"{sentence} {APP}")
    assert (lane, [one.reason for one in found]) == (Lane.MENTIONED, [reason])
