"""Papers that belong together are found as they come in, and proposed once."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import delete, event, select, update

from monitor.feeds.records import Identifier, Link, LinkKind, Trial
from monitor.feeds.storage.citations import to_json
from monitor.feeds.tables import Record
from monitor.kernel.audit import AuditEntry
from monitor.literature import service
from monitor.literature.ingest import rereading
from monitor.literature.linkage import propose
from monitor.literature.tables import Paper, PaperLink
from monitor.literature.words import Lane, LinkState, Relation

NCT = Identifier("nct", "NCT00000001")
ENDED = Trial("completed", date(2020, 1, 31), date(2022, 6, 30), participants=130)
OF_TRIAL = "METHODS: 130 families were randomly assigned to Theraplay. "
REGISTERED = "TRIAL REGISTRATION: ClinicalTrials.gov NCT00000001."
TITLE = "Theraplay for invented families in the town of Nowhere"


@pytest.fixture
def registration(cite):
    return cite(
        TITLE, nct=NCT.value, trial=ENDED, publication_types=("Clinical Trial Registration",)
    )


@pytest.fixture
def report(cite):
    return cite("Theraplay at home: a trial", pmid="1", abstract=OF_TRIAL + REGISTERED, year=2023)


def links(session):
    return [
        (link.paper_id, link.relation, link.other_id, link.state)
        for link in session.scalars(select(PaperLink).order_by(PaperLink.id))
    ]


@pytest.mark.parametrize("first", ["registration", "report"])
def test_whichever_comes_first_a_report_that_agrees_is_confirmed(
    session, intake, registration, report, first, now
):
    sent = {"registration": (registration, "clinicaltrials"), "report": (report, "pubmed")}
    ids = {}
    for name in sorted(sent, key=lambda name: name != first):
        citation, source = sent[name]
        ids[name] = intake(citation, source=source).paper_id
    expected = (ids["registration"], Relation.REGISTRATION_OF, ids["report"], LinkState.CONFIRMED)
    assert links(session) == [expected]
    (link,) = session.scalars(select(PaperLink)).all()
    assert (link.settled_by, link.settled_at) == ("job:ingest", now)
    (entry,) = session.scalars(
        select(AuditEntry).where(AuditEntry.action == "link.confirmed")
    ).all()
    assert (entry.details["paper"], entry.actor) == (ids["registration"], "job:ingest")


def test_many_that_name_one_number_are_proposed_in_few_statements(
    session, intake, matcher, cite, now
):
    """A sentence that a feed puts under everything: each pair of its papers took half a dozen."""
    statements: list[str] = []

    def taken_in(numbers):
        texts = [
            cite(f"Theraplay, study {n}: a trial", pmid=str(n), abstract=REGISTERED)
            for n in numbers
        ]
        stored = [intake.stored(text) for text in texts]
        statements.clear()
        service.ingest(session, stored, matcher, now)
        return len(statements)

    event.listen(
        session.get_bind(), "before_cursor_execute", lambda *told: statements.append(told[2])
    )
    few, many = taken_in(range(1, 11)), taken_in(range(11, 51))
    assert len(links(session)) == 50 * 49 / 2
    assert many < few + 40, "of each paper at most one, and of a pair none"


def test_both_in_one_batch_are_linked_once(session, intake, matcher, registration, report, now):
    stored = [intake.stored(registration, source="clinicaltrials"), intake.stored(report)]
    for _ in range(2):
        service.ingest(session, stored, matcher, now)
    assert len(links(session)) == 1


def test_a_proposal_that_becomes_certain_is_confirmed_and_a_rejected_one_stays(
    session, intake, cite, registration, report, now
):
    plain = cite(TITLE, nct=NCT.value, trial=Trial(completed=ENDED.completed),
                 publication_types=registration.publication_types)  # fmt: skip
    intake(plain, source="clinicaltrials", key="r")
    intake(report)
    assert [link[3] for link in links(session)] == [LinkState.PROPOSED]
    intake(registration, source="clinicaltrials", key="r")
    assert [link[3] for link in links(session)] == [LinkState.CONFIRMED]
    (link,) = session.scalars(select(PaperLink)).all()
    link.state, link.settled_by = LinkState.REJECTED, "user:1"
    session.flush()
    ids = session.scalars(select(Paper.id)).all()
    assert propose.propose_for(session, ids, now + timedelta(days=1)) == 0
    assert [one[3] for one in links(session)] == [LinkState.REJECTED]


def test_what_names_no_number_is_found_by_its_intervention(session, intake, cite, registration):
    first = intake(registration, source="clinicaltrials")
    near = intake(cite(f"{TITLE}: a randomised trial", pmid="2", abstract=OF_TRIAL, year=2024))
    assert links(session) == [
        (first.paper_id, Relation.REGISTRATION_OF, near.paper_id, LinkState.PROPOSED)
    ]
    other = cite("Theraplay for the old in the town of Nowhere", nct="NCT00000007", trial=ENDED,
                 publication_types=registration.publication_types)  # fmt: skip
    intake(other, source="clinicaltrials")
    assert len(links(session)) == 1


def test_a_registration_finds_the_report_that_came_before_it(session, intake, cite, registration):
    near = intake(cite(f"{TITLE}: a randomised trial", pmid="2", abstract=OF_TRIAL, year=2024))
    later = intake(registration, source="clinicaltrials")
    (found,) = [link for link in links(session) if link[1] is Relation.REGISTRATION_OF]
    assert found == (
        later.paper_id, Relation.REGISTRATION_OF, near.paper_id, LinkState.PROPOSED,
    )  # fmt: skip


def test_a_sources_word_on_a_preprint_links_it_whichever_comes_first(session, intake, cite):
    of_article = (Link(LinkKind.PREPRINT_OF, Identifier("pmid", "5")),)
    posted = intake(cite("Theraplay by post", doi="10.1101/a", links=of_article))
    article = intake(cite("Theraplay by letter: a trial", pmid="5", year=2024))
    assert (posted.paper_id, Relation.PREPRINT_OF, article.paper_id, LinkState.CONFIRMED) in links(
        session
    )


def test_a_record_read_again_is_compared_again(session, intake, matcher, registration, report, now):
    intake(registration, source="clinicaltrials")
    before = replace(report, abstract=None)
    stored = intake.stored(before)
    intake.again(stored)
    assert links(session) == []
    session.get_one(Record, stored.record_id).citation = to_json(report)
    rereading.reread(session, record_id=stored.record_id, before=before, matcher=matcher, at=now)
    assert [link[3] for link in links(session)] == [LinkState.CONFIRMED]


def test_papers_read_by_new_rules_are_compared_again(
    session, intake, matcher, registration, report, now
):
    for citation in (registration, report):
        intake(citation)
    session.execute(delete(PaperLink))
    session.execute(update(Paper).values(read_by=0))
    rereading.read_by_new_rules(session, matcher, limit=9, at=now)
    assert [link[3] for link in links(session)] == [LinkState.CONFIRMED]


def test_papers_nobody_is_to_screen_cost_no_statement(database, session, intake, cite, now):
    beetles = intake(cite("Beetles of the invented town of Nowhere", pmid="7"))
    assert beetles.lane is Lane.NONE
    statements = []
    event.listen(
        database.engine, "before_cursor_execute", lambda *a: statements.append(a[2]), named=False
    )
    assert propose.propose_for(session, [], now) == 0
    assert statements == []


def test_many_new_papers_cost_two_statements_together(database, session, intake, cite, now):
    ids = [
        intake(cite(f"Theraplay in the invented town number {n}", pmid=f"{n + 10}")).paper_id
        for n in range(12)
    ]
    statements = []
    event.listen(
        database.engine, "before_cursor_execute", lambda *a: statements.append(a[2]), named=False
    )
    propose.propose_for(session, ids, now)
    assert len(statements) == 2
