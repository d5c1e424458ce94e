"""Steps that migrations share: what a database cannot change in place, above all SQLite."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op


def words(
    table: str, column: str, before: Sequence[str], since: Sequence[str], *, check: str = ""
) -> None:
    """Let a column take other words. ``check`` names what holds it to them, if not the column."""
    if op.get_bind().dialect.name == "sqlite":
        rewrite(table, {f"({quoted(before)})": f"({quoted(since)})"})
        return
    name = op.f(f"ck_{table}_{check or column}")
    op.drop_constraint(name, table, type_="check")
    op.create_check_constraint(name, table, f"{column} IN ({quoted(since)})")


def rewrite(table: str, changes: dict[str, str]) -> None:
    """Make a table anew with other words in its definition, and all that was in it.

    SQLite can change neither checks nor constraints. What points at the table is looked at when
    the transaction ends.
    """
    bind = op.get_bind()
    made = sa.text("SELECT type, sql FROM sqlite_master WHERE tbl_name = :table AND sql NOT NULL")
    rows = bind.execute(made, {"table": table}).all()
    definition = next(sql for kind, sql in rows if kind == "table")
    for old, new in changes.items():
        if old not in definition:
            raise RuntimeError(f"{table}: its definition has no {old!r}")
        definition = definition.replace(old, new)
    names = ", ".join(f'"{column["name"]}"' for column in sa.inspect(bind).get_columns(table))
    op.execute("PRAGMA defer_foreign_keys = ON")
    op.execute(f'CREATE TEMPORARY TABLE moved AS SELECT * FROM "{table}"')  # noqa: S608 - our own names
    op.drop_table(table)
    op.execute(definition)
    op.execute(f'INSERT INTO "{table}" ({names}) SELECT {names} FROM moved')  # noqa: S608 - our own names
    op.execute("DROP TABLE moved")
    for kind, sql in rows:
        if kind in {"index", "trigger"}:
            op.execute(sql)


def quoted(words: Sequence[str]) -> str:
    """Write words as SQL lists them."""
    return ", ".join(f"'{word}'" for word in words)
