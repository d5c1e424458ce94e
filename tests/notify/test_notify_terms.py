"""Who is told what, and when: the rule alone, and over any sequence of news and of choices."""

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.catalogue.words import Direction, GapKind, Label, Tier, UsageBand
from monitor.evidence.shown import ShownFinding
from monitor.gap.states import State
from monitor.gap.words import ChangeKind
from monitor.kernel.language.uk import london, uk_day_of
from monitor.notify import terms
from monitor.notify.terms import AS_BEFORE, ChangeWeight, News, Terms, Way
from monitor.notify.words import Cadence, Kind

cadences = st.sampled_from(Cadence)
kinds = st.frozensets(st.sampled_from(Kind), min_size=1)
chosen = st.builds(Terms, cadences, kinds, st.none() | st.integers(0, 3))
news = st.builds(News, st.sampled_from(ChangeWeight), kinds, st.booleans())
began = datetime(2026, 1, 1, tzinfo=UTC)
moments = st.timedeltas(timedelta(0), timedelta(days=1800)).map(lambda passed: began + passed)


@given(chosen, news, st.integers(0, 5))
def test_every_reader_is_told_at_once_or_later_or_did_not_ask(their, one, spent):
    way = terms.way(their, one, spent)
    asked = bool(one.kinds & their.kinds)
    if one.corrects or (asked and one.weight is ChangeWeight.URGENT):
        assert way is Way.AT_ONCE
    elif not asked:
        assert way is Way.NOT
    elif way is Way.NOT:
        assert (one.weight, their.cadence, their.budget) == (
            ChangeWeight.ADDED,
            Cadence.AT_ONCE,
            None,
        )
    elif way is Way.AT_ONCE:
        assert their.cadence is Cadence.AT_ONCE
        assert one.weight > ChangeWeight.ADDED


AT_ONCE = Terms(Cadence.AT_ONCE, frozenset({Kind.TIER}), 2)


@pytest.mark.parametrize(
    ("their", "weight", "spent", "way", "charged"),
    [
        (AT_ONCE, ChangeWeight.ADDED, 0, Way.HELD, True),
        (AT_ONCE, ChangeWeight.MINOR, 0, Way.HELD, True),
        (AT_ONCE, ChangeWeight.MAJOR, 1, Way.AT_ONCE, True),
        (AT_ONCE, ChangeWeight.MAJOR, 2, Way.HELD, True),
        (AT_ONCE, ChangeWeight.URGENT, 2, Way.AT_ONCE, False),
        (replace(AT_ONCE, budget=0), ChangeWeight.MAJOR, 0, Way.HELD, True),
        (replace(AT_ONCE, budget=None), ChangeWeight.MINOR, 9, Way.AT_ONCE, False),
        (replace(AT_ONCE, budget=None), ChangeWeight.ADDED, 0, Way.NOT, False),
        (replace(AT_ONCE, cadence=Cadence.WEEKLY), ChangeWeight.MAJOR, 0, Way.HELD, True),
        (replace(AT_ONCE, kinds=frozenset({Kind.GAP})), ChangeWeight.URGENT, 0, Way.NOT, False),
        (terms.OF_NEW, ChangeWeight.MAJOR, 0, Way.HELD, True),
        (replace(terms.OF_NEW, cadence=Cadence.AT_ONCE), ChangeWeight.MAJOR, 0, Way.AT_ONCE, True),
        (replace(terms.OF_NEW, cadence=Cadence.AT_ONCE), ChangeWeight.MAJOR, 1, Way.HELD, True),
    ],
)
def test_who_asked_for_news_at_once_is_interrupted_within_their_budget(
    their, weight, spent, way, charged
):
    one = News(weight, frozenset({Kind.TIER}))
    assert terms.way(their, one, spent) is way
    assert terms.interrupts(their, one) == charged
    assert terms.way(their, replace(one, corrects=True), spent) is Way.AT_ONCE
    assert not terms.interrupts(their, replace(one, corrects=True))


def test_of_several_the_weightiest_is_the_greatest():
    order = (ChangeWeight.ADDED, ChangeWeight.MINOR, ChangeWeight.MAJOR, ChangeWeight.URGENT)
    assert sorted(set(order)) == list(order) == list(ChangeWeight)


def line(label, **facts):
    """Say what one trial of attachment shows."""
    known = ShownFinding("usual care", "attachment", label, label.value, 0.1, 0.0, 0.2, 1, 90, True)
    return replace(known, **facts)


