"""The whole schema in one place, and the one way to bring a database up to it."""

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData

import monitor.accounts.tables
import monitor.catalogue.tables
import monitor.evidence.tables
import monitor.feeds.tables
import monitor.gap.tables
import monitor.kernel.audit
import monitor.kernel.audit_check
import monitor.literature.papers.brought
import monitor.literature.papers.title_index
import monitor.literature.tables
import monitor.mine.tables
import monitor.notify.tables
import monitor.ops.tables
import monitor.review.queue.places
import monitor.review.tables
import monitor.usage.returns.tables
import monitor.usage.tables  # noqa: F401 - importing declares the tables
from monitor.kernel.errors import ConfigError
from monitor.kernel.persistence.database import Base, Database
from monitor.kernel.private_files import private_folder
from monitor.ops.revision import SCRIPTS, require_current

__all__ = ["SCRIPTS", "configuration", "metadata", "migrate", "require_current"]


metadata: MetaData = Base.metadata


def migrate(database: Database) -> None:
    """Create the schema, or bring it up to this version, in one transaction.

    Raises:
        ConfigError: the database was made by a newer version.
    """
    if database.path:
        private_folder(database.path.parent)
        if not database.path.exists():
            # SQLite would make it readable to whoever the umask lets; its log follows its rights
            database.path.touch(mode=0o600)
    with database.write() as session:
        connection = session.connection()
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
    current = MigrationContext.configure(connection).get_current_revision()
    known = {script.revision for script in ScriptDirectory(str(SCRIPTS)).walk_revisions()}
    if current is not None and current not in known:
        raise ConfigError(
            f"the database is at schema {current}, which this version does not know; "
            "run the version that made it, or a newer one"
        )
