"""Who is asking, and whether they may. Decides nothing else and never trusts an address sent to it.

A session is a row on the server; the cookie only holds its token. Every staff blueprint is
closed as a whole by ``only``, so a new page in it is closed too.
"""

import contextlib
import functools
from collections.abc import Callable, Hashable
from datetime import timedelta
from typing import ParamSpec, TypeVar, cast
from urllib.parse import urlsplit

from flask import abort, current_app, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.wrappers import Response

from monitor.accounts import actors, authentication, passwords, refusals, rules
from monitor.accounts.tables import Role, User
from monitor.kernel.errors import Unavailable
from monitor.kernel.process.log import log
from monitor.web import cookies, posting
from monitor.web.current import committed, now, service
from monitor.web.forms import Typed
from monitor.web.shared import Store

P = ParamSpec("P")
R = TypeVar("R")

_COOKIE = "session"
_LASTS = timedelta(hours=12)  # as long as a session can live; the server ends it sooner
_WITHOUT_PEOPLE = {"static", "public.healthz"}  # asked too often to look anybody up
_RANK = {role: rank for rank, role in enumerate(Role)}  # each may do what those before it may


def cookie_name() -> str:
    """Name the session cookie."""
    return cookies.named(_COOKIE)


def keep(response: Response, token: str) -> Response:
    """Hand the session's token to the browser."""
    return cookies.keep(response, _COOKIE, token, _LASTS)


def forget(response: Response) -> Response:
    """Take the session's token back from the browser."""
    return cookies.forget(response, _COOKIE)


def token() -> str | None:
    """Give the session token the browser shows, whatever it is worth."""
    return request.cookies.get(cookie_name())


def session_key() -> str:
    """Name the session the browser shows, without telling its token."""
    return passwords.token_hash(token() or "")


def load_user() -> None:
    """Find out who is asking, once per request; leaves the answer in ``g.user``.

    Where the database cannot tell now, pages for everybody go on without it.
    """
    g.user, g.unknown = None, False
    shown = token()
    if not shown or request.endpoint in _WITHOUT_PEOPLE:
        return
    try:
        g.user = _signed_in(shown)
    except Unavailable:
        g.unknown = True


def current_user() -> User | None:
    """Give the person signed in, or None."""
    user: User | None = g.get("user")
    return user


def actor() -> str:
    """Name who is signed in as the ledger does."""
    return actors.of_user(reader().id)


def reader() -> User:
    """Give the person signed in, on a page that is closed to others."""
    user = current_user()
    if user is None:
        abort(401)
    return user


def whose() -> tuple[Hashable, ...]:
    """Name the session, with all that is known of who is signed in: whatever a page shows of them."""
    person = reader()
    return session_key(), *(getattr(person, name) for name in authentication.PERSON)


def only(role: Role) -> Callable[[], ResponseReturnValue | None]:
    """Make a ``before_request`` that closes a whole blueprint to anyone below ``role``."""

    def guard() -> ResponseReturnValue | None:
        return _refusal(role)

    return guard


def requires(role: Role) -> Callable[[Callable[P, R]], Callable[P, R | ResponseReturnValue]]:
    """Close one view to anyone below ``role``; an admin may do what a reviewer may."""

    def decorate(view: Callable[P, R]) -> Callable[P, R | ResponseReturnValue]:
        @functools.wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> R | ResponseReturnValue:
            refusal = _refusal(role)
            return view(*args, **kwargs) if refusal is None else refusal

        return guarded

    return decorate


def local_path(value: str | None, otherwise: str = "/queue") -> str:
    r"""Give ``value`` when it is a path on this host, else ``otherwise``.

    >>> local_path("/papers/7?x=1"), local_path("//evil"), local_path("/\\evil")
    ('/papers/7?x=1', '/queue', '/queue')
    """
    if not value or not value.startswith("/") or value.startswith("//"):
        return otherwise
    if "\\" in value or not value.isprintable():
        return otherwise
    parts = urlsplit(value)
    return otherwise if parts.scheme or parts.netloc else value


def here() -> str:
    """Give the path asked for, as a browser needs it to come back."""
    return request.script_root + request.full_path.rstrip("?")


def _refusal(role: Role) -> ResponseReturnValue | None:
    user = current_user()
    if user is None:
        if g.get("unknown"):
            raise Unavailable("the database cannot tell at the moment who is signed in")
        return _ask_to_sign_in()
    if _RANK[user.role] < _RANK[role]:
        _note_refusal(user, role)
        abort(403)
    return None


def _note_refusal(user: User, role: Role) -> None:
    """Write it into the ledger; where the database is busy, the page is refused all the same."""
    try:
        with service().database.write() as session:
            refusals.page_refused(
                session,
                user_id=user.id,
                role=role.value,
                method=request.method,
                path=request.path,
                at=now(),
            )
    except SQLAlchemyError as error:
        log.warning("refusal.not_noted", error=type(error).__name__)


def _ask_to_sign_in() -> ResponseReturnValue:
    """Send to the sign-in page; a form that was sent comes along, so nothing typed is lost."""
    if request.method in {"GET", "HEAD"}:
        target = here()
        return redirect(url_for("account.sign_in", next=target), code=303)
    page = render_template(
        "account/sign_in.html",
        next=here(),
        draft=posting.draft_of_request(),
        typed=Typed(),
        problems=None,
        expired=True,
        out=False,
    )
    return page, 401


def _signed_in(shown: str) -> User | None:
    """Tell whose session it is; notes that it was used where that can be done at once."""
    at = now()
    started = _started(shown)
    signed_in = started.at(at) if started else None
    if signed_in is None:
        return None
    if at - signed_in.last_seen_at >= rules.SEEN_EVERY:
        # a page that only reads never waits for those that write: the next one notes it
        with contextlib.suppress(Unavailable), service().database.write(wait=0) as session:
            authentication.note_seen(session, shown, at)
        committed(anew=True)
    return signed_in.user


def _started(shown: str) -> authentication.Started | None:
    """Read a session, or give it as it was read since anything was committed.

    Signing out, another password and another role are commits; time is told by the clock. A token
    that nobody has is asked for each time: so strangers can fill nothing.
    """
    sessions = cast(Store, current_app.extensions["monitor.sessions"])
    word, key = committed().word, passwords.token_hash(shown)
    known = sessions.get(word, key) if word else None
    if known is not None:
        return cast(authentication.Started, known)
    with service().database.read() as session:
        started = authentication.started(session, shown)
    if word and started is not None:
        sessions.put(word, key, started)
    return started
