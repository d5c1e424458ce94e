"""The service that the page of this request belongs to, its time, and what was last known of it."""

from datetime import datetime
from typing import Any, cast

from flask import current_app

from monitor.service import Service


def service() -> Service:
    """Give the service of the current app."""
    return cast(Service, current_app.extensions["monitor"])


def last_known() -> dict[str, dict[str, Any]]:
    """Give what pages showed last, by page: for when the database cannot be asked."""
    return cast(dict[str, dict[str, Any]], current_app.extensions["monitor.last_known"])


def now() -> datetime:
    """Tell the time by the service's clock."""
    return service().clock()
