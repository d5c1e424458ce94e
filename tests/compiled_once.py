"""Lets a test process compile a statement, a template and a route once, as a service that runs does.

A service has one engine and one application. A test has its own, since it has a database of its own,
and compiling everything anew for each was the largest part of the tests' processor time.
"""

from types import CodeType
from typing import Any

import jinja2
from sqlalchemy import Connection, Dialect, Engine, create_engine, event
from werkzeug.routing import Rule

from monitor.kernel.persistence import database

_STATEMENTS = 5_000  # more than there are
_create = create_engine
_shared: dict[str, tuple[Dialect, Any]] = {}


def begin() -> None:
    """Let every ``Database`` and every application made from now on share what it compiles."""
    database.create_engine = _sharing  # type: ignore[attr-defined,assignment]  # stands in for it
    jinja2.Environment.compile = _template  # type: ignore[method-assign]  # the same
    Rule._compile_builder = _route  # type: ignore[method-assign]  # the same


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


_compile_template = jinja2.Environment.compile
_templates: dict[tuple[object, ...], CodeType] = {}


def _template(
    self: jinja2.Environment, source: Any, name: str | None = None, *others: Any, **more: Any
) -> Any:
    """Compile a template, found again by its text and by all of the environment that shapes code."""
    shape = (self.undefined, self.trim_blocks, self.lstrip_blocks, self.autoescape)
    key = (source, name, others, tuple(sorted(more.items())), shape)
    if key not in _templates:
        _templates[key] = _compile_template(self, source, name, *others, **more)
    return _templates[key]


_compile_route = Rule._compile_builder


def _route(self: Rule, append_unknown: bool = True) -> Any:
    """Give what builds addresses of a rule: it takes the rule, and is made of what stands in the key."""
    key = (tuple(self._trace), repr(self.defaults), append_unknown)
    if key not in _routes:
        _routes[key] = _compile_route(self, append_unknown)
    return _routes[key]


_routes: dict[tuple[object, ...], Any] = {}
