"""What every reviewer is shown alike, such as a lane's papers and how many wait: read once.

Nobody has to tell that it is outdated: it is read anew once any process has committed anything
(``Database.commits``), as public pages are rendered anew. Holds nothing of one person.
"""

import contextlib
import functools
import threading
from collections.abc import Callable, Hashable, Iterator
from typing import TypeVar, cast

from flask import current_app
from sqlalchemy.orm import Session

from monitor.web.current import committed, service

_Answer = TypeVar("_Answer")

_MOST = 100  # answers: of each lane and of each set of interventions that papers name
_LOCKS = 16  # one answer is read by one of those who ask for it at a time, as far as locks reach
_PATIENCE = 1.0  # seconds; then it is read twice


class Store:
    """The answers that stand, all of one word. Made once for an application; safe for its threads."""

    def __init__(self) -> None:
        self._word: str | None = None
        self._answers: dict[Hashable, object] = {}
        self._lock = threading.Lock()
        self._reading = [threading.Lock() for _ in range(_LOCKS)]

    @contextlib.contextmanager
    def alone(self, key: Hashable) -> Iterator[None]:
        """Let one at a time read an answer; the others wait for it a while, and may find it then."""
        lock = self._reading[hash(key) % _LOCKS]
        is_held = lock.acquire(timeout=_PATIENCE)
        try:
            yield
        finally:
            if is_held:
                lock.release()

    def get(self, word: str, key: Hashable) -> object | None:
        """Give the answer where it still stands."""
        with self._lock:
            return self._answers.get(key) if word == self._word else None

    def put(self, word: str, key: Hashable, answer: object) -> None:
        """Keep an answer; those of another word are dropped, and all once they are too many."""
        with self._lock:
            if word != self._word or len(self._answers) >= _MOST:
                self._word, self._answers = word, {}
            self._answers[key] = answer


class PageReading:
    """A transaction that only looks, and the word that stood before it began.

    It is opened by the first who asks for ``session``: a page of which all is shared opens none.
    """

    def __init__(self, begin: Callable[[], Session], word: str | None, store: Store) -> None:
        self._begin, self._word, self._store = begin, word, store

    @functools.cached_property
    def session(self) -> Session:
        """The transaction's session."""
        return self._begin()

    def shared(self, key: Hashable, read: Callable[[], _Answer]) -> _Answer:
        """Give an answer, which is never None and never changed, read where none stands."""
        if self._word is None:
            return read()
        known = self._store.get(self._word, key)
        if known is not None:
            return cast(_Answer, known)
        with self._store.alone(key):
            known = self._store.get(self._word, key)
            if known is not None:
                return cast(_Answer, known)
            answer = read()
            self._store.put(self._word, key, answer)
            return answer


@contextlib.contextmanager
def reading() -> Iterator[PageReading]:
    """Let a page of those who are signed in read, in one transaction that only looks."""
    # asked before anything is read: what is committed meanwhile makes it another
    word = committed().word
    with contextlib.ExitStack() as opened:
        yield PageReading(
            lambda: opened.enter_context(service().database.read()),
            word,
            cast(Store, current_app.extensions["monitor.shared"]),
        )
