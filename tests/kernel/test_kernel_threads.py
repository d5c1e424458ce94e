"""Threads of pages stay on one processor; they leave it for what needs no turn of Python's."""

import errno
import os

import pytest
from processors import (  # type: ignore[import-not-found]  # tests/support is on pytest's path
    in_a_thread,
    several,
    told_apart,
    where,
)

from monitor.kernel.process.threads import OneProcessor, on_any_processor

pytestmark = told_apart


def test_a_thread_that_stays_does_so_on_one_of_those_it_may_use():
    every, processor = where(), OneProcessor()
    told: list[frozenset[int]] = []

    def work() -> None:
        processor.stay()
        told.append(where())
        in_a_thread(lambda: told.append(where()))  # what it begins, too

    in_a_thread(work)
    in_a_thread(work)
    assert len(set(told)) == 1
    assert len(told[0]) == 1
    assert told[0] <= every
    assert where() == every  # nobody else


def test_it_leaves_for_what_needs_no_turn_and_comes_back_after_an_error_too():
    every = several()

    def work() -> None:
        OneProcessor().stay()
        one = where()
        with on_any_processor():
            assert where() == every
            with on_any_processor():  # as a form that hashes twice might
                assert where() == every
            assert where() == every
        assert where() == one
        with pytest.raises(ZeroDivisionError), on_any_processor():
            raise ZeroDivisionError
        assert where() == one

    in_a_thread(work)


def test_a_thread_that_stays_nowhere_is_never_moved(monkeypatch):
    def moved(*_: object) -> None:
        raise AssertionError("moved")

    monkeypatch.setattr(os, "sched_setaffinity", moved)
    with on_any_processor():
        pass


def test_who_was_moved_from_outside_is_left_there():
    every = several()

    def work() -> None:
        processor = OneProcessor()
        processor.stay()
        other = {next(iter(every - where()))}
        os.sched_setaffinity(0, other)
        processor.stay()  # with the next request
        with on_any_processor():
            assert where() == other
        assert where() == other

    in_a_thread(work)


def test_who_is_moved_while_away_stays_there():
    every = several()

    def work() -> None:
        OneProcessor().stay()
        other = {next(iter(every - where()))}
        with on_any_processor():
            os.sched_setaffinity(0, other)
        assert where() == other

    in_a_thread(work)


@pytest.mark.parametrize("refused", ["sched_getaffinity", "sched_setaffinity"])
@pytest.mark.parametrize("number", [errno.EPERM, errno.ENOSYS, None])
def test_where_it_is_refused_or_not_known_nothing_changes(monkeypatch, refused, number):
    every = where()
    asked = os.sched_getaffinity

    def refusing(*_: object) -> None:
        raise OSError(number, "not here")

    if number is None:
        monkeypatch.delattr(os, refused)
    else:
        monkeypatch.setattr(os, refused, refusing)

    def work() -> None:
        processor = OneProcessor()
        processor.stay()
        with on_any_processor():
            assert asked(0) == every or refused == "sched_getaffinity"
        assert asked(0) == every

    in_a_thread(work)
