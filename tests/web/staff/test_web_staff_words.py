"""The pure parts of the staff pages: forms read, text cut for marking, words for times and sizes."""

from datetime import UTC, datetime, timedelta
from enum import StrEnum

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from monitor.catalogue.words import (
    ArmRole,
    Design,
    EffectType,
    FindingDirection,
    Informant,
    OutcomeClass,
    ResultClass,
    Unit,
)
from monitor.feeds.queries import SourceState
from monitor.literature.design.rules import suggest_design
from monitor.literature.matching.matcher import Hit
from monitor.notify.tables import MessageKind, MessageState
from monitor.review.reading.model import Arm, Reading, ReadingResult, from_json, to_json
from monitor.review.words import DecisionVerdict, Stage
from monitor.web import auth, forms, posting
from monitor.web.staff import excerpts, labels
from monitor.web.staff.appraising import reading_forms, reading_words

NOW = datetime(2026, 11, 23, 6, 10, tzinfo=UTC)


def text(pieces):
    return "".join(piece.text for piece in pieces)


@given(st.text(max_size=300), st.lists(st.tuples(st.integers(-5, 320), st.integers(0, 40))))
def test_cutting_an_abstract_loses_no_word(abstract, places):
    hits = [
        Hit("cos", None, "x" * length, "abstract", start, "full name") for start, length in places
    ]
    cut = excerpts.paragraphs(abstract, hits, suggest_design("", abstract))
    # labels are written as a sentence starts, so case may differ there
    joined = "".join(text(paragraph) for paragraph in cut)
    plain = [c for c in abstract.casefold() if c.isalnum()]
    assert [c for c in joined.casefold() if c.isalnum()] == plain


@given(st.text(alphabet="abc randomised.: METHODS\n", max_size=600))
def test_a_quoted_sentence_is_short_and_from_the_text(abstract):
    suggestion = suggest_design("", abstract)
    if suggestion:
        quoted = text(excerpts.quoted(suggestion))
        assert len(quoted) <= 250
        assert quoted.strip("… ").strip() in abstract


def test_a_long_sentence_is_shortened_around_the_telling_words():
    sentence = f"{'Before ' * 80}families were randomly assigned {'after ' * 80}"
    suggestion = suggest_design("", sentence)
    assert suggestion
    quoted = excerpts.quoted(suggestion)
    assert text(quoted).startswith("… ")
    assert text(quoted).endswith("…")
    assert [p.text for p in quoted if p.kind] == ["randomly assigned"]


def test_a_label_begins_a_paragraph_of_its_own():
    cut = excerpts.paragraphs("BACKGROUND AND AIMS: One.\n\nMETHODS: Two.", [], None)
    assert [text(p) for p in cut] == ["Background and aims. One.", "Methods. Two."]
    assert cut[1][0].kind == excerpts.LABEL


def test_reasons_name_the_most_telling_rule_first_and_each_word_once():
    hits = [
        Hit("cos", None, "COS-P", "abstract", 3, "abbreviation in context"),
        Hit("cos", None, "cos-p", "title", 3, "abbreviation in context"),
        Hit("cos", None, "Circle of Security", "keywords", 0, "full name"),
    ]
    first, second = excerpts.reasons(hits)
    assert (first.rule, first.words) == ("Full name", ("Circle of Security",))
    assert len(second.words) == 1
    assert second.fields == ("the abstract", "the title")


@given(st.text(max_size=80))
def test_the_way_back_is_always_a_path_on_this_host(value):
    path = auth.local_path(value)
    assert path.startswith("/")
    assert not path.startswith("//")
    assert "\\" not in path


@given(st.text(max_size=200))
def test_any_draft_unpacks_to_pairs_or_nothing(draft):
    for name, value in posting.unpack(draft) or []:
        assert isinstance(name, str)
        assert isinstance(value, str)


