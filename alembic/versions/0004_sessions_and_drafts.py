"""Where a session was started from, and what somebody has typed and not recorded yet."""

import sqlalchemy as sa
from alembic import op

revision = "0004_sessions_and_drafts"
down_revision = "0003_from_record_to_study"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("sign_in", sa.Column("remote", sa.String(), nullable=True))
    op.create_table(
        "form_draft",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.Column("kept_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("user_id", "place", name="pk_form_draft"),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name="fk_form_draft_user_id_user"),
    )


def downgrade() -> None:
    op.drop_table("form_draft")
    op.drop_column("sign_in", "remote")
