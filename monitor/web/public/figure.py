"""What the pages for commissioners say, from states of the ten. Pure; invents no figure, tells nobody to buy."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from monitor.catalogue.policies import KindWord
from monitor.catalogue.words import Direction, GapKind, Tier, UsageBand
from monitor.gap.queries import InterventionState
from monitor.gap.rules import State
from monitor.web import formats

# widest gaps first
_ORDER = (
    GapKind.UNDER_RESEARCHED,
    GapKind.OVER_USED,
    GapKind.UNDER_USED,
    GapKind.UNDER_USED_CARE,
    GapKind.ALIGNED,
    GapKind.UNKNOWN,
)


@dataclass(frozen=True, slots=True)
class Group:
    """The interventions of one kind of gap, in the catalogue's order; ``words`` say what it means."""

    kind: GapKind
    words: str
    rows: tuple[InterventionState, ...]


def groups(
    states: Sequence[InterventionState], meanings: Mapping[KindWord, str]
) -> tuple[Group, ...]:
    """Group the ten by gap; a kind nobody has is left out."""
    rows = {kind: tuple(e for e in states if e.state.kind is kind) for kind in _ORDER}
    return tuple(Group(kind, meanings[kind.value], rows[kind]) for kind in _ORDER if rows[kind])


_GAP_WORDS = {
    GapKind.UNDER_RESEARCHED: "",  # the group's heading says it all
    GapKind.OVER_USED: "The findings do not clearly support the use.",
    GapKind.UNDER_USED: "Little used for its evidence.",
    GapKind.UNDER_USED_CARE: "Read with care: more use is not clearly supported.",
    GapKind.ALIGNED: "No gap seen.",
    GapKind.UNKNOWN: "The gap cannot be told.",
}


def gap_words(state: State) -> str:
    """Say in a few words what stands in the row's gap cell, before what is special about it."""
    if state.kind is GapKind.ALIGNED and (state.tier, state.band) == (Tier.WEAK, UsageBand.LITTLE):
        return "Little used and little studied."
    return _GAP_WORDS[state.kind]


@dataclass(frozen=True, slots=True)
class Compared:
    """One part of a state, before and after, in words."""

    what: str
    before: str
    after: str

    @property
    def moved(self) -> bool:
        """Whether the words differ."""
        return self.before != self.after


def compare(before: State | None, after: State) -> tuple[Compared, ...]:
    """Set two states side by side, part by part: a reader must see what did not change too."""
    old, new = parts(before) if before else {}, parts(after)
    return tuple(Compared(what, old.get(what, ""), words) for what, words in new.items())


def parts(state: State) -> dict[str, str]:
    """Tell every part of a state in words, in the order of the figure."""
    return {
        "Evidence tier": tier_words(state),
        "Findings": formats.sentence(state.direction),
        "Studies counted": formats.span(*state.studies),
        "Use": used(state),
        "Gap": formats.sentence(state.kind),
        "The gap in words": state.sentence,
    }


def tier_words(state: State) -> str:
    """Tell the tier, and where it is not settled both it may be and the one that stands."""
    if state.settled:
        return formats.sentence(state.tier)
    return f"Undetermined: {state.tier_low} or {state.tier_high}. Last known tier: {state.tier}"


def used(state: State) -> str:
    """Tell the use: band, and the ranks still possible."""
    return f"{formats.sentence(state.band)}: {formats.ranks(state.ranks, state.out_of)}"


@dataclass(frozen=True, slots=True)
class MeaningLine:
    """What a state means to a reader who buys the intervention, and to one who is choosing."""

    lead: str
    buying: str
    choosing: str


_ASK = "Ask what your service measures, and in whom."
_FAMILIES = "Read the findings for the variant and the families you have in mind."

_LEADS = {
    Tier.STRONG: "Much research",
    Tier.INTERMEDIATE: "Some research, of mixed quality",
    Tier.WEAK: "Little research so far",
}
_SAYS = {
    Direction.FAVOURS: ", and it favours the intervention.",
    Direction.GENERALLY_POSITIVE: ", and its findings are generally positive.",
    Direction.MIXED: ", and it does not all point one way.",
    Direction.NO_DIFFERENCE: ", and it found no difference.",
    Direction.FAVOURS_COMPARISON: ", and it favours the comparison.",
    Direction.NONE: ".",
}
_POSITIVE = {Direction.FAVOURS, Direction.GENERALLY_POSITIVE}


def meaning(state: State) -> MeaningLine:
    """Say what a state means, for every tier and direction."""
    if state.studies[1] == 0:
        lead = "No study is counted, so there are no findings to go on."
    else:
        lead = _LEADS[state.tier] + _SAYS[state.direction]
    return MeaningLine(lead, _buying(state), _choosing(state))


def _buying(state: State) -> str:
    if state.direction in _POSITIVE:
        return f"the studies so far lean its way. Check that you get the variant that was studied. {_ASK}"
    if state.direction is Direction.FAVOURS_COMPARISON:
        return (
            "families in the comparison groups did better. Read the studies below, and talk it "
            f"through with those who provide it. {_ASK}"
        )
    if state.tier is Tier.WEAK:
        return f"little research is not a reason to stop. {_ASK} A service like yours may help to find out."
    return f"findings that differ are not by themselves a reason to stop. {_ASK}"


def _choosing(state: State) -> str:
    if state.tier is Tier.WEAK:
        return (
            "there is too little research to say whether it helps. That is not a finding against it. "
            "Ask those who provide it what they measure, and who checks it."
        )
    if state.direction in _POSITIVE:
        return f"the findings are a reason to look, not by themselves a reason to buy. {_FAMILIES}"
    return f"do not take the {state.tier.value} tier as a promise of benefit. {_FAMILIES}"


_CAUTION = {
    Tier.STRONG: "A strong tier says there is much good evidence. It does not say the intervention works.",
    Tier.INTERMEDIATE: (
        "An intermediate tier says how much is known. It does not say whether the intervention works."
    ),
    Tier.WEAK: "A weak tier says little is known. It does not say the intervention is ineffective.",
}


def caution(tier: Tier) -> str:
    """Give the sentence that keeps a tier from being read as a benefit."""
    return _CAUTION[tier]
