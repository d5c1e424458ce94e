"""Which result of a study counts: docs/method.md's rules, one by one, each on the smallest table."""

# mypy: disable-error-code="operator,type-var,union-attr"
# A test that meets None where a number is due fails by itself.

from dataclasses import replace

import pytest
from factories import effect_row  # type: ignore[import-not-found]  # tests/support is on pytest's path
from hypothesis import given
from hypothesis import strategies as st

from monitor.catalogue import loader
from monitor.catalogue.words import EffectType
from monitor.evidence.synthesis.effects import derive
from monitor.evidence.synthesis.findings import findings, findings_of
from monitor.evidence.synthesis.hearing import SynthesisRules, derived, of_study, pool_of, together
from monitor.evidence.synthesis.results import Allocation

CATALOGUE = loader.load()
POLICY, MEASURES, SLUGS = CATALOGUE.synthesis, CATALOGUE.measures, CATALOGUE.slugs
PLAIN = effect_row(
    population="ITT",
    risk_of_bias="low",
    n_i=52,
    n_c=48,
    effect=0.4,
)
RULES = SynthesisRules(POLICY, MEASURES, frozenset(SLUGS))
GOLD = {"measure": "Strange Situation"}


def every(*results):
    found, refused = findings(results, POLICY, MEASURES, SLUGS)
    assert not refused
    return found


def only(*results):
    (found,) = every(*results)
    return found


def index(*results):
    (found,) = only(*results).index
    return found


def a(**facts):
    return replace(PLAIN, **facts)


def test_a_gold_standard_counts_before_another_measure_and_before_an_earlier_one():
    found = index(a(measure="CBCL", effect=0.1), a(**GOLD, months=6.0, effect=0.3))
    assert (found.yi, found.months) == (0.3, 6.0)
    assert found.rule == (
        "all randomised; a gold-standard measure; 6 months after the end of treatment"
    )


def test_a_gold_standard_that_came_too_late_leaves_the_study_its_other_measure():
    finding = only(a(measure="CBCL", effect=0.1), a(**GOLD, months=24.0, effect=0.3))
    assert finding.main.pool.estimate == 0.1
    assert finding.sustained.pool.estimate == 0.3


def test_a_gold_standard_that_people_report_of_themselves_is_none():
    told = a(measure="parent AQS", informant="self-report", effect=0.9)
    assert index(told, a(measure="CBCL", effect=0.1)).yi == pytest.approx(0.5)
    assert index(replace(told, informant="observer"), a(measure="CBCL", effect=0.1)).yi == 0.9


@pytest.mark.parametrize("informant", ["observer", "blind observer"])
def test_sensitivity_that_is_observed_counts_before_what_parents_say(informant):
    proximal = {"outcome_class": "proximal"}
    found = index(
        a(**proximal, informant="self-report", effect=0.9),
        a(**proximal, informant=informant, months=3.0, effect=0.2),
        a(**proximal, informant="record", effect=0.7),
    )
    assert found.yi == 0.2
    assert "observed, not self-reported" in found.rule


def test_whoever_observes_makes_no_attachment_measure_better():
    assert index(a(informant="observer", effect=0.2), a(effect=0.4, outcome="b")).yi == (
        pytest.approx(0.3)
    )


@pytest.mark.parametrize(
    ("months", "first", "last"),
    [
        ((None,), 0.1, None),
        ((0.0, 6.0), 0.1, None),
        ((6.0, 0.0), 0.2, None),
        ((12.0,), 0.1, 0.1),
        ((12.0, 13.0), 0.1, 0.2),
        ((12.5, 13.0), None, 0.2),
        ((-1.0, 24.0), None, 0.2),
        ((24.0, 13.0), None, 0.1),
        ((0.0, 24.0), 0.1, 0.2),
    ],
)
def test_the_first_assessment_up_to_12_months_and_the_last_from_12_months_on(months, first, last):
    effects = (0.1, 0.2)
    finding = only(*(a(months=m, effect=e) for m, e in zip(months, effects, strict=False)))
    assert (finding.main.pool.estimate if finding.main.pool else None) == first
    assert (finding.sustained.pool.estimate if finding.sustained.pool else None) == last


