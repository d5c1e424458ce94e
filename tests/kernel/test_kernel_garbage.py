"""What is loaded is spared, a piece of work is not disturbed, and garbage is still found."""

import gc
import weakref

import pytest

from monitor.kernel.process.garbage import looked_for_after, spare_loaded


class _Ring:
    def __init__(self):
        self.me = self


def test_what_is_loaded_is_spared_and_later_garbage_is_found():
    before, frozen = gc.get_threshold(), gc.get_freeze_count()
    try:
        spare_loaded()
        assert gc.get_freeze_count() > frozen
        assert gc.get_threshold()[0] > 700
        assert gc.get_threshold()[1:] == before[1:]
        lost = weakref.ref(_Ring())
        gc.collect()
        assert lost() is None
    finally:
        gc.set_threshold(*before)


def test_no_garbage_is_looked_for_before_the_end_of_a_piece_of_work():
    assert gc.isenabled()
    with looked_for_after():
        with looked_for_after():
            assert not gc.isenabled()
        assert not gc.isenabled()
    assert gc.isenabled()


def test_after_work_that_failed_it_is_looked_for_too():
    with pytest.raises(KeyError), looked_for_after():
        raise KeyError
    assert gc.isenabled()


def test_where_none_is_looked_for_anyway_it_stays_so():
    gc.disable()
    try:
        with looked_for_after():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
