"""People, their one-time links and their sessions. Never stores a secret, only its hash."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from monitor.accounts import passwords, refusals, rules
from monitor.accounts.tables import FailedSignIn, OneTimeLink, Role, SignIn, User
from monitor.kernel import audit
from monitor.kernel.database import affected
from monitor.kernel.errors import Conflict, InvalidInput, NotFound

log = structlog.get_logger()

WRONG = "The address and password do not belong together"
THROTTLED = "Too many tries. Wait 15 minutes and try again"
_LINK_GONE = "This link was used or has expired. Ask an admin for a new one"
_NOT_AN_ADDRESS = "(not an address)"
_MAX_REMOTE = 100


@dataclass(frozen=True, slots=True)
class SignInResult:
    """A session's token, or the problem in words that never say which part was wrong.

    A result and not an error, so that the failed try is kept by the caller's commit.
    """

    token: str | None
    user: User | None
    problem: str | None
    throttled: bool = False


def create_user(
    session: Session, *, address: str, name: str, role: Role, by: str, at: datetime
) -> tuple[User, str]:
    """Add a person; gives the token of the one-time link that lets them set a password.

    Raises:
        InvalidInput: the address or name cannot be used, or the address is here already.
    """
    user = _add_user(session, address=address, name=name, role=role, at=at)
    _record(session, at, by, "user.created", user, role=role.value)
    return user, _new_link(session, user.id, at)


def new_link(session: Session, *, user_id: int, by: str, at: datetime) -> str:
    """Give somebody a new one-time link; links not used yet stop working.

    Raises:
        NotFound: there is no such person.
        Conflict: the account is disabled.
    """
    user = _user(session, user_id)
    if user.disabled_at:
        raise Conflict(f"{user.name}’s account is disabled")
    _end_links(session, user.id, at)
    _record(session, at, by, "user.link_made", user)
    return _new_link(session, user.id, at)


def disable_user(session: Session, *, user_id: int, by: str, at: datetime) -> User:
    """Close an account, and end its sessions and links at once. What they decided stands.

    Raises:
        NotFound: there is no such person.
        Conflict: it is the last admin who can sign in.
    """
    user = _user(session, user_id)
    if user.disabled_at:
        return user
    if user.role is Role.ADMIN and not set(_working_admins(session)) - {user.id}:
        raise Conflict(f"{user.name} is the last admin: add another one first")
    user.disabled_at = at
    _end_sessions(session, user.id, at)
    _end_links(session, user.id, at)
    _record(session, at, by, "user.disabled", user)
    return user


def first_admin_link(session: Session, at: datetime) -> str | None:
    """Make the one-time link of the first admin; None once an admin has set a password.

    Older links of this kind that were not used expire.
    """
    if _has_admin(session):
        return None
    _end_links(session, None, at)
    audit.record(session, at=at, actor="cli", action="first_admin.link_made", subject="user:first")
    return _new_link(session, None, at)


def check_link(session: Session, token: str, at: datetime) -> OneTimeLink | None:
    """Find a link that can still be used; None when it was used, has expired or never was."""
    link = session.get(OneTimeLink, passwords.token_hash(token))
    if link is None or link.used_at or link.expires_at <= at:
        return None
    if link.user_id is None:
        return None if _has_admin(session) else link
    return None if _user(session, link.user_id).disabled_at else link


def link_user(session: Session, token: str, at: datetime) -> User | None:
    """Tell whose link it is; None for the first admin's, and for one that cannot be used."""
    link = check_link(session, token, at)
    return _user(session, link.user_id) if link and link.user_id else None


def use_link(
    session: Session,
    *,
    token: str,
    address: str | None,
    name: str | None,
    password: str,
    at: datetime,
) -> User:
    """Set a password with a one-time link; ends every session the person had.

    The first admin's link also needs ``address`` and ``name``; other links take a name if given
    and never an address.

    Raises:
        NotFound: the link was used, has expired or never was.
        InvalidInput: address, name or password cannot be used.
    """
    link = check_link(session, token, at)
    if link is None:
        raise NotFound(_LINK_GONE)
    user = _user(session, link.user_id) if link.user_id else None
    named = user.name if user and not name else rules.check_name(name or "")
    about = (user.address if user else address or "", named)
    rules.check_password(password, common=passwords.common(), about=about)
    if user is None:
        user = _first_admin(session, address=address, name=named, at=at)
    _consume(session, link, at)
    user.name, user.password_hash = named, passwords.hash_password(password)
    _end_sessions(session, user.id, at)
    _record(session, at, f"user:{user.id}", "user.password_set", user)
    return user


def sign_in(
    session: Session, *, address: str, password: str, remote: str, at: datetime
) -> SignInResult:
    """Start a session, or say in one sentence that it cannot be.

    The sentence and the work are the same for an unknown address, a wrong password and a
    disabled account.
    """
    key, remote = _account_key(address), remote[:_MAX_REMOTE]
    tries = _tries(session, key, remote, at)
    if tries >= rules.TRIES:
        log.warning("sign_in.throttled", remote=remote)
        return SignInResult(None, None, THROTTLED, throttled=True)
    user = session.scalar(select(User).where(User.address == key))
    if not passwords.matches(password, user.password_hash if user else None) or not _open(user):
        session.add(FailedSignIn(address=key, remote=remote, at=at))
        session.flush()
        whose = user.id if user else None
        refusals.sign_in_failed(
            session, user_id=whose, remote=remote, tries=tries + 1, limit=rules.TRIES, at=at
        )
        log.warning("sign_in.failed", remote=remote, user=whose)
        return SignInResult(None, None, WRONG)
    assert user is not None  # noqa: S101 - _open said so; tells mypy
    return _start(session, user, password, at)


