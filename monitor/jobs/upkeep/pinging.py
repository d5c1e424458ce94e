"""Tells an address outside that we can still tell people what is wrong: a dead man's switch.

Where mail cannot leave, nobody is told by mail; where this machine is off, nobody is told at all. A
service outside that hears from us no more raises its own alarm.
"""

import contextlib

from monitor.feeds.http.client import Http, Patience
from monitor.kernel.process.log import log
from monitor.ops import queries
from monitor.service import Service

PATIENCE = Patience(whole=30, tries=2)
_LIMIT = 64 * 1024  # bytes of a reply, which nobody reads


def ping(service: Service) -> str | None:
    """Ask the one address while all is well, the other while it is not; gives the one asked.

    Raises:
        SourceError: it did not answer; the job counts as failing, which *Status* tells.
    """
    watch = service.settings.watch
    if not (watch.ping_url or watch.trouble_url):
        return None
    with service.database.read() as session:
        wrong = queries.cannot_tell(session, service.clock())
    if wrong:
        log.warning("watch.not_well", reasons=wrong)
    url = watch.trouble_url if wrong else watch.ping_url
    if url:
        with contextlib.closing(Http(service.settings.sources, PATIENCE)) as http:
            http.get(url, limit=_LIMIT)
    return url or None
