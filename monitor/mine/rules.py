"""A buyer's own use of the ten, and the gap on it beside the national one. Pure.

Own use is a count of all of a buyer's services, not a sample: it has no interval. Its band is read
by the same two thresholds as a national share, and the gap by the same table; only the words differ.
"""

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction

from monitor.catalogue.shapes.policies import GapPolicy
from monitor.catalogue.words import GapKind, UsageBand
from monitor.gap.rules import assess, band
from monitor.gap.states import State
from monitor.kernel.errors import InvalidInput
from monitor.kernel.language.text import line

SITTING_LASTS = timedelta(hours=12)  # as a sign-in
LINK_EVERY = timedelta(hours=1)  # nobody is mailed more often on a stranger's request

MOST_SERVICES = 300
MOST_FAMILIES = 100_000  # a year, of one service
LONGEST_NAME = 120  # characters
_RUN = frozenset("=+-@")  # a spreadsheet runs a cell that begins so


@dataclass(frozen=True, slots=True)
class ServiceEntry:
    """What is said of one service: its name and group, and what it offers to how many families.

    ``offers`` is by slug; None: offered, to a number of families that is not known.
    """

    name: str
    group: str
    offers: Mapping[str, int | None]


@dataclass(frozen=True, slots=True)
class OwnUse:
    """How many of a buyer's services offer an intervention, and the families they count a year."""

    offering: int
    of: int
    families: int  # of those services that give a number
    uncounted: int  # services that offer it and give none


@dataclass(frozen=True, slots=True)
class Bought:
    """Of the interventions of some kinds of gap, how many a buyer buys."""

    kinds: tuple[GapKind, ...]
    bought: int
    of: int


# The kinds that make a heading, widest gaps first; the two kinds of little used are told as one.
HEADINGS: tuple[tuple[GapKind, ...], ...] = (
    (GapKind.UNDER_RESEARCHED,),
    (GapKind.OVER_USED,),
    (GapKind.CARE,),
    (GapKind.UNDER_USED, GapKind.UNDER_USED_CARE),
)


def own_use(entries: Sequence[ServiceEntry], slug: str) -> OwnUse:
    """Count the services that offer an intervention, and their families a year."""
    numbers = [entry.offers[slug] for entry in entries if slug in entry.offers]
    known = [number for number in numbers if number is not None]
    return OwnUse(len(numbers), len(entries), sum(known), len(numbers) - len(known))


def touched(entries: Iterable[ServiceEntry]) -> frozenset[str]:
    """Name the interventions that any of the services offers."""
    return frozenset(slug for entry in entries for slug in entry.offers)


def own_band(policy: GapPolicy, use: OwnUse) -> UsageBand:
    """Say the band of own use: the exact share of all of a buyer's services; not known without one."""
    if use.of == 0:
        return UsageBand.UNKNOWN
    return band(policy, (), None, Fraction(use.offering, use.of))


def own_gap(policy: GapPolicy, state: State, use: OwnUse) -> GapKind:
    """Look up the gap on own use: the policy's cell of tier, headline and own band. Total."""
    return assess(policy, state.tier, state.direction, own_band(policy, use)).kind


def bought_of(
    kinds: Sequence[GapKind], states: Mapping[str, State], bought: Iterable[str]
) -> Bought:
    """Count how many interventions of these national kinds of gap are bought."""
    slugs = {slug for slug, state in states.items() if state.kind in kinds}
    return Bought(tuple(kinds), len(slugs & set(bought)), len(slugs))


def groups(entries: Sequence[ServiceEntry]) -> dict[str, list[ServiceEntry]]:
    """Part services by group, by name; those without one come last."""
    named = sorted({entry.group for entry in entries}, key=lambda name: (not name, name.casefold()))
    return {name: [entry for entry in entries if entry.group == name] for name in named}


def folded(name: str) -> str:
    """Give a service's name as it is compared with others."""
    return " ".join(name.split()).casefold()


def clean_name(raw: str, field: str, *, needed: bool) -> str:
    """Give the name of a service or a group as one plain line, the same from a form and a table.

    Without the quote that keeps a spreadsheet from running it, as a table is written here.

    Raises:
        InvalidInput: it is missing though needed, or too long.
    """
    name = unicodedata.normalize("NFC", line(raw))
    if name.startswith("'") and name[1:2] in _RUN:
        name = name[1:]
    if needed and not name:
        raise InvalidInput("Give the service a name", field=field)
    if len(name) > LONGEST_NAME:
        raise InvalidInput(f"Use at most {LONGEST_NAME} characters", field=field)
    return name


def check_families(number: int, field: str) -> int:
    """Give a number of families a year.

    Raises:
        InvalidInput: no service has so many.
    """
    if not 0 <= number <= MOST_FAMILIES:
        raise InvalidInput(
            f"Type the families a year, 0 to {MOST_FAMILIES:,}, or leave it empty", field=field
        )
    return number
