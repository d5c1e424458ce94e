"""The service that the page of this request belongs to, and its time."""

from datetime import datetime
from typing import cast

from flask import current_app

from monitor.service import Service


def service() -> Service:
    """Give the service of the current app."""
    return cast(Service, current_app.extensions["monitor"])


def now() -> datetime:
    """Tell the time by the service's clock."""
    return service().clock()
