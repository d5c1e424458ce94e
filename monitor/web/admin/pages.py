"""Pages for admins: how everything stands, the mail, the people. Shows no secret twice."""

from flask import Blueprint, get_template_attribute, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from monitor import workflow
from monitor.accounts import queries as accounts
from monitor.accounts import rules
from monitor.accounts import service as people_service
from monitor.accounts.tables import Role
from monitor.feeds import incidents
from monitor.feeds import service as feeds
from monitor.kernel.errors import Conflict, NotFound
from monitor.kernel.remembering import Remembered
from monitor.kernel.settings import MailTransport
from monitor.mine import queries as mine
from monitor.notify import queries as notify
from monitor.notify.bounces import queries as returned
from monitor.notify.bounces import remembered
from monitor.notify.messages import whole_digests
from monitor.notify.tables import MessageKind
from monitor.notify.writing import subjects, viewing
from monitor.ops.advice import advice
from monitor.ops.queries import status as read_status
from monitor.web import auth, made, posting, shared, tokens
from monitor.web.admin import letters
from monitor.web.current import now, service
from monitor.web.forms import Problems, Typed, word
from monitor.web.staff import labels

blueprint = Blueprint("admin", __name__)
blueprint.before_request(auth.only(Role.ADMIN))
blueprint.add_app_template_filter(letters.pieces)

_MESSAGES = 100
_STRIPS = 200  # courses of fourteen days, drawn
_strips: Remembered[Markup] = Remembered(_STRIPS)
# their links open what nobody else may see
_PRIVATE = (MessageKind.MY_SERVICES, MessageKind.OWN_DATA)


@blueprint.get("/status")
@made.until_a_commit  # it looks at files and at the second, and most that is committed is on it
def status() -> str:
    """Show how everything stands, the verdict first."""
    return _status(Typed(), None)


def _status(typed: Typed, problems: Problems | None, **path: str | int) -> str:  # noqa: ARG001 - its buttons carry nothing
    with shared.reading() as reading:
        if tokens.are_placed():  # else its forms hold this browser's tokens
            asked, settled = (request.args.get(name) for name in ("asked", "settled"))
            key = ("status", request.script_root, asked, settled)
            told = reading.shared(key, _told, until_a_commit=True)
        else:
            told = _told(reading.session)
    return render_template("staff/status/status.html", told=told, problems=problems)


def _told(session: Session) -> Markup:
    """Tell how everything stands, as every admin sees it alike."""
    here = service()
    status = read_status(session, here.settings, here.database, now())
    asked = next((s.title for s in status.sources if s.name == request.args.get("asked")), None)
    settled = [
        incident for incident in status.ended if str(incident.id) == request.args.get("settled")
    ]
    return Markup(  # noqa: S704 - a template, which escapes what it is given
        render_template(
            "staff/status/_told.html",
            status=status,
            asked=asked,
            settled=settled,
            views=mine.views(session),
            strip=_strip,
            advice=advice(here.settings),
            labels=labels,
        )
    )


def _strip(days: tuple[str, ...]) -> Markup:
    """Draw the last days of a source, or give what was drawn of others alike."""
    draw = get_template_attribute("staff/status/_strip.html", "strip")
    return _strips.get(days, (), lambda: draw(days))


@blueprint.post("/status/sources/<name>/poll")
@posting.form(_status)
def ask_now(name: str) -> ResponseReturnValue:
    """Make a source due at once; the jobs ask it within seconds."""
    with service().database.write() as session:
        feeds.ask_now(session, name, by=auth.actor(), at=now())
    return redirect(url_for("admin.status", asked=name), code=303)


@blueprint.post("/status/incidents/<int:incident_id>/settle")
@posting.form(_status)
def settle(incident_id: int) -> ResponseReturnValue:
    """Record an admin's word that what a source lists, or how it reads a query, is right."""
    here, by = service(), auth.reader()
    with here.database.write() as session:
        workflow.settle_incident(session, here.settings, incident_id, by=by, at=now())
    return redirect(url_for("admin.status", settled=incident_id), code=303)


@blueprint.get("/mail")
@made.for_one_reader
def mail() -> str:
    """List the newest messages."""
    return mail_page(Typed(), None)


def mail_page(typed: Typed, problems: Problems | None, **path: str | int) -> str:
    """Show the page of the mail, with what was wrong with a button pressed there."""
    with service().database.read() as session:
        messages = notify.messages(session, limit=_MESSAGES)
        told = subjects.of_messages(session, [message.id for message in messages])
        refused = notify.refused(session, limit=_MESSAGES)
        outbox = notify.outbox(session)
        wrong = [incident for incident in incidents.open_incidents(session) if incident.of_mail]
        back = returned.returned(session, now())
        box = service().settings.mail.imap
        box_read = remembered.last_read(session, box) if box.host else None
        digests = whole_digests.newest(session)
        let_go, gone = returned.let_go(session), returned.count_let_go(session)
    return render_template(
        "staff/mail/mail.html",
        back=back,
        box=box,
        box_read=box_read,
        digests=digests,
        let_go=let_go,
        gone=gone,
        typed=typed,
        reader=path.get("reader_id"),
        messages=messages,
        subjects=told,
        refused=refused,
        outbox=outbox,
        wrong=wrong,
        done={what: request.args.get(what, type=int) for what in ("again", "seen", "written")},
        most=_MESSAGES,
        to_mailbox=_to_mailbox(),
        problems=problems,
        labels=labels,
        at=now(),
    )


