"""People, sessions and one-time links. Secrets are stored as hashes only."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from monitor.kernel.persistence.database import Base, enum_column


class Role(StrEnum):
    """What a person may do; each may do what those before it may."""

    COMMISSIONER = "commissioner"
    REVIEWER = "reviewer"
    LEAD = "lead reviewer"  # settles, opens rounds, sees agreement
    ADMIN = "admin"


class User(Base):
    """A person who may sign in. ``password_hash`` is None until the one-time link was used."""

    __tablename__ = "user"

    id: Mapped[int] = mapped_column(primary_key=True)
    address: Mapped[str] = mapped_column(unique=True)  # lower case
    name: Mapped[str]
    role: Mapped[Role] = mapped_column(enum_column(Role))
    password_hash: Mapped[str | None]
    created_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]


class SignIn(Base):
    """A session: ends on the server, whatever cookie is shown later."""

    __tablename__ = "sign_in"

    token_hash: Mapped[str] = mapped_column(primary_key=True)  # SHA-256 of a 256-bit token
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"), index=True)
    started_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    remote: Mapped[str | None]  # where it was started from; None: before this was kept


class OneTimeLink(Base):
    """A link that lets one person set a password, once.

    The first admin's link has no user: whoever uses it becomes the first admin.
    """

    __tablename__ = "one_time_link"

    token_hash: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class FailedSignIn(Base):
    """A wrong password, kept to slow guessing per account and address."""

    __tablename__ = "failed_sign_in"

    id: Mapped[int] = mapped_column(primary_key=True)
    address: Mapped[str] = mapped_column(index=True)
    remote: Mapped[str]
    at: Mapped[datetime] = mapped_column(index=True)


class FormDraft(Base):
    """What somebody typed into a form of before readings and did not record. None is added now;
    ``retention`` lets go of the last ones, and ``review.appraisal.drafting`` keeps what is typed today.
    """

    __tablename__ = "form_draft"

    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"), primary_key=True)
    place: Mapped[str] = mapped_column(primary_key=True)  # the form's path
    fields: Mapped[list[Any]]  # pairs of name and value
    kept_at: Mapped[datetime]
