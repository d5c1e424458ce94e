"""Run the service in the foreground: pages and jobs, or jobs alone, until told to stop."""

import os
import signal
import sys
import threading
from collections.abc import Callable
from types import FrameType

import click
import structlog
import waitress

from monitor.accounts import service as accounts
from monitor.jobs.schedule import SCHEDULE, scheduled
from monitor.jobs.service import prepare
from monitor.kernel.errors import ConfigError
from monitor.service import Service
from monitor.web.app import create_app

log = structlog.get_logger()

THREADS = 8
# Above every limit of a page, so that a page says what is too much; nothing larger is taken in.
LARGEST_BODY = 256 * 2**20


def serve(service: Service) -> None:
    """Run pages and jobs until Ctrl-C or SIGTERM.

    Raises:
        ConfigError: the address cannot be listened on.
    """
    prepare(service, SCHEDULE)
    web = service.settings.web
    app = create_app(service)
    try:
        server = waitress.create_server(
            app,
            host=web.host,
            port=web.port,
            threads=THREADS,
            ident=None,
            max_request_body_size=LARGEST_BODY,
        )
    except OSError as error:
        raise ConfigError(
            f"web.port: cannot listen on {web.host}:{web.port}: {error.strerror}"
        ) from error
    _announce(service, server.effective_port)
    _until_stopped(service, server.run)


def work(service: Service) -> None:
    """Run the jobs alone until Ctrl-C or SIGTERM."""
    prepare(service, SCHEDULE)
    click.echo("Gap Monitor's jobs are running. Ctrl-C stops them.")
    _until_stopped(service, threading.Event().wait)


def _announce(service: Service, port: int) -> None:
    """Print where the pages are and, while there is no admin, the link that makes the first."""
    with service.database.write() as session:
        token = accounts.first_admin_link(session, at=service.clock())
    address = f"http://{service.settings.web.host}:{port}"
    click.echo(f"Gap Monitor is at {address}")
    if token:
        click.echo(f"Make the first admin: {address}/welcome/{token}")
    click.echo("Ctrl-C stops it.")
    sys.stdout.flush()


def _until_stopped(service: Service, run: Callable[[], object]) -> None:
    signal.signal(signal.SIGTERM, _stop)
    try:
        with scheduled(service):
            run()
    except (KeyboardInterrupt, SystemExit):
        pass
    click.echo("Stopped.")
    sys.stdout.flush()
    sys.stderr.flush()
    # A poll that still waits for a slow source would hold the process for minutes; cutting it off
    # is safe, since everything the jobs do survives a kill.
    os._exit(0)


def _stop(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - the signal's signature
    raise SystemExit(0)
