"""The running service: settings, database, catalogue, matcher, secret and clock. Holds no state of its own."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Self

from monitor.catalogue.ten import KnowsTheQueries
from monitor.feeds import sources
from monitor.feeds.sources import databases
from monitor.kernel import premises, secret
from monitor.kernel.clock import utcnow
from monitor.kernel.persistence.database import Database
from monitor.kernel.process.log import log
from monitor.kernel.settings import Settings

if TYPE_CHECKING:  # what tells how things stand opens the database alone, and needs none of these
    from monitor.catalogue.loader import Catalogue
    from monitor.literature.matching.matcher import Matcher


@dataclass(frozen=True)
class Service:
    """What the story, and every job, page and command, work with.

    ``secret`` signs links and form tokens; ``clock`` gives the present moment, aware of its zone.
    """

    settings: Settings
    database: Database
    catalogue: "Catalogue"
    matcher: "Matcher"
    secret: bytes
    clock: Callable[[], datetime] = utcnow

    @classmethod
    def open(cls, settings: Settings) -> Self:
        """Open the database and load the catalogue and the secret; changes no row.

        Raises:
            ConfigError: the catalogue or the secret is damaged, the secret was lost, others may
                read it, a setting names no source, or
                the key that signs mail cannot be used.
        """
        # loaded here and not above: the lightest command takes but ``open_database`` from this file
        from monitor.catalogue import loader  # noqa: PLC0415
        from monitor.literature.matching.matcher import Matcher  # noqa: PLC0415
        from monitor.notify.smtp import signing  # noqa: PLC0415

        catalogue = loader.load()
        signing.signer(settings)  # a key that cannot sign stops the start
        database = open_database(settings, catalogue)
        return cls(
            settings=settings,
            database=database,
            catalogue=catalogue,
            matcher=Matcher(catalogue),
            secret=secret.load_or_create(settings.var),
        )

    @property
    def is_https(self) -> bool:
        """Tell whether readers reach the service over TLS."""
        return self.settings.web.public_url.startswith("https:")


def open_database(settings: Settings, catalogue: KnowsTheQueries) -> Database:
    """Hold the settings to the sources there are, and open the database; changes no row.

    Raises:
        ConfigError: a setting names no source, or the secret was lost.
    """
    sources.check(settings, catalogue)
    databases.check(settings)
    database = Database(settings.database_url)
    for path in premises.keep_private(settings, database):
        log.warning("files.open_to_others", path=str(path))
    premises.refuse_lost_key(settings, database)
    return database
