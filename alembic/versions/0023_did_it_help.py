"""Did it help? One question after a change was told, to readers who agreed to be asked."""

import sqlalchemy as sa
from alembic import op

from monitor.ops import altering

revision = "0023_did_it_help"
down_revision = "0022_delivery_for_years"
branch_labels = None
depends_on = None

_KINDS = ("confirm", "change", "digest", "invitation", "incident", "my_services", "survey")
_NEW_KINDS = (*_KINDS, "helped")
_ANSWERS = ("changed something", "discussed", "no", "too early")
_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    altering.words("message", "kind", _KINDS, _NEW_KINDS, check="messagekind")
    op.add_column(
        "reader_terms",
        sa.Column("may_be_asked", sa.Boolean(), server_default=sa.false(), nullable=False),
    )
    answer = sa.Enum(*_ANSWERS, name="helped", native_enum=False, create_constraint=True, length=40)
    op.create_table(
        "help_question",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("subscriber_id", sa.Integer(), nullable=True),
        sa.Column("told_id", sa.Integer(), nullable=True),
        sa.Column("message_id", sa.Integer(), nullable=True),
        sa.Column("asked_at", _TIME, nullable=False),
        sa.Column("answer", answer, nullable=True),
        sa.Column("answered_at", _TIME, nullable=True),
        sa.ForeignKeyConstraint(
            ["message_id"], ["message.id"], name=op.f("fk_help_question_message_id_message")
        ),
        sa.ForeignKeyConstraint(
            ["subscriber_id"],
            ["subscriber.id"],
            name=op.f("fk_help_question_subscriber_id_subscriber"),
        ),
        sa.ForeignKeyConstraint(
            ["told_id"], ["message.id"], name=op.f("fk_help_question_told_id_message")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_help_question")),
        sa.UniqueConstraint("told_id", name=op.f("uq_help_question_told_id")),
        sa.UniqueConstraint("message_id", name=op.f("uq_help_question_message_id")),
    )
    op.create_index("ix_help_question_subscriber_id", "help_question", ["subscriber_id"])


def downgrade() -> None:
    """Ask nobody any more; what was answered is gone."""
    op.drop_table("help_question")
    op.drop_column("reader_terms", "may_be_asked")
    op.execute("DELETE FROM message WHERE kind = 'helped'")
    altering.words("message", "kind", _NEW_KINDS, _KINDS, check="messagekind")
