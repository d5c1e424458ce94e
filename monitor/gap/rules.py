"""Tier, direction and use become a gap by the policy's matrix; a change gets its name and sentence.

Pure. Never tells a tier without its direction, and never recommends: the verdicts are data.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from monitor.catalogue.loader import GapPolicy
from monitor.catalogue.words import Direction, GapKind, Tier, UsageBand
from monitor.evidence.certainty.rules import moved as certainty_moved
from monitor.evidence.shown import OUTCOMES, place, speaker
from monitor.gap import use_changes
from monitor.gap.headlines import headline, title
from monitor.gap.states import State
from monitor.gap.wording import label_was, moved, tier_clause
from monitor.gap.words import ChangeKind
from monitor.review.words import shown

__all__ = [
    "Assessment",
    "State",
    "assess",
    "band",
    "changed",
    "headline",
    "sentence",
    "stands",
    "title",
]


@dataclass(frozen=True, slots=True)
class Assessment:
    """What tier, direction and use add up to, with one sentence for readers."""

    kind: GapKind
    sentence: str


def band(
    policy: GapPolicy,
    ranks: Sequence[int],
    words: str | None,
    share: Fraction | None = None,
) -> UsageBand:
    """Say how widely used, as far as the source settles it.

    ``ranks`` are those still possible, of ``policy.out_of``. ``share`` is of a known denominator,
    0 to 1. A share says most, then the source's own words, then ranks; ranks of two bands do not
    settle it. Total: what no rule covers is not known.
    """
    if share is not None:
        return _band_of_share(policy, share)
    if words in policy.words:
        return UsageBand(policy.words[words])
    possible = {_band_of_rank(policy, rank) for rank in ranks}
    return possible.pop() if len(possible) == 1 else UsageBand.UNKNOWN


def _band_of_share(policy: GapPolicy, share: Fraction) -> UsageBand:
    if not 0 <= share <= 1:
        return UsageBand.UNKNOWN
    if share * 100 >= policy.shares.wide_from:
        return UsageBand.WIDE
    return UsageBand.LITTLE if share * 100 < policy.shares.little_below else UsageBand.MIDDLE


def _band_of_rank(policy: GapPolicy, rank: int) -> UsageBand:
    for one in policy.ranks:
        if one.first <= rank <= one.last:
            return UsageBand(one.band)
    return UsageBand.UNKNOWN


def assess(policy: GapPolicy, tier: Tier, direction: Direction, used: UsageBand) -> Assessment:
    """Look the gap up. Total: the loader refuses a matrix with a cell missing."""
    cell = policy.matrix[tier][direction][used]
    return Assessment(GapKind(cell.kind), cell.sentence)


def changed(before: State | None, after: State) -> tuple[ChangeKind, ...]:
    """Name what differs; nothing for the first state, which changes nothing."""
    if before is None:
        return ()
    differs = {
        ChangeKind.TIER: before.tier != after.tier,
        ChangeKind.DIRECTION: before.direction != after.direction,
        ChangeKind.FINDINGS: bool(moved(before, after)),
        ChangeKind.GAP: before.kind != after.kind,
        ChangeKind.CERTAINTY: bool(certainty_moved(before.certainty, after.certainty)),
        ChangeKind.USE: use_changes.moved(before, after),
        ChangeKind.STUDIES: before.studies != after.studies,
        ChangeKind.SETTLED: before.settled != after.settled,
    }
    return tuple(kind for kind, yes in differs.items() if yes)


def sentence(name: str, before: State | None, after: State, cause_words: str) -> str:
    """Tell in one sentence what changed, what did not, and why. Tier and direction are both named."""
    cause = " ".join(cause_words.split()).rstrip(".")
    if before is None:
        return f"{stands(name, after)}. {cause}."
    evidence = (_told_findings(before, after), _told_tier(before, after))
    # what moved comes first; tier and direction stay together
    told = [words for _, words in sorted(evidence, key=lambda part: not part[0])]
    sure = [
        f"certainty for {OUTCOMES[move.outcome_class]} moved from {move.before} to {move.after}"
        for move in certainty_moved(before.certainty, after.certainty)
    ]
    return f"{name}: {'; '.join((*told, *sure, _told_gap(before, after)))}; why: {cause}."


def stands(name: str, state: State) -> str:
    """Tell in one sentence, without its full stop, where an intervention stands: tier, findings and gap."""
    return (
        f"{name}: the tier is {tier_clause(state)} ({state.studies_words}), the findings are "
        f"{findings_words(state.direction)} and the gap is {_gap(state)}"
    )


def _told_findings(before: State, after: State) -> tuple[bool, str]:
    trials = [
        f"{speaker(line)} read “{line.told}” {place(line)} (before: “{label_was(before, line)}”)"
        for line in moved(before, after)
    ]
    if before.direction == after.direction:
        stays = f"findings stay {findings_words(after.direction)}"
        return bool(trials), "; ".join([*trials, stays])
    moves = f"findings moved from {findings_words(before.direction)} to {findings_words(after.direction)}"
    return True, "; ".join([moves, *trials])


def _told_tier(before: State, after: State) -> tuple[bool, str]:
    moved = (before.tier, before.settled) != (after.tier, after.settled)
    was = "" if before.studies == after.studies else f", was {before.studies_range}"
    return moved, f"{_tier_move(before, after)} ({after.studies_words}{was})"


def _tier_move(before: State, after: State) -> str:
    if before.tier != after.tier:
        return f"the tier moved from {before.tier} to {tier_clause(after)}"
    if before.settled != after.settled and after.settled:
        return f"the tier is now settled: {after.tier}"
    if before.settled != after.settled:
        return f"the tier is {tier_clause(after)}"
    return f"the tier stays {tier_clause(after)}"


def _told_gap(before: State, after: State) -> str:
    if before.kind == after.kind:
        return f"the gap stays {_gap(after)}"
    return f"the gap moved from {_gap(before)} to {_gap(after)}"


def findings_words(direction: Direction) -> str:
    """Word a direction so that it can follow "findings stay" and "findings moved from"."""
    worded = {
        Direction.GENERALLY_POSITIVE: direction.value,
        Direction.MIXED: direction.value,
        Direction.FAVOURS: "favouring the intervention",
        Direction.FAVOURS_COMPARISON: "favouring the comparison",
        Direction.NO_DIFFERENCE: "“no clear difference”",
        Direction.NONE: "“none to go on”",
    }
    return worded.get(direction) or f"“{shown(direction)}”"


def _gap(state: State) -> str:
    return f"“{state.kind}”"
