"""Why a message waits or never went, beside the sentence that tells people."""

from alembic import op

from monitor.ops import altering

revision = "0025_reasons_and_mailboxes"
down_revision = "0023_did_it_help"
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


def downgrade() -> None:
    """Go by the sentences again, whatever they said meanwhile."""
    for said, (reason, state) in _SAID.items():
        if state == "on hold":
            op.execute(
                f"UPDATE message SET reply = '{said}' "  # noqa: S608 - our own words
                f"WHERE state = '{state}' AND reason = '{reason}'"
            )
    op.drop_column("message", "reason")
