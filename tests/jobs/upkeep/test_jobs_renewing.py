"""Papers that the rules of another version, or another catalogue, have read."""

from dataclasses import replace

import pytest
from sqlalchemy import delete, func, select, update

from monitor.catalogue import loader
from monitor.feeds.tables import Record
from monitor.jobs.sources.polling import poll_source
from monitor.jobs.upkeep import renewing
from monitor.jobs.upkeep.renewing import read_old_papers
from monitor.literature.ingest import reading_ahead, rereading
from monitor.literature.matching.matcher import Matcher
from monitor.literature.papers.reading import edition
from monitor.literature.tables import Match, Paper, PaperKey, PaperReading, PaperRecord
from monitor.literature.words import Lane
from monitor.notify.tables import Message
from monitor.review.tables import QueueItem


@pytest.fixture
def settings_data(one_journal):
    return one_journal


def _kept(service):
    with service.database.read() as session:
        return (
            sorted(session.execute(select(PaperKey.paper_id, PaperKey.value)).all()),
            sorted(session.scalars(select(PaperReading.paper_id))),
            sorted(session.execute(select(Paper.id, Paper.lane, Paper.version)).all()),
            sorted(session.scalars(select(QueueItem.paper_id))),
        )


@pytest.mark.parametrize("at_once", [1, 2, 50])
def test_papers_of_an_older_version_are_read_again_and_queued(service, monkeypatch, at_once):
    monkeypatch.setattr(renewing, "_AT_ONCE", at_once)
    poll_source(service, "journals")
    before = _kept(service)
    assert before[0]
    assert before[1]
    with service.database.write() as session:  # as the version before left them
        for table in (PaperKey, PaperReading, QueueItem):
            session.execute(delete(table))
        session.execute(update(Paper).values(read_by=0, lane=Lane.NONE))
    read_old_papers(service)
    assert _kept(service) == before
    with service.database.read() as session:
        assert session.scalars(select(Paper.read_by).distinct()).all() == [edition(service.matcher)]
        assert session.scalar(select(func.count()).select_from(Message)) == 0


def test_a_run_that_was_killed_goes_on_and_reads_nothing_twice(service, monkeypatch):
    monkeypatch.setattr(renewing, "_AHEAD", 2)
    poll_source(service, "journals")
    with service.database.write() as session:
        session.execute(update(Paper).values(read_by=7))
    read_ahead = reading_ahead.ReadAhead.of
    seen: list[int] = []
    last = 4

    def dies(coming, matcher):
        seen.extend(coming.rows)
        if len(seen) == last:
            raise KeyboardInterrupt
        return read_ahead(coming, matcher)

    monkeypatch.setattr(reading_ahead.ReadAhead, "of", dies)
    with pytest.raises(KeyboardInterrupt):
        read_old_papers(service)
    done = seen[:2]
    seen.clear()
    last = 0
    read_old_papers(service)
    with service.database.read() as session:
        papers = session.scalars(select(Paper.id).where(Paper.merged_into_id.is_(None))).all()
    assert sorted(done + seen) == sorted(papers)


def test_what_a_record_says_between_reading_and_writing_is_what_counts(service):
    poll_source(service, "journals")
    with service.database.write() as session:
        session.execute(update(Paper).values(read_by=7))
    with service.database.read() as session:
        coming = reading_ahead.next_to_read(session, service.matcher, limit=50, at=service.clock())
    ahead = reading_ahead.ReadAhead.of(coming, service.matcher)
    paper_id = min(coming.rows)
    title = "Theraplay for families: a randomised controlled trial"
    with service.database.write() as session:
        record = session.scalars(
            select(Record)
            .join(PaperRecord, PaperRecord.record_id == Record.id)
            .where(PaperRecord.paper_id == paper_id)
        ).first()
        record.citation = record.citation | {"title": title}
    with service.database.write() as session:
        rereading.read_by_new_rules(
            session, service.matcher, limit=50, at=service.clock(), ahead=ahead
        )
    with service.database.read() as session:
        paper = session.get_one(Paper, paper_id)
        assert (paper.title, paper.lane) == (title, Lane.EVALUATED)


def _with_name(catalogue, slug, form):
    """The same catalogue with one more name, as an edited file would give it."""
    changed = tuple(
        one.model_copy(update={"full_forms": (*one.full_forms, form)}) if one.slug == slug else one
        for one in catalogue.interventions
    )
    return catalogue.model_copy(update={"interventions": changed})


def test_a_name_added_to_the_catalogue_is_looked_for_in_papers_that_are_here(service):
    poll_source(service, "journals")
    with service.database.read() as session:
        paper = session.scalars(select(Paper).where(Paper.lane == Lane.NONE)).first()
        assert paper is not None
        name = " ".join(paper.title.split()[:3]).strip(".:,")
        queued = session.scalars(select(QueueItem.paper_id)).all()
    assert paper.id not in queued
    catalogue = _with_name(service.catalogue, "theraplay", name)
    edited = replace(service, catalogue=catalogue, matcher=Matcher(catalogue))
    read_old_papers(edited)
    with service.database.read() as session:
        assert paper.id in session.scalars(select(QueueItem.paper_id)).all()
        found = session.scalars(select(Match).where(Match.paper_id == paper.id)).all()
        assert ("theraplay", name) in {(one.slug, one.words) for one in found}
        assert set(session.scalars(select(Paper.read_by))) == {edition(edited.matcher)}
    read_old_papers(service)  # the name is taken out again
    with service.database.read() as session:
        assert not session.scalars(select(Match).where(Match.paper_id == paper.id)).all()


def test_what_is_read_already_is_not_read_again(service):
    poll_source(service, "journals")
    with service.database.write() as session:
        assert (
            rereading.read_by_new_rules(session, service.matcher, limit=9, at=service.clock()) == []
        )


def test_the_edition_follows_from_the_catalogue_and_is_the_same_in_every_process(service):
    again = Matcher(loader.read(loader.FOLDER))
    assert edition(again) == edition(service.matcher)
    other = Matcher(_with_name(service.catalogue, "vipp", "an invented name"))
    assert edition(other) != edition(service.matcher)
    assert 0 < edition(other) < 2**31
