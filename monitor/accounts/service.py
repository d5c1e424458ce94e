"""People and their one-time links. Never stores a secret, only its hash.

Signing in is ``authentication``'s; it is offered from here too.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from monitor.accounts import actors, passwords, rules
from monitor.accounts.authentication import (
    THROTTLED,
    WRONG,
    SignInResult,
    end_sessions,
    sign_in,
    sign_out,
    signed_in,
)
from monitor.accounts.tables import OneTimeLink, Role, User
from monitor.kernel import audit
from monitor.kernel.errors import Conflict, InvalidInput, NotFound
from monitor.kernel.persistence.database import affected

__all__ = [
    "THROTTLED",
    "WRONG",
    "SignInResult",
    "change_password",
    "check_link",
    "check_new_password",
    "create_user",
    "disable_user",
    "end_sessions",
    "find",
    "first_admin_link",
    "link_user",
    "new_link",
    "sign_in",
    "sign_out",
    "signed_in",
    "use_link",
]

_LINK_GONE = "This link was used or has expired. Ask an admin for a new one"


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


def find(session: Session, address: str) -> User:
    """Find somebody by their address, however it is written.

    Raises:
        NotFound: nobody has it.
    """
    try:
        key = rules.check_address(address)
    except InvalidInput as error:
        raise NotFound(f"{address} is not an e-mail address: nobody has it") from error
    user = session.scalar(select(User).where(User.address == key))
    if user is None:
        raise NotFound(f"nobody has the address {key}: gap-monitor user add makes an account")
    return user


def new_link(session: Session, *, user_id: int, by: str, at: datetime) -> str:
    """Give somebody a new one-time link; links not used yet stop working.

    For somebody who has a password it is a reset: the old password and every session end now,
    since it may be in other hands, and the link works for an hour.

    Raises:
        NotFound: there is no such person.
        Conflict: the account is disabled.
    """
    user = _user(session, user_id)
    if user.disabled_at:
        raise Conflict(f"{user.name}’s account is disabled")
    _end_links(session, user.id, at)
    if user.password_hash is None:
        _record(session, at, by, "user.link_made", user)
        return _new_link(session, user.id, at)
    user.password_hash = passwords.ENDED
    end_sessions(session, user.id, at)
    _record(session, at, by, "user.password_ended", user)
    return _new_link(session, user.id, at, lasts=rules.RESET_LASTS)


def change_password(
    session: Session, *, user_id: int, hashed: str, at: datetime, stays: str | None
) -> None:
    """Give somebody another password, and end every session of theirs but that of the token.

    Whoever calls has compared the old password, and checked and hashed the new one.
    """
    user = _user(session, user_id)
    user.password_hash = hashed
    end_sessions(session, user.id, at, but=stays)
    _end_links(session, user.id, at)
    _record(session, at, actors.of_user(user.id), "user.password_changed", user)


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
    end_sessions(session, user.id, at)
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


def use_link(  # noqa: PLR0913 - what a form of six fields sends
    session: Session,
    *,
    token: str,
    address: str | None,
    name: str | None,
    password: str,
    at: datetime,
    hashed: str | None = None,
) -> User:
    """Set a password with a one-time link; ends every session the person had.

    The first admin's link also needs ``address`` and ``name``; other links take a name if given
    and never an address. ``hashed`` is the password's hash, where it was made beforehand.

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
    check_new_password(password, about)
    if user is None:
        user = _first_admin(session, address=address, name=named, at=at)
    _consume(session, link, at)
    user.name, user.password_hash = named, hashed or passwords.hash_password(password)
    end_sessions(session, user.id, at)
    _record(session, at, actors.of_user(user.id), "user.password_set", user)
    return user


def check_new_password(password: str, about: Sequence[str]) -> None:
    """Refuse a password that is easily guessed; ``about`` holds the person's own words.

    Raises:
        InvalidInput: says what to do instead.
    """
    rules.check_password(password, common=passwords.common(), about=about)


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


def _new_link(
    session: Session, user_id: int | None, at: datetime, *, lasts: timedelta = rules.LINK_LASTS
) -> str:
    token = passwords.new_token()
    session.add(
        OneTimeLink(
            token_hash=passwords.token_hash(token),
            user_id=user_id,
            created_at=at,
            expires_at=at + lasts,
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


def _has_admin(session: Session) -> bool:
    admins = select(User.id).where(User.role == Role.ADMIN, User.password_hash.is_not(None))
    return session.scalar(admins.limit(1)) is not None


def _working_admins(session: Session) -> Sequence[int]:
    """List the admins who can sign in; held, so that the last two cannot disable each other."""
    working = select(User.id).where(
        User.role == Role.ADMIN,
        User.password_hash.is_not(None),
        User.password_hash != passwords.ENDED,
        User.disabled_at.is_(None),
    )
    return session.scalars(working.order_by(User.id).with_for_update()).all()


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
    audit.record(
        session, at=at, actor=actor, action=action, subject=actors.of_user(user.id), **details
    )
