"""Run the migrations on the connection that ``monitor.ops.schema.migrate`` hands over."""

from alembic import context

from monitor.ops.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,  # SQLite changes a table by writing it anew
    transactional_ddl=False,  # the caller's transaction holds everything
)
context.run_migrations()
