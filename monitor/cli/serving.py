"""Run the service in the foreground: pages and jobs, or jobs alone, until told to stop."""

import contextlib
import errno
import functools
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterable
from types import FrameType
from typing import TYPE_CHECKING, Any

import click
import waitress
from waitress import wasyncore
from waitress.server import BaseWSGIServer

from monitor.accounts import service as accounts
from monitor.cli import connections
from monitor.jobs.schedule import SCHEDULE, scheduled
from monitor.jobs.service import prepare
from monitor.kernel import addresses
from monitor.kernel.errors import ConfigError
from monitor.kernel.process import loglines, memory, threads
from monitor.kernel.process.log import log
from monitor.kernel.settings import WebSettings
from monitor.ops.advice import advice
from monitor.service import Service
from monitor.web import turns
from monitor.web.app import WRITERS, create_app

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

# Above every limit of a page, so that a page says what is too much; nothing larger is taken in.
LARGEST_BODY = 256 * 2**20
# An address that is not this machine's, or of a kind that it does not speak; all else is of the port.
_OF_THE_HOST = frozenset({errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT, errno.EINVAL})


def serve(service: Service) -> None:
    """Run pages and jobs until Ctrl-C or SIGTERM.

    Raises:
        ConfigError: the address cannot be listened on.
    """
    log.set_up()
    memory.share_arenas()
    prepare(service, SCHEDULE)
    web = service.settings.web
    app = create_app(service)
    server = server_of(app, web)
    _announce(service, server.effective_port)
    for note in advice(service.settings):
        log.warning("settings.advice", advice=note)
    _until_stopped(service, functools.partial(answer, server))


def server_of(app: "WSGIApplication", web: WebSettings) -> Any:  # noqa: ANN401 - waitress has no types
    """Make the server that answers for ``app``; it listens, and does so once it is let (``answer``).

    Raises:
        ConfigError: the address cannot be listened on.
    """
    sockets: dict[int, Any] = {}
    try:
        server = waitress.create_server(
            _staying(app),
            map=sockets,
            host=web.host,
            port=web.port,
            threads=turns.threads(web, WRITERS),
            # reads on while a page is made: so a page learns that its reader has gone
            channel_request_lookahead=1,
            ident=None,
            max_request_body_size=LARGEST_BODY,
            # web.proxies reads them, and believes only whom the settings name
            clear_untrusted_proxy_headers=False,
            # far more than stay: connections make room by themselves
            connection_limit=2 * connections.MOST,
            # the other way to wait for them knows no file whose number is above 1,023
            asyncore_use_poll=True,
        )
    except OSError as error:
        wasyncore.close_all(sockets, ignore_all=True)
        raise ConfigError(_why_not_there(web, error)) from error
    except ValueError as error:
        # the server says no more of a host that the system finds no address of
        if not isinstance(error.__context__, socket.gaierror | UnicodeError):
            raise
        raise ConfigError(
            f"web.host: this machine finds no address of “{web.host}”: write one of its own "
            "addresses, or a name that it knows"
        ) from error
    for listening in sockets.values():
        if isinstance(listening, BaseWSGIServer):
            listening.channel_class = connections.OpenConnection
    return server


def _why_not_there(web: WebSettings, error: OSError) -> str:
    key = "web.host" if error.errno in _OF_THE_HOST else "web.port"
    return f"{key}: cannot listen on {addresses.in_link(web.host)}:{web.port}: {error.strerror}"


@functools.cache
def _processor() -> threads.OneProcessor:
    """Give the processor of all that answers in this process."""
    return threads.OneProcessor()


def _staying(app: "WSGIApplication") -> "WSGIApplication":
    """Keep each thread that answers for ``app`` on one processor."""
    processor = _processor()

    def answered(environ: "WSGIEnvironment", start: "StartResponse") -> Iterable[bytes]:
        processor.stay()
        return app(environ, start)

    return answered


def answer(server: Any) -> None:  # noqa: ANN401 - waitress has no types
    """Let the server answer, on the processor of those who do, until this thread is told to stop.

    Jobs are begun before: what a thread that stays begins stays too.
    """
    threads.take_short_turns()
    _processor().stay()
    server.run()


def work(service: Service) -> None:
    """Run the jobs alone until Ctrl-C or SIGTERM."""
    log.set_up()
    memory.share_arenas()
    prepare(service, SCHEDULE)
    _say("Gap Monitor's jobs are running. Ctrl-C stops them.")
    _until_stopped(service, threading.Event().wait)


def _announce(service: Service, port: int) -> None:
    """Print where the pages are and, while there is no admin, the link that makes the first."""
    with service.database.write() as session:
        token = accounts.first_admin_link(session, at=service.clock())
    address = f"http://{addresses.in_link(service.settings.web.host)}:{port}"
    _say(f"Gap Monitor is at {address}")
    if token:
        _say(f"Make the first admin: {address}/welcome/{token}")
    _say("Ctrl-C stops it.")


def _say(words: str) -> None:
    """Print what helps and is not needed: a full disk or a closed terminal stops no service."""
    with contextlib.suppress(OSError, ValueError):
        click.echo(words)
        sys.stdout.flush()


def _until_stopped(service: Service, run: Callable[[], object]) -> None:
    signal.signal(signal.SIGTERM, _stop)
    memory.keep_giving_back()
    try:
        with scheduled(service):
            run()
    except (KeyboardInterrupt, SystemExit):
        pass
    _say("Stopped.")
    loglines.drain()
    # A poll that still waits for a slow source would hold the process for minutes; cutting it off
    # is safe, since everything the jobs do survives a kill.
    os._exit(0)


def _stop(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - the signal's signature
    raise SystemExit(0)
