"""When a job last began is kept no more: nothing ever read it, and it was a commit every few seconds."""

import sqlalchemy as sa
from alembic import op

revision = "0026_heartbeats"
down_revision = "0025_reasons_and_mailboxes"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_column("job", "last_started_at")


def downgrade() -> None:
    op.add_column("job", sa.Column("last_started_at", sa.DateTime(timezone=True), nullable=True))
