"""How widely used, read off a whole interval against a policy's two thresholds. Pure."""

from monitor.catalogue.shapes.policies import GapPolicy, Shares
from monitor.catalogue.words import UsageBand
from monitor.usage.intervals import Share, wilson


def band_of_interval(shares: Shares, low: float, high: float) -> UsageBand:
    """Say the band in which the whole interval lies, else *between*. Fractions, 0 to 1."""
    first, last = _band(shares, low), _band(shares, high)
    return first if first is last else UsageBand.BETWEEN


def band_of_share(policy: GapPolicy, share: Share) -> UsageBand:
    """Say the band of a share as a policy reads it.

    One that has verdicts for *between* reads the whole interval; an older one the share alone.
    """
    if policy.reads_intervals:
        return band_of_interval(policy.shares, *wilson(share))
    return _band(policy.shares, share.numerator / share.denominator)


def bands_met(shares: Shares, low: float, high: float) -> tuple[UsageBand, ...]:
    """Name the bands an interval reaches into, least used first."""
    bands = (UsageBand.LITTLE, UsageBand.MIDDLE, UsageBand.WIDE)
    first, last = bands.index(_band(shares, low)), bands.index(_band(shares, high))
    return bands[first : last + 1]


def _band(shares: Shares, share: float) -> UsageBand:
    per_cent = share * 100
    if per_cent >= shares.wide_from:
        return UsageBand.WIDE
    return UsageBand.LITTLE if per_cent < shares.little_below else UsageBand.MIDDLE
