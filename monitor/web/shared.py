"""What every reviewer is shown alike, such as a lane's papers and how many wait: read once.

Nobody has to tell that it is outdated: it is read anew once any process has committed anything
(``Database.commits``), and once the minute is another. Holds nothing of one person. With each answer
stands what the database was asked for it: a page made of it hangs on that too (``noting``).
"""

import contextlib
import functools
import threading
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass
from typing import TypeVar, cast

from flask import current_app
from sqlalchemy.orm import Session

from monitor.kernel.persistence.asked_again import Answers
from monitor.kernel.persistence.database import forget
from monitor.web import noting
from monitor.web.current import committed, minute, service

_Answer = TypeVar("_Answer")

_MOST = 100  # answers: of each lane and of each set of interventions that papers name
_LOCKS = 256  # two keys of one lock wait for each other: seldom, with so many
_PATIENCE = 1.0  # seconds; then it is read twice


class OneAtATime:
    """Lets one of those who want the same do it first, for a second; then all do it. Of many threads."""

    def __init__(self) -> None:
        self._locks = [threading.Lock() for _ in range(_LOCKS)]

    @contextlib.contextmanager
    def of(self, key: Hashable) -> Iterator[None]:
        """Go first, or wait a while for who does: what they found may be had then."""
        lock = self._locks[hash(key) % _LOCKS]
        is_held = lock.acquire(timeout=_PATIENCE)
        try:
            yield
        finally:
            if is_held:
                lock.release()


class Store:
    """The answers that stand, all on the same. Made once for an application; safe for its threads."""

    def __init__(self) -> None:
        self._stands: Hashable = None
        self._answers: dict[Hashable, object] = {}
        self._lock = threading.Lock()
        self.alone = OneAtATime()

    def get(self, stands: Hashable, key: Hashable) -> object | None:
        """Give the answer where it still stands."""
        with self._lock:
            return self._answers.get(key) if stands == self._stands else None

    def put(self, stands: Hashable, key: Hashable, answer: object) -> None:
        """Keep an answer; those that stand on another are dropped, and all once they are too many."""
        with self._lock:
            if stands != self._stands or len(self._answers) >= _MOST:
                self._stands, self._answers = stands, {}
            self._answers[key] = answer


@dataclass(frozen=True, slots=True)
class _Shared:
    """An answer, and what the database was asked for it."""

    answer: object
    made_of: Answers


class PageReading:
    """A transaction that only looks, and what stood before it began: the word, and the minute.

    It is opened by the first who asks for ``session``: a page of which all is shared opens none.
    Where it cannot be told what was committed (``word`` None), nothing is shared.
    """

    def __init__(
        self, open_here: contextlib.ExitStack, store: Store, word: str | None, of_minute: int
    ) -> None:
        self._open_here, self._store = open_here, store
        self._word, self._minute = word, of_minute

    @functools.cached_property
    def session(self) -> Session:
        """The transaction's session."""
        return self._open_here.enter_context(service().database.read())

    @functools.cached_property
    def _apart(self) -> Session:
        """A session of the same transaction for what is shared."""
        return self._open_here.enter_context(service().database.apart(self.session))

    def shared(
        self, key: Hashable, read: Callable[[Session], _Answer], *, until_a_commit: bool = False
    ) -> _Answer:
        """Give an answer, which is never None and never changed, read where none stands.

        ``read`` has a session that knows nothing of what the page has read: so all that the answer
        hangs on is asked in it, or was shared before. Of an answer for a page that stands
        ``until_a_commit`` alone nothing is noted, and it may hang on the second.
        """
        if self._word is None:
            return read(self.session)
        known = self._known(key)
        if known is None:
            with self._store.alone.of(key):
                known = self._known(key) or self._read(key, read, noted=not until_a_commit)
        if (page := noting.answers()) is not None:
            page.take(known.made_of)
        return cast(_Answer, known.answer)

    def _known(self, key: Hashable) -> _Shared | None:
        return cast(_Shared | None, self._store.get((self._word, self._minute), key))

    def _read(self, key: Hashable, read: Callable[[Session], object], *, noted: bool) -> _Shared:
        if noted:
            forget(self._apart)
            with noting.of_answers(self._minute) as answers:
                known = _Shared(read(self._apart), answers)
        else:
            known = _Shared(read(self.session), Answers(is_whole=False))
        self._store.put((self._word, self._minute), key, known)
        return known


@contextlib.contextmanager
def reading() -> Iterator[PageReading]:
    """Let a page of those who are signed in read, in one transaction that only looks."""
    # asked before anything is read: what is committed meanwhile makes it another
    word = committed().word
    store = cast(Store, current_app.extensions["monitor.shared"])
    with contextlib.ExitStack() as open_here:
        yield PageReading(open_here, store, word, minute())