def signed_in(session: Session, token: str, at: datetime) -> User | None:
    """Tell whose session it is; None when it was ended, sat idle 30 minutes or is 12 hours old."""
    found = session.get(SignIn, passwords.token_hash(token))
    if found is None or found.ended_at:
        return None
    user = session.get(User, found.user_id)
    alive = rules.session_alive(started_at=found.started_at, last_seen_at=found.last_seen_at, at=at)
    if not alive or not _open(user):
        return None
    if at - found.last_seen_at >= rules.SEEN_EVERY:
        found.last_seen_at = at
        session.flush()
    return user


def sign_out(session: Session, token: str, at: datetime) -> None:
    """End a session on the server; ending it twice does nothing."""
    found = session.get(SignIn, passwords.token_hash(token))
    if found is None or found.ended_at:
        return
    found.ended_at = at
    actor = f"user:{found.user_id}"
    audit.record(session, at=at, actor=actor, action="user.signed_out", subject=actor)


def _start(session: Session, user: User, password: str, at: datetime) -> SignInResult:
    if user.password_hash and passwords.outdated(user.password_hash):
        user.password_hash = passwords.hash_password(password)
    token = passwords.new_token()
    session.add(
        SignIn(
            token_hash=passwords.token_hash(token), user_id=user.id, started_at=at, last_seen_at=at
        )
    )
    _record(session, at, f"user:{user.id}", "user.signed_in", user)
    return SignInResult(token, user, None)


def _tries(session: Session, key: str, remote: str, at: datetime) -> int:
    """Count the wrong tries that still count."""
    failed = session.scalar(
        select(func.count())
        .select_from(FailedSignIn)
        .where(
            FailedSignIn.address == key,
            FailedSignIn.remote == remote,
            FailedSignIn.at > at - rules.TRIES_WITHIN,
        )
    )
    return failed or 0


def _account_key(address: str) -> str:
    """Give the address as stored; anything that is none shares one key, and is never stored."""
    try:
        return rules.check_address(address)
    except InvalidInput:
        return _NOT_AN_ADDRESS


def _add_user(session: Session, *, address: str, name: str, role: Role, at: datetime) -> User:
    user = User(
        address=rules.check_address(address),
        name=rules.check_name(name),
        role=role,
        created_at=at,
    )
    try:
        with session.begin_nested():  # so that a refusal by the database leaves the rest intact
            session.add(user)
    except IntegrityError as error:
        raise InvalidInput(f"{user.address} is here already", field="address") from error
    return user


def _first_admin(session: Session, *, address: str | None, name: str, at: datetime) -> User:
    user = _add_user(session, address=address or "", name=name, role=Role.ADMIN, at=at)
    _record(session, at, "cli", "user.created", user, role=Role.ADMIN.value)
    return user


def _new_link(session: Session, user_id: int | None, at: datetime) -> str:
    token = passwords.new_token()
    session.add(
        OneTimeLink(
            token_hash=passwords.token_hash(token),
            user_id=user_id,
            created_at=at,
            expires_at=at + rules.LINK_LASTS,
        )
    )
    session.flush()
    return token


def _consume(session: Session, link: OneTimeLink, at: datetime) -> None:
    """Use up a link; the statement itself makes sure that only one person can."""
    used = session.execute(
        update(OneTimeLink)
        .where(OneTimeLink.token_hash == link.token_hash, OneTimeLink.used_at.is_(None))
        .values(used_at=at)
    )
    if affected(used) != 1:
        raise NotFound(_LINK_GONE)


def _end_links(session: Session, user_id: int | None, at: datetime) -> int:
    whose = OneTimeLink.user_id.is_(None) if user_id is None else OneTimeLink.user_id == user_id
    ended = session.execute(
        update(OneTimeLink)
        .where(whose, OneTimeLink.used_at.is_(None), OneTimeLink.expires_at > at)
        .values(expires_at=at)
    )
    return affected(ended)


def _end_sessions(session: Session, user_id: int, at: datetime) -> int:
    ended = session.execute(
        update(SignIn)
        .where(SignIn.user_id == user_id, SignIn.ended_at.is_(None))
        .values(ended_at=at)
    )
    return affected(ended)


def _has_admin(session: Session) -> bool:
    admins = select(User.id).where(User.role == Role.ADMIN, User.password_hash.is_not(None))
    return session.scalar(admins.limit(1)) is not None


def _working_admins(session: Session) -> Sequence[int]:
    """List the admins who can sign in; held, so that the last two cannot disable each other."""
    working = select(User.id).where(
        User.role == Role.ADMIN, User.password_hash.is_not(None), User.disabled_at.is_(None)
    )
    return session.scalars(working.order_by(User.id).with_for_update()).all()


def _open(user: User | None) -> bool:
    return user is not None and user.disabled_at is None


def _user(session: Session, user_id: int) -> User:
    user = session.get(User, user_id)
    if user is None:
        raise NotFound(f"There is no person {user_id}")
    return user


def _record(
    session: Session,
    at: datetime,
    actor: str,
    action: str,
    user: User,
    **details: str,
) -> None:
    audit.record(session, at=at, actor=actor, action=action, subject=f"user:{user.id}", **details)
