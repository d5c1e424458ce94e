"""A change in brief: what moved, what stands, why; over pairs of states of every kind."""

from dataclasses import replace
from itertools import product

from monitor.catalogue.words import Direction, GapKind, Label, Tier, UsageBand
from monitor.evidence.shown import ShownFinding
from monitor.gap.brief import brief
from monitor.gap.rules import State
from monitor.usage.standing import UseFigure, WaveCount

STRONG = State(
    tier=Tier.STRONG, tier_low=Tier.STRONG, tier_high=Tier.STRONG, settled=True,
    direction=Direction.GENERALLY_POSITIVE, studies=(8, 17), band=UsageBand.LITTLE, ranks=(9,),
    out_of=10, usage_words=None, kind=GapKind.UNDER_USED, sentence="A sentence.",
)  # fmt: skip
LINE = ShownFinding("usual care", "attachment", Label.COMPARISON, "favours the comparison", -0.45, -0.84,
             -0.06, 1, 104, True)  # fmt: skip


def test_what_moved_comes_first_then_what_stands_then_why():
    after = replace(STRONG, direction=Direction.MIXED, kind=GapKind.UNDER_USED_CARE)
    assert brief(STRONG, after, "COSI was accepted by two reviewers.") == (
        "findings moved from generally positive to mixed; the tier stays strong. "
        "Why: COSI was accepted by two reviewers."
    )
    shows = replace(STRONG, shows=(LINE,), said=STRONG.direction)
    assert brief(replace(STRONG, said=STRONG.direction), shows, "") == (
        "trials since now read “favours the comparison” for children’s attachment; "
        "the tier stays strong and findings stay generally positive."
    )


def test_a_gap_that_moved_alone_and_a_state_that_only_lost_a_study_are_told():
    gap = replace(STRONG, kind=GapKind.ALIGNED)
    assert brief(STRONG, gap, "").startswith("the gap now reads “aligned”; the tier stays strong")
    fewer = replace(STRONG, studies=(7, 16))
    assert "nothing else" in brief(STRONG, fewer, "")
    assert brief(None, STRONG, "").startswith("the tier is strong, the findings generally positive")


def test_tier_and_findings_are_both_named_whatever_moves():
    states = [
        replace(STRONG, tier=tier, tier_low=tier, tier_high=high, settled=tier is high,
                direction=direction, shows=shows)
        for (tier, high), direction, shows in product(
            [(Tier.WEAK, Tier.WEAK), (Tier.WEAK, Tier.STRONG), (Tier.STRONG, Tier.STRONG)],
            Direction,
            [(), (LINE,)],
        )
    ]  # fmt: skip
    for before, after in product(states, states):
        told = brief(before, after, "A cause")
        assert "tier" in told
        assert "findings" in told
        assert told.endswith(" Why: A cause.")
        assert len(told) < 400


def test_a_share_of_use_is_told_whole_and_never_alone():
    was = WaveCount("2026", "spring 2026", 158, 734, "services", 0.187, 0.246)
    now = WaveCount("2029", "spring 2029", 99, 690, "services", 0.119, 0.172)
    before = replace(STRONG, use=UseFigure(was))
    after = replace(STRONG, use=UseFigure(now, was, -0.0718, -0.115, -0.029, 0.004))
    told = brief(before, after, "The survey “2029” was published")
    for figure in ("158 of 734 services", "99 of 690 services", "95% interval −11.5 to −2.9"):
        assert figure in told
    assert "the tier stays strong and findings stay generally positive" in told
