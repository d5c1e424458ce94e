"""The review's own table of studies: brought in whole, versioned, taken back; what holds by it now.

Once a table is in, an intervention's baseline is counted from its rows. A row whose study a person
has left out, or the service has withdrawn, since its papers are retracted no longer counts. Studies
held here that the table names are known to be the review's own. Appends; never edits or commits.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from monitor.catalogue.loader import Baseline, Catalogue
from monitor.catalogue.words import InReview
from monitor.evidence.baseline import counts
from monitor.evidence.baseline.table import ReviewTable, TableRow, from_json
from monitor.evidence.facts import CountRange
from monitor.evidence.tables import BaselineVersion
from monitor.evidence.words import Cause
from monitor.feeds.records import Identifier
from monitor.kernel import audit
from monitor.kernel.errors import Conflict, InvalidInput
from monitor.kernel.language.english import day, listed, sentence
from monitor.kernel.persistence.bulk import chunks
from monitor.kernel.persistence.once import once
from monitor.literature.tables import PaperIdentifier, PaperRegistration, StudyPaper
from monitor.review.appraisal import deciding as review
from monitor.review.notices import doubts
from monitor.review.queries import accepted
from monitor.review.tables import Decision

_MOST_REASON, _MOST_NAME = 1_000, 200


class Contradicted(Conflict):
    """A table contradicts what the review published; ``sentences`` name both, one each."""

    def __init__(self, sentences: Sequence[str]) -> None:
        told = "\n".join(sentences)
        super().__init__(
            f"The table contradicts what the review published. Nothing was brought in.\n{told}\n"
            "Correct the table; or, if it is right, keep it and say why"
        )
        self.sentences = tuple(sentences)


@dataclass(frozen=True, slots=True)
class BaselineInForce:
    """What holds of the review's own studies: by a table that is in, or by what was published.

    ``table`` is None where the published ranges hold. ``studies`` tells of each study of the table
    (by ``TableRow.key``) which studies here have its identifiers; ``out`` are those of the table
    that no longer count, since their papers are retracted. ``kept`` are contradictions between
    table and review that an admin kept, for ``reason``.
    """

    number: int = 0
    at: datetime | None = None
    table: ReviewTable | None = None
    studies: Mapping[str, frozenset[int]] = field(default_factory=dict)
    out: frozenset[str] = frozenset()
    kept: tuple[str, ...] = ()
    reason: str = ""

    def baseline(self, catalogue: Catalogue, slug: str) -> Baseline:
        """Give an intervention's baseline: its facts counted from the table, where one is in.

        Raises:
            NotFound: no such intervention.
        """
        published = catalogue.intervention(slug).baseline
        if self.table is None:
            return published
        rows = self.table.of(slug)
        whole = counts.counted(catalogue.grading, rows.values())
        left = [row for key, row in rows.items() if key not in self.out]
        facts = counts.narrowed(published.facts, whole, counts.counted(catalogue.grading, left))
        return published.model_copy(update={"facts": facts})

    def names(self, slug: str, study_id: int) -> TableRow | None:
        """Find the table's row of an intervention that a study here is, by its identifiers."""
        if self.table is None:
            return None
        rows = self.table.of(slug)
        return next((r for key, r in rows.items() if study_id in self.studies.get(key, ())), None)

    def in_review(self, slug: str, study_id: int, said: InReview | None) -> InReview | None:
        """Say whether a study is among the review's own, by what people ``said`` and the table.

        Where a person said no and the table names it, it may be either until that is settled: it
        is neither added to the review's count nor known to be in it.
        """
        if self.names(slug, study_id) is None:
            return said
        return InReview.UNKNOWN if said is InReview.NO else InReview.YES

    def reasons(
        self, catalogue: Catalogue, slug: str, named: Sequence[str], contested: Sequence[str]
    ) -> tuple[str, ...]:
        """Say what the table did to the count.

        ``named`` are labels of studies here that it names by their identifiers; ``contested`` of
        those that it names and a person says are not the review's.
        """
        if self.table is None or self.at is None:
            return ()
        published = catalogue.intervention(slug).baseline.facts["studies"]
        rows, name = self.table.of(slug), catalogue.intervention(slug).name
        own = (
            f"The review's own count is from its table, brought in on {day(self.at)} (version "
            f"{self.number}): {len(rows)} of its studies are of this. Published before: "
            f"{CountRange(*published)}."
        )
        told = [own]
        if gone := [rows[key].study for key in rows if key in self.out]:
            told.append(f"No longer in that count, since retracted: {listed(gone)}.")
        begins = f"{name}: "
        if kept := [
            contradiction.removeprefix(begins)
            for contradiction in self.kept
            if contradiction.startswith(begins)
        ]:
            both = sentence("; ".join(kept))
            told.append(f"{both}. The table was kept, since: {self.reason.rstrip('.')}.")
        if named:
            told.append(
                f"Known to be the review's own by their identifiers in its table: {listed(named)}."
            )
        if contested:
            told.append(
                f"The table names it by its identifiers, and a reviewer said that it is not among "
                f"the review's studies: {listed(contested)}. Until that is settled it may be either."
            )
        return tuple(told)


