"""Reads the list, the collections and how far they are, for pages. Changes nothing."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from monitor.kernel.errors import NotFound
from monitor.usage.returns.rules import ServiceAnswers
from monitor.usage.returns.tables import Collection, ListedService, Return
from monitor.usage.splits import FEWEST

PAGE = 100  # services on one page


class ReturnStands(StrEnum):
    """Where one service's return stands, in the words of pages."""

    ANSWERED = "answered"
    BEGUN = "begun, not sent"
    LEFT = "asked not to be asked"
    DEAD = "address does not exist"
    SILENT = "not answered"


@dataclass(frozen=True, slots=True)
class Counts:
    """How many services of a collection stand where."""

    asked: int
    answered: int
    begun: int
    left: int
    dead: int

    @property
    def silent(self) -> int:
        """Those of whom nothing is known: neither begun nor sent, and no reason why."""
        return self.asked - self.answered - self.begun - self.left - self.dead

    @property
    def percent(self) -> int:
        """The response rate, in whole per cent."""
        return round(100 * self.answered / self.asked) if self.asked else 0


@dataclass(frozen=True, slots=True)
class ResponsePart:
    """How many of one nation or kind were asked, and how many answered."""

    name: str  # empty: not known
    asked: int
    answered: int


@dataclass(frozen=True, slots=True)
class Volume:
    """What was said of one intervention: sums, and of how many that offer it they were given.

    A sum is None where fewer than ten gave a number: it might be one service's own.
    """

    slug: str
    offered: int
    families: int | None
    families_of: int
    trained: int | None
    trained_of: int


@dataclass(frozen=True, slots=True)
class CollectionRow:
    """One service of a collection, as admins see it: where it stands, and none of its answers."""

    id: int
    name: str
    kind: str
    nation: str
    area: str
    reminders: int
    last_asked_at: datetime
    returned_at: datetime | None
    stands: ReturnStands


@dataclass(frozen=True, slots=True)
class OnTheList:
    """How many services are on the list, and what is not known of them."""

    services: int
    left: int
    dead: int
    without_nation: int
    without_area: int


def collections(session: Session) -> list[Collection]:
    """Give every collection, the newest first."""
    return list(session.scalars(select(Collection).order_by(Collection.id.desc())))


def collection(session: Session, collection_id: int) -> Collection:
    """Give one collection.

    Raises:
        NotFound: there is none.
    """
    collection = session.get(Collection, collection_id)
    if collection is None:
        raise NotFound(f"there is no collection {collection_id}")
    return collection


def of_wave(session: Session, wave_id: int) -> Collection | None:
    """Give the collection that a wave was made of; None: it came otherwise."""
    return session.scalars(select(Collection).where(Collection.wave_id == wave_id)).first()


def counts(session: Session, collection_id: int) -> Counts:
    """Count where the services of a collection stand."""
    statement = (
        select(_stands().label("stands"), func.count())
        .select_from(Return)
        .join(ListedService, ListedService.id == Return.service_id)
        .where(Return.collection_id == collection_id)
        .group_by("stands")
    )
    of = {str(stands): int(number) for stands, number in session.execute(statement)}
    return Counts(
        asked=sum(of.values()),
        answered=of.get(ReturnStands.ANSWERED, 0),
        begun=of.get(ReturnStands.BEGUN, 0),
        left=of.get(ReturnStands.LEFT, 0),
        dead=of.get(ReturnStands.DEAD, 0),
    )


def by_nation(session: Session, collection_id: int) -> list[ResponsePart]:
    """Count who was asked and who answered, by nation, the largest first."""
    return _parts(session, collection_id, ListedService.nation)


def by_kind(session: Session, collection_id: int) -> list[ResponsePart]:
    """Count who was asked and who answered, by kind, the largest first."""
    return _parts(session, collection_id, ListedService.kind)


