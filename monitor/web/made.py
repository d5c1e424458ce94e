"""Pages that were made and still stand: handed out again until anything is committed.

Nobody has to tell that a page is outdated: it is made anew once any process has committed anything
(``Database.commits``), and once the minute is another, since pages tell how long ago things were.
They lie in memory, up to so many bytes. Public ones are kept for everybody (``public.rendered``),
beyond a commit too where all that was asked for them is answered as it was (``answers``, ADR 28);
a large page of somebody who is signed in for that one session, and never for another
(``for_one_reader``). Only pages are kept: never an error, a refusal or what leads elsewhere.
"""

import contextlib
import functools
import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import ParamSpec, cast

from flask import Response, current_app, g, has_request_context, request
from flask.typing import ResponseReturnValue

from monitor.kernel.errors import Unavailable
from monitor.kernel.persistence.asked_again import Answers
from monitor.web import auth, packing, tokens, turns
from monitor.web.current import Committed, committed, now, service

P = ParamSpec("P")
Key = tuple[Hashable, ...]
Turn = Callable[[Key], AbstractContextManager[bool]]

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
        made = _again(pages.of_minute(key, stands.minute), stands) or make(stands)
        if isinstance(made, Page) and stands.word is not None:
            pages.put(key, made)
        return made


def _again(page: Page | None, stands: Stands) -> Page | None:
    """Give a page anew where all that it was made of is answered as it was."""
    if page is None or page.answers is None or not page.answers.is_whole:
        return None
    # where it cannot be asked now, the view decides what to show
    with contextlib.suppress(Unavailable), service().database.read() as session:
        if page.answers.stand(session):
            return replace(page, stands=stands)
    return None


def answers() -> Answers | None:
    """Give where to note what the database answers this request; None: nowhere."""
    return cast(Answers | None, g.get("answers")) if has_request_context() else None


@contextlib.contextmanager
def of_answers(stands: Stands) -> Iterator[Answers]:
    """Note what the database answers meanwhile, and let the time be the end of the minute.

    So all that happens within the minute has happened by then, and what is made hangs on nothing but
    the answers and the minute.
    """
    g.as_of = datetime.fromtimestamp((stands.minute + 1) * 60, UTC) - timedelta(microseconds=1)
    g.answers = noted = Answers()
    try:
        yield noted
    finally:
        del g.as_of, g.answers


def _stands(what: Committed) -> Stands:
    return Stands(what.word, int(now().timestamp()) // 60, what.asked)


def for_one_reader(view: Callable[P, ResponseReturnValue]) -> Callable[P, ResponseReturnValue]:
    """Make a view that is a large page, handed out again to the session it was made for.

    It stands after every guard, so a session that ended, or may no longer see it, is never asked
    here. It may show nothing that is neither committed nor in its address.
    """

    @functools.wraps(view)
    def shown(*args: P.args, **path: P.kwargs) -> ResponseReturnValue:
        key, make = _own_key(), functools.partial(_own_page, functools.partial(view, *args, **path))
        if len(request.full_path) > _LONGEST:
            with turns.own(key):
                return view(*args, **path)
        pages = cast(Pages, current_app.extensions["monitor.made"])
        made = given(pages, key, turns.own, make)
        return tokens.filled(made.body, made.placed) if isinstance(made, Page) else made

    setattr(shown, _IS_KEPT, True)
    return turns.marked(shown)


def is_kept(view: object) -> bool:
    """Tell whether a view's pages are handed out again to the session they were made for."""
    return getattr(view, _IS_KEPT, False)


def _own_key() -> Key:
    """Say whose page it is and which: nobody else's session makes the same."""
    reader = auth.reader()
    whose = (auth.session_key(), reader.id, reader.role)
    return (*whose, request.script_root, request.path, request.query_string)


def _own_page(
    view: Callable[[], ResponseReturnValue], stands: Stands
) -> Page | ResponseReturnValue:
    with tokens.placing() as placed:
        made = view()
    if isinstance(made, str):
        return Page(stands, made.encode(), None, "", placed=tuple(placed))
    if isinstance(made, tuple) and isinstance(made[0], str):
        return (tokens.filled(made[0].encode(), tuple(placed)), *made[1:])
    return made
