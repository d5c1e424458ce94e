"""What we hold of an address: by a link mailed to it a moment ago, taken away whole, or erased.

The same answer for everybody. The links in e-mails, which are passed on, lead here no further than to
have that link mailed to the reader's own address. Opening it changes nothing: whatever opens every
link in a mail, as scanners do, finds a page, and behind it a button.
"""

import json

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from monitor.kernel.language.uk import uk_day_of
from monitor.mine import everything
from monitor.notify.messages import copies
from monitor.notify.readers import own_links, tokens
from monitor.web import posting
from monitor.web.current import now, service
from monitor.web.forms import Problems, Typed
from monitor.web.public.readers import asking, subscribe
from monitor.web.public.readers.subscribe import message_of, private
from monitor.web.security import limiter

blueprint = Blueprint("own_data", __name__)
blueprint.after_request(private)


@blueprint.get("/own-data")
def form() -> str:
    """Take an address, to mail the link to it."""
    return _form(Typed(), None)


def _form(typed: Typed, problems: Problems | None) -> str:
    return render_template("public/readers/own_data/ask.html", typed=typed, problems=problems)


@blueprint.post("/own-data")
@asking.bounded
@posting.form(_form, {"address": "email"})
def ask() -> ResponseReturnValue:
    """Mail the link to an address, whoever it is."""
    here = service()
    with here.database.write() as session:
        own_links.ask(session, here.settings, address=request.form.get("email", ""), at=now())
    return render_template("public/readers/own_data/asked.html")


def _choices(typed: Typed, problems: Problems | None, *, token: str) -> str:  # noqa: ARG001 - a button alone
    return subscribe.choices_now(token, problems)


@blueprint.get("/choices/<token>/own-data")
def asked_before(token: str) -> ResponseReturnValue:
    """Lead back to the choices who opens anew what the button answered, as a phone does."""
    return redirect(url_for("subscribe.choices", token=token), 303)


@blueprint.post("/choices/<token>/own-data")
@limiter.limit(asking.OF_ONE)
@posting.form(_choices)
def ask_by_mail(token: str) -> ResponseReturnValue:
    """Mail the link to the reader whose mail's link this is, to their own address."""
    here, uuid = service(), message_of(tokens.Purpose.CHOICES, token)
    with here.database.write() as session:
        own_links.ask_for_reader(session, here.settings, uuid, now())
    return render_template("public/readers/own_data/asked.html")


@blueprint.get("/own-data/<token>")
def shown(token: str) -> str:
    """Show what is held in brief, with the address in full."""
    opened = _opened(token)
    if opened.address is None:
        return render_template("public/readers/own_data/erased.html")
    with service().database.read() as session:
        held = everything.in_brief(session, opened.address)
    return render_template(
        "public/readers/own_data/held.html",
        token=token,
        address=opened.address,
        held=held,
        minutes=_minutes_left(opened),
    )


@blueprint.get("/own-data/<token>/data")
def data(token: str) -> ResponseReturnValue:
    """Give everything that is held, as JSON."""
    here, opened = service(), _opened(token)
    if opened.address is None:
        return render_template("public/readers/own_data/erased.html")
    with here.database.read() as session:
        told = everything.held(session, opened.address, here.catalogue)
    text = json.dumps(told, ensure_ascii=False, indent=2) + "\n"
    answer = Response(text, content_type="application/json; charset=utf-8")
    name = f"gap-monitor-{uk_day_of(now()).date.isoformat()}.json"
    answer.headers["Content-Disposition"] = f"attachment; filename={name}"
    return answer


@blueprint.get("/own-data/<token>/erase")
def ask_erase(token: str) -> str:
    """Say what would be erased and what stays, and show the button that does it."""
    return _ask_erase(Typed(), None, token=token)


def _ask_erase(typed: Typed, problems: Problems | None, *, token: str) -> str:  # noqa: ARG001 - a button alone
    opened = _opened(token)
    if opened.address is None:
        return render_template("public/readers/own_data/erased.html")
    with service().database.read() as session:
        held = everything.in_brief(session, opened.address)
    return render_template(
        "public/readers/own_data/erase.html",
        token=token,
        address=opened.address,
        held=held,
        problems=problems,
    )


@blueprint.post("/own-data/<token>/erase")
@posting.form(_ask_erase)
def erase(token: str) -> ResponseReturnValue:
    """Erase, once; the same link again says that it is done."""
    here, uuid = service(), message_of(tokens.Purpose.OWN_DATA, token)
    uuids: list[str] = []
    with here.database.write() as session:
        opened = own_links.opened(session, uuid, now())
        if opened.address is not None:
            uuids += everything.erase(session, opened.address, now())
    copies.drop(here.settings.var / "mail", uuids)
    return render_template("public/readers/own_data/erased.html")


def _opened(token: str) -> own_links.OwnLink:
    uuid = message_of(tokens.Purpose.OWN_DATA, token)
    with service().database.read() as session:
        return own_links.opened(session, uuid, now())


def _minutes_left(opened: own_links.OwnLink) -> int:
    return max(1, int((opened.until - now()).total_seconds() // 60))
