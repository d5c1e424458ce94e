"""How papers came to their studies, as the ledger has it, and where a study stands. Changes nothing."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, literal, select, union_all
from sqlalchemy.orm import Mapped, Session

from monitor.accounts import actors
from monitor.accounts.tables import User
from monitor.kernel.audit import AuditEntry
from monitor.literature.papers import linking
from monitor.literature.service import PAPER_LINKED
from monitor.literature.tables import Paper, Study, StudyPaper
from monitor.literature.words import PaperRole
from monitor.review import locking
from monitor.review.appraisal import given
from monitor.review.family import compare
from monitor.review.family.rules import brings_results
from monitor.review.queue.entries import TAKEN_BACK
from monitor.review.queue.screening import SCREENED
from monitor.review.words import Stage

_PAPER, _STUDY, _USER = "paper:", "study:", "user:"


@dataclass(frozen=True, slots=True)
class JoinedStudy:
    """The study that a paper reports, and where it stands now.

    ``is_further``: the paper is not what the study was made of; ``given`` people have appraised the
    study in the present round; ``counts`` by what was decided, whatever round is open.
    """

    study_id: int
    label: str
    stage: Stage
    counts: bool
    given: int
    is_further: bool
    brings_results: bool


@dataclass(frozen=True, slots=True)
class Joining:
    """A paper came to a study: somebody included it, or brought what names it; or took that back.

    ``role`` is what it was to the study then.
    """

    at: datetime
    by: str
    paper_id: int
    title: str
    study_id: int
    label: str
    role: str
    taken_back: bool = False
    reason: str = ""

    @property
    def founded(self) -> bool:
        """Whether the study was made of the paper."""
        return self.role == PaperRole.MAIN


def joined_study(session: Session, paper_id: int) -> JoinedStudy | None:
    """Give the study that a paper reports; None: it reports none."""
    row = session.execute(
        select(StudyPaper.study_id, StudyPaper.role, Study.label)
        .join(Study, Study.id == StudyPaper.study_id)
        .where(StudyPaper.paper_id == paper_id)
    ).one_or_none()
    if row is None:
        return None
    return JoinedStudy(
        study_id=row.study_id,
        label=row.label,
        stage=locking.stage_of(session, row.study_id),
        counts=locking.standing_of(session, row.study_id) is Stage.ACCEPTED,
        given=len(given.pair(session, row.study_id)),
        is_further=row.role != PaperRole.MAIN,
        brings_results=brings_results(row.role),
    )


@dataclass(frozen=True, slots=True)
class CameToStudies:
    """How a paper came to studies, oldest first, and what it was said to be to them since."""

    joinings: tuple[Joining, ...] = ()
    regroupings: tuple[compare.ShownRegrouping, ...] = ()


def came_to_studies(
    session: Session, paper_id: int, study_id: int | None, *, moved: bool
) -> CameToStudies:
    """Tell how a paper that reports ``study_id`` now, or none, came to the studies it was with.

    ``moved``: it was taken back once, or others became one with it. Of one that was not, and that
    nobody put elsewhere, three statements.
    """
    papers = frozenset({paper_id})
    studies = set() if study_id is None else {study_id}
    regroupings = compare.regroupings_of_paper(session, paper_id, studies)
    if moved or regroupings or study_id is None:
        papers = linking.family(session, paper_id)
        studies |= _studies_joined(session, papers)
        regroupings = compare.regroupings_of_paper(session, paper_id, studies)
    linked = _entries(session, (PAPER_LINKED,), _STUDY, studies)
    own = [entry for entry in linked if entry.details["paper"] in papers]
    return CameToStudies(tuple(_linkings(session, own)), tuple(regroupings))


def _studies_joined(session: Session, papers: Collection[int]) -> set[int]:
    """List the studies with which somebody included a paper, or any that became one with it."""
    about = _entries(session, (SCREENED, TAKEN_BACK), _PAPER, papers)
    told = (entry.details.get("study") for entry in about)
    return {study for study in told if study is not None}


def joinings_of_study(session: Session, study_id: int) -> list[Joining]:
    """Tell how papers came to a study, and which of them were taken back; oldest first."""
    linked = _entries(session, (PAPER_LINKED,), _STUDY, [study_id])
    papers = {entry.details["paper"] for entry in linked}
    back = [
        entry
        for entry in _entries(session, (TAKEN_BACK,), _PAPER, papers)
        if entry.details.get("study") == study_id
    ]
    told = [*_linkings(session, linked), *_takings_back(session, back, study_id)]
    return sorted(told, key=lambda one: one.at)


def _entries(
    session: Session, actions: Sequence[str], kind: str, ids: Collection[int]
) -> Sequence[AuditEntry]:
    subjects = [f"{kind}{number}" for number in sorted(ids)]
    about = select(AuditEntry).where(
        AuditEntry.subject.in_(subjects), AuditEntry.action.in_(actions)
    )
    return session.scalars(about.order_by(AuditEntry.seq)).all()


def _linkings(session: Session, entries: Sequence[AuditEntry]) -> list[Joining]:
    if not entries:
        return []
    papers = [entry.details["paper"] for entry in entries]
    told = _Names.of(session, entries, papers, [_number(entry) for entry in entries])
    return [
        Joining(
            at=entry.at,
            by=told.who(entry.actor),
            paper_id=paper_id,
            title=told.titles[paper_id],
            study_id=_number(entry),
            label=told.labels[_number(entry)],
            role=entry.details["role"],
        )
        for entry, paper_id in zip(entries, papers, strict=True)
    ]


def _takings_back(session: Session, entries: Sequence[AuditEntry], study_id: int) -> list[Joining]:
    if not entries:
        return []
    told = _Names.of(session, entries, [_number(entry) for entry in entries], [study_id])
    return [
        Joining(
            at=entry.at,
            by=told.who(entry.actor),
            paper_id=_number(entry),
            title=told.titles[_number(entry)],
            study_id=study_id,
            label=told.labels[study_id],
            role="",
            taken_back=True,
            reason=entry.details["reason"],
        )
        for entry in entries
    ]


@dataclass(frozen=True, slots=True)
class _Names:
    """What entries speak of, by name: one statement, however many entries."""

    titles: dict[int, str]
    labels: dict[int, str]
    people: dict[int, str]

    @classmethod
    def of(
        cls,
        session: Session,
        entries: Sequence[AuditEntry],
        papers: Collection[int],
        studies: Collection[int],
    ) -> "_Names":
        people = {actors.user_id(entry.actor) for entry in entries} - {None}
        by_kind: dict[str, dict[int, str]] = {_PAPER: {}, _STUDY: {}, _USER: {}}
        named = union_all(
            _kind(_PAPER, Paper.id, Paper.title, papers),
            _kind(_STUDY, Study.id, Study.label, studies),
            _kind(_USER, User.id, User.name, people),
        )
        for kind, number, name in session.execute(named):
            by_kind[kind][number] = name
        return cls(by_kind[_PAPER], by_kind[_STUDY], by_kind[_USER])

    def who(self, actor: str) -> str:
        """Name who did it: a person, or the service."""
        person = actors.user_id(actor)
        return "The service" if person is None else self.people.get(person, f"person {person}")


def _kind(
    kind: str, key: Mapped[int], name: Mapped[str], wanted: Collection[int | None]
) -> Select[str, int, str]:
    return select(literal(kind), key, name).where(key.in_(wanted))


def _number(entry: AuditEntry) -> int:
    return int(entry.subject.partition(":")[2])
