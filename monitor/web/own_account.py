"""One's own account: another password, and the sessions that are open. Shows nobody else's."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from monitor.accounts import authentication, passwords
from monitor.accounts import service as accounts
from monitor.accounts.tables import Role
from monitor.web import auth, posting, proxies
from monitor.web.account import check_new_password
from monitor.web.current import now, service
from monitor.web.forms import Problems, Typed
from monitor.web.security import limiter

blueprint = Blueprint("own", __name__)
blueprint.before_request(auth.only(Role.COMMISSIONER))

_TRIES = "30 per minute"
_DONE = {"password": "Your password is changed", "ended": "The session is ended"}


@blueprint.after_request
def _never_stored(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.get("/account")
def account() -> str:
    """Show the form for another password, and every open session."""
    return _page(Typed(), None)


def _page(typed: Typed, problems: Problems | None, **path: str) -> str:  # noqa: ARG001 - no password is put back
    with service().database.read() as session:
        sessions = authentication.sessions(session, auth.reader().id, auth.token(), now())
    return render_template(
        "account/own.html",
        person=auth.reader(),
        sessions=sessions,
        typed=Typed(),
        problems=problems,
        done=_DONE.get(request.args.get("done", "")),
        at=now(),
    )


@blueprint.post("/account/password")
@limiter.limit(_TRIES)
@posting.form(_page)
def change_password() -> ResponseReturnValue:
    """Change the password of whoever knows the present one; ends their other sessions."""
    typed, problems, user = request.form, Problems(), auth.reader()
    asked = _challenge()
    if not authentication.is_right(asked, typed.get("current", "")):
        _count_wrong(asked)
        problems.add(
            "current", accounts.THROTTLED if asked.throttled else "This is not your password now"
        )
    check_new_password(typed, problems, (user.address, user.name))
    problems.must_be_none()
    hashed = passwords.hash_password(typed.get("password", ""))
    with service().database.write() as session:
        accounts.change_password(
            session, user_id=user.id, hashed=hashed, at=now(), stays=auth.token()
        )
    return redirect(url_for("own.account", done="password"), code=303)


@blueprint.post("/account/sessions/<key>/end")
@posting.form(_page)
def end_session(key: str) -> ResponseReturnValue:
    """End one of one's own sessions."""
    with service().database.write() as session:
        authentication.end_session(session, user_id=auth.reader().id, key=key, at=now())
    return redirect(url_for("own.account", done="ended"), code=303)


@blueprint.post("/account/sessions/end")
@posting.form(_page)
def end_others() -> ResponseReturnValue:
    """End every session but this one."""
    with service().database.write() as session:
        accounts.end_sessions(session, auth.reader().id, now(), but=auth.token())
    return redirect(url_for("own.account", done="ended"), code=303)


def _challenge() -> authentication.Challenge:
    remote = proxies.source(request.remote_addr or "", request.environ.get(proxies.CLAIMED, ""))
    with service().database.read() as session:
        return authentication.challenge(
            session, address=auth.reader().address, remote=remote, at=now()
        )


def _count_wrong(asked: authentication.Challenge) -> None:
    """Count a wrong password here like one at the door: an open session is no way to guess."""
    with service().database.write() as session:
        authentication.conclude(session, asked, right=False, at=now())
