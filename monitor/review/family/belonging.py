"""Which study a paper may belong to, with the reason: offered to people, never taken. Changes nothing."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Integer, Text, bindparam, cast, or_, select
from sqlalchemy.orm import Session

from monitor.kernel.persistence.bulk import among
from monitor.literature.linkage import belonging
from monitor.literature.linkage.facts import PaperFacts
from monitor.literature.linkage.kept_facts import remembered_facts_of
from monitor.literature.papers import linking, queries
from monitor.literature.papers.queries import PaperView
from monitor.literature.tables import Match, Paper, PaperLink, PaperTrial, Study, StudyPaper
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

# Built once: putting a statement together costs more than running it.
_OWN = select(StudyPaper.study_id).where(among(StudyPaper.paper_id))
_LINKED = select(StudyPaper.paper_id, StudyPaper.study_id).where(
    among(StudyPaper.paper_id, "linked")
)
_slugs = select(Match.slug).where(among(Match.paper_id))
_named = select(Match.id).where(Match.paper_id == StudyPaper.paper_id, Match.slug.in_(_slugs))
# the newest papers of studies, of the same interventions or linked
_OF_THE_SAME = (
    select(StudyPaper.paper_id, StudyPaper.study_id)
    .where(
        or_(_named.correlate(StudyPaper).exists(), among(StudyPaper.paper_id, "linked")),
        ~among(StudyPaper.paper_id),
    )
    .order_by(StudyPaper.paper_id.desc())
    .limit(bindparam("most", type_=Integer))
)
_link, _paper, _trial = StudyPaper.__table__.c, Paper.__table__.c, PaperTrial.__table__.c
_NEWEST = (
    select(
        _link.paper_id, _link.study_id, _paper.merged_into_id,
        cast(_paper.authors, Text).label("authors"),
        cast(_paper.publication_types, Text).label("types"), _trial.paper_id.label("trial"),
    )
    .select_from(
        StudyPaper.__table__
        .join(Paper.__table__, _paper.id == _link.paper_id)
        .outerjoin(PaperTrial.__table__, _trial.paper_id == _link.paper_id)
    )
    .where(
        select(Match.id)
        .where(Match.paper_id == _link.paper_id, among(Match.slug, "slugs"))
        .correlate(StudyPaper.__table__)
        .exists()
    )
    .order_by(_link.paper_id.desc())
    .limit(bindparam("most", type_=Integer))
)  # fmt: skip
_PROPOSED = select(PaperLink.paper_id, PaperLink.other_id, PaperLink.reason).where(
    or_(among(PaperLink.paper_id), among(PaperLink.other_id)),
    PaperLink.state == LinkState.PROPOSED,
    PaperLink.relation.in_(_OF_ONE_STUDY),
)


@dataclass(frozen=True, slots=True)
class BelongingSuggestion:
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


@dataclass(frozen=True, slots=True)
class PapersOfStudies:
    """Papers of studies, each with its study, and what tells which are worth comparing."""

    study_of: Mapping[int, int]
    others: belonging.Others


def reported(session: Session, slugs: Collection[str]) -> PapersOfStudies:
    """Read the newest papers of studies that name any of some interventions: one more than a paper
    is compared with, since it may be among them."""
    asked = {"slugs": sorted(slugs), "most": _MOST + 1}
    rows = session.connection().execute(_NEWEST, asked).all()
    outlines = {
        row.paper_id: belonging.outline(row.authors, row.types, is_trial=row.trial is not None)
        for row in rows
        if row.merged_into_id is None
    }
    return PapersOfStudies({row.paper_id: row.study_id for row in rows}, belonging.Others(outlines))


def studies_for_one(
    session: Session, paper: PaperView, facts: PaperFacts, known: PapersOfStudies, *, linked: bool
) -> list[BelongingSuggestion]:
    """Say the same of one paper that is shown, by what was read of it and of others before.

    ``known`` are ``reported`` for the interventions that it names; ``linked`` False: no link of it
    is there to be asked for.
    """
    own = {paper.study[0]} if paper.study else set()
    why: dict[int, dict[str, None]] = {}
    for study_id, _, shared in queries.naming_the_same(session, paper.id, facts.numbers):
        why.setdefault(study_id, {})[f"both name {shared}"] = None
    links = _links(session, [paper.id]) if linked else {}
    study_of = dict(known.study_of)
    if links.keys() - study_of.keys():
        rows = session.execute(_LINKED, {"linked": list(links)})
        study_of |= {row.paper_id: row.study_id for row in rows}
    worth = known.others.near(facts) | queries.sharing(session, facts.numbers) | links.keys()
    newest = sorted(study_of.keys() - {paper.id}, reverse=True)[:_MOST]
    compared = [i for i in newest if i in worth and study_of[i] not in own]
    others = remembered_facts_of(session, compared) if compared else {}
    for other in compared:
        said = [links[other]] if other in links else []
        if other in others:
            said += belonging.reasons(facts, others[other])
        why.setdefault(study_of[other], {}).update(dict.fromkeys(said))
    return _suggested(session, {study_id: some for study_id, some in why.items() if some})


def studies_for(
    session: Session, paper_ids: Sequence[int], *, by_text: bool = True
) -> list[BelongingSuggestion]:
    """Say which studies some papers may belong to, beside their own: those with most reasons first.

    ``by_text`` False: by numbers and proposed links alone, without reading a text.
    """
    own = set(session.scalars(_OWN, {"some": list(paper_ids)}))
    why = _by_number(session, paper_ids, own)
    links = _links(session, paper_ids)
    asked = {"some": list(paper_ids), "linked": list(links), "most": _MOST}
    rows = session.execute(_OF_THE_SAME if by_text else _LINKED, asked)
    study_of = {row.paper_id: row.study_id for row in rows if row.study_id not in own}
    said = {other: [reason] for other, reason in links.items()}
    if by_text and study_of:
        said = _why(session, paper_ids, list(study_of), links)
    for paper_id, some in said.items():
        if paper_id in study_of:
            why.setdefault(study_of[paper_id], {}).update(dict.fromkeys(some))
    return _suggested(session, why)


def _suggested(
    session: Session, why: Mapping[int, Mapping[str, None]]
) -> list[BelongingSuggestion]:
    if not why:
        return []
    labels = dict(session.execute(select(Study.id, Study.label).where(Study.id.in_(why))).all())
    suggestions = [
        BelongingSuggestion(study_id, labels[study_id], tuple(why[study_id])) for study_id in why
    ]
    return sorted(
        suggestions, key=lambda suggestion: (-len(suggestion.reasons), suggestion.study_id)
    )


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
    others = _newcomers(session, own, links)
    why = _why(session, own, others, links)
    rows = session.execute(select(Paper.id, Paper.title, Paper.year).where(Paper.id.in_(why)))
    newcomers = [Newcomer(row.id, row.title, row.year, tuple(why[row.id])) for row in rows]
    return sorted(newcomers, key=lambda newcomer: (-len(newcomer.reasons), newcomer.paper_id))


def _newcomers(session: Session, paper_ids: Sequence[int], links: Collection[int]) -> list[int]:
    """List the newest papers of no study that wait to be screened and are worth comparing: of the
    same interventions, or linked."""
    slugs = list(
        session.scalars(select(Match.slug).where(Match.paper_id.in_(paper_ids)).distinct())
    )
    named = select(Match.id).where(Match.paper_id == QueueItem.paper_id, Match.slug.in_(slugs))
    has_study = select(StudyPaper.paper_id).where(StudyPaper.paper_id == QueueItem.paper_id)
    waiting = select(QueueItem.paper_id).where(
        or_(named.exists(), QueueItem.paper_id.in_(links)),
        QueueItem.paper_id.not_in(paper_ids),
        QueueItem.stage.in_(OPEN),
        ~has_study.exists(),
    )
    return list(session.scalars(waiting.order_by(QueueItem.paper_id.desc()).limit(_MOST)))


def _links(session: Session, paper_ids: Sequence[int]) -> dict[int, str]:
    """Give the papers that some may belong with by a link nobody has settled: their id → reason."""
    rows = session.execute(_PROPOSED, {"some": list(paper_ids)})
    mine = set(paper_ids)
    return {
        linking.current(session, other if paper_id in mine else paper_id).id: reason
        for paper_id, other, reason in rows
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
    reasons: dict[int, list[str]] = {}
    for other in others:
        said = {linked[other]: None} if other in linked else {}
        for paper_id in paper_ids:
            if paper_id in facts and other in facts:
                said |= dict.fromkeys(belonging.reasons(facts[paper_id], facts[other]))
        if said:
            reasons[other] = list(said)
    return reasons
