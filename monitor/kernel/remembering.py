"""Answers of pure functions, remembered by all that they hang on: a bound on their number, no age.

What is remembered can be no other than what would be worked out again, so nothing need ever be told
that it is out of date: not by another process, not by a transaction that came to nothing.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar

_Answer = TypeVar("_Answer")


class Remembered(Generic[_Answer]):
    """The newest answers, at most so many; the one not asked for longest goes first."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._answers: OrderedDict[Hashable, tuple[tuple[object, ...], _Answer]] = OrderedDict()
        self._lock = Lock()

    def get(
        self, key: Hashable, by: tuple[object, ...], work_out: Callable[[], _Answer]
    ) -> _Answer:
        """Give the answer to ``key``, worked out where it is not remembered.

        ``by`` are large things that never change and that it hangs on too (a policy). They are told
        apart by which they are, and kept with the answer: so no other can take the place of one.
        """
        whole = (*map(id, by), key)
        with self._lock:
            if (remembered := self._answers.get(whole)) is not None:
                self._answers.move_to_end(whole)
                return remembered[1]
        answer = work_out()
        with self._lock:
            self._answers[whole] = (by, answer)
            while len(self._answers) > self._most:
                self._answers.popitem(last=False)
        return answer

    def forget(self) -> None:
        """Forget everything."""
        with self._lock:
            self._answers.clear()
