"""How far the audit ledger was read and found whole: a check goes on where the last one stopped."""

import sqlalchemy as sa
from alembic import op

revision = "0010_jobs_in_pieces"
down_revision = "0009_mail_at_any_size"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # empty: the first check after this reads all of the ledger
    op.create_table(
        "audit_check",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("again_seq", sa.Integer(), nullable=False),
        sa.Column("again_hash", sa.String(), nullable=False),
        sa.Column("again_since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("whole_seq", sa.Integer(), nullable=False),
        sa.Column("whole_since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seal", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_check")),
    )


def downgrade() -> None:
    op.drop_table("audit_check")
