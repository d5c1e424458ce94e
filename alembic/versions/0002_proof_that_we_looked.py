"""What each query was asked and what came; comparisons, incidents, feeds and files people bring."""

import sqlalchemy as sa
from alembic import op

revision = "0002_proof_that_we_looked"
down_revision = "0001_first_schema"
branch_labels = None
depends_on = None

_KINDS = ("confirm", "change", "invitation")
_POLL_KINDS = "kind IN ('poll', 'comparison', 'backfill', 'import')"
_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    _add_columns()
    _add_poll_tables()
    _add_incident_tables()
    _set_message_kinds((*_KINDS, "incident"))


def downgrade() -> None:
    op.execute("DELETE FROM message WHERE kind = 'incident'")
    _set_message_kinds(_KINDS)
    for name in ("import_file", "feed", "incident", "backfill_slice", "comparison", "poll_query"):
        op.drop_table(name)
    op.drop_index("ix_record_poll_id", "record")
    op.drop_index("ix_poll_started_at", "poll")
    op.drop_column("poll", "kind")
    op.drop_column("record_query", "gone_at")
    op.drop_column("record_query", "missing_times")
    op.drop_column("record_query", "missing_since")
    op.drop_column("record", "raw_removed_at")
    op.drop_column("watermark", "translation")
    op.drop_column("source", "next_comparison_at")


def _add_columns() -> None:
    op.add_column("source", sa.Column("next_comparison_at", _TIME, nullable=True))
    op.add_column("watermark", sa.Column("translation", sa.String(), nullable=True))
    op.add_column("record", sa.Column("raw_removed_at", _TIME, nullable=True))
    op.add_column("record_query", sa.Column("missing_since", _TIME, nullable=True))
    op.add_column(
        "record_query",
        sa.Column("missing_times", sa.Integer(), nullable=False, server_default="0"),
    )
    op.add_column("record_query", sa.Column("gone_at", _TIME, nullable=True))
    # In SQL, since the table must not be written anew: records point at its rows.
    op.execute(
        "ALTER TABLE poll ADD COLUMN kind VARCHAR(40) NOT NULL DEFAULT 'poll' "
        f"CONSTRAINT ck_poll_pollkind CHECK ({_POLL_KINDS})"
    )
    op.create_index("ix_poll_started_at", "poll", ["started_at"])
    op.create_index(op.f("ix_record_poll_id"), "record", ["poll_id"])


