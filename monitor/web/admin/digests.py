"""What the next digests will say, before they go, and tests of any mail to whoever administers."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from monitor.accounts.tables import Role
from monitor.kernel.errors import Conflict, NotFound
from monitor.notify.digests import making
from monitor.notify.digests.making import Workshop
from monitor.notify.messages.claiming import Claimed
from monitor.notify.tables import Subscriber, SubscriberState
from monitor.notify.writing import trying
from monitor.web import auth, posting, turns
from monitor.web.admin import letters
from monitor.web.admin.pages import mail_page
from monitor.web.current import now, service
from monitor.web.forms import Problems, Typed

blueprint = Blueprint("digests", __name__)
blueprint.before_request(auth.only(Role.ADMIN))


@blueprint.get("/mail/next")
def ask() -> str:
    """Ask whose digest is to be seen."""
    return _ask(Typed(), None)


def _ask(typed: Typed, problems: Problems | None) -> str:
    return render_template("staff/mail/digest_ask.html", typed=typed, problems=problems)


@blueprint.post("/mail/next")
@posting.form(_ask, {"address": "reader"})
def find() -> ResponseReturnValue:
    """Find a reader by their address, which stands in no link."""
    problems = Problems()
    with service().database.read() as session:
        try:
            reader = making.reader_at(session, request.form.get("reader", "")).id
        except NotFound:
            problems.add("reader", "Nobody at this address gets e-mails")
            reader = 0
    problems.must_be_none()
    return redirect(url_for("digests.next_one", reader=reader), code=303)


@blueprint.get("/mail/next/<int:reader>")
@turns.large
def next_one(reader: int) -> str:
    """Show what a reader's digest would say if it were due now."""
    return _next_page(Typed(), None, reader=reader)


def _next_page(typed: Typed, problems: Problems | None, *, reader: int) -> str:  # noqa: ARG001 - a button alone
    next_ = _composed(reader)
    here = service()
    return render_template(
        "staff/mail/digest_next.html",
        reader=reader,
        letter=_letter(next_) if next_ else None,
        sent=request.args.get("sent"),
        own=here.settings.web.public_url,
        problems=problems,
    )


@blueprint.get("/mail/next/<int:reader>/html")
@turns.large
def next_html(reader: int) -> Response:
    """Give the HTML part of what a reader's digest would say, for a frame.

    Raises:
        NotFound: there is no such reader, or nothing is to be told.
    """
    next_ = _composed(reader)
    if next_ is None:
        raise NotFound("Nothing is to be told.")
    return letters.in_frame(_letter(next_))


@blueprint.post("/mail/next/<int:reader>/test")
@posting.form(_next_page)
def send_next(reader: int) -> ResponseReturnValue:
    """Send whoever asks what a reader's digest would say; it counts as told to nobody."""
    here = service()
    with here.database.write() as session:
        shop = Workshop(here.settings, here.catalogue)
        next_ = trying.next_digest(session, shop, _reader(session, reader), at=now())
        if next_ is None:
            raise Conflict("Nothing is to be told any more.")
        to = auth.reader().address
        trying.send_next(session, here.settings, next_, to, by=auth.actor(), at=now())
    return redirect(url_for("digests.next_one", reader=reader, sent=1), code=303)


@blueprint.post("/mail/<uuid>/copy")
@posting.form(mail_page)
def send_copy(uuid: str) -> ResponseReturnValue:
    """Send whoever asks a copy of a mail; it counts as told to nobody."""
    here = service()
    with here.database.write() as session:
        to = auth.reader().address
        trying.send_copy(session, here.settings, uuid, to, by=auth.actor(), at=now())
    return redirect(url_for("admin.letter", uuid=uuid, copied=1), code=303)


def _composed(reader: int) -> Claimed | None:
    here = service()
    with here.database.read() as session:
        shop = Workshop(here.settings, here.catalogue)
        return trying.next_digest(session, shop, _reader(session, reader), at=now())


def _reader(session: Session, reader: int) -> Subscriber:
    found = session.get(Subscriber, reader)
    if found is None or found.state is not SubscriberState.ACTIVE:
        raise NotFound("Nobody by this number gets e-mails.")
    return found


def _letter(next_: Claimed) -> letters.Letter:
    here = service()
    return letters.of_written(trying.written(next_, here.settings, here.secret), next_.address)
