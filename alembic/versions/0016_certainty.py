"""How sure labels are: what people say of it, and what they confirmed."""

import sqlalchemy as sa
from alembic import op

revision = "0016_certainty"
down_revision = "0015_waves"
branch_labels = None
depends_on = None

_LEVELS = ("very low", "low", "moderate", "high")
_HOW = (
    "the two agree",
    "the two settled it between themselves",
    "a third person settled it",
)


def upgrade() -> None:
    op.create_table(
        "certainty_opinion",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token", sa.String(), nullable=False),
        *_what(),
        *_levels("certainty_opinion"),
        sa.Column("reviewer_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["reviewer_id"], ["user.id"], name=op.f("fk_certainty_opinion_reviewer_id_user")
        ),
        sa.ForeignKeyConstraint(
            ["slug"], ["intervention.slug"], name=op.f("fk_certainty_opinion_slug_intervention")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certainty_opinion")),
        sa.UniqueConstraint("token", name=op.f("uq_certainty_opinion_token")),
    )
    op.create_index("ix_certainty_opinion_slug_id", "certainty_opinion", ["slug", "id"])
    op.create_table(
        "certainty",
        sa.Column("id", sa.Integer(), nullable=False),
        *_what(),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("suggested", sa.JSON(), nullable=False),
        *_levels("certainty"),
        sa.Column("how", _word("how", _HOW, "certainty"), nullable=False),
        sa.Column("opinions", sa.JSON(), nullable=False),
        sa.Column("people", sa.JSON(), nullable=False),
        sa.Column("differences", sa.JSON(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["slug"], ["intervention.slug"], name=op.f("fk_certainty_slug_intervention")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certainty")),
    )
    op.create_index("ix_certainty_slug_id", "certainty", ["slug", "id"])


def downgrade() -> None:
    op.drop_table("certainty")
    op.drop_table("certainty_opinion")


def _what() -> list[sa.Column[str]]:
    names = ("slug", "outcome_class", "fingerprint", "policy")
    return [sa.Column(name, sa.String(), nullable=False) for name in names]


def _levels(table: str) -> list[sa.Column[str]]:
    return [
        *(
            sa.Column(name, _word(name, _LEVELS, table), nullable=False)
            for name in ("start", "level")
        ),
        sa.Column("downgrades", sa.JSON(), nullable=False),
        sa.Column("reasons", sa.JSON(), nullable=False),
    ]


def _word(name: str, words: tuple[str, ...], table: str) -> sa.Enum:
    return sa.Enum(
        *words,
        name=op.f(f"ck_{table}_{name}"),
        native_enum=False,
        create_constraint=True,
        length=40,
    )
