"""Headers, form tokens and request limits of every response. Knows no page and no user.

Nothing inline runs or styles: pages hold no ``style`` and no script, so the policy is strict.
"""

import hmac
from collections.abc import Callable

from flask import Flask, Response, g, request
from flask_limiter import Limiter
from flask_wtf import CSRFProtect
from werkzeug.exceptions import BadRequest
from werkzeug.routing import IntegerConverter, Map

from monitor.service import Service
from monitor.web.proxies import limit_key

POLICY = "; ".join(
    (
        "default-src 'self'",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
}
_YEAR = 365 * 24 * 60 * 60
_SESSION = 12 * 60 * 60  # as long as a sign-in lives, so that a slow form still goes through
_MEGABYTE = 1_000_000
_LARGEST_ID = 2**31 - 1  # of an INTEGER key on PostgreSQL

csrf = CSRFProtect()


def client() -> str:
    """Name who is asking, as limits count them: an address, or the /64 network it lies in."""
    return limit_key(request.remote_addr or "")


# Memory is enough: one web process is the default, and more processes only widen the limit.
# The address is the connection's own, or what a proxy that the settings name says (web.proxies).
limiter = Limiter(client, storage_uri="memory://")


class RowId(IntegerConverter):
    """An id in a path: one that no table can hold is an unknown page, not a database error."""

    def __init__(self, map: Map, **options: int | bool | None) -> None:
        super().__init__(map, **{"max": _LARGEST_ID, **options})  # type: ignore[arg-type]  # werkzeug's own options


def protect(app: Flask, site: Service) -> None:
    """Put the guards around every page of ``app``."""
    app.config.update(
        SECRET_KEY=hmac.digest(site.secret, b"web form tokens", "sha256"),
        # the cookie that binds form tokens to a browser; signing in has its own
        SESSION_COOKIE_NAME="__Host-form" if site.is_https else "form",
        SESSION_COOKIE_SECURE=site.is_https,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        WTF_CSRF_TIME_LIMIT=_SESSION,
        # token pages send no referrer, so its presence proves nothing: the token does
        WTF_CSRF_SSL_STRICT=False,
        MAX_CONTENT_LENGTH=_MEGABYTE,
        RATELIMIT_HEADERS_ENABLED=False,
    )
    app.url_map.converters["int"] = RowId
    app.url_map.merge_slashes = False  # no redirect from an address somebody else wrote
    csrf.init_app(app)
    limiter.init_app(app)
    app.before_request(_refuse_unreadable_text)
    app.after_request(_headers(https=site.is_https))


def _refuse_unreadable_text() -> None:
    """Refuse text no database can hold: NUL, and halves of a character pair.

    Raises:
        BadRequest: the path, the query or a short form holds such text.
    """
    values = [request.path, *request.args.values()]
    if request.mimetype in {"application/x-www-form-urlencoded", "multipart/form-data"}:
        values += [value for _, value in request.form.items(multi=True)]
    if any("\0" in value or not _is_text(value) for value in values):
        raise BadRequest("The request holds characters that are not text.")


def _is_text(value: str) -> bool:
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _headers(*, https: bool) -> Callable[[Response], Response]:
    fixed = dict(HEADERS)
    if https:
        fixed["Strict-Transport-Security"] = f"max-age={_YEAR}; includeSubDomains"

    def add(response: Response) -> Response:
        for name, value in fixed.items():
            # one page, a mail shown in a frame, brings a stricter policy of its own
            response.headers.setdefault(name, value)
        response.headers.setdefault("Referrer-Policy", "same-origin")
        signed_in = g.get("user") is not None
        response.headers.setdefault("Cache-Control", "no-store" if signed_in else "no-cache")
        return response

    return add
