"""Digests: on what terms a reader is told, what waits for a digest, and each digest as it was sent.

Readers of before keep what they have: each change at once.
"""

import re

import sqlalchemy as sa
from alembic import op

from monitor.ops import altering

revision = "0022_digests"
down_revision = "0020_services_returns"
branch_labels = None
depends_on = None

_CADENCES = ("at once", "weekly", "monthly", "quarterly")
_USUAL = (
    '["tier", "findings", "gap", "use", "retraction", "trial registered", "trial overdue",'
    ' "trial completed"]'
)
_TURN = (
    "(CASE WHEN held_since IS NOT NULL THEN 6 + CASE WHEN attempts > 4 THEN 4 ELSE attempts END "
    "WHEN attempts > 0 THEN 1 + CASE WHEN attempts > 4 THEN 4 ELSE attempts END "
    "WHEN {} THEN 1 ELSE 0 END)"
)
_TO_BE_SENT = sa.text("state IN ('pending', 'deferred', 'uncertain')")
_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    kinds = _kinds()
    at = kinds.index("change") + 1
    _take(kinds, (*kinds[:at], "digest", *kinds[at:]))
    _turn("kind IN ('change', 'digest', 'survey')")
    _terms()
    op.create_table(
        "digest",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("overtaken_by", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_digest")),
        sa.UniqueConstraint("key", name=op.f("uq_digest_key")),
    )
    op.add_column("message", sa.Column("digest_id", sa.Integer(), nullable=True))
    op.create_index("ix_message_digest_id", "message", ["digest_id"])
    _held()
    op.create_table(
        "trial_news",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("slugs", sa.JSON(), nullable=False),
        sa.Column("sentence", sa.String(), nullable=False),
        sa.Column("at", _TIME, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trial_news")),
        sa.UniqueConstraint("number", "kind", name=op.f("uq_trial_news_number_kind")),
    )
    op.create_index("ix_trial_news_at", "trial_news", ["at"])


def downgrade() -> None:
    """Go back to each change at once; what waited for a digest is told no more."""
    op.drop_table("trial_news")
    op.drop_table("held_news")
    op.drop_index("ix_message_digest_id", "message")
    op.drop_column("message", "digest_id")
    op.drop_table("digest")
    op.drop_table("reader_terms")
    op.execute("DELETE FROM message WHERE kind = 'digest'")
    _turn("kind IN ('change', 'survey')")
    kinds = _kinds()
    _take(kinds, tuple(kind for kind in kinds if kind != "digest"))


def _kinds() -> tuple[str, ...]:
    """Read which kinds of message the database takes now."""
    made = "SELECT sql FROM sqlite_master WHERE type = 'table' AND name = 'message'"
    if op.get_bind().dialect.name == "postgresql":
        made = (
            "SELECT 'kind IN (' || pg_get_constraintdef(oid) || ')' FROM pg_constraint"
            " WHERE conname = 'ck_message_messagekind'"
        )
    definition = op.get_bind().execute(sa.text(made)).scalar_one()
    return tuple(
        re.findall(r"'(\w+)'", definition.partition("kind IN (")[2].partition("state IN")[0])
    )


def _take(before: tuple[str, ...], since: tuple[str, ...]) -> None:
    altering.words("message", "kind", before, since, check="messagekind")


def _turn(second: str) -> None:
    """Let these kinds wait behind what somebody waits for."""
    turn = sa.text(_TURN.format(second))
    columns: list[str | sa.TextClause] = [turn, "next_at", "id"]
    op.drop_index("ix_message_turn", "message")
    op.create_index(
        "ix_message_turn",
        "message",
        columns,
        sqlite_where=_TO_BE_SENT,
        postgresql_where=_TO_BE_SENT,
    )


def _terms() -> None:
    cadence = sa.Enum(
        *_CADENCES, name="cadence", native_enum=False, create_constraint=True, length=40
    )
    op.create_table(
        "reader_terms",
        sa.Column("subscriber_id", sa.Integer(), nullable=False),
        sa.Column("cadence", cadence, nullable=False),
        sa.Column("kinds", sa.JSON(), nullable=False),
        sa.Column("budget", sa.Integer(), nullable=True),
        sa.Column("quarter", sa.Date(), nullable=True),
        sa.Column("spent", sa.Integer(), server_default="0", nullable=False),
        sa.Column("covered_to", _TIME, nullable=False),
        sa.Column("next_digest_at", _TIME, nullable=True),
        sa.ForeignKeyConstraint(
            ["subscriber_id"],
            ["subscriber.id"],
            name=op.f("fk_reader_terms_subscriber_id_subscriber"),
        ),
        sa.PrimaryKeyConstraint("subscriber_id", name=op.f("pk_reader_terms")),
    )
    op.create_index("ix_reader_terms_next_digest_at", "reader_terms", ["next_digest_at"])
    op.execute(
        "INSERT INTO reader_terms (subscriber_id, cadence, kinds, covered_to)"  # noqa: S608 - our own words
        f" SELECT id, 'at once', '{_USUAL}', coalesce(confirmed_at, asked_at) FROM subscriber"
    )


def _held() -> None:
    op.create_table(
        "held_news",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("subscriber_id", sa.Integer(), nullable=False),
        sa.Column("announcement_id", sa.Integer(), nullable=False),
        sa.Column("slugs", sa.JSON(), nullable=False),
        sa.Column("message_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["announcement_id"],
            ["announcement.id"],
            name=op.f("fk_held_news_announcement_id_announcement"),
        ),
        sa.ForeignKeyConstraint(
            ["message_id"], ["message.id"], name=op.f("fk_held_news_message_id_message")
        ),
        sa.ForeignKeyConstraint(
            ["subscriber_id"],
            ["subscriber.id"],
            name=op.f("fk_held_news_subscriber_id_subscriber"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_held_news")),
        sa.UniqueConstraint(
            "subscriber_id",
            "announcement_id",
            name=op.f("uq_held_news_subscriber_id_announcement_id"),
        ),
    )
    op.create_index("ix_held_news_announcement_id", "held_news", ["announcement_id"])
    op.create_index("ix_held_news_message_id", "held_news", ["message_id"])