@pytest.mark.parametrize(
    "draft", ['[["csrf_token","x"]]', '[["action","save"]]', "[[1,2]]", '{"a":1}', "[" * 2000]
)
def test_a_draft_carries_nothing_but_typed_text(draft):
    assert not posting.unpack(draft)


_SENT = st.dictionaries(
    st.sampled_from(
        [
            *reading_forms.STUDY,
            *reading_forms.RESULT,
            *reading_forms.REPORTED,
            "a1-role",
            "a1-name",
            "answer-1.1",
            "verdict",
            "note",
            "token",
            "version",
            "study_id",
        ]
    ),
    st.one_of(
        st.text(max_size=30),
        st.sampled_from(["yes", "no", "not known", "include", "exclude", "randomised", "case"]),
        st.sampled_from([*map(str, FindingDirection), *map(str, OutcomeClass), "low", "high"]),
    ),
)


@given(_SENT)
def test_no_form_breaks_the_reader(sent):
    reading, problems = (
        Reading(arms=(Arm(key="a1"),), results=(ReadingResult(key="r1"),)),
        forms.Problems(),
    )
    reading = reading_forms.study_of(MultiDict(sent), reading, problems)
    reading = reading_forms.arms_of(MultiDict(sent), reading, problems)
    reading = reading_forms.result_of(MultiDict(sent), reading, "r1", problems)
    assert from_json(to_json(reading)) == reading
    screened, problems = forms.screening(MultiDict(sent), ["ddp"])
    assert (screened is None) == bool(problems)


@pytest.mark.parametrize("value", ["", " ", "-1", "1.5", "٣", "1e3", "9" * 13, "x"])
def test_only_plain_whole_numbers_are_numbers(value):
    assert forms.number(value) is None


@pytest.mark.parametrize(
    ("table", "words"),
    [
        (labels.STAGES, Stage),
        (labels.STUDY_STAGES, Stage),
        (labels.HEADINGS, Stage),
        (labels.EXPLANATIONS, Stage),
        (labels.DESIGNS, Design),
        (reading_words.KINDS, ResultClass),
        (reading_words.EFFECTS, EffectType),
        (reading_words.INFORMANTS, Informant),
        (reading_words.ROLES, ArmRole),
        (reading_words.UNITS, Unit),
        (labels.DECISIONS, DecisionVerdict),
        (labels.MESSAGES, MessageState),
        (labels.KINDS, MessageKind),
        (labels.SOURCES, SourceState),
    ],
)
def test_every_word_of_the_product_has_its_words_here(table, words: type[StrEnum]):
    assert set(table) == set(words)


def test_every_lane_is_shown_once():
    assert set(labels.OPEN_LANES) | set(labels.DONE_LANES) == set(Stage)
    assert not set(labels.OPEN_LANES) & set(labels.DONE_LANES)


@pytest.mark.parametrize(
    ("later", "said"),
    [
        (timedelta(0), "now"),
        (timedelta(hours=-1), "now"),
        (timedelta(hours=3), "today, 09:10"),
        (timedelta(days=1), "tomorrow, 06:10"),
        (timedelta(days=3), "26 November 2026, 06:10"),
    ],
)
def test_when_something_is_due(later, said):
    assert labels.due(NOW + later, NOW) == said


def test_how_long_ago():
    assert labels.since(NOW, NOW) == "less than a minute"
    assert labels.since(NOW - timedelta(minutes=1), NOW) == "1 minute"
    assert labels.since(NOW + timedelta(hours=1), NOW) == "less than a minute"
    assert labels.since(NOW - timedelta(days=40), NOW) == "40 days"


def test_every_answer_of_a_reading_has_its_question_in_words():
    named = {*reading_forms.STUDY, *reading_forms.INDEPENDENCE, *reading_forms.ARM}
    named |= {*reading_forms.RESULT, *reading_forms.REPORTED}
    assert named <= set(reading_words.QUESTIONS)
