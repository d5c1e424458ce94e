"""The tokens of a page's forms: new at each sending, also of a page that was made before.

While a page is made to be kept, places stand where they go (``placing``); ``filled`` puts this
sending's own there. Nobody outside can write what stands for one.
"""

import contextlib
import secrets
from collections.abc import Iterator
from uuid import uuid4

from flask import g, has_app_context
from flask_wtf.csrf import generate_csrf

_CSRF = "csrf_token"  # what Flask-WTF calls its field, and its place in g
_PLACE = secrets.token_hex(16)  # stands for it
_ONCE = "tokens_placed"


def fresh() -> str:
    """Make the token that lets a form sent twice count once."""
    token = str(uuid4())
    if has_app_context() and _ONCE in g:
        g.get(_ONCE).append(token)
    return token


@contextlib.contextmanager
def placing() -> Iterator[list[str]]:
    """Let a page be made with places for its tokens; gives those that ``fresh`` made meanwhile."""
    placed: list[str] = []
    setattr(g, _CSRF, _PLACE)
    setattr(g, _ONCE, placed)
    try:
        yield placed
    finally:
        g.pop(_CSRF)
        g.pop(_ONCE)


def are_placed() -> bool:
    """Tell whether forms have places for their tokens now, so that what is made holds none of anybody."""
    return bool(g.get(_CSRF) == _PLACE)


def has_form(page: bytes) -> bool:
    """Tell whether a page has a place for a form's token, which is one browser's."""
    return _PLACE.encode() in page


def filled(page: bytes, placed: tuple[str, ...]) -> bytes:
    """Give a page with this browser's token in each form, and new ones for those in ``placed``."""
    if has_form(page):
        page = page.replace(_PLACE.encode(), generate_csrf().encode())
    for token in placed:
        page = page.replace(token.encode(), str(uuid4()).encode())
    return page
