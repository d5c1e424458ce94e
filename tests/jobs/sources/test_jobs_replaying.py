"""Reading everything kept again, after a poll over the demonstration's stand-ins."""

from datetime import timedelta

import pytest
import rows  # type: ignore[import-not-found]  # tests/support is on pytest's path
from sqlalchemy import func, select, update

from monitor.feeds.records import Identifier
from monitor.feeds.storage import replaying
from monitor.feeds.storage.citations import from_json, to_json
from monitor.feeds.tables import Record, SetAside
from monitor.jobs.schedule import tidy
from monitor.jobs.sources.polling import poll_source
from monitor.jobs.sources.replaying import replay, size
from monitor.kernel.errors import Conflict
from monitor.kernel.persistence.locks import exclusive
from monitor.literature.tables import Paper, PaperIdentifier, PaperRecord
from monitor.literature.words import Lane
from monitor.notify.tables import Message
from monitor.review.tables import QueueItem


@pytest.fixture
def settings_data(running, nobody_asked):
    return {
        "sources": {
            **nobody_asked,
            "allow_loopback": True,
            "europepmc": {"base_url": running.europepmc.base_url},
            "keep_raw_days": 30,
        }
    }


@pytest.fixture
def polled(service):
    assert poll_source(service, "europepmc").error is None
    return service


def again(service, *, dry_run=False):
    read: list[int] = []
    report = replay(service, "europepmc", dry_run=dry_run, progress=read.append)
    assert sum(read) == report.records
    return report


def counted(service, table):
    with service.database.read() as session:
        return session.scalar(select(func.count()).select_from(table))


def misread(service, key, **fields):
    """Let a record stand as a reader with a fault would have read it, its paper with it."""
    with service.database.write() as session:
        row = session.scalars(select(Record).where(Record.key == key)).one()
        values = from_json(row.citation)
        row.citation = {**to_json(values), **fields}
        row.content_hash = "of another reading"
        return row.id


def a_record(service, words):
    with service.database.read() as session:
        rows = session.scalars(select(Record).order_by(Record.id)).all()
        return next(row for row in rows if words in row.citation["title"])


def test_a_replay_of_what_is_read_right_changes_nothing(polled):
    before = counted(polled, QueueItem)
    report = again(polled)
    assert report.records == size(polled, "europepmc") == counted(polled, Record) > 10
    assert (report.changed, report.papers, report.queued, report.unreadable) == (0, 0, 0, 0)
    assert counted(polled, QueueItem) == before


def test_papers_follow_a_mended_reader_and_nobody_gets_mail(polled, clock):
    found = a_record(polled, "Dyadic Developmental Psychotherapy")
    wrong = [["doi", "10.5555/misread"]]
    record_id = misread(polled, found.key, title="Something else altogether", identifiers=wrong)
    with polled.database.write() as session:
        paper_id = session.scalars(
            select(PaperRecord.paper_id).where(PaperRecord.record_id == record_id)
        ).one()
        session.execute(
            update(Paper)
            .where(Paper.id == paper_id)
            .values(title="Something else altogether", lane=Lane.NONE)
        )
        session.execute(
            update(PaperIdentifier)
            .where(PaperIdentifier.paper_id == paper_id, PaperIdentifier.scheme == "doi")
            .values(value="10.5555/misread")
        )
        item = session.scalars(select(QueueItem).where(QueueItem.paper_id == paper_id)).one()
        session.delete(item)

    dry = again(polled, dry_run=True)
    assert (dry.changed, dry.papers, dry.queued) == (1, 1, 1)
    report = again(polled)
    assert (report.changed, report.papers, report.queued) == (1, 1, 1)
    with polled.database.read() as session:
        paper = session.get_one(Paper, paper_id)
        assert (paper.title, paper.lane) == (found.citation["title"], Lane.EVALUATED)
        held = session.scalars(
            select(PaperIdentifier.value).where(PaperIdentifier.paper_id == paper_id)
        )
        own = {value for scheme, value in found.citation["identifiers"]}
        assert {*held} == own
        assert session.get_one(Record, record_id).content_hash == found.content_hash
    assert counted(polled, Message) == 0
    assert again(polled).changed == 0
    clock.pass_by(minutes=1)
    assert poll_source(polled, "europepmc").new == 0, "the next poll does not take it for changed"


def test_two_papers_that_turn_out_to_be_one_are_merged(polled):
    found = a_record(polled, "Dyadic Developmental Psychotherapy")
    doi = Identifier(*next(one for one in found.citation["identifiers"] if one[0] == "doi"))
    misread(polled, found.key, identifiers=[["pmid", "1"]])
    with polled.database.write() as session:
        owner = session.get_one(PaperIdentifier, (doi.scheme, doi.value))
        first = owner.paper_id
        title = found.citation["title"]
        twin = rows.paper(session, title, at=polled.clock(), lane=Lane.NONE)
        owner.paper_id = twin.id
    again(polled)
    with polled.database.read() as session:
        merged = session.scalars(select(Paper.merged_into_id).where(Paper.id == twin.id)).one()
        assert merged == first
        assert session.get_one(PaperIdentifier, (doi.scheme, doi.value)).paper_id == first


def test_what_was_set_aside_becomes_a_paper_once_it_can_be_read(polled):
    found = a_record(polled, "Dyadic Developmental Psychotherapy")
    with polled.database.write() as session:
        session.add(
            SetAside(
                source="europepmc",
                key="unknown:1",
                content_hash="1",
                reason="has no title",
                raw=found.raw.replace(found.key[4:].encode(), b"91919191").replace(b"10.5555", b"10.5556"),
                at=polled.clock() + timedelta(seconds=1),
            )
        )  # fmt: skip
        session.add(
            SetAside(
                source="europepmc",
                key="unknown:2",
                content_hash="2",
                reason="is no object",
                raw=b"[]",
                at=polled.clock(),
            )
        )
    report = again(polled)
    assert (report.taken_back, report.unreadable, report.queued) == (1, 1, 1)
    assert counted(polled, SetAside) == 1
    assert again(polled).taken_back == 0


def test_a_source_that_is_being_asked_is_left_alone(polled):
    with (
        exclusive(polled.database, polled.settings.var, "source-europepmc"),
        pytest.raises(Conflict, match="try again"),
    ):
        again(polled)


def test_raw_is_let_go_once_a_newer_version_is_old_enough(polled, clock):
    found = a_record(polled, "Dyadic Developmental Psychotherapy")
    with polled.database.write() as session:
        session.add(
            Record(
                source=found.source, key=found.key, content_hash="newer", raw=b"newer",
                media_type=found.media_type, citation=found.citation, fetched_at=clock(),
                poll_id=found.poll_id,
            )
        )  # fmt: skip
    clock.pass_by(days=30)
    tidy(polled)
    assert a_record(polled, found.citation["title"]).raw == found.raw, "not a day too early"
    clock.pass_by(minutes=1)
    tidy(polled)
    with polled.database.read() as session:
        versions = session.scalars(
            select(Record).where(Record.key == found.key).order_by(Record.id)
        ).all()
        assert [(row.raw, row.raw_removed_at) for row in versions] == [
            (b"", clock()),
            (b"newer", None),
        ]
        emptied = select(func.count()).select_from(Record).where(Record.raw == b"")
        assert session.scalar(emptied) == 1
        assert replaying.count(session, "europepmc") == counted(polled, Record) - 1
