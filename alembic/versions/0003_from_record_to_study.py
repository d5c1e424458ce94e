"""Keys to find the same paper by, links and merges, alerts, the order of the queue."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003_from_record_to_study"
down_revision = "0002_proof_that_we_looked"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)
_LANES = ("evaluated", "possible", "none")
_MORE_LANES = ("evaluated", "mentioned", "possible", "notice", "none")
_RELATIONS = (
    "the same paper as",
    "preprint of",
    "registration of",
    "protocol of",
    "another report of the study of",
    "notice of",
)
# What a column that comes anew is filled with. Papers of the edition 0 are read again by a job.
_EMPTY = {"title_key": "''", "read_by": "0"}
_NEW_TABLES = (
    "queue_order",
    "study_alert",
    "paper_trial",
    "paper_merge",
    "paper_link",
    "paper_statement",
    "paper_reading",
    "paper_key",
)


def upgrade() -> None:
    _rewrite_paper(_MORE_LANES, before=False, lane="lane")
    for create in (_keys, _readings, _statements, _links, _merges, _trials, _alerts, _order):
        create()
    op.add_column("queue_item", sa.Column("score", sa.Double(), nullable=False, server_default="0"))
    op.add_column("queue_item", sa.Column("parts", sa.JSON(), nullable=False, server_default="{}"))
    op.create_index(
        "ix_queue_item_stage_score", "queue_item", ["stage", sa.text("score DESC"), "paper_id"]
    )


def downgrade() -> None:
    op.drop_index("ix_queue_item_stage_score", "queue_item")
    op.drop_column("queue_item", "parts")
    op.drop_column("queue_item", "score")
    for name in _NEW_TABLES:
        op.drop_table(name)
    known = "CASE lane WHEN 'mentioned' THEN 'evaluated' WHEN 'notice' THEN 'none' ELSE lane END"
    _rewrite_paper(_LANES, before=True, lane=known)


def _rewrite_paper(lanes: tuple[str, ...], *, before: bool, lane: str) -> None:
    """Let ``paper.lane`` take these words; ``before``: with the columns of the version before.

    SQLite can change no check: the table is emptied, made anew and filled again, and what points
    at it is looked at when the transaction ends.
    """
    if op.get_bind().dialect.name == "sqlite":
        _rewrite_on_sqlite(lanes, before=before, lane=lane)
        return
    check = op.f("ck_paper_lane")
    op.drop_constraint(check, "paper", type_="check")
    op.execute(f"UPDATE paper SET lane = {lane}")  # noqa: S608 - our own words
    op.create_check_constraint(check, "paper", f"lane IN ({_listed(lanes)})")
    old, new = (_title_key(), _read_by())
    gone, come = (new, old) if before else (old, new)
    op.drop_index(op.f(f"ix_paper_{gone.name}"), "paper")
    op.drop_column("paper", gone.name)
    come.server_default = sa.DefaultClause(_EMPTY[come.name])
    op.add_column("paper", come)
    op.alter_column("paper", come.name, server_default=None)
    op.create_index(op.f(f"ix_paper_{come.name}"), "paper", [come.name])


def _rewrite_on_sqlite(lanes: tuple[str, ...], *, before: bool, lane: str) -> None:
    last = "title_key" if before else "read_by"
    columns = [column.name for column in _paper_columns(lanes)]
    taken = ", ".join(lane if name == "lane" else name for name in columns)
    op.execute("PRAGMA defer_foreign_keys = ON")
    op.execute("CREATE TEMPORARY TABLE paper_rows AS SELECT * FROM paper")
    op.drop_table("paper")
    op.create_table(
        "paper",
        *_paper_columns(lanes),
        _title_key() if before else _read_by(),
        sa.ForeignKeyConstraint(
            ["merged_into_id"], ["paper.id"], name=op.f("fk_paper_merged_into_id_paper")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_paper")),
    )
    op.execute(
        f"INSERT INTO paper ({', '.join(columns)}, {last}) "  # noqa: S608 - our own names
        f"SELECT {taken}, {_EMPTY[last]} FROM paper_rows"
    )
    op.execute("DROP TABLE paper_rows")
    for name in ("lane", last):
        op.create_index(op.f(f"ix_paper_{name}"), "paper", [name])


def _paper_columns(lanes: tuple[str, ...]) -> list[Any]:
    return [
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("abstract", sa.String(), nullable=True),
        sa.Column("authors", sa.JSON(), nullable=False),
        sa.Column("journal", sa.String(), nullable=True),
        sa.Column("year", sa.Integer(), nullable=True),
        sa.Column("published", sa.Date(), nullable=True),
        sa.Column("volume", sa.String(), nullable=True),
        sa.Column("issue", sa.String(), nullable=True),
        sa.Column("pages", sa.String(), nullable=True),
        sa.Column("language", sa.String(), nullable=True),
        sa.Column("publication_types", sa.JSON(), nullable=False),
        sa.Column("keywords", sa.JSON(), nullable=False),
        sa.Column("url", sa.String(), nullable=True),
        sa.Column("lane", _words("lane", *lanes), nullable=False),
        sa.Column("first_seen_at", _TIME, nullable=False),
        sa.Column("changed_at", _TIME, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("merged_into_id", sa.Integer(), nullable=True),
    ]


def _title_key() -> Any:  # noqa: ANN401 - a column
    return sa.Column("title_key", sa.String(), nullable=False)


def _read_by() -> Any:  # noqa: ANN401 - the same
    return sa.Column("read_by", sa.Integer(), nullable=False)


def _keys() -> None:
    op.create_table(
        "paper_key",
        sa.Column("value", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("paper_id", sa.Integer(), autoincrement=False, nullable=False),
        _to_paper("paper_key", "paper_id"),
        sa.PrimaryKeyConstraint("value", "paper_id", name=op.f("pk_paper_key")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_paper_key_paper_id"), "paper_key", ["paper_id"])


def _readings() -> None:
    op.create_table(
        "paper_reading",
        sa.Column("paper_id", sa.Integer(), nullable=False),
        sa.Column("design", sa.String(), nullable=True),
        sa.Column("named", sa.String(), nullable=True),
        sa.Column("attachment", sa.Boolean(), nullable=False),
        sa.Column("features", sa.LargeBinary(), nullable=False),
        _to_paper("paper_reading", "paper_id"),
        sa.PrimaryKeyConstraint("paper_id", name=op.f("pk_paper_reading")),
    )


def _statements() -> None:
    op.create_table(
        "paper_statement",
        sa.Column("paper_id", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("kind", "scheme", "value")),
        _to_paper("paper_statement", "paper_id"),
        sa.PrimaryKeyConstraint(
            "paper_id", "kind", "scheme", "value", name=op.f("pk_paper_statement")
        ),
    )
    op.create_index("ix_paper_statement_scheme_value", "paper_statement", ["scheme", "value"])


def _links() -> None:
    op.create_table(
        "paper_link",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("paper_id", sa.Integer(), nullable=False),
        sa.Column("other_id", sa.Integer(), nullable=False),
        sa.Column("relation", _words("relation", *_RELATIONS), nullable=False),
        sa.Column(
            "state", _words("linkstate", "proposed", "confirmed", "rejected"), nullable=False
        ),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("proposed_at", _TIME, nullable=False),
        sa.Column("settled_at", _TIME, nullable=True),
        sa.Column("settled_by", sa.String(), nullable=True),
        _to_paper("paper_link", "other_id"),
        _to_paper("paper_link", "paper_id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_paper_link")),
        sa.UniqueConstraint(
            "paper_id",
            "other_id",
            "relation",
            name=op.f("uq_paper_link_paper_id_other_id_relation"),
        ),
    )
    op.create_index(op.f("ix_paper_link_other_id"), "paper_link", ["other_id"])
    op.create_index("ix_paper_link_state", "paper_link", ["state", "id"])


def _merges() -> None:
    op.create_table(
        "paper_merge",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kept_id", sa.Integer(), nullable=False),
        sa.Column("gone_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("moved", sa.JSON(), nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("undone_at", _TIME, nullable=True),
        sa.Column("undone_by", sa.String(), nullable=True),
        _to_paper("paper_merge", "gone_id"),
        _to_paper("paper_merge", "kept_id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_paper_merge")),
    )
    op.create_index(op.f("ix_paper_merge_gone_id"), "paper_merge", ["gone_id"])
    op.create_index(op.f("ix_paper_merge_kept_id"), "paper_merge", ["kept_id"])


def _trials() -> None:
    op.create_table(
        "paper_trial",
        sa.Column("paper_id", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(), nullable=True),
        sa.Column("started", sa.Date(), nullable=True),
        sa.Column("completed", sa.Date(), nullable=True),
        sa.Column("completed_expected", sa.Boolean(), nullable=False),
        sa.Column("participants", sa.Integer(), nullable=True),
        sa.Column("has_results", sa.Boolean(), nullable=True),
        _to_paper("paper_trial", "paper_id"),
        sa.PrimaryKeyConstraint("paper_id", name=op.f("pk_paper_trial")),
    )
    op.create_index(op.f("ix_paper_trial_completed"), "paper_trial", ["completed"])


def _alerts() -> None:
    named = ("study_id", "paper_id", "kind", "scheme", "value")
    op.create_table(
        "study_alert",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("study_id", sa.Integer(), nullable=False),
        sa.Column("paper_id", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("kind", "scheme", "value")),
        sa.Column("opened_at", _TIME, nullable=False),
        sa.Column("closed_at", _TIME, nullable=True),
        sa.Column("closed_by", sa.String(), nullable=True),
        sa.Column("outcome", sa.String(), nullable=True),
        _to_paper("study_alert", "paper_id"),
        sa.ForeignKeyConstraint(
            ["study_id"], ["study.id"], name=op.f("fk_study_alert_study_id_study")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_study_alert")),
    )
    still_open = sa.text("closed_at IS NULL")
    op.create_index(
        "uq_study_alert_open",
        "study_alert",
        named,
        unique=True,
        sqlite_where=still_open,
        postgresql_where=still_open,
    )
    op.create_index("ix_study_alert_closed_at", "study_alert", ["closed_at"])
    op.create_index(op.f("ix_study_alert_study_id"), "study_alert", ["study_id"])


def _order() -> None:
    op.create_table(
        "queue_order",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("mark", sa.String(), nullable=False),
        sa.Column("included", sa.Integer(), nullable=False),
        sa.Column("excluded", sa.Integer(), nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_queue_order")),
    )


def _to_paper(table: str, column: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], ["paper.id"], name=op.f(f"fk_{table}_{column}_paper"))


def _listed(words: tuple[str, ...]) -> str:
    return ", ".join(f"'{word}'" for word in words)


def _words(name: str, *words: str) -> sa.Enum:
    return sa.Enum(*words, name=name, native_enum=False, create_constraint=True, length=40)
