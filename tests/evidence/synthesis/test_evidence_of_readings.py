"""Readings as evidence reads them: rows of the results table, what they come to, and out and in again."""

import pytest

from monitor.catalogue import loader
from monitor.catalogue.words import (
    ArmRole,
    Better,
    ComparatorClass,
    Design,
    EffectType,
    FindingDirection,
    InReview,
    Planned,
    Population,
    ResultClass,
    Unit,
)
from monitor.evidence.synthesis import shown_effects
from monitor.evidence.synthesis.findings import findings
from monitor.evidence.synthesis.of_readings import row_of, told_direction
from monitor.evidence.synthesis.results import read_row
from monitor.ops import exports
from monitor.review.reading.model import Arm, Independence, Reading, ReadingResult, Reported

CATALOGUE = loader.load()
POLICY = CATALOGUE.synthesis
RESULT = ReadingResult(
    key="r1",
    experimental="a1",
    comparator="a2",
    kind=ResultClass.ATTACHMENT,
    outcome="Disorganised attachment",
    measure="Strange Situation",
    months=0,
    population=Population.ALL,
    planned=Planned.PRIMARY,
    better=Better.LOWER,
    reported=Reported(
        type=EffectType.TABLE, events_i=19, n_i=60, events_c=34, n_c=60, quote="19/60 v 34/60"
    ),
)
READING = Reading(
    count_it=True,
    design=Design.RANDOMISED,
    unit=Unit.PEOPLE,
    in_review=InReview.NO,
    uk=True,
    independence=Independence(authored=False),
    arms=(
        Arm(key="a1", role=ArmRole.EXPERIMENTAL, intervention="abc"),
        Arm(key="a2", role=ArmRole.COMPARATOR, comparator=ComparatorClass.ACTIVE, name="DEF"),
    ),
    results=(RESULT,),
)


def against(slug: str) -> Reading:
    """The same trial, against another of the ten."""
    other = READING.arms[1].model_copy(update={"intervention": slug, "comparator": None})
    return READING.model_copy(update={"arms": (READING.arms[0], other)})


def reporting(told: Reported, better: Better | None = Better.HIGHER) -> Reading:
    result = RESULT.model_copy(update={"reported": told, "better": better})
    return READING.model_copy(update={"results": (result,)})


def test_fewer_events_are_better_where_lower_is_better():
    effect = shown_effects.shown(READING, RESULT, POLICY)
    assert effect is not None and effect.estimate is not None  # noqa: PT018 - tells mypy
    assert effect.estimate == pytest.approx(0.5725, abs=1e-3)  # -ln .354 · √3/π
    assert effect.label == "probable benefit"


def test_a_trial_of_two_of_the_ten_is_told_of_both_with_the_sign_turned():
    row = row_of(against("cos"), RESULT, study="RIGHT-like", risk="low")
    found, refused = findings([row], POLICY, CATALOGUE.measures, CATALOGUE.slugs)
    assert refused == []
    told = {(one.intervention, one.comparator_class): one for one in found}
    abc, cos = told["abc", "another of the ten"], told["cos", "another of the ten"]
    assert (abc.main.label, cos.main.label) == ("probable benefit", "favours the comparison")
    assert told_direction(against("cos"), POLICY) is None


def test_one_of_the_ten_that_another_programme_was_compared_with_gets_the_turned_sign():
    arms = (
        Arm(key="a1", role=ArmRole.EXPERIMENTAL, name="Another programme"),
        Arm(key="a2", role=ArmRole.COMPARATOR, intervention="abc"),
    )
    reading = READING.model_copy(update={"arms": arms})
    row = row_of(reading, RESULT, study="Example", risk="low")
    assert (row.intervention, row.comparator_class) == ("abc", "active")
    assert told_direction(reading, POLICY) is FindingDirection.FAVOURS_COMPARISON


@pytest.mark.parametrize(
    ("reading", "direction"),
    [
        (READING, FindingDirection.FAVOURS),
        (reporting(Reported(type=EffectType.DIRECTION, direction=-1)), FindingDirection.FAVOURS_COMPARISON),
        (reporting(Reported(type=EffectType.SMD, effect=0.86, p=0.069, n_i=15, n_c=16)), FindingDirection.NO_DIFFERENCE),
        (reporting(Reported(type=EffectType.SMD, effect=0.45, n_i=52, n_c=52)), FindingDirection.FAVOURS),
        (reporting(Reported(type=EffectType.SMD, effect=0.45, n_i=52, n_c=52), Better.LOWER), FindingDirection.FAVOURS_COMPARISON),
        (reporting(Reported(type=EffectType.RR, effect=0.6, low=0.4, high=0.9), Better.LOWER), FindingDirection.FAVOURS),
        (reporting(Reported()), None),
        (Reading(), None),
        (None, None),
    ],
)  # fmt: skip
def test_which_way_the_main_result_points_in_the_words_of_the_policy(reading, direction):
    assert told_direction(reading, POLICY) is direction


@pytest.mark.parametrize(
    ("told", "said"),
    [
        (Reported(type=EffectType.SMD, effect=0.31, low=0.4, high=0.52), "does not contain"),
        (Reported(type=EffectType.TABLE, events_i=61, n_i=60, events_c=1, n_c=60), "cannot happen"),
        (Reported(type=EffectType.MEANS, mean_i=1.0), "needed"),
    ],
)
def test_what_contradicts_itself_is_refused_with_the_sentence_of_the_form(told, said):
    reading = reporting(told)
    effect = shown_effects.shown(reading, reading.results[0], POLICY)
    assert effect is not None
    assert said in effect.refusal
    assert (effect.estimate, effect.label) == (None, None)


@pytest.mark.parametrize(
    "reading",
    [
        READING,
        against("cos"),
        reporting(Reported(type=EffectType.MD, effect=-0.4, low=-1.9, high=1.1, n_i=106, n_c=106)),
    ],
)
def test_a_row_that_is_written_is_read_as_it_was(reading):
    row = row_of(reading, reading.results[0], study="Example 2026", risk="some concerns")
    told = {column: getattr(row, field) for column, field in exports._RESULT_COLUMNS.items()}
    (header, cells) = exports.table([told])
    read = read_row(dict(zip(header, cells, strict=True)), CATALOGUE.slugs)
    assert read == row.__class__(
        **{**{f: getattr(row, f) for f in row.__slots__}, "in_review": None}
    )
