"""Readings: what is whole, two side by side, settled, aligned and summed up. Pure."""

import json
from enum import StrEnum
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from readings import ROB2_LOW  # type: ignore[import-not-found]  # tests/support is on pytest's path

from monitor.catalogue import loader
from monitor.catalogue.words import (
    ArmRole,
    Better,
    ComparatorClass,
    Design,
    EffectType,
    FindingDirection,
    Harms,
    Informant,
    InReview,
    OutcomeClass,
    Planned,
    Population,
    ResultClass,
    RiskOfBias,
    Unit,
)
from monitor.kernel.errors import ConfigError
from monitor.review.reading import model, settled, summary, to_mend
from monitor.review.reading.agreement import agreement
from monitor.review.reading.cleaning import cleaned
from monitor.review.reading.differences import AnswerState, common, differences, domains, rows
from monitor.review.reading.frame import aligned, frame
from monitor.review.reading.model import (
    Answered,
    Arm,
    Independence,
    Override,
    Reading,
    ReadingResult,
    Reported,
    Risk,
    from_json,
    interventions,
    to_json,
)
from monitor.review.rules import Judgement

CATALOGUE = loader.load()
TOOLS = CATALOGUE.tool_by_reference
ROB2 = CATALOGUE.tool("rob2").reference


def rob2(**answers: str) -> Risk:
    said = ROB2_LOW | {
        name.replace("_", ".").removeprefix("q"): word for name, word in answers.items()
    }
    return Risk(tool=ROB2, answers={name: Answered(answer=word) for name, word in said.items()})


RESULT = ReadingResult(
    key="r1",
    experimental="a1",
    comparator="a2",
    kind=ResultClass.ATTACHMENT,
    outcome="Attachment security",
    measure="Strange Situation",
    informant=Informant.BLIND_OBSERVER,
    months=6,
    population=Population.ALL,
    planned=Planned.PRIMARY,
    better=Better.HIGHER,
    reported=Reported(
        type=EffectType.MEANS,
        n_i=40, n_c=41, mean_i=3.9, sd_i=1.1, mean_c=3.6, sd_c=1.2,
        quote="Security was 3.9 (1.1) against 3.6 (1.2).",
    ),
    risk=rob2(),
)  # fmt: skip
WHOLE = Reading(
    count_it=True,
    in_review=InReview.NO,
    in_review_reason="First results in 2026.",
    design=Design.RANDOMISED,
    unit=Unit.PEOPLE,
    uk=True,
    harms=Harms.NONE_REPORTED,
    arms=(
        Arm(key="a1", role=ArmRole.EXPERIMENTAL, intervention="ddp", randomised=42),
        Arm(
            key="a2",
            role=ArmRole.COMPARATOR,
            name="Usual care",
            comparator=ComparatorClass.USUAL_CARE,
            randomised=42,
        ),
    ),
    results=(RESULT,),
)


def with_result(**changes: object) -> Reading:
    return WHOLE.model_copy(update={"results": (RESULT.model_copy(update=changes),)})


def reporting(**changes: object) -> Reading:
    return with_result(reported=RESULT.reported.model_copy(update=changes))


def said(reading: Reading) -> dict[str, str]:
    found = to_mend.problems(reading, TOOLS, CATALOGUE.slugs)
    return {problem.place.field: problem.sentence for problem in found}


# any reading, whole or not

texts = st.text(max_size=8)
words = st.sampled_from
numbers = st.none() | st.floats(-5, 5, allow_nan=False)
counts = st.none() | st.integers(-1, 300)
yes_no = st.none() | st.booleans()


def some(enum: type[StrEnum]) -> st.SearchStrategy[StrEnum | None]:
    return st.none() | st.sampled_from(enum)


