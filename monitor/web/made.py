"""Pages that were made and still stand: handed out again while all that was asked for them is answered as it was.

Nobody has to tell that a page is outdated: once any process has committed anything
(``Database.commits``) it is asked whether it stands (``asked_again``; ADR 28, 30), and once the
minute is another it is made anew, since pages tell how long ago things were. They lie in memory, up
to so many bytes. Public ones are kept for everybody (``public.rendered``); a large page of somebody
who is signed in for that one session, and never for another (``for_one_reader``). Only pages are
kept: never an error, a refusal or what leads elsewhere.
"""

import contextlib
import functools
import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from typing import ParamSpec, cast

from flask import Response, current_app, request
from flask.typing import ResponseReturnValue

from monitor.kernel.errors import Unavailable
from monitor.kernel.persistence.asked_again import Answers, Known, Lately
from monitor.web import auth, noting, packing, tokens, turns
from monitor.web.current import Committed, committed, minute, service
from monitor.web.shared import OneAtATime

P = ParamSpec("P")
Key = tuple[Hashable, ...]
Turn = Callable[[Key], AbstractContextManager[bool]]
View = Callable[[], ResponseReturnValue]

LARGEST = 8 * 2**20  # bytes of all pages of a store
_LONGEST = 1_000  # characters of an address; a page of a longer one is not kept
_IS_KEPT = "is_kept"


@dataclass(frozen=True, slots=True)
class Stands:
    """What a page rests on: what was committed, and the minute; ``asked``: since when, as ``Committed``.

    Where it cannot be told what was committed, a page rests on nothing that could be found again.
    """

    word: str | None
    minute: int
    asked: float = field(compare=False)


@dataclass(frozen=True, slots=True)
class Page:
    """One page or file as made: when that was, what was committed by then, and its bytes without a token.

    ``packed`` by gzip, where it holds no secret and that is worth it; ``digest`` tells it from others;
    ``head`` is what a file says of itself. ``placed`` are what must be new in it at each sending.
    ``answers`` are all that it was made of; None: of more, so that only a commit tells.
    """

    stands: Stands
    body: bytes
    packed: bytes | None
    digest: str
    head: tuple[tuple[str, str], ...] = ()
    placed: tuple[str, ...] = ()
    answers: Answers | None = field(default=None, compare=False, repr=False)

    @classmethod
    def for_all(cls, stands: Stands, made: str | Response, answers: Answers) -> "Page":
        """Keep what a public view gave, made of nothing but these answers and the minute."""
        body = made.encode() if isinstance(made, str) else made.get_data()
        head = () if isinstance(made, str) else tuple(made.headers.to_wsgi_list())
        told = tuple((name, value) for name, value in head if name != "Content-Length")
        digest = hashlib.sha256(body).hexdigest()
        return cls(stands, body, packing.packed(body), digest, told, answers=answers)

    @property
    def size(self) -> int:
        """How many bytes are kept of it."""
        answers = self.answers.size if self.answers else 0
        return len(self.body) + len(self.packed or b"") + answers


class Pages:
    """The pages kept, the one asked for last at the end. Safe for many threads."""

    def __init__(self, largest: int = LARGEST) -> None:
        self._largest, self._size = largest, 0
        self._pages: OrderedDict[Key, Page] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Key, stands: Stands) -> Page | None:
        """Give the page where it still stands."""
        with self._lock:
            page = self._pages.get(key)
            if page is None or page.stands != stands:
                return None
            self._pages.move_to_end(key)
            return page

    def since(self, key: Key, asked: float) -> Page | None:
        """Give the page if it is as new as a request that came then, whether or not it still stands."""
        with self._lock:
            page = self._pages.get(key)
            return page if page is not None and page.stands.asked >= asked else None

    def of_minute(self, key: Key, minute: int) -> Page | None:
        """Give the page if it is of that minute, whatever was committed since."""
        with self._lock:
            page = self._pages.get(key)
            return page if page is not None and page.stands.minute == minute else None

    def put(self, key: Key, page: Page) -> None:
        """Keep a page instead of the one there was; the longest unasked for make room."""
        with self._lock:
            self._drop(key)
            self._pages[key] = page
            self._size += page.size
            while self._size > self._largest:
                self._drop(next(iter(self._pages)))

    def __len__(self) -> int:
        return len(self._pages)

    def _drop(self, key: Key) -> None:
        page = self._pages.pop(key, None)
        self._size -= page.size if page else 0


