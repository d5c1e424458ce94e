"""Ask the feeds of use: what is new becomes a draft of a wave, and is never published by itself.

The network is reached between transactions, never inside one. A file that is no wave to be kept is
a failure like any other: it opens an incident, and is never taken for "nothing new".
"""

import contextlib
from dataclasses import dataclass

from monitor import workflow
from monitor.feeds import incidents, of_use
from monitor.feeds.http.client import Http
from monitor.feeds.of_use import Documents
from monitor.kernel.errors import Conflict, NotFound, SourceError, SourceFault
from monitor.kernel.language.english import plural
from monitor.kernel.persistence.locks import exclusive
from monitor.kernel.process.log import log
from monitor.kernel.source_settings import UseFeedSettings
from monitor.service import Service
from monitor.usage import documents as reading
from monitor.usage.wave_table import ReadWave

_LOCK = "use-feeds"


@dataclass(frozen=True, slots=True)
class UseReport:
    """How asking one feed went; ``wave`` is the number of the draft it brought, None: nothing new."""

    feed: str
    wave: int | None = None
    error: str | None = None
    problems: tuple[str, ...] = ()


def ask_due(service: Service) -> list[UseReport]:
    """Ask every feed of use that is due, one by one. Nothing while another process does."""
    feeds = {feed.name: feed for feed in service.settings.usage.feeds}
    with exclusive(service.database, service.settings.var, _LOCK) as held:
        if not held:
            return []
        with service.database.read() as session:
            due = of_use.due(session, service.clock())
        return [_asked(service, feeds[name]) for name in due if name in feeds]


def ask_now(service: Service, name: str) -> None:
    """Make one feed due at once.

    Raises:
        NotFound: the settings have none of this name.
    """
    if name not in {feed.name for feed in service.settings.usage.feeds}:
        raise NotFound(f"the settings have no feed of use {name!r}")
    with service.database.write() as session:
        of_use.ask_now(session, name, service.clock())


def _asked(service: Service, feed: UseFeedSettings) -> UseReport:
    with service.database.write() as session:
        known = of_use.begin(session, feed.name, service.clock())
    read: ReadWave | None = None
    try:
        with contextlib.closing(Http(service.settings.sources)) as http:
            documents = of_use.fetch(http, feed, known)
        if documents is not None:
            read = reading.read(documents.table, documents.about, service.catalogue)
        return _kept(service, feed.name, documents, read)
    except SourceError as error:
        return _failed(service, feed.name, error, read)


def _kept(
    service: Service, name: str, documents: Documents | None, read: ReadWave | None
) -> UseReport:
    """Keep a whole answer.

    Raises:
        SourceError: it is no wave to be kept; nothing of it is.
    """
    if read is not None and read.problems:
        raise SourceError(
            SourceFault.UNFIT, f"{plural(len(read.problems), 'thing')} in it is wrong"
        )
    try:
        with service.database.write() as session:
            of_use.hold(session, name)
            at = service.clock()
            wave = (
                workflow.draft_from_feed(session, service, read=read, feed=name, at=at)
                if read
                else None
            )
            of_use.answered(session, service.settings, name, documents, at, new=wave is not None)
            workflow.source_recovered(session, service.settings, incidents.USE + name, at)
            brought = wave.id if wave else None
    except Conflict as error:
        raise SourceError(SourceFault.UNFIT, f"its wave cannot be kept: {error}") from None
    log.info("use_feed.asked", feed=name, wave=brought)
    return UseReport(name, wave=brought)


def _failed(service: Service, name: str, error: SourceError, read: ReadWave | None) -> UseReport:
    problems = read.problems if read else ()
    with service.database.write() as session:
        at = service.clock()
        of_use.failed(session, name, error, at, problems)
        workflow.source_failed(session, service.settings, incidents.USE + name, error, at)
    log.warning("use_feed.failed", feed=name, fault=error.kind.value)
    return UseReport(name, error=str(error), problems=problems)
