"""Read the ledgers of gaps and changes for pages and mail. Changes nothing."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, String, cast, func, or_, select
from sqlalchemy.orm import Session

from monitor.catalogue.loader import Catalogue
from monitor.evidence import queries as evidence
from monitor.evidence.distance import Distance, distance
from monitor.gap.rules import State
from monitor.gap.tables import Change, GapRow
from monitor.gap.words import ChangeKind
from monitor.kernel.errors import NotFound
from monitor.kernel.persistence.once import once

# "[]" is how both databases keep that no kind of change applies
_MOVED = cast(Change.kinds, String) != "[]"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which changes are asked for; what is not said narrows nothing.

    ``kinds``: that moved any of these. ``causes``: of one of these kinds of cause. ``since`` belongs
    to the time asked for, ``until`` does not.
    """

    slug: str | None = None
    kinds: frozenset[ChangeKind] = frozenset()
    causes: frozenset[str] = frozenset()
    since: datetime | None = None
    until: datetime | None = None

    def conditions(self) -> Iterator[ColumnElement[bool]]:
        """Say it for a statement."""
        if self.slug is not None:
            yield Change.slug == self.slug
        if self.kinds:
            told = cast(Change.kinds, String)
            yield or_(*(told.contains(f'"{kind}"', autoescape=True) for kind in sorted(self.kinds)))
        if self.causes:
            yield Change.cause_kind.in_(sorted(self.causes))
        if self.since is not None:
            yield Change.at >= self.since
        if self.until is not None:
            yield Change.at < self.until


@dataclass(frozen=True, slots=True)
class InterventionState:
    """One row of the overview."""

    slug: str
    name: str
    short: str
    state: State
    distance: Distance | None  # to the next tier; None at the top
    last_change: Change | None  # None: as published


def overview(session: Session, catalogue: Catalogue) -> list[InterventionState]:
    """Give the state of every intervention, in the catalogue's order.

    Raises:
        NotFound: the baseline is not published yet.
    """
    newest = {change.slug: change for change in _newest_of_each(session)}
    grades = evidence.newest(session)
    missing = [slug for slug in catalogue.slugs if slug not in newest]
    if missing:
        raise NotFound(f"not graded yet: {', '.join(missing)}; run `gap-monitor init` first")
    return [
        InterventionState(
            slug=intervention.slug,
            name=intervention.name,
            short=intervention.short,
            state=State.from_dict(newest[intervention.slug].after),
            distance=distance(
                catalogue.grading,
                grades[intervention.slug].tier,
                evidence.as_grade(grades[intervention.slug]).facts,
            ),
            last_change=newest[intervention.slug]
            if newest[intervention.slug].before is not None
            else None,
        )
        for intervention in catalogue.interventions
    ]


def state(session: Session, slug: str) -> State:
    """Give an intervention's current state.

    Raises:
        NotFound: there is no such intervention, or it has not been graded yet.
    """
    change = newest(session, slug)
    if change is None:
        raise NotFound(f"{slug!r} has not been graded; run `gap-monitor init` first")
    return State.from_dict(change.after)


def changes(
    session: Session,
    *,
    slug: str | None = None,
    limit: int | None = 50,
    before: int | None = None,
    include_baseline: bool = False,
    wanted: Wanted = Wanted(),
) -> list[Change]:
    """Give the newest changes first, ``before`` an id where a page goes on; no ``limit``: all.

    The published baseline only where asked for; never those where nothing moved, as when a new
    policy only words a gap anew.
    """
    moved = Change.id.in_(_published()) | _MOVED
    query = select(Change).where(moved, *wanted.conditions())
    query = query.order_by(Change.id.desc()).limit(limit)
    if before is not None:
        query = query.where(Change.id < before)
    if slug is not None:
        query = query.where(Change.slug == slug)
    if not include_baseline:
        query = query.where(Change.id.not_in(_published()))
    return list(session.scalars(query))


def baseline(session: Session) -> list[Change]:
    """Give the first entry of every intervention: the state as published."""
    return list(session.scalars(select(Change).where(Change.id.in_(_published()))))


def change(session: Session, change_id: int) -> Change:
    """Give one change.

    Raises:
        NotFound: there is no such change.
    """
    row = session.get(Change, change_id)
    if row is None:
        raise NotFound(f"there is no change {change_id}")
    return row


def following(session: Session, change: Change) -> Change | None:
    """Give what changed next for the same intervention; None: it stands as this change left it.

    Not what moved nothing, as in ``changes``.
    """
    query = (
        select(Change)
        .where(Change.slug == change.slug, Change.id > change.id, _MOVED)
        .order_by(Change.id)
        .limit(1)
    )
    return session.scalars(query).first()


@once
def newest(session: Session, slug: str, *, at: datetime | None = None) -> Change | None:
    """Give an intervention's newest change, the baseline included; ``at``: as of then."""
    query = select(Change).where(Change.slug == slug).order_by(Change.id.desc()).limit(1)
    return session.scalars(query if at is None else query.where(Change.at <= at)).first()


def newest_gap(session: Session, slug: str, *, at: datetime | None = None) -> GapRow | None:
    """Give an intervention's newest assessment; ``at``: as of then."""
    query = select(GapRow).where(GapRow.slug == slug).order_by(GapRow.id.desc()).limit(1)
    return session.scalars(query if at is None else query.where(GapRow.at <= at)).first()


def _published() -> Select[int]:
    return select(func.min(Change.id)).group_by(Change.slug)


def _newest_of_each(session: Session) -> Sequence[Change]:
    newest_ids = select(func.max(Change.id)).group_by(Change.slug)
    return session.scalars(select(Change).where(Change.id.in_(newest_ids))).all()