@pytest.mark.parametrize("word", ["primary", "yes"])
def test_the_pre_specified_primary_counts_before_its_equals(word):
    found = index(a(effect=0.9, prespecified="secondary"), a(effect=0.1, prespecified=word))
    assert (found.yi, found.rule) == (0.1, "all randomised; the pre-specified primary")


def test_a_primary_without_a_size_is_heard_as_a_sign_although_another_has_one():
    signed = a(effect_type=EffectType.DIRECTION, effect=-1.0, prespecified="primary")
    finding = only(signed, a(effect=0.5, prespecified="secondary"))
    assert (finding.index[0].vi, finding.index[0].sign) == (None, -1)
    assert finding.main.label == "0 of 1 point towards benefit; size not known"


def test_among_equals_those_with_a_size_are_averaged():
    signed = a(effect_type=EffectType.DIRECTION, effect=-1.0)
    found = index(signed, a(effect=0.5), a(effect=0.3, outcome="b"))
    assert found.yi == pytest.approx(0.4)
    assert found.rule.endswith("mean of 2 equals")


def test_signs_of_equals_are_added_up():
    signs = [
        a(effect_type=EffectType.DIRECTION, effect=e, outcome=str(n))
        for n, e in enumerate((1.0, -1.0, -1.0))
    ]
    assert index(*signs).sign == -1
    assert index(*signs[:2]).sign == 0
    assert index(signs[0], replace(signs[0], outcome="z")).sign == 1
    assert index(*signs[:2], replace(signs[0], outcome="z")).sign == 1


@pytest.mark.parametrize(("other", "sign"), [(0.2, 1), (-0.4, 0), (-0.6, -1)])
def test_a_mean_of_equals_points_where_it_lies(other, sign):
    assert index(a(effect=0.4), a(effect=other, outcome="b")).sign == sign


def test_three_equals_are_averaged_as_results_of_the_same_people():
    """The sum of three variances, and r = .5 times each of six products of two standard errors."""
    found = index(*(a(outcome=name, se=se) for name, se in (("a", 0.1), ("b", 0.2), ("c", 0.4))))
    alike = 2 * 0.5 * (0.1 * 0.2 + 0.1 * 0.4 + 0.2 * 0.4)
    assert found.vi == pytest.approx((0.01 + 0.04 + 0.16 + alike) / 9)


def test_what_an_index_was_made_of_stands_in_one_order():
    rows = [a(outcome=name, effect=effect) for name, effect in (("c", 0.1), ("a", 0.3), ("b", 0.2))]
    assert index(*rows).results == index(*reversed(rows)).results


def test_a_result_that_nobody_appraised_has_no_judgement_to_list():
    found = index(a(outcome="a", risk_of_bias=""), a(outcome="b", effect=0.2))
    assert found.risk_of_bias == "low"


@pytest.mark.parametrize(
    "beside",
    [
        {"first_results": "2019-01-01"},
        {"in_review": True},
        {"uk": True},
        {"prespecified": "no"},
        {"measure": "cbcl"},
        {"comparator": "AS USUAL"},
    ],
)
def test_a_result_told_in_two_rows_is_one_and_does_not_narrow_its_interval(beside):
    plain = a(measure="CBCL")
    assert only(plain, replace(plain, **beside)).main == only(plain).main


@pytest.mark.parametrize(
    "other", [{"outcome": "b"}, {"variant": "FC"}, {"comparator": "a leaflet"}, {"effect": 0.41},
              {"informant": "record"}, {"n_c": 47}, {"comparator_class": "attention"},
              {"measure": "CBCL"}]
)  # fmt: skip
def test_results_that_differ_in_groups_outcome_or_numbers_are_equals(other):
    assert "mean of 2 equals" in index(PLAIN, a(**other)).rule


def test_an_equal_at_high_risk_of_bias_gives_way_to_one_that_is_not():
    finding = only(a(effect=0.2), a(effect=0.8, outcome="b", risk_of_bias="high"))
    assert finding.main.pool.estimate == 0.2
    assert finding.index[0].rule == "all randomised; not at high risk of bias"
    both = only(*(a(effect=e, outcome=str(e), risk_of_bias="serious") for e in (0.2, 0.8)))
    assert both.main.k == 0
    assert both.with_high_risk.pool.estimate == pytest.approx(0.5)
    assert "A trial: high risk of bias, in the sensitivity line only" in both.reasons


