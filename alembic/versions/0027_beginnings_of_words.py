"""The index of titles keeps every beginning of a word, and calls a lane by no word that can be typed.

SQLite gathered all papers of a beginning of five letters or more before it gave the newest. "lane"
found every paper on both: each had "lane_none" or "lane_notice" for one of its words.
"""

import sqlalchemy as sa
from alembic import op

revision = "0027_beginnings_of_words"
down_revision = "0026_heartbeats"
branch_labels = None
depends_on = None

_STANDS = "lane IN ('notice', 'none') AND merged_into_id IS NULL"
_NEW, _OLD = "title_words || ' _' || lane", "title_words || ' lane_' || lane"


def upgrade() -> None:
    _index(_NEW, " ".join(map(str, range(3, 21))))


def downgrade() -> None:
    _index(_OLD, "3 4")


def _index(words: str, beginnings: str) -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TABLE title_index")
        op.execute(
            "CREATE VIRTUAL TABLE title_index USING fts5(words, content='', detail='none',"
            f" columnsize=0, prefix='{beginnings}', tokenize=\"ascii tokenchars '_'\")"
        )
        op.execute(
            "INSERT INTO title_index (rowid, words)"  # noqa: S608 - our own words
            f" SELECT id, {words} FROM paper WHERE {_STANDS}"
        )
        return
    op.drop_index("ix_paper_title_words", "paper")
    op.execute(
        sa.text(
            "CREATE INDEX ix_paper_title_words ON paper USING gin"
            f" ((array_to_tsvector(array_remove(string_to_array({words}, ' '), '')))) WHERE {_STANDS}"
        )
    )
