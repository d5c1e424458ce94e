"""Public pages and files that were made and still stand: handed out again until anything is committed.

Nobody has to tell that a page is outdated: it is rendered anew once any process has committed
anything (``Database.commits``), and once the minute is another, since pages tell how long ago things
were. What is kept holds nothing of one reader: whoever is signed in gets a page of their own, and a
page with a form, whose token is one browser's, cannot be kept. It lies in memory, up to so many bytes,
packed too: a page holds no secret that its packed size could give away.
"""

import functools
import hashlib
import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import ParamSpec, cast

from flask import Response, current_app, g, request
from flask.typing import ResponseReturnValue

from monitor.web import auth, packing, turns
from monitor.web.current import now, service

P = ParamSpec("P")
Key = tuple[Hashable, ...]

LARGEST = 8 * 2**20  # bytes of all pages that are kept
_TOKEN = "csrf_token"  # noqa: S105 - what Flask-WTF calls its field, its place in g and its own part
_PLACE = secrets.token_hex(16)  # stands for a form's token; nobody outside can write it
_TAG_BYTES = 12


@dataclass(frozen=True, slots=True)
class Page:
    """One page or file as made: when that was, what was committed by then, and its bytes without a token.

    ``packed`` by gzip, where that is worth it; ``head`` is what a file says of itself.
    """

    stands: Key
    body: bytes
    packed: bytes | None
    digest: str
    head: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, stands: Key, made: str | Response) -> "Page":
        """Keep what a view gave."""
        body = made.encode() if isinstance(made, str) else made.get_data()
        head = () if isinstance(made, str) else tuple(made.headers.to_wsgi_list())
        told = tuple((name, value) for name, value in head if name != "Content-Length")
        return cls(stands, body, packing.packed(body), hashlib.sha256(body).hexdigest(), told)

    @property
    def size(self) -> int:
        """How many bytes are kept of it."""
        return len(self.body) + len(self.packed or b"")


class Pages:
    """The pages kept, the one asked for last at the end. Safe for many threads."""

    def __init__(self, largest: int = LARGEST) -> None:
        self._largest, self._size = largest, 0
        self._pages: OrderedDict[Key, Page] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Key, stands: Key) -> Page | None:
        """Give the page where it still stands."""
        with self._lock:
            page = self._pages.get(key)
            if page is None or page.stands != stands:
                return None
            self._pages.move_to_end(key)
            return page

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


def once(
    by: Callable[[], Hashable] = lambda: None, *, file: bool = False
) -> Callable[[Callable[P, ResponseReturnValue]], Callable[P, ResponseReturnValue]]:
    """Make a public view that is rendered once for all readers who are not signed in.

    ``by`` gives what the page shows beside its path. A view that gives anything else than a string
    is not kept: so it says that what it shows is not how things stand. Of a ``file`` the answer is
    kept, with its head.
    """

    def decorate(view: Callable[P, ResponseReturnValue]) -> Callable[P, ResponseReturnValue]:
        @functools.wraps(view)
        def shown(*args: P.args, **path: P.kwargs) -> ResponseReturnValue:
            if auth.current_user() is not None or g.get("unknown"):
                return view(*args, **path)
            made = _page((request.path, by()), functools.partial(view, *args, **path), file=file)
            return _sent(made) if isinstance(made, Page) else made

        return shown

    return decorate


def _page(
    key: Key, render: Callable[[], ResponseReturnValue], *, file: bool
) -> Page | ResponseReturnValue:
    """Give the page as kept, or render it: one of those who ask for it at a time."""
    pages = cast(Pages, current_app.extensions["monitor.rendered"])
    found = pages.get(key, _stands())
    if found is not None:
        return found
    with turns.public(key):
        # asked before anything is read: what is committed meanwhile makes it another
        stands = _stands()
        found = pages.get(key, stands)
        if found is not None:
            return found
        made = _rendered(render)
        if not isinstance(made, (str, Response) if file else str):
            return made
        page = Page.of(stands, made)
        if stands[0] is not None:
            pages.put(key, page)
        return page


def _stands() -> Key:
    """Say what a page rendered now rests on; nothing equals it where that cannot be told."""
    word = service().database.commits()
    return (word, int(now().timestamp()) // 60 if word else object())


def _rendered(render: Callable[[], ResponseReturnValue]) -> ResponseReturnValue:
    """Render a page that holds no form: its token would be one browser's, and so would the page.

    Raises:
        RuntimeError: it holds one.
    """
    setattr(g, _TOKEN, _PLACE)
    try:
        html = render()
    finally:
        g.pop(_TOKEN)
    if isinstance(html, str) and _PLACE in html:
        raise RuntimeError(f"{request.path} is kept for everybody and holds a form’s token")
    return html


def _sent(page: Page) -> Response:
    """Answer with the page, or that the reader's own copy still stands."""
    answer = packing.answer(page.body, page.packed)
    answer.headers.update(page.head)
    answer.headers["Cache-Control"] = "no-cache"
    answer.vary.add("Cookie")
    answer.set_etag(page.digest[: 2 * _TAG_BYTES], weak=True)
    return cast(Response, answer.make_conditional(request))
