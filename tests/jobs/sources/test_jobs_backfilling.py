"""Backfills over the demonstration's stand-ins: whole, taken up again, and in nobody's way."""

import io
import json
import os
import signal
import sys
import threading
from datetime import date

import pytest
import structlog
from click.testing import CliRunner
from proving import (  # type: ignore[import-not-found]  # tests/jobs is on pytest's path
    Killed,
    dying_at,
    held,
    paper,
    polls,
    rows,
    schedule_of,
    source_row,
    watching,
)

from monitor.cli import commands
from monitor.demo import driver, standins
from monitor.demo.world import World
from monitor.feeds.completeness.proof import Stretch
from monitor.feeds.sources import europepmc, pubmed
from monitor.feeds.tables import BackfillSlice, PollKind, PollQuery, PollState
from monitor.jobs.sources import backfilling
from monitor.jobs.sources.backfilling import backfill
from monitor.jobs.sources.polling import poll_source
from monitor.kernel.persistence.locks import exclusive

SQLITE_ONLY = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
DAYS = Stretch(date(2026, 2, 10), date(2026, 6, 30))  # five months, the first in part


@pytest.fixture
def world():
    months = [paper(number, date(2026, number, 15)) for number in range(1, 9)]
    return World((*months, paper(50, date(2026, 2, 28)), paper(51, date(2026, 3, 1))))


@pytest.fixture
def running(world, monkeypatch):
    for source in (europepmc, pubmed):
        monkeypatch.setattr(source, "_RATE", 1000)
    monkeypatch.setattr(backfilling, "TURN_SECONDS", 0.05)
    monkeypatch.setattr(backfilling, "BREATH_SECONDS", 0)
    with standins.running(world) as running:
        yield running


@pytest.fixture
def settings_data(running, nobody_asked):
    return {
        "sources": {
            **nobody_asked,
            "allow_loopback": True,
            "since": "2026-09-01",
            "pubmed": {"base_url": running.pubmed.base_url},
            "europepmc": {"base_url": running.europepmc.base_url},
        }
    }


@pytest.fixture
def polled(service):
    """A service that watches one intervention and polled both sources; nothing is due."""
    service = watching(service, "theraplay")
    for name in ("europepmc", "pubmed"):
        assert poll_source(service, name).error is None
    return service


def run(service, *names, days=DAYS, again=False, tell=lambda step: None):
    names = names or ("europepmc",)
    return list(backfill(service, names, days, again=again, tell=tell))


def months_asked(service):
    found = rows(service, PollQuery, PollQuery.window_last <= DAYS.last)
    return [(one.window_first, one.window_last) for one in found]


def test_the_past_is_walked_month_by_month_and_taken_up_after_a_kill(polled):
    before = schedule_of(polled)
    with dying_at(BackfillSlice, times=3), pytest.raises(Killed):
        run(polled)
    assert len(rows(polled, BackfillSlice)) == 2
    (report,) = run(polled)
    assert (report.asked, report.done_before, report.left, report.error) == (3, 2, 0, None)
    asked = months_asked(polled)
    assert asked[0] == (date(2026, 2, 10), date(2026, 2, 28))
    assert asked[-1] == (date(2026, 6, 1), date(2026, 6, 30))
    assert asked[2] == asked[3] == (date(2026, 4, 1), date(2026, 4, 30)), "killed, so asked again"
    assert len(asked) == 6
    for number in (2, 3, 4, 5, 6, 50, 51):
        assert held(polled, number)
    assert [one.new_records for one in rows(polled, BackfillSlice)] == [2, 2, 0, 1, 1], (
        "what was killed at its note had been kept"
    )
    assert schedule_of(polled) == before
    states = [one.state for one in polls(polled, PollKind.BACKFILL)]
    assert states.count(PollState.FAILED) == 1
    assert states.count(PollState.COMPLETE) == 5
    (report,) = run(polled)
    assert (report.asked, report.done_before) == (0, 5)
    assert len(months_asked(polled)) == 6, "nothing was asked"


@SQLITE_ONLY
def test_asking_again_asks_anew_and_keeps_nothing_twice(polled):
    (first,) = run(polled)
    assert (first.asked, first.new, first.queued) == (5, 7, 7)
    (again,) = run(polled, again=True)
    assert (again.asked, again.done_before, again.records, again.new) == (5, 0, 7, 0)
    assert len(rows(polled, BackfillSlice)) == 5
    assert held(polled, 3)


