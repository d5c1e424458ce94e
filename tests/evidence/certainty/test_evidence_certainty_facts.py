"""What a certainty rests on is gathered from the studies that its label rests on, and from no other."""

import pytest
from trials_with_effects import (  # type: ignore[import-not-found]  # tests/support is on pytest's path
    CONCERNS,
    HIGH,
    result,
    showing_of,
    sign,
    smd,
    trial,
)

from monitor.catalogue import loader
from monitor.catalogue.words import ArmRole, ComparatorClass, ResultClass, RiskOfBias
from monitor.evidence.certainty.facts import facts_of
from monitor.evidence.certainty.rules import TrialInPool
from monitor.review.reading.model import Arm, Risk

CATALOGUE = loader.load()
PROXIMAL = {"kind": ResultClass.PROXIMAL, "key": "r2", "outcome": "Sensitivity", "measure": ""}
UNJUDGED = Risk()


def facts(*readings, of="attachment", overdue=0, studies=None):
    showing = showing_of("vipp", readings)
    finding = next(one for one in showing.findings if one.outcome_class == of)
    told = showing.studies if studies is None else studies
    tools = CATALOGUE.tool_by_reference
    return facts_of(finding, told, tools, CATALOGUE.synthesis, overdue=overdue)


def test_a_pool_is_told_whole_with_four_places():
    found = facts(
        trial("vipp", result(smd(0.4, 60))), trial("vipp", result(smd(0.5, 80))), overdue=2
    )
    assert (found.outcome_class, found.comparator_class, found.delta) == (
        "attachment", "usual care", CATALOGUE.synthesis.delta,
    )  # fmt: skip
    assert (found.k, found.people, found.left_out, found.overdue) == (2, 280, 0, 2)
    assert found.randomised
    assert found.method == "common effect"
    assert found.concern == (0.0, 0.0)
    assert found.signs == (0, 0, 0)
    # two of 120 and 160 people: v is 0.0340 and 0.0258
    assert found.estimate == pytest.approx(0.457, abs=0.001)
    numbers = (found.estimate, found.ci_low, found.ci_high, found.q_p)
    assert all(number == round(number, 4) for number in numbers)
    assert any(number != round(number, 3) for number in numbers)
    assert (found.pi_low, found.pi_high) == (None, None)


def test_where_there_is_no_size_there_are_no_numbers_and_each_direction_weighs_the_same():
    found = facts(
        trial("vipp", result(sign(1), risk=CONCERNS)),
        trial("vipp", result(sign(1))),
        trial("vipp", result(sign(0))),
        trial("vipp", result(sign(-1))),
    )
    assert (found.k, found.method, found.signs) == (0, "", (2, 1, 1))
    assert (found.estimate, found.ci_low, found.ci_high, found.i2, found.q_p) == (None,) * 5
    assert found.concern == (0.25, 0.25)
    assert len(found.trials) == 4


def test_a_direction_beside_sizes_is_no_study_of_the_pool():
    found = facts(
        trial("vipp", result(smd(0.4, 60)), uk=True),
        trial("vipp", result(sign(1), risk=UNJUDGED), uk=False),
    )
    assert [one.uk for one in found.trials] == [True]
    assert found.concern == (0.0, 0.0)


def test_of_nothing_heard_nothing_is_known():
    found = facts(trial("vipp", result(smd(0.4, 60), risk=HIGH)))
    assert (found.k, found.people, found.left_out) == (0, None, 1)
    assert found.concern == (0.0, 1.0)
    assert not found.randomised
    assert found.trials == ()


@pytest.mark.parametrize(
    ("results", "concern"),
    [
        ([result(smd(0.4, 60), risk=CONCERNS)], (0.5, 0.5)),
        ([result(smd(0.4, 60), risk=UNJUDGED)], (0.0, 0.5)),
        ([result(smd(0.4, 60), risk=Risk(stated=RiskOfBias.SOME_CONCERNS))], (0.5, 0.5)),
        # of its two results of this class one is not judged
        ([result(smd(0.4, 60)), result(smd(0.4, 60), key="r2", risk=UNJUDGED)], (0.0, 0.5)),
        # what is not judged is of another class
        ([result(smd(0.4, 60)), result(smd(0.4, 60), risk=UNJUDGED, **PROXIMAL)], (0.0, 0.0)),
        ([result(smd(0.4, 60), risk=UNJUDGED), result(smd(0.4, 60), **PROXIMAL)], (0.0, 0.5)),
        ([result(smd(0.4, 60)), result(smd(0.4, 60), **PROXIMAL | {"kind": None})], (0.0, 0.0)),
    ],
)
def test_the_share_at_risk_is_known_as_far_as_each_study_is_judged(results, concern):
    """Of two studies that weigh the same."""
    found = facts(trial("vipp", *results), trial("vipp", result(smd(0.4, 60))))
    assert found.concern == concern


