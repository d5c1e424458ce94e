"""How own use is told, beside the national one: for the page and for what is taken away. Pure.

Composed from what was entered and from the ten states; never tells anybody to buy or to stop.
"""

from collections.abc import Mapping, Sequence
from fractions import Fraction

from monitor.catalogue.words import GapKind, Tier
from monitor.gap.states import State
from monitor.gap.wording import used
from monitor.kernel.language import english
from monitor.mine.rules import HEADINGS, Bought, OwnUse, ServiceEntry, bought_of, touched

_LABELS = {
    GapKind.UNDER_RESEARCHED: "under-researched",
    GapKind.OVER_USED: "more used than the findings support",
    GapKind.CARE: "to be read with care",
    GapKind.UNDER_USED: "under-used",
}
_FOR_YOU = {
    GapKind.UNDER_RESEARCHED: (
        "Little studied for how much you buy it. Ask what your services measure meanwhile."
    ),
    GapKind.OVER_USED: (
        "What trials found does not favour it. Ask what it was compared with, and whether your use "
        "differs."
    ),
    GapKind.CARE: (
        "A positive review, which later trials do not bear out. Read who took part in them."
    ),
    GapKind.UNDER_USED: "Well studied, with findings that favour it: a reason to look, not to buy.",
    GapKind.UNDER_USED_CARE: "Well studied, but more use is not clearly supported.",
}
_NOT_KNOWN = "What the studies found is not known, so the gap cannot be told."
_NO_SERVICE = "No service is entered, so your own gap cannot be told."


def own(use: OwnUse) -> str:
    """Tell own use in plain words: "You buy it in 2 of your 3 services"."""
    if use.of == 0:
        return "You have entered no service"
    if use.offering == 0:
        return "You do not buy it"
    if use.of == 1:
        return "You buy it in your one service"
    if use.offering == use.of:
        return f"You buy it in all {use.of} of your services"
    return f"You buy it in {use.offering} of your {use.of} services"


def families(use: OwnUse) -> str:
    """Tell the families a year, and what is not known of them; empty where it is not bought."""
    if use.offering == 0:
        return ""
    if use.uncounted == use.offering:
        return "families not known"
    counted = english.plural(use.families, "family", "families")
    if use.uncounted == 0:
        return counted
    return f"at least {counted}: {use.uncounted} of {use.offering} services give no number"


def beside(use: OwnUse, state: State) -> str:
    """Tell own use beside the national one, whole."""
    national = used(state)
    return f"{own(use)}; nationally: {national[:1].lower()}{national[1:]}"


def for_you(kind: GapKind, state: State, use: OwnUse) -> str:
    """Say what the gap on own use means, beside the words for own use itself. Total."""
    if use.of == 0:
        return _NO_SERVICE
    if kind is GapKind.UNKNOWN:
        return _NOT_KNOWN
    if kind is not GapKind.ALIGNED:
        return _FOR_YOU[kind]
    if state.tier is not Tier.WEAK:
        return "In step with the evidence: no gap in what you buy."
    bought = ", and bought in few of your services" if use.offering else ""
    return f"Little studied{bought}: no gap in what you buy."


def title(states: Mapping[str, State], entries: Sequence[ServiceEntry]) -> str:
    """Say in one sentence what is bought of each kind of gap that there is among the ten."""
    if not entries:
        return "What do your services offer?"
    bought = touched(entries)
    parts = [part for kinds in HEADINGS if (part := bought_of(kinds, states, bought)).of]
    if not parts:
        return f"You buy {len(bought & set(states)) or 'none'} of the {len(states)}"
    if all(_not_the_one(part) for part in parts):
        return f"You do not buy {english.either([_the_one(part) for part in parts])}"
    # "not the one that …" never comes first
    return f"You buy {english.listed([share(part) for part in sorted(parts, key=_not_the_one)])}"


def share(part: Bought) -> str:
    """Tell how many of one kind are bought: "all 3 of the under-researched"."""
    label = _LABELS[part.kinds[0]]
    if part.of == 1:
        return _the_one(part) if part.bought else f"not {_the_one(part)}"
    if part.bought == 0:
        return f"none of the {part.of} {label}"
    if part.bought < part.of:
        return f"{part.bought} of the {part.of} {label}"
    return f"all {part.of} of the {label}"


def _the_one(part: Bought) -> str:
    return f"the one that is {_LABELS[part.kinds[0]]}"


def _not_the_one(part: Bought) -> bool:
    return (part.bought, part.of) == (0, 1)


def pattern(states: Mapping[str, State], entries: Sequence[ServiceEntry]) -> str:
    """Say whether what is bought follows the national pattern; empty where that cannot be said.

    The national pattern is that some are much used and little studied, and others well studied and
    little used. What is bought follows it where more of the former is bought than of the latter.
    """
    bought = touched(entries)
    little, well = (
        bought_of(kinds, states, bought)
        for kinds in ((GapKind.UNDER_RESEARCHED,), (GapKind.UNDER_USED, GapKind.UNDER_USED_CARE))
    )
    if not (entries and little.of and well.of):
        return ""
    of_little, of_well = Fraction(little.bought, little.of), Fraction(well.bought, well.of)
    if of_little > of_well:
        return (
            "What you buy follows the national pattern: more of what is little studied than of what "
            "is well studied and little used. That is not by itself a fault."
        )
    if of_little < of_well:
        return (
            "What you buy differs from the national pattern: more of what is well studied and little "
            "used than of what is little studied. That is not by itself a merit."
        )
    return "You buy the same part of what is little studied as of what is well studied and little used."


def unknown(states: Mapping[str, State], entries: Sequence[ServiceEntry]) -> str:
    """Say what is not known: gaps that cannot be told, and families that were not given."""
    told = []
    gaps = bought_of((GapKind.UNKNOWN,), states, touched(entries))
    if gaps.of:
        is_single = gaps.of == 1
        yours = (
            "you buy it"
            if is_single and gaps.bought
            else f"you buy {gaps.bought or 'none'} of them"
        )
        told.append(
            f"Of {gaps.of} of the {len(states)} the gap is not known; "
            f"{'you do not buy it' if is_single and not gaps.bought else yours}."
        )
    offers = [number for entry in entries for number in entry.offers.values()]
    missing = sum(number is None for number in offers)
    if missing:
        told.append(
            f"How many families is not known for {missing} of the "
            f"{english.plural(len(offers), 'offer')} you entered."
        )
    return " ".join(told)
