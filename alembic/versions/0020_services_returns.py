"""Services' own returns: the list, collections, what each service answered, and its links.

A mail may ask a service, in the same outbox, in the turn of what goes to thousands.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from monitor.ops.altering import words

revision = "0020_services_returns"
down_revision = "0019_my_services"
branch_labels = None
depends_on = None

_KINDS = ("confirm", "change", "invitation", "incident", "my_services")
_NEW_KINDS = (*_KINDS, "survey")
_TURN = (
    "(CASE WHEN held_since IS NOT NULL THEN 6 + CASE WHEN attempts > 4 THEN 4 ELSE attempts END "
    "WHEN attempts > 0 THEN 1 + CASE WHEN attempts > 4 THEN 4 ELSE attempts END "
    "WHEN {kinds} THEN 1 ELSE 0 END)"
)
_OLD_TURN = _TURN.format(kinds="kind = 'change'")
_NEW_TURN = _TURN.format(kinds="kind IN ('change', 'survey')")
_TO_BE_SENT = sa.text("state IN ('pending', 'deferred', 'uncertain')")
_OPEN = sa.text("state = 'open'")
_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    words("message", "kind", _KINDS, _NEW_KINDS, check="messagekind")
    _turn(_NEW_TURN)
    _services()
    _collections()
    _returns()
    _links()


def downgrade() -> None:
    """Go back; what services answered is lost, and mail that asks them is not sent."""
    for table in ("return_link", "service_return", "collection", "listed_service"):
        op.drop_table(table)
    op.execute("DELETE FROM message WHERE kind = 'survey'")
    words("message", "kind", _NEW_KINDS, _KINDS, check="messagekind")
    _turn(_OLD_TURN)


def _turn(turn: str) -> None:
    """Order what waits to be sent anew."""
    op.drop_index("ix_message_turn", "message")
    columns: Sequence[str | sa.TextClause] = [sa.text(turn), "next_at", "id"]
    op.create_index(
        "ix_message_turn",
        "message",
        columns,
        sqlite_where=_TO_BE_SENT,
        postgresql_where=_TO_BE_SENT,
    )


def _services() -> None:
    op.create_table(
        "listed_service",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("nation", sa.String(), nullable=False),
        sa.Column("area", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("listed_by", sa.String(), nullable=False),
        sa.Column("listed_at", _TIME, nullable=False),
        sa.Column("left_at", _TIME, nullable=True),
        sa.Column("dead_at", _TIME, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_listed_service")),
        sa.UniqueConstraint("key", name=op.f("uq_listed_service_key")),
    )
    op.create_index(op.f("ix_listed_service_address"), "listed_service", ["address"])


def _collections() -> None:
    state = sa.Enum(
        "open",
        "closed",
        name="collectionstate",
        native_enum=False,
        create_constraint=True,
        length=40,
    )
    op.create_table(
        "collection",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("state", state, nullable=False),
        sa.Column("question", sa.String(), nullable=False),
        sa.Column("instrument", sa.String(), nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("frame", sa.String(), nullable=False),
        sa.Column("promoters", sa.JSON(), nullable=False),
        sa.Column("opened_by", sa.String(), nullable=False),
        sa.Column("opened_at", _TIME, nullable=False),
        sa.Column("closes_on", sa.Date(), nullable=False),
        sa.Column("closes_at", _TIME, nullable=False),
        sa.Column("closed_by", sa.String(), nullable=True),
        sa.Column("closed_at", _TIME, nullable=True),
        sa.Column("wave_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["wave_id"], ["wave.id"], name=op.f("fk_collection_wave_id_wave")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_collection")),
    )
    op.create_index(
        "uq_collection_open",
        "collection",
        ["state"],
        unique=True,
        sqlite_where=_OPEN,
        postgresql_where=_OPEN,
    )


def _returns() -> None:
    op.create_table(
        "service_return",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("collection_id", sa.Integer(), nullable=False),
        sa.Column("service_id", sa.Integer(), nullable=False),
        sa.Column("asked_at", _TIME, nullable=False),
        sa.Column("reminders", sa.Integer(), nullable=False),
        sa.Column("last_asked_at", _TIME, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("draft", sa.JSON(), nullable=True),
        sa.Column("drafted_at", _TIME, nullable=True),
        sa.Column("answers", sa.JSON(), nullable=True),
        sa.Column("returned_at", _TIME, nullable=True),
        sa.ForeignKeyConstraint(
            ["collection_id"],
            ["collection.id"],
            name=op.f("fk_service_return_collection_id_collection"),
        ),
        sa.ForeignKeyConstraint(
            ["service_id"],
            ["listed_service.id"],
            name=op.f("fk_service_return_service_id_listed_service"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service_return")),
        sa.UniqueConstraint(
            "collection_id",
            "service_id",
            name=op.f("uq_service_return_collection_id_service_id"),
        ),
    )
    op.create_index(op.f("ix_service_return_service_id"), "service_return", ["service_id"])


def _links() -> None:
    op.create_table(
        "return_link",
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("return_id", sa.Integer(), nullable=False),
        sa.Column("message_uuid", sa.String(), nullable=False),
        sa.Column("is_reminder", sa.Boolean(), nullable=False),
        sa.Column("made_at", _TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["return_id"],
            ["service_return.id"],
            name=op.f("fk_return_link_return_id_service_return"),
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_return_link")),
        sa.UniqueConstraint("message_uuid", name=op.f("uq_return_link_message_uuid")),
    )
    op.create_index(op.f("ix_return_link_return_id"), "return_link", ["return_id"])
