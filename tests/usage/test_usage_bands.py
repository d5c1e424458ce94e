"""Bands: the whole interval in one, else between; an older policy reads the share alone."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.catalogue import loader
from monitor.catalogue.shapes.policies import Cell, Shares
from monitor.catalogue.words import GapKind, UsageBand
from monitor.gap.rules import band
from monitor.usage.bands import band_of_interval, band_of_share, bands_met
from monitor.usage.intervals import Share, design_effect, wilson

SHARES = Shares(wide_from=30, little_below=15, note="Invented.")
OLD = loader.load().under(gap="2023-2").gap  # before bands were read off intervals


def reading_intervals(policy, shares):
    """Make a policy that has a verdict for between, as the next one."""
    between = Cell(kind=GapKind.UNKNOWN, sentence="Invented.")
    matrix = {
        tier: {direction: {**cells, UsageBand.BETWEEN: between} for direction, cells in row.items()}
        for tier, row in policy.matrix.items()
    }
    return policy.model_copy(update={"matrix": matrix, "shares": shares})


NEW = reading_intervals(loader.load().gap, SHARES)


@pytest.mark.parametrize(
    ("low", "high", "used", "met"),
    [
        (0.0, 0.149, UsageBand.LITTLE, 1),
        (0.10, 0.15, UsageBand.BETWEEN, 2),
        (0.15, 0.299, UsageBand.MIDDLE, 1),
        (0.15, 0.30, UsageBand.BETWEEN, 2),
        (0.30, 1.0, UsageBand.WIDE, 1),
        (0.05, 0.60, UsageBand.BETWEEN, 3),
    ],
)
def test_both_ends_lie_in_the_band(low, high, used, met):
    assert band_of_interval(SHARES, low, high) is used
    assert len(bands_met(SHARES, low, high)) == met


def test_the_mock_ups_two_figures():
    before = Share(158, 734, design_effect(625, 734))
    after = Share(99, 690, design_effect(590, 690))
    assert band_of_share(NEW, before) is UsageBand.MIDDLE
    assert band_of_share(NEW, after) is UsageBand.BETWEEN
    assert bands_met(SHARES, *wilson(after)) == (UsageBand.LITTLE, UsageBand.MIDDLE)


@given(st.integers(1, 2000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_a_policy_without_between_reads_the_share_alone(counts):
    assert not OLD.reads_intervals
    share = Share(counts[0], counts[1], 1.3)
    assert band_of_share(OLD, share) is band(OLD, (), None, Fraction(*counts))


def test_between_is_all_cells_or_none():
    broken = NEW.model_dump()
    tier = next(iter(broken["matrix"]))
    direction = next(iter(broken["matrix"][tier]))
    del broken["matrix"][tier][direction][UsageBand.BETWEEN]
    with pytest.raises(ValueError, match="/ between"):
        type(NEW).model_validate(broken)
    assert UsageBand.BETWEEN in NEW.bands
