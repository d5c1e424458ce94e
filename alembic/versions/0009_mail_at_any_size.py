"""Mail at any size: announcements are told in pieces, and claims find their messages by an index."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision = "0009_mail_at_any_size"
down_revision = "0008_pages_at_every_size"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)
_TURN = (
    "(CASE WHEN held_since IS NOT NULL THEN 6 + CASE WHEN attempts > 4 THEN 4 ELSE attempts END "
    "WHEN attempts > 0 THEN 1 + CASE WHEN attempts > 4 THEN 4 ELSE attempts END "
    "WHEN kind = 'change' THEN 1 ELSE 0 END)"
)
_TO_BE_SENT = "state IN ('pending', 'deferred', 'uncertain')"
_NOT_SENT_YET = "state IN ('pending', 'claimed', 'deferred', 'uncertain')"
_PARTIAL: tuple[tuple[str, Sequence[str | sa.TextClause], str], ...] = (
    ("ix_message_turn", [sa.text(_TURN), "next_at", "id"], _TO_BE_SENT),
    ("ix_message_waiting", ["queued_at"], _NOT_SENT_YET),
    ("ix_message_held", ["held_since"], "held_since IS NOT NULL"),
    ("ix_message_refused", ["id"], "state = 'dead' AND seen_at IS NULL"),
    ("ix_message_sent_at", ["sent_at"], "sent_at IS NOT NULL"),
)
_NUMBERS = ("reached", "last_reader", "readers")


def upgrade() -> None:
    op.add_column(
        "subscriber", sa.Column("follows_after", sa.Integer(), server_default="0", nullable=False)
    )
    op.add_column("announcement", sa.Column("study_id", sa.Integer(), nullable=True))
    op.add_column(
        "announcement", sa.Column("sender", sa.String(), server_default="", nullable=False)
    )
    for name in _NUMBERS:
        number = sa.Column(name, sa.Integer(), server_default="0", nullable=False)
        op.add_column("announcement", number)
    op.add_column("announcement", sa.Column("complete_at", _TIME, nullable=True))
    op.add_column("announcement", sa.Column("overtaken_by", sa.Integer(), nullable=True))
    op.create_index("ix_message_announcement_id", "message", ["announcement_id"])
    _all_were_told_whole()
    op.create_index("ix_announcement_study_id", "announcement", ["study_id"])
    _partial("ix_announcement_incomplete", "announcement", ["id"], "complete_at IS NULL")
    for name, columns, where in _PARTIAL:
        _partial(name, "message", columns, where)


def downgrade() -> None:
    for name, _, _ in reversed(_PARTIAL):
        op.drop_index(name, "message")
    op.drop_index("ix_message_announcement_id", "message")
    op.drop_index("ix_announcement_incomplete", "announcement")
    op.drop_index("ix_announcement_study_id", "announcement")
    for name in ("overtaken_by", "complete_at", *reversed(_NUMBERS), "sender", "study_id"):
        op.drop_column("announcement", name)
    op.drop_column("subscriber", "follows_after")


def _all_were_told_whole() -> None:
    """Until now an announcement's messages were queued with it, and overtaken ones cancelled."""
    study = "json_extract(content, '$.study.id')"
    if op.get_bind().dialect.name == "postgresql":
        study = "CAST(content -> 'study' ->> 'id' AS INTEGER)"
    told = "(SELECT count(*) FROM message WHERE announcement_id = announcement.id)"
    op.execute(
        f"UPDATE announcement SET study_id = {study}, complete_at = at, readers = {told}"  # noqa: S608 - our own names
    )


def _partial(name: str, table: str, columns: Sequence[str | sa.TextClause], where: str) -> None:
    only = sa.text(where)
    op.create_index(name, table, columns, sqlite_where=only, postgresql_where=only)
