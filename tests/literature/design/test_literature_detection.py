"""What is read from a record: design, sample, place, ages, measures, with their sentences."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.literature.design import (
    ages,
    asides,
    count_ways,
    counts,
    developers,
    measures,
    places,
    registered,
    rule_words,
    trial_cues,
)
from monitor.literature.design import rules as designs
from monitor.literature.design.detection import detect

TITLE = "VIPP in the town of Nowhere"


def told(text, field, title=TITLE):
    return [one.value for one in detect(title, text).suggestions if one.field == field]


@pytest.mark.parametrize(
    ("title", "abstract", "design"),
    [
        ("VIPP: a quasi-randomised trial", None, "non-randomised"),
        (TITLE, "Families were allocated to groups by date of birth.", "non-randomised"),
        (TITLE, "Children were alternately assigned to VIPP or care as usual.", "non-randomised"),
        ("VIPP: a cluster randomised trial in nurseries", None, "randomised"),
        (TITLE, "In a stepped wedge trial, services were randomised to a start.", "randomised"),
        (TITLE, "A double-blind, placebo-controlled crossover study was done.", "randomised"),
        (TITLE, "Twelve mothers saw both films in random order.", "randomised"),
        ("VIPP: protocol of a randomised trial", "Families will be randomised.", "protocol"),
        (TITLE, "Families will then be randomly assigned.", "protocol"),
        ("Secondary analysis of a randomised trial of VIPP", None, "follow-up"),
        ("School at age 9: analysis of data from the VIPP randomised trial", None, "follow-up"),
        (TITLE, "This is a secondary analysis of data from a randomised trial.", "follow-up"),
        ("Cost-effectiveness of VIPP alongside a randomised trial", None, "economic"),
        (TITLE, "An economic evaluation was done alongside a randomised trial.", "economic"),
        ("Clinical and cost-effectiveness of VIPP: a randomised trial", None, "randomised"),
        ("Mothers' views of VIPP: a qualitative study nested in a trial", None, "qualitative"),
        (TITLE, "In a nested qualitative study, mothers of the RCT spoke.", "qualitative"),
        (TITLE, "Randomised trials are needed. We watched.", "unclear"),
        (TITLE, "Mendelian randomisation was used.", "unclear"),
        (TITLE, "A randomly selected sample; random effects.", "unclear"),
        ("VIPP at work: a review of 184 cases", None, "case"),
        ("Erratum: VIPP, a randomised trial", None, "notice"),
        ("", "", "unclear"),
    ],
)
def test_the_hard_classes(title, abstract, design):
    assert detect(title, abstract).design == design


def test_a_registration_is_one_and_still_scores_as_a_trial():
    types = ("Clinical Trial Registration", "Interventional", "Randomized")
    found = detect(TITLE, "Families are randomly assigned to one of two groups.", types)
    assert found.design == "registration"
    assert found.score.value > 0.5


def test_a_text_that_never_says_randomised_may_still_speak_like_a_trial():
    abstract = (
        "METHODS: In a single-blind crossover study 12 healthy volunteers received either drug or "
        "sham. RESULTS: The effect of the drug was greater than with sham (p<0.05) in both groups."
    )
    found = detect("Effects of a treatment in Nowhere", abstract)
    assert found.design == "randomised"
    assert found.suggestions[0].sentence in abstract


@pytest.mark.parametrize(
    ("sentence", "sizes"),
    [
        ("We randomly assigned 130 families to VIPP.", ["130 families randomised"]),
        ("A total of 1,024 young children were randomised.", ["1024 children randomised"]),
        ("Fifty-two mother–infant dyads were randomly allocated.",
         ["52 mother–infant dyads randomised"]),
        ("One hundred and thirty parents took part.", ["130 parents enrolled"]),
        ("Of 300 families screened, 97 were randomised.", ["97 randomised"]),
        ("Foster mothers (n = 46) were randomised.", ["46 mothers randomised"]),
        ("We randomised 40 carers. 36 carers completed the study.",
         ["40 carers randomised", "36 carers analysed"]),
        ("Families (N = 88) came.", ["88 families enrolled"]),
        ("The score rose by 12 points.", []),
        ("The intervention group (n = 20) did well.", []),
        ("In 2019 families were pleased.", []),
    ],
)  # fmt: skip
def test_sample_sizes_as_the_text_states_them(sentence, sizes):
    assert told(sentence, "sample size") == sizes


@pytest.mark.parametrize(
    ("sentence", "ages"),
    [
        ("Children aged 4 to 11 years took part.", ["4 to 11 years"]),
        ("Infants were 6-20 months old.", ["6 to 20 months"]),
        ("12- to 36-month-old children were seen.", ["12 to 36 months"]),
        ("Children under 5 years were eligible.", ["up to 5 years"]),
        ("Children (mean age 4.2 years) were seen.", ["mean 4.2 years"]),
        ("Six-month and 9-month-old infants were filmed.", ["9 months"]),
        ("Mothers were aged 18 to 45 years.", []),
        ("Mothers of children were aged 18 to 45 years.", []),
        ("Children improved by 3 to 4 points.", []),
    ],
)
def test_ages_of_children_and_of_nobody_else(sentence, ages):
    assert told(sentence, "child age") == ages


@pytest.mark.parametrize(
    ("sentence", "country", "uk"),
    [
        ("The trial ran in England and Wales.", ["United Kingdom"], ["yes"]),
        ("It was held in ten NHS services in the UK.", ["United Kingdom"], ["yes"]),
        ("Dutch mothers took part.", ["Netherlands"], ["no"]),
        ("It was done in rural Uganda.", ["Uganda"], ["no"]),
        ("It was done in New England.", [], []),
        ("It was done in New South Wales.", ["Australia"], ["no"]),
        ("They ate turkey in a house.", [], []),
        ("English language papers were read.", [], []),
    ],
)
def test_a_country_counts_where_the_study_is_put_in_it(sentence, country, uk):
    assert told(sentence, "country") == country
    assert told(sentence, "UK") == uk


def test_settings_and_measures_are_named_once_and_gold_standards_marked():
    text = (
        "Home visits were made from mental health services. Attachment was seen in the Strange "
        "Situation and the Attachment Q-Sort (AQS); mothers gave the Adult Attachment Interview."
    )
    assert told(text, "setting") == ["home", "mental health service"]
    assert told(text, "outcome measure") == [
        "Strange Situation Procedure, gold standard",
        "Attachment Q-Sort, gold standard",
        "Adult Attachment Interview (of adults)",
    ]


@pytest.mark.parametrize(
    ("sentence", "value"),
    [
        ("The second author is a developer of the program.", ["the developers took part"]),
        ("VIPP was developed by the last author.", ["the developers took part"]),
        ("The evaluators were independent of the developers.", ["independent of the developers"]),
        ("The developers took no part in it.", ["independent of the developers"]),
        ("Its developers were not involved.", ["independent of the developers"]),
        ("Children developed well.", []),
    ],
)
def test_developers_only_where_the_text_says_so(sentence, value):
    assert told(sentence, "developer involvement") == value


HOSTILE = st.text(max_size=200) | st.sampled_from(
    ["<b>VIPP</b> &amp; co", "\x00\u202erandomised", "随机对照试验", "1 " * 500, "a(" * 500]
)


@settings(max_examples=60)
@given(HOSTILE, HOSTILE | st.none(), st.lists(st.text(max_size=20), max_size=2))
def test_every_suggestion_quotes_its_record(title, abstract, types):
    texts = [title, abstract or "", *types]
    for one in detect(title, abstract, types).suggestions:
        assert any(one.sentence in text for text in texts)


READERS = (
    ages,
    asides,
    count_ways,
    counts,
    rule_words,
    designs,
    developers,
    measures,
    places,
    registered,
)
PATTERNS = (
    *(cue.words for cue in trial_cues.CUES),
    *(one for module in READERS for one in vars(module).values() if isinstance(one, re.Pattern)),
    *(words for _, words in (*rule_words.TITLE, *rule_words.ABSTRACT)),
    *(words for _, words in places._settings()),
    *(words for words, _ in ages._kinds()),
    *(places._place(), places._next(), places._larger(), places._people(), places._nhs()),
    *(re.compile(way.words) for ways in count_ways.ways().values() for way in ways),
    *(way.sign for ways in count_ways.ways().values() for way in ways),
    *(counts._two_arms(), counts._next_arm(), counts._another_arm(), counts._part_before()),
    *(one for measure in measures.MEASURES for one in (measure.words, measure.letters) if one),
)


def test_no_pattern_repeats_a_group_without_a_bound():
    """A repeated group inside a repeat is what makes matching explode."""
    assert not [
        words.pattern for words in PATTERNS if re.search(r"\)(?:[*+]|\{\d+,\})", words.pattern)
    ]


@pytest.mark.parametrize(
    "piece",
    ["randomised(", "randomised -(-(", "a(a(", "1 ", "one hundred and ", "aged 1 to 2 ", "1,000,",
     "In the rural ", "further randomised ", "n = 1 ", ". ", "\u202e", "\x00", "&amp;", "families "],
)  # fmt: skip
def test_long_hostile_texts_are_read(piece):
    """A title and an abstract of 5,000 characters: a pattern that explodes would never return."""
    text = piece * (5000 // len(piece) + 1)
    found = detect(text[:5000], text)
    assert 0 <= found.score.value <= 1
    assert all(one.sentence in text for one in found.suggestions)


def test_what_lies_beyond_the_bound_is_not_read():
    text = "Nothing was done here at all. " * 700
    assert detect(TITLE, text + "Families were randomised.").score == detect(TITLE, text).score
