"""Commands are loaded when they are asked for; which there are stands in tables that must be whole."""

import gc
import importlib
import pkgutil
import subprocess
import sys
from pathlib import Path

import click
import pytest

import monitor.cli
from monitor.cli import root
from monitor.cli.lab import group as lab
from monitor.cli.loading import LoadingGroup
from monitor.kernel.settings import parse
from monitor.ops.schema import migrate
from monitor.service import Service

GROUPS = [(root.commands, root.WHERE), (lab.lab, lab.WHERE)]


def _load_all():
    for module in pkgutil.walk_packages(monitor.cli.__path__, "monitor.cli."):
        importlib.import_module(module.name)


@pytest.mark.parametrize(("group", "where"), GROUPS, ids=["gap-monitor", "gap-monitor lab"])
def test_each_command_there_is_stands_in_the_table_under_its_module(group, where):
    _load_all()
    made = {}
    for name, command in group.commands.items():
        leaf = command
        while isinstance(leaf, click.Group) and leaf.callback is None:
            leaf = next(iter(leaf.commands.values()))
        made[name] = leaf.callback.__module__.removeprefix("monitor.cli.")
    assert made == where
    context = click.Context(group)
    assert group.list_commands(context) == sorted(made)
    assert all(group.get_command(context, name) is group.commands[name] for name in made)


def test_the_list_says_of_each_command_what_its_help_says_first():
    context = click.Context(root.commands)
    said = {}
    for name in root.WHERE:
        command = root.commands.get_command(context, name)
        assert command is not None
        said[name] = command.get_short_help_str(limit=1_000)
    assert said == root.SAYS


def test_the_list_of_commands_is_told_without_loading_any():
    loaded, done = _loaded_by("--help")
    assert all(name in done.stdout for name in root.WHERE)
    unneeded = {"sqlalchemy", "pydantic", "structlog", "monitor.cli.reading", "monitor.service"}
    assert not loaded & unneeded


def test_a_name_that_is_no_command_is_none():
    assert root.commands.get_command(click.Context(root.commands), "no-such") is None


def test_collecting_goes_on_after_a_command_was_loaded():
    group = LoadingGroup("one", modules={"check": "reading"})
    assert gc.isenabled()
    group.get_command(click.Context(group), "check")
    assert gc.isenabled()


def _loaded_by(*arguments):
    """Run the program in a process of its own, and give what it had loaded at its end."""
    code = (
        "import atexit, sys; atexit.register(lambda: print(*sys.modules));"
        "from monitor.cli import main; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=False
    )
    return set(done.stdout.rpartition("\n")[0].rpartition("\n")[2].split()), done


def test_what_a_command_does_not_need_is_not_loaded():
    loaded, done = _loaded_by("poll", "--help")
    assert "Usage" in done.stdout
    assert "monitor.jobs.sources.polling" in loaded
    unneeded = {"flask", "waitress", "scipy", "numpy", "alembic", "monitor.demo", "monitor.cli.lab"}
    assert not loaded & unneeded
    loaded, _ = _loaded_by("--version")
    assert "monitor.cli.root" in loaded
    assert not loaded & {"sqlalchemy", "pydantic", "requests", "monitor.service"}


@pytest.fixture
def ready(tmp_path):
    """Name the configuration of a service whose database is there."""
    service = Service.open(parse({}, folder=tmp_path))
    migrate(service.database)
    service.database.dispose()
    (tmp_path / "config.toml").touch()
    return str(tmp_path / "config.toml")


def test_how_things_stand_is_told_without_what_reads_papers_or_grades(ready):
    """A watchdog asks often: most of the time it took went into loading."""
    loaded, done = _loaded_by("--config", ready, "status", "--json")
    assert '"verdict"' in done.stdout
    assert "monitor.ops.queries" in loaded
    unneeded: tuple[str, ...] = (
        "feedparser",
        "flask",
        "lxml",
        "requests",
        "urllib3",
        "monitor.feeds.http.client",
        "monitor.feeds.readers",
        "monitor.feeds.sources.pubmed",
        "jinja2",
        "scipy",
        "structlog",
        "numpy",
        "alembic",
        "monitor.jobs",
        "monitor.web",
    )
    unneeded += ("monitor.gap", "monitor.evidence", "monitor.usage")
    unneeded += ("psycopg", "sqlalchemy.dialects.postgresql")  # this database is SQLite's
    # what only polls, imports and appraisals write
    unneeded += ("monitor.feeds.service", "monitor.feeds.storage", "monitor.feeds.tables")
    unneeded += ("monitor.feeds.records",)  # what comes of asking a source
    # of the catalogue the ten alone, of the papers what is counted of them
    unneeded += (
        "monitor.catalogue.loader",
        "monitor.catalogue.files",
        "monitor.catalogue.shapes.m",
    )
    unneeded += ("monitor.literature.tables", "monitor.literature.m")
    unneeded += (
        "monitor.review.appraisal",
        "monitor.review.tables",
        "monitor.notify.announcements",
        "monitor.notify.tables",
        "monitor.notify.writing",
    )
    assert not [name for name in loaded if name.startswith(unneeded)]


def _at_the_end(ready, what):
    """Tell how things stand in a process of its own, and give what it says of itself at its end."""
    code = (
        "import atexit, sys; from monitor.cli import main;"
        f"atexit.register(lambda: print(*({what}), file=sys.stderr)); main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "--config", ready, "status", "--json"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert '"verdict"' in done.stdout
    return set(done.stderr.split())


def test_how_things_stand_is_told_without_the_object_mapper(ready):
    """To get all tables ready for it takes longer than to ask all that is asked."""
    mappers = "sys.modules['monitor.kernel.persistence.database'].Base.registry.mappers"
    assert "SourceRow" in _at_the_end(ready, f"one.class_.__name__ for one in {mappers}")
    assert not _at_the_end(ready, f"one.class_.__name__ for one in {mappers} if one.configured")


def test_what_is_told_of_how_things_stand_are_named_tuples(ready):
    """To make a dataclass takes nearly ten times as long, and dozens were a twentieth of a start."""
    made = _at_the_end(
        ready,
        "name for where, module in sys.modules.items() if where.startswith('monitor.')"
        " for name, one in vars(module).items()"
        " if isinstance(one, type) and '__dataclass_fields__' in vars(one)",
    )
    assert "Head" in made
    changed_or_elsewhere = {"Answers", "Head", "Service", "Switched"}
    assert made <= changed_or_elsewhere


def test_what_migrates_is_loaded_where_there_is_something_to_migrate(tmp_path):
    (tmp_path / "config.toml").touch()
    loaded = [_loaded_by("--config", str(tmp_path / "config.toml"), "init")[0] for _ in range(2)]
    assert ["alembic" in names for names in loaded] == [True, False]


def test_what_speaks_to_a_database_is_loaded_with_the_one_in_use():
    """Tables say nothing in the words of either: with them, both would be loaded."""
    root = Path(monitor.__path__[0])
    tables = sorted(
        ".".join(("monitor", *path.relative_to(root).with_suffix("").parts))
        for path in root.rglob("*tables.py")
    )
    code = f"import sys, {', '.join(tables)}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = done.stdout.split()
    assert {"monitor.literature.tables", "monitor.review.tables", "sqlalchemy"} <= set(loaded)
    assert not [name for name in loaded if name.startswith("sqlalchemy.dialects.")]
