"""Which results a finding is made of, why others stand beside it, and which side people were on."""

import pytest
from trials_with_effects import (  # type: ignore[import-not-found]  # tests/support is on pytest's path
    CONCERNS,
    HIGH,
    events,
    result,
    risk,
    showing_of,
    smd,
    trial,
)

from monitor.catalogue import loader
from monitor.catalogue.words import Design, Planned, Population
from monitor.evidence.synthesis import makeup

CATALOGUE = loader.load()


def voices(slug, *readings):
    showing = showing_of(slug, readings)
    hearing = makeup.hear(showing.studies, CATALOGUE)
    return [makeup.voices(finding, hearing) for finding in showing.findings]


def test_the_results_that_an_index_result_is_made_of_are_found():
    plain = {"planned": Planned.NO, "measure": "CBCL"}
    reading = trial(
        "vipp",
        result(smd(0.1), key="r1", outcome="One", **plain),
        result(smd(0.2), key="r2", outcome="Two", **plain),
        result(smd(0.9), key="r3", outcome="Late", months=18.0, **plain),
        result(smd(0.8), key="r4", outcome="Some", population=Population.SUBGROUP),
    )
    ((voice,),) = voices("vipp", reading)
    assert [one.told.key for one in voice.chosen] == ["r1", "r2"]
    assert voice.index.outcome == "One; Two"
    gold = result(smd(0.5), key="r5", outcome="Security")
    ((voice,),) = voices("vipp", reading.model_copy(update={"results": (*reading.results, gold)}))
    assert [one.told.key for one in voice.chosen] == ["r5"]


def test_two_equals_of_the_same_effect_are_both_found():
    same = [result(smd(0.3), key=key, outcome=key) for key in ("r1", "r2")]
    ((voice,),) = voices("vipp", trial("vipp", *same))
    assert [one.told.key for one in voice.chosen] == ["r1", "r2"]


def test_a_later_result_of_the_same_outcome_is_not_what_an_index_result_is_made_of():
    late = result(smd(0.3), key="r2", months=18.0)
    ((voice,),) = voices("vipp", trial("vipp", result(smd(0.3)), late))
    assert [one.told.key for one in voice.chosen] == ["r1"]


@pytest.mark.parametrize("named", [{"outcome": "One"}, {"outcome": "", "measure": "CBCL"}])
def test_of_a_result_told_twice_the_one_at_the_worse_risk_is_what_counts(named):
    twice = [
        result(smd(0.3), key=key, risk=told, **named)
        for key, told in (("r1", risk()), ("r2", CONCERNS))
    ]
    late = result(smd(0.3), key="r3", outcome="Late", months=18.0)
    ((voice,),) = voices("vipp", trial("vipp", *twice, late))
    assert [one.told.key for one in voice.chosen] == ["r2"]
    assert voice.index.some_concerns


def test_studies_in_the_pool_come_first_each_by_name_whatever_their_order():
    showing = showing_of(
        "vipp",
        [
            trial("vipp", result(smd(0.6), population=Population.COMPLETERS)),
            trial("vipp", result(smd(0.5)), design=Design.NON_RANDOMISED, unit=None),
            trial("vipp", result(smd(0.3))),
            trial("vipp", result(smd(0.4))),
        ],
    )
    (finding,) = showing.findings
    for studies in (showing.studies, dict(reversed(showing.studies.items()))):
        told = makeup.voices(finding, makeup.hear(studies, CATALOGUE))
        assert [(one.study, one.beside) for one in told] == [
            ("Author3 2026", ""),
            ("Author4 2026", ""),
            ("Author1 2026", makeup.NO_INDEX),
            ("Author2 2026", makeup.NOT_RANDOMISED),
        ]


def test_each_study_beside_the_pool_says_why():
    ((first, *others),) = voices(
        "vipp",
        trial("vipp", result(smd(0.3))),
        trial("vipp", result(smd(0.4), risk=HIGH)),
        trial("vipp", result(smd(0.5)), design=Design.NON_RANDOMISED, unit=None),
        trial("vipp", result(smd(0.6), population=Population.COMPLETERS)),
    )
    assert first.beside == ""
    assert [voice.beside for voice in others] == [
        makeup.HIGH_RISK,
        makeup.NOT_RANDOMISED,
        makeup.NO_INDEX,
    ]
    assert others[-1].index is None


def test_a_trial_against_another_of_the_ten_is_seen_from_each_side():
    reading = trial("www", result(events(15, 34, 7, 33)), other="pip")
    (((here,),), ((there,),)) = (voices("www", reading), voices("pip", reading))
    assert (here.chosen[0].people, here.chosen[0].events) == ((34, 33), (15, 7))
    assert (there.chosen[0].people, there.chosen[0].events) == ((33, 34), (7, 15))
    assert there.index.yi == -here.index.yi


def test_variants_are_named_only_where_the_pool_has_more_than_one():
    sd, fc = (trial("vipp", result(smd(0.3)), variant=name) for name in ("VIPP-SD", "VIPP-FC"))
    (both,) = voices("vipp", sd, fc)
    (one,) = voices("vipp", sd, sd)
    assert makeup.variants(both) == ("VIPP-FC", "VIPP-SD")
    assert makeup.variants(one) == ()
    (unnamed,) = voices("vipp", sd, trial("vipp", result(smd(0.3))))
    assert makeup.variants(unnamed) == ("VIPP-SD",)
    letters = "FEDCBA"
    (many,) = voices("vipp", *(trial("vipp", result(smd(0.3)), variant=one) for one in letters))
    assert makeup.variants(many) == tuple("ABCDEF")