def test_one_result_judged_twice_has_the_worse_judgement():
    assert only(PLAIN, a(risk_of_bias="critical")).main.k == 0
    finding = only(PLAIN, a(risk_of_bias="moderate"))
    assert (finding.main.k, finding.without_some_concerns.k) == (1, 0)


def test_a_result_at_high_risk_that_is_the_index_result_is_not_replaced_by_another():
    finding = only(
        a(prespecified="primary", risk_of_bias="high", effect=0.9),
        a(prespecified="secondary", effect=0.1),
    )
    assert finding.main.k == 0
    assert finding.with_high_risk.pool.estimate == 0.9


@pytest.mark.parametrize("risk", ["high", "serious", "critical"])
def test_high_risk_in_the_words_of_either_tool_is_out_of_the_main_pool(risk):
    finding = only(a(risk_of_bias=risk), a(study="another"))
    assert (finding.main.k, finding.with_high_risk.k) == (1, 2)


@pytest.mark.parametrize("risk", ["some concerns", "moderate"])
def test_some_concerns_are_in_the_main_pool_and_out_of_their_line(risk):
    finding = only(a(risk_of_bias=risk), a(study="another", risk_of_bias=""))
    assert (finding.main.k, finding.without_some_concerns.k) == (2, 1)


@pytest.mark.parametrize(
    "names",
    [
        ("Ash 2025", "ASH  2025"),
        ("Ash 2025 (ISRCTN12345678)", "ISRCTN 12345678"),
        ("Ash 2025, NCT01234567", "Beech 2026 (NCT01234567)"),
    ],
)
def test_names_of_one_sample_are_one_study(names):
    rows = [a(study=name, outcome=name[:1], effect=0.2 + n / 5) for n, name in enumerate(names)]
    assert only(*rows).main.k == 1


def test_two_studies_are_two_although_their_figures_agree_and_a_person_is_asked_to_look():
    finding = only(a(study="Ash"), a(study="Beech"), a(study="Cedar", effect=0.41))
    assert finding.main.k == 3
    assert [one for one in finding.reasons if "whether they are one study" in one] == [
        "Ash and Beech have the same people and figures: see whether they are one study"
    ]


@pytest.mark.parametrize("people", [None, 50])
def test_directions_alone_are_too_little_to_take_a_registration_for_another_study(people):
    sign = a(effect_type=EffectType.DIRECTION, effect=1.0, n_i=people, n_c=people)
    assert only(sign, replace(sign, study="NCT01234567")).signs.towards == 2


def test_so_is_an_effect_of_nobody_knows_how_many_people():
    sized = a(n_i=None, n_c=None, se=0.2)
    assert only(sized, replace(sized, study="NCT01234567")).main.k == 2


def test_one_row_with_figures_is_enough_to_know_a_study_by():
    rows = [PLAIN, a(effect_type=EffectType.DIRECTION, effect=1.0, outcome="b")]
    copies = [replace(row, study="NCT01234567") for row in rows]
    assert only(*rows, *copies).main.k == 1


def test_a_registration_with_other_figures_is_another_study():
    assert only(PLAIN, a(study="NCT01234567", effect=0.5)).main.k == 2


def test_one_of_the_ten_that_was_not_randomised_against_never_enters_a_randomised_trial():
    (finding,) = (
        one for one in every(
            a(comparator="pip", comparator_class="another of the ten", effect=0.2),
            a(comparator="pip", comparator_class="not randomised", effect=0.9),
        ) if one.intervention == "cos"
    )  # fmt: skip
    assert finding.main.pool.estimate == 0.2


def test_a_comparison_told_from_both_sides_is_heard_once_by_each():
    rows = (
        a(comparator="pip", effect=0.5),
        a(intervention="pip", comparator="COS", effect=-0.5, n_i=48, n_c=52),
    )
    by_slug = {one.intervention: one for one in every(*rows)}
    assert by_slug["cos"].main == by_slug["cos"].main
    assert [by_slug[s].index[0].rule for s in ("cos", "pip")] == ["all randomised"] * 2
    assert by_slug["cos"].main.pool.estimate == -by_slug["pip"].main.pool.estimate


