"""Papers of studies put together otherwise by people, so that it can be undone; the tool of a round."""

import sqlalchemy as sa
from alembic import op

revision = "0012_families"
down_revision = "0011_readings"
branch_labels = None
depends_on = None

_KINDS = ("attached", "role changed", "detached", "split", "merged")


def upgrade() -> None:
    kind = sa.Enum(*_KINDS, name="regrouped", native_enum=False, create_constraint=True, length=40)
    op.create_table(
        "regrouping",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token", sa.String(), nullable=False),
        sa.Column("kind", kind, nullable=False),
        sa.Column("study_id", sa.Integer(), nullable=False),
        sa.Column("other_id", sa.Integer(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("moved", sa.JSON(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undone_by", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["other_id"], ["study.id"], name=op.f("fk_regrouping_other_id_study")
        ),
        sa.ForeignKeyConstraint(
            ["study_id"], ["study.id"], name=op.f("fk_regrouping_study_id_study")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_regrouping")),
        sa.UniqueConstraint("token", name=op.f("uq_regrouping_token")),
    )
    op.create_index(op.f("ix_regrouping_study_id"), "regrouping", ["study_id"])
    op.create_index(op.f("ix_regrouping_other_id"), "regrouping", ["other_id"])
    # every round until now was judged in the tool in force
    op.add_column(
        "appraisal_round", sa.Column("tool", sa.String(), nullable=False, server_default="")
    )


def downgrade() -> None:
    """Go back; papers stay with the studies they report, and no move can be undone any more."""
    op.drop_column("appraisal_round", "tool")
    op.drop_table("regrouping")