def _add_poll_tables() -> None:
    op.create_table(
        "poll_query",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("poll_id", sa.Integer(), nullable=False),
        sa.Column("query_key", sa.String(), nullable=False),
        sa.Column("intervention", sa.String(), nullable=True),
        sa.Column("asked", sa.String(), nullable=False),
        sa.Column("window_first", sa.Date(), nullable=True),
        sa.Column("window_last", sa.Date(), nullable=True),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("took_seconds", sa.Double(), nullable=False),
        sa.Column("requests", sa.Integer(), nullable=False),
        sa.Column("state", _words("askedstate", "complete", "unchanged", "failed"), nullable=False),
        sa.Column("declared", sa.Integer(), nullable=True),
        sa.Column("records", sa.Integer(), nullable=False),
        sa.Column("new_records", sa.Integer(), nullable=False),
        sa.Column("unreadable", sa.Integer(), nullable=False),
        sa.Column("fault", sa.String(), nullable=True),
        sa.Column("error", sa.String(), nullable=True),
        sa.Column("notes", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["poll_id"], ["poll.id"], name=op.f("fk_poll_query_poll_id_poll")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_poll_query")),
    )
    op.create_index(op.f("ix_poll_query_poll_id"), "poll_query", ["poll_id"])
    op.create_index("ix_poll_query_query_key_at", "poll_query", ["query_key", "at"])
    op.create_table(
        "comparison",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("poll_id", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("query_key", sa.String(), nullable=False),
        sa.Column("query_hash", sa.String(), nullable=False),
        sa.Column("at", _TIME, nullable=False),
        *(
            sa.Column(name, sa.Integer(), nullable=False)
            for name in ("listed", "older", "held", "missed", "fetched", "vanished")
        ),
        sa.Column("alarm", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["poll_id"], ["poll.id"], name=op.f("fk_comparison_poll_id_poll")),
        sa.ForeignKeyConstraint(
            ["source"], ["source.name"], name=op.f("fk_comparison_source_source")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comparison")),
    )
    op.create_index(op.f("ix_comparison_poll_id"), "comparison", ["poll_id"])
    op.create_index(
        "ix_comparison_source_query_key_at", "comparison", ["source", "query_key", "at"]
    )
    op.create_table(
        "backfill_slice",
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("query_key", sa.String(), nullable=False),
        sa.Column("query_hash", sa.String(), nullable=False),
        sa.Column("first", sa.Date(), nullable=False),
        sa.Column("last", sa.Date(), nullable=False),
        sa.Column("done_at", _TIME, nullable=False),
        sa.Column("records", sa.Integer(), nullable=False),
        sa.Column("new_records", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["source"], ["source.name"], name=op.f("fk_backfill_slice_source_source")
        ),
        sa.PrimaryKeyConstraint(
            "source", "query_key", "query_hash", "first", "last", name=op.f("pk_backfill_slice")
        ),
    )


def _add_incident_tables() -> None:
    op.create_table(
        "incident",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("topic", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("message", sa.String(), nullable=False),
        sa.Column("opened_at", _TIME, nullable=False),
        sa.Column("last_seen_at", _TIME, nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("reminded_at", _TIME, nullable=True),
        sa.Column("closed_at", _TIME, nullable=True),
        sa.Column("closed_by", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["source"], ["source.name"], name=op.f("fk_incident_source_source")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incident")),
    )
    still_open = sa.text("closed_at IS NULL")
    op.create_index(
        "uq_incident_open",
        "incident",
        ["source", "topic"],
        unique=True,
        sqlite_where=still_open,
        postgresql_where=still_open,
    )
    op.create_table(
        "feed",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("added_at", _TIME, nullable=False),
        sa.Column("added_by", sa.String(), nullable=False),
        sa.Column("removed_at", _TIME, nullable=True),
        sa.ForeignKeyConstraint(["source"], ["source.name"], name=op.f("fk_feed_source_source")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feed")),
    )
    op.create_table(
        "import_file",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("format", sa.String(), nullable=True),
        sa.Column(
            "state",
            _words("importstate", "reading", "ready", "waiting", "done", "failed", "discarded"),
            nullable=False,
        ),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("finished_at", _TIME, nullable=True),
        *(
            sa.Column(name, sa.Integer(), nullable=False)
            for name in ("records", "done", "new_papers", "known", "queued")
        ),
        sa.Column("unreadable", sa.JSON(), nullable=False),
        sa.Column("unreadable_count", sa.Integer(), nullable=False),
        sa.Column("error", sa.String(), nullable=True),
        sa.Column("repeated", sa.Integer(), nullable=False),
        sa.Column("sample", sa.JSON(), nullable=False),
        sa.Column("poll_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["poll_id"], ["poll.id"], name=op.f("fk_import_file_poll_id_poll")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_file")),
        sa.UniqueConstraint("token", name=op.f("uq_import_file_token")),
    )


def _set_message_kinds(kinds: tuple[str, ...]) -> None:
    """Let ``message.kind`` take these words; SQLite writes the table anew for it."""
    if op.get_bind().dialect.name == "sqlite":
        with op.batch_alter_table("message", copy_from=_message(kinds), recreate="always"):
            pass
        return
    name = op.f("ck_message_messagekind")
    listed = ", ".join(f"'{kind}'" for kind in kinds)
    op.drop_constraint(name, "message", type_="check")
    op.create_check_constraint(name, "message", f"kind IN ({listed})")


def _message(kinds: tuple[str, ...]) -> sa.Table:
    states = ("pending", "claimed", "sent", "deferred", "uncertain", "dead", "cancelled")
    return sa.Table(
        "message",
        sa.MetaData(),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("uuid", sa.String(), nullable=False),
        sa.Column("message_id", sa.String(), nullable=False),
        sa.Column("kind", _words(op.f("ck_message_messagekind"), *kinds), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("subscriber_id", sa.Integer(), nullable=True),
        sa.Column("announcement_id", sa.Integer(), nullable=True),
        sa.Column("context", sa.JSON(), nullable=False),
        sa.Column("state", _words(op.f("ck_message_messagestate"), *states), nullable=False),
        sa.Column("queued_at", _TIME, nullable=False),
        sa.Column("next_at", _TIME, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("lease_token", sa.Integer(), nullable=False),
        sa.Column("lease_until", _TIME, nullable=True),
        sa.Column("sent_at", _TIME, nullable=True),
        sa.Column("reply", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["announcement_id"],
            ["announcement.id"],
            name=op.f("fk_message_announcement_id_announcement"),
        ),
        sa.ForeignKeyConstraint(
            ["subscriber_id"], ["subscriber.id"], name=op.f("fk_message_subscriber_id_subscriber")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message")),
        sa.UniqueConstraint("message_id", name=op.f("uq_message_message_id")),
        sa.UniqueConstraint(
            "subscriber_id",
            "announcement_id",
            name=op.f("uq_message_subscriber_id_announcement_id"),
        ),
        sa.UniqueConstraint("uuid", name=op.f("uq_message_uuid")),
        sa.Index("ix_message_state_next_at", "state", "next_at"),
    )


def _words(name: str, *words: str) -> sa.Enum:
    return sa.Enum(*words, name=name, native_enum=False, create_constraint=True, length=40)
