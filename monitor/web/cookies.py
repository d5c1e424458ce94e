"""Cookies that hold a secret token and nothing else: named, handed over and taken back in one way."""

from datetime import timedelta
from typing import TypeVar

from werkzeug.wrappers import Response

from monitor.web.current import service

ResponseT = TypeVar("ResponseT", bound=Response)


def named(name: str) -> str:
    """Name a cookie; ``__Host-`` binds it to this host, and only works over https."""
    return f"__Host-{name}" if service().is_https else name


def keep(response: ResponseT, name: str, token: str, lasts: timedelta) -> ResponseT:
    """Hand a token to the browser."""
    response.set_cookie(
        named(name),
        token,
        max_age=int(lasts.total_seconds()),
        path="/",
        secure=service().is_https,
        httponly=True,
        samesite="Lax",
    )
    return response


def forget(response: ResponseT, name: str) -> ResponseT:
    """Take a token back from the browser."""
    response.delete_cookie(
        named(name), path="/", secure=service().is_https, httponly=True, samesite="Lax"
    )
    return response
