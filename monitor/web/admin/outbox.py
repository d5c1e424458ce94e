"""What an admin does on the page of the mail: send again, stop, say that a refusal was seen."""

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue

from monitor.accounts.tables import Role
from monitor.notify.messages import postmaster
from monitor.web import auth, posting
from monitor.web.admin.pages import mail_page
from monitor.web.current import now, service

blueprint = Blueprint("outbox", __name__)
blueprint.before_request(auth.only(Role.ADMIN))


@blueprint.post("/mail/again")
@posting.form(mail_page)
def send_all_again() -> ResponseReturnValue:
    """Let all that was refused for good, and not seen yet, be sent again."""
    with service().database.write() as session:
        count = postmaster.send_all_again(session, by=auth.actor(), at=now())
    return redirect(url_for("admin.mail", again=count), code=303)


@blueprint.post("/mail/seen")
@posting.form(mail_page)
def note_all_seen() -> ResponseReturnValue:
    """Note that every refusal was seen: Status says no more of them."""
    with service().database.write() as session:
        count = postmaster.note_seen(session, by=auth.actor(), at=now())
    return redirect(url_for("admin.mail", seen=count), code=303)


@blueprint.post("/mail/<uuid>/again")
@posting.form(mail_page)
def send_again(uuid: str) -> ResponseReturnValue:
    """Let one message that was refused for good be sent again."""
    with service().database.write() as session:
        postmaster.send_again(session, uuid, by=auth.actor(), at=now())
    return redirect(url_for("admin.mail", again=1), code=303)


@blueprint.post("/mail/<uuid>/seen")
@posting.form(mail_page)
def note_seen(uuid: str) -> ResponseReturnValue:
    """Note that one refusal was seen."""
    with service().database.write() as session:
        postmaster.note_seen(session, by=auth.actor(), at=now(), uuid=uuid)
    return redirect(url_for("admin.mail", seen=1), code=303)


@blueprint.post("/mail/<uuid>/stop")
@posting.form(mail_page)
def stop(uuid: str) -> ResponseReturnValue:
    """Cancel one message that still waits."""
    with service().database.write() as session:
        postmaster.stop(session, uuid, by=auth.actor(), at=now())
    return redirect(url_for("admin.mail", stopped=1), code=303)


@blueprint.post("/mail/readers/<int:reader_id>/write-again")
@posting.form(mail_page)
def write_again(reader_id: int) -> ResponseReturnValue:
    """Write again to a reader who was let go since their mailbox seemed to be no more."""
    reason = request.form.get("reason", "")
    with service().database.write() as session:
        postmaster.write_again(session, reader_id, reason=reason, by=auth.actor(), at=now())
    return redirect(url_for("admin.mail", written=1), code=303)
