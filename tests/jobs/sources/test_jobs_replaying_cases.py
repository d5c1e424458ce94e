"""Replaying after the readers were mended: what older ones cut, misnamed or set aside comes back."""

import io

import pytest
from sqlalchemy import func, select

from monitor.feeds.tables import Record, RecordQuery, SetAside
from monitor.jobs.files.importing import import_file
from monitor.jobs.sources.replaying import replay
from monitor.literature.tables import Paper, PaperRecord
from monitor.literature.words import Lane
from monitor.notify.tables import Message
from monitor.ops import exports
from monitor.review.tables import QueueItem

NBIB = b"""PMID- 98000001
TI  - Families scoring <median on sensitivity: a randomised trial of Theraplay.
AB  - We randomised 90 families.
DP  - 2021
JT  - Invented journal
"""
RIS = b"""TY  - JOUR
TI  - Parents in an invented town
PY  - 2021
ER  -
AB  - We randomised 90 families to Theraplay (P</=.05).
DO  - 10.5555/replayed.1
"""


def bring(service, data):
    return import_file(service, io.BytesIO(data))


def again(service):
    return replay(service, "import", dry_run=False, progress=lambda _: None)


def queued(service):
    with service.database.read() as session:
        return exports.queue(session)


def read_by_an_older_reader(service, *, key=None, **fields):
    """Let the one record stand as it used to be read, and its paper with it, out of the queue."""
    with service.database.write() as session:
        record = session.scalars(select(Record)).one()
        record.citation = {**record.citation, **fields}
        record.content_hash = "of another reading"
        if key:
            session.scalars(select(RecordQuery)).one().key = key
            record.key = key
        paper = session.scalars(
            select(Paper).join(PaperRecord).where(PaperRecord.record_id == record.id)
        ).one()
        for name in fields.keys() & {"title", "abstract"}:
            setattr(paper, name, fields[name])
        paper.lane = Lane.NONE
        session.delete(session.scalars(select(QueueItem)).one())


@pytest.mark.parametrize(
    ("data", "cut"),
    [
        (NBIB, {"title": "Families scoring", "abstract": "We randomised 90 families."}),
        (RIS, {"abstract": None, "identifiers": []}),
    ],
)
def test_what_was_cut_comes_back_into_the_queue_without_a_mail(service, data, cut):
    bring(service, data)
    (before,) = queued(service)
    read_by_an_older_reader(service, **cut)
    assert queued(service) == []
    report = again(service)
    assert (report.changed, report.papers, report.queued) == (1, 1, 1)
    (row,) = queued(service)
    assert {**row, "queued_at": ""} == {**before, "queued_at": ""}
    with service.database.read() as session:
        assert session.scalar(select(func.count()).select_from(Message)) == 0
    assert again(service).changed == 0


def test_a_record_is_named_anew_so_that_the_next_import_knows_it(service):
    bring(service, RIS)
    read_by_an_older_reader(service, key="text:of-its-bytes", abstract=None, identifiers=[])
    again(service)
    with service.database.read() as session:
        assert session.scalars(select(Record.key)).all() == ["doi:10.5555/replayed.1"]
        assert session.scalars(select(RecordQuery.key)).all() == ["doi:10.5555/replayed.1"]
    report = bring(service, RIS)
    assert (report.known, report.new_papers) == (1, 0)


def test_what_was_set_aside_for_a_title_cut_to_nothing_comes_in(service):
    bring(service, b"title,doi\nAn invented paper,10.5555/replayed.2\n")
    raw = b"PMID- 98000002\nTI  - <Median and Theraplay: a trial.\nDP  - 2021\n"
    with service.database.write() as session:
        session.add(
            SetAside(
                source="import",
                key="pmid:98000002",
                content_hash="of its bytes",
                raw=raw,
                reason="the reference has no title",
                at=service.clock(),
            )
        )
    report = again(service)
    assert (report.taken_back, report.queued) == (1, 1)
    (row,) = queued(service)
    assert row["title"] == "<Median and Theraplay: a trial."


def test_the_queue_leaves_with_all_that_was_read(service):
    bring(
        service,
        b"title,authors,abstract,journal,year,volume,issue,pages\n"
        b'Theraplay: a trial,"Alder P, Birch Q.",See NCT01234567.,J Inv,20210304,5,2,101-110\n',
    )
    (row,) = queued(service)
    read: dict[str, object] = {
        "authors": ["Alder P", "Birch Q"],
        "abstract": "See NCT01234567.",
        "journal": "J Inv",
    }
    read |= {"year": 2021, "volume": "5", "issue": "2", "pages": "101-110"}
    read |= {"registrations": {"nct": ["NCT01234567"]}}
    assert {name: row[name] for name in read} == read
    header, cells = exports.table([row])
    assert dict(zip(header, cells, strict=True))["authors"] == "Alder P; Birch Q"
