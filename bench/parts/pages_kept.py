"""The worlds of bench/pages.py, each made once and kept in the cache folder."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from monitor.catalogue import loader
from monitor.kernel import settings as settings_module
from monitor.kernel.persistence.database import Database
from monitor.literature.matching.matcher import Matcher
from monitor.service import Service
from parts import postgres
from parts.pages_world import make

ROOT = Path(__file__).resolve().parents[2]
EDITION = "2"  # of the world: another one is made anew


def service_of(database: Database, cache: Path) -> Service:
    """Make the service on a database; what lies beside it is of this process alone."""
    folder = cache / f"beside_{os.getpid()}"
    (folder / "var").mkdir(parents=True, exist_ok=True)
    (folder / "var" / "database").unlink(missing_ok=True)
    catalogue = loader.load()
    settings = settings_module.parse({}, folder=folder)
    return Service(
        settings, database, catalogue, Matcher(catalogue), b"a secret of a bench, 32 byte"
    )


@contextlib.contextmanager
def world(papers: int, database: str, cache: Path) -> Iterator[str]:
    """Give the URL of a world of so many papers, made where it is not there."""
    name = f"pages_{papers}_{EDITION}_{_schema()}"
    if database == postgres.SQLITE:
        yield _on_sqlite(papers, cache / f"{name}.sqlite3")
    elif database == postgres.POSTGRESQL:
        with postgres.started(cache / "postgres", kept=True) as server:
            yield _on_postgres(papers, server, name, cache)
    else:
        _make(papers, database, cache)
        yield database


def _on_sqlite(papers: int, path: Path) -> str:
    if not path.exists():
        making = path.with_suffix(".making")
        for left in path.parent.glob(f"{making.name}*"):
            left.unlink()
        _make(papers, f"sqlite:///{making}", path.parent)
        making.rename(path)
    return f"sqlite:///{path}"


def _on_postgres(papers: int, server: str, name: str, cache: Path) -> str:
    if not postgres.holds(server, name):
        postgres.administer(server, f"DROP DATABASE IF EXISTS {name}_making")
        _make(papers, postgres.new(server, f"{name}_making"), cache)
        postgres.administer(server, f"ALTER DATABASE {name}_making RENAME TO {name}")
    return postgres.url_of(server, name)


def _make(papers: int, url: str, cache: Path) -> None:
    database = Database(url)
    make(service_of(database, cache), papers)
    database.dispose()


def _schema() -> str:
    return max(path.name[:4] for path in (ROOT / "alembic" / "versions").glob("*.py"))
