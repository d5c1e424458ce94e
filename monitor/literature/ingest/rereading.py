"""Brings a paper in line with a record that was read again after a reader was mended.

The record's new citation stands in its row already. Never touches what people decided.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from sqlalchemy import Table, bindparam, delete, select, tuple_, update
from sqlalchemy.orm import Session

from monitor.feeds.records import Citation, Identifier
from monitor.feeds.storage.citations import from_json
from monitor.feeds.tables import Record
from monitor.kernel.persistence.bulk import among
from monitor.kernel.persistence.database import affected
from monitor.literature.dedup.identity import own_and_all_named, own_and_named
from monitor.literature.ingest.reading_ahead import PaperRead, ReadAhead, read_by_others
from monitor.literature.linkage import propose
from monitor.literature.matching.matcher import Matcher
from monitor.literature.papers import resolve
from monitor.literature.papers.precedence import cleaned
from monitor.literature.papers.reading import CitationReading, edition
from monitor.literature.papers.reconcile import (
    Changes,
    Renewed,
    bring_up,
    keep_signals,
    read_anew,
)
from monitor.literature.papers.settling import look_again, name_registrations, one_at_a_time, settle
from monitor.literature.tables import Paper, PaperIdentifier, PaperRecord, PaperTrial
from monitor.literature.words import TO_SCREEN, Lane

_paper = cast("Table", Paper.__table__)
_READ = update(_paper).where(among(_paper.c.id)).values(read_by=bindparam("now"))
_READ_AND_SEARCHED = (
    update(_paper)
    .where(_paper.c.id == bindparam("of"))
    .values(read_by=bindparam("now"), title_words=bindparam("words"))
)


@dataclass(frozen=True, slots=True)
class Reread:
    """What became of a paper. ``merged`` is (kept, gone) where two turned out to be one.

    ``told`` as of ``service.Ingested``.
    """

    paper_id: int
    changed: bool
    lane: Lane
    merged: tuple[int, int] | None = None
    told: bool = False


def reread(
    session: Session, *, record_id: int, before: Citation, matcher: Matcher, at: datetime
) -> Reread | None:
    """Read the paper of a record anew; None where the record belongs to no paper yet.

    ``before`` is what the record was read as. An identifier that only the old reading gave is
    taken from the paper; one that the new reading gives joins it, or the two papers that it
    shows to be one.
    """
    one_at_a_time(session)
    paper = session.scalar(
        select(Paper)
        .join(PaperRecord, PaperRecord.paper_id == Paper.id)
        .where(PaperRecord.record_id == record_id)
    )
    if paper is None:
        return None
    _release(session, paper, before)
    own, named = own_and_all_named(_citation(session.get_one(Record, record_id)))
    kept, merged = _join(session, paper, own, matcher, at)
    name_registrations(session, kept, named)
    renewed = read_anew(session, kept, matcher, at=at)
    session.flush()
    if kept.lane in TO_SCREEN:
        propose.propose_for(session, [kept.id], at)
    return Reread(kept.id, renewed.changed, kept.lane, merged, told=True)


def read_by_new_rules(
    session: Session,
    matcher: Matcher,
    *,
    limit: int,
    at: datetime,
    ahead: ReadAhead | None = None,
) -> list[Reread]:
    """Read some papers again that another edition of the rules has read; none left: an empty list.

    Rules are code and catalogue: a name added today is looked for in the papers that are here.
    All are brought up first, then compared with what they resemble by now.
    """
    one_at_a_time(session)
    ahead, changes = ahead or ReadAhead(), Changes()
    ids = read_by_others(session, edition(matcher), limit)
    papers, unchanged = ahead.take(session, ids, matcher)
    renewed = _brought_up(session, papers, changes, at)
    as_kept = {id_: paper for id_, paper in papers.items() if paper.as_kept}
    _now_read(session, as_kept, edition(matcher))
    done = _compared(session, papers, renewed, matcher, at)
    merged = any(result.merged for result in done)
    to_screen = {result.paper_id for result in done if result.lane in TO_SCREEN}
    same = set() if merged or ahead.overtaken else (to_screen & unchanged) - changes.touched
    propose.propose_for(session, to_screen - same, at)
    propose.propose_found(session, _untouched(ahead.relations_of(same), changes.touched), at)
    ahead.overtaken = ahead.overtaken or merged or bool(changes.touched)
    return done


def _brought_up(
    session: Session, papers: Mapping[int, PaperRead], changes: Changes, at: datetime
) -> dict[int, Renewed]:
    """Bring papers up to date. Objects are made of those alone of which something differs."""
    differing = _objects(session, [id_ for id_, paper in papers.items() if not paper.as_kept])
    renewed: dict[int, Renewed] = {}
    for paper_id, paper in papers.items():
        if paper.as_kept:
            keep_signals(paper_id, paper.kept, paper.reading, changes)
            renewed[paper_id] = Renewed(changed=False, reading=paper.reading)
        else:
            renewed[paper_id] = bring_up(
                session, differing[paper_id][0], paper.kept, paper.reading, changes, at=at
            )
    session.flush()
    changes.write(session)
    return renewed


def _objects(
    session: Session, paper_ids: Collection[int]
) -> dict[int, tuple[Paper, PaperTrial | None]]:
    """Give papers to be changed, and what is kept of a registration's trial: then it is at hand."""
    if not paper_ids:
        return {}
    rows = session.execute(
        select(Paper, PaperTrial)
        .outerjoin(PaperTrial, PaperTrial.paper_id == Paper.id)
        .where(Paper.id.in_(paper_ids))
    )
    return {paper.id: (paper, trial) for paper, trial in rows}


