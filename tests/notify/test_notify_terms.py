"""Who is told what, and when: the rule alone, and over any sequence of news and of choices."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.gap.words import ChangeKind
from monitor.kernel.uk import uk_day_of
from monitor.notify import terms
from monitor.notify.terms import AS_BEFORE, News, Terms, Way, Weight
from monitor.notify.words import Cadence, Kind

cadences = st.sampled_from(Cadence)
kinds = st.frozensets(st.sampled_from(Kind), min_size=1)
chosen = st.builds(Terms, cadences, kinds, st.none() | st.integers(0, 3))
news = st.builds(News, st.sampled_from(Weight), kinds, st.booleans())
began = datetime(2026, 1, 1, tzinfo=UTC)
moments = st.timedeltas(timedelta(0), timedelta(days=1800)).map(lambda passed: began + passed)


@given(chosen, news, st.integers(0, 5))
def test_every_reader_is_told_at_once_or_later_or_did_not_ask(their, one, spent):
    way = terms.way(their, one, spent)
    asked = bool(one.kinds & their.kinds)
    if one.corrects or (asked and one.weight is Weight.URGENT):
        assert way is Way.AT_ONCE
    elif not asked:
        assert way is Way.NOT
    elif way is Way.NOT:
        assert (one.weight, their.cadence, their.budget) == (Weight.ADDED, Cadence.AT_ONCE, None)
    elif way is Way.AT_ONCE:
        assert their.cadence is Cadence.AT_ONCE
        assert one.weight > Weight.ADDED


@given(news, st.integers(0, 5))
def test_readers_of_before_are_told_each_news_at_once_and_charged_nothing(one, spent):
    asked = bool(one.kinds & AS_BEFORE.kinds)
    at_once = one.corrects or (asked and one.weight > Weight.ADDED)
    assert (terms.way(AS_BEFORE, one, spent) is Way.AT_ONCE) == at_once
    assert not terms.interrupts(AS_BEFORE, one)


@given(cadences, moments)
def test_a_digest_is_due_on_its_day_after_the_moment_and_none_is_passed_over(cadence, moment):
    due = terms.due_after(cadence, moment)
    assert due > moment
    day = uk_day_of(due).date
    if cadence is Cadence.WEEKLY:
        assert day.weekday() == 0
        assert due - moment <= timedelta(days=7, hours=1)
    else:
        assert day.day == 1
        assert cadence is not Cadence.QUARTERLY or day.month in {1, 4, 7, 10}
        assert due - moment <= timedelta(
            days=31 if cadence is not Cadence.QUARTERLY else 92, hours=1
        )
    assert terms.due_after(cadence, due - timedelta(seconds=1)) == due
    assert terms.due_after(cadence, due) > due


@pytest.mark.parametrize(
    ("moved", "retracted", "said"),
    [
        ({ChangeKind.STUDIES}, False, {Kind.TIER}),
        ({ChangeKind.CERTAINTY, ChangeKind.GAP}, False, {Kind.FINDINGS, Kind.GAP}),
        ({ChangeKind.USE}, True, {Kind.USE, Kind.RETRACTION}),
    ],
)
def test_what_moved_is_of_a_kind_that_readers_choose(moved, retracted, said):
    assert terms.kinds_of(moved, retracted=retracted) == said


def test_every_kind_of_change_is_of_a_kind_that_readers_choose():
    assert all(terms.kinds_of([kind]) for kind in ChangeKind)


@dataclass
class Reader:
    """One reader as the rule sees them: what was told at once, what waits, what digests told."""

    terms: Terms
    now: datetime
    due: datetime
    quarter: object = None
    spent: int = 0
    asked: list[int] = field(default_factory=list)
    at_once: list[int] = field(default_factory=list)
    charged: list[object] = field(default_factory=list)
    waits: list[int] = field(default_factory=list)
    digests: list[list[int]] = field(default_factory=list)

    def hears(self, number, one):
        way = terms.way(self.terms, one, self.spent_now())
        if way is Way.NOT:
            return
        self.asked.append(number)
        if way is Way.HELD:
            self.waits.append(number)
            return
        self.at_once.append(number)
        if terms.interrupts(self.terms, one):
            self.spent, self.quarter = self.spent_now() + 1, terms.quarter(self.now)
            self.charged.append(self.quarter)

    def spent_now(self):
        return self.spent if self.quarter == terms.quarter(self.now) else 0

    def chooses(self, other):
        if other != self.terms:
            self.terms, self.due = other, terms.due_after(other.cadence, self.now)

    def waits_until(self, later):
        self.now = later
        if self.due <= later:
            if self.waits:
                self.digests.append(self.waits)
            self.waits, self.due = [], terms.due_after(self.terms.cadence, later)


steps = st.lists(
    st.one_of(news, chosen, st.timedeltas(timedelta(0), timedelta(days=100))), max_size=40
)


@given(chosen, moments, steps)
def test_nothing_twice_and_nothing_left_out_whatever_is_chosen_meanwhile(first, began, happened):
    """Over any sequence of news, of changes of cadence and of days, weeks and months without us."""
    reader = Reader(first, began, terms.due_after(first.cadence, began))
    for number, step in enumerate(happened):
        if isinstance(step, News):
            reader.hears(number, step)
        elif isinstance(step, Terms):
            reader.chooses(step)
        else:
            reader.waits_until(reader.now + step)
    told = [*reader.at_once, *(one for digest in reader.digests for one in digest), *reader.waits]
    assert sorted(told) == sorted(reader.asked)
    assert len(told) == len(set(told))
    assert all(digest == sorted(digest) for digest in reader.digests)
    # after the longest of all cadences, without further news, everything was told
    reader.waits_until(reader.due)
    assert reader.waits == []
    largest = max(
        (one.budget or 0 for one in [first, *happened] if isinstance(one, Terms)), default=0
    )
    assert all(reader.charged.count(one) <= largest for one in reader.charged)
