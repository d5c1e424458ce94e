"""What a poll holds on to while it is under way."""

import weakref

import pytest

from monitor.feeds.tables import PollKind
from monitor.feeds.watermarks import Query
from monitor.jobs.sources.asking import attempt
from monitor.kernel.errors import SourceError, SourceFault


@pytest.fixture
def settings_data(one_journal):
    return one_journal


class Body:
    """Stands for what was read of a reply before it turned out too long."""


def test_a_failed_question_lets_go_of_what_it_had_read(service):
    bodies = []

    def question():
        body = Body()
        bodies.append(weakref.ref(body))
        raise SourceError(SourceFault.MALFORMED, "sent more than 64 MiB", retry_after=7)

    def work(asked):
        for number in range(3):
            assert asked.put(Query(f"q{number}", "an invented query"), question) is None
        assert [body() for body in bodies] == [None, None, None]
        told = [(error.kind, str(error), error.retry_after) for _, error in asked.failures]
        assert told == [(SourceFault.MALFORMED, "sent more than 64 MiB", 7)] * 3

    report = attempt(service, "journals", PollKind.POLL, work)
    assert "sent more than 64 MiB" in (report.error or "")
