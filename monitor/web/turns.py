"""Who may make a large page now, and for how long: the others always find a thread that answers.

A page that reads much says so beside its route, ``@turns.large`` (or ``@made.for_one_reader``, which
keeps it too). So many are made at once, so many
more wait a moment, and whoever comes then is told to try again. ``limit`` ends what takes too long,
and what nobody waits for any more.
"""

import contextlib
import functools
import threading
from collections.abc import Callable, Hashable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import ParamSpec, TypeVar, cast

from flask import current_app, g, has_request_context, request

from monitor.kernel.clock import monotonic
from monitor.kernel.errors import NoTurn
from monitor.kernel.persistence.limits import Limit
from monitor.kernel.settings import WebSettings
from monitor.web.current import service

P = ParamSpec("P")
R = TypeVar("R")

# Public pages are rendered so many at a time; most who wait find theirs made by another. So many
# may wait for the same one: were it slow, the others would still have places.
_PUBLIC, _PUBLIC_WAITING, _SAME_WAITING = 4, 20, 12
# Public pages of which there are without end have places of their own: whoever follows every filter,
# or is signed in and reads on, takes none from those that everybody reads.
_SINGLE, _SINGLE_WAITING = 4, 8
_PATIENCE_SECONDS = 3.0
_LOOK_SECONDS = 0.1  # how often one who waits looks whether its reader is still there
# Beside large and public pages: forms, files, and whoever asks whether the service is alive.
_OTHERS = 12
_IS_LARGE = "is_large"


class Turns:
    """So many at once, and so many that wait. Made once for an application; used by its threads."""

    def __init__(self, at_once: int, waiting: int) -> None:
        self._turns = threading.BoundedSemaphore(at_once)
        self._places = threading.BoundedSemaphore(at_once + waiting)

    @contextlib.contextmanager
    def taken(self) -> Iterator[None]:
        """Wait for a turn and hold it.

        Raises:
            NoTurn: too many wait already, it took too long, or nobody waits for the page now.
        """
        with self.place(), self.turn():
            yield

    @contextlib.contextmanager
    def place(self) -> Iterator[None]:
        """Be one of those who wait, or have a turn.

        Raises:
            NoTurn: there are as many as there may be.
        """
        if not self._places.acquire(blocking=False):
            raise NoTurn("too many large pages are asked for at once")
        try:
            yield
        finally:
            self._places.release()

    @contextlib.contextmanager
    def turn(self) -> Iterator[bool]:
        """Wait for a turn and hold it; for one that has a place. Tells whether it had to wait.

        Raises:
            NoTurn: it took too long, or nobody waits for the page now.
        """
        waits = not self._turns.acquire(blocking=False)
        if waits:
            _wait_for(self._turns)
        try:
            yield waits
        finally:
            self._turns.release()


def _wait_for(turns: threading.BoundedSemaphore) -> None:
    until = monotonic() + _PATIENCE_SECONDS
    while not turns.acquire(timeout=_LOOK_SECONDS):
        if monotonic() >= until or has_left():
            raise NoTurn("the large pages before this one take long")


class EachItsOwn:
    """Turns at many things, one holder each: kept only while somebody has or waits for one."""

    def __init__(self, waiting: int) -> None:
        self._waiting = waiting
        self._turns: dict[Hashable, tuple[Turns, int]] = {}  # with how many are there for each
        self._lock = threading.Lock()

    @contextlib.contextmanager
    def of(self, key: Hashable) -> Iterator[Turns]:
        """Give the turns at one thing, while they are asked for."""
        with self._lock:
            turns, there = self._turns.get(key) or (Turns(1, self._waiting), 0)
            self._turns[key] = turns, there + 1
        try:
            yield turns
        finally:
            with self._lock:
                there = self._turns[key][1] - 1
                self._turns[key] = turns, there
                if not there:
                    del self._turns[key]


@dataclass(frozen=True, slots=True)
class AllTurns:
    """An application's turns: at large pages, at public ones (everybody's, and single ones), at each."""

    large: Turns
    public: Turns
    single: Turns
    same: EachItsOwn


def make(web: WebSettings) -> AllTurns:
    """Make an application's turns."""
    at_once = web.large_pages_at_once
    return AllTurns(
        large=Turns(at_once, at_once),
        public=Turns(_PUBLIC, _PUBLIC_WAITING),
        single=Turns(_SINGLE, _SINGLE_WAITING),
        same=EachItsOwn(_SAME_WAITING),
    )


def threads(web: WebSettings, writers: int) -> int:
    """Tell how many threads answer all of these at once: nobody takes the last one."""
    public = _PUBLIC + _PUBLIC_WAITING + _SINGLE + _SINGLE_WAITING
    return 2 * web.large_pages_at_once + public + writers + _OTHERS


def large(view: Callable[P, R]) -> Callable[P, R]:
    """Make a view that is one of the large pages: it waits for its turn, after every guard."""

    @functools.wraps(view)
    def in_turn(*args: P.args, **path: P.kwargs) -> R:
        with _turns().large.taken():
            return view(*args, **path)

    return marked(in_turn)


def marked(view: Callable[P, R]) -> Callable[P, R]:
    """Mark a view that waits for its turn."""
    setattr(view, _IS_LARGE, True)
    return view


def is_large(view: object) -> bool:
    """Tell whether a view waits for its turn."""
    return getattr(view, _IS_LARGE, False)


def public(page: Hashable) -> AbstractContextManager[bool]:
    """Hold the turn at rendering this public page: one renders it, whoever else wants it waits.

    Tells whether it had to wait.

    Raises:
        NoTurn: as ``Turns.taken`` does.
    """
    return _one_of(page, _turns().public)


def single(page: Hashable) -> AbstractContextManager[bool]:
    """Hold the turn at rendering a public page of which there are without end, as ``public`` does.

    Raises:
        NoTurn: as ``Turns.taken`` does.
    """
    return _one_of(page, _turns().single)


def own(page: Hashable) -> AbstractContextManager[bool]:
    """Hold the turn at making this large page of one reader, however often they ask for it.

    Tells whether it had to wait.

    Raises:
        NoTurn: as ``Turns.taken`` does.
    """
    return _one_of(page, _turns().large)


@contextlib.contextmanager
def _one_of(page: Hashable, all_of_them: Turns) -> Iterator[bool]:
    # its own turn's place comes first: a crowd at one page is turned away there, and at no moment
    # takes the places of those who come for another
    with (
        _turns().same.of(page) as same,
        same.place(),
        all_of_them.place(),
        same.turn() as waited_here,
        all_of_them.turn() as waited,
    ):
        yield waited or waited_here


def limit() -> Limit | None:
    """Give until when this request may read, the same however often it asks; None outside one."""
    if not has_request_context():
        return None
    if "limit" not in g:
        g.limit = Limit.of(service().settings.web.longest_page_seconds, has_left)
    return cast(Limit, g.limit)


@contextlib.contextmanager
def limited_apart() -> Iterator[None]:
    """Read within a limit of its own, half of a page's; what is read behind it has the whole again."""
    g.limit = Limit.of(service().settings.web.longest_page_seconds / 2, has_left)
    try:
        yield
    finally:
        del g.limit


def has_left() -> bool:
    """Tell whether the reader of this request has gone: its server says so where it can."""
    if not has_request_context():
        return False
    left = request.environ.get("waitress.client_disconnected")
    return bool(left and left())


def _turns() -> AllTurns:
    return cast(AllTurns, current_app.extensions["monitor.turns"])
