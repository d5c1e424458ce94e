"""The words of titles, indexed to look up papers that nobody is asked to screen.

Both databases index the same words, folded here, so that a word means the same on either. What
somebody types finds titles with a word that begins so; one or two letters must be a word by
themselves. SQLite has an FTS5 table without contents, kept by triggers; PostgreSQL a GIN index. Only
papers that are kept and not queued stand in either. FTS5 reads a word's papers one by one from the
newest down, and so it does those of a beginning that it keeps; of any other beginning it gathers all
papers first. So it keeps all beginnings up to ``_KEPT`` letters. GIN has no order and gathers always:
whatever is frequent is found faster by ``has`` among the newest papers (``unqueued``).
"""

import re
from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    String,
    and_,
    column,
    func,
    literal_column,
    table,
    text,
)

from monitor.kernel.persistence.triggers import KeptTables, Trigger, keep
from monitor.literature.text.folding import fold
from monitor.literature.words import Lane

LANES = (Lane.NOTICE, Lane.NONE)  # kept and not queued
_LONGEST = 60  # characters of a word that count
_WHOLE = 2  # words up to this long are not taken for the beginning of another
_KEPT = 20  # letters of the longest beginning that FTS5 keeps: no longer one is frequent
_WORD = re.compile(r"[^\W_]+")
# where the index has a paper's number, by database
NUMBERS: dict[str, ColumnElement[int]] = {
    "sqlite": table("title_index", column("rowid", Integer)).c.rowid,
    "postgresql": table("paper", column("id", Integer)).c.id,
}
# A paper stands in the index, with its lane as one more word that none can be the beginning of: no
# word of a title has "_".
_STANDS = "{0}lane IN ('notice', 'none') AND {0}merged_into_id IS NULL"
_INDEXED = "{0}title_words || ' _' || {0}lane"
_OLD, _NEW = _STANDS.format("OLD."), _STANDS.format("NEW.")
_OUT = (
    "INSERT INTO title_index (title_index, rowid, words)"
    f" SELECT 'delete', OLD.id, {_INDEXED.format('OLD.')} WHERE {_OLD}"
)
_IN = (
    f"INSERT INTO title_index (rowid, words) SELECT NEW.id, {_INDEXED.format('NEW.')} WHERE {_NEW}"
)
# without the empty word that a title without words begins with: no lexeme may be empty
_VECTOR = f"array_to_tsvector(array_remove(string_to_array({_INDEXED}, ' '), ''))"
_MADE = (
    (
        "sqlite",
        (
            "CREATE VIRTUAL TABLE title_index USING fts5(words, content='', detail='none',"
            f" columnsize=0, prefix='{' '.join(map(str, range(_WHOLE + 1, _KEPT + 1)))}',"
            " tokenize=\"ascii tokenchars '_'\")"
        ),
    ),
    (
        "postgresql",
        (
            f"CREATE INDEX ix_paper_title_words ON paper USING gin (({_VECTOR.format('')}))"
            f" WHERE {_STANDS.format('')}"
        ),
    ),
)
# SQLite's index anew from the papers there are; PostgreSQL's fills itself
_FILLS = (
    ("sqlite", "INSERT INTO title_index (title_index) VALUES ('delete-all')"),
    (
        "sqlite",
        (
            f"INSERT INTO title_index (rowid, words) SELECT id, {_INDEXED.format('')}"  # noqa: S608 - our own words
            f" FROM paper WHERE {_STANDS.format('')}"
        ),
    ),
)
keep(
    KeptTables(
        tables=frozenset({"paper"}),
        made=_MADE,
        fills=_FILLS,
        triggers=(
            Trigger("title_in", "paper", "INSERT", (_IN,), when=_NEW, only="sqlite"),
            Trigger(
                "title_moved",
                "paper",
                "UPDATE OF title_words, lane, merged_into_id",
                (_OUT, _IN),
                when=f"({_OLD}) OR ({_NEW})",
                only="sqlite",
            ),
            Trigger("title_out", "paper", "DELETE", (_OUT,), when=_OLD, only="sqlite"),
        ),
    )
)


def words_of(title: str) -> str:
    """Fold a title to its words, each once, with single spaces between.

    >>> words_of("Prés-VIPP & the library: opening, opening hours")
    'pres vipp and the library opening hours'
    """
    return " ".join(dict.fromkeys(word[:_LONGEST] for word in _WORD.findall(fold(title))))


def stands_in_index() -> ColumnElement[bool]:
    """Say, in the index's own words, that a paper stands in it: without, PostgreSQL will not use it."""
    return literal_column(f"({_STANDS.format('paper.')})")


def folded(words: Sequence[str]) -> tuple[str, ...]:
    """Fold what somebody typed to the words to look for, each once."""
    return tuple(dict.fromkeys(" ".join(map(words_of, words)).split()))


def matching(dialect: str, sought: Sequence[str], lane: Lane | None) -> ColumnElement[bool]:
    """Give the condition that a title has all of some words, as ``folded``, off the index.

    On SQLite it is of ``title_index``, whose ``rowid`` is the paper's number; on PostgreSQL of
    ``paper``.
    """
    exact = [f"_{lane.value}"] if lane else []
    exact += [word for word in sought if len(word) <= _WHOLE]
    begun = [word for word in sought if len(word) > _WHOLE]
    if dialect == "sqlite":
        asked = " AND ".join([*(f'"{w}"' for w in exact), *(f'"{w}" *' for w in begun)])
        return literal_column("title_index", String).op("MATCH", is_comparison=True)(asked)
    asked = " & ".join([*(f"'{w}'" for w in exact), *(f"'{w}':*" for w in begun)])
    vector: ColumnElement[Any] = literal_column(_VECTOR.format("paper."))
    return and_(
        stands_in_index(), vector.op("@@")(text("CAST(:asked AS tsquery)").bindparams(asked=asked))
    )


def has(dialect: str, sought: Sequence[str]) -> ColumnElement[bool]:
    """Give the same condition of a row of ``paper`` that is read anyway, without the index."""
    place = func.instr if dialect == "sqlite" else func.strpos
    words: ColumnElement[str] = literal_column("' ' || paper.title_words || ' '", String)
    return and_(
        *(place(words, f" {w} " if len(w) <= _WHOLE else f" {w}") > 0 for w in sought),
    )
