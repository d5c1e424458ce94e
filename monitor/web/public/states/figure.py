"""What the pages for commissioners say, from states of the ten. Pure; invents no figure, tells nobody to buy."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from monitor.catalogue.shapes.policies import GapPolicy
from monitor.catalogue.words import GapKind, Tier, UsageBand
from monitor.gap import rules
from monitor.gap.meaning import caution, meaning
from monitor.gap.queries import InterventionState
from monitor.gap.rules import State
from monitor.gap.wording import tier_words, trials_words, used
from monitor.review.words import shown
from monitor.usage.bands import bands_met
from monitor.web import formats

# widest gaps first
_ORDER = (
    GapKind.UNDER_RESEARCHED,
    GapKind.OVER_USED,
    GapKind.CARE,
    GapKind.UNDER_USED,
    GapKind.UNDER_USED_CARE,
    GapKind.ALIGNED,
    GapKind.UNKNOWN,
)

__all__ = [
    "ComparedPart",
    "GapGroup",
    "caution",
    "compare",
    "gap_words",
    "groups",
    "may_be",
    "meaning",
    "parts",
    "tier_words",
    "used",
]


@dataclass(frozen=True, slots=True)
class GapGroup:
    """The interventions of one kind of gap, in the catalogue's order; ``words`` say what it means."""

    kind: GapKind
    words: str
    rows: tuple[InterventionState, ...]


def groups(
    states: Sequence[InterventionState], meanings: Mapping[GapKind, str]
) -> tuple[GapGroup, ...]:
    """Group the ten by gap; a kind nobody has is left out."""
    rows = {kind: tuple(e for e in states if e.state.kind is kind) for kind in _ORDER}
    return tuple(GapGroup(kind, meanings[kind], rows[kind]) for kind in _ORDER if rows[kind])


_GAP_WORDS = {
    GapKind.UNDER_RESEARCHED: "",  # the group's heading says it all
    GapKind.OVER_USED: "The findings do not clearly support the use.",
    GapKind.CARE: "Read with care: later trials do not bear out the review.",
    GapKind.UNDER_USED: "Little used for its evidence.",
    GapKind.UNDER_USED_CARE: "Read with care: more use is not clearly supported.",
    GapKind.ALIGNED: "No gap seen.",
    GapKind.UNKNOWN: "",  # the group's heading says it; beside it stands what is not known
}


def gap_words(state: State, policy: GapPolicy) -> str:
    """Say in a few words what stands in the row's gap cell, before what is special about it."""
    if state.kind is GapKind.ALIGNED and (state.tier, state.band) == (Tier.WEAK, UsageBand.LITTLE):
        return "Little used and little studied."
    if state.kind is GapKind.UNKNOWN and state.band is UsageBand.BETWEEN:
        return f"Use lies between two bands. {may_be(state, policy)}".rstrip()
    return _GAP_WORDS[state.kind]


def may_be(state: State, policy: GapPolicy) -> str:
    """Say which gaps it may be, by the bands its use lies between; empty where no share is known."""
    if state.use is None or state.band is not UsageBand.BETWEEN:
        return ""
    bands = bands_met(policy.shares, state.use.now.low, state.use.now.high)
    kinds = [rules.assess(policy, state.tier, state.direction, band).kind for band in bands]
    names = list(dict.fromkeys(kind.value for kind in kinds))
    if len(names) == 1:
        return f"In either it would be {names[0]}."
    return f"The gap may be {formats.either(names)}."


@dataclass(frozen=True, slots=True)
class ComparedPart:
    """One part of a state, before and after, in words."""

    what: str
    before: str
    after: str

    @property
    def moved(self) -> bool:
        """Whether the words differ."""
        return self.before != self.after


def compare(before: State | None, after: State) -> tuple[ComparedPart, ...]:
    """Set two states side by side, part by part: a reader must see what did not change too."""
    old, new = parts(before) if before else {}, parts(after)
    return tuple(ComparedPart(what, old.get(what, ""), words) for what, words in new.items())


def parts(state: State) -> dict[str, str]:
    """Tell every part of a state in words, in the order of the figure."""
    return {
        "Evidence tier": formats.sentence(tier_words(state)),
        "Findings": formats.sentence(shown(state.direction)),
        "Trials since show": trials_words(state),
        "Studies counted": formats.span(*state.studies),
        "Use": used(state),
        "Gap": formats.sentence(state.kind),
        "The gap in words": state.sentence,
    }
