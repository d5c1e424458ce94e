"""Mail that came back, why a reader was let go, messages on hold, digests to be approved."""

import sqlalchemy as sa
from alembic import op

from monitor.ops import altering

revision = "0022_delivery_for_years"
down_revision = "0021_digests"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)
_STATES = ("pending", "claimed", "sent", "deferred", "uncertain", "dead", "cancelled")
_NEW_STATES = (*_STATES, "on hold")
_AWAITS = sa.text("awaits_since IS NOT NULL AND approved_at IS NULL AND overtaken_by IS NULL")
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
    altering.words("message", "state", _STATES, _NEW_STATES, check="messagestate")
    op.add_column("digest", sa.Column("awaits_since", _TIME, nullable=True))
    op.add_column("digest", sa.Column("approved_at", _TIME, nullable=True))
    op.create_index(
        "ix_digest_awaits",
        "digest",
        ["awaits_since"],
        sqlite_where=_AWAITS,
        postgresql_where=_AWAITS,
    )


def downgrade() -> None:
    """Forget what came back; who was let go stays so. What is on hold is never sent."""
    op.drop_index("ix_digest_awaits", "digest")
    op.drop_column("digest", "approved_at")
    op.drop_column("digest", "awaits_since")
    op.execute("UPDATE message SET state = 'cancelled' WHERE state = 'on hold'")
    altering.words("message", "state", _NEW_STATES, _STATES, check="messagestate")
    op.drop_table("returned_mail")
    op.drop_index("ix_message_address", "message")
    op.drop_column("subscriber", "dead_because")
    op.drop_column("subscriber", "dead_at")
