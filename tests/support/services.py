"""A service on a test's database; the matcher, which takes a while to make, is made once a worker."""

import functools
from collections.abc import Callable
from datetime import datetime

from monitor.catalogue import loader
from monitor.catalogue.loader import Catalogue
from monitor.kernel.persistence.database import Database
from monitor.kernel.settings import Settings
from monitor.literature.matching.matcher import Matcher
from monitor.service import Service

SECRET = b"a secret of tests, 32 bytes long"


@functools.cache
def matcher() -> Matcher:
    return Matcher(loader.load())


def service_of(
    database: Database,
    settings: Settings,
    clock: Callable[[], datetime],
    catalogue: Catalogue | None = None,
) -> Service:
    """Make a service that has today's catalogue, or another one."""
    if catalogue is None or catalogue is loader.load():
        return Service(settings, database, loader.load(), matcher(), SECRET, clock)
    return Service(settings, database, catalogue, Matcher(catalogue), SECRET, clock)
