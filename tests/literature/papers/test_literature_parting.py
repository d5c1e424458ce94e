"""A merge taken back, on each database: what goes where, and what refuses it."""

import pytest
from sqlalchemy import select

from monitor.feeds.records import Identifier
from monitor.kernel.audit import AuditEntry
from monitor.kernel.errors import Conflict, NotFound
from monitor.literature import service
from monitor.literature.papers import linking, queries, unmerge
from monitor.literature.tables import Paper, PaperLink, PaperMerge, StudyPaper
from monitor.literature.words import LinkState, Relation

TITLE = "Circle of Security in the invented town of Nowhere: a trial"
OTHER = "Theraplay: something else entirely"


@pytest.fixture
def work(session, intake):
    return Work(session, intake)


class Work:
    def __init__(self, session, intake):
        self.session, self.intake = session, intake

    def merge(self, kept, gone):
        return service.merge(
            self.session, kept_id=kept, gone_id=gone, reason="they look alike",
            matcher=self.intake.matcher, by="user:1", at=self.intake.now,
        )  # fmt: skip

    def undo(self, merge):
        held = unmerge.hold(self.session, merge.id)
        unmerge.undo(
            self.session, held, matcher=self.intake.matcher, by="user:1", at=self.intake.now
        )

    def held(self, paper_id):
        return {one.value for one in queries.paper(self.session, paper_id).identifiers}

    def records(self, paper_id):
        return [one.id for one in queries.paper(self.session, paper_id).records]


def test_a_job_writes_its_merge_down_and_a_person_takes_it_back(session, work, intake, cite):
    one = intake(cite(doi="10.1/a"), source="journals").paper_id
    two = intake(cite(pmid="1", abstract="Told.")).paper_id
    both = intake(cite(pmid="1", doi="10.1/a"), source="europepmc")
    assert both.merged == (one, two)
    (merge,) = session.scalars(select(PaperMerge))
    assert (merge.by, merge.reason) == ("job:ingest", "one record has identifiers of both")
    work.undo(merge)
    assert (work.held(one), work.held(two)) == ({"10.1/a"}, {"1"})
    # the record that had both goes where it says most tellingly that it belongs
    assert (len(work.records(one)), len(work.records(two))) == (1, 2)
    assert queries.paper(session, one).abstract is None
    assert queries.paper(session, two).hits, "its matches are back"
    (entry,) = session.scalars(select(AuditEntry).where(AuditEntry.action == "paper.parted"))
    assert (entry.subject, entry.details["gone"]) == (f"paper:{one}", two)
    assert (merge.undone_by, merge.undone_at) == ("user:1", intake.now)
    (link,) = session.scalars(select(PaperLink))
    assert (link.relation, link.state) == (Relation.SAME_PAPER, LinkState.REJECTED)
    with pytest.raises(Conflict, match="undone before"):
        work.undo(merge)


def test_papers_told_apart_stay_two_whatever_comes(session, work, intake, cite):
    place = {"year": 2024, "journal": "Child Development", "authors": ("Doe J", "Roe AB")}
    one = intake(cite(doi="10.1/a", **place), source="journals", key="a").paper_id
    two = intake(cite("Theraplay in another paper", pmid="1", **place), key="b").paper_id
    work.undo(work.merge(one, two))
    intake(cite(pmid="1", doi="10.1/a", **place), source="europepmc")
    intake(cite(pmid="1", **place), key="b")  # now it has the other's words too
    intake(cite(**place), source="crossref")
    assert not any(session.scalars(select(Paper.merged_into_id).where(Paper.id.in_([one, two]))))
    assert linking.told_apart(session, two, one)
    # it holds for what they became as well
    three = intake(cite(OTHER, pmid="3")).paper_id
    work.merge(three, one)
    assert linking.told_apart(session, two, three)


def test_what_came_since_goes_with_its_earlier_version_or_its_number(work, intake, cite):
    one = intake(cite(pmid="1"), key="a").paper_id
    two = intake(cite(OTHER, pmid="2", doi="10.1/b"), key="b").paper_id
    merge = work.merge(one, two)
    newer = intake.stored(cite(OTHER + ", again"), key="b")
    by_number = intake.stored(cite(OTHER, pmid="2", pmcid="PMC2"), source="europepmc")
    by_that = intake.stored(cite(OTHER, pmcid="PMC2"), source="crossref")
    stays = intake.stored(cite(pmid="1"), source="europepmc")
    for stored in (newer, by_number, by_that, stays):
        assert intake.again(stored).paper_id == one
    work.undo(merge)
    assert {newer.record_id, by_number.record_id, by_that.record_id} <= {*work.records(two)}
    assert stays.record_id in work.records(one)
    assert work.held(one) == {"1"}
    assert work.held(two) == {"2", "10.1/b", "PMC2"}


def test_registrations_go_back_and_shared_ones_stay_with_both(session, work, intake, cite):
    def trial(number):
        return Identifier("nct", f"NCT0000000{number}")

    one = intake(cite(pmid="1", registrations=(trial(1), trial(2)))).paper_id
    two = intake(cite(OTHER, pmid="2", registrations=(trial(2), trial(3)))).paper_id
    merge = work.merge(one, two)
    intake(cite(OTHER, pmid="2", registrations=(trial(4),)), source="europepmc")
    assert len(queries.paper(session, one).registrations) == 4
    work.undo(merge)
    assert queries.paper(session, one).registrations == (trial(1), trial(2))
    assert queries.paper(session, two).registrations == (trial(2), trial(3), trial(4))


