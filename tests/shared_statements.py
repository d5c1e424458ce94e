"""Lets the engines of a test process share what they compile, as a service that runs does.

A service has one engine, and compiles each statement once. A test has an engine of its own, since it
has a database of its own: compiling anew for each was a third of the tests' processor time.
"""

from typing import Any

from sqlalchemy import Connection, Dialect, Engine, event

from monitor.kernel import database

_STATEMENTS = 5_000  # more than there are
_create = database.create_engine
_shared: dict[str, tuple[Dialect, Any]] = {}


def begin() -> None:
    """Let every ``Database`` made from now on in this process share its kind's statements."""
    database.create_engine = _sharing  # type: ignore[assignment]  # stands in for it


def _sharing(url: str, **options: Any) -> Engine:
    engine = _create(url, query_cache_size=_STATEMENTS, **options)
    kind = engine.dialect.name
    if kind in _shared:
        # what there is to learn of its server is known; to ask again is six statements a test
        engine.dialect.initialize = _know  # type: ignore[method-assign]
        # what was compiled is found by its statement and by the very dialect
        engine.dialect, engine._compiled_cache = _shared[kind]
    else:

        @event.listens_for(engine, "connect")
        def _keep(*_: object) -> None:
            """Share what knows its server: a dialect learns of it by its first connection."""
            _shared.setdefault(kind, (engine.dialect, engine._compiled_cache))

    return engine


def _know(connection: Connection) -> None:
    pass
