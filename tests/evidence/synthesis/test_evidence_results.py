"""The cells of the results table: what is read, what is refused, and nothing mended in silence."""

import pytest

from monitor.catalogue import loader
from monitor.catalogue.words import EffectType
from monitor.evidence.synthesis.results import Allocation, read_row
from monitor.kernel.errors import InvalidInput

SLUGS = loader.load().slugs
ROW = {"study": "Ash", "intervention": "cos", "effect_type": "SMD", "effect": "0.3"}


def read(**cells):
    return read_row({**ROW, **cells}, SLUGS)


@pytest.mark.parametrize(
    ("said", "number"),
    [("0.3", 0.3), ("-0.3", -0.3), ("−0.3", -0.3), ("–0.3", -0.3), ("‒.3", -0.3), (" 0.3 ", 0.3),
     ("+.3", 0.3), ("3.", 3.0), ("3e-1", 0.3), ("3E-1", 0.3), ("0", 0.0)],
)  # fmt: skip
def test_numbers_are_read_as_papers_print_them(said, number):
    assert read(effect=said).effect == number


@pytest.mark.parametrize(
    "said",
    ["0.1 to 0.5", "5%", "<.001", "1_0", "١٢", "nan", "inf", "1e999", "0x10", "3-", "--3", "much",
     "1 000", "0.3*", "−", "3–", "1,234,567"],
)  # fmt: skip
def test_what_is_no_number_is_refused(said):
    with pytest.raises(InvalidInput, match=r"^effect: .* is not a number$"):
        read(effect=said)


@pytest.mark.parametrize(
    ("said", "instead"), [("0,3", "0.3"), ("–0,35", "-0.35"), (",5", ".5"), ("1,234", "1.234")]
)
def test_a_decimal_comma_is_refused_with_what_to_write(said, instead):
    with pytest.raises(InvalidInput, match=f"is not a number: write {instead}$"):
        read(effect=said)


@pytest.mark.parametrize(
    ("said", "count"),
    [("52", 52), ("52.0", 52), ("1", 1), ("10000000", 10_000_000), ("", None)],
)
def test_people_are_whole(said, count):
    assert read(n_i=said).n_i == count
    with pytest.raises(InvalidInput, match=r"^n_i: 52.5 is not a whole number"):
        read(n_i="52.5")


def test_every_column_may_be_missing_but_who_is_studied():
    found = read_row(
        {"study": "Ash", "intervention": "cos", "effect_type": "direction only"}, SLUGS
    )
    assert found.allocation is Allocation.UNKNOWN
    assert (found.benefit, found.months, found.people, found.in_review) == (1, None, None, None)


@pytest.mark.parametrize(
    ("n_i", "n_c", "people"), [("52", "48", 100), ("52", "", None), ("", "48", None)]
)
def test_people_are_those_of_both_groups_or_not_known(n_i, n_c, people):
    assert read(n_i=n_i, n_c=n_c).people == people


def test_words_are_read_in_any_case_and_spacing():
    found = read(
        comparator_class=" Waiting  List", outcome_class="CHILD, other", risk_of_bias="Some Concerns",
        allocation="Cluster", intervention="COS", developer_led="Yes", uk="NO", in_review="Unknown",
        informant="Blind Observer", prespecified="Primary",
    )  # fmt: skip
    assert found.comparator_class == "waiting list"
    assert found.outcome_class == "child, other"
    assert found.risk_of_bias == "some concerns"
    assert (found.allocation, found.intervention) == (Allocation.CLUSTER, "cos")
    assert (found.developer_led, found.uk, found.in_review) == (True, False, None)
    assert (found.informant, found.prespecified) == ("blind observer", "primary")


@pytest.mark.parametrize(
    ("cells", "comparator_class"),
    [
        ({"comparator": "PIP"}, "another of the ten"),
        ({"comparator": "pip", "comparator_class": "active"}, "another of the ten"),
        ({"comparator": "pip", "comparator_class": "not randomised"}, "not randomised"),
        (
            {"comparator": "a leaflet", "comparator_class": "another of the ten"},
            "another of the ten",
        ),
        ({"comparator": "Usual care"}, "usual care"),
        ({"comparator": "Usual care", "comparator_class": "active"}, "active"),
        ({"comparator": "a leaflet"}, ""),
    ],
)
def test_the_comparator_s_class_is_said_or_read_off_its_slug(cells, comparator_class):
    assert read(**cells).comparator_class == comparator_class


@pytest.mark.parametrize(
    ("cells", "kind"),
    [({"effect_type": "2×2"}, EffectType.TABLE), ({"effect_type": "smd"}, EffectType.SMD),
     ({"effect_type": "", "events_c": "3"}, EffectType.TABLE),
     ({"effect_type": "", "events_i": "3", "mean_i": "2"}, EffectType.TABLE),
     ({"effect_type": "", "mean_c": "3"}, EffectType.MEANS),
     ({"effect_type": "", "mean_i": "3"}, EffectType.MEANS)],
)  # fmt: skip
def test_the_kind_of_effect_is_said_or_read_off_the_cells(cells, kind):
    assert read(**cells).effect_type is kind


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ({"study": " "}, "study: is missing"),
        ({"intervention": "cbt"}, "intervention: 'cbt' is none of the ten"),
        ({"intervention": ""}, "intervention: is missing"),
        ({"comparator": "Cos"}, "comparator: cos cannot be compared with itself"),
        (
            {"comparator_class": "placebo"},
            "comparator_class: 'placebo' is none of nothing; waiting",
        ),
        (
            {"comparator": "pip", "comparator_class": "placebo"},
            "comparator_class: 'placebo' is none",
        ),
        (
            {"allocation": "tossed"},
            "allocation: 'tossed' is none of individual, cluster, quasi, none",
        ),
        ({"effect_type": ""}, "effect_type: say which of direction only"),
        ({"effect_type": "d'"}, 'effect_type: "d\'" is none of direction only'),
        ({"outcome_class": "mood"}, "outcome_class: 'mood' is none of attachment"),
        ({"outcome_class": "other"}, "outcome_class: 'other' is none of attachment"),
        ({"risk_of_bias": "fine"}, "risk_of_bias: 'fine' is none of low"),
        ({"uk": "perhaps"}, "uk: 'perhaps' is none of yes, no, unknown"),
        ({"benefit": "2"}, "benefit: 1 where more is better, -1 where less is"),
        ({"events_i": "-1"}, "events_i: -1 is below 0"),
        ({"n_i": "1e308"}, "n_i: no study has more than 10,000,000 in one arm"),
        ({"events_c": "10000001"}, "events_c: no study has more than 10,000,000 in one arm"),
    ],
)
def test_a_cell_that_cannot_be_is_refused_by_its_column(cells, said):
    with pytest.raises(InvalidInput, match=f"^{said}"):
        read(**cells)


@pytest.mark.parametrize(("said", "turned"), [("-1", -1), ("−1", -1), ("1.0", 1), ("", 1)])
def test_benefit_says_which_way_is_better(said, turned):
    assert read(benefit=said).benefit == turned
