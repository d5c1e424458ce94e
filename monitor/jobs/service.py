"""Makes the running service ready to work: its database is brought up to this version."""

from collections.abc import Mapping

from monitor import workflow
from monitor.catalogue import service as catalogue_service
from monitor.feeds import of_use
from monitor.feeds import service as feeds
from monitor.kernel import premises
from monitor.ops import service as ops
from monitor.ops.schema import migrate
from monitor.service import Service

__all__ = ["Service", "prepare"]


def prepare(service: Service, schedule: Mapping[str, int]) -> None:
    """Bring the database up to this version: schema, catalogue, sources, jobs, baseline.

    Raises:
        ConfigError: the database is gone, is newer, or belongs to something else.
    """
    premises.refuse_vanished(service.settings, service.database)
    migrate(service.database)
    premises.note_made(service.settings, service.database)
    now = service.clock()
    with service.database.write() as session:
        catalogue_service.sync(session, service.catalogue, at=now)
        feeds.sync_sources(session, service.settings, at=now)
        of_use.sync(session, service.settings, at=now)
        ops.sync_jobs(session, schedule, at=now)
        workflow.publish_baseline(session, service, at=now)
