"""What ledgers keep of what trials show, and how its figures are told."""

from dataclasses import replace

import pytest

from monitor.catalogue import loader
from monitor.catalogue.words import EffectType, Label
from monitor.evidence.shown import ShownFinding, figures, gone, speaker, subject_of
from monitor.evidence.synthesis.findings import findings
from monitor.evidence.synthesis.results import Allocation, Result

CATALOGUE = loader.load()
LINE = ShownFinding(
    comparator_class="usual care",
    outcome_class="attachment",
    label=Label.PROBABLE,
    words="probable benefit",
    estimate=0.43,
    low=-0.13,
    high=0.73,
    k=2,
    people=1_233,
    randomised=True,
)


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({}, "2 trials, 1,233 people, standardised difference 0.43 (−0.13 to 0.73)"),
        (
            {"k": 1, "people": None, "estimate": None},
            "1 trial, number of people compared not known",
        ),
        ({"low": None}, "2 trials, 1,233 people"),
        ({"high": None}, "2 trials, 1,233 people"),
        ({"randomised": False, "estimate": None}, "2 studies not randomised, 1,233 people"),
        ({"k": 0}, "no study that can be read here"),
    ],
)
def test_figures_are_told_as_far_as_they_are_known(facts, said):
    assert figures(replace(LINE, **facts)) == said


def test_where_no_study_counts_any_more_nothing_is_shown():
    assert gone(replace(LINE, read=True)) == ShownFinding(
        comparator_class="usual care",
        outcome_class="attachment",
        label=Label.NOTHING,
        words="no result to go on",
        estimate=None,
        low=None,
        high=None,
        k=0,
        people=None,
        randomised=False,
        read=False,
    )


def test_who_shows_it():
    assert speaker(LINE) == "trials since"
    assert speaker(replace(LINE, randomised=False)) == "studies since, not randomised,"
    assert speaker(gone(LINE)) == "trials since"


def test_a_mail_s_subject_names_outcomes_in_few_words():
    assert subject_of(replace(LINE, outcome_class="proximal")) == "what leads to attachment"


def test_what_is_kept_is_rounded_and_never_minus_nothing():
    """A ledger's bytes must not hang on a sign without meaning."""

    def kept(effect):
        result = Result(
            study="A trial",
            intervention="cos",
            variant="",
            comparator="",
            comparator_class="usual care",
            allocation=Allocation.INDIVIDUAL,
            effect_type=EffectType.SMD,
            outcome_class="attachment",
            n_i=200,
            n_c=200,
            effect=effect,
            se=0.2,
        )
        told, _ = findings([result], CATALOGUE.synthesis, CATALOGUE.measures, CATALOGUE.slugs)
        (finding,) = told
        return ShownFinding.of(finding, CATALOGUE.synthesis.delta)

    assert kept(0.1234567).estimate == 0.123457
    assert repr(kept(-1e-9).estimate) == "0.0"
    assert (kept(0.5).k, kept(0.5).people, kept(0.5).read) == (1, 400, False)