def state(tier=Tier.INTERMEDIATE, direction=Direction.MIXED, *shows):
    return State(
        tier=tier, tier_low=tier, tier_high=tier, settled=True, direction=direction,
        studies=(8, 17), band=UsageBand.LITTLE, ranks=(), out_of=None, usage_words=None,
        kind=GapKind.ALIGNED, sentence="A sentence.", said=Direction.MIXED, shows=shows,
    )  # fmt: skip


GAP_MOVED = {ChangeKind.GAP, ChangeKind.STUDIES}
FOR = state(Tier.INTERMEDIATE, Direction.MIXED, line(Label.BENEFIT))
AGAINST = state(Tier.INTERMEDIATE, Direction.MIXED, line(Label.COMPARISON))


@pytest.mark.parametrize(
    ("before", "after", "kinds", "weight"),
    [
        (state(), state(), {ChangeKind.STUDIES}, ChangeWeight.ADDED),
        (state(), state(), set(), ChangeWeight.ADDED),
        (state(), state(), {ChangeKind.SETTLED}, ChangeWeight.MINOR),
        (state(), state(), {ChangeKind.STUDIES, ChangeKind.CERTAINTY}, ChangeWeight.MINOR),
        (state(), state(), {ChangeKind.USE}, ChangeWeight.MINOR),
        (state(), state(), GAP_MOVED, ChangeWeight.MAJOR),
        (None, state(), {ChangeKind.TIER}, ChangeWeight.MAJOR),
        (None, AGAINST, {ChangeKind.TIER}, ChangeWeight.MAJOR),
        (state(), state(Tier.STRONG), {ChangeKind.TIER}, ChangeWeight.MAJOR),
        (state(), state(Tier.WEAK), {ChangeKind.TIER}, ChangeWeight.URGENT),
        # the headline favours the comparison, and did not
        (state(), state(direction=Direction.FAVOURS_COMPARISON), {ChangeKind.DIRECTION}, ChangeWeight.URGENT),
        (state(), state(direction=Direction.POSITIVE_THEN_COMPARISON), {ChangeKind.DIRECTION}, ChangeWeight.URGENT),
        (state(direction=Direction.FAVOURS_COMPARISON), state(), {ChangeKind.DIRECTION}, ChangeWeight.MAJOR),
        (state(direction=Direction.FAVOURS_COMPARISON),
         state(direction=Direction.POSITIVE_THEN_COMPARISON), {ChangeKind.DIRECTION}, ChangeWeight.MAJOR),
        # a label does, and did not
        (FOR, AGAINST, {ChangeKind.FINDINGS}, ChangeWeight.URGENT),
        (state(), AGAINST, {ChangeKind.FINDINGS}, ChangeWeight.URGENT),
        (AGAINST, FOR, {ChangeKind.FINDINGS}, ChangeWeight.MINOR),
        (AGAINST, AGAINST, GAP_MOVED, ChangeWeight.MAJOR),
    ],
)  # fmt: skip
def test_what_is_worse_is_urgent_and_a_count_alone_weighs_least(before, after, kinds, weight):
    assert terms.weight(before, after, kinds) is weight
    assert terms.weight(before, after, kinds, retracted=True) is ChangeWeight.URGENT


@pytest.mark.parametrize(
    ("moment", "first"),
    [
        (datetime(2026, 1, 1, tzinfo=UTC), date(2026, 1, 1)),
        (datetime(2026, 3, 31, 22, 59, tzinfo=UTC), date(2026, 1, 1)),
        (datetime(2026, 3, 31, 23, tzinfo=UTC), date(2026, 4, 1)),  # midnight, by summer time
        (datetime(2026, 9, 9, tzinfo=UTC), date(2026, 7, 1)),
        (datetime(2026, 12, 31, 23, 59, tzinfo=UTC), date(2026, 10, 1)),
    ],
)
def test_a_quarter_begins_in_january_april_july_or_october_by_uk_time(moment, first):
    assert terms.quarter(moment) == first


@given(news, st.integers(0, 5))
def test_readers_of_before_are_told_each_news_at_once_and_charged_nothing(one, spent):
    asked = bool(one.kinds & AS_BEFORE.kinds)
    at_once = one.corrects or (asked and one.weight > ChangeWeight.ADDED)
    assert (terms.way(AS_BEFORE, one, spent) is Way.AT_ONCE) == at_once
    assert not terms.interrupts(AS_BEFORE, one)


@given(cadences, moments)
def test_a_digest_is_due_on_its_day_after_the_moment_and_none_is_passed_over(cadence, moment):
    due = terms.due_after(cadence, moment)
    assert due > moment
    day = uk_day_of(due).date
    assert due.astimezone(london()).hour == 7
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
    assert terms.kinds_of(moved) == said - {Kind.RETRACTION}, (
        "nothing is retracted unless it is said"
    )


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
