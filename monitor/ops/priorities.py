"""The research-priority list: where one more sound trial would matter most, and what is under way.

Reads the ledgers and the registrations held; nothing of it is typed by hand.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from monitor.catalogue.loader import Catalogue
from monitor.evidence import imagined
from monitor.evidence import queries as grades
from monitor.evidence import service as evidence
from monitor.evidence.distance import Distance
from monitor.evidence.facts import Interval
from monitor.evidence.registered import AwaitedTrial, registered
from monitor.gap import queries as gaps
from monitor.gap import service as gap
from monitor.gap.rules import State
from monitor.gap.telling import tier_clause
from monitor.kernel.uk import uk_day_of
from monitor.ops import priority_rules as rules


@dataclass(frozen=True, slots=True)
class Priority:
    """One intervention of the list. ``place`` is None at the top tier: there is no next one.

    ``distance``: to the next tier. ``used``: 1 to ``out_of``, more is more used. ``weight`` is their product. ``could`` says
    what one more sound trial would do to the tier by the rule itself. ``counted`` is how many
    studies have been counted here since the review.
    """

    slug: str
    name: str
    state: State
    place: Interval | None
    distance: Distance | None
    used: Interval
    out_of: int
    weight: rules.Weight | None
    could: str
    counted: int
    trials: tuple[AwaitedTrial, ...]


def priorities(session: Session, catalogue: Catalogue, *, at: datetime) -> list[Priority]:
    """List the ten, first the one whose next trial would matter most; the top tier comes last.

    Raises:
        NotFound: the baseline is not published yet.
    """
    overview = gaps.overview(session, catalogue)
    states = {one.slug: one.state for one in overview}
    missing = {one.slug: one.distance for one in overview}
    newest = grades.newest(session)
    out_of = catalogue.gap.out_of
    used = {slug: rules.use(state.ranks, out_of) for slug, state in states.items()}
    weights = {slug: rules.weight(used[slug], one) for slug, one in missing.items() if one}
    places = rules.places(weights)
    awaited = registered(session, None, uk_day_of(at).date)
    listed = [
        Priority(
            slug=slug,
            name=catalogue.intervention(slug).name,
            state=state,
            place=places.get(slug),
            distance=missing[slug],
            used=used[slug],
            out_of=out_of,
            weight=weights.get(slug),
            could=_could(session, catalogue, slug, state, at=at),
            counted=len(newest[slug].counted),
            trials=tuple(one for one in awaited if slug in one.evaluates),
        )
        for slug, state in states.items()
    ]
    return sorted(listed, key=lambda one: _order(one, len(listed)))


def rows(listed: Sequence[Priority], *, at: datetime) -> list[dict[str, Any]]:
    """Lay the list out as data: a row for each trial that is awaited, and for each without one."""
    return [
        {
            **_of_intervention(one),
            **_of_trial(trial),
            "worked_out": uk_day_of(at).date.isoformat(),
        }
        for one in listed
        for trial in (one.trials or (None,))
    ]


def _order(one: Priority, last: int) -> tuple[int, int]:
    return (one.place.lo, one.place.hi) if one.place else (last + 1, last + 1)


def _could(session: Session, catalogue: Catalogue, slug: str, now: State, *, at: datetime) -> str:
    """Try one sound trial that does not exist on the rule itself, and say what the tier would be."""
    trial = imagined.trial(catalogue, slug, imagined.CLEAR, at=at)
    grade = evidence.preview(session, catalogue, slug, adding=trial)
    then = gap.preview(session, catalogue, slug, grade)
    before, after = tier_clause(now), tier_clause(then)
    return (
        f"the tier moves from {before} to {after}" if before != after else f"the tier stays {after}"
    )


def _of_intervention(one: Priority) -> dict[str, Any]:
    return {
        "place_first": one.place.lo if one.place else None,
        "place_last": one.place.hi if one.place else None,
        "intervention": one.name,
        "tier": one.state.tier.value,
        "tier_low": one.state.tier_low.value,
        "tier_high": one.state.tier_high.value,
        "studies_low": one.state.studies[0],
        "studies_high": one.state.studies[1],
        "next_tier": one.distance.tier.value if one.distance else None,
        "missing_low": one.distance.missing.lo if one.distance else None,
        "missing_high": one.distance.missing.hi if one.distance else None,
        "missing_of": one.distance.asked if one.distance else None,
        "missing_kind": one.distance.many if one.distance else None,
        "ranks_of_use": list(one.state.ranks),
        "ranks_out_of": one.state.out_of,
        "one_sound_trial": one.could,
    }


def _of_trial(trial: AwaitedTrial | None) -> dict[str, Any]:
    return {
        "trial": trial.name if trial else None,
        "numbers": [number.value for number in trial.numbers] if trial else None,
        "title": trial.title if trial else None,
        "stands": trial.standing.value if trial else None,
        "registry_status": trial.status if trial else None,
        "due": trial.due.isoformat() if trial and trial.due else None,
        "due_is_expected": trial.expected if trial and trial.due else None,
        "people": trial.people if trial else None,
        "registry": trial.said_by if trial else None,
        "registry_read": trial.said_on.date().isoformat() if trial and trial.said_on else None,
    }
