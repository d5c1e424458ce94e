"""Whose private view this browser has open: a cookie that holds a sitting's token, and nothing else.

Every page behind it is closed as a whole by ``only_open``, so a new page in a blueprint that takes
it is closed too. Nobody's role opens one: an admin has no more right here than a stranger.
"""

from flask import Blueprint, Response, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from monitor.mine import links
from monitor.mine.links import OpenedView
from monitor.mine.rules import SITTING_LASTS
from monitor.web import cookies, posting
from monitor.web.current import now, service

_COOKIE = "my-services"


def close(blueprint: Blueprint) -> Blueprint:
    """Close a blueprint to whoever has no view open, and keep its pages out of every store."""
    blueprint.before_request(only_open)
    blueprint.after_request(private)
    return blueprint


def only_open() -> ResponseReturnValue | None:
    """Find out whose view is open; without one, send to where the link is asked for.

    A form that was sent is not lost: what was typed is shown, and going back sends it again.
    """
    view = opened()
    if view is not None:
        g.opened = view
        return None
    if request.method in {"GET", "HEAD"}:
        return redirect(url_for("my_services.form"), code=303)
    return render_template("public/mine/closed.html", typed=posting.typed_pairs()), 401


def opened() -> OpenedView | None:
    """Tell whose view this browser has open."""
    shown = request.cookies.get(cookie_name())
    if not shown:
        return None
    with service().database.read() as session:
        return links.opened(session, shown, now())


def whose() -> OpenedView:
    """Give whose view is open, on a page that is closed to others."""
    view: OpenedView = g.opened
    return view


def cookie_name() -> str:
    """Name the cookie."""
    return cookies.named(_COOKIE)


def keep(response: Response, token: str) -> Response:
    """Hand a sitting's token to the browser."""
    return cookies.keep(response, _COOKIE, token, SITTING_LASTS)


def forget(response: Response) -> Response:
    """Take the token back from the browser."""
    return cookies.forget(response, _COOKIE)


def private(response: Response) -> Response:
    """Keep a page out of stores, and its address to itself."""
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response
