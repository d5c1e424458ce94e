"""What is counted on the coverage page: pure rules."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from monitor.ops.coverage import rules
from monitor.ops.coverage.queries import _letters
from monitor.ops.coverage.rules import CoveragePlace, KnownStudy

AT = datetime(2026, 11, 23, tzinfo=UTC)
PLACES = tuple(
    CoveragePlace(key, key.title(), key[0].upper()) for key in ("alpha", "beta", "gamma")
)
SLUGS = ("vipp", "ddp")

studies = st.lists(
    st.builds(
        lambda slugs, held: (slugs, held),
        st.sets(st.sampled_from(SLUGS), min_size=1),
        st.dictionaries(st.sampled_from([p.key for p in PLACES]), st.integers(0, 900)),
    )
).map(
    lambda made: [
        KnownStudy(n, frozenset(slugs), {k: AT + timedelta(days=d) for k, d in held.items()})
        for n, (slugs, held) in enumerate(made)
    ]
)


@given(studies)
def test_every_study_is_in_one_overlap_and_each_place_holds_its_sum(found):
    overlaps = rules.overlaps(found)
    assert sum(one.studies for one in overlaps) == sum(bool(study.held) for study in found)
    total = rules.row(None, found, PLACES)
    for place in PLACES:
        held = sum(one.studies for one in overlaps if place.key in one.places)
        assert total.held[place.key].studies == held
    assert total.in_one_only == sum(o.studies for o in overlaps if len(o.places) == 1)
    assert overlaps == rules.overlaps(reversed(found)), "order does not matter"


@given(studies)
def test_a_study_of_two_interventions_counts_for_each_and_once_in_all(found):
    rows = [rules.row(slug, found, PLACES) for slug in SLUGS]
    total = rules.row(None, found, PLACES)
    assert total.known == len(found)
    assert sum(row.known for row in rows) == sum(len(study.slugs) for study in found)
    for place in PLACES:
        since = [one for row in rows if (one := row.held[place.key].since)]
        assert total.held[place.key].since == min(since, default=None)


@given(st.lists(st.floats(0, 10_000), min_size=1))
def test_a_share_within_is_one_that_occurred_and_holds_that_share(days):
    for share in (rules.HALF, rules.NINE_IN_TEN):
        limit = rules.within(days, share)
        assert limit in days
        assert sum(day <= limit for day in days) >= share * len(days)


def test_days_out_of_order_or_unknown_are_no_days():
    assert rules.between(AT, AT + timedelta(hours=36)) == 1.5
    assert rules.between(AT, AT - timedelta(hours=1)) is None
    assert rules.between(None, AT) is None


def test_precision_counts_what_one_source_alone_brought_and_a_person_judged():
    brought = {
        1: frozenset({"a"}), 2: frozenset({"a", "b"}), 3: frozenset({"a"}), 4: frozenset({"b"}),
        5: frozenset({"c"}),
    }  # fmt: skip
    found = rules.precision(
        brought, {1: True, 2: True, 3: False, 4: False}, {"a": "A", "b": "B", "c": "C"}
    )
    assert [(one.title, one.included, one.judged) for one in found] == [("A", 1, 2), ("B", 0, 1)]


def test_no_two_columns_share_a_letter():
    titles = ["PubMed", "Europe PMC", "PsycINFO", "APA PsycINFO, by file", "Proquest", "ERIC"]
    letters = _letters(titles)
    assert len(set(letters)) == len(letters)
    assert letters[:2] == ["P", "E"]