@blueprint.get("/mail/<uuid>")
def letter(uuid: str) -> str:
    """Show one message: as it lies in the mailbox folder, or written from what was frozen for it."""
    with service().database.read() as session:
        message = notify.message(session, uuid)
        shown = _letter(session, message)
        back = returned.returned(session, now(), uuid=uuid)
    return render_template(
        "staff/mail/letter.html",
        message=message,
        letter=shown,
        back=back,
        is_private=message.kind in _PRIVATE,
        is_frozen=message.kind in viewing.SHOWN,
        copied=request.args.get("copied"),
        done=labels.DONE.get(request.args.get("done", "")),
        to_mailbox=_to_mailbox(),
        own=service().settings.web.public_url,
        labels=labels,
        at=now(),
    )


@blueprint.get("/mail/<uuid>/html")
def letter_html(uuid: str) -> Response:
    """Give a message's HTML part alone, for a frame that can do nothing.

    Raises:
        NotFound: there is no such message here, or it has no HTML part.
    """
    with service().database.read() as session:
        shown = _letter(session, notify.message(session, uuid))
    if shown is None or not shown.html:
        raise NotFound("This message has no HTML part here.")
    return letters.in_frame(shown)


def _letter(session: Session, message: notify.MessageView) -> letters.Letter | None:
    """Give a message as it lies in the mailbox folder; else as its reader sees it on the web."""
    if message.kind in _PRIVATE:
        return None
    here = service()
    copy = letters.read(here.settings.var / "mail", message.uuid)
    frozen = None if copy else viewing.frozen(session, message.uuid)
    if frozen is None:
        return copy
    written = viewing.for_admin(session, here.settings, here.secret, frozen)
    return letters.of_written(written, message.address)


@blueprint.get("/people")
def people() -> str:
    """List who may sign in."""
    return _people(Typed(), None)


def _people(typed: Typed, problems: Problems | None) -> str:
    with service().database.read() as session:
        listed = accounts.people(session)
    return render_template(
        "staff/people/people.html",
        people=listed,
        typed=typed,
        problems=problems,
        labels=labels,
        at=now(),
    )


@blueprint.post("/people")
@posting.form(_people)
def add_person() -> ResponseReturnValue:
    """Add somebody, and show their one-time link: here, and only this once."""
    typed, problems = request.form, Problems()
    problems.attempt(lambda: rules.check_name(typed.get("name", "")))
    problems.attempt(lambda: rules.check_address(typed.get("address", "")))
    role = word(typed, "role", Role, problems, "Choose what they may do")
    problems.must_be_none()
    assert role is not None  # noqa: S101 - else there is a problem; tells mypy
    with service().database.write() as session:
        user, token = people_service.create_user(
            session,
            address=typed.get("address", ""),
            name=typed.get("name", ""),
            role=role,
            by=auth.actor(),
            at=now(),
        )
    return _link_page(user.name, token, lasts="7 days")


@blueprint.get("/people/<int:user_id>/link")
def ask_link(user_id: int) -> str:
    """Ask before a reset: it ends the password at once."""
    return _ask_link(Typed(), None, user_id=user_id)


def _ask_link(typed: Typed, problems: Problems | None, *, user_id: int) -> str:  # noqa: ARG001 - a button alone
    return render_template("staff/people/reset.html", person=_person(user_id), problems=problems)


@blueprint.post("/people/<int:user_id>/link")
@posting.form(_ask_link)
def new_link(user_id: int) -> ResponseReturnValue:
    """Make a new one-time link for somebody who lost the first, or a password."""
    person = _person(user_id)
    with service().database.write() as session:
        token = people_service.new_link(session, user_id=user_id, by=auth.actor(), at=now())
    is_first = person.state is accounts.PersonState.INVITED
    return _link_page(person.name, token, lasts="7 days" if is_first else "one hour")


@blueprint.get("/people/<int:user_id>/disable")
def ask_disable(user_id: int) -> str:
    """Ask before closing an account: it cannot be opened again."""
    return _ask_disable(Typed(), None, user_id=user_id)


def _ask_disable(typed: Typed, problems: Problems | None, *, user_id: int) -> str:  # noqa: ARG001 - a button alone
    return render_template("staff/people/disable.html", person=_person(user_id), problems=problems)


@blueprint.post("/people/<int:user_id>/disable")
@posting.form(_ask_disable)
def disable(user_id: int) -> ResponseReturnValue:
    """Close an account; its sessions end at once."""
    _person(user_id)
    with service().database.write() as session:
        people_service.disable_user(session, user_id=user_id, by=auth.actor(), at=now())
    return redirect(url_for("admin.people"), code=303)


def _person(user_id: int) -> accounts.ListedPerson:
    """Find somebody else.

    Raises:
        NotFound: there is no such person.
        Conflict: it is the one who asks.
    """
    if user_id == auth.reader().id:
        raise Conflict("This is your own account: ask another admin.")
    with service().database.read() as session:
        others = [person for person in accounts.people(session) if person.id == user_id]
    if not others:
        raise NotFound("There is no such person.")
    return others[0]


def _link_page(name: str, token: str, *, lasts: str) -> Response:
    link = f"{service().settings.web.public_url}/welcome/{token}"
    page = render_template("staff/people/link.html", name=name, link=link, lasts=lasts)
    return Response(page, mimetype="text/html")


def _to_mailbox() -> bool:
    return service().settings.mail.transport is MailTransport.MAILBOX
