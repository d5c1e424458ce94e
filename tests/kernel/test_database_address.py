"""The database's address: what no driver of ours can open stops the start, and is told by its key."""

import contextlib
import sys

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from monitor.kernel import database_address
from monitor.kernel.errors import ConfigError
from monitor.kernel.persistence.database import Database
from monitor.kernel.process.own_trouble import own_trouble
from monitor.kernel.settings import parse


@pytest.mark.parametrize(
    "good",
    [
        "sqlite:///var/gap-monitor.sqlite3",
        "sqlite:////srv/gap/b%C3%BCcher.db",
        "sqlite+pysqlite:///x.db",
        "sqlite:///a\N{NO-BREAK SPACE}b%3F.db",
        "postgresql://u@[::1]:5433/n",
        "postgresql:///n?host=h1:5432&host=h2:5433",
        "postgresql://user@host/name",
        "postgresql+psycopg://user:p%40ss@host:5433/name?sslmode=require",
        "postgresql+psycopg:///name?host=/run/postgresql",
    ],
)
def test_a_file_or_a_server_is_taken_as_it_is(good):
    assert database_address.check(good) == good


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ("nonsense", "is not a database URL"),
        ("postgresql+psycopg://u@h:port/x", "is not a database URL"),
        ("mysql://x/y", "must be sqlite or postgresql, not mysql"),
        ("postgresql+psycopg2://u@h/x", "a driver that is not used here, psycopg2"),
        ("postgresql+psycopg_async://u@h/x", "a driver that is not used here, psycopg_async"),
        ("sqlite+aiosqlite:///x.db", "a driver that is not used here, aiosqlite"),
        ("sqlite+nosuch:///x.db", "a driver that is not used here, nosuch"),
        ("sqlite://", "must name a file to keep everything in"),
        ("sqlite:///", "must name a file to keep everything in"),
        ("sqlite:///:memory:", "must name a file to keep everything in"),
        ("sqlite:///file::memory:?uri=true", "must name a file to keep everything in"),
        ("sqlite:////", "must name a file, not a folder"),
        ("sqlite:///var/", "must name a file, not a folder"),
        ("sqlite:///a%00b", "must name a file, not a folder"),
        ("sqlite://var/x.db", "must have three slashes before a file"),
        ("sqlite:///x.db?timeout=long", "takes no options"),
        ("sqlite:///x?y.db", "a ? in it is written as %3F"),
        ("sqlite:///.", "must name a file, not a folder"),
        ("sqlite:///..", "must name a file, not a folder"),
        (f"sqlite:///{'x' * 250}", "must name a file"),
        ("postgresql://u@a..b/n", "is no host"),
    ],
)
def test_what_cannot_be_opened_is_named_with_what_to_write(wrong, says, tmp_path):
    with pytest.raises(ConfigError) as refused:
        parse({"database": {"url": wrong}}, folder=tmp_path)
    assert str(refused.value).startswith("settings: database.url: ")
    assert says in str(refused.value)


@given(st.from_regex(r"\A(sqlite|postgresql)(\+[a-z0-9_]{0,9})?:/{0,4}[ -~]{0,20}\Z"))
@example("sqlite:///%")
def test_what_is_taken_makes_a_database_and_nothing_else_is_an_accident(url):
    try:
        database_address.check(url)
    except ValueError:
        return
    with contextlib.suppress(ConfigError):  # an option is told by the engine alone
        Database(url).dispose()  # it asks for no server yet, and opens no file


@pytest.mark.parametrize("option", ["port=none", "plugin=nosuch"])
def test_an_option_that_makes_no_engine_stops_the_start(option):
    with pytest.raises(ConfigError, match=r"^database\.url: an option that cannot be"):
        Database(f"postgresql+psycopg://nobody@127.0.0.1:1/none?{option}")


@pytest.mark.parametrize("option", ["nosuch=1", "connect_timeout=soon"])
def test_an_option_that_the_driver_does_not_know_is_told(option):
    database = Database(f"postgresql+psycopg://nobody@127.0.0.1:1/none?{option}")
    with pytest.raises(Exception, match=option.partition("=")[0]) as failed, database.read():
        pass
    told = own_trouble(failed.value)
    assert told is not None
    assert told.startswith("the database cannot be reached (")
    assert option.partition("=")[0] in told


def test_where_nothing_speaks_to_postgresql_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "psycopg", None)  # as where the extra was left out
    with pytest.raises(ConfigError, match=r"^database\.url: .*gap-monitor\[postgres\]"):
        Database("postgresql+psycopg://user@host/name")