PUBLISHED = BaselineInForce()  # no table is in


@dataclass(frozen=True, slots=True)
class Contested:
    """A study that the table names by its identifiers and a person said is not the review's."""

    study_id: int
    label: str
    slug: str


def is_in(session: Session) -> bool:
    """Tell whether the review's own table is in."""
    newest = current(session)
    return newest is not None and bool(newest.digest)


def current(session: Session, at: datetime | None = None) -> BaselineVersion | None:
    """Give the newest version (``at``: as of then), a withdrawal too; None where there was none."""
    newest = select(BaselineVersion).order_by(BaselineVersion.id.desc()).limit(1)
    if at is not None:
        newest = newest.where(BaselineVersion.at <= at)
    return session.scalars(newest).first()


def versions(session: Session) -> list[BaselineVersion]:
    """List every version ever brought, and every withdrawal, newest first."""
    return list(session.scalars(select(BaselineVersion).order_by(BaselineVersion.id.desc())))


@once
def standing(session: Session, at: datetime | None = None) -> BaselineInForce:
    """Tell what holds now; ``at``: what held then."""
    newest = current(session, at)
    if newest is None or not newest.digest:
        return BaselineInForce(newest.id if newest else 0)
    table = from_json(newest.content)
    studies = _studies_here(session, table)
    return BaselineInForce(
        number=newest.id,
        at=newest.at,
        table=table,
        studies=studies,
        out=_out(session, studies, at),
        kept=tuple(newest.kept),
        reason=newest.reason,
    )


def as_if(session: Session, table: ReviewTable | None, at: datetime) -> BaselineInForce:
    """Tell what would hold if this table were brought in now; None: if the one there were withdrawn."""
    newest = current(session)
    number = (newest.id if newest else 0) + 1
    if table is None:
        return BaselineInForce(number)
    studies = _studies_here(session, table)
    return BaselineInForce(number, at, table, studies, _out(session, studies))


@dataclass(frozen=True, slots=True)
class TableStep:
    """Who brings a table in, or withdraws it, when and why; ``by`` is an audit actor.

    ``because``: why it is kept where it contradicts what was published, or is withdrawn.
    ``name`` is what its file was called.
    """

    by: str
    at: datetime
    because: str = ""
    name: str = ""


def bring_in(
    session: Session, catalogue: Catalogue, table: ReviewTable, step: TableStep
) -> BaselineVersion | None:
    """Keep a table as the version that holds; None where the one there says the same.

    Raises:
        Contradicted: it does, and no reason is given.
        InvalidInput: the reason is too long.
    """
    newest = current(session)
    if newest is not None and newest.digest == table.digest:
        return None
    kept, because = counts.contradictions(catalogue, table), _reason(step.because)
    if kept and not because:
        raise Contradicted(kept)
    version = BaselineVersion(
        digest=table.digest,
        name=" ".join(step.name.split())[:_MOST_NAME],
        content=table.to_json(),
        kept=kept,
        reason=because if kept else "",
        by=step.by,
        at=step.at,
    )
    return _append(session, version, "baseline.brought-in", studies=len(table.studies))


def withdraw(session: Session, step: TableStep) -> BaselineVersion:
    """Take the table back: the published ranges hold again.

    Raises:
        Conflict: none is in.
        InvalidInput: no reason is given.
    """
    if not is_in(session):
        raise Conflict("The review's own table is not in: there is nothing to withdraw")
    reason = _reason(step.because)
    if not reason:
        raise InvalidInput("Say why the table is withdrawn", field="because")
    version = BaselineVersion(
        digest="", name="", content={}, kept=[], reason=reason, by=step.by, at=step.at
    )
    return _append(session, version, "baseline.withdrawn")


def contested(
    session: Session, catalogue: Catalogue, now: BaselineInForce | None = None
) -> list[Contested]:
    """List the studies that count here, that the table names and a person said are not the review's.

    ``now``: as if that held.
    """
    now = now or standing(session)
    if now.table is None:
        return []
    return [
        Contested(study.study_id, study.label, slug)
        for study in accepted(session)
        if study.in_review is InReview.NO
        for slug in catalogue.slugs
        if slug in study.interventions and now.names(slug, study.study_id)
    ]


