"""Signing in, and the sessions that follow from it. Never stores a secret, only its hash.

Signing in has three steps, so that no transaction is open while a password is hashed, which takes
a tenth of a second on purpose: ``challenge`` reads, ``is_right`` hashes, ``conclude`` writes.
Nothing here logs: a failed try is a row, which no full disk can undo.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, bindparam, func, or_, select, update
from sqlalchemy.orm import Session, make_transient_to_detached

from monitor.accounts import actors, passwords, refusals, rules
from monitor.accounts.tables import FailedSignIn, SignIn, User
from monitor.kernel import audit
from monitor.kernel.errors import InvalidInput, NotFound
from monitor.kernel.persistence.columnar import ask
from monitor.kernel.persistence.database import affected

WRONG = "The address and password do not belong together"
THROTTLED = "Too many tries. Wait 15 minutes and try again"
_NOT_AN_ADDRESS = "(not an address)"
_MAX_REMOTE = 100
_FOR = " for "
_KEY = 20  # characters of a token's hash that name a session to its owner
# Built once: every page that somebody signed in asks for begins with it.
PERSON = tuple(User.__table__.columns.keys())
_WHOSE = (
    select(User.__table__, SignIn.started_at, SignIn.last_seen_at, SignIn.ended_at)
    .join(SignIn, SignIn.user_id == User.id)
    .where(SignIn.token_hash == bindparam("hashed"))
)


@dataclass(frozen=True, slots=True)
class Challenge:
    """Whose password is to be compared with which hash; ``remote`` is where the try comes from."""

    key: str
    remote: str
    stored: str | None
    throttled: bool


@dataclass(frozen=True, slots=True)
class SignInResult:
    """A session's token, or the problem in words that never say which part was wrong.

    A result and not an error, so that the failed try is kept by the caller's commit.
    """

    token: str | None
    user: User | None
    problem: str | None
    throttled: bool = False


@dataclass(frozen=True, slots=True)
class OpenSession:
    """One of a person's sessions, as they see it."""

    key: str
    started_at: datetime
    last_seen_at: datetime
    remote: str
    is_this: bool


def challenge(session: Session, *, address: str, remote: str, at: datetime) -> Challenge:
    """Find what a password typed for ``address`` is compared with. Changes nothing.

    ``remote`` is the address of the connection, or ``PEER for CLAIMED`` where a proxy that the
    settings do not name says whom it speaks for.
    """
    key, remote = _account_key(address), remote[:_MAX_REMOTE]
    stored = session.scalar(select(User.password_hash).where(User.address == key))
    return Challenge(key, remote, stored, _throttled(session, key, remote, at))


def is_right(asked: Challenge, password: str) -> bool:
    """Compare a password with the hash, outside any transaction; slow on purpose.

    Raises:
        Unavailable: too many passwords are being compared already.
    """
    return not asked.throttled and passwords.matches(password, asked.stored)


def conclude(session: Session, asked: Challenge, *, right: bool, at: datetime) -> SignInResult:
    """Start a session, or count the failed try and say in one sentence that it cannot be.

    The sentence and the work are the same for an unknown address, a wrong password and a
    disabled account. Tries sent at once are counted one by one here, whatever they read before.
    """
    if asked.throttled or _throttled(session, asked.key, asked.remote, at):
        return SignInResult(None, None, THROTTLED, throttled=True)
    user = session.scalar(select(User).where(User.address == asked.key))
    # a password that was changed or ended since it was compared is not the right one any more
    if not right or user is None or user.disabled_at or user.password_hash != asked.stored:
        session.add(FailedSignIn(address=asked.key, remote=asked.remote, at=at))
        session.flush()
        _note_failed(session, asked, user, at)
        return SignInResult(None, None, WRONG)
    return SignInResult(start_session(session, user, at=at, remote=asked.remote), user, None)


def _note_failed(session: Session, asked: Challenge, user: User | None, at: datetime) -> None:
    tries = _failed(session, asked.key, FailedSignIn.remote == asked.remote, at)
    refusals.sign_in_failed(
        session,
        user_id=user.id if user else None,
        remote=asked.remote,
        tries=tries,
        limit=rules.TRIES,
        at=at,
    )


def sign_in(
    session: Session, *, address: str, password: str, remote: str, at: datetime
) -> SignInResult:
    """Take all three steps in one transaction; pages take them one by one."""
    asked = challenge(session, address=address, remote=remote, at=at)
    result = conclude(session, asked, right=is_right(asked, password), at=at)
    if result.user is not None:
        renew_hash(session, result.user, renewed(asked, password))
    return result


def renewed(asked: Challenge, password: str) -> str | None:
    """Hash a password anew where the stored hash has weaker parameters than today's; else None."""
    if asked.stored is None or not passwords.outdated(asked.stored):
        return None
    return passwords.hash_password(password)


def renew_hash(session: Session, user: User, hashed: str | None) -> None:
    """Keep the stronger hash of the same password."""
    if hashed is not None:
        user.password_hash = hashed
        session.flush()


