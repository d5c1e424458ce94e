"""The papers of the review's own table: held like any other, so that a retraction of one is heard.

A paper that is here stays as it is. One that is not becomes a paper with the identifiers the table
gives it, kept as a row of its own that can be read again. Nobody is asked to screen it.
"""

import csv
import io
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from monitor.catalogue.loader import Catalogue
from monitor.evidence.baseline import standing as baselines
from monitor.evidence.baseline.standing import TableStep, papers_here
from monitor.evidence.baseline.table import ReviewTable, TableRow
from monitor.evidence.words import Cause
from monitor.feeds.files import columns, intake
from monitor.feeds.files.draft import ReferenceDraft
from monitor.feeds.records import FetchedRecord, Identifier
from monitor.feeds.storage.storing import StoredRecord
from monitor.feeds.watermarks import Query
from monitor.kernel.persistence.bulk import chunks
from monitor.literature import service as literature
from monitor.literature.dedup.identity import REGISTRIES
from monitor.literature.matching.matcher import Matcher
from monitor.literature.tables import Paper
from monitor.literature.words import TO_SCREEN
from monitor.review import service as review

_HEADER = ("title", "year", "doi", "pmid", "clinical trial numbers")


@dataclass(frozen=True, slots=True)
class TableChange:
    """What is changed: its cause, in words, and the papers held here that the table names."""

    cause: Cause
    papers: list[int]


def change(
    session: Session,
    catalogue: Catalogue,
    matcher: Matcher,
    table: ReviewTable | None,
    step: TableStep,
) -> TableChange | None:
    """Let a table hold, or None of any: its version, its papers, and who is asked to screen them.

    None where the table there says the same. Grades nothing.

    Raises:
        Contradicted: it contradicts what was published, and no reason is given.
        Conflict: none is in that could be withdrawn.
        InvalidInput: the reason is missing or too long.
    """
    before = baselines.standing(session).table
    if table is None:
        version = baselines.withdraw(session, step)
    elif (brought := baselines.bring_in(session, catalogue, table, step)) is not None:
        version = brought
    else:
        return None
    papers = _hold(session, matcher, table, step) if table else []
    dropped = {*papers_here(session, before).values()} - {*papers} if before else set()
    review.spare(session, papers, by=step.by, at=step.at)
    review.ask_again(session, _to_screen(session, dropped), by=step.by, at=step.at)
    what = f"was brought in (version {version.id})" if table else "was withdrawn"
    return TableChange(Cause("table", f"The review's own table of studies {what}"), papers)


def _hold(session: Session, matcher: Matcher, table: ReviewTable, step: TableStep) -> list[int]:
    literature.ingest(session, store(session, table, step.at), matcher, step.at)
    return join(session, table, by=step.by, at=step.at)


def _to_screen(session: Session, paper_ids: Collection[int]) -> list[int]:
    wanted: list[int] = []
    for some in chunks(paper_ids):
        rows = select(Paper.id).where(Paper.id.in_(some), Paper.lane.in_(TO_SCREEN))
        wanted += session.scalars(rows.order_by(Paper.id))
    return wanted


def store(session: Session, table: ReviewTable, at: datetime) -> list[StoredRecord]:
    """Keep a record of each paper of a table that is not here, or not under all its identifiers."""
    here = papers_here(session, table)
    titles = _titles(session, here.values())
    wanted = {
        paper: _record(row, number, next((titles[here[i]] for i in paper if i in here), ""))
        for row in table.rows
        for number, paper in enumerate(row.papers)
        if not here.keys() >= {*paper}
    }
    if not wanted:
        return []
    query = Query(key=f"baseline:{table.digest}", text="the review's own table of studies")
    return intake.bring(session, query, list(wanted.values()), at)


def join(session: Session, table: ReviewTable, *, by: str, at: datetime) -> list[int]:
    """Let the papers of each study of a table report one study; gives the papers, registrations too.

    ``by`` is an audit actor. A study that is here already keeps its name, and what was decided.
    """
    here = papers_here(session, table)
    for rows in table.studies.values():
        papers, registrations = _of_study(rows, here)
        literature.gather(
            session,
            label=rows[0].study,
            paper_ids=papers,
            registration_ids=registrations,
            actor=by,
            at=at,
        )
    return sorted({*here.values()})


def _of_study(
    rows: Iterable[TableRow], here: Mapping[Identifier, int]
) -> tuple[list[int], list[int]]:
    some = tuple(rows)
    papers = [
        here[identifier]
        for row in some
        for paper in row.papers
        for identifier in paper
        if identifier in here
    ]
    registered = [
        here[registration]
        for row in some
        for registration in row.registrations
        if registration in here and registration.scheme in REGISTRIES
    ]
    return list(dict.fromkeys(papers)), [
        paper_id for paper_id in registered if paper_id not in papers
    ]


def _record(row: TableRow, number: int, title: str) -> FetchedRecord:
    """Write a paper as a row of references, and read it as such a file is read.

    Only the first paper of a row is the one that its title and year are of.
    """
    is_first, paper = number == 0, row.papers[number]
    own = {identifier.scheme: identifier.value for identifier in paper}
    called = (row.title or row.study) if is_first else f"{row.study}, paper {number + 1}"
    written = io.StringIO()
    csv.writer(written, lineterminator="\n").writerows(
        (
            _HEADER,
            (
                title or called,
                (row.year or "") if is_first else "",
                own.get("doi", ""),
                own.get("pmid", ""),
                " ".join(registration.value for registration in row.registrations),
            ),
        )
    )
    (draft,) = columns.drafts(io.StringIO(written.getvalue()))
    made = draft.finish() if isinstance(draft, ReferenceDraft) else draft
    if not isinstance(made, FetchedRecord):
        raise TypeError(f"a row of our own cannot be read: {made.reason}")
    return made


def _titles(session: Session, paper_ids: Iterable[int]) -> dict[int, str]:
    titles: dict[int, str] = {}
    for some in chunks({*paper_ids}):
        rows = select(Paper.id, Paper.title).where(Paper.id.in_(some))
        titles |= dict(session.execute(rows).all())
    return titles