def _now_read(session: Session, papers: Mapping[int, PaperRead], present: int) -> None:
    """Note of papers of which nothing differs that the present rules have read them.

    How their titles are searched for is written with it, where another version wrote it otherwise.
    """
    connection = session.connection()
    same = [id_ for id_, paper in papers.items() if paper.searched == paper.rows.said.title_words]
    others = [
        {"of": id_, "now": present, "words": paper.searched}
        for id_, paper in papers.items()
        if id_ not in {*same}
    ]
    if same:
        done = connection.execute(_READ, {"some": same, "now": present})
        affected(done, expected=len(same), what="papers")
    if others:
        done = connection.execute(_READ_AND_SEARCHED, others)
        affected(done, expected=len(others), what="papers")


def _compared(
    session: Session,
    papers: Mapping[int, PaperRead],
    renewed: Mapping[int, Renewed],
    matcher: Matcher,
    at: datetime,
) -> list[Reread]:
    """Settle which papers that were read anew are one with another."""
    near = resolve.near_others(session, renewed)
    objects = _objects(session, near)
    alike = resolve.alike_of_many(session, {id_: papers[id_].reading for id_ in sorted(near)})
    done: list[Reread] = []
    for paper_id, renewal in renewed.items():
        # where two became one, the one that is left may resemble others now
        anew = any(result.merged for result in done)
        if paper_id not in near and not anew:
            lane = papers[paper_id].reading.lane
            done.append(Reread(paper_id, renewal.changed, lane, told=True))
            continue
        paper = objects[paper_id][0] if paper_id in near else session.get_one(Paper, paper_id)
        if paper.merged_into_id:  # by one before it
            continue
        lookalikes = None if anew else alike[paper_id]
        kept, merged = look_again(session, paper, renewal.reading, at=at, lookalikes=lookalikes)
        if merged:
            read_anew(session, kept, matcher, at=at)
            session.flush()
        done.append(Reread(kept.id, renewal.changed, kept.lane, merged, told=True))
    return done


def _untouched(relations: propose.Relations, touched: set[int]) -> propose.Relations:
    """Leave out what was said of papers that turned out to say, or to be read as, another thing."""
    return {pair: said for pair, said in relations.items() if not touched & {*pair}}


def _release(session: Session, paper: Paper, before: Citation) -> None:
    """Take from the paper the identifiers that no record of it gives any more."""
    rows = session.scalars(
        select(Record)
        .join(PaperRecord, PaperRecord.record_id == Record.id)
        .where(PaperRecord.paper_id == paper.id)
    )
    given = {i for row in rows for i in own_and_named(_citation(row))[0]}
    held = {*resolve.identifiers(session, paper.id)}
    gone = (held & {*own_and_named(cleaned(before))[0]}) - given
    if gone:
        pairs = [(identifier.scheme, identifier.value) for identifier in gone]
        removed = session.execute(
            delete(PaperIdentifier).where(
                PaperIdentifier.paper_id == paper.id,
                tuple_(PaperIdentifier.scheme, PaperIdentifier.value).in_(pairs),
            )
        )
        affected(removed, expected=len(gone), what="identifiers")


def _join(
    session: Session, paper: Paper, own: list[Identifier], matcher: Matcher, at: datetime
) -> tuple[Paper, tuple[int, int] | None]:
    """Give the paper the identifiers nobody owns; settle with a paper that owns another of them."""
    resolution = resolve.find(
        session, CitationReading(resolve.as_citation(paper), matcher), own, [paper.id]
    )
    owner = next(
        (
            candidate
            for candidate in (resolution.paper, resolution.other)
            if candidate and candidate.id != paper.id
        ),
        None,
    )
    kept, merged = settle(
        session, resolve.Resolution(paper, "read again", resolution.free, other=owner), at=at
    )
    kept = kept or paper
    session.add_all(
        PaperIdentifier(scheme=i.scheme, value=i.value, paper_id=kept.id) for i in resolution.free
    )
    session.flush()
    return kept, merged


def _citation(record: Record) -> Citation:
    return cleaned(from_json(record.citation))
