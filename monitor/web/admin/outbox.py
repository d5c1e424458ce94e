"""What an admin does with mail: hold, let go, stop, send again, approve; say that a refusal was seen.

Each step that changes what readers get asks for a reason.
"""

from collections.abc import Callable, Mapping
from typing import TypeVar

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from monitor.accounts.tables import Role
from monitor.kernel.errors import InvalidInput
from monitor.notify import queries as notify
from monitor.notify.messages import postmaster, whole_digests
from monitor.notify.tables import MessageState
from monitor.web import auth, posting
from monitor.web.admin.pages import mail_page
from monitor.web.current import now, service
from monitor.web.forms import Problems, Typed
from monitor.web.staff import labels

blueprint = Blueprint("outbox", __name__)
blueprint.before_request(auth.only(Role.ADMIN))

Step = TypeVar("Step")
# each step, by its word in the form
_OF_ONE: dict[str, Callable[..., None]] = {
    "hold": postmaster.hold,
    "release": postmaster.let_go,
    "cancel": postmaster.stop,
    "again": postmaster.send_again,
}
_OF_DIGEST: dict[str, Callable[..., int]] = {
    "approve": whole_digests.approve,
    "hold": whole_digests.hold,
    "release": whole_digests.let_go,
    "cancel": whole_digests.stop,
    "again": whole_digests.send_again,
}


@blueprint.post("/mail/again")
@posting.form(mail_page)
def send_all_again() -> ResponseReturnValue:
    """Let all that was refused for good, and not seen yet, be sent again."""
    with service().database.write() as session:
        reason = request.form.get("reason", "")
        count = postmaster.send_all_again(session, reason=reason, by=auth.actor(), at=now())
    return redirect(url_for("admin.mail", again=count), code=303)


@blueprint.post("/mail/seen")
@posting.form(mail_page)
def note_all_seen() -> ResponseReturnValue:
    """Note that every refusal was seen: Status says no more of them."""
    with service().database.write() as session:
        count = postmaster.note_seen(session, by=auth.actor(), at=now())
    return redirect(url_for("admin.mail", seen=count), code=303)


@blueprint.post("/mail/<uuid>/seen")
@posting.form(mail_page)
def note_seen(uuid: str) -> ResponseReturnValue:
    """Note that one refusal was seen."""
    with service().database.write() as session:
        postmaster.note_seen(session, by=auth.actor(), at=now(), uuid=uuid)
    return redirect(url_for("admin.mail", seen=1), code=303)


@blueprint.post("/mail/readers/<int:reader_id>/write-again")
@posting.form(mail_page)
def write_again(reader_id: int) -> ResponseReturnValue:
    """Write again to a reader who was let go since their mailbox seemed to be no more."""
    reason = request.form.get("reason", "")
    with service().database.write() as session:
        postmaster.write_again(session, reader_id, reason=reason, by=auth.actor(), at=now())
    return redirect(url_for("admin.mail", written=1), code=303)


@blueprint.get("/mail/<uuid>/do")
def ask(uuid: str) -> str:
    """Ask what to do with one message, and why."""
    return _ask(Typed(), None, uuid=uuid)


def _ask(typed: Typed, problems: Problems | None, *, uuid: str) -> str:
    with service().database.read() as session:
        message = notify.message(session, uuid)
    return render_template(
        "staff/mail/mail_step.html",
        message=message,
        steps=[step for step in _OF_ONE if step in labels.may_be(message)],
        typed=typed,
        problems=problems,
        labels=labels,
        at=now(),
    )


@blueprint.post("/mail/<uuid>/do")
@posting.form(_ask)
def do(uuid: str) -> ResponseReturnValue:
    """Hold, let go, stop or send again one message."""
    step = _step(_OF_ONE)
    reason = request.form.get("reason", "")
    with service().database.write() as session:
        step(session, uuid, reason=reason, by=auth.actor(), at=now())
    return redirect(url_for("admin.letter", uuid=uuid, done=request.form["step"]), code=303)


@blueprint.get("/mail/digests/<int:digest_id>")
def digest(digest_id: int) -> str:
    """Show how a digest stands, and what can be done with it."""
    return _digest(Typed(), None, digest_id=digest_id)


def _digest(typed: Typed, problems: Problems | None, *, digest_id: int) -> str:
    with service().database.read() as session:
        shown = whole_digests.one(session, digest_id)
    may = {step for state in shown.counts for step in labels.MAY_BE.get(state, ())}
    if shown.awaits:  # approving lets it go
        may = may - {"release"} | {"approve"}
    return render_template(
        "staff/mail/mail_digest.html",
        digest=shown,
        steps=[step for step in _OF_DIGEST if step in may],
        done=request.args.get("done", type=int),
        step=labels.DONE_WITH_ALL.get(request.args.get("step", ""), "Done"),
        states=list(MessageState),
        typed=typed,
        problems=problems,
        labels=labels,
        at=now(),
    )


@blueprint.post("/mail/digests/<int:digest_id>")
@posting.form(_digest)
def do_all(digest_id: int) -> ResponseReturnValue:
    """Approve, hold, let go, stop or send again a digest, for all of its readers."""
    step = _step(_OF_DIGEST)
    reason = request.form.get("reason", "")
    with service().database.write() as session:
        count = step(session, digest_id, reason=reason, by=auth.actor(), at=now())
    done = url_for("outbox.digest", digest_id=digest_id, done=count, step=request.form["step"])
    return redirect(done, code=303)


def _step(steps: Mapping[str, Step]) -> Step:
    """Give the step whose button was pressed.

    Raises:
        InvalidInput: none was.
    """
    try:
        return steps[request.form.get("step", "")]
    except KeyError as error:
        raise InvalidInput("Choose what to do", field="form") from error
