"""How the jobs stand: one or two that are late are named; that none runs is one sentence."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from monitor.ops.running import JobState, job_status, standstill, wrong_with_jobs
from monitor.ops.tables import JobRow

BEGAN = datetime(2026, 11, 23, 6, 10, tzinfo=UTC)
EVERY = {"poll": 60, "deliver": 10, "import": 5, "order": 5, "renew": 60, "check": 24 * 60 * 60}


def _jobs(ended, now):
    """Jobs by when their last run ended, in seconds since the beginning; None: never."""
    jobs = []
    for name, seconds in ended.items():
        at = None if seconds is None else BEGAN + timedelta(seconds=seconds)
        due = (at or BEGAN) + timedelta(seconds=EVERY[name] if at else 0)
        row = JobRow(name=name, every_seconds=EVERY[name], next_due_at=due)
        row.last_finished_at = row.last_success_at = at
        jobs.append(job_status(row, BEGAN + timedelta(seconds=now)))
    return jobs


def test_that_none_runs_is_one_sentence_with_what_to_do():
    stopped = _jobs(dict.fromkeys(EVERY, 0), now=600)
    assert wrong_with_jobs(stopped) == [
        "No job has run since 23 November 2026, 06:10: start the service anew"
    ]
    never = _jobs(dict.fromkeys(EVERY), now=600)
    assert wrong_with_jobs(never) == ["No job has ever run: start the service anew"]


def test_those_that_hang_are_named_while_others_run():
    hangs = dict.fromkeys(EVERY, 590) | {"poll": 0, "deliver": 0}
    assert wrong_with_jobs(_jobs(hangs, now=600)) == [
        "“Ask the sources” is overdue",
        "“Send mail” is overdue",
    ]
    assert len(wrong_with_jobs(_jobs(hangs | {"import": 0}, now=600))) == 3


ended = st.fixed_dictionaries(
    {name: st.one_of(st.none(), st.integers(0, 100_000)) for name in EVERY}
)


@given(ended, st.integers(0, 1_000_000))
def test_no_job_is_said_to_run_that_is_not_and_none_the_other_way(ended, now):
    jobs = _jobs(ended, now)
    still, told = standstill(jobs), wrong_with_jobs(jobs)
    late = [job for job in jobs if job.state is JobState.OVERDUE]
    latest = max((job.noted for job in jobs if job.noted), default=None)
    if still:
        assert len(late) > 2
        assert still.since == latest
        assert not any(job.noted and job.noted > one.late_from for job in jobs for one in late)
        assert len(told) == 1
    else:
        assert [f"“{job.title}” is overdue" for job in late] == told


@given(st.integers(0, 10_000), st.integers(400, 1_000_000))
def test_whenever_all_stopped_it_is_told_within_minutes(stopped, later):
    jobs = _jobs(dict.fromkeys(EVERY, stopped), stopped + later)
    assert standstill(jobs) is not None


@given(ended, st.integers(0, 1_000_000))
def test_a_run_that_ends_now_ends_it(ended, now):
    jobs = _jobs(ended | {"order": now}, now)
    assert standstill(jobs) is None
