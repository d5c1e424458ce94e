"""What is held of an address opens by a link of its own; what a reader got before a mail's link changed it."""

import sqlalchemy as sa
from alembic import op

from monitor.ops import altering

revision = "0024_own_data"
down_revision = "0023_did_it_help"
branch_labels = None
depends_on = None

_KINDS = (
    *("confirm", "change", "digest", "invitation", "incident", "my_services", "survey"),
    "helped",
)
_NEW_KINDS = (*_KINDS, "own_data")


def upgrade() -> None:
    altering.words("message", "kind", _KINDS, _NEW_KINDS, check="messagekind")
    op.add_column("subscriber", sa.Column("chose", sa.JSON(), nullable=True))


def downgrade() -> None:
    """Let go of the links; who changed what they get is told of it no more."""
    op.drop_column("subscriber", "chose")
    op.execute(
        "DELETE FROM returned_mail WHERE message_id IN"
        " (SELECT id FROM message WHERE kind = 'own_data')"
    )
    op.execute("DELETE FROM message WHERE kind = 'own_data'")
    altering.words("message", "kind", _NEW_KINDS, _KINDS, check="messagekind")
