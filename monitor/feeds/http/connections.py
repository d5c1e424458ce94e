"""Connections that look whom they reach before they say a word, and that can be cut off.

A name is looked up once, and only those of its addresses are called that may be: an address
inside hears nothing, not even a knock. Checked again on the connected socket, so a name that
changes its answer gains nothing. Never speaks through a proxy.
"""

import contextlib
import logging
import os
import socket
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError

from monitor.feeds.http.addresses import permitted

# what it has to say holds whole addresses, with the keys in them, even in its warnings
logging.getLogger("urllib3").propagate = False


class ForbiddenAddress(Exception):  # noqa: N818 - not an OSError: nothing on the way may retry it
    """The host answered from an address that may not be reached."""


class UnknownName(Exception):  # noqa: N818 - not an OSError: told apart from a host that is down
    """The name has no address."""


class NamesUnavailable(Exception):  # noqa: N818 - not an OSError: told apart from a host that is down
    """The name could not be looked up just now: it may have an address."""


# a name may have thousands of addresses, and each may take a whole connect timeout
_MOST_ADDRESSES = 4


class Guard:
    """Checks every new connection, and can cut all of them off.

    Cutting is needed because a read timeout starts anew with every byte: a server that sends
    one byte a second holds a plain client for ever.
    """

    def __init__(self, *, allow_loopback: bool) -> None:
        self.allow_loopback = allow_loopback
        # held while a request leaves, once its connection stands; whoever paces sets it
        self.turn: Callable[[], AbstractContextManager[None]] = contextlib.nullcontext
        self._handles: set[_Handle] = set()

    def look_up(self, name: str, port: int) -> list[str]:
        """Look up a name, and give its addresses that may be called, at most 4.

        Raises:
            UnknownName: it has no address.
            NamesUnavailable: nobody can tell now.
            ForbiddenAddress: none of them may be called.
        """
        try:
            entries = socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)
        except socket.gaierror as error:
            passing = error.errno == socket.EAI_AGAIN
            raise (NamesUnavailable if passing else UnknownName) from None
        addresses = dict.fromkeys(str(address[0]) for *_, address in entries)
        allowed = [
            address
            for address in addresses
            if permitted(address, port, allow_loopback=self.allow_loopback)
        ]
        if not allowed:
            raise ForbiddenAddress
        return allowed[:_MOST_ADDRESSES]

    def admit(self, sock: socket.socket) -> "_Handle":
        """Take charge of a connected socket.

        Raises:
            ForbiddenAddress: it leads to an address that may not be reached; it is closed.
        """
        host, port = sock.getpeername()[:2]
        if not permitted(host, port, allow_loopback=self.allow_loopback):
            sock.close()
            raise ForbiddenAddress
        handle = _Handle(sock)
        self._handles.add(handle)
        return handle

    def cut(self) -> None:
        """End every open connection now, whatever it is waiting for. Safe from another thread."""
        for handle in tuple(self._handles):
            handle.cut()

    def sweep(self, *, everything: bool = False) -> None:
        """Let go of the connections that are no longer used, between two requests."""
        for handle in tuple(self._handles):
            if handle.finished or everything:
                handle.close()
                self._handles.discard(handle)


class _Handle:
    """A second descriptor of a connection, which outlives the wrapping of its socket in TLS.

    It also outlives the connection's own ``close``: the standard library closes a connection
    that will not be kept while its reply is still being read. Hence ``finished``.
    """

    def __init__(self, sock: socket.socket) -> None:
        self._socket = socket.socket(fileno=os.dup(sock.fileno()))
        self.finished = False

    def cut(self) -> None:
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self._socket.close()


class GuardedAdapter(HTTPAdapter):
    """A requests adapter whose every connection is checked by ``guard``."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard
        super().__init__(pool_connections=8, pool_maxsize=1, max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - passed on as they come
        """Make the pools, of guarded connections."""
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _pools(self._guard)


def _pools(guard: Guard) -> dict[str, type[HTTPConnectionPool]]:
    """Make the two kinds of pool; the guard is theirs alone, so two clients never share one."""

    class _Plain(_Checked, HTTPConnection):
        guards = guard

    class _Secure(_Checked, HTTPSConnection):
        guards = guard

    class _PlainPool(HTTPConnectionPool):
        ConnectionCls = _Plain

    class _SecurePool(HTTPSConnectionPool):
        ConnectionCls = _Secure

    return {"http": _PlainPool, "https": _SecurePool}


class _Checked(HTTPConnection):
    """What both kinds of connection share: checked once connected, let go of once closed."""

    guards: Guard
    _handle: _Handle | None = None

    def _new_conn(self) -> socket.socket:
        sock = self._called()
        self._handle = self.guards.admit(sock)
        return sock

    def request(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - passed on as they come
        """Send a request, when it is its turn: the wait for a connection comes before."""
        if self.sock is None:
            self.connect()
        with self.guards.turn():
            super().request(*args, **kwargs)

    def _called(self) -> socket.socket:
        """Call the name's addresses in turn until one answers."""
        name = self._dns_host
        *others, last = self.guards.look_up(name, self.port)
        try:
            for self._dns_host in others:
                with contextlib.suppress(HTTPError):
                    return super()._new_conn()
            self._dns_host = last
            return super()._new_conn()
        finally:
            # the certificate and the Host header are the name's, not the address's
            self._dns_host = name

    def close(self) -> None:
        super().close()
        if self._handle is not None:
            self._handle.finished = True
