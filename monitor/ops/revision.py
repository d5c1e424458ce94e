"""Whether a database is at this version's schema: told without loading what migrates it.

Every command begins with it, and a watchdog asks one every minute.
"""

import re
from contextlib import nullcontext
from pathlib import Path

from sqlalchemy.orm import Session

from monitor.kernel.errors import ConfigError
from monitor.kernel.persistence.database import Database
from monitor.kernel.persistence.version import schema_version

SCRIPTS = Path(__file__).resolve().parents[2] / "alembic"
_SAID = re.compile(r'^(revision|down_revision) = (?:"([^"]+)"|None)$', re.MULTILINE)


def require_current(database: Database, session: Session | None = None) -> None:
    """Make sure that the database is there and at this version's schema.

    Asks in ``session`` where one is open: another connection takes longer than all else here.

    Raises:
        ConfigError: it is not; names the remedy.
    """
    missing = database.path is not None and not database.path.exists()
    if missing or _version(database, session) != head():
        raise ConfigError("the database is not ready: run `gap-monitor init` first")


def head() -> str:
    """Name the newest migration: the one that no other comes after."""
    said: dict[str, set[str]] = {"revision": set(), "down_revision": set()}
    for script in (SCRIPTS / "versions").glob("*.py"):
        for what, name in _SAID.findall(script.read_text(encoding="utf-8")):
            said[what].add(name)
    (newest,) = said["revision"] - said["down_revision"]
    return newest


def _version(database: Database, session: Session | None) -> str | None:
    with database.read() if session is None else nullcontext(session) as asked:
        return schema_version(asked.connection())
