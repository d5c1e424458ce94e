"""Papers that the rules of an older version have read."""

import pytest
from sqlalchemy import delete, func, select, update

from monitor.jobs.polling import poll_source
from monitor.jobs.renewing import read_old_papers
from monitor.literature.papers.reading import EDITION
from monitor.literature.tables import Paper, PaperKey, PaperReading
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


def test_papers_of_an_older_version_are_read_again_and_queued(service):
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
        assert session.scalars(select(Paper.read_by).distinct()).all() == [EDITION]
        assert session.scalar(select(func.count()).select_from(Message)) == 0