@SQLITE_ONLY
def test_a_poll_that_is_due_goes_first_and_another_holder_is_waited_for(polled, world, clock):
    before = len(polls(polled, PollKind.POLL))
    waited = threading.Event()
    holding = threading.Event()

    def hold():
        with exclusive(polled.database, polled.settings.var, "source-europepmc"):
            holding.set()
            waited.wait(0.4)

    def tell(step):
        if step.done == 2:
            world.papers += (paper(60, clock().date()),)
            clock.pass_by(days=2)
        if step.done == 4:
            threading.Thread(target=hold).start()
            holding.wait(5)

    (report,) = run(polled, tell=tell)
    assert (report.asked, report.error) == (5, None)
    *_, poll = polls(polled, PollKind.POLL)
    assert len(polls(polled, PollKind.POLL)) == before + 1
    assert (poll.state, poll.new_records) == (PollState.COMPLETE, 1), "the daily poll had its turn"
    assert source_row(polled).last_success_at == clock.now
    assert held(polled, 60)


@SQLITE_ONLY
def test_a_source_that_fails_is_left_and_the_others_go_on(polled, running):
    before = schedule_of(polled)

    def tell(step):
        if (step.source, step.done) == ("europepmc", 2):
            running.europepmc.fault("europepmc", "503", times=None)

    failed, whole = run(polled, "europepmc", "pubmed", tell=tell)
    assert "503" in failed.error
    assert (failed.asked, failed.left) == (2, 3)
    assert (whole.error, whole.asked, whole.new) == (None, 5, 7)
    assert schedule_of(polled) == before, "for polls nothing happened"
    running.europepmc.clear()
    (report,) = run(polled)
    assert (report.asked, report.done_before, report.error) == (3, 2, None)


@SQLITE_ONLY
def test_a_query_that_fails_is_left_for_another_day_and_the_others_go_on(service, running):
    service = watching(service, "theraplay", "vipp")
    poll_source(service, "europepmc")
    asked = []

    def tell(step):
        asked.append(step.query)
        if step.done == 2:  # the first query of the second month fails
            running.europepmc.fault("europepmc", "short-count", times=1)

    (report,) = run(service, tell=tell)
    assert "declared" in report.error
    assert (report.asked, report.left) == (6, 4)
    first, second = asked[:2]
    assert asked == [first, *[second] * 5]
    assert source_row(service).failures == 0


@pytest.fixture
def command(running, tmp_path):
    """Run the command as typed, over the stand-ins."""
    path = tmp_path / "config.toml"
    text = driver.configuration(running, port=driver.free_port(), notice="", feeds={})
    path.write_text(text, encoding="utf-8")
    options = ["--config", str(path), "backfill", "--source", "europepmc"]
    run = CliRunner().invoke
    return lambda *more, by=run: by(commands, [*options, *more])


@pytest.fixture
def ctrl_c():
    """Let Ctrl-C interrupt: a suite that a shell started in its background is told to ignore it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_the_command_tells_what_came_and_goes_on_after_ctrl_c(command, running, ctrl_c):
    days = ("--from", "2026-05-01", "--to", "2026-06-30")
    interrupted = threading.Event()

    def interrupt(request):
        if "2026-06-01" in request.params["query"] and not interrupted.is_set():
            interrupted.set()
            os.kill(os.getpid(), signal.SIGINT)

    running.europepmc.on_request("europepmc", interrupt)
    stopped = command(*days)
    assert (stopped.exit_code, interrupted.is_set()) == (1, True)
    assert "Stopped. To go on, run it again.\n" in stopped.stderr
    gone_on = command(*days, "--json")
    assert gone_on.exit_code == 0, gone_on.output
    # the logs go to standard error only where the program itself was started
    (report,) = json.loads(gone_on.stdout[gone_on.stdout.index("[\n") :])
    assert report["source"] == "europepmc"
    assert (report["asked"], report["done_before"], report["left"]) == (10, 10, 0)
    assert report["error"] is None
    done = command(*days)
    assert done.exit_code == 0
    assert done.stdout.startswith("europepmc: 0 months of queries asked, 20 done before; 0 records")
    running.europepmc.fault("europepmc", "html200", times=None)
    failed = command(*days, "--again")
    assert failed.exit_code == 1
    assert "20 left, failed: " in failed.stdout


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_a_terminal_shows_a_bar_and_no_line_for_every_month(command, monkeypatch, capsys):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)

    def by(group, arguments):
        return group.main(arguments, standalone_mode=False)

    configured = structlog.get_config()["wrapper_class"]
    command("--from", "2026-05-01", "--to", "2026-05-31", by=by)
    assert structlog.get_config()["wrapper_class"] is configured
    shown = terminal.getvalue()
    assert "europepmc  [" in shown
    assert "100%" in shown
    assert "theraplay 2026-05" in shown
    told = capsys.readouterr().out
    assert "kind=backfill" not in told
    assert told.endswith("1 records, 0 new, 0 queued\n")


def test_the_command_refuses_what_cannot_be_asked(command):
    backwards = command("--from", "2026-05-01", "--to", "2026-04-30")
    assert "is after --to" in str(backwards.exception)
    assert command("--from", "yesterday").exit_code == 2
    nothing = command("--source", "journals")
    assert "journals have no search" in str(nothing.exception)
