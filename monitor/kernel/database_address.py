"""The address of the database, as the settings take it: what no driver can open is refused. Pure."""

import os

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from monitor.kernel import addresses

_LONGEST = 255 - len("-journal")  # the longest of what SQLite keeps beside it
DEFAULT = "sqlite:///var/gap-monitor.sqlite3"
_ON_A_SERVER = "postgresql+psycopg://user@host/name"
# what this service speaks to its databases with; no other driver is installed with it, or tried
_DRIVERS = {
    "sqlite": {"sqlite", "sqlite+pysqlite"},
    "postgresql": {"postgresql", "postgresql+psycopg"},
}


def check(value: str) -> str:
    """Give an address that names a file, or a database of a PostgreSQL server.

    What a server's options say is asked of its driver where it connects.

    Raises:
        ValueError: it is something else; says what to write instead.
    """
    try:
        url = make_url(value)
    except (ArgumentError, ValueError) as error:
        raise ValueError(f"is not a database URL, such as {DEFAULT} or {_ON_A_SERVER}") from error
    backend = url.get_backend_name()
    if backend not in _DRIVERS:
        raise ValueError(f"must be sqlite or postgresql, not {backend}")
    if url.drivername not in _DRIVERS[backend]:
        _, _, driver = url.drivername.partition("+")
        usual = DEFAULT if backend == "sqlite" else _ON_A_SERVER
        raise ValueError(f"names a driver that is not used here, {driver}: write it as {usual}")
    if backend == "sqlite":
        _check_file(value, url)
    elif url.host:
        addresses.check_server(url.host)
    return value


def _check_file(value: str, url: URL) -> None:
    if url.host or url.username or url.port:
        raise ValueError(
            f"must have three slashes before a file, as {DEFAULT}, and four before one that is "
            "found from the root"
        )
    path = url.database or ""
    if path in {"", ":memory:"} or path.startswith("file:"):
        raise ValueError(f"must name a file to keep everything in, such as {DEFAULT}")
    if path.rpartition("/")[2] in {"", ".", ".."} or not _is_nameable(path):
        raise ValueError(f"must name a file, not a folder, such as {DEFAULT}")
    if "?" in value:
        raise ValueError("takes no options after the file’s name; a ? in it is written as %3F")


def _is_nameable(path: str) -> bool:
    """Tell whether a disk takes every name in it: 255 octets are the most, and no control characters."""
    return all(len(os.fsencode(name)) <= _LONGEST for name in path.split("/")) and not any(
        ord(letter) < ord(" ") for letter in path
    )