def given(
    pages: Pages, key: Key, turn: Turn, make: Callable[[Stands], Page | ResponseReturnValue]
) -> Page | ResponseReturnValue:
    """Give the page as kept, or make it: one of those who ask for it at a time.

    ``make`` is told on what it stands; what it gives beside a page is passed on and not kept.
    """
    # asked before anything is read: what is committed meanwhile makes it another
    stands = _stands(committed())
    kept = pages.get(key, stands)
    if kept is not None:
        return kept
    with turn(key) as waited:
        # what somebody made while this request waited is as new as the request, whatever came since
        kept = pages.get(key, stands) or pages.since(key, stands.asked)
        if kept is not None:
            return kept
        if waited:
            stands = _stands(committed(anew=True))
        known = _lately().since(stands.word)
        made = _again(pages.of_minute(key, stands.minute), stands, known) or make(stands)
        if isinstance(made, Page) and stands.word is not None:
            pages.put(key, made)
            if made.answers is not None:
                made.answers.tell(known)
        return made


def _again(page: Page | None, stands: Stands, known: Known) -> Page | None:
    """Give a page anew where all that it was made of is answered as it was."""
    if page is None or page.answers is None:
        return None
    # those who have the same address would ask the same: one of them does, the others then know;
    # where it cannot be asked now, the view decides what to show, and has the time of a page for it
    alone = cast(OneAtATime, current_app.extensions["monitor.asking"])
    address = request.path, request.query_string
    with contextlib.suppress(Unavailable), turns.limited_apart(), alone.of(address):
        if page.answers.stand(known, service().database.read):
            return replace(page, stands=stands)
    return None


def _lately() -> Lately:
    """Give what was answered to any page since the last commit."""
    return cast(Lately, current_app.extensions["monitor.lately"])


def _stands(what: Committed) -> Stands:
    return Stands(what.word, minute(), what.asked)


def for_one_reader(view: Callable[P, ResponseReturnValue]) -> Callable[P, ResponseReturnValue]:
    """Make a view that is a large page, handed out again to the session it was made for.

    It stands after every guard, so a session that ended, or may no longer see it, is never asked
    here. It may show nothing that is neither committed nor in its address; its time is the end of
    the minute. Where something was committed, it is asked whether it still stands.
    """
    return _kept(view, _of_answers)


def until_a_commit(view: Callable[P, ResponseReturnValue]) -> Callable[P, ResponseReturnValue]:
    """Make the same of a view that reads more than the database, or judges by the second.

    Whatever is committed, it is made anew.
    """
    return _kept(view, _as_it_is)


def is_kept(view: object) -> bool:
    """Tell whether a view's pages are handed out again to the session they were made for."""
    return getattr(view, _IS_KEPT, False)


def _kept(
    view: Callable[P, ResponseReturnValue],
    make: Callable[[View, Stands], Page | ResponseReturnValue],
) -> Callable[P, ResponseReturnValue]:
    @functools.wraps(view)
    def shown(*args: P.args, **path: P.kwargs) -> ResponseReturnValue:
        key, own = _own_key(), functools.partial(view, *args, **path)
        if len(request.full_path) > _LONGEST:
            with turns.own(key):
                return own()
        pages = cast(Pages, current_app.extensions["monitor.made"])
        made = given(pages, key, turns.own, functools.partial(make, own))
        return tokens.filled(made.body, made.placed) if isinstance(made, Page) else made

    setattr(shown, _IS_KEPT, True)
    return turns.marked(shown)


def _own_key() -> Key:
    """Say whose page it is and which: nobody else's session makes the same."""
    return (*auth.whose(), request.script_root, request.path, request.query_string)


def _of_answers(view: View, stands: Stands) -> Page | ResponseReturnValue:
    with noting.of_answers(stands.minute) as answers:
        made = _as_it_is(view, stands)
    return replace(made, answers=answers) if isinstance(made, Page) else made


def _as_it_is(view: View, stands: Stands) -> Page | ResponseReturnValue:
    with tokens.placing() as placed:
        made = view()
    if isinstance(made, str):
        return Page(stands, made.encode(), None, "", placed=tuple(placed))
    if isinstance(made, tuple) and isinstance(made[0], str):
        return (tokens.filled(made[0].encode(), tuple(placed)), *made[1:])
    return made