def interventions_of(session: Session, study_id: int) -> tuple[str, ...]:
    """Name the interventions under which the table has a study that is held here."""
    now = standing(session)
    keys = {key for key, ids in now.studies.items() if study_id in ids}
    rows = now.table.rows if now.table else ()
    return tuple(dict.fromkeys(s for row in rows if row.key in keys for s in row.interventions))


def concerned(session: Session, decision: Decision) -> list[str]:
    """List the interventions that a decision moves, those under which the table has its study too."""
    own = interventions_of(session, decision.study_id)
    return list(dict.fromkeys((*review.concerned(session, decision), *own)))


def counted_again(session: Session, study_id: int, reason: str) -> tuple[tuple[str, ...], Cause]:
    """Say which interventions a study comes back to that was never judged here, and why."""
    words = f"{review.study_label(session, study_id)} is counted again: {reason}"
    return interventions_of(session, study_id), Cause("table", words)


def to_screen(session: Session, paper_ids: Collection[int]) -> list[int]:
    """Leave out the papers that nobody need screen, since the table names them."""
    named = named_papers(session, paper_ids)
    return [paper_id for paper_id in paper_ids if paper_id not in named]


def named_papers(session: Session, paper_ids: Collection[int]) -> set[int]:
    """Tell which of these papers the table names by their own identifiers: nobody need screen them."""
    return set(all_named(session).intersection(paper_ids)) if paper_ids else set()


def all_named(session: Session) -> frozenset[int]:
    """Find every paper held here that the table names by its own identifiers."""
    newest = current(session)
    if newest is None or not newest.digest:
        return frozenset()
    return frozenset(papers_here(session, from_json(newest.content)).values())


def papers_here(session: Session, table: ReviewTable) -> dict[Identifier, int]:
    """Find the papers held here by the identifiers that a table gives them, registrations too."""
    wanted = {identifier for row in table.rows for identifier in row.identifiers}
    papers: dict[Identifier, int] = {}
    for some in chunks([(identifier.scheme, identifier.value) for identifier in wanted]):
        rows = session.execute(
            select(PaperIdentifier.scheme, PaperIdentifier.value, PaperIdentifier.paper_id).where(
                tuple_(PaperIdentifier.scheme, PaperIdentifier.value).in_(some)
            )
        )
        papers |= {Identifier(scheme, value): paper_id for scheme, value, paper_id in rows}
    return papers


def _studies_here(session: Session, table: ReviewTable) -> dict[str, frozenset[int]]:
    """Find the studies here of each study of a table: by its papers, and by a registration named."""
    papers = papers_here(session, table)
    registrations = {registration for row in table.rows for registration in row.registrations}
    naming: dict[Identifier, set[int]] = {
        identifier: {paper} for identifier, paper in papers.items()
    }
    for some in chunks(
        [(registration.scheme, registration.value) for registration in registrations]
    ):
        pair = tuple_(PaperRegistration.scheme, PaperRegistration.value)
        for row in session.scalars(select(PaperRegistration).where(pair.in_(some))):
            naming.setdefault(Identifier(row.scheme, row.value), set()).add(row.paper_id)
    study_of: dict[int, int] = {}
    for ids in chunks({paper for some in naming.values() for paper in some}):
        linked = select(StudyPaper.paper_id, StudyPaper.study_id).where(
            StudyPaper.paper_id.in_(ids)
        )
        study_of |= dict(session.execute(linked).all())
    return {
        key: frozenset(
            study_of[paper]
            for row in rows
            for identifier in row.identifiers
            for paper in naming.get(identifier, ())
            if paper in study_of
        )
        for key, rows in table.studies.items()
    }


def _out(
    session: Session, studies: Mapping[str, frozenset[int]], at: datetime | None = None
) -> frozenset[str]:
    """Tell which studies of a table are left out here for a retraction, all records of each."""
    gone = doubts.left_out_as_retracted(session, {i for ids in studies.values() for i in ids}, at)
    return frozenset(key for key, ids in studies.items() if ids and ids <= gone)


def _append(
    session: Session, version: BaselineVersion, action: str, **details: int
) -> BaselineVersion:
    session.add(version)
    session.flush()
    audit.record(
        session,
        at=version.at,
        actor=version.by,
        action=action,
        subject=f"baseline:{version.id}",
        digest=version.digest,
        contradictions=list(version.kept),
        reason=version.reason,
        **details,
    )
    return version


def _reason(text: str) -> str:
    reason = " ".join(text.split())
    if len(reason) > _MOST_REASON:
        raise InvalidInput(f"Use at most {_MOST_REASON:,} characters", field="because")
    return reason
