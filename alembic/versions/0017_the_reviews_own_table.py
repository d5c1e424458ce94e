"""The review's own table of studies, each version as somebody brought it."""

import sqlalchemy as sa
from alembic import op

revision = "0017_the_reviews_own_table"
down_revision = "0016_certainty"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # empty: the published ranges hold, as before
    op.create_table(
        "baseline_version",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("kept", sa.JSON(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_baseline_version")),
    )


def downgrade() -> None:
    """Go back to the published ranges; what the tables said is lost, what was graded by them stays."""
    op.drop_table("baseline_version")
