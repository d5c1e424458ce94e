"""Takes records in: one paper whichever source brought it. Queues nothing, decides nothing."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from monitor.accounts import actors
from monitor.accounts.tables import User
from monitor.feeds.records import Identifier
from monitor.feeds.service import StoredRecord
from monitor.kernel import audit
from monitor.kernel.errors import Conflict, InvalidInput, NotFound
from monitor.literature.ingest.arriving import Arrival, SharedWithArrivals, add_papers
from monitor.literature.linkage import propose
from monitor.literature.matching.matcher import Matcher
from monitor.literature.papers import merging, regrouping, resolve, study_names
from monitor.literature.papers.precedence import clean
from monitor.literature.papers.reconcile import read_anew
from monitor.literature.papers.settling import (
    doubt,
    look_again,
    name_registrations,
    one_at_a_time,
    settle,
)
from monitor.literature.tables import (
    Paper,
    PaperIdentifier,
    PaperMerge,
    PaperRecord,
    Study,
    StudyPaper,
)
from monitor.literature.words import TO_SCREEN, Lane, PaperRole

_LONGEST_LABEL = 200
PAPER_LINKED = "study.paper-linked"  # a paper came to a study otherwise than by being regrouped


@dataclass(frozen=True, slots=True)
class Ingested:
    """What became of a record. ``merged`` is (kept, gone) where two papers turned out to be one.

    ``changed`` tells that the paper says something new of weight: title, abstract or type.
    ``told``: something new may be said of a study, by the paper or of it: see ``review.alerts``.
    """

    paper_id: int
    is_new: bool
    changed: bool
    lane: Lane
    merged: tuple[int, int] | None = None
    told: bool = False


def ingest(
    session: Session, records: Sequence[StoredRecord], matcher: Matcher, at: datetime
) -> list[Ingested]:
    """Take records in, in their order, and propose what they belong with.

    Taking the same in again changes nothing.
    """
    one_at_a_time(session)
    arrivals = [Arrival.of(stored, matcher) for stored in records]
    known = SharedWithArrivals.of(session, arrivals)
    done: list[Ingested] = []
    fresh: list[Arrival] = []
    for arrival in arrivals:
        if known.touches(arrival):
            done += _add(session, fresh, at)
            fresh = []
            taken = _take_in(session, arrival, matcher, at)
            done.append(taken)
            if taken.is_new:
                known.add(arrival)
            else:
                known.join(session, arrival, taken.paper_id)
        else:
            fresh.append(arrival)
            known.add(arrival)
    done += _add(session, fresh, at)
    propose.propose_for(
        session, [ingested.paper_id for ingested in done if ingested.lane in TO_SCREEN], at
    )
    return done


def _add(session: Session, fresh: Sequence[Arrival], at: datetime) -> list[Ingested]:
    ids = add_papers(session, fresh, at)
    return [
        Ingested(
            paper_id,
            is_new=True,
            changed=False,
            lane=arrival.reading.lane,
            told=bool(arrival.reading.statements),
        )
        for paper_id, arrival in zip(ids, fresh, strict=True)
    ]


def _take_in(session: Session, arrival: Arrival, matcher: Matcher, at: datetime) -> Ingested:
    """Take in a record that may belong to a paper held here."""
    versions = resolve.history(session, arrival.record_id)
    if arrival.record_id in versions:
        paper = session.get_one(Paper, versions[arrival.record_id])
        return Ingested(paper.id, is_new=False, changed=False, lane=paper.lane)
    resolution = resolve.find(session, arrival.reading, arrival.own, list(versions.values()))
    known, merged = settle(session, resolution, at=at)
    if known is None:
        taken = _make(session, arrival, resolution.free, at)
        paper = session.get_one(Paper, taken.paper_id)
    else:
        paper = known
        _attach(session, paper, arrival.record_id, resolution, at)
        name_registrations(session, paper, arrival.named)
        renewed = read_anew(session, paper, matcher, at=at)
        if merged is None:
            paper, merged = look_again(session, paper, renewed.reading, at=at)
            if merged:
                read_anew(session, paper, matcher, at=at)
        session.flush()
        # a notice may have named the paper by an identifier that it has only now
        told = renewed.told or bool(resolution.free or merged)
        taken = Ingested(
            paper.id, is_new=False, changed=renewed.changed, lane=paper.lane, told=told
        )
    doubt(session, paper, arrival.reading.fingerprint, resolution, at)
    return replace(taken, merged=merged)


def _make(session: Session, one: Arrival, free: tuple[Identifier, ...], at: datetime) -> Ingested:
    """Make a paper of a record; an identifier that another paper owns stays with that."""
    (made,) = _add(session, [replace(one, own=list(free))], at)
    return made


def merge(  # noqa: PLR0913 - which into which, why, by whom
    session: Session,
    *,
    kept_id: int,
    gone_id: int,
    reason: str,
    matcher: Matcher,
    by: str,
    at: datetime,
) -> PaperMerge:
    """Make two papers one. ``by`` is an audit actor ("user:3"). The queue is the caller's.

    Raises:
        NotFound: no such paper.
        Conflict: merged already, or each belongs to a study of its own.
    """
    one_at_a_time(session)
    kept, gone = _paper(session, kept_id), _paper(session, gone_id)
    merge = merging.fold_into(session, kept=kept, gone=gone, reason=reason, by=by, at=at)
    read_anew(session, kept, matcher, at=at)
    session.flush()
    return merge


def create_study(session: Session, *, paper_id: int, label: str, by: User, at: datetime) -> Study:
    """Make a study of a paper, its main report. Where it has one already, that is given back.

    Studies of one name are told apart by a letter, as reference lists do: the first becomes "a".

    Raises:
        NotFound: no such paper.
        InvalidInput: no label.
    """
    paper = _paper(session, paper_id)
    if known := _study_of(session, paper_id):
        return known
    study = found_study(session, label=label, actor=actors.of_user(by.id), at=at)
    _link(session, paper, study, PaperRole.MAIN, actors.of_user(by.id), at)
    return study


def gather(
    session: Session,
    *,
    label: str,
    paper_ids: Sequence[int],
    registration_ids: Sequence[int] = (),
    actor: str,
    at: datetime,
) -> list[int]:
    """Let papers report one study: the one that the first of them reports already, else a new one.

    A paper that reports a study stays with it; registrations make none by themselves. Gives the
    studies that the papers report now; ``actor`` is an audit actor.

    Raises:
        NotFound: no such paper.
        InvalidInput: no label.
    """
    reported = {paper_id: _study_of(session, paper_id) for paper_id in paper_ids}
    study = next((study for study in reported.values() if study), None)
    role = PaperRole.OTHER if study else PaperRole.MAIN
    for paper_id in (paper_id for paper_id, known in reported.items() if known is None):
        study = study or found_study(session, label=label, actor=actor, at=at)
        _link(session, _paper(session, paper_id), study, role, actor, at)
        role = PaperRole.OTHER
    for paper_id in registration_ids:
        if study and _study_of(session, paper_id) is None:
            _link(session, _paper(session, paper_id), study, PaperRole.REGISTRATION, actor, at)
    return sorted({each.id for each in (*reported.values(), study) if each})


def link_paper(
    session: Session, *, paper_id: int, study_id: int, role: str, by: User, at: datetime
) -> None:
    """Say that a paper reports a study. Saying it again changes nothing.

    Raises:
        NotFound: no such paper or study.
        InvalidInput: no such role.
        Conflict: the paper reports another study, or the study is part of another since.
    """
    paper, study = _paper(session, paper_id), session.get(Study, study_id)
    if study is None:
        raise NotFound(f"there is no study {study_id}")
    regrouping.require_whole(session, study)
    if role not in set(PaperRole):
        raise InvalidInput(f"Choose one of: {', '.join(PaperRole)}", field="role")
    known = _study_of(session, paper_id)
    if known is None:
        _link(session, paper, study, role, actors.of_user(by.id), at)
    elif known.id != study_id:
        raise Conflict(f"paper {paper_id} already reports the study “{known.label}”")


def rename_by_rule(session: Session, paper_ids: Collection[int], *, by: str, at: datetime) -> int:
    """Name anew the studies whose main report is one of these, where an older rule named them.

    A name that nobody's rule gave stays. What was decided and told keeps the words of its day.
    Counts the studies renamed.
    """
    rows = session.execute(
        select(Study, Paper)
        .join(StudyPaper, StudyPaper.study_id == Study.id)
        .join(Paper, Paper.id == StudyPaper.paper_id)
        .where(StudyPaper.role == PaperRole.MAIN, Paper.id.in_(paper_ids))
        .order_by(Study.id)
    ).all()
    renamed = 0
    for study, paper in rows:
        about = paper.authors, paper.year, paper.title
        was, name = _line(study_names.once_named(*about)), _line(study_names.study_name(*about))
        if study.label == was != name:
            _rename(session, study, _told_apart(session, name, by, at), by, at)
            session.flush()
            renamed += 1
    return renamed


def _attach(
    session: Session, paper: Paper, record_id: int, resolution: resolve.Resolution, at: datetime
) -> None:
    session.add(
        PaperRecord(paper_id=paper.id, record_id=record_id, joined_by=resolution.joined_by, at=at)
    )
    session.add_all(
        PaperIdentifier(scheme=i.scheme, value=i.value, paper_id=paper.id) for i in resolution.free
    )


def _paper(session: Session, paper_id: int) -> Paper:
    paper = session.get(Paper, paper_id)
    if paper is None:
        raise NotFound(f"there is no paper {paper_id}")
    return paper


def _study_of(session: Session, paper_id: int) -> Study | None:
    return session.scalar(
        select(Study)
        .join(StudyPaper, StudyPaper.study_id == Study.id)
        .where(StudyPaper.paper_id == paper_id)
    )


def _told_apart(session: Session, name: str, actor: str, at: datetime) -> str:
    """Give a new study a name of its own; one that had it alone so far gets a letter too."""
    stem = name.removesuffix(")")
    alike = session.scalars(select(Study).where(Study.label.startswith(stem, autoescape=True)))
    named = {study.label: study for study in alike}
    alone = named.get(name)
    if alone is None and not study_names.letters_taken(name, named):
        return name
    if alone is not None:
        letter = study_names.next_letter(name, named)
        _rename(session, alone, study_names.lettered(name, letter), actor, at)
        named[alone.label] = alone
    return study_names.lettered(name, study_names.next_letter(name, named))


def _rename(session: Session, study: Study, name: str, actor: str, at: datetime) -> None:
    was, study.label = study.label, name
    audit.record(
        session,
        at=at,
        actor=actor,
        action="study.renamed",
        subject=f"study:{study.id}",
        was=was,
        now=name,
    )


def _line(label: str) -> str:
    return " ".join(clean(label).split())[:_LONGEST_LABEL]


def found_study(session: Session, *, label: str, actor: str, at: datetime) -> Study:
    """Make a study that no paper reports yet, under a name of its own. ``actor`` is an audit actor.

    Raises:
        InvalidInput: no label.
    """
    name = _line(label)
    if not name:
        raise InvalidInput("Give the study a short name", field="label")
    study = Study(label=_told_apart(session, name, actor, at), created_at=at)
    session.add(study)
    session.flush()
    return study


def _link(
    session: Session, paper: Paper, study: Study, role: str, actor: str, at: datetime
) -> None:
    session.add(
        StudyPaper(
            paper_id=paper.id,
            study_id=study.id,
            role=role,
            linked_at=at,
            linked_by=actors.user_id(actor),
        )
    )
    session.flush()
    audit.record(
        session,
        at=at,
        actor=actor,
        action=PAPER_LINKED,
        subject=f"study:{study.id}",
        paper=paper.id,
        role=role,
    )
