"""Connections of browsers: whoever comes finds room, however many others only hold theirs open.

Waitress stops accepting where there are too many: a hundred that never ask anything, or ask a letter
a minute, would keep everybody out. Here the one that has kept its place for longest without having
asked, or without taking its answer, makes room; whoever is being answered keeps theirs.
"""

from collections.abc import Collection
from operator import attrgetter
from typing import Any

from waitress.channel import HTTPChannel

from monitor.kernel.clock import monotonic

MOST = 250


class OpenConnection(HTTPChannel):  # type: ignore[misc]  # waitress has no types
    """A browser's connection; the longest idle of too many is closed once another comes."""

    def __init__(self, *args: Any, **named: Any) -> None:  # noqa: ANN401 - waitress's own
        self.idle_since = monotonic()
        super().__init__(*args, **named)
        connections = self.server.active_channels.values()
        make_room([other for other in connections if other is not self], MOST - 1)

    def service(self) -> None:
        """Answer a request; from then on it is idle."""
        super().service()
        self.idle_since = monotonic()


def make_room(connections: Collection[OpenConnection], most: int) -> None:
    """Let the longest idle of those that are more than ``most`` be closed, in the server's next round.

    Not at once: in this round its number may be another's already, who would be taken for it.
    """
    staying = [connection for connection in connections if not connection.will_close]
    idle = [connection for connection in staying if not connection.requests]
    idle.sort(key=attrgetter("idle_since"))
    for connection in idle[: max(0, len(staying) - most)]:
        connection.will_close = True
