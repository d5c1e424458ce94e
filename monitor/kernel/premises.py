"""What lies under ``var``: private to the service's owner, and never without its database.

A database that vanished (a disk not mounted, a wrong folder) must not be followed by an empty one:
its readers would be forgotten, and whoever comes first would be made the admin. So each database
that was made ready leaves a note beside the key, and an empty one is refused where there is one.
"""

from pathlib import Path

from sqlalchemy import inspect

from monitor.kernel import secret
from monitor.kernel.errors import ConfigError
from monitor.kernel.persistence.database import Database
from monitor.kernel.persistence.version import TABLE, schema_version
from monitor.kernel.private_files import close_to_others, private_folder
from monitor.kernel.settings import Settings

_NOTE = "database"
# what only a service that had a database leaves behind
_TRACES = ("mail/*.eml", "imports/*")
_JOBS_TRACES = ("*.lock",)
_SQLITE = b"SQLite format 3\0"  # what each of its files begins with


def keep_private(settings: Settings, database: Database) -> list[Path]:
    """Close ``var`` and the database's files to other users; gives those that stay open.

    What is no database is left as it is: a wrong setting must not take the rights of a file of others.

    Raises:
        ConfigError: where the database should be is a folder or a device.
    """
    private_folder(settings.var)
    held = [settings.var, *(_files(database) if _is_database(database.path) else ())]
    return [path for path in held if path.exists() and not close_to_others(path)]


def refuse_vanished(settings: Settings, database: Database) -> None:
    """Make sure that an empty database is not one that was lost.

    Raises:
        ConfigError: there was a database, and this one is empty; or it holds something else.
    """
    if not _is_empty(database):
        return
    trace = _trace(settings, database)
    if trace is None:
        return
    where, was = _where(database), _read(settings.var / _NOTE)
    moved = f", and the last one was {was}" if was and was != where else ""
    raise ConfigError(
        f"there is no database at {where}{moved}; but {settings.var} holds what belongs to one "
        f"({trace.name}). Mount its disk, mend `database.url`, or "
        f"put a backup there. To begin with an empty one, move {settings.var} away first: its key "
        "and its mail belong to the database that is gone"
    )


def refuse_lost_key(settings: Settings, database: Database) -> None:
    """Make sure that no new key takes the place of one that was lost.

    Every link in the mails already sent was signed with it, those that stop them among them.

    Raises:
        ConfigError: a database was made ready here, it is still there, and its key is not.
    """
    key, note = settings.var / secret.FILE, settings.var / _NOTE
    if key.exists() or _read(note) != _where(database):
        return
    if database.path is not None and not database.path.exists():
        return  # both are gone: that is told of as a database that vanished
    raise ConfigError(
        f"there is no key at {key}, and there was one: put it back from a backup. If it is lost for "
        f"good, remove {note}: a new one is made then, the links in mails already sent lead "
        "nowhere, and everybody signs in anew"
    )


def note_made(settings: Settings, database: Database) -> None:
    """Note that there is a database now, and where."""
    note, where = settings.var / _NOTE, _where(database)
    if _read(note) != where:
        note.write_text(f"{where}\n", encoding="utf-8")
        close_to_others(note)


def _trace(settings: Settings, database: Database) -> Path | None:
    """Find a file that tells of another database, which is not to be found.

    Where the noted one is still there, under another name, only mail and files for it count: they
    would be mixed up with those of the new one.
    """
    note = settings.var / _NOTE
    was = _read(note)
    stands = was is not None and was != _where(database) and Path(was).is_file()
    patterns = _TRACES if stands else (_NOTE, *_TRACES, *_JOBS_TRACES)
    traces = (path for pattern in patterns for path in sorted(settings.var.glob(pattern)))
    return next(traces, None)


def _is_database(path: Path | None) -> bool:
    """Tell whether a file is there that SQLite made, or has yet to fill.

    Raises:
        ConfigError: it is no file.
    """
    if path is None or not path.exists():
        return False
    if not path.is_file():
        raise ConfigError(f"database.url: {path} is a folder or a device: name a file")
    try:
        with path.open("rb") as file:
            return file.read(len(_SQLITE)) in {b"", _SQLITE}
    except OSError:
        return False  # whoever opens it says why


def _files(database: Database) -> list[Path]:
    if database.path is None:
        return []
    beside = [database.path.with_name(database.path.name + end) for end in ("-wal", "-shm")]
    return [database.path, *beside]


def _is_empty(database: Database) -> bool:
    """Tell whether there is no schema of ours.

    Raises:
        ConfigError: there are tables, of something else.
    """
    if database.path is not None and not database.path.exists():
        return True
    with database.read() as session:
        connection = session.connection()
        if schema_version(connection) is not None:
            return False
        foreign = set(inspect(connection).get_table_names()) - {TABLE}
    if foreign:
        raise ConfigError(
            f"{_where(database)} holds tables of something else ({', '.join(sorted(foreign)[:3])}): "
            "give Gap Monitor a database of its own in `database.url`"
        )
    return True


def _where(database: Database) -> str:
    return str(database.path or database.url.set(password=None).render_as_string())


def _read(note: Path) -> str | None:
    return note.read_text(encoding="utf-8").strip() if note.exists() else None
