"""Every error as a page in the product's look. Says what to do next; never shows what broke inside."""

from dataclasses import dataclass

from flask import Flask, make_response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from monitor.kernel.errors import (
    Conflict,
    InvalidInput,
    LinkOver,
    MonitorError,
    NotFound,
    NoTurn,
    TooSlow,
    Unavailable,
)
from monitor.kernel.language import english
from monitor.kernel.process.log import log
from monitor.web import posting


@dataclass(frozen=True, slots=True)
class _Words:
    title: str
    advice: str


_WORDS = {
    400: _Words("That request cannot be used", "Go back, check what you entered and try again."),
    401: _Words("Sign in first", "This page is for people who are signed in."),
    403: _Words("This page is not for your role", "Ask an admin if you need it."),
    404: _Words("Page not found", "Check the address, or start again from the overview."),
    405: _Words("That cannot be done here", "Go back and use the buttons on the page."),
    409: _Words("That cannot be done now", "Go back and reload the page to see how it stands now."),
    413: _Words("That is too much at once", "Send less than a megabyte."),
    429: _Words("Too many requests", "Wait a minute, then try again."),
    500: _Words("Something went wrong here", "Nothing was saved. Try again in a few minutes."),
    503: _Words(
        "The database is busy",
        "Nothing was recorded. It is usually over within seconds: wait a little, then try again.",
    ),
}

_LINK_OVER = _Words(
    "This link does not work", "Everything readers need is public, and needs no link."
)

# where another link is asked for, by the pages that the one which ended leads to
_ANOTHER_LINK = {
    "own_data": "own_data.form",
    "my_services": "my_services.form",
    "subscribe": "subscribe.form",
}

# What else may be the matter where a page cannot be had just now, and what helps.
_NOT_NOW: dict[type[Unavailable], _Words] = {
    TooSlow: _Words(
        "That page takes too long",
        "It was given up, so that others are answered. Nothing was recorded. Ask for less: choose "
        "one intervention, a narrower filter or a longer word. Or try again in a few minutes.",
    ),
    NoTurn: _Words(
        "Too many large pages are being read",
        "Nothing was recorded. Wait a few seconds, then try again.",
    ),
}


def register(app: Flask) -> None:
    """Turn every error into a page."""
    app.register_error_handler(NotFound, _not_found)
    app.register_error_handler(Conflict, _conflict)
    app.register_error_handler(InvalidInput, _invalid)
    app.register_error_handler(Unavailable, _unavailable)
    app.register_error_handler(CSRFError, _form_expired)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(500, _broken)


def page(status: int, details: str | None = None) -> ResponseReturnValue:
    """Render the page of ``status``; ``details`` is our own sentence about this case.

    What was typed into a form that was sent stands on it, with the way back to the form.
    """
    words = _WORDS.get(status, _WORDS[400 if status < 500 else 500])  # noqa: PLR2004 - HTTP's own line
    return _render(words, status, details)


def _render(
    words: _Words, status: int, details: str | None, another_link: str | None = None
) -> ResponseReturnValue:
    return render_template(
        "errors/error.html",
        words=words,
        details=english.full(details) if details else None,
        typed=_typed(),
        another_link=another_link,
    ), status


def _typed() -> list[tuple[str, str]] | None:
    """List what was typed; None where no form was sent, or it cannot be read."""
    if request.method != "POST":
        return None
    try:
        return posting.typed_pairs() if posting.has_form() else None
    except HTTPException:  # what was sent is too large, or no form
        return None


def _not_found(error: NotFound) -> ResponseReturnValue:
    if isinstance(error, LinkOver):
        another = _ANOTHER_LINK.get(request.blueprint or "")
        return _render(_LINK_OVER, 404, str(error), url_for(another) if another else None)
    return page(404, str(error))


def _conflict(error: Conflict) -> ResponseReturnValue:
    return page(409, str(error))


def _invalid(error: InvalidInput) -> ResponseReturnValue:
    return page(400, str(error))


def _unavailable(error: Unavailable) -> ResponseReturnValue:
    """Show a page that asks the database nothing, with what was typed."""
    log.warning("page.unavailable", path=_place(), reason=str(error))
    words = _NOT_NOW.get(type(error), _WORDS[503])
    answer = make_response(_plain_page(words), 503)
    answer.headers["Retry-After"] = str(posting.RETRY_SECONDS)
    return answer


def _form_expired(error: CSRFError) -> ResponseReturnValue:  # noqa: ARG001 - Flask's signature
    """Show the form again with what was typed: to sign in or restart a browser loses nothing."""
    try:
        shown = posting.shown_again(posting.EXPIRED, 400)
    except HTTPException as refused:
        return _http(refused)
    except Unavailable as busy:
        return _unavailable(busy)
    except MonitorError:  # what it is about is not there, so nothing can be shown of it
        shown = None
    return page(400, posting.EXPIRED) if shown is None else shown


def _http(error: HTTPException) -> ResponseReturnValue:
    if error.code is None or error.code < 400 or error.response is not None:  # noqa: PLR2004 - redirects pass
        return error
    if error.code >= 500:  # noqa: PLR2004 - HTTP's own line
        return _broken(error)
    return page(error.code)


def _broken(error: Exception) -> ResponseReturnValue:
    """Show a page that needs nothing: not the database, not who is signed in."""
    original = getattr(error, "original_exception", None) or error
    log.error("page.broken", path=_place(), error=type(original).__name__)
    return _plain_page(_WORDS[500]), 500


def _place() -> str:
    """Name the page for the log; of one whose address holds a link's token, only which page it is."""
    rule = request.url_rule
    return rule.rule if rule is not None and "token" in rule.arguments else request.path


def _plain_page(words: _Words) -> str:
    return render_template("errors/broken.html", words=words, typed=_typed())
