"""Where a file that somebody brought was exported from, and when."""

import sqlalchemy as sa
from alembic import op

revision = "0014_where_a_file_comes_from"
down_revision = "0013_what_trials_show"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("import_file", sa.Column("source", sa.String(), nullable=True))
    op.add_column("import_file", sa.Column("exported_on", sa.Date(), nullable=True))


def downgrade() -> None:
    """Go back; where files came from is lost, what they brought stays."""
    op.drop_column("import_file", "exported_on")
    op.drop_column("import_file", "source")
