"""Where the pages are to be listened for, and cannot be: the setting that is wrong is named."""

import socket

import pytest

from monitor.cli.serving import server_of
from monitor.kernel.errors import ConfigError
from monitor.kernel.settings import WebSettings


def nothing(environ, start):
    return []


def test_a_host_without_an_address_is_named():
    host = "fe80::1%none"  # of a network card that is not there; a name might be looked for outside
    with pytest.raises(
        ConfigError, match=r"^web\.host: this machine finds no address of “"
    ) as told:
        server_of(nothing, WebSettings(host=host, port=0))
    assert host in str(told.value)


@pytest.mark.parametrize("host", ["203.0.113.9", "::ffff:127.0.0.1"])
def test_an_address_that_is_not_this_machines_is_named(host):
    with pytest.raises(ConfigError, match=r"^web\.host: cannot listen on "):
        server_of(nothing, WebSettings(host=host, port=0))


def test_a_port_that_is_taken_is_named():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(
            ConfigError, match=rf"^web\.port: cannot listen on 127\.0\.0\.1:{port}: "
        ):
            server_of(nothing, WebSettings(port=port))
