"""Mail about own services: only when it touches them, about all ten, as chosen elsewhere, or never."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy.orm import Session

from monitor.mine import queries
from monitor.mine.service import hold_view, hold_view_of
from monitor.notify import chosen, holding
from monitor.notify.readers import helping, narrowing, subscribing
from monitor.notify.tables import Subscriber, SubscriberState
from monitor.notify.terms import Terms


class Choice(StrEnum):
    """Of what a buyer is mailed."""

    ONLY = "only"  # what touches their services
    ALL = "all"
    CHOSEN = "chosen"  # some of the ten, chosen where one subscribes
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Mail:
    """What a buyer is mailed now; ``interventions`` are slugs they follow, narrowed or not."""

    choice: Choice
    interventions: tuple[str, ...]
    purpose: str  # what they agreed to; empty: to nothing
    since: datetime | None


def of_buyer(session: Session, address: str, every: Sequence[str]) -> Mail:
    """Tell what is mailed to an address. ``every``: the slugs of all ten."""
    reader = narrowing.reader(session, address)
    if reader is None or reader.state is not SubscriberState.ACTIVE:
        return Mail(Choice.NEVER, (), "", None)
    slugs = tuple(reader.interventions)
    return Mail(_choice(reader, every), slugs, reader.purpose, reader.confirmed_at)


def choose(
    session: Session,
    key: str,
    choice: Choice,
    *,
    every: Sequence[str],
    purpose: str,
    at: datetime,
) -> None:
    """Let a buyer be mailed of this from now on. Their address is proved: its link opened the view.

    ``CHOSEN`` leaves things as they are.

    Raises:
        NotFound: the view was erased.
    """
    buyer = hold_view(session, key)
    now = of_buyer(session, buyer.address, every).choice
    if choice in {now, Choice.CHOSEN}:
        return
    if choice is Choice.NEVER:
        narrowing.stop(session, buyer.address, at=at)
        return
    only = queries.slugs_of(session, buyer.address) if choice is Choice.ONLY else None
    narrowing.start(
        session, buyer.address, interventions=every, narrowed_to=only, purpose=purpose, at=at
    )


def choose_by_link(  # noqa: PLR0913 - whose, what, how often, of which, asked or not
    session: Session,
    uuid: str,
    interventions: Sequence[str],
    terms: Terms | None,
    *,
    only: bool,
    asked: bool,
    at: datetime,
) -> bool:
    """Let the reader of this message change what they get; their next mail says that it was changed.

    Whoever has that mail can do it. ``only``: what touches their services; ``asked``: they may be
    asked whether it helped. Tells whether mail is narrowed to their services now.

    Raises:
        LinkOver: nobody is known by this message any more.
        Conflict: they have left.
        InvalidInput: the choice of interventions cannot be used.
    """
    reader = narrowing.of_message(session, uuid)
    if reader is None:
        subscribing.choose(session, uuid, interventions, at, terms)
        return False
    hold_view_of(session, reader.address)  # before its reader, as everywhere
    holding.reader(session, reader.address)
    before = chosen.got(session, reader)
    subscribing.choose(session, uuid, interventions, at, terms)
    helping.agree(session, uuid, yes=asked, at=at)
    narrow_choices(session, reader.address, only=only, at=at)
    chosen.note_change(session, reader, before, at)
    return reader.narrowed_to is not None


def narrow_choices(session: Session, address: str, *, only: bool, at: datetime) -> None:
    """Narrow what an active reader follows to what touches their services, or no longer.

    Where nothing is entered, there is nothing to narrow to, and nothing changes.
    """
    if not only:
        narrowing.widen(session, address, at=at)
    elif hold_view_of(session, address) and queries.has_services(session, address):
        narrowing.narrow(session, address, queries.slugs_of(session, address), at=at)


def _choice(reader: Subscriber, every: Sequence[str]) -> Choice:
    if reader.narrowed_to is not None:
        return Choice.ONLY
    return Choice.ALL if set(every) <= set(reader.interventions) else Choice.CHOSEN
