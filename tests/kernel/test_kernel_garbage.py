"""What is loaded is spared, and garbage is still found."""

import gc
import weakref

from monitor.kernel.process.garbage import spare_loaded


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
