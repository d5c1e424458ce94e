"""What is left to do before a new service can do its work, for the page an admin lands on."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from ipaddress import ip_address
from urllib.parse import urlsplit

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from monitor.accounts import queries as accounts
from monitor.accounts.queries import PersonState
from monitor.accounts.tables import Role
from monitor.feeds.tables import SourceRow
from monitor.kernel.settings import MailTransport, Settings

_PAIR = 2  # people who appraise each study


class NextThing(StrEnum):
    """One thing to do."""

    PEOPLE = "people"
    SOURCES = "sources"
    CONTACT = "contact"
    MAIL = "mail"
    ADDRESS = "address"


# of the sources that are on: how many, how many fail, and since when the first of these does
_IN_VAIN = select(
    func.count(), func.count(SourceRow.failing_since), func.min(SourceRow.failing_since)
).where(SourceRow.enabled)
# without these nothing is decided here; the others may wait
_FIRST = frozenset({NextThing.PEOPLE, NextThing.SOURCES})


@dataclass(frozen=True, slots=True)
class FirstStep:
    """One thing to do, and whether it was done."""

    what: NextThing
    done: bool


@dataclass(frozen=True, slots=True)
class FirstSteps:
    """All of them, in order; ``reviewers`` may appraise, those invited included.

    ``asks`` tells whether any source is switched on; ``unanswered``, where none has answered yet,
    how many of those were asked in vain, and ``in_vain_since`` since when.
    """

    steps: tuple[FirstStep, ...]
    reviewers: int
    asks: bool
    unanswered: int = 0
    in_vain_since: datetime | None = None

    @property
    def at_the_beginning(self) -> bool:
        """Whether the service cannot do its work yet."""
        return any(not step.done for step in self.steps if step.what in _FIRST)


def first_steps(session: Session, settings: Settings) -> FirstSteps:
    """Read what was done and what is left."""
    people = accounts.people(session)
    reviewers = sum(
        person.role is Role.REVIEWER and person.state is not PersonState.DISABLED
        for person in people
    )
    asked = session.scalar(select(func.count()).where(SourceRow.last_success_at.is_not(None)))
    on, unanswered, in_vain_since = session.execute(_IN_VAIN).one()
    done = {
        NextThing.PEOPLE: reviewers >= _PAIR,
        NextThing.SOURCES: bool(asked),
        NextThing.CONTACT: bool(settings.sources.contact),
        NextThing.MAIL: settings.mail.transport is MailTransport.SMTP,
        NextThing.ADDRESS: not _is_here(settings.web.public_url),
    }
    return FirstSteps(
        tuple(FirstStep(what, done[what]) for what in NextThing),
        reviewers,
        asks=bool(on),
        unanswered=0 if asked else unanswered,
        in_vain_since=None if asked else in_vain_since,
    )


def _is_here(url: str) -> bool:
    """Tell whether an address leads to this machine only."""
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
