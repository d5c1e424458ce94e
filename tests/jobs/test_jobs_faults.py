"""Two schedulers on one database, numbered as in docs/faults.md. On each kind of database."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from proving import polls  # type: ignore[import-not-found]  # tests/jobs is on pytest's path

from monitor.feeds.tables import PollState
from monitor.jobs import schedule
from monitor.jobs.schedule import Job, scheduled
from monitor.jobs.sources.asking import JUST_ASKED
from monitor.jobs.sources.polling import poll_due, poll_source
from monitor.kernel.clock import utcnow
from monitor.kernel.persistence.database import Database
from monitor.service import Service


@pytest.fixture
def settings_data(one_journal):
    return one_journal


def test_fault_18_two_services_at_once_ask_each_source_once(service, running, clock):
    """As when two hosts both believe that they are the scheduler."""
    other = replace(service, database=Database(service.database.url.render_as_string(False)))
    days = 3
    for day in range(days):
        start = threading.Barrier(2)

        def run(one: Service, start: threading.Barrier = start) -> None:
            start.wait()
            for _ in range(3):
                poll_due(one)

        with ThreadPoolExecutor(2) as pool:
            for task in [pool.submit(run, one) for one in (service, other)]:
                task.result()
        # one that read "due" before the other was done finds that out once it holds the source
        assert poll_source(other, "journals", only_due=True).error == JUST_ASKED
        assert len(polls(service)) == day + 1
        clock.pass_by(days=1)
    other.database.dispose()
    assert {one.state for one in polls(service)} == {PollState.COMPLETE}
    assert len(running.feeds.requests("feeds/journals")) == days


def test_fault_18_of_two_schedulers_one_runs_the_jobs(service, monkeypatch):
    other = replace(service, database=Database(service.database.url.render_as_string(False)))
    runs: list[int] = []
    ran = threading.Semaphore(0)

    def note(one: Service) -> None:
        runs.append(id(one.database))
        ran.release()

    monkeypatch.setattr(schedule, "ELECTION_SECONDS", 0.05)
    monkeypatch.setattr(schedule, "JOBS", (Job("poll", 1, note),))
    both = [replace(one, clock=utcnow) for one in (service, other)]
    with scheduled(both[0]), scheduled(both[1]):
        for _ in range(2):
            assert ran.acquire(timeout=10)
        ran_by = {*runs}  # once one of them has ended, the other may take over before it ends too
    other.database.dispose()
    assert len(ran_by) == 1, "a second scheduler would have run the job as well"