def test_a_side_that_is_refused_leaves_the_other_side_s_word():
    rows = (a(comparator="pip", effect=0.5), a(intervention="pip", comparator="cos", n_i=0))
    found, refused = findings(rows, POLICY, MEASURES, SLUGS)
    assert [one.intervention for one in found] == ["cos", "pip"]
    assert len(refused) == 1


def test_two_of_the_ten_against_a_third_count_the_third_s_people_once():
    rows = [
        a(intervention=slug, comparator="pip", n_i=n, n_c=30)
        for slug, n in (("cos", 40), ("www", 50))
    ]
    by_slug = {one.intervention: one for one in every(*rows)}
    assert by_slug["pip"].main.people == 30 + 40 + 50
    assert (by_slug["pip"].main.k, by_slug["pip"].index[0].comparator) == (1, "cos; www")
    assert by_slug["pip"].index[0].sign == -1
    turned = by_slug["pip"].index[0].results[0]
    assert {turned.n_i, turned.n_c} in ({30, 40}, {30, 50})
    assert turned.n_i == 30


def test_the_other_side_of_a_table_has_its_cells_turned():
    means = {"mean_i": 1.0, "sd_i": 2.0, "mean_c": 3.0, "sd_c": 4.0, "events_i": 5, "events_c": 6}
    ((study,), _) = derived([a(comparator="pip", **means)], RULES)
    (turned,) = study.places["pip", "another of the ten", "attachment"].first.results
    assert (turned.mean_i, turned.sd_i, turned.events_i, turned.n_i) == (3.0, 4.0, 6, 48)
    assert (turned.mean_c, turned.sd_c, turned.events_c, turned.n_c) == (1.0, 2.0, 5, 52)


def test_what_one_row_says_of_a_study_holds_for_its_others():
    blank = a(allocation=Allocation.UNKNOWN, developer_led=None, effect=0.1)
    telling = a(outcome="b", developer_led=True, effect=0.3)
    finding = only(blank, telling, a(study="another", developer_led=False))
    assert (finding.main.k, finding.without_developers.k) == (2, 1)
    assert not any("randomised" in one for one in finding.reasons)
    assert [one.developer_led for one in finding.index] == [True, False]


def test_rows_that_contradict_each_other_on_chance_are_not_of_a_randomised_study():
    finding = only(
        PLAIN, a(allocation=Allocation.QUASI, outcome="b", effect=0.3), a(study="another")
    )
    assert (finding.main.k, finding.index[0].study) == (1, "another")
    assert finding.reasons == ("beside the pool, not randomised: A trial",)


def test_a_trial_of_people_and_of_clusters_by_chance_is_randomised():
    finding = only(PLAIN, a(allocation=Allocation.CLUSTER, outcome="b", effect=0.3))
    assert finding.index[0].randomised
    assert finding.reasons == ()


def test_a_comparison_is_the_same_from_both_sides_where_one_leaves_its_time_out():
    rows = (
        a(comparator="pip", effect=0.5),
        a(intervention="pip", comparator="cos", effect=-0.3, months=0.0),
    )
    assert [one.index[0].yi for one in every(*rows)] == [0.5, -0.3]


def test_a_month_after_is_another_time_than_one_left_out_which_is_the_end_of_treatment():
    rows = (
        a(comparator="pip", effect=0.5),
        a(intervention="pip", comparator="cos", effect=-0.3, months=1.0),
    )
    assert [one.index[0].yi for one in every(*rows)] == [0.5, -0.5]
    assert index(a(effect=0.3, months=0.5), a(effect=0.1)).yi == 0.1


def test_one_sample_of_two_names_is_called_by_the_first_of_them():
    rows = [a(study=name, outcome=name) for name in ("Beech NCT01234567", "Ash NCT01234567")]
    assert index(*rows).study == "Ash NCT01234567"
    late = [replace(row, months=24.0) for row in rows]
    assert "Ash NCT01234567: no result of all randomised in the first months after treatment" in (
        only(*late).reasons
    )


