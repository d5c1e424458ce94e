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


def test_an_address_of_another_machine_is_named():
    with pytest.raises(ConfigError, match=r"^web\.host: cannot listen on 203\.0\.113\.9:0: "):
        server_of(nothing, WebSettings(host="203.0.113.9", port=0))


def test_a_port_that_is_taken_is_named():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(
            ConfigError, match=rf"^web\.port: cannot listen on 127\.0\.0\.1:{port}: "
        ):
            server_of(nothing, WebSettings(port=port))
