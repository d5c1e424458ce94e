"""Which study a paper may belong to, with the reason: offered to people, never taken. Changes nothing."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from monitor.literature.linkage import belonging
from monitor.literature.linkage.kept_facts import remembered_facts_of
from monitor.literature.papers import linking, queries
from monitor.literature.tables import Match, Paper, PaperLink, Study, StudyPaper
from monitor.literature.words import LinkState, Relation
from monitor.review.tables import QueueItem
from monitor.review.words import OPEN

_MOST = 100  # papers of studies of the same interventions that are looked through
# Links that say something of the study; whether two are one paper is asked elsewhere.
_OF_ONE_STUDY = (
    Relation.PREPRINT_OF,
    Relation.REGISTRATION_OF,
    Relation.PROTOCOL_OF,
    Relation.SAME_STUDY,
)


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A study that a paper may belong to, and why."""

    study_id: int
    label: str
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Newcomer:
    """A paper of no study yet that may belong to a study, and why."""

    paper_id: int
    title: str
    year: int | None
    reasons: tuple[str, ...]


def studies_for(
    session: Session, paper_ids: Sequence[int], *, by_text: bool = True
) -> list[Suggestion]:
    """Say which studies some papers may belong to, beside their own: those with most reasons first.

    ``by_text`` False: by numbers and proposed links alone, without reading a text.
    """
    mine = select(StudyPaper.study_id).where(StudyPaper.paper_id.in_(paper_ids))
    own = set(session.scalars(mine))
    why = _by_number(session, paper_ids, own)
    links = _links(session, paper_ids)
    others = _of_the_same(session, paper_ids, links) if by_text else list(links)
    rows = session.execute(
        select(StudyPaper.paper_id, StudyPaper.study_id).where(StudyPaper.paper_id.in_(others))
    )
    study_of = {row.paper_id: row.study_id for row in rows if row.study_id not in own}
    said = {other: [reason] for other, reason in links.items()}
    if by_text and study_of:
        said = _why(session, paper_ids, list(study_of), links)
    for paper_id, some in said.items():
        if paper_id in study_of:
            why.setdefault(study_of[paper_id], {}).update(dict.fromkeys(some))
    if not why:
        return []
    labels = dict(session.execute(select(Study.id, Study.label).where(Study.id.in_(why))).all())
    found = [Suggestion(study_id, labels[study_id], tuple(why[study_id])) for study_id in why]
    return sorted(found, key=lambda one: (-len(one.reasons), one.study_id))


def _by_number(
    session: Session, paper_ids: Sequence[int], own: Collection[int]
) -> dict[int, dict[str, None]]:
    """Give the studies that share a registration with some papers, and by which number."""
    why: dict[int, dict[str, None]] = {}
    for paper_id in paper_ids:
        for study_id, _, shared in queries.same_registration(session, paper_id):
            if study_id not in own:
                why.setdefault(study_id, {})[f"both name {shared}"] = None
    return why


def papers_for(session: Session, study_id: int) -> list[Newcomer]:
    """Say which papers of no study, that nobody has screened, may belong to a study."""
    own = list(session.scalars(select(StudyPaper.paper_id).where(StudyPaper.study_id == study_id)))
    links = _links(session, own)
    others = _of_the_same(session, own, links, reported=False)
    why = _why(session, own, others, links)
    rows = session.execute(select(Paper.id, Paper.title, Paper.year).where(Paper.id.in_(why)))
    found = [Newcomer(row.id, row.title, row.year, tuple(why[row.id])) for row in rows]
    return sorted(found, key=lambda one: (-len(one.reasons), one.paper_id))


def _of_the_same(
    session: Session,
    paper_ids: Sequence[int],
    links: Collection[int],
    *,
    reported: bool = True,
) -> list[int]:
    """List the newest papers worth comparing: of the same interventions, or linked.

    ``reported``: those of studies, which are few; else those of none that wait to be screened.
    """
    slugs = list(
        session.scalars(select(Match.slug).where(Match.paper_id.in_(paper_ids)).distinct())
    )
    table = StudyPaper if reported else QueueItem
    named = select(Match.id).where(Match.paper_id == table.paper_id, Match.slug.in_(slugs))
    found = select(table.paper_id).where(
        or_(named.exists(), table.paper_id.in_(links)), table.paper_id.not_in(paper_ids)
    )
    if not reported:
        has_study = select(StudyPaper.paper_id).where(StudyPaper.paper_id == table.paper_id)
        found = found.where(QueueItem.stage.in_(OPEN), ~has_study.exists())
    return list(session.scalars(found.order_by(table.paper_id.desc()).limit(_MOST)))


def _links(session: Session, paper_ids: Sequence[int]) -> dict[int, str]:
    """Give the papers that some may belong with by a link nobody has settled: their id → reason."""
    rows = session.execute(
        select(PaperLink.paper_id, PaperLink.other_id, PaperLink.reason).where(
            or_(PaperLink.paper_id.in_(paper_ids), PaperLink.other_id.in_(paper_ids)),
            PaperLink.state == LinkState.PROPOSED,
            PaperLink.relation.in_(_OF_ONE_STUDY),
        )
    )
    mine = set(paper_ids)
    return {
        linking.current(session, other if one in mine else one).id: reason
        for one, other, reason in rows
    }


def _why(
    session: Session,
    paper_ids: Sequence[int],
    others: Sequence[int],
    linked: Mapping[int, str],
) -> dict[int, list[str]]:
    """Say of each of the others why it may belong with some; those without a reason are left out."""
    if not others:
        return {}
    facts = remembered_facts_of(session, {*paper_ids, *others})
    found: dict[int, list[str]] = {}
    for other in others:
        said = {linked[other]: None} if other in linked else {}
        for paper_id in paper_ids:
            if paper_id in facts and other in facts:
                said |= dict.fromkeys(belonging.reasons(facts[paper_id], facts[other]))
        if said:
            found[other] = list(said)
    return found