def start_session(session: Session, user: User, *, at: datetime, remote: str = "") -> str:
    """Start a session of somebody who has proved who they are; gives its token."""
    token = passwords.new_token()
    hashed = passwords.token_hash(token)
    session.add(
        SignIn(
            token_hash=hashed,
            user_id=user.id,
            started_at=at,
            last_seen_at=at,
            remote=remote or None,
        )
    )
    _record(session, at, user.id, "user.signed_in")
    return token


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session that lives: whose it is, and when it was last noted that it is used."""

    user: User
    last_seen_at: datetime


@dataclass(frozen=True, slots=True)
class Started:
    """A session that nobody has ended, as it was read: whether it lives is a matter of the clock.

    ``person`` is the row of whose it is, by column: each request makes its own ``User`` of it.
    """

    person: Mapping[str, Any]
    started_at: datetime
    last_seen_at: datetime

    def at(self, at: datetime) -> SignedIn | None:
        """Tell whose session it is; None when it sat idle 30 minutes or is 12 hours old."""
        alive = rules.session_alive(
            started_at=self.started_at, last_seen_at=self.last_seen_at, at=at
        )
        if not alive:
            return None
        user = User(**self.person)
        make_transient_to_detached(user)
        return SignedIn(user, self.last_seen_at)


def started(session: Session, token: str) -> Started | None:
    """Find the session of a token; None when there is none, or it or the account was ended."""
    row = ask(session, _WHOSE, {"hashed": passwords.token_hash(token)}).one_or_none()
    if row is None or row.ended_at or row.disabled_at:
        return None
    person = {name: getattr(row, name) for name in PERSON}
    return Started(person, row.started_at, row.last_seen_at)


def note_seen(session: Session, token: str, at: datetime) -> None:
    """Note that a session was used; at most once a minute, and never one that was ended."""
    row = session.get(SignIn, passwords.token_hash(token))
    if row and not row.ended_at and at - row.last_seen_at >= rules.SEEN_EVERY:
        row.last_seen_at = at
        session.flush()


def signed_in(session: Session, token: str, at: datetime) -> User | None:
    """Tell whose session it is, and note that it was used."""
    known = started(session, token)
    seen = known.at(at) if known else None
    if seen is None:
        return None
    note_seen(session, token, at)
    return session.get(User, seen.user.id)


def sign_out(session: Session, token: str, at: datetime) -> None:
    """End a session on the server; ending it twice does nothing."""
    row = session.get(SignIn, passwords.token_hash(token))
    if row is None or row.ended_at:
        return
    row.ended_at = at
    _record(session, at, row.user_id, "user.signed_out")


def sessions(session: Session, user_id: int, token: str | None, at: datetime) -> list[OpenSession]:
    """List a person's sessions that are alive, the one that asks first, then the newest."""
    this = passwords.token_hash(token or "")
    rows = session.scalars(
        select(SignIn)
        .where(SignIn.user_id == user_id, SignIn.ended_at.is_(None))
        .order_by(SignIn.started_at.desc())
    )
    alive = [
        OpenSession(
            row.token_hash[:_KEY],
            row.started_at,
            row.last_seen_at,
            row.remote or "",
            row.token_hash == this,
        )
        for row in rows
        if rules.session_alive(started_at=row.started_at, last_seen_at=row.last_seen_at, at=at)
    ]
    return sorted(alive, key=lambda row: not row.is_this)


def end_session(session: Session, *, user_id: int, key: str, at: datetime) -> None:
    """End one of a person's own sessions, named as ``sessions`` names it.

    Raises:
        NotFound: they have no such session any more.
    """
    named = (SignIn.user_id == user_id, func.substr(SignIn.token_hash, 1, _KEY) == key)
    if not _end(session, *named, SignIn.ended_at.is_(None), at=at):
        raise NotFound("This session has ended already.")
    _record(session, at, user_id, "user.session_ended")


def end_sessions(session: Session, user_id: int, at: datetime, *, but: str | None = None) -> int:
    """End every session of a person, ``but`` the one of this token; counts them."""
    spared = SignIn.token_hash != passwords.token_hash(but or "")
    return _end(session, SignIn.user_id == user_id, SignIn.ended_at.is_(None), spared, at=at)


def _end(session: Session, *which: ColumnElement[bool], at: datetime) -> int:
    return affected(session.execute(update(SignIn).where(*which).values(ended_at=at)))


def _throttled(session: Session, key: str, remote: str, at: datetime) -> bool:
    """Tell whether an address has been tried too often from there.

    Where the connection's address only says for whom it speaks, and nobody vouches for it, each
    claimed address is counted for itself, and all of one connection's together have a limit too.
    """
    peer, is_claimed, _ = remote.partition(_FOR)
    if _failed(session, key, FailedSignIn.remote == remote, at) >= rules.TRIES:
        return True
    all_of_peer = or_(
        FailedSignIn.remote == peer, FailedSignIn.remote.startswith(peer + _FOR, autoescape=True)
    )
    return bool(is_claimed) and _failed(session, key, all_of_peer, at) >= rules.TRIES_OF_A_PEER


def _failed(session: Session, key: str, where: ColumnElement[bool], at: datetime) -> int:
    tries = select(func.count()).select_from(FailedSignIn)
    lately = FailedSignIn.at > at - rules.TRIES_WITHIN
    return session.scalar(tries.where(FailedSignIn.address == key, where, lately)) or 0


def _account_key(address: str) -> str:
    """Give the address as stored; anything that is none shares one key, and is never stored."""
    try:
        return rules.check_address(address)
    except InvalidInput:
        return _NOT_AN_ADDRESS


def _record(session: Session, at: datetime, user_id: int, action: str) -> None:
    who = actors.of_user(user_id)
    audit.record(session, at=at, actor=who, action=action, subject=who)
