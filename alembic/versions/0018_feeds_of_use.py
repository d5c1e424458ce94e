"""Feeds of use: surveys that others publish, asked on a schedule, brought in as drafts of waves."""

import sqlalchemy as sa
from alembic import op

revision = "0018_feeds_of_use"
down_revision = "0017_the_reviews_own_table"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "use_feed",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("asked", sa.String(), nullable=False),
        sa.Column("next_due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_attempt_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_success_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_new_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("fault", sa.String(), nullable=True),
        sa.Column("error", sa.String(), nullable=True),
        sa.Column("failing_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("problems", sa.JSON(), nullable=False),
        sa.Column("validators", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_use_feed")),
    )


def downgrade() -> None:
    """Forget how feeds of use were asked; the waves they brought stay, as what they are."""
    op.drop_table("use_feed")
