"""The running service: settings, database, catalogue and secret, made ready to work."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from monitor import workflow
from monitor.catalogue import loader
from monitor.catalogue import service as catalogue_service
from monitor.catalogue.loader import Catalogue
from monitor.feeds import service as feeds
from monitor.kernel import secret
from monitor.kernel.clock import utcnow
from monitor.kernel.database import Database
from monitor.kernel.settings import Settings
from monitor.literature.matching.matcher import Matcher
from monitor.ops import service as ops
from monitor.ops.schema import migrate


@dataclass(frozen=True)
class Service:
    """What every job, page and command works with."""

    settings: Settings
    database: Database
    catalogue: Catalogue
    matcher: Matcher
    secret: bytes
    clock: Callable[[], datetime] = utcnow

    @classmethod
    def open(cls, settings: Settings) -> "Service":
        """Open the database and load the catalogue and the secret; changes no row.

        Raises:
            ConfigError: the catalogue or the secret is damaged.
        """
        catalogue = loader.load()
        return cls(
            settings=settings,
            database=Database(settings.database_url),
            catalogue=catalogue,
            matcher=Matcher(catalogue),
            secret=secret.load_or_create(settings.var),
        )

    def prepare(self, schedule: Mapping[str, int]) -> None:
        """Bring the database up to this version: schema, catalogue, sources, jobs, baseline."""
        migrate(self.database)
        now = self.clock()
        with self.database.write() as session:
            catalogue_service.sync(session, self.catalogue, at=now)
            feeds.sync_sources(session, self.settings, at=now)
            ops.sync_jobs(session, schedule, at=now)
            workflow.publish_baseline(session, self.catalogue, at=now)
