"""Mail that came back, and why a reader was let go."""

import sqlalchemy as sa
from alembic import op

revision = "0022_delivery_for_years"
down_revision = "0021_digests"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)
_WEIGHTS = ("gone", "for now", "message", "ours")


def upgrade() -> None:
    op.add_column("subscriber", sa.Column("dead_at", _TIME, nullable=True))
    op.add_column("subscriber", sa.Column("dead_because", sa.String(), nullable=True))
    op.create_index("ix_message_address", "message", ["address"])
    weight = sa.Enum(*_WEIGHTS, name="weight", native_enum=False, create_constraint=True, length=40)
    op.create_table(
        "returned_mail",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.Integer(), nullable=False),
        sa.Column("weight", weight, nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("words", sa.String(), nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["message_id"], ["message.id"], name=op.f("fk_returned_mail_message_id_message")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_returned_mail")),
        sa.UniqueConstraint(
            "message_id", "weight", name=op.f("uq_returned_mail_message_id_weight")
        ),
    )
    op.create_index("ix_returned_mail_at", "returned_mail", ["at"])


def downgrade() -> None:
    """Forget what came back; who was let go stays so."""
    op.drop_table("returned_mail")
    op.drop_index("ix_message_address", "message")
    op.drop_column("subscriber", "dead_because")
    op.drop_column("subscriber", "dead_at")
