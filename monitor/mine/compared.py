"""Own use beside the national one, kind of gap by kind of gap: what the page, and tables, show. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from monitor.catalogue.shapes.policies import GapPolicy
from monitor.catalogue.words import GapKind
from monitor.gap.queries import InterventionState
from monitor.gap.wording import tier_words, used
from monitor.mine import wording
from monitor.mine.rules import HEADINGS, Bought, OwnUse, ServiceEntry, bought_of, own_gap, own_use
from monitor.review.words import shown

_ORDER = (*HEADINGS, (GapKind.ALIGNED,), (GapKind.UNKNOWN,))


@dataclass(frozen=True, slots=True)
class InterventionLine:
    """One intervention: how it stands nationally, own use, the gap on it, and what that means."""

    national: InterventionState
    use: OwnUse
    kind: GapKind
    means: str


@dataclass(frozen=True, slots=True)
class NotBought:
    """Interventions of one kind of gap that no service offers, and what that means for them all."""

    means: str
    of: tuple[InterventionState, ...]


@dataclass(frozen=True, slots=True)
class GapSection:
    """The interventions of one national kind of gap; what is bought stands row by row."""

    kind: GapKind
    counted: Bought
    bought: tuple[InterventionLine, ...]
    others: tuple[NotBought, ...]


def lines(
    policy: GapPolicy, ten: Iterable[InterventionState], entries: Sequence[ServiceEntry]
) -> list[InterventionLine]:
    """Set own use beside each of the ten, in their order."""
    told = []
    for intervention in ten:
        use = own_use(entries, intervention.slug)
        kind = own_gap(policy, intervention.state, use)
        told.append(
            InterventionLine(
                intervention, use, kind, wording.for_you(kind, intervention.state, use)
            )
        )
    return told


def sections(ten: Sequence[InterventionLine], entries: Sequence[ServiceEntry]) -> list[GapSection]:
    """Part the ten by their national kind of gap, widest first; a kind nobody has is left out."""
    states = {line.national.slug: line.national.state for line in ten}
    bought = {slug for entry in entries for slug in entry.offers}
    sections = []
    for kinds in _ORDER:
        these = [line for line in ten if line.national.state.kind in kinds]
        if these:
            offered = tuple(line for line in these if line.use.offering)
            others = _not_bought(line for line in these if not line.use.offering)
            sections.append(GapSection(kinds[0], bought_of(kinds, states, bought), offered, others))
    return sections


def _not_bought(these: Iterable[InterventionLine]) -> tuple[NotBought, ...]:
    by_meaning: dict[str, list[InterventionState]] = {}
    for line in these:
        by_meaning.setdefault(line.means, []).append(line.national)
    return tuple(NotBought(means, tuple(of)) for means, of in by_meaning.items())


def rows(ten: Iterable[InterventionLine]) -> list[dict[str, Any]]:
    """Lay the ten out as a table to take away: own use and gap beside the national ones."""
    return [
        {
            "intervention": line.national.slug,
            "name": line.national.name,
            "evidence": tier_words(line.national.state),
            "findings": shown(line.national.state.direction),
            "your_services": line.use.of,
            "your_services_offering_it": line.use.offering,
            "your_families_a_year": line.use.families
            if line.use.offering > line.use.uncounted
            else "",
            "services_without_a_number": line.use.uncounted,
            "in_words": wording.beside(line.use, line.national.state),
            "your_gap": line.kind.value,
            "for_you": line.means,
            "national_use": used(line.national.state),
            "national_gap": line.national.state.kind.value,
            "national_gap_in_words": line.national.state.sentence,
        }
        for line in ten
    ]