arms = st.builds(
    Arm,
    key=words(["a1", "a2", "a3"]),
    role=some(ArmRole),
    intervention=words(["", "ddp", "cos"]),
    variant=texts,
    name=texts,
    comparator=some(ComparatorClass),
    randomised=counts,
    by_developers=yes_no,
)
risks = st.builds(
    Risk,
    tool=words(["", ROB2]),
    answers=st.dictionaries(
        words(sorted(ROB2_LOW)), st.builds(Answered, answer=words(["Y", "PY", "PN", "N", "NI"]))
    ),
    overrides=st.dictionaries(
        words(["D1", "overall"]),
        st.builds(Override, judgement=words(["low", "high"]), reason=texts),
        max_size=1,
    ),
)
results = st.builds(
    ReadingResult,
    key=words(["r1", "r2"]),
    experimental=words(["", "a1", "a2"]),
    comparator=words(["", "a1", "a2"]),
    kind=some(ResultClass),
    outcome=texts,
    informant=some(Informant),
    months=numbers,
    population=some(Population),
    planned=some(Planned),
    better=some(Better),
    reported=st.builds(
        Reported,
        type=some(EffectType),
        direction=st.none() | words([-1, 0, 1]),
        effect=numbers, low=numbers, high=numbers, se=numbers, p=numbers,
        n_i=counts, n_c=counts, events_i=counts, events_c=counts,
        mean_i=numbers, sd_i=numbers, mean_c=numbers, sd_c=numbers,
        quote=texts,
    ),
    risk=risks,
)  # fmt: skip
readings = st.builds(
    Reading,
    count_it=yes_no,
    reason=texts,
    in_review=some(InReview),
    in_review_reason=texts,
    design=some(Design),
    unit=some(Unit),
    uk=yes_no,
    harms=some(Harms),
    independence=st.builds(Independence, authored=yes_no, funded=yes_no),
    arms=st.lists(arms, unique_by=lambda arm: arm.key, max_size=3).map(tuple),
    results=st.lists(results, unique_by=lambda result: result.key, max_size=2).map(tuple),
)
quick = partial(settings, max_examples=60, deadline=None)


@quick()
@given(readings)
def test_a_reading_survives_json_whatever_is_in_it(reading):
    assert from_json(json.loads(json.dumps(to_json(reading)))) == reading


def test_a_reading_of_a_later_version_is_refused():
    with pytest.raises(ConfigError, match="later version"):
        from_json(to_json(WHOLE) | {"version": model.VERSION + 1})


def test_a_reading_of_before_is_read_and_written_again_as_the_newest():
    """A draft of an earlier version may be given what only the newest has."""
    read = from_json(to_json(WHOLE) | {"version": 1})
    assert read == WHOLE
    assert to_json(read)["version"] == model.VERSION


@quick()
@given(readings)
def test_any_reading_is_whole_or_told_what_is_missing(reading):
    reading = cleaned(reading)
    problems = to_mend.problems(reading, TOOLS, CATALOGUE.slugs)
    if not problems:
        assert reading.count_it is not None
        summary.judgement(reading, TOOLS, None)
    assert all(problem.sentence for problem in problems)
    assert cleaned(reading) == reading


def test_a_whole_reading_has_nothing_to_mend():
    assert said(WHOLE) == {}


def test_one_that_should_not_count_needs_only_its_reason():
    assert said(Reading(count_it=False)) == {"reason": "Say why it should not count"}
    assert said(Reading(count_it=False, reason="Adults only")) == {}


def test_a_direction_alone_is_enough():
    told = Reported(type=EffectType.DIRECTION, direction=0, quote="They did not differ.")
    assert said(with_result(reported=told, better=None, months=None, planned=None)) == {}


@pytest.mark.parametrize(
    ("reading", "field", "sentence"),
    [
        (reporting(type=EffectType.DIRECTION), "direction", "who did better|did better"),
        (reporting(mean_c=None), "mean_c", "needed"),
        (reporting(sd_i=0.0), "sd_i", "more than 0"),
        (reporting(n_c=109), "n_c", "109 is more than the 42"),
        (
            reporting(type=EffectType.SMD, effect=0.31, low=0.4, high=0.52),
            "low",
            "does not contain",
        ),
        (reporting(type=EffectType.SMD, effect=0.31, low=0.5, high=0.4), "low", "backwards"),
        (reporting(type=EffectType.SMD, effect=0.31, low=0.1), "high", "both ends"),
        (reporting(type=EffectType.SMD, effect=0.31, n_i=None), "low", "An effect needs"),
        (reporting(type=EffectType.OR, effect=-1.0, se=0.1), "effect", "more than 0"),
        (reporting(type=EffectType.TABLE, events_i=41, events_c=1), "events_i", "cannot happen"),
        (reporting(p=1.2), "p", "between 0 and 1"),
        (reporting(mean_i=1e308), "mean_i", "too large"),
        (reporting(sd_c=5e-324), "sd_c", "too large or too small"),
        (reporting(type=EffectType.SMD, effect=-1e300), "effect", "too large"),
        (reporting(type=EffectType.DIRECTION, direction=1, n_c=2**31), "n_c", "at most"),
        (with_result(cluster_size=1e308), "cluster_size", "A cluster has"),
        (reporting(quote=" "), "quote", "Quote"),
        (with_result(better=None), "better", "higher or lower"),
        (with_result(comparator="a1"), "comparator", "with itself"),
        (with_result(experimental=""), "experimental", "Choose the group"),
        (with_result(kind=None), "kind", "Choose what it measures"),
        (with_result(population=None), "population", "who is counted"),
        (with_result(months=-1.0), "months", "months"),
        (with_result(risk=Risk()), "tool", "how far this result can be trusted"),
        (with_result(risk=rob2(q1_2="")), "1.2", "1.2"),
        (WHOLE.model_copy(update={"harms": None}), "harms", "looked for harms"),
        (WHOLE.model_copy(update={"in_review": None}), "in_review", "not known"),
        (WHOLE.model_copy(update={"in_review_reason": ""}), "in_review_reason", "how you know"),
        (WHOLE.model_copy(update={"unit": None}), "unit", "people or clusters"),
        (WHOLE.model_copy(update={"results": ()}), "results", "Add a result"),
        (WHOLE.model_copy(update={"arms": WHOLE.arms[1:]}), "arms", "two groups"),
    ],
)
def test_what_is_to_be_mended_is_said_beside_its_field(reading, field, sentence):
    import re

    assert re.search(sentence, said(reading)[field])


