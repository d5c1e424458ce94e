"""Sending over a few connections at once, each a small lot at a time. Reads and writes no database.

A connection is a thread with one way out. It is given messages that were claimed for it, hands them
over one after the other, and tells what became of each; on the first that was not accepted, when
the server is slow, or when told to stop, it gives back those it has not begun.
"""

import math
import queue
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from monitor.kernel.clock import monotonic
from monitor.kernel.settings import MailTransport as Kind
from monitor.kernel.settings import Settings
from monitor.notify.messages.claiming import Claimed
from monitor.notify.smtp.transport import Transport, open_transport

# A lot that takes longer is cut short: what is claimed and not begun waits for a slow server.
SLOW_SECONDS = 1.0
# Messages of one lot: what one connection may repeat after a crash. With few connections each is given
# more, so that all of them together are never given more than the usual four.
MOST_AT_ONCE, _MOST_IN_FLIGHT = 8, 32
# A server that takes a message in this time is quicker than we are: more connections than two, one
# that sends while what the other sent is recorded, would only make the lots smaller. Of a lot the
# quickest counts: that others took longer may be our own doing, on a machine that has more to do.
_BRISK_SECONDS, _ENOUGH_FOR_BRISK = 0.002, 2


@dataclass(frozen=True, slots=True)
class TriedMessage:
    """One message that was begun: the server's reply, or why there is none.

    ``seconds``: how long the server took for one that it accepted.
    """

    claimed: Claimed
    reply: str = ""
    error: Exception | None = None
    seconds: float = math.inf


@dataclass(frozen=True, slots=True)
class ConnectionWord:
    """What a connection tells: it is open, it could not be opened (``error``), or it did a lot."""

    connection: "Connection"
    tried: Sequence[TriedMessage] = ()
    untried: Sequence[Claimed] = ()
    seconds: float = 0.0
    error: Exception | None = None

    @property
    def is_brisk(self) -> bool:
        """Whether the server takes messages as quickly as they can be made."""
        return min((tried.seconds for tried in self.tried), default=math.inf) < _BRISK_SECONDS