def volumes(session: Session, collection_id: int, slugs: Iterable[str]) -> list[Volume]:
    """Add up what was sent, by intervention.

    Not to be shown while answers come: who looks before and after one learns what it says.
    """
    sent = select(Return.answers).where(
        Return.collection_id == collection_id, Return.answers.is_not(None)
    )
    answers = [ServiceAnswers.from_dict(raw) for raw in session.scalars(sent)]
    return [
        _volume(slug, [answer for answer in answers if slug in answer.offered]) for slug in slugs
    ]


def rows(
    session: Session, collection_id: int, *, after: int = 0, only: ReturnStands | None = None
) -> list[CollectionRow]:
    """Give the next services of a collection, in the order they were asked; at most a page and one."""
    statement = (
        select(Return, ListedService, _stands().label("stands"))
        .join(ListedService, ListedService.id == Return.service_id)
        .where(Return.collection_id == collection_id, Return.id > after)
        .order_by(Return.id)
        .limit(PAGE + 1)
    )
    if only is not None:
        statement = statement.where(_stands() == only.value)
    return [
        CollectionRow(
            id=service_return.id,
            name=service.name,
            kind=service.kind,
            nation=service.nation,
            area=service.area,
            reminders=service_return.reminders,
            last_asked_at=service_return.last_asked_at,
            returned_at=service_return.returned_at,
            stands=ReturnStands(stands),
        )
        for service_return, service, stands in session.execute(statement)
    ]


def on_the_list(session: Session) -> OnTheList:
    """Count the services on the list."""
    columns: Sequence[ColumnElement[bool]] = (
        ListedService.left_at.is_not(None),
        ListedService.dead_at.is_not(None),
        ListedService.nation == "",
        ListedService.area == "",
    )
    counted = [func.coalesce(func.sum(case((column, 1), else_=0)), 0) for column in columns]
    row = session.execute(select(func.count(ListedService.id), *counted)).one()
    return OnTheList(*(int(number) for number in row))


def listed(session: Session, *, after: int = 0) -> list[ListedService]:
    """Give the next services on the list, in the order they came; at most a page and one."""
    statement = select(ListedService).where(ListedService.id > after).order_by(ListedService.id)
    return list(session.scalars(statement.limit(PAGE + 1)))


def _stands() -> ColumnElement[str]:
    """Say where a return stands; what was sent counts whatever came after it."""
    return case(
        (Return.answers.is_not(None), ReturnStands.ANSWERED.value),
        (ListedService.left_at.is_not(None), ReturnStands.LEFT.value),
        (Return.draft.is_not(None), ReturnStands.BEGUN.value),
        (ListedService.dead_at.is_not(None), ReturnStands.DEAD.value),
        else_=ReturnStands.SILENT.value,
    )


def _parts(
    session: Session, collection_id: int, by: InstrumentedAttribute[str]
) -> list[ResponsePart]:
    answered = func.sum(case((Return.answers.is_not(None), 1), else_=0))
    statement = (
        select(by, func.count(), answered)
        .select_from(Return)
        .join(ListedService, ListedService.id == Return.service_id)
        .where(Return.collection_id == collection_id)
        .group_by(by)
    )
    parts = [
        ResponsePart(name, int(asked), int(done))
        for name, asked, done in session.execute(statement)
    ]
    return sorted(parts, key=lambda part: (not part.name, -part.asked, part.name))


def _volume(slug: str, offering: Sequence[ServiceAnswers]) -> Volume:
    def given(of: Callable[[ServiceAnswers], object]) -> list[int]:
        return [n for answer in offering if isinstance(n := of(answer), int)]

    families = given(lambda answer: answer.families.get(slug))
    trained = given(lambda answer: answer.trained.get(slug))
    return Volume(slug, len(offering), _sum(families), len(families), _sum(trained), len(trained))


def _sum(numbers: Sequence[int]) -> int | None:
    return sum(numbers) if len(numbers) >= FEWEST else None