@pytest.mark.parametrize(
    "design",
    [
        {"unit": Unit.CLUSTERS},
        {"design": Design.NON_RANDOMISED},
        {"design": Design.SINGLE_GROUP},
        {"design": Design.CASE},
    ],
)
def test_a_result_judged_in_the_tool_of_another_design_is_judged_again(design):
    assert "does not fit the design" in said(WHOLE.model_copy(update=design))["tool"]


def test_everything_is_told_at_once():
    assert {"design", "in_review", "harms", "arms", "results"} <= set(said(Reading(count_it=True)))


def test_two_groups_with_the_same_of_the_ten_say_nothing_of_it():
    same = WHOLE.arms[1].model_copy(update={"intervention": "ddp", "comparator": None})
    reading = WHOLE.model_copy(update={"arms": (WHOLE.arms[0], same)})
    assert "Both groups got the same" in said(reading)["comparator"]


def test_an_override_needs_a_reason_and_a_word_of_the_tool():
    own = RESULT.risk.model_copy(update={"overrides": {"D1": Override(judgement="high")}})
    assert "D1" in said(with_result(risk=own))
    meant = {"D1": Override(judgement="high", reason="The list was posted on the wall.")}
    reading = with_result(risk=own.model_copy(update={"overrides": meant}))
    assert said(reading) == {}
    assert summary.judgement(reading, TOOLS, None).risk_of_bias is RiskOfBias.HIGH


# two side by side


@quick()
@given(readings, readings)
def test_differences_do_not_hang_on_who_came_first(a, b):
    one = {row.place for row in differences(a, b, TOOLS)}
    assert one == {row.place for row in differences(b, a, TOOLS)}


@quick()
@given(readings)
def test_nobody_differs_from_themselves(reading):
    assert differences(reading, reading, TOOLS) == ()


@quick()
@given(readings, readings)
def test_what_two_have_in_common_both_have_said(a, b):
    shared = common(a, b, TOOLS)
    for name in ("count_it", "design", "unit", "in_review", "harms", "uk"):
        value = getattr(shared, name)
        assert value is None or value == getattr(a, name) == getattr(b, name)


def test_texts_are_no_difference_and_both_are_kept():
    other = reporting(quote="Another sentence.").model_copy(update={"country": "Ruritania"})
    assert differences(WHOLE, other, TOOLS) == ()
    quote = common(WHOLE, other, TOOLS).results[0].reported.quote
    assert quote == f"{RESULT.reported.quote} / Another sentence."


def test_a_fact_that_differs_stays_not_known():
    other = WHOLE.model_copy(update={"uk": False})
    assert differences(WHOLE, other, TOOLS) == ()
    assert common(WHOLE, other, TOOLS).uk is None


def test_another_answer_on_the_same_side_holds_nobody_up():
    other = with_result(risk=rob2(q1_1="PY"))
    assert differences(WHOLE, other, TOOLS) == ()
    states = {row.place.field: row.state for row in rows(WHOLE, other, TOOLS)}
    assert states["1.1"] is AnswerState.SAME_SIDE
    assert common(WHOLE, other, TOOLS).results[0].risk.answers["1.1"].answer == "Y"


def test_an_answer_that_changes_a_domain_is_to_be_settled():
    other = with_result(risk=rob2(q1_2="NI"))
    (row,) = differences(WHOLE, other, TOOLS)
    assert (row.place, row.first, row.second) == (("risk", "r1", "1.2"), "Y", "NI")
    first, *rest = domains(WHOLE, other, TOOLS)
    assert (first.first, first.second, first.decided_by) == ("low", "some concerns", ("1.2",))
    assert not any(domain.differs for domain in rest)
    assert "1.2" not in common(WHOLE, other, TOOLS).results[0].risk.answers


