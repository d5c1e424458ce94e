"""The list of services, and the collections that ask them. Flushes, never commits; audits.

What a service does through its link stands in ``answering``, whom to write to next in ``asking``.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeVar

from sqlalchemy import delete, func, null, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from monitor.catalogue.loader import Catalogue
from monitor.kernel import audit
from monitor.kernel.errors import Conflict, InvalidInput, NotFound
from monitor.kernel.language.text import line
from monitor.kernel.language.uk import LAST_DAY, london, long_date, uk_day
from monitor.usage import service as waves
from monitor.usage.returns import building, rules, services_list
from monitor.usage.returns.rules import ServiceAnswers
from monitor.usage.returns.services_list import ServiceAsListed, ServicesList
from monitor.usage.returns.tables import (
    Collection,
    CollectionState,
    ListedService,
    Return,
    ReturnLink,
)
from monitor.usage.tables import Wave
from monitor.usage.wave_table import ReadWave

_OWN = " (returns)"  # behind the name of a wave that somebody else's has
_MAX_NAME, _MAX_WORDS, _MAX_PROMOTERS = 60, 500, 40
_FACTS = ("name", "kind", "nation", "area", "address")
_One = TypeVar("_One", ServiceAsListed, ListedService)


@dataclass(frozen=True, slots=True)
class BroughtList:
    """What a list came to, in services."""

    added: int
    changed: int
    same: int
    left: int  # asked not to be asked again, and stay so
    not_in_it: int  # on the list, not in the file: they stay


@dataclass(frozen=True, slots=True)
class Opening:
    """What is said of a collection when it is opened."""

    name: str
    frame: str
    promoters: tuple[str, ...]
    closes_on: date


def bring_list(session: Session, read: ServicesList, *, by: str, at: datetime) -> BroughtList:
    """Put services on the list, or bring what is known of them up to date; nobody is taken off.

    Raises:
        InvalidInput: something is wrong with it; says all of it.
        Conflict: somebody brought a list at the same time.
    """
    if read.problems:
        raise InvalidInput("; ".join(read.problems))
    held = select(ListedService).order_by(ListedService.id).with_for_update()
    kept_now = session.scalars(held).all()
    known = {service.key: service for service in kept_now} | _moved(kept_now, read.services)
    added = [_listed(service, by, at) for service in read.services if service.key not in known]
    again = [(service, known[service.key]) for service in read.services if service.key in known]
    changed = sum(_update(kept, service) for service, kept in again)
    try:
        with session.begin_nested():
            session.add_all(added)
    except IntegrityError:
        raise Conflict("somebody brought a list at the same time: bring yours again") from None
    brought = BroughtList(
        added=len(added),
        changed=changed,
        same=len(again) - changed,
        left=sum(kept.left_at is not None for _, kept in again),
        not_in_it=len(kept_now) - len(again),
    )
    audit.record(
        session,
        at=at,
        actor=by,
        action="services.listed",
        subject="services:list",
        added=brought.added,
        changed=brought.changed,
        same=brought.same,
    )
    return brought


def forget(session: Session, service_id: int, *, by: str, at: datetime) -> None:
    """Let go of all that is kept of a service: its name, where it is, its address, its answers.

    Its links lead nowhere from then on. Waves that were made keep their counts, which name nobody.

    Raises:
        NotFound: it is not on the list.
    """
    service = session.get(ListedService, service_id)
    if service is None or not service.address:
        raise NotFound(f"there is no service {service_id}")
    returns = select(Return.id).where(Return.service_id == service_id)
    emptied = (
        delete(ReturnLink).where(ReturnLink.return_id.in_(returns)),
        update(Return)
        .where(Return.service_id == service_id)
        .values(draft=null(), drafted_at=None, answers=null(), returned_at=None),
    )
    for statement in emptied:
        session.execute(statement.execution_options(synchronize_session=False))
    for fact in _FACTS:
        setattr(service, fact, "")
    service.key, service.name = f"forgotten|{service_id}", "A service that was forgotten"
    service.left_at = service.left_at or at
    session.flush()
    audit.record(
        session, at=at, actor=by, action="service.forgotten", subject=f"listed:{service_id}"
    )


def open_collection(session: Session, opening: Opening, *, by: str, at: datetime) -> Collection:
    """Begin to collect a wave from services' own returns. Nobody is written to yet.

    Raises:
        InvalidInput: a word is missing or too long, or the last day is over; names the field.
        Conflict: another is open, or a wave of its name stands.
    """
    said = _checked(opening, at)
    if other := current(session):
        raise Conflict(
            f"“{other.name}” is open: close it first, since one service answers one wave"
        )
    waves.refuse_twice(session, said.name)
    collection = Collection(
        name=said.name,
        state=CollectionState.OPEN,
        question=rules.QUESTION,
        instrument=rules.INSTRUMENT,
        version=rules.VERSION,
        frame=said.frame,
        promoters=list(said.promoters),
        opened_by=by,
        opened_at=at,
        closes_on=said.closes_on,
        closes_at=uk_day(said.closes_on).end,
    )
    try:
        with session.begin_nested():
            session.add(collection)
    except IntegrityError:
        raise Conflict("somebody opened another at the same time: see that one first") from None
    _audit(session, collection, "opened", by, at, closes_on=said.closes_on.isoformat())
    return collection


def move_last_day(
    session: Session, collection_id: int, last_day: date, *, by: str, at: datetime
) -> Collection:
    """Let a collection run to another last day: later, or sooner while nobody was asked yet.

    Whoever was asked was told until when they may answer: that promise is not taken back.

    Raises:
        NotFound: there is no such collection.
        Conflict: it is closed, or its last day is over.
        InvalidInput: that day is over, is its last day already, or is sooner than services were told.
    """
    collection = held(session, collection_id)
    if not is_open(collection, at):
        raise Conflict(f"“{collection.name}” is closed: its last day is not moved any more")
    _check_last_day(last_day, at)
    was = collection.closes_on
    if last_day == was:
        raise InvalidInput(f"{long_date(was)} is its last day already", field="closes_on")
    if last_day < was and _anybody_asked(session, collection):
        raise InvalidInput(
            f"Services were told that they may answer until {long_date(was)}: choose a later day. "
            "To end it sooner, close it",
            field="closes_on",
        )
    collection.closes_on, collection.closes_at = last_day, uk_day(last_day).end
    session.flush()
    days = {"was": was.isoformat(), "closes_on": last_day.isoformat()}
    _audit(session, collection, "last_day_moved", by, at, **days)
    return collection


def close(
    session: Session, catalogue: Catalogue, collection_id: int, *, by: str, at: datetime
) -> Wave | None:
    """End a collection and make a wave of its returns, as a draft; None where nobody answered.

    Where a wave of its name was brought meanwhile, its own is called so with "(returns)" behind.

    Raises:
        NotFound: there is no such collection.
        Conflict: it is closed already, or both names stand.
    """
    collection = held(session, collection_id)
    if collection.state is CollectionState.CLOSED:
        raise Conflict(f"“{collection.name}” was closed already")
    collection.state, collection.closed_by, collection.closed_at = CollectionState.CLOSED, by, at
    collection.closes_at = min(collection.closes_at, at)
    read = _read(session, catalogue, collection)
    wave = waves.draft(session, read, by=by, at=at, origin=waves.RETURNS) if read else None
    collection.wave_id = wave.id if wave else None
    session.flush()
    _audit(session, collection, "closed", by, at, wave=collection.wave_id)
    return wave


def is_open(collection: Collection, at: datetime) -> bool:
    """Tell whether answers are taken: it was not closed, and its last day is not over."""
    return collection.state is CollectionState.OPEN and at < collection.closes_at


def current(session: Session) -> Collection | None:
    """Give the collection that was not closed yet; None: there is none."""
    of = select(Collection).where(Collection.state == CollectionState.OPEN)
    return session.scalars(of).first()


def held(session: Session, collection_id: int) -> Collection:
    """Hold a collection while it is closed: who answers at that moment waits, and finds it so.

    Raises:
        NotFound: there is none.
    """
    wanted = select(Collection).where(Collection.id == collection_id).with_for_update()
    collection = session.scalars(wanted.execution_options(populate_existing=True)).first()
    if collection is None:
        raise NotFound(f"there is no collection {collection_id}")
    return collection


def _read(session: Session, catalogue: Catalogue, collection: Collection) -> ReadWave | None:
    """Make the wave of all that was sent; None where nothing was."""
    answered = (
        select(Return.answers, ListedService)
        .join(ListedService, ListedService.id == Return.service_id)
        .where(Return.collection_id == collection.id, Return.answers.is_not(None))
        .order_by(Return.id)
    )
    given = [
        building.Given(
            address=service.address,
            kind=service.kind,
            nation=service.nation,
            area=service.area,
            answers=ServiceAnswers.from_dict(answers),
        )
        for answers, service in session.execute(answered)
    ]
    if not given:
        return None
    invited = (
        select(func.count(func.distinct(ListedService.address)))
        .join(Return, Return.service_id == ListedService.id)
        .where(Return.collection_id == collection.id)
    )
    asked = building.AskedServices(
        name=_free_name(session, collection.name),
        question=collection.question,
        instrument=collection.instrument,
        version=collection.version,
        frame=collection.frame,
        promoters=tuple(collection.promoters),
        field_from=collection.opened_at.astimezone(london()).date(),
        field_to=_last_day(collection),
        invited=session.scalar(invited) or 0,
    )
    return building.wave(asked, given, catalogue)


def _free_name(session: Session, name: str) -> str:
    try:
        waves.refuse_twice(session, name)
    except Conflict:
        return f"{name[: _MAX_NAME - len(_OWN)].rstrip()}{_OWN}"
    return name


def _last_day(collection: Collection) -> date:
    """Give the last day on which answers were taken."""
    closed = (collection.closed_at or collection.closes_at).astimezone(london()).date()
    return min(collection.closes_on, closed)


def _checked(opening: Opening, at: datetime) -> Opening:
    name, frame = line(opening.name), line(opening.frame)
    promoters = tuple(
        dict.fromkeys(said for promoter in opening.promoters if (said := line(promoter)))
    )
    if not name or len(name) > _MAX_NAME:
        raise InvalidInput(f"Give it a name of at most {_MAX_NAME} characters", field="name")
    if not frame or len(frame) > _MAX_WORDS:
        raise InvalidInput("Say who can answer, such as which list it is", field="frame")
    if len(promoters) > _MAX_PROMOTERS or any(len(promoter) > _MAX_WORDS for promoter in promoters):
        raise InvalidInput("Name those who ask, one a line, in fewer words", field="promoters")
    _check_last_day(opening.closes_on, at)
    return Opening(name, frame, promoters, opening.closes_on)


def _check_last_day(last_day: date, at: datetime) -> None:
    if last_day > LAST_DAY:
        raise InvalidInput(f"Choose a last day up to {long_date(LAST_DAY)}", field="closes_on")
    if last_day < at.date() or uk_day(last_day).end <= at:
        raise InvalidInput(
            f"{long_date(last_day)} is over: choose a later last day", field="closes_on"
        )


def _anybody_asked(session: Session, collection: Collection) -> bool:
    asked = select(Return.id).where(Return.collection_id == collection.id)
    return session.scalar(asked.limit(1)) is not None


def _listed(service: ServiceAsListed, by: str, at: datetime) -> ListedService:
    return ListedService(
        key=service.key,
        **{fact: getattr(service, fact) for fact in _FACTS},
        listed_by=by,
        listed_at=at,
        left_at=None,
        dead_at=None,
    )


def _moved(
    kept: Sequence[ListedService], services: Sequence[ServiceAsListed]
) -> dict[str, ListedService]:
    """Find services that are listed elsewhere now, or whose place was not known, by their new key.

    One of the same name and address that the list does not name where it was is the same service:
    it is not asked a second time.
    """
    keys = {service.key for service in services}
    here = {service.key for service in kept}
    gone = _by_name([service for service in kept if service.key not in keys])
    come = _by_name([service for service in services if service.key not in here])
    return {
        new[0].key: gone[same][0]
        for same, new in come.items()
        if len(new) == len(gone.get(same, ())) == 1
    }


def _by_name(services: Iterable[_One]) -> dict[tuple[str, str], list[_One]]:
    named: dict[tuple[str, str], list[_One]] = {}
    for service in services:
        named.setdefault((services_list.folded(service.name), service.address), []).append(service)
    return named


def _update(kept: ListedService, listed: ServiceAsListed) -> bool:
    """Bring a service up to date; a new address may be alive again. Tells whether it differed."""
    kept.key = listed.key
    changed: Sequence[str] = [
        fact for fact in _FACTS if getattr(kept, fact) != getattr(listed, fact)
    ]
    if "address" in changed:
        kept.dead_at = None
    for fact in changed:
        setattr(kept, fact, getattr(listed, fact))
    return bool(changed)


def _audit(
    session: Session,
    collection: Collection,
    what: str,
    by: str,
    at: datetime,
    **details: str | int | None,
) -> None:
    audit.record(
        session,
        at=at,
        actor=by,
        action=f"collection.{what}",
        subject=f"collection:{collection.id}",
        name=collection.name,
        **details,
    )
