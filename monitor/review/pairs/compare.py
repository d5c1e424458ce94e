"""Two papers side by side: what may be said of them, and what would follow. Changes nothing."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from monitor.accounts import actors
from monitor.kernel.errors import NotFound
from monitor.literature.papers import linking, merging, unmerge
from monitor.literature.papers import queries as literature
from monitor.literature.tables import Paper, PaperLink, PaperMerge, Study, StudyPaper
from monitor.literature.words import LinkState, PaperRole, Relation
from monitor.review import locking
from monitor.review.tables import QueueItem
from monitor.review.words import Stage

# How a paper that is (relation) another reports their study.
_ROLES = {
    Relation.PREPRINT_OF: PaperRole.PREPRINT,
    Relation.REGISTRATION_OF: PaperRole.REGISTRATION,
    Relation.PROTOCOL_OF: PaperRole.PROTOCOL,
    Relation.SAME_STUDY: PaperRole.SECONDARY,
}


@dataclass(frozen=True, slots=True)
class Hanging:
    """Which paper would come to report the study of the other, and as what.

    ``beside`` is what the paper that reports it already is then; None where that stays.
    """

    paper_id: int
    linked_id: int
    study_id: int
    role: str
    beside: str | None = None


@dataclass(frozen=True, slots=True)
class Side:
    """One of two papers. ``study`` is (id, label, stage), ``stage`` its own in the queue."""

    paper: literature.PaperView
    study: tuple[int, str, Stage] | None
    stage: Stage | None


@dataclass(frozen=True, slots=True)
class PaperPair:
    """A link as pages show it: the two papers, and what confirming it would do.

    ``hindrance`` says why it cannot be confirmed. ``kept_id`` stays if they become one;
    ``hanging`` says what else would follow.
    """

    link_id: int
    relation: Relation
    state: LinkState
    reason: str
    proposed_at: datetime
    settled_at: datetime | None
    settled_by: str
    one: Side
    other: Side
    version: str
    kept_id: int
    hindrance: str | None
    hanging: Hanging | None

    @property
    def study(self) -> tuple[int, str, Stage] | None:
        """The study that would be theirs, where one of them reports one."""
        return self.one.study or self.other.study


@dataclass(frozen=True, slots=True)
class Parting:
    """A merge as pages show it, and what undoing it would do."""

    merge_id: int
    kept: literature.PaperView
    gone_id: int
    gone_title: str
    reason: str
    at: datetime
    by: str
    undone_at: datetime | None
    undone_by: str
    records: int
    identifiers: tuple[tuple[str, str], ...]
    study: str | None
    hindrance: str | None


def seen(one: Paper | literature.PaperView, other: Paper | literature.PaperView) -> str:
    """Say which two papers a form shows, in which versions."""
    return f"{one.id}.{one.version}-{other.id}.{other.version}"


def who(session: Session, actor: str | None) -> str:
    """Name an audit actor: a person, or a job."""
    person = actors.user_id(actor)
    return "The service" if person is None else locking.names(session, [person])[0]


def two_studies(session: Session, one_id: int, other_id: int) -> str | None:
    """Say why two papers cannot be brought together where each has a study, and what helps."""
    studies = [locking.study_of(session, one_id), locking.study_of(session, other_id)]
    if None in studies or studies[0] == studies[1]:
        return None
    labels = [session.get_one(Study, study).label for study in studies]
    return (
        f"Each reports a study of its own: “{labels[0]}” and “{labels[1]}”. If they are one study, "
        "withdraw the one that should not count, so that it counts once"
    )


def hanging(
    session: Session, relation: Relation, one_id: int, other_id: int
) -> Hanging | str | None:
    """Say what confirming "one is (relation) other" does to their study, or why it cannot be.

    None where nothing follows: neither reports a study, or both the same; or a notice, which
    reports none.
    """
    role = _ROLES.get(relation)
    if role is None:
        return None
    if objection := two_studies(session, one_id, other_id):
        return objection
    first, second = locking.study_of(session, one_id), locking.study_of(session, other_id)
    if (first is None) == (second is None):
        return None
    if second is not None:
        return Hanging(one_id, other_id, second, role)
    assert first is not None  # noqa: S101 - one of them is there
    return _after_its_forerunner(
        session, relation, Hanging(other_id, one_id, first, PaperRole.SECONDARY)
    )


def _after_its_forerunner(session: Session, relation: Relation, report: Hanging) -> Hanging:
    """Let the article be the main report of a study known by its preprint or protocol so far."""
    mains = list(
        session.scalars(
            select(StudyPaper.paper_id).where(
                StudyPaper.study_id == report.study_id, StudyPaper.role == PaperRole.MAIN
            )
        )
    )
    if relation is Relation.SAME_STUDY or set(mains) - {report.linked_id}:
        return report
    beside = _ROLES[relation] if mains else None
    return Hanging(report.paper_id, report.linked_id, report.study_id, PaperRole.MAIN, beside)


def pair(session: Session, link_id: int) -> PaperPair:
    """Show two papers of a link as they are now.

    Raises:
        NotFound: there is no such link.
    """
    link = session.get(PaperLink, link_id)
    if link is None:
        raise NotFound(f"There is no proposal {link_id}")
    left, right = (linking.current(session, i) for i in (link.paper_id, link.other_id))
    follows: Hanging | str | None
    if link.relation is Relation.SAME_PAPER:
        follows = two_studies(session, left.id, right.id)
    else:
        follows = hanging(session, link.relation, left.id, right.id)
    return PaperPair(
        link_id=link.id,
        relation=link.relation,
        state=link.state,
        reason=link.reason,
        proposed_at=link.proposed_at,
        settled_at=link.settled_at,
        settled_by=who(session, link.settled_by),
        one=_side(session, left.id),
        other=_side(session, right.id),
        version=seen(left, right),
        kept_id=merging.older_first(session, left, right)[0].id,
        hindrance=follows if isinstance(follows, str) else None,
        hanging=follows if isinstance(follows, Hanging) else None,
    )


def _side(session: Session, paper_id: int) -> Side:
    paper = literature.paper(session, paper_id)
    place = session.get(QueueItem, paper_id)
    study = paper.study
    return Side(
        paper=paper,
        study=(*study, locking.stage_of(session, study[0])) if study else None,
        stage=place.stage if place else None,
    )


def merges(session: Session, paper_id: int) -> list[Parting]:
    """List the merges into a paper, undone ones too, the oldest first."""
    found = select(PaperMerge).where(PaperMerge.kept_id == paper_id).order_by(PaperMerge.id)
    return [_parting(session, one) for one in session.scalars(found)]


def merge(session: Session, merge_id: int) -> Parting:
    """Show one merge.

    Raises:
        NotFound: there is no such merge.
    """
    row = session.get(PaperMerge, merge_id)
    if row is None:
        raise NotFound(f"There is no merge {merge_id}")
    return _parting(session, row)


def _parting(session: Session, row: PaperMerge) -> Parting:
    study = row.moved["study"]
    return Parting(
        merge_id=row.id,
        kept=literature.paper(session, row.kept_id),
        gone_id=row.gone_id,
        gone_title=session.get_one(Paper, row.gone_id).title,
        reason=row.reason,
        at=row.at,
        by=who(session, row.by),
        undone_at=row.undone_at,
        undone_by=who(session, row.undone_by),
        records=len(row.moved["records"]),
        identifiers=tuple((scheme, value) for scheme, value in row.moved["identifiers"]),
        study=session.get_one(Study, study["id"]).label if study else None,
        hindrance=None if row.undone_at else unmerge.hindrance(session, row),
    )