def test_rows_are_refused_in_their_order():
    rows = [a(study=name, n_i=None, effect=n / 10) for n, name in enumerate("ABAB")]
    _, refused = findings(rows, POLICY, MEASURES, SLUGS)
    assert [row for row, _ in refused] == rows


def test_how_people_came_into_groups_unsaid_is_not_taken_for_chance():
    finding = only(a(allocation=Allocation.UNKNOWN))
    assert finding.reasons == (
        "no randomised trial: told as such, settles no headline",
        "A trial: how people came into its groups is not given, so not as randomised",
    )
    assert finding.main.k == 1


def test_a_randomised_trial_that_says_nothing_here_is_not_denied():
    finding = only(a(allocation=Allocation.QUASI), a(study="late", months=24.0))
    assert finding.reasons == (
        "no result of a randomised trial here: told as such, settles no headline",
        "late: no result of all randomised in the first months after treatment",
    )


def test_people_are_counted_by_arm_whoever_leaves_their_number_out():
    rows = [a(outcome="a"), a(outcome="b", n_i=None, effect=0.41, se=0.2)]
    assert only(*rows).main.people == 100
    rows = [a(outcome="a", variant="SD"), a(outcome="b", variant="FC", n_i=None, se=0.2)]
    assert only(*rows).main.people is None


def test_an_index_lets_a_reader_find_what_it_was_made_of():
    found = index(
        a(outcome="security", risk_of_bias="some concerns"),
        a(outcome="disorganisation", comparator="", effect=0.2),
    )
    assert found.outcome == "disorganisation; security"
    assert (found.comparator, found.risk_of_bias) == ("as usual; usual care", "low; some concerns")
    assert found.some_concerns
    assert found.derivation == "SMD as reported, variance from the people of each arm"
    assert len(found.results) == 2
    assert found.months is None


@pytest.mark.parametrize(
    ("word", "pool"),
    [("nothing", "usual care"), ("waiting list", "usual care"), ("usual care", "usual care"),
     ("attention", "usual care"), ("active", "active"), ("not randomised", "usual care"),
     ("another of the ten", "another of the ten"), ("", None)],
)  # fmt: skip
def test_each_comparator_class_has_its_pool(word, pool):
    assert pool_of(a(comparator_class=word), POLICY) == pool


def test_a_comparator_of_no_known_class_is_in_no_pool_and_named():
    found, refused = findings([a(comparator_class="")], POLICY, MEASURES, SLUGS)
    assert not found
    assert refused[0][1] == "comparator_class: not given, so it belongs to no pool"


@pytest.mark.parametrize(
    ("population", "counts"),
    [("", 1), ("ITT", 1), ("Intention-to-treat", 1), ("all randomised", 1), ("completers", 0),
     ("subgroup: girls", 0), ("per protocol", 0)],
)  # fmt: skip
def test_only_all_randomised_count(population, counts):
    assert only(a(population=population)).main.k == counts


ROWS = st.lists(
    st.builds(
        a,
        study=st.sampled_from(["Ash", "Beech", "Cedar", "Dogwood", "Elm", "Fir"]),
        effect=st.integers(-80, 80).map(lambda n: n / 100),
        n_i=st.integers(10, 90),
        months=st.sampled_from([None, 0.0, 6.0, 12.0, 24.0]),
        outcome=st.sampled_from(["", "a", "b"]),
        measure=st.sampled_from(["SSP", "CBCL", ""]),
        prespecified=st.sampled_from(["primary", "secondary", ""]),
        risk_of_bias=st.sampled_from(["low", "some concerns", "high", ""]),
        allocation=st.sampled_from([Allocation.INDIVIDUAL, Allocation.CLUSTER, Allocation.QUASI]),
        comparator=st.sampled_from(["as usual", "a list", "pip"]),
        variant=st.sampled_from(["", "SD"]),
        developer_led=st.sampled_from([True, False, None]),
    ),
    min_size=1,
    max_size=12,
)