def test_a_study_goes_back_with_the_paper_that_brought_it(session, work, intake, cite, reviewer):
    one = intake(cite(pmid="1")).paper_id
    two = intake(cite(OTHER, pmid="2")).paper_id
    study = service.create_study(
        session, paper_id=two, label="Doe 2024", by=reviewer, at=intake.now
    )
    work.undo(work.merge(one, two))
    link = session.scalars(select(StudyPaper)).one()
    assert (link.paper_id, link.study_id, link.role) == (two, study.id, "main report")
    assert (link.linked_by, link.linked_at) == (reviewer.id, intake.now)


def test_both_links_to_one_study_are_there_again(session, work, intake, cite, reviewer):
    one = intake(cite(pmid="1")).paper_id
    two = intake(cite(OTHER, pmid="2")).paper_id
    given = {"by": reviewer, "at": intake.now}
    study = service.create_study(session, paper_id=one, label="Doe 2024", **given)
    service.link_paper(session, paper_id=two, study_id=study.id, role="protocol", **given)
    work.undo(work.merge(one, two))
    linked = select(StudyPaper.paper_id, StudyPaper.role).order_by(StudyPaper.paper_id)
    assert [tuple(row) for row in session.execute(linked)] == [
        (one, "main report"),
        (two, "protocol"),
    ]


def test_what_has_to_be_undone_first_is_said(session, work, intake, cite, reviewer):
    one, two, three = (
        intake(cite(f"Theraplay, invented part {n}", pmid=n)).paper_id for n in ("1", "2", "3")
    )
    first, second = work.merge(two, three), work.merge(one, two)
    with pytest.raises(Conflict, match="itself become one with “Theraplay, invented part"):
        work.undo(first)
    with pytest.raises(NotFound):
        unmerge.hold(session, 999)
    work.undo(second)
    work.undo(first)
    assert [work.held(one), work.held(two), work.held(three)] == [{"1"}, {"2"}, {"3"}]


def test_merges_into_one_paper_are_undone_in_any_order(session, work, intake, cite):
    one, two, three = (
        intake(cite(f"Theraplay, invented part {n}", pmid=n)).paper_id for n in ("1", "2", "3")
    )
    first, second = work.merge(one, two), work.merge(one, three)
    work.undo(first)
    assert [work.held(one), work.held(two)] == [{"1", "3"}, {"2"}]
    work.undo(second)
    assert [work.held(one), work.held(two), work.held(three)] == [{"1"}, {"2"}, {"3"}]
    assert [len(work.records(paper)) for paper in (one, two, three)] == [1, 1, 1]


def test_two_that_brought_the_same_study_are_undone_last_first(
    session, work, intake, cite, reviewer
):
    one, two, three = (
        intake(cite(f"Theraplay, invented part {n}", pmid=n)).paper_id for n in ("1", "2", "3")
    )
    given = {"by": reviewer, "at": intake.now}
    study = service.create_study(session, paper_id=two, label="Doe 2024", **given)
    service.link_paper(session, paper_id=three, study_id=study.id, role="other", **given)
    first, second = work.merge(one, two), work.merge(one, three)
    with pytest.raises(Conflict, match="reports the same study: undo that first"):
        work.undo(first)
    work.undo(second)
    work.undo(first)
    assert set(session.scalars(select(StudyPaper.paper_id))) == {two, three}


def test_what_else_was_open_between_two_is_open_again(session, work, intake, cite):
    one = intake(cite(pmid="1")).paper_id
    two = intake(cite(OTHER, pmid="2")).paper_id
    for relation in (Relation.SAME_PAPER, Relation.PREPRINT_OF):
        linking.propose(session, one, two, relation, "invented", intake.now)
    merge = work.merge(one, two)

    def states():
        links = linking.between(session, one, two)
        return {link.relation: link.state for link in links}

    assert states() == {
        Relation.SAME_PAPER: LinkState.CONFIRMED,
        Relation.PREPRINT_OF: LinkState.REJECTED,
    }
    work.undo(merge)
    assert states() == {
        Relation.SAME_PAPER: LinkState.REJECTED,
        Relation.PREPRINT_OF: LinkState.PROPOSED,
    }


def test_what_was_proposed_of_a_merged_paper_is_not_proposed_of_the_other(
    session, work, intake, cite
):
    one, two, three = (
        intake(cite(f"Theraplay, invented part {n}", pmid=n)).paper_id for n in ("1", "2", "3")
    )
    same = Relation.SAME_PAPER
    assert linking.propose(session, two, three, same, "invented", intake.now)
    work.merge(one, two)
    assert not linking.propose(session, one, three, same, "invented", intake.now)
    assert [link.other_id for link in linking.links_of(session, one)] == [three]


def test_a_number_merged_upstream_loses_nothing_and_can_be_undone(work, intake, cite):
    """PubMed makes one PMID of two: the record that stays names the other as well."""
    one = intake(cite(pmid="1"), key="1").paper_id
    two = intake(cite(pmid="2"), key="2").paper_id
    assert one != two, "two numbers in one register"
    taken = intake(cite(pmid="1", pmcid="PMC1"), key="1")
    assert taken.paper_id == one
    merge = work.merge(one, two)
    assert work.held(one) == {"1", "2", "PMC1"}
    assert intake(cite(pmid="2"), source="europepmc").paper_id == one
    work.undo(merge)
    assert (work.held(one), work.held(two)) == ({"1", "PMC1"}, {"2"})
    assert intake(cite(pmid="2"), source="crossref").paper_id == two
