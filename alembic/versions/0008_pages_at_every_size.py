"""Pages as fast with a million papers as with a thousand: indexes, kept places, counts and words."""

import sqlalchemy as sa
from alembic import op

from monitor.literature.papers.title_index import words_of

revision = "0008_pages_at_every_size"
down_revision = "0006_head_of_the_ledger"
branch_labels = None
depends_on = None

_AT_ONCE = 5_000
_STANDS = "lane IN ('notice', 'none') AND merged_into_id IS NULL"
_INDEXED = "title_words || ' lane_' || lane"
_PLACES = """
INSERT INTO queue_place (paper_id, slug, stage, lane, design, rank, queued_at)
SELECT queue_item.paper_id, named.slug, queue_item.stage, paper.lane,
  COALESCE(paper_reading.design, ''), -queue_item.score, queue_item.queued_at
FROM queue_item
JOIN paper ON paper.id = queue_item.paper_id
JOIN (
  SELECT paper_id, '' AS slug FROM queue_item
  UNION SELECT paper_id, slug FROM "match"
) AS named ON named.paper_id = queue_item.paper_id
LEFT JOIN paper_reading ON paper_reading.paper_id = queue_item.paper_id
"""
_TALLY = """
INSERT INTO queue_tally (stage, slug, lane, design, papers)
SELECT stage, slug, lane, design, count(*) FROM queue_place
GROUP BY stage, slug, lane, design
"""
_QUERIES = """
INSERT INTO paper_query (query_key, lane, paper_id)
SELECT DISTINCT record_query.query_key, paper.lane, paper.id
FROM paper_record
JOIN paper ON paper.id = paper_record.paper_id
JOIN record ON record.id = paper_record.record_id
JOIN record_query ON record_query.source = record.source AND record_query.key = record.key
WHERE paper.lane IN ('notice', 'none') AND paper.merged_into_id IS NULL
"""


def upgrade() -> None:
    _index()
    _make_places()
    op.execute(_PLACES)
    op.execute(_TALLY)
    op.execute(_QUERIES)
    op.add_column("paper_trial", sa.Column("evaluates", sa.JSON(), nullable=True))
    op.add_column("paper", sa.Column("title_words", sa.String(), server_default="", nullable=False))
    _fill_words()
    _index_words()


def _index() -> None:
    # what became one with a paper: asked on its page, and of each verdict; few ever did
    op.create_index(
        "ix_paper_merged_into_id",
        "paper",
        ["merged_into_id"],
        sqlite_where=sa.text("merged_into_id IS NOT NULL"),
        postgresql_where=sa.text("merged_into_id IS NOT NULL"),
    )
    # papers of a lane, newest first: the list of what is kept and not queued, read off it
    op.create_index("ix_paper_lane_id", "paper", ["lane", "id"])
    op.drop_index("ix_paper_lane", "paper")
    # what was done to one thing, in order: a paper's page asks three times
    op.create_index("ix_audit_entry_subject_seq", "audit_entry", ["subject", "seq"])


def _make_places() -> None:
    op.create_table(
        "queue_place",
        sa.Column("paper_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("slug", sa.String(), nullable=False),
        sa.Column("stage", sa.String(), nullable=False),
        sa.Column("lane", sa.String(), nullable=False),
        sa.Column("design", sa.String(), nullable=False),
        sa.Column("rank", sa.Double(), nullable=False),
        sa.Column("queued_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("paper_id", "slug", name="pk_queue_place"),
        sqlite_with_rowid=False,
    )
    # the two orders of a lane, under each filter
    for order in ("rank", "queued_at"):
        columns = ["stage", "slug", "lane", "design", order, "paper_id"]
        op.create_index(f"ix_queue_place_{order}", "queue_place", columns)
    op.create_table(
        "queue_tally",
        sa.Column("stage", sa.String(), nullable=False),
        sa.Column("slug", sa.String(), nullable=False),
        sa.Column("lane", sa.String(), nullable=False),
        sa.Column("design", sa.String(), nullable=False),
        sa.Column("papers", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("stage", "slug", "lane", "design", name="pk_queue_tally"),
        sqlite_with_rowid=False,
    )
    # in this order the newest papers of a query and a lane are read off the key
    op.create_table(
        "paper_query",
        sa.Column("query_key", sa.String(), nullable=False),
        sa.Column("lane", sa.String(), nullable=False),
        sa.Column("paper_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("query_key", "lane", "paper_id", name="pk_paper_query"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_paper_query_paper_id", "paper_query", ["paper_id"])


def _fill_words() -> None:
    """Fold the titles there are, in pieces: a million would not fit in memory."""
    connection = op.get_bind()
    some = sa.text("SELECT id, title FROM paper WHERE id > :after ORDER BY id LIMIT :most")
    keep = sa.text("UPDATE paper SET title_words = :words WHERE id = :id")
    after = 0
    while rows := connection.execute(some, {"after": after, "most": _AT_ONCE}).all():
        connection.execute(keep, [{"id": row.id, "words": words_of(row.title)} for row in rows])
        after = rows[-1].id


def _index_words() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            "CREATE VIRTUAL TABLE title_index USING fts5(words, content='', detail='none',"
            " columnsize=0, prefix='3 4', tokenize=\"ascii tokenchars '_'\")"
        )
        op.execute(
            "INSERT INTO title_index (rowid, words)"  # noqa: S608 - our own words
            f" SELECT id, {_INDEXED} FROM paper WHERE {_STANDS}"
        )
        return
    op.execute(
        "CREATE INDEX ix_paper_title_words ON paper USING gin"
        f" ((array_to_tsvector(array_remove(string_to_array({_INDEXED}, ' '), '')))) WHERE {_STANDS}"
    )


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TABLE title_index")
    else:
        op.drop_index("ix_paper_title_words", "paper")
    op.drop_table("paper_query")
    op.drop_table("queue_tally")
    op.drop_table("queue_place")
    op.drop_column("paper_trial", "evaluates")
    op.drop_index("ix_audit_entry_subject_seq", "audit_entry")
    op.create_index("ix_paper_lane", "paper", ["lane"])
    op.drop_index("ix_paper_lane_id", "paper")
    op.drop_index("ix_paper_merged_into_id", "paper")
    op.drop_column("paper", "title_words")
