"""Why a message waits or never went, beside its sentence; how far a mailbox of bounces was read."""

import sqlalchemy as sa
from alembic import op

from monitor.ops import altering

revision = "0025_reasons_and_mailboxes"
down_revision = "0024_own_data"
branch_labels = None
depends_on = None

# what was written before there was a column
_SAID = {
    "It is sent when an admin has approved its digest": ("awaits approval", "on hold"),
    "An admin holds it until it is let go": ("held by an admin", "on hold"),
    "Not sent: what it tells of the study is no longer so": ("overtaken", "cancelled"),
    "Not sent: a later mail about the same incident takes its place": ("overtaken", "cancelled"),
    "Not sent: what it told of was over within minutes": ("overtaken", "cancelled"),
    "Not sent: the draft it told of is no draft any more": ("overtaken", "cancelled"),
}
_TIME = sa.DateTime(timezone=True)
_REASONS = ("awaits approval", "held by an admin", "overtaken")


def upgrade() -> None:
    op.execute(
        "ALTER TABLE message ADD COLUMN reason VARCHAR(40) "
        f"CONSTRAINT ck_message_reason CHECK (reason IN ({altering.quoted(_REASONS)}))"
    )
    for said, (reason, state) in _SAID.items():
        op.execute(
            f"UPDATE message SET reason = '{reason}' "  # noqa: S608 - our own words
            f"WHERE state = '{state}' AND reply = '{said}'"
        )
    op.create_table(
        "bounce_mailbox",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("uid_validity", sa.BigInteger(), nullable=True),
        sa.Column("last_uid", sa.BigInteger(), nullable=False),
        sa.Column("to_mark", sa.JSON(), nullable=False),
        sa.Column("stuck_uid", sa.BigInteger(), nullable=True),
        sa.Column("stuck_times", sa.Integer(), nullable=False),
        sa.Column("next_at", _TIME, nullable=False),
        sa.Column("read_at", _TIME, nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_bounce_mailbox")),
    )


def downgrade() -> None:
    """Go by the sentences again, whatever they said meanwhile; read mailboxes from the start."""
    op.drop_table("bounce_mailbox")
    for said, (reason, state) in _SAID.items():
        if state == "on hold":
            op.execute(
                f"UPDATE message SET reply = '{said}' "  # noqa: S608 - our own words
                f"WHERE state = '{state}' AND reason = '{reason}'"
            )
    op.drop_column("message", "reason")
