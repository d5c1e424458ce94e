"""The whole schema in one place, and the one way to bring a database up to it."""

from sqlalchemy import MetaData

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
from monitor.kernel.persistence.database import Base, Database
from monitor.kernel.persistence.version import schema_version
from monitor.kernel.private_files import private_folder
from monitor.ops.revision import head

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
        if schema_version(connection) == head():
            return
        # every start comes by here, and hardly any migrates: Alembic takes a quarter of a second
        from monitor.ops import upgrading  # noqa: PLC0415

        upgrading.upgrade(connection)
