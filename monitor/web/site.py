"""What every page needs from outside: settings, database, catalogue, clock. Holds no state of its own."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from flask import current_app

from monitor.catalogue.loader import Catalogue
from monitor.kernel.database import Database
from monitor.kernel.settings import Settings
from monitor.literature.matching.matcher import Matcher


@dataclass(frozen=True, slots=True)
class Site:
    """The service as the pages see it; ``secret`` signs links and form tokens."""

    settings: Settings
    database: Database
    catalogue: Catalogue
    matcher: Matcher
    secret: bytes
    clock: Callable[[], datetime]

    @property
    def is_https(self) -> bool:
        """Tell whether readers reach the service over TLS."""
        return self.settings.web.public_url.startswith("https:")


def site() -> Site:
    """Give the service of the current app."""
    return cast(Site, current_app.extensions["monitor"])


def now() -> datetime:
    """Tell the time by the service's clock."""
    return site().clock()
