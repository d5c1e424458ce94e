"""Threads of pages stay on one processor, and what needs no turn of Python's may run on any."""

import os
import sys
import threading

import pytest

from monitor.kernel.process import threads

if not hasattr(os, "sched_getaffinity"):
    pytest.skip("this system does not tell processors apart", allow_module_level=True)


@pytest.fixture
def every():
    """The processors that this process may use; nothing chosen, and nothing changed in the end."""
    before = os.sched_getaffinity(0)
    threads._all.cache_clear()
    threads._chosen.cache_clear()
    yield before
    os.sched_setaffinity(0, before)
    threads._all.cache_clear()
    threads._chosen.cache_clear()


def _where_a_thread_runs() -> tuple[threading.Event, list[set[int]], threading.Thread]:
    """Begin a thread that tells where it may run once it is let."""
    let = threading.Event()
    told: list[set[int]] = []

    def tell():
        let.wait()
        told.append(os.sched_getaffinity(0))

    thread = threading.Thread(target=tell)
    thread.start()
    return let, told, thread


def test_a_thread_and_those_it_begins_stay_on_one_processor_and_it_alone_leaves_it(every):
    with threads.on_one_processor():
        one = os.sched_getaffinity(0)
        let, told, begun = _where_a_thread_runs()
    assert len(one) == 1
    assert one <= every
    assert os.sched_getaffinity(0) == every

    let.set()
    begun.join()
    assert told == [one]
    with threads.on_one_processor():
        assert os.sched_getaffinity(0) == one  # the same each time


def test_what_needs_no_turn_runs_on_any_and_then_where_it_ran(every):
    with threads.on_one_processor():
        one = os.sched_getaffinity(0)
        with threads.on_any_processor():
            assert os.sched_getaffinity(0) == every
        assert os.sched_getaffinity(0) == one


def test_it_is_back_where_it_ran_after_an_error(every):
    with pytest.raises(SystemExit), threads.on_one_processor():
        raise SystemExit
    assert os.sched_getaffinity(0) == every


def test_who_was_given_one_processor_stays_there(every):
    one = {min(every)}
    os.sched_setaffinity(0, one)
    with threads.on_one_processor(), threads.on_any_processor():
        assert os.sched_getaffinity(0) == one


def test_a_system_that_forbids_it_or_knows_nothing_of_it_changes_nothing(every, monkeypatch):
    def forbidden(*_):
        raise PermissionError("not in this sandbox")

    monkeypatch.setattr(os, "sched_setaffinity", forbidden)
    with threads.on_one_processor():
        assert os.sched_getaffinity(0) == every
    monkeypatch.undo()

    threads._all.cache_clear()
    threads._chosen.cache_clear()
    asked = os.sched_getaffinity
    monkeypatch.delattr(os, "sched_getaffinity")
    with threads.on_one_processor(), threads.on_any_processor():
        assert asked(0) == every


def test_turns_are_short_once_they_are_asked_for(every):
    before = sys.getswitchinterval()
    threads.take_short_turns()
    taken = sys.getswitchinterval()
    sys.setswitchinterval(before)
    assert taken == pytest.approx(threads._TURN)
    assert taken < before / 10
