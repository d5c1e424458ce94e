"""Studies are found in the order of their labels, in which an open paper offers them."""

from alembic import op

revision = "0028_studies_by_label"
down_revision = "0027_beginnings_of_words"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_study_label_id", "study", ["label", "id"])


def downgrade() -> None:
    op.drop_index("ix_study_label_id", "study")