@given(ROWS, st.randoms(use_true_random=False))
def test_the_order_of_rows_and_copies_of_them_make_no_difference(rows, chance):
    mixed = [*rows, *chance.sample(rows, len(rows) // 2)]
    chance.shuffle(mixed)
    assert every(*mixed) == every(*rows)


@given(ROWS, st.integers(0, 11))
def test_a_copy_of_a_study_under_its_registration_changes_nothing(rows, which):
    copied = rows[which % len(rows)].study
    copies = [replace(row, study="ISRCTN12345678") for row in rows if row.study == copied]
    assert every(*rows, *copies) == every(*rows)


@given(ROWS, st.integers(0, 11))
def test_withdrawn_and_counted_again_gives_the_same_bytes(rows, which):
    before = repr(every(*rows))
    gone = rows[which % len(rows)].study
    rest = [row for row in rows if row.study != gone]
    if rest:
        assert repr(every(*rest)) is not None
    again = [*rest, *(row for row in rows if row.study == gone)]
    assert repr(every(*again)) == before


@given(ROWS, st.data())
def test_what_is_no_index_result_never_changes_a_pool(rows, data):
    beside = data.draw(
        st.sampled_from(
            [{"population": "subgroup boys"}, {"population": "completers"},
             {"outcome_class": "harm"}, {"months": -3.0}]
        )
    )  # fmt: skip
    name = data.draw(st.sampled_from([rows[0].study, "Ginkgo"]))
    added = replace(rows[0], study=name, effect=-2.0, **beside)

    def pools(*told):
        return {
            (one.intervention, one.comparator_class): (one.main, one.sustained, one.with_high_risk)
            for one in every(*told)
            if one.outcome_class == "attachment"
        }

    assert pools(*rows, added).items() >= pools(*rows).items()


@given(ROWS, st.sampled_from(["as usual", "pip", "a list"]), st.integers(-80, 80))
def test_a_group_that_chance_did_not_make_never_changes_a_pool_of_a_randomised_trial(
    rows, comparator, hundredths
):
    trials = [replace(row, allocation=Allocation.INDIVIDUAL) for row in rows]
    added = replace(
        trials[0],
        comparator=comparator,
        comparator_class="not randomised",
        outcome="beside",
        effect=hundredths / 100,
    )

    def pools(*told):
        return {
            (one.intervention, one.comparator_class): (one.main, one.sustained, one.with_high_risk)
            for one in every(*told)
        }

    before, after = pools(*trials), pools(*trials, added)
    assert after.items() >= before.items()
    assert not any(line.k for place in after.keys() - before.keys() for line in after[place])


@given(ROWS)
def test_which_arm_is_called_the_experimental_one_makes_no_difference(rows):
    heads = [replace(row, comparator="pip", variant="") for row in rows]
    turned = [
        replace(
            row, intervention="pip", comparator="cos", n_i=row.n_c, n_c=row.n_i,
            effect=0.0 - row.effect,
        )
        for row in heads
    ]  # fmt: skip
    for one, other in zip(every(*heads), every(*turned), strict=True):
        assert (one.main, one.sustained, one.signs) == (other.main, other.sustained, other.signs)
        assert one.leave_one_out == other.leave_one_out


_NAMES = {"Ash": "Ash NCT00000001", "Beech": "NCT00000001 again", "Cedar": "NCT00000002"}


@given(ROWS, st.sampled_from([_NAMES, {}]))
def test_studies_derived_apart_say_the_same_together(rows, names):
    """What one study says hangs on its own rows alone: so it may be remembered."""
    rows = [replace(row, study=names.get(row.study, row.study)) for row in rows]
    named = {name: [row for row in rows if row.study == name] for name in {r.study for r in rows}}
    studies, refused = together([of_study(own, RULES) for own in named.values()], RULES)
    assert findings_of(studies, POLICY, SLUGS) == every(*rows)
    assert not refused


@given(ROWS)
def test_no_pool_has_a_study_twice_or_more_people_than_there_are(rows):
    for one in every(*rows):
        names = [found.study for found in one.index]
        assert len(names) == len(set(names))
        assert len(one.index) == one.main.k + one.signs.heard
        for found in one.index:
            least = min(derive(row, POLICY).vi for row in found.results)
            assert found.vi >= least / len(found.results) - 1e-12