def test_a_study_that_is_not_among_those_given_is_named_and_not_known():
    found = facts(trial("vipp", result(smd(0.4, 60))), studies={})
    assert found.trials == (TrialInPool(None, "Author1 2026"),)
    assert found.concern == (0.0, 1.0)


def test_studies_not_allocated_by_chance_are_told_so():
    apart = trial("vipp", result(smd(0.4, 60)), against=ComparatorClass.NOT_RANDOMISED)
    assert not facts(apart).randomised


def arms(*others):
    """One arm of the intervention, and what it is compared with."""
    first = Arm(key="a1", role=ArmRole.EXPERIMENTAL, intervention="vipp", variant="VIPP-SD")
    return {"arms": (first, *others)}


NAMED = Arm(key="a11", role=ArmRole.COMPARATOR, name="A leaflet")
OTHER = Arm(key="a12", role=ArmRole.COMPARATOR, intervention="cos", variant="COS-P")
UNNAMED = Arm(key="a13", role=ArmRole.COMPARATOR)
USUAL_CARE = (
    ComparatorClass.WAITING_LIST,
    ComparatorClass.USUAL_CARE,
    ComparatorClass.NOTHING,
    ComparatorClass.ATTENTION,
)
OTHERS = [
    Arm(key=f"a{at}", role=ArmRole.COMPARATOR, comparator=kind)
    for at, kind in enumerate(USUAL_CARE, start=2)
]
LATER = [
    Arm(key=f"a{at}", role=ArmRole.EXPERIMENTAL, intervention="vipp", variant=variant)
    for at, variant in enumerate(("VIPP-R", "VIPP-AUTI", "VIPP-FC"), start=6)
]


def test_what_a_trial_has_to_do_with_services_here_is_read_off_its_own_reading():
    reading = trial(
        "vipp",
        *(result(smd(0.4, 60), key=f"r{arm.key[1:]}", comparator=arm.key) for arm in OTHERS),
        # of another class, of no class: what these compared with is not told
        result(smd(0.4, 60), comparator=NAMED.key, **PROXIMAL | {"key": "r20"}),
        result(smd(0.4, 60), comparator=NAMED.key, **PROXIMAL | {"key": "r21", "kind": None}),
        uk=True,
        country="Wales",
        setting="At home",
        ages="1 to 3 years",
        **arms(*OTHERS, NAMED, OTHER, *LATER),
    )
    (told,) = facts(reading).trials
    assert told == TrialInPool(
        study_id=1,
        name="Author1 2026",
        uk=True,
        country="Wales",
        setting="At home",
        ages="1 to 3 years",
        variants=("VIPP-AUTI", "VIPP-FC", "VIPP-R", "VIPP-SD"),
        comparators=("attention", "nothing", "usual care", "waiting list"),
    )


@pytest.mark.parametrize(
    ("arm", "words"),
    [
        (OTHER, ("another of the ten",)),
        (OTHERS[0], ("waiting list",)),
        (UNNAMED.model_copy(update={"comparator": ComparatorClass.ACTIVE}), ("active",)),
    ],
)
def test_what_the_others_got_is_told_by_its_kind(arm, words):
    reading = trial("vipp", result(smd(0.4, 60), comparator=arm.key), **arms(arm))
    assert facts(reading).trials[0].comparators == words


@pytest.mark.parametrize(("arm", "words"), [(NAMED, ("A leaflet",)), (UNNAMED, ())])
def test_or_by_its_name_where_its_kind_is_not_known(arm, words):
    reading = trial(
        "vipp",
        result(smd(0.4, 60)),
        result(smd(0.4, 60), key="r3", comparator=arm.key),
        **arms(OTHERS[0], arm),
    )
    assert facts(reading).trials[0].comparators == (*words, "waiting list")


def test_trials_are_told_in_the_order_of_their_names():
    readings = [trial("vipp", result(smd(0.4, 60)), uk=one) for one in (True, False, None)]
    showing = showing_of("vipp", readings, numbers=(3, 1, 2))
    found = facts_of(
        showing.findings[0],
        showing.studies,
        CATALOGUE.tool_by_reference,
        CATALOGUE.synthesis,
        overdue=0,
    )
    assert [one.name for one in found.trials] == ["Author1 2026", "Author2 2026", "Author3 2026"]
    assert [one.uk for one in found.trials] == [False, None, True]
