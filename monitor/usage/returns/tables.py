"""Services on the list, collections, returns and their links. A link is stored as a hash only."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from monitor.kernel.persistence.database import Base, enum_column, partial_index

_OPEN = "state = 'open'"
_NOTHING_IS_NULL = JSON(none_as_null=True)  # else "null" would stand where there is nothing


class CollectionState(StrEnum):
    """Where a collection stands."""

    OPEN = "open"
    CLOSED = "closed"


class ListedService(Base):
    """A service that may be asked. ``key`` makes it one: its name and where it is."""

    __tablename__ = "listed_service"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    kind: Mapped[str]  # empty: not known; a wave's sector
    nation: Mapped[str]
    area: Mapped[str]
    address: Mapped[str] = mapped_column(index=True)
    listed_by: Mapped[str]
    listed_at: Mapped[datetime]
    left_at: Mapped[datetime | None]  # it asked not to be asked again
    dead_at: Mapped[datetime | None]  # the mail server says that the address does not exist


class Collection(Base):
    """A wave being collected from services' own returns: its question, whom it asks, until when."""

    __tablename__ = "collection"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]  # of the wave it makes
    state: Mapped[CollectionState] = mapped_column(enum_column(CollectionState))
    question: Mapped[str]  # word for word, as asked
    instrument: Mapped[str]
    version: Mapped[str]
    frame: Mapped[str]  # who could answer
    promoters: Mapped[list[str]]  # who asks services to answer
    opened_by: Mapped[str]
    opened_at: Mapped[datetime]
    closes_on: Mapped[date]  # the last day, in the UK
    closes_at: Mapped[datetime]  # the end of that day; earlier where an admin closed it
    closed_by: Mapped[str | None]
    closed_at: Mapped[datetime | None]
    wave_id: Mapped[int | None] = mapped_column(ForeignKey("wave.id"))  # what was made of it

    __table_args__ = (
        # one at a time: two of one time could not both count
        partial_index("uq_collection_open", "state", unique=True, where=_OPEN),
    )


class Return(Base):
    """One service's answer in one collection: two of one service are one.

    ``draft`` is what was saved and not sent; ``answers`` what was sent, and counts. ``version`` rises
    with every save, so that of two people with one link none overwrites the other unseen.
    """

    __tablename__ = "service_return"

    id: Mapped[int] = mapped_column(primary_key=True)
    collection_id: Mapped[int] = mapped_column(ForeignKey("collection.id"))
    service_id: Mapped[int] = mapped_column(ForeignKey("listed_service.id"), index=True)
    asked_at: Mapped[datetime]
    reminders: Mapped[int] = mapped_column(default=0)
    last_asked_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=0)
    draft: Mapped[dict[str, Any] | None] = mapped_column(_NOTHING_IS_NULL)
    drafted_at: Mapped[datetime | None]
    answers: Mapped[dict[str, Any] | None] = mapped_column(_NOTHING_IS_NULL)
    returned_at: Mapped[datetime | None]  # when the answers that count were sent

    __table_args__ = (UniqueConstraint("collection_id", "service_id"),)


class ReturnLink(Base):
    """A link that was mailed: it opens one service's return in one collection, and nothing else.

    It gives no session. ``message_uuid`` is the mail that carries it.
    """

    __tablename__ = "return_link"

    token_hash: Mapped[str] = mapped_column(primary_key=True)  # SHA-256
    return_id: Mapped[int] = mapped_column(ForeignKey("service_return.id"), index=True)
    message_uuid: Mapped[str] = mapped_column(unique=True)
    is_reminder: Mapped[bool]
    made_at: Mapped[datetime]
