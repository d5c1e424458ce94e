"""Papers read by newer rules before anything is locked: only what still is as it was read is written."""

from datetime import date

import pytest
from sqlalchemy import delete, event, select, update

from monitor.feeds.records import Identifier, Trial
from monitor.literature.ingest.reading_ahead import ReadAhead, next_to_read
from monitor.literature.ingest.rereading import read_by_new_rules
from monitor.literature.linkage.candidates import candidates
from monitor.literature.papers.reading import edition
from monitor.literature.tables import Match, Paper, PaperIdentifier, PaperLink
from monitor.literature.words import LinkState

TODAY = date(2026, 11, 23)
NCT = Identifier("nct", "NCT00000001")
ENDED = Trial("completed", date(2010, 1, 31), date(2012, 6, 30), participants=130)
TITLE = "Theraplay for invented families in the town of Nowhere"
REGISTERED = (
    "METHODS: 130 families were randomly assigned to Theraplay. "
    "TRIAL REGISTRATION: ClinicalTrials.gov NCT00000001."
)


@pytest.fixture
def registration(cite):
    return cite(
        TITLE, nct=NCT.value, trial=ENDED, publication_types=("Clinical Trial Registration",)
    )


@pytest.fixture
def report(cite):
    return cite("Theraplay at home: a trial", pmid="1", abstract=REGISTERED, year=2013)


@pytest.fixture
def papers(intake, registration, report):
    return [intake(citation).paper_id for citation in (registration, report)]


@pytest.fixture
def many_papers(intake, cite, request):
    for number in range(request.param):
        intake(cite(f"Theraplay in the {number * 7919}th invented town", pmid=f"{number + 1}"))


def _outdated(session):
    session.execute(update(Paper).values(read_by=7))
    session.flush()


def _ahead(session, matcher, now):
    return ReadAhead.of(next_to_read(session, matcher, limit=9, at=now), matcher)


@pytest.mark.parametrize("changed_first", [True, False])
def test_papers_written_one_by_one_are_linked_whichever_had_other_matches(
    session, papers, matcher, now, changed_first
):
    session.execute(delete(PaperLink))
    # what rules before these left: one of the two named nothing, so that they shared nothing
    session.execute(delete(Match).where(Match.paper_id == papers[0 if changed_first else 1]))
    session.execute(
        delete(PaperIdentifier).where(
            PaperIdentifier.scheme == NCT.scheme, PaperIdentifier.paper_id == papers[1]
        )
    )
    _outdated(session)
    ahead = _ahead(session, matcher, now)
    for _ in papers:
        if ahead.overtaken:
            ahead.look_again(session, now)
        assert len(read_by_new_rules(session, matcher, limit=1, at=now, ahead=ahead)) == 1
    assert not ahead.papers
    (link,) = session.scalars(select(PaperLink)).all()
    assert link.state is LinkState.CONFIRMED


def test_what_was_looked_ahead_is_not_proposed_once_others_were_overtaken(
    session, papers, matcher, now
):
    session.execute(delete(PaperLink))
    session.execute(delete(Match).where(Match.paper_id == papers[0]))
    _outdated(session)
    ahead = _ahead(session, matcher, now)
    ahead.relations = {}
    read_by_new_rules(session, matcher, limit=1, at=now, ahead=ahead)
    assert ahead.overtaken
    session.execute(delete(PaperLink))
    read_by_new_rules(session, matcher, limit=1, at=now, ahead=ahead)  # without a look between
    assert len(session.scalars(select(PaperLink)).all()) == 1


def test_only_how_a_title_is_searched_for_is_no_new_word_of_a_paper(
    session, intake, matcher, report, now
):
    paper = intake(report).paper_id
    (words,) = session.scalars(select(Paper.title_words)).all()
    assert words
    session.execute(update(Paper).values(title_words=""))
    _outdated(session)
    ahead = _ahead(session, matcher, now)
    assert ahead.papers[paper].as_kept
    (done,) = read_by_new_rules(session, matcher, limit=9, at=now, ahead=ahead)
    assert not done.changed
    assert not ahead.overtaken
    session.expire_all()
    kept = session.get_one(Paper, paper)
    assert (kept.title_words, kept.version, kept.read_by) == (words, 1, edition(matcher))


def _statements(database, session, matcher, ahead, now):
    asked = []

    def note(*said):
        asked.append(said[2])

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        read_by_new_rules(session, matcher, limit=99, at=now, ahead=ahead)
    finally:
        event.remove(database.engine, "before_cursor_execute", note)
    return len(asked)


@pytest.mark.parametrize("many_papers", [3, 30], indirect=True)
@pytest.mark.usefixtures("many_papers")
def test_papers_of_which_nothing_differs_cost_as_many_statements_however_many(
    database, session, matcher, now
):
    _outdated(session)
    session.expunge_all()
    ahead = ReadAhead.of(next_to_read(session, matcher, limit=99, at=now), matcher)
    assert all(paper.as_kept for paper in ahead.papers.values())
    with_lock = database.engine.dialect.name == "postgresql"
    # which, what is kept of them (six), that they were read, which resemble others
    assert _statements(database, session, matcher, ahead, now) <= 10 + with_lock


@pytest.mark.parametrize(
    ("said", "is_one"),
    [
        ({"year": 2011}, False),
        ({"year": 2012}, True),
        ({"year": 2020}, True),
        ({"year": 2021}, False),
        ({"year": None}, False),
        ({"year": 2021, "published": date(2020, 12, 31)}, True),
    ],
)
def test_an_article_without_number_is_compared_with_trials_that_ended_in_the_years_before(
    session, intake, cite, registration, said, is_one
):
    trial = intake(registration, source="clinicaltrials").paper_id
    article = intake(cite("Theraplay at home", pmid="1", **said)).paper_id
    for mine in (article, trial):
        assert ((trial, article) in candidates(session, [mine], TODAY)) is is_one
