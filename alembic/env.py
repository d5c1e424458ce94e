"""Run the migrations on the connection that ``monitor.ops.schema.migrate`` hands over."""

from alembic import context
from alembic.script import ScriptDirectory

from monitor.kernel.persistence import triggers
from monitor.ops.schema import metadata

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata,
    render_as_batch=True,  # SQLite changes a table by writing it anew
    transactional_ddl=False,  # the caller's transaction holds everything
)
migrations = context.get_context()
head = ScriptDirectory.from_config(context.config).get_current_head()
# SQLite refuses to write a table anew under a trigger that names it
if migrations.get_current_revision() != context.get_revision_argument():
    triggers.take_down(connection)
context.run_migrations()
if migrations.get_current_revision() == head:
    triggers.put_up(connection)
