"""One verdict, one wording: what page, mail and ledger say of a state, for every state there is."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.catalogue.words import Direction, GapKind, Tier, UsageBand
from monitor.gap import meaning as explaining
from monitor.gap import wording as state_wording
from monitor.gap.rules import State, sentence
from monitor.notify.writing import wording
from monitor.web.public.states import figure

TIERS = list(Tier)
LITTLE = (Direction.LITTLE, Direction.POSITIVE_THEN_LITTLE)  # trials were large enough to tell


def state(low, tier, high, direction=Direction.MIXED, studies=(2, 3)):
    return State(
        tier=tier, tier_low=low, tier_high=high, settled=low is high, direction=direction,
        studies=studies, band=UsageBand.WIDE, ranks=(1, 2), out_of=10, usage_words=None,
        kind=GapKind.UNDER_RESEARCHED, sentence="A sentence.",
    )  # fmt: skip


RANGES = [
    (TIERS[low], TIERS[tier], TIERS[high])
    for low, tier, high in product(range(3), repeat=3)
    if low <= tier <= high
]
states = st.builds(
    lambda bounds, direction, studies: state(
        bounds[0], bounds[1], bounds[2], direction=direction, studies=studies
    ),
    st.sampled_from(RANGES),
    st.sampled_from(Direction),
    st.sampled_from([(0, 0), (1, 1), (2, 3), (8, 17)]),
)


@pytest.mark.parametrize(
    ("bounds", "words"),
    [
        ((Tier.WEAK, Tier.WEAK, Tier.WEAK), "weak"),
        ((Tier.WEAK, Tier.WEAK, Tier.INTERMEDIATE), "weak for now; may become intermediate"),
        ((Tier.WEAK, Tier.INTERMEDIATE, Tier.INTERMEDIATE), "intermediate for now; may turn out weak"),
        ((Tier.WEAK, Tier.WEAK, Tier.STRONG), "weak for now; may become intermediate or strong"),
        ((Tier.WEAK, Tier.INTERMEDIATE, Tier.STRONG), "intermediate for now; may turn out weak or strong"),
        ((Tier.INTERMEDIATE, Tier.STRONG, Tier.STRONG), "strong for now; may turn out intermediate"),
    ],
)  # fmt: skip
def test_a_tier_is_told_with_what_it_may_be(bounds, words):
    assert state_wording.tier_words(state(*bounds)) == words


@given(st.none() | states, states)
def test_subject_lead_table_and_page_tell_one_tier(before, after):
    change = {
        "name": "DDP", "short": "DDP", "before": before.to_dict() if before else None,
        "after": after.to_dict(), "usage": None,
    }  # fmt: skip
    subject = wording.subject([change], correction=False)
    lead = sentence("DDP", before, after, "x")
    row = wording.rows(change)[0].words
    page = figure.parts(after)["Evidence tier"]
    for said in (subject, lead, row, page):
        for word in ("undetermined", "no longer settled", "last known tier"):
            assert word not in said.lower()
        maybe = state_wording.maybe_words(after)
        assert maybe in said
        if after.settled and (before is None or before.settled):
            assert "for now" not in said
    assert state_wording.tier_clause(after) in subject
    if before and state_wording.tier_words(before) == state_wording.tier_words(after):
        assert "tier still" in subject


def test_page_and_mail_say_the_same_of_what_it_means():
    assert figure.meaning is explaining.meaning is wording.meaning  # type: ignore[attr-defined]  # whose function each prints is what is asked


@pytest.mark.parametrize(("tier", "direction"), list(product(Tier, Direction)))
def test_nothing_says_that_findings_differ_or_that_there_is_no_difference_where_that_is_not_known(
    tier, direction
):
    one = state(tier, tier, tier, direction)
    told = figure.meaning(one)
    words = " ".join(
        [told.lead, told.buying, told.choosing, state_wording.moves(None, one), *figure.parts(one).values(),
         sentence("DDP", None, one, "x"), sentence("DDP", one, one, "x")]
    )  # fmt: skip
    assert ("differ are" in words) == (direction is Direction.MIXED and tier is not Tier.WEAK)
    settled = words.lower().replace("little or no difference", "")
    assert (settled != words.lower()) == (direction in LITTLE)
    assert "no difference" not in settled
    assert "found no" not in settled
    if direction is Direction.NO_DIFFERENCE:
        assert "no clear difference" in words.lower()
