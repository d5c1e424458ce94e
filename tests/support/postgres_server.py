"""Statements on the tests' PostgreSQL server, and the sweep that empties a database between two tests."""

import kept_connections  # type: ignore[import-not-found]  # tests/support is on pytest's path
from sqlalchemy import Engine, create_engine, text

# Where a test committed anything (the server itself remembers which of the transactions since then
# did, in whatever process), ends what it left open and empties what it filled. Lets every number
# start at 1 again: a sequence moves on also where a transaction is rolled back.
# To truncate a table makes new files for it and each of its indexes: what is small is deleted, until
# so much was that it matters (nothing else takes it away), or a test had statistics made of it.
_SWEEP = """
DO $$
DECLARE
  relation record;
  names text := '';
BEGIN
  IF EXISTS (
    SELECT 1 FROM generate_series({since} + 1, {until} - 1) AS number
    WHERE pg_xact_status(number::text::xid8) IS DISTINCT FROM 'aborted'
  ) THEN
    PERFORM pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE datname = current_database() AND pid <> ALL (ARRAY[pg_backend_pid(){kept}]);
    SET LOCAL session_replication_role = replica;
    FOR relation IN
      SELECT oid::regclass AS name, pg_table_size(oid) AS bytes, reltuples AS counted
      FROM pg_class
      WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND pg_relation_size(oid) > 0
    LOOP
      IF relation.bytes > {small} OR relation.counted >= 0 THEN
        names := names || ', ' || relation.name;
      ELSE
        EXECUTE 'DELETE FROM ' || relation.name;
      END IF;
    END LOOP;
    IF names <> '' THEN EXECUTE 'TRUNCATE ' || substr(names, 3) || ' CASCADE'; END IF;
  END IF;
  FOR relation IN SELECT format('%I.%I', schemaname, sequencename) AS name FROM pg_sequences
    WHERE schemaname = 'public' AND last_value IS NOT NULL
  LOOP
    PERFORM setval(relation.name::regclass, 1, false);
  END LOOP;
END $$
"""
_SMALL = 96 * 1024  # bytes of a table with what is kept apart of its rows


def sweep(url: str, since: int) -> None:
    """Make the database as it was, at next to no cost where nothing was committed."""
    kept = "".join(f", {number}" for number in kept_connections.processes())
    run(url, _SWEEP.format(since=since, until=transaction(url), kept=kept, small=_SMALL))


def named(server: str, name: str) -> str:
    head, _, query = server.partition("?")
    return f"{head.rsplit('/', 1)[0]}/{name}?{query}"


def duplicate(server: str, original: str, name: str) -> str:
    """Make a database that is a copy of another, which nobody uses now; gives its address.

    Its files are copied, not logged page by page as PostgreSQL does by itself: a third of the work.
    """
    run(server, f"CREATE DATABASE {name} TEMPLATE {original} STRATEGY file_copy")
    return named(server, name)


def drop(server: str, name: str) -> None:
    """Drop a database, whoever uses it."""
    run(server, f"DROP DATABASE {name} WITH (FORCE)")


_ENGINES: dict[str, Engine] = {}


def _engine(server: str) -> Engine:
    """Give this worker's one engine for the address: connecting is most of a statement."""
    if server not in _ENGINES:
        # a test may end every connection there is, this one too
        _ENGINES[server] = create_engine(
            server, isolation_level="AUTOCOMMIT", pool_size=1, pool_pre_ping=True
        )
    return _ENGINES[server]


def run(server: str, statement: str) -> None:
    with _engine(server).connect() as connection:
        connection.execute(text(statement))


def number(server: str, query: str) -> int:
    with _engine(server).connect() as connection:
        return int(connection.execute(text(query)).scalar_one())


def transaction(url: str) -> int:
    """Make a transaction of its own and give its number: whatever follows has a higher one."""
    return number(url, "SELECT pg_current_xact_id()::text::bigint")


def forget_engines() -> None:
    """Close every connection of this worker's own."""
    kept_connections.forget()
    for engine in _ENGINES.values():
        engine.dispose()
    _ENGINES.clear()
