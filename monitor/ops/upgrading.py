"""Brings a database to this version's schema by its migrations; loads Alembic, so not at every start."""

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from monitor.kernel.errors import ConfigError
from monitor.kernel.persistence.version import schema_version
from monitor.ops.revision import SCRIPTS


def upgrade(connection: Connection) -> None:
    """Apply every migration that is missing, in the transaction of ``connection``.

    Raises:
        ConfigError: the database was made by a newer version.
    """
    _refuse_newer(connection)
    config = configuration()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def configuration() -> Config:
    """Make Alembic's configuration; the caller adds the connection."""
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    return config


def _refuse_newer(connection: Connection) -> None:
    current = schema_version(connection)
    known = {script.revision for script in ScriptDirectory(str(SCRIPTS)).walk_revisions()}
    if current is not None and current not in known:
        raise ConfigError(
            f"the database is at schema {current}, which this version does not know; "
            "run the version that made it, or a newer one"
        )
