"""Signing in and out, and the one-time link that sets a password. Never says which part was wrong.

Pages with a token send no referrer and are never stored.
"""

from flask import Blueprint, g, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from monitor.accounts import service as accounts
from monitor.accounts.tables import OneTimeLink, Role, User
from monitor.kernel.errors import InvalidInput, NotFound
from monitor.web import auth
from monitor.web.current import now, service
from monitor.web.forms import Problems, Typed
from monitor.web.security import limiter

blueprint = Blueprint("account", __name__)

_TRIES = "30 per minute"  # from one address, over all accounts; one account has its own brake
_USED = "This link was used, or it is older than 7 days. Ask an admin for a new one."


@blueprint.after_request
def _never_stored(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


@blueprint.get("/sign-in")
def sign_in() -> ResponseReturnValue:
    """Show the form; somebody already signed in goes on."""
    target = auth.local_path(request.args.get("next"), otherwise="")
    user = auth.current_user()
    if user:
        return redirect(target or _home(user), code=303)
    return _form(target)


@blueprint.post("/sign-in")
@limiter.limit(_TRIES)
def enter() -> ResponseReturnValue:
    """Check address and password, and start a session."""
    target = auth.local_path(request.form.get("next"), otherwise="")
    with service().database.write() as database:
        result = accounts.sign_in(
            database,
            address=request.form.get("address", ""),
            password=request.form.get("password", ""),
            remote=request.remote_addr or "",
            at=now(),
        )
    if result.token is None:
        problems = Problems({"address": result.problem or ""})
        return _form(target, problems), 429 if result.throttled else 400
    g.user = result.user
    return auth.keep(_onwards(target, result.user), result.token)


@blueprint.post("/sign-out")
def sign_out() -> ResponseReturnValue:
    """End the session here and on the server."""
    shown = auth.token()
    if shown:
        with service().database.write() as database:
            accounts.sign_out(database, shown, at=now())
    session.clear()
    return auth.forget(redirect(url_for("account.sign_in", out="1"), code=303))


@blueprint.get("/welcome/<token>")
def welcome(token: str) -> ResponseReturnValue:
    """Show what is needed to begin: name and password, and the address for the first admin."""
    user = _whose(token)
    typed = Typed({"name": user.name} if user else {})
    return render_template("account/welcome.html", person=user, typed=typed, problems=None)


@blueprint.post("/welcome/<token>")
@limiter.limit(_TRIES)
def begin(token: str) -> ResponseReturnValue:
    """Set the password, then sign in with it."""
    try:
        user, entered = _set_password(token)
    except InvalidInput as error:
        problems = Problems({error.field or "form": str(error)})
        page = render_template(
            "account/welcome.html", person=_whose(token), typed=request.form, problems=problems
        )
        return page, 400
    answer = redirect(_home(user), code=303)
    return auth.keep(answer, entered) if entered else answer


def _set_password(token: str) -> tuple[User, str | None]:
    """Use the link and sign in; gives the person and the new session's token.

    Raises:
        InvalidInput: address, name or password cannot be used.
        NotFound: the link cannot be used.
    """
    typed = request.form
    password = typed.get("password", "")
    if password != typed.get("again", ""):
        raise InvalidInput("The two passwords are not the same", field="again")
    with service().database.write() as database:
        user = accounts.use_link(
            database,
            token=token,
            address=typed.get("address"),
            name=typed.get("name"),
            password=password,
            at=now(),
        )
        remote = request.remote_addr or ""
        result = accounts.sign_in(
            database, address=user.address, password=password, remote=remote, at=now()
        )
    return user, result.token


def _whose(token: str) -> User | None:
    """Tell whose link it is; None for the first admin's.

    Raises:
        NotFound: the link cannot be used, or not any more.
    """
    with service().database.read() as database:
        link: OneTimeLink | None = accounts.check_link(database, token, at=now())
        if link is None:
            raise NotFound(_USED)
        user = accounts.link_user(database, token, at=now())
        database.expunge_all()  # the end of a read forgets what is not taken out
        return user


def _form(target: str, problems: Problems | None = None) -> str:
    return render_template(
        "account/sign_in.html",
        next=target,
        draft=request.form.get("draft", ""),
        typed=request.form,
        problems=problems,
        expired=False,
        out="out" in request.args,
    )


def _onwards(target: str, user: User | None) -> Response:
    """Go where they were going; with a form they had sent before, give it back to them first."""
    draft = auth.unpack(request.form.get("draft", ""))
    if draft:
        return Response(
            render_template("account/restore.html", next=target or "/queue", draft=draft),
            mimetype="text/html",
        )
    return redirect(target or _home(user), code=303)


def _home(user: User | None) -> str:
    return url_for("review.queue") if user and user.role is not Role.COMMISSIONER else "/"
