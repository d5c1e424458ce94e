"""Readings: arms, results and tools of each appraisal; rounds, drafts and what they came to.

Every appraisal of before stays as it was, as the first round's; its reading is read off its own
words (``review.reading.summary.of_judgement``), so nothing is rewritten.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from monitor.ops.altering import rewrite, words

revision = "0011_readings"
down_revision = "0010_jobs_in_pieces"
branch_labels = None
depends_on = None

_ROLES = ("commissioner", "reviewer", "admin")
_NEW_ROLES = ("commissioner", "reviewer", "lead reviewer", "admin")
_STAGES = (
    "to screen",
    "unsure",
    "excluded",
    "to appraise",
    "disagreement",
    "accepted",
    "not counted",
    "withdrawn",
)
_NEW_STAGES = (*_STAGES[:5], "agreed", *_STAGES[5:])
_HOW = ("the two agree", "the two settled it between themselves", "a third person settled it")
# what a reading may leave open, where a judgement of before could not
_OPEN = ("design", "risk_of_bias", "direction")
_BEFORE = ("study_id", "reviewer_id")
_SINCE = ("study_id", "reviewer_id", "round", "edition")
# of a study that was not counted and told nothing else: the version before asks for a word. It
# never reads them, for the study does not count.
_ANY = {"design": "case", "risk_of_bias": "critical", "direction": "no difference"}


def upgrade() -> None:
    words("user", "role", _ROLES, _NEW_ROLES)
    words("queue_item", "stage", _STAGES, _NEW_STAGES)
    for column in (
        sa.Column("round", sa.Integer(), nullable=False, server_default="1"),
        sa.Column("edition", sa.Integer(), nullable=False, server_default="1"),
        sa.Column("changed_because", sa.String(), nullable=False, server_default=""),
        sa.Column("reading", sa.JSON(), nullable=True),
    ):
        op.add_column("appraisal", column)
    _appraisal(_BEFORE, _SINCE, nullable=True)
    _rounds()
    _drafts()
    _consensus()


def downgrade() -> None:
    """Go back; what the version before has no place for is lost: drafts, later rounds, editions."""
    for table in ("consensus", "reading_draft", "appraisal_round"):
        op.drop_table(table)
    # of each person the newest appraisal of their own; one that settles only of a third person
    op.execute(
        "DELETE FROM appraisal WHERE id NOT IN (SELECT max(id) FROM appraisal WHERE NOT settles"
        " GROUP BY study_id, reviewer_id) AND id NOT IN (SELECT max(s.id) FROM appraisal s"
        " WHERE s.settles AND NOT EXISTS (SELECT 1 FROM appraisal o WHERE NOT o.settles"
        " AND o.study_id = s.study_id AND o.reviewer_id = s.reviewer_id)"
        " GROUP BY s.study_id, s.reviewer_id)"
    )
    for name, word in _ANY.items():
        op.execute(f"UPDATE appraisal SET {name} = '{word}' WHERE {name} IS NULL")  # noqa: S608 - our own words
    _appraisal(_SINCE, _BEFORE, nullable=False)
    for name in ("reading", "changed_because", "edition", "round"):
        op.drop_column("appraisal", name)
    op.execute("UPDATE queue_item SET stage = 'disagreement' WHERE stage = 'agreed'")
    words("queue_item", "stage", _NEW_STAGES, _STAGES)
    op.execute("UPDATE \"user\" SET role = 'reviewer' WHERE role = 'lead reviewer'")
    words("user", "role", _NEW_ROLES, _ROLES)


def _rounds() -> None:
    op.create_table(
        "appraisal_round",
        sa.Column("study_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("opened_by", sa.Integer(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["opened_by"], ["user.id"], name=op.f("fk_appraisal_round_opened_by_user")
        ),
        sa.ForeignKeyConstraint(
            ["study_id"], ["study.id"], name=op.f("fk_appraisal_round_study_id_study")
        ),
        sa.PrimaryKeyConstraint("study_id", "number", name=op.f("pk_appraisal_round")),
    )


def _drafts() -> None:
    op.create_table(
        "reading_draft",
        sa.Column("study_id", sa.Integer(), nullable=False),
        sa.Column("reviewer_id", sa.Integer(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("reading", sa.JSON(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["reviewer_id"], ["user.id"], name=op.f("fk_reading_draft_reviewer_id_user")
        ),
        sa.ForeignKeyConstraint(
            ["study_id"], ["study.id"], name=op.f("fk_reading_draft_study_id_study")
        ),
        sa.PrimaryKeyConstraint("study_id", "reviewer_id", name=op.f("pk_reading_draft")),
    )


def _consensus() -> None:
    how = sa.Enum(*_HOW, name="how", native_enum=False, create_constraint=True, length=40)
    op.create_table(
        "consensus",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("study_id", sa.Integer(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("how", how, nullable=False),
        sa.Column("reading", sa.JSON(), nullable=False),
        sa.Column("appraisals", sa.JSON(), nullable=False),
        sa.Column("people", sa.JSON(), nullable=False),
        sa.Column("settled_by", sa.Integer(), nullable=True),
        sa.Column("differences", sa.JSON(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("voided_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["study_id"], ["study.id"], name=op.f("fk_consensus_study_id_study")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consensus")),
    )
    op.create_index(op.f("ix_consensus_study_id"), "consensus", ["study_id"])


def _appraisal(before: Sequence[str], since: Sequence[str], *, nullable: bool) -> None:
    """Let one person appraise a study again, and leave open what a reading may leave open."""
    old, new = (f"uq_appraisal_{'_'.join(names)}" for names in (before, since))
    if op.get_bind().dialect.name == "sqlite":
        unique = [
            f"CONSTRAINT {name} UNIQUE ({', '.join(names)})"
            for name, names in ((old, before), (new, since))
        ]
        filled = {f"{name} VARCHAR(40) NOT NULL": f"{name} VARCHAR(40)" for name in _OPEN}
        opened = filled if nullable else {value: key for key, value in filled.items()}
        rewrite("appraisal", {unique[0]: unique[1], **opened})
        return
    op.drop_constraint(op.f(old), "appraisal", type_="unique")
    op.create_unique_constraint(op.f(new), "appraisal", list(since))
    for name in _OPEN:
        op.alter_column("appraisal", name, existing_type=sa.String(40), nullable=nullable)
