import gzip
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.literature.design.rules import suggest_design
from monitor.literature.matching import scope
from monitor.literature.matching.scope import in_scope
from monitor.literature.text.folding import fold, skim
from monitor.literature.text.sentences import lines

TITLE = "An invented trial of parenting in the town of Nowhere"


@pytest.mark.parametrize(
    "text",
    [
        "Attachment security after an intervention",
        "A randomised trial: infant attachment",
        "Attachment to the mother: a program",
        "The Strange Situation in an RCT",
        "Infant mental health trial",
        "Mother–infant interaction: effects of a study",
        "Maternal sensitivity intervention",
        "Sensitive parenting: randomized",
        "A parenting programme",
        "Parental reflective functioning trial",
        "Emotional availability after home visiting",
        "Kinship care: pre-post",
        "Foster care intervention",
        "Adopted children: a case series",
        "Adoptive fathers: a trial",
        "Adoptive infants: a trial",
        "Fostered toddlers: an intervention",
        "Adopted young people: a pilot study",
        "Adoptees: a randomised trial",
        "Looked-after children: video-feedback",
        "Maltreated toddlers, randomly assigned",
    ],
)
def test_a_trial_of_attachment_or_parenting_is_in_scope(text):
    assert in_scope(text, None)
    assert in_scope("Untold", text.upper())


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Retinal detachment: a randomised trial",
        "Attachment of brackets: a randomised trial",
        "Attachment security in two towns",  # nothing was tried
        "Mothers of asthma patients: a randomised trial",
        "We adopted a family approach: a randomised trial",
        "The adopted method was tried on children in a trial",
        "\x00",
    ],
)
def test_other_papers_are_not_in_scope(text):
    assert not in_scope(text, text)


WORDS = st.sampled_from(
    [
        "attachment",
        "secure",
        "security",
        "strange",
        "situation",
        "infant",
        "early",
        "childhood",
        "mental",
        "health",
        "mother",
        "matern",
        "maternal",
        "Fathers",
        "paternal",
        "parental",
        "parent",
        "parents",
        "parenting",
        "care",
        "giver",
        "caregiver",
        "carer",
        "giving",
        "family",
        "families",
        "sensitivity",
        "sensitive",
        "responsive",
        "reflective",
        "function",
        "emotional",
        "availability",
        "foster",
        "adoptive",
        "kinship",
        "adopted",
        "adoptees",
        "looked",
        "after",
        "child",
        "children",
        "maltreated",
        "and",
        "to",
        "the",
        "interaction",
        "bond",
        "of",
    ]
)
BETWEEN = st.sampled_from(
    [" ", "-", "\u2013", "  ", " - ", "\n", "\u00a0", ", ", "", "\u2019s ", "&", "_", "\u03b2"]
)


@given(st.lists(st.tuples(WORDS, BETWEEN), max_size=8))
def test_no_paper_in_scope_is_passed_over_for_want_of_a_word(parts):
    text = "".join(word + between for word, between in parts)
    if scope._SUBJECT.search(fold(text)):
        assert next(scope._BEGUN.iter(skim(text)), None)


def test_few_other_trials_are_in_scope(recordings):
    path = recordings / "topic_registry_text" / "ctgov_background_A.jsonl.gz"
    with gzip.open(path, "rt", encoding="utf-8") as file:
        texts = [json.loads(line)["text"] for line in file]
    possible = sum(in_scope("", text) for text in texts)
    assert (possible, len(texts)) <= (25, 6000)


@pytest.mark.parametrize(
    ("title", "design"),
    [
        ("Correction to: VIPP in Nowhere, a randomised trial", "notice"),
        ("Retraction: VIPP in Nowhere", "notice"),
        ("Letter to the editor on VIPP", "notice"),
        ("VIPP in Nowhere: study protocol for a randomised controlled trial", "protocol"),
        ("VIPP: a meta-analysis of 25 randomized controlled trials", "review"),
        ("Cost-effectiveness of VIPP beside a randomised trial", "economic"),
        ("Parents' experiences of VIPP", "qualitative"),
        ("VIPP: 6-month follow-up of a randomized controlled trial", "follow-up"),
        ("VIPP: a non-randomised comparison", "non-randomised"),
        ("VIPP: a quasi-randomised trial", "non-randomised"),
        ("VIPP: a RANDOMIZED trial", "randomised"),
        ("VIPP: a pilot RCT", "randomised"),
        ("VIPP: a case series", "case"),
        ("VIPP: an uncontrolled study", "single-group"),
    ],
)
def test_a_title_tells_the_design(title, design):
    found = suggest_design(title, "Families were randomly assigned.", ["Review"])
    assert found
    assert (found.design, found.sentence, found.field) == (design, title, "title")


@pytest.mark.parametrize(
    ("sentence", "design"),
    [
        ("Families were randomly allocated to two arms.", "randomised"),
        ("Mothers were randomised (1:1) by sealed envelope.", "randomised"),
        ("Families were not randomised.", "non-randomised"),
        ("Families will be randomised in 2031.", "protocol"),
        ("We searched four databases.", "review"),
        ("Semi-structured interviews were held with ten mothers.", "qualitative"),
        ("We compared them with a waitlist group.", "non-randomised"),
        ("Scores rose from baseline to the end.", "single-group"),
    ],
)
def test_an_abstract_tells_the_design_with_its_sentence(sentence, design):
    abstract = f"AIM: We tried VIPP in p. 4 of 3.5 towns.\n\nMETHOD: {sentence} It was told."
    found = suggest_design("VIPP in Nowhere", abstract, ())
    assert found
    assert (found.design, found.field) == (design, "abstract")
    assert found.sentence == f"METHOD: {sentence}"


def test_publication_types_speak_only_where_the_text_is_silent():
    types = ["Journal Article", "Randomized Controlled Trial"]
    found = suggest_design("VIPP in Nowhere", "It was tried.", types)
    assert found
    assert (found.design, found.sentence, found.field) == (
        "randomised",
        "Randomized Controlled Trial",
        "publication types",
    )
    assert suggest_design("VIPP in Nowhere", "It was tried.", ["Journal Article"]) is None


def test_a_registration_is_one_though_its_text_tells_of_a_randomised_trial():
    types = ["Clinical Trial Registration", "Interventional", "Randomized"]
    found = suggest_design("A randomised trial of VIPP", "Families are randomised.", types)
    assert found is not None
    assert (found.design, found.field) == ("registration", "publication types")
    unlabelled = suggest_design("A randomised trial of VIPP", None, types[1:])
    assert unlabelled is not None
    assert unlabelled.design == "randomised"


@pytest.mark.parametrize("word", ["Mendelian randomization", "random effects", "randomly selected"])
def test_chance_alone_is_no_trial(word):
    assert suggest_design("A study", f"We used {word} for all.", ()) is None


@given(st.text(), st.text() | st.none(), st.lists(st.text(), max_size=3))
def test_a_suggestion_quotes_its_field(title, abstract, types):
    found = suggest_design(title, abstract, types)
    if found:
        texts = {"title": [title], "abstract": [abstract or ""], "publication types": types}
        assert any(found.sentence in text for text in texts[found.field])


def test_sentences_keep_every_word():
    text = "One (e.g. two). “Three” was 3.5. Four?\n\nFIVE: six"
    assert list(lines(text)) == ["One (e.g. two).", "“Three” was 3.5.", "Four?", "FIVE: six"]
