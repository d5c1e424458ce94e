"""Merging papers keeps its laws whatever the records say: order-free, once only, and undone whole."""

import shutil
from datetime import UTC, datetime
from itertools import count
from types import SimpleNamespace

import pytest
import rows  # type: ignore[import-not-found]  # tests/support is on pytest's path
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from monitor.catalogue.service import sync
from monitor.feeds.records import Citation, Identifier
from monitor.kernel.errors import Conflict
from monitor.kernel.persistence.database import Database
from monitor.literature import service
from monitor.literature.papers import unmerge
from monitor.literature.tables import (
    Match,
    Paper,
    PaperIdentifier,
    PaperKey,
    PaperReading,
    PaperRecord,
    PaperRegistration,
    PaperStatement,
    StudyPaper,
)
from monitor.review import service as review
from monitor.review.pairs.follow import follow_parting
from monitor.review.queue.screening import ScreeningAnswer
from monitor.review.tables import QueueItem
from monitor.review.words import ExclusionReason, ScreeningVerdict, Stage

# looking for the smallest case that fails takes minutes: run with all phases by hand
NO_SHRINK = (Phase.explicit, Phase.reuse, Phase.generate)
NOW = datetime(2026, 11, 23, 6, 10, tzinfo=UTC)
FEW = settings(max_examples=25, phases=NO_SHRINK)
TITLES = (
    "Circle of Security in the invented town of Nowhere: a trial",
    "Theraplay in the invented schools of Nowhere",
    "Beetles of the invented town of Nowhere",
    "",
)
TABLES = (
    Paper, PaperIdentifier, PaperRecord, PaperRegistration, Match, PaperKey, PaperReading,
    PaperStatement, StudyPaper, QueueItem,
)  # fmt: skip
# counts of changes and times of them rise with every step, forwards and back
COUNTED = {"id", "version", "changed_at", "moved_at", "read_by"}


def _pairs(scheme, values):
    return st.none() | st.sampled_from(values).map(lambda value: Identifier(scheme, value))


citations = st.builds(
    lambda title, ids, trials, **more: Citation(
        title=title,
        identifiers=tuple(i for i in ids if i),
        registrations=tuple(i for i in trials if i),
        **more,
    ),
    st.sampled_from(TITLES),
    st.tuples(_pairs("pmid", "123"), _pairs("doi", ("10.1/a", "10.1/b"))),
    st.tuples(_pairs("nct", ("NCT00000001", "NCT00000002"))),
    abstract=st.sampled_from((None, "Told in NCT00000003.", "Theraplay was given to 96 families.")),
    authors=st.sampled_from(((), ("Doe J", "Roe AB"))),
    year=st.sampled_from((None, 2024)),
)
records = st.tuples(
    citations, st.sampled_from(("pubmed", "crossref", "journals")), st.sampled_from("abc")
)
several = st.lists(records, min_size=2, max_size=5)
said = st.lists(st.sampled_from((None, *ScreeningVerdict)), min_size=3, max_size=3)


@pytest.fixture(scope="module")
def world(tmp_path_factory, sqlite_template, catalogue, matcher, new_intake):
    path = tmp_path_factory.mktemp("laws") / "laws.sqlite3"
    shutil.copyfile(sqlite_template, path)
    database = Database(f"sqlite:///{path}")
    with database.write() as session:
        sync(session, catalogue, NOW)
        ann = rows.person(session, "Ann", at=NOW)
        yield SimpleNamespace(
            session=session, matcher=matcher, ann=ann, intake=new_intake, tokens=count()
        )
    database.dispose()


class Attempt:
    """Work that leaves nothing behind."""

    def __init__(self, world):
        self.world, self.session = world, world.session

    def __enter__(self):
        self.point = self.session.begin_nested()
        self.intake = self.world.intake(self.session, self.world.matcher, NOW)
        return self

    def __exit__(self, *error):
        self.point.rollback()

    def bring(self, some):
        """Take records in; gives the papers there are."""
        for citation, source, key in some:
            taken = self.intake(citation, source=source, key=key)
            if taken.merged:
                review.follow_merge(
                    self.session, kept=taken.merged[0], gone=taken.merged[1], at=NOW
                )
            if taken.lane != "none":
                review.enqueue(self.session, [taken.paper_id], at=NOW)
        papers = select(Paper.id).where(Paper.merged_into_id.is_(None)).order_by(Paper.id)
        return list(self.session.scalars(papers))

    def screen(self, papers, verdicts):
        """Let verdicts be given on papers that wait for one; one study at the most."""
        for paper_id, verdict in zip(papers, verdicts, strict=False):
            item = self.session.get(QueueItem, paper_id)
            linked = self.session.scalars(select(StudyPaper)).first()
            if item is None or verdict is None or (linked and verdict is ScreeningVerdict.INCLUDE):
                continue
            review.screen(
                self.session,
                paper_id=paper_id,
                token=f"token-{next(self.world.tokens)}",
                by=self.world.ann,
                at=NOW,
                answer=ScreeningAnswer(
                    verdict=verdict,
                    reason=ExclusionReason.NOT_A_STUDY,
                    interventions=["cos"],
                    version=item.version,
                ),
            )
        self.session.flush()

    def merge(self, kept, gone):
        merge = service.merge(
            self.session, kept_id=kept, gone_id=gone, reason="a person said so",
            matcher=self.world.matcher, by="user:1", at=NOW,
        )  # fmt: skip
        review.follow_merge(self.session, kept=kept, gone=gone, at=NOW)
        self.session.flush()
        return merge

    def undo(self, merge):
        held = unmerge.hold(self.session, merge.id)
        unmerge.undo(self.session, held, matcher=self.world.matcher, by="user:1", at=NOW)
        follow_parting(self.session, merge, by="user:1", at=NOW)
        self.session.flush()

    def everything(self):
        """Give every row of what merging touches."""
        self.session.flush()
        return {
            table.__tablename__: sorted(
                repr([value for name, value in row.items() if name not in COUNTED or name == key])
                for row in self.session.execute(select(table.__table__)).mappings()
                for key in ["id" if table is Paper else ""]
            )
            for table in TABLES
        }

    def said_of(self, paper_id):
        """Give what one paper says and holds, whatever its number."""
        return {
            table.__tablename__: sorted(
                repr([v for name, v in row.items() if name not in {*COUNTED, "paper_id", "at"}])
                for row in self.session.execute(
                    select(table.__table__).where(
                        table.__table__.c["id" if table is Paper else "paper_id"] == paper_id
                    )
                ).mappings()
            )
            for table in TABLES
            if table not in {StudyPaper, QueueItem}
        }


