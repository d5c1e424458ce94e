"""What trials since the review show: headlines of pools, beside the tier and the review's own word.

Rows of before stay as they were: their direction is the count of votes of policy 2023-1.
"""

import sqlalchemy as sa
from alembic import op

from monitor.ops.altering import words

revision = "0013_what_trials_show"
down_revision = "0012_families"
branch_labels = None
depends_on = None

_DIRECTIONS = (
    "favours the intervention",
    "generally positive",
    "mixed",
    "no difference",
    "favours the comparison",
    "none to go on",
)
_NEW_DIRECTIONS = (
    *_DIRECTIONS,
    "benefit",
    "probable benefit",
    "slight benefit",
    "little or no difference",
    "results disagree",
    "positive, then little or no difference",
    "positive, then favours the comparison",
    "positive, then results disagree",
)
_KINDS = (
    "under-researched",
    "under-used",
    "under-used, read with care",
    "aligned",
    "more used than the findings support",
    "not known",
)
_NEW_KINDS = (*_KINDS[:5], "read with care", "not known")
# What the version before reads instead of a word it does not know. Its next grading writes its own.
_INSTEAD = (
    ("grade", "direction", _NEW_DIRECTIONS[6:], "mixed"),
    ("gap", "kind", ("read with care",), "not known"),
)


def upgrade() -> None:
    words("grade", "direction", _DIRECTIONS, _NEW_DIRECTIONS)
    words("gap", "kind", _KINDS, _NEW_KINDS, check="gapkind")
    op.add_column("grade", sa.Column("statements", sa.JSON(), nullable=True))


def downgrade() -> None:
    """Go back; the version before reads words it does not know as the ones nearest to them.

    The ledger of changes keeps every word: it is JSON.
    """
    op.drop_column("grade", "statements")
    for table, column, unknown, instead in _INSTEAD:
        op.execute(
            sa.text(f"UPDATE {table} SET {column} = :instead WHERE {column} IN :unknown")  # noqa: S608 - our own names
            .bindparams(sa.bindparam("unknown", list(unknown), expanding=True))
            .bindparams(instead=instead)
        )
    words("gap", "kind", _NEW_KINDS, _KINDS, check="gapkind")
    words("grade", "direction", _NEW_DIRECTIONS, _DIRECTIONS)
