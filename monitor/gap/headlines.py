"""The overview's first sentences, computed from the ten states. Pure; claims only what must be true.

Ranks are sets of what is possible, so a claim holds over every way of giving each intervention one
rank of its own. Ties are not considered: the source did not report any.
"""

from collections import Counter
from collections.abc import Callable, Sequence

from monitor.catalogue.words import GapKind, Tier
from monitor.gap.states import State
from monitor.kernel.language.english import number, ordinal

_MOST = 4  # "the four most used": ranks 1 to 4, the widest-used band of the first gap policy
_LOW = 7  # "7th or lower"


def title(states: Sequence[State]) -> str:
    """Give the overview's heading: the gap in seven words where it is there, else a plain name."""
    counted = _most_used_and_weak(states)
    if counted and counted[0] * 2 > _MOST:
        return "The interventions used most have the weakest evidence"
    return "How evidence and use compare"


def headline(states: Sequence[State]) -> str:
    """Give the overview's first sentence or two; falls back to the counts of gaps."""
    claims = [claim for claim in (_about_most_used(states), _about_strong(states)) if claim]
    return " ".join(claims) or _about_gaps(states)


def _about_most_used(states: Sequence[State]) -> str | None:
    counted = _most_used_and_weak(states)
    if counted is None or counted[0] == 0:
        return None
    verb = "has" if counted == (1, 1) else "have"
    return f"{_range(counted).capitalize()} of the four most used {verb} weak evidence."


def _about_strong(states: Sequence[State]) -> str | None:
    strong = [state for state in states if state.tier_low is Tier.STRONG]
    open_ones = [state for state in states if state.tier_high is Tier.STRONG and not state.settled]
    if len(strong) < 2 or open_ones:  # noqa: PLR2004 - a sentence about several
        return None
    counted = bounds(states, lambda state, rank: state.tier is Tier.STRONG and rank >= _LOW)
    if counted is None or counted[0] == 0:
        return None
    verb = "ranks" if counted == (1, 1) else "rank"
    return (
        f"Of the {number(len(strong))} with strong evidence, {_range(counted)} {verb} "
        f"{ordinal(_LOW)} or lower out of {number(len(states))} for use."
    )


def _about_gaps(states: Sequence[State]) -> str:
    kinds = Counter(state.kind for state in states)
    told = [f"{kinds[kind]} {kind}" for kind in GapKind if kinds[kind]]
    return f"Of {len(states)} interventions: {', '.join(told)}." if told else "Nothing graded yet."


def _most_used_and_weak(states: Sequence[State]) -> tuple[int, int] | None:
    """Count the weak among the most used: (surely, possibly)."""
    surely = bounds(states, lambda state, rank: state.tier_high is Tier.WEAK and rank <= _MOST)
    possibly = bounds(states, lambda state, rank: state.tier_low is Tier.WEAK and rank <= _MOST)
    return (surely[0], possibly[1]) if surely and possibly else None


def bounds(states: Sequence[State], counts: Callable[[State, int], bool]) -> tuple[int, int] | None:
    """Count (state, rank) pairs over every way of giving each state one possible rank of its own.

    Gives the least and the greatest count; None where no way exists, or where the ranks are not
    of exactly these interventions.
    """
    total = len(states)
    if not states or any(state.ranks and state.out_of != total for state in states):
        return None
    # set of ranks taken so far (as bits) -> least and greatest count: 2^10 sets at most
    reached: dict[int, tuple[int, int]] = {0: (0, 0)}
    for state in states:
        following: dict[int, tuple[int, int]] = {}
        for taken, (least, most) in reached.items():
            for rank in state.ranks or range(1, total + 1):
                if taken & 1 << rank:
                    continue
                step = counts(state, rank)
                low, high = following.get(taken | 1 << rank, (least + step, most + step))
                following[taken | 1 << rank] = (min(low, least + step), max(high, most + step))
        reached = following
    return next(iter(reached.values()), None)


def _range(counted: tuple[int, int]) -> str:
    low, high = counted
    if low == high:
        return number(low)
    joint = "or" if high - low == 1 else "to"
    return f"{number(low)} {joint} {number(high)}"