@FEW
@given(some=several, verdicts=said)
def test_undoing_a_merge_restores_what_was(world, some, verdicts):
    with Attempt(world) as attempt:
        papers = attempt.bring(some)
        attempt.screen(papers, verdicts)
        before = attempt.everything()
        if len(papers) > 1:
            attempt.undo(attempt.merge(papers[0], papers[1]))
            assert attempt.everything() == before
        if len(papers) > 2:
            merges = [attempt.merge(papers[1], papers[2]), attempt.merge(papers[0], papers[1])]
            for merge in reversed(merges):
                attempt.undo(merge)
            assert attempt.everything() == before


@FEW
@given(some=several)
def test_which_of_two_stays_makes_no_difference_to_what_it_says(world, some):
    results = []
    for swapped in (False, True):
        with Attempt(world) as attempt:
            papers = attempt.bring(some)[:2]
            if len(papers) < 2:
                return
            kept, gone = reversed(papers) if swapped else papers
            attempt.merge(kept, gone)
            said = attempt.said_of(kept)
            said["paper"] = [one.replace(repr(NOW), "") for one in said["paper"]]
            results.append(said)
    assert results[0] == results[1]


@FEW
@given(some=several)
def test_in_which_order_three_become_one_makes_no_difference(world, some):
    results = []
    for first_two in (True, False):
        with Attempt(world) as attempt:
            papers = attempt.bring(some)[:3]
            if len(papers) < 3:
                return
            a, b, c = papers
            for kept, gone in [(a, b), (a, c)] if first_two else [(b, c), (a, b)]:
                attempt.merge(kept, gone)
            results.append(attempt.said_of(a))
    assert results[0] == results[1]


@FEW
@given(some=several)
def test_two_papers_become_one_once(world, some):
    with Attempt(world) as attempt:
        papers = attempt.bring(some)
        if len(papers) > 1:
            attempt.merge(papers[0], papers[1])
            before = attempt.everything()
            for kept, gone in ((papers[0], papers[1]), (papers[1], papers[0])):
                with pytest.raises(Conflict):
                    attempt.merge(kept, gone)
            assert attempt.everything() == before


@FEW
@given(some=several, later=st.lists(records, max_size=3))
def test_what_came_since_belongs_to_one_of_the_two_and_nothing_joins_them_again(world, some, later):
    with Attempt(world) as attempt:
        papers = attempt.bring(some)
        if len(papers) < 2:
            return
        one, two = papers[:2]
        merge = attempt.merge(one, two)
        attempt.bring(later)
        kept = attempt.session.get_one(Paper, one)
        if kept.merged_into_id:
            return  # a record made it one with a third: that goes first
        held = _held(attempt.session, {one, two})
        attempt.undo(merge)
        assert _held(attempt.session, {one, two}) == held
        of_two = _held(attempt.session, {two})
        assert {*merge.moved["records"]} <= {record for kind, record in of_two if kind == "record"}
        attempt.bring([*some, *later])
        both = select(Paper).where(Paper.id.in_([one, two]))
        assert not {p.merged_into_id for p in attempt.session.scalars(both)} & {one, two}


def _held(session, papers):
    owned = select(PaperIdentifier).where(PaperIdentifier.paper_id.in_(papers))
    joined = select(PaperRecord).where(PaperRecord.paper_id.in_(papers))
    return {(row.scheme, row.value) for row in session.scalars(owned)} | {
        ("record", row.record_id) for row in session.scalars(joined)
    }


def test_the_laws_are_tested_on_papers_of_every_stage(world):
    with Attempt(world) as attempt:
        trials = [
            (Citation(title=title, identifiers=(Identifier("pmid", str(n)),)), "pubmed", str(n))
            for n, title in enumerate(TITLES[:2])
        ]
        papers = attempt.bring(trials)
        attempt.screen(papers, [ScreeningVerdict.INCLUDE, ScreeningVerdict.EXCLUDE])
        stages = [attempt.session.get_one(QueueItem, one).stage for one in papers]
        assert stages == [Stage.TO_APPRAISE, Stage.EXCLUDED]