def test_a_result_that_one_has_alone_is_to_be_settled():
    more = WHOLE.model_copy(
        update={"results": (RESULT, RESULT.model_copy(update={"key": "r2", "months": 24.0}))}
    )
    (row,) = differences(WHOLE, more, TOOLS)
    assert (row.place, row.first, row.second) == (("results", "r2", "present"), False, True)
    assert len(settled.settled(WHOLE, more, [(row, True)], TOOLS).results) == 2
    assert len(settled.settled(WHOLE, more, [(row, False)], TOOLS).results) == 1


@pytest.mark.parametrize(
    "other",
    [
        with_result(risk=rob2(q1_2="NI")),
        with_result(risk=rob2(q3_1="N", q3_2="N", q3_3="Y", q3_4="Y")),
        reporting(mean_i=4.2),
        with_result(kind=ResultClass.PROXIMAL, months=12.0),
        WHOLE.model_copy(update={"in_review": InReview.UNKNOWN}),
    ],
)
def test_what_is_settled_for_one_of_the_two_says_what_that_one_said(other):
    rows_to_settle = differences(WHOLE, other, TOOLS)
    assert rows_to_settle
    for which in ("first", "second"):
        meant = WHOLE if which == "first" else other
        chosen = [(row, getattr(row, which)) for row in rows_to_settle]
        reading = settled.settled(WHOLE, other, chosen, TOOLS)
        assert differences(reading, meant, TOOLS) == ()


def test_any_answer_of_the_tool_may_be_settled_on():
    (row,) = differences(WHOLE, with_result(risk=rob2(q1_2="NI")), TOOLS)
    assert settled.options(row, WHOLE, TOOLS) == ("Y", "PY", "PN", "N", "NI")


# frames


def test_a_second_reviewer_starts_from_names_alone():
    bare = frame(WHOLE)
    (result,) = bare.results
    assert (result.outcome, result.measure) == (RESULT.outcome, RESULT.measure)
    assert result.reported == Reported()
    assert result.risk == Risk()
    assert (result.kind, bare.count_it, bare.design) == (None, None, None)


@quick()
@given(readings)
def test_a_reading_from_the_others_frame_keeps_its_keys(reading):
    assert aligned(reading, reading) == reading


def test_groups_and_results_are_matched_by_what_they_say():
    keys = {"a1": "a2", "a2": "a1"}
    turned = WHOLE.model_copy(
        update={
            "arms": tuple(
                arm.model_copy(update={"key": keys[arm.key]}) for arm in reversed(WHOLE.arms)
            ),
            "results": (
                RESULT.model_copy(update={"key": "r2", "months": 24.0, "experimental": "a2", "comparator": "a1"}),
                RESULT.model_copy(update={"key": "r1", "experimental": "a2", "comparator": "a1"}),
            ),
        }
    )  # fmt: skip
    found = aligned(turned, WHOLE)
    assert {arm.key: arm.intervention for arm in found.arms} == {"a1": "ddp", "a2": ""}
    assert {one.key: one.months for one in found.results} == {"r1": 6, "r2": 24}
    assert found.results[1].experimental == "a1"


# the summary


def test_which_of_the_ten_it_is_about_is_read_off_the_groups():
    against = WHOLE.arms[1].model_copy(update={"intervention": "cos", "comparator": None})
    both = WHOLE.model_copy(update={"arms": (against, WHOLE.arms[0])})
    assert interventions(both) == ("ddp", "cos")
    assert cleaned(both).arms[0].comparator is ComparatorClass.ANOTHER


def test_the_main_result_is_the_nearest_to_attachment_then_of_all_then_planned_then_first():
    def one(key: str, **changes: object) -> ReadingResult:
        return RESULT.model_copy(update={"key": key, **changes})

    wanted = one("r5", months=12.0)
    others = (
        one("r1", kind=ResultClass.PROXIMAL),
        one("r2", population=Population.COMPLETERS),
        one("r3", planned=Planned.SECONDARY),
        one("r4", months=24.0),
    )
    reading = WHOLE.model_copy(update={"results": (*others, wanted)})
    assert summary.main_result(reading) == wanted


