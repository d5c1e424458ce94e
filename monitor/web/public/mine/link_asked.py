"""Asking for the link to one's own services, and opening it. The same answer for everybody.

Opening a link changes nothing and shows nothing private: whatever opens every link in a mail, as
scanners do, finds a button.
"""

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from monitor.mine import links
from monitor.notify.readers import tokens
from monitor.web import posting
from monitor.web.current import now, service
from monitor.web.forms import Problems, Typed
from monitor.web.public.mine import guard
from monitor.web.public.readers import asking
from monitor.web.public.readers.subscribe import message_of
from monitor.web.security import limiter

blueprint = Blueprint("my_services", __name__)


@blueprint.get("/my-services")
def form() -> ResponseReturnValue:
    """Say what My services is, and take an address; whoever has theirs open is led to it."""
    if guard.opened() is not None:
        return redirect(url_for("mine.view"), code=303)
    return _page(Typed(), None)


def _page(typed: Typed, problems: Problems | None) -> str:
    return render_template("public/mine/ask.html", typed=typed, problems=problems)


@blueprint.post("/my-services")
@asking.bounded
@posting.form(_page, {"address": "email"})
def ask() -> ResponseReturnValue:
    """Mail a link to an address, whoever it is."""
    here = service()
    with here.database.write() as session:
        links.ask(session, here.settings, address=request.form.get("email", ""), at=now())
    return render_template("public/mine/asked.html")


@blueprint.get("/mine/open/<token>")
def open_form(token: str) -> str:
    """Show the button that opens the view."""
    return _open_page(Typed(), None, token=token)


def _open_page(typed: Typed, problems: Problems | None, *, token: str) -> str:  # noqa: ARG001 - a button alone
    uuid = message_of(tokens.Purpose.MY_SERVICES, token)
    with service().database.read() as session:
        until = links.may_open(session, uuid, now())
    return render_template("public/mine/open.html", until=until, problems=problems)


@blueprint.post("/mine/open/<token>")
@limiter.limit(asking.OF_ONE)
@posting.form(_open_page)
def open_view(token: str) -> ResponseReturnValue:
    """Open the view on this device; one that was open here is closed."""
    uuid = message_of(tokens.Purpose.MY_SERVICES, token)
    before = request.cookies.get(guard.cookie_name())
    with service().database.write() as session:
        sitting = links.open_view(session, uuid, now())
        if before:
            links.close(session, before)
    return guard.keep(make_response(redirect(url_for("mine.view"), code=303)), sitting)


@blueprint.after_request
def _private(response: Response) -> Response:
    return guard.private(response) if request.view_args else response
