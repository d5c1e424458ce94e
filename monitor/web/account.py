"""Signing in and out, and the one-time link that sets a password. Never says which part was wrong.

Pages with a token send no referrer and are never stored. Passwords are hashed and compared outside
any transaction: that is slow on purpose.
"""

from flask import Blueprint, g, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from monitor.accounts import authentication, passwords, rules
from monitor.accounts import service as accounts
from monitor.accounts.authentication import SignInResult
from monitor.accounts.tables import OneTimeLink, Role, User
from monitor.kernel.errors import LinkOver
from monitor.kernel.process.log import log
from monitor.web import auth, posting, proxies
from monitor.web.current import now, service
from monitor.web.forms import Problems, Typed
from monitor.web.security import limiter

blueprint = Blueprint("account", __name__)

_TRIES = "30 per minute"  # from one address, over all accounts; one account has its own brake
_USED = "This link was used, or it has expired. Ask an admin for a new one."


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
    return _form(Typed(), None)


def _form(typed: Typed, problems: Problems | None) -> str:
    return render_template(
        "account/sign_in.html",
        next=auth.local_path(request.values.get("next"), otherwise=""),
        draft=typed.get("draft", ""),
        typed=typed,
        problems=problems,
        expired=False,
        out="out" in request.args,
    )


@blueprint.post("/sign-in")
@limiter.limit(_TRIES)
@posting.form(_form)
def enter() -> ResponseReturnValue:
    """Check address and password, and start a session."""
    typed = request.form
    _check_typed(typed)
    result = check_password(typed.get("address", ""), typed.get("password", ""))
    if result.token is None:
        problems = Problems({"address": result.problem or ""})
        return _form(typed, problems), 429 if result.throttled else 400
    g.user = result.user
    target = auth.local_path(typed.get("next"), otherwise="")
    return auth.keep(_onwards(target, result.user), result.token)


def _check_typed(typed: Typed) -> None:
    """Ask for what was left empty: that is no try, and nobody's password is looked at.

    Raises:
        ToMend: what, in the order of the form.
    """
    problems = Problems()
    if not typed.get("address", "").strip():
        problems.add("address", "Type your e-mail address")
    if not typed.get("password", ""):
        problems.add("password", "Type your password")
    problems.must_be_none()


def check_password(address: str, password: str) -> SignInResult:
    """Compare a password and start a session with it, or count the failed try.

    Three steps, so that no transaction waits for a hash. The log is written last: it decides nothing.
    """
    remote = proxies.source(request.remote_addr or "", request.environ.get(proxies.CLAIMED, ""))
    database = service().database
    with database.read() as reading:
        asked = authentication.challenge(reading, address=address, remote=remote, at=now())
    right = authentication.is_right(asked, password)
    renewed = authentication.renewed(asked, password) if right else None
    with database.write() as kept:
        result = authentication.conclude(kept, asked, right=right, at=now())
        if result.user is not None:
            authentication.renew_hash(kept, result.user, renewed)
    if result.token is None:
        log.warning("sign_in.throttled" if result.throttled else "sign_in.failed", remote=remote)
    return result


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
    return _welcome(Typed({"name": user.name} if user else {}), None, token=token)


def _welcome(typed: Typed, problems: Problems | None, *, token: str) -> str:
    user = _whose(token)
    return render_template("account/welcome.html", person=user, typed=typed, problems=problems)


@blueprint.post("/welcome/<token>")
@limiter.limit(_TRIES)
@posting.form(_welcome)
def begin(token: str) -> ResponseReturnValue:
    """Set the password, then sign in with it."""
    typed, person = request.form, _whose(token)
    _check_welcome(typed, person)
    hashed = passwords.hash_password(typed.get("password", ""))
    with service().database.write() as database:
        user = accounts.use_link(
            database,
            token=token,
            address=typed.get("address"),
            name=typed.get("name"),
            password=typed.get("password", ""),
            at=now(),
            hashed=hashed,
        )
        remote = request.remote_addr or ""
        entered = authentication.start_session(database, user, at=now(), remote=remote)
    return auth.keep(redirect(_home(user), code=303), entered)


def _check_welcome(typed: Typed, person: User | None) -> None:
    """Find everything that must be mended, before a hash is made.

    Raises:
        ToMend: what, in the order of the form.
    """
    problems, address = Problems(), typed.get("address", "")
    if person is None:
        problems.attempt(lambda: rules.check_address(address))
    problems.attempt(lambda: rules.check_name(typed.get("name", "")))
    about = (person.address if person else address, typed.get("name", ""))
    check_new_password(typed, problems, about)
    problems.must_be_none()


def check_new_password(typed: Typed, problems: Problems, about: tuple[str, ...]) -> None:
    """Check a new password, typed twice."""
    password = typed.get("password", "")
    problems.attempt(lambda: accounts.check_new_password(password, about))
    if password != typed.get("again", ""):
        problems.add("again", "The two passwords are not the same")


def _whose(token: str) -> User | None:
    """Tell whose link it is; None for the first admin's.

    Raises:
        LinkOver: the link cannot be used, or not any more.
    """
    with service().database.read() as database:
        link: OneTimeLink | None = accounts.check_link(database, token, at=now())
        if link is None:
            raise LinkOver(_USED)
        user = accounts.link_user(database, token, at=now())
        database.expunge_all()  # the end of a read forgets what is not taken out
        return user


def _onwards(target: str, user: User | None) -> Response:
    """Go where they were going; with a form they had sent before, give it back to them first."""
    draft = posting.unpack(request.form.get("draft", ""))
    if draft is not None and target:
        page = render_template("account/restore.html", next=target, draft=draft)
        return Response(page, mimetype="text/html")
    return redirect(target or _home(user), code=303)


def _home(user: User | None) -> str:
    may_review = user is not None and user.role is not Role.COMMISSIONER
    return url_for("review.queue" if may_review else "public.overview")
