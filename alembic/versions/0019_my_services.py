"""My services: what commissioners tell of their own, the link that opens it, mail narrowed to it."""

import sqlalchemy as sa
from alembic import op

from monitor.ops import altering

revision = "0019_my_services"
down_revision = "0018_feeds_of_use"
branch_labels = None
depends_on = None

_BEFORE = ("confirm", "change", "invitation", "incident")
_SINCE = (*_BEFORE, "my_services")


def upgrade() -> None:
    altering.words("message", "kind", _BEFORE, _SINCE, check="messagekind")
    op.create_index(
        "ix_message_links_in",
        "message",
        ["address", "queued_at"],
        sqlite_where=sa.text("kind = 'my_services'"),
        postgresql_where=sa.text("kind = 'my_services'"),
    )
    op.add_column("subscriber", sa.Column("narrowed_to", sa.JSON(), nullable=True))
    op.create_table(
        "buyer",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("looked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("looked_before", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_buyer")),
        sa.UniqueConstraint("address", name=op.f("uq_buyer_address")),
    )
    op.create_table(
        "buyer_sitting",
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("buyer_key", sa.String(), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["buyer_key"], ["buyer.key"], name=op.f("fk_buyer_sitting_buyer_key_buyer")
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_buyer_sitting")),
    )
    op.create_index(op.f("ix_buyer_sitting_buyer_key"), "buyer_sitting", ["buyer_key"])
    op.create_table(
        "own_service",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("buyer_key", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("folded", sa.String(), nullable=False),
        sa.Column("group", sa.String(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["buyer_key"], ["buyer.key"], name=op.f("fk_own_service_buyer_key_buyer")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_own_service")),
        sa.UniqueConstraint("buyer_key", "folded", name=op.f("uq_own_service_buyer_key_folded")),
    )
    op.create_table(
        "own_offer",
        sa.Column("service_id", sa.Integer(), nullable=False),
        sa.Column("slug", sa.String(), nullable=False),
        sa.Column("families", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["service_id"], ["own_service.id"], name=op.f("fk_own_offer_service_id_own_service")
        ),
        sa.ForeignKeyConstraint(
            ["slug"], ["intervention.slug"], name=op.f("fk_own_offer_slug_intervention")
        ),
        sa.PrimaryKeyConstraint("service_id", "slug", name=op.f("pk_own_offer")),
    )


def downgrade() -> None:
    """Let go of everything entered; mail that was narrowed is told of all that its reader follows."""
    op.drop_table("own_offer")
    op.drop_table("own_service")
    op.drop_table("buyer_sitting")
    op.drop_table("buyer")
    op.drop_column("subscriber", "narrowed_to")
    op.drop_index("ix_message_links_in", "message")
    op.execute("DELETE FROM message WHERE kind = 'my_services'")
    altering.words("message", "kind", _SINCE, _BEFORE, check="messagekind")
