"""How an intervention stood at a past moment: as the ledger told it, and worked out anew. Reads only.

Worked out anew from the studies that counted then and the use known then; their papers and dates are
as known now, and how sure people were is what they had confirmed by then.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from monitor.catalogue.loader import Catalogue
from monitor.evidence import queries as evidence_queries
from monitor.evidence import service as evidence
from monitor.evidence.tables import GradeRow
from monitor.gap import queries, service
from monitor.gap.states import State
from monitor.gap.tables import Change, GapRow
from monitor.gap.wording import tier_words, trials_words
from monitor.review import decision_rows
from monitor.review.words import shown
from monitor.usage import service as usage


@dataclass(frozen=True, slots=True)
class StatePart:
    """One part of a state under two policies, in words."""

    what: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Difference:
    """What another policy would have said otherwise of an intervention at one moment."""

    slug: str
    name: str
    at: datetime
    parts: tuple[StatePart, ...]


def told_at(session: Session, slug: str, at: datetime | None) -> State | None:
    """Give what the ledger said at a moment (None: says now); None before it said anything."""
    change = queries.newest(session, slug, at=at)
    return State.from_dict(change.after) if change else None


def state_at(session: Session, catalogue: Catalogue, slug: str, at: datetime) -> State:
    """Work out the state at a moment by the catalogue's policies. Keeps nothing.

    Raises:
        NotFound: no such intervention.
    """
    told = told_at(session, slug, at)
    return service.state_of(
        catalogue.gap,
        evidence.grade_at(session, catalogue, slug, at),
        usage.latest(session, slug, at=at),
        told.certainty if told else {},
    )


def in_force_at(
    session: Session, catalogue: Catalogue, slug: str, at: datetime | None
) -> Catalogue:
    """Give the catalogue with the policies by which an intervention stood graded at a moment.

    ``at`` None: stands now. Before its first grade: as it is.

    Raises:
        NotFound: the ledger names a version that the catalogue lacks; says which it has.
    """
    grade = evidence_queries.as_of(session, slug, at)
    gap = queries.newest_gap(session, slug, at=at)
    pooled = (grade.statements or {}).get("synthesis") if grade else None
    return catalogue.under(
        grading=grade.policy if grade else None, gap=gap.policy if gap else None, synthesis=pooled
    )


def began(session: Session) -> datetime | None:
    """Give the moment from which all that was entered first stood; None: nothing is entered yet."""
    firsts = select(func.min(Change.at).label("at")).group_by(Change.slug).subquery()
    at: datetime | None = session.scalar(select(func.max(firsts.c.at)))
    return at


def moments(session: Session, slug: str) -> list[datetime]:
    """List each moment at which a ledger has an entry of an intervention, the first first."""
    kept: set[datetime] = set()
    for table in (GradeRow, GapRow, Change):
        kept.update(session.scalars(select(table.at).where(table.slug == slug).distinct()))
    first = min(kept, default=None)
    decided = decision_rows.decided_at(session, slug)
    return sorted(kept.union(at for at in decided if first is not None and at >= first))


def differences(
    session: Session, catalogue: Catalogue, other: Catalogue, slug: str
) -> Iterator[Difference]:
    """Say at each moment of the ledgers what other policies would have said otherwise.

    Both sides are worked out from the same studies and use: one by the policies that an
    intervention was graded by then, one by those of ``other``. So only the rules differ.

    Raises:
        NotFound: no such intervention, or a policy of then is gone.
    """
    name = catalogue.intervention(slug).name
    for at in moments(session, slug):
        then = in_force_at(session, catalogue, slug, at)
        before = state_at(session, then, slug, at)
        if parts := compare(before, state_at(session, other, slug, at)):
            yield Difference(slug, name, at, parts)


def compare(before: State, after: State) -> tuple[StatePart, ...]:
    """Set two states side by side, as different rules give them; only what differs."""
    told = _told(after)
    return tuple(
        StatePart(what, words, told[what])
        for what, words in _told(before).items()
        if what in told and words != told[what]
    )


def _told(state: State) -> dict[str, str]:
    """Tell a state in parts; what a policy that counts votes has no word of is left out."""
    pooled = {"trials since show": trials_words(state)} if state.said is not None else {}
    return {
        "tier": tier_words(state),
        "studies counted": state.studies_range,
        "headline": shown(state.direction),
        **pooled,
        "gap": state.kind.value,
        "gap in words": state.sentence,
    }