def test_a_reading_in_the_words_of_grading():
    told = summary.judgement(WHOLE, TOOLS, FindingDirection.FAVOURS)
    assert told == Judgement(
        count_it=True,
        reason="",
        interventions=("ddp",),
        design=Design.RANDOMISED,
        risk_of_bias=RiskOfBias.LOW,
        risk_reason="RoB 2: no domain gives concern",
        outcome_class=OutcomeClass.ATTACHMENT,
        outcome="Attachment security, Strange Situation, 6 months after the end",
        direction=FindingDirection.FAVOURS,
        participants=81,
        uk=True,
        developer_led=None,
        quote=RESULT.reported.quote,
    )


@given(
    st.builds(
        Judgement,
        count_it=st.booleans(),
        reason=texts,
        interventions=st.lists(words(["vipp", "cos", "ddp"]), unique=True, min_size=1).map(tuple),
        design=words(Design),
        risk_of_bias=words(RiskOfBias),
        risk_reason=texts,
        outcome_class=words(OutcomeClass),
        outcome=texts,
        direction=words([d for d in FindingDirection if d is not FindingDirection.MIXED]),
        participants=st.none(),
        uk=yes_no,
        developer_led=yes_no,
        quote=texts,
    )
)
def test_a_judgement_of_before_reads_as_one_and_back(told):
    reading = summary.of_judgement(told)
    assert from_json(json.loads(json.dumps(to_json(reading)))) == reading
    direction = told.direction if len(told.interventions) == 1 else None
    assert summary.judgement(reading, TOOLS, direction) == Judgement(
        **{
            **{name: getattr(told, name) for name in Judgement.__dataclass_fields__},
            "direction": direction,
        }
    )


@pytest.mark.parametrize(
    ("told", "better", "sign"),
    [
        (Reported(type=EffectType.DIRECTION, direction=-1), None, -1),
        (Reported(type=EffectType.SMD, effect=0.2), Better.HIGHER, 1),
        (Reported(type=EffectType.MD, effect=-2.0), Better.LOWER, 1),
        (Reported(type=EffectType.OR, effect=0.5), Better.LOWER, 1),
        (Reported(type=EffectType.RR, effect=1.0), Better.HIGHER, 0),
        (Reported(type=EffectType.MEANS, mean_i=1.0, mean_c=2.0), Better.HIGHER, -1),
        (
            Reported(type=EffectType.TABLE, events_i=1, n_i=10, events_c=2, n_c=10),
            Better.LOWER,
            1,
        ),
        (Reported(type=EffectType.SMD, effect=0.2), None, None),
        (Reported(type=EffectType.MEANS), Better.HIGHER, None),
    ],
)
def test_which_group_did_better(told, better, sign):
    assert summary.sign_of(told, better) == sign


# agreement


def test_kappa_of_a_published_table():
    """Agreement .60 where chance gives .54."""
    pairs = [("y", "y")] * 45 + [("y", "n")] * 15 + [("n", "y")] * 25 + [("n", "n")] * 15
    found = agreement(pairs)
    assert (found.pairs, found.same) == (100, 60)
    assert found.kappa == pytest.approx(0.1304, abs=1e-4)
    assert found.low is not None and found.high is not None  # noqa: PT018 - tells mypy
    assert found.low < 0.1304 < found.high


def test_kappa_is_not_told_where_chance_alone_would_make_all_alike():
    assert agreement([("y", "y")] * 5).kappa is None
    assert agreement([]).share is None


@given(st.lists(st.tuples(words("abc"), words("abc")), min_size=1, max_size=40))
def test_kappa_lies_in_its_interval_and_is_symmetric(pairs):
    found = agreement(pairs)
    assert found == agreement([(b, a) for a, b in pairs])
    if found.kappa is not None and found.low is not None and found.high is not None:
        assert -1 <= found.low <= found.kappa <= found.high <= 1


def test_answers_in_another_tool_than_a_lead_asked_for_are_told():
    catalogue = loader.load()
    reading = Reading(
        count_it=True,
        design=Design.NON_RANDOMISED,
        results=(
            ReadingResult(
                key="r1", kind=ResultClass.ATTACHMENT, risk=Risk(tool="robins_i@2016-10")
            ),
        ),
    )
    chosen = catalogue.tool("robins_i_v2")
    found = to_mend.problems(reading, catalogue.tool_by_reference, catalogue.slugs, chosen)
    told = [one.sentence for one in found if one.place.step == "risk"]
    assert told == ["A lead asked for ROBINS-I V2 in this round: judge it in that"]
    unfit = catalogue.tool("rob2")
    found = to_mend.problems(reading, catalogue.tool_by_reference, catalogue.slugs, unfit)
    assert "A lead asked for" not in " ".join(one.sentence for one in found)