def most_at_once(connections: int) -> int:
    """Say how many messages a lot may have where there are so many connections.

    >>> most_at_once(1), most_at_once(3), most_at_once(4), most_at_once(16)
    (32, 10, 8, 8)
    """
    return max(MOST_AT_ONCE, _MOST_IN_FLIGHT // connections)


class Connection:
    """One connection to the mail server, in a thread of its own; ``words`` is where it tells."""

    def __init__(
        self,
        settings: Settings,
        frank: Callable[[Claimed], tuple[str, bytes]],
        words: "queue.SimpleQueue[ConnectionWord]",
        stop: threading.Event,
        *,
        brisk: bool,
    ) -> None:
        self._settings, self._frank, self._brisk = settings, frank, brisk
        self._words, self._stop = words, stop
        self._lots: queue.SimpleQueue[Sequence[Claimed] | None] = queue.SimpleQueue()
        # a process that ends does not wait: what was in flight is sent again by the next one
        self._thread = threading.Thread(target=self._run, name="mail", daemon=True)
        self._thread.start()

    def give(self, lot: Sequence[Claimed]) -> None:
        """Let it send these, in this order."""
        self._lots.put(lot)

    def end(self) -> None:
        """Let it end after what it was given."""
        self._lots.put(None)

    def join(self) -> None:
        """Wait for its end."""
        self._thread.join()

    def _run(self) -> None:
        try:
            with open_transport(self._settings, brisk=self._brisk) as transport:
                self._words.put(ConnectionWord(self))
                while (lot := self._lots.get()) is not None:
                    self._words.put(self._send(transport, lot))
        except Exception as error:  # noqa: BLE001 - told to who waits for this thread's word
            self._words.put(ConnectionWord(self, error=error))

    def _send(self, transport: Transport, lot: Sequence[Claimed]) -> ConnectionWord:
        began, tried = monotonic(), list[TriedMessage]()
        for claimed in lot:
            late = bool(tried) and monotonic() - began > SLOW_SECONDS
            if late or self._stop.is_set() or (tried and tried[-1].error):
                break
            tried.append(self._try(transport, claimed))
        return ConnectionWord(self, tried, lot[len(tried) :], monotonic() - began)

    def _try(self, transport: Transport, claimed: Claimed) -> TriedMessage:
        try:
            sender, body = self._frank(claimed)
            began = monotonic()
            reply = transport.send(body, sender, claimed.address, claimed.uuid)
            return TriedMessage(claimed, reply, seconds=monotonic() - began)
        except Exception as error:  # noqa: BLE001 - judged by who records it
            return TriedMessage(claimed, error=error)


class Connections:
    """The connections of one pass: one at first, more while much mail waits.

    Messages to one address are never in two hands at once, so that none overtakes another.
    """

    def __init__(self, settings: Settings, frank: Callable[[Claimed], tuple[str, bytes]]) -> None:
        self.stop = threading.Event()
        self.idle: list[Connection] = []
        self._settings, self._frank = settings, frank
        self._words: queue.SimpleQueue[ConnectionWord] = queue.SimpleQueue()
        self._all: list[Connection] = []
        self._opening: set[Connection] = set()
        self._given: dict[Connection, Sequence[Claimed]] = {}
        sends = settings.mail.transport is Kind.SMTP
        self._most = settings.mail.connections if sends else 1
        self.most_in_flight = max(_MOST_IN_FLIGHT, MOST_AT_ONCE * self._most)

    def __enter__(self) -> Self:
        self._open(brisk=False)
        return self

    def __exit__(self, *error: object) -> None:
        self.stop.set()
        for connection in self._all:
            connection.end()
        for connection in self._all:
            connection.join()

    @property
    def busy(self) -> bool:
        """Whether a message is in somebody's hands, or the first connection is being opened."""
        return bool(self._given) or len(self._opening) == len(self._all)

    @property
    def any_open(self) -> bool:
        """Whether there is one to send over."""
        return bool(self.idle or self._given)

    @property
    def in_hand(self) -> int:
        """How many messages were given and are not heard of yet."""
        return sum(len(lot) for lot in self._given.values())

    @property
    def most_at_once(self) -> int:
        """How many messages a lot may have now; a second connection soon has its share."""
        there = len(self.idle) + len(self._given) + len(self._opening)
        return most_at_once(max(1, there, min(self._most, _ENOUGH_FOR_BRISK)))

    def hear(self) -> list[ConnectionWord]:
        """Wait for a word, and give all there are by then."""
        words = [self._words.get()]
        while not self._words.empty():
            words.append(self._words.get())
        for word in words:
            self._opening.discard(word.connection)
            self._given.pop(word.connection, None)
            if word.error is None:
                self.idle.append(word.connection)
        return words

    def hand_out(self, waiting: Sequence[Claimed], most: int) -> list[Claimed]:
        """Give idle connections up to ``most`` messages each; gives those that have to wait."""
        lots: dict[Connection, list[Claimed]] = {connection: [] for connection in self.idle}
        taken = {claimed.address for lot in self._given.values() for claimed in lot}
        homes: dict[str, Connection] = {}
        left: list[Claimed] = []
        for claimed in waiting:
            address = claimed.address
            home = homes.get(address) or min(lots, key=lambda one: len(lots[one]), default=None)
            full = home is None or len(lots[home]) >= most
            if home is None or full or address in taken:
                taken.add(address)  # what follows to the same address waits behind it
                left.append(claimed)
                continue
            homes[address] = home
            lots[home].append(claimed)
        self._give(lots)
        return left

    def open_another(self, *, brisk: bool) -> None:
        """Begin to open one connection more, unless there are as many as may be.

        Where the server is ``brisk`` two are enough.
        """
        most = min(self._most, _ENOUGH_FOR_BRISK) if brisk else self._most
        if not self._opening and len(self.idle) + len(self._given) < most:
            self._open(brisk=True)

    def fewer(self) -> None:
        """Open no more than there are: the server does not take another."""
        self._most = 0

    def spare(self, connection: Connection) -> bool:
        """Let a connection go that the server has ended; False where it is the last one."""
        if len(self.idle) + len(self._given) <= 1:
            return False
        self.fewer()
        self.idle.remove(connection)
        connection.end()
        return True

    def _open(self, *, brisk: bool) -> None:
        opened = Connection(self._settings, self._frank, self._words, self.stop, brisk=brisk)
        self._all.append(opened)
        self._opening.add(opened)

    def _give(self, lots: Mapping[Connection, Sequence[Claimed]]) -> None:
        for connection, lot in lots.items():
            if lot:
                self.idle.remove(connection)
                self._given[connection] = lot
                connection.give(lot)
