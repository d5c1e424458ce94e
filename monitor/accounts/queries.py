"""Who may sign in, for the page of people. Never gives a hash or a token away."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from monitor.accounts import passwords
from monitor.accounts.tables import Role, SignIn, User


class PersonState(StrEnum):
    """Whether somebody can sign in."""

    ACTIVE = "active"
    INVITED = "invited"  # the one-time link was not used yet
    RESET = "reset"  # the password was ended; the one-time link was not used yet
    DISABLED = "disabled"


@dataclass(frozen=True, slots=True)
class ListedPerson:
    """One row of the page of people. ``last_seen_at`` None: never signed in."""

    id: int
    address: str
    name: str
    role: Role
    state: PersonState
    created_at: datetime
    last_seen_at: datetime | None


def people(session: Session) -> list[ListedPerson]:
    """List everybody, by name."""
    seen = func.max(SignIn.last_seen_at)
    rows = session.execute(
        select(User, seen)
        .outerjoin(SignIn, SignIn.user_id == User.id)
        .group_by(User.id)
        .order_by(func.lower(User.name), User.id)
    )
    return [_person(user, last_seen) for user, last_seen in rows]


def admin_addresses(session: Session) -> list[str]:
    """List where admins are written to; closed accounts are not."""
    admins = select(User.address).where(User.role == Role.ADMIN, User.disabled_at.is_(None))
    return list(session.scalars(admins.order_by(User.id)))


def _person(user: User, last_seen: datetime | None) -> ListedPerson:
    return ListedPerson(
        id=user.id,
        address=user.address,
        name=user.name,
        role=user.role,
        state=_state(user),
        created_at=user.created_at,
        last_seen_at=last_seen,
    )


def _state(user: User) -> PersonState:
    if user.disabled_at:
        return PersonState.DISABLED
    if user.password_hash == passwords.ENDED:
        return PersonState.RESET
    return PersonState.ACTIVE if user.password_hash else PersonState.INVITED
