"""Lets a test process compile a statement, a template and a route once, as a service that runs does.

A service has one engine and one application. A test has its own, since it has a database of its own,
and compiling everything anew for each was the largest part of the tests' processor time. The tests
themselves are compiled by one process before the others look for them (``tests``).
"""

import contextlib
import sys
from pathlib import Path
from typing import Any

import compiled_templates  # type: ignore[import-not-found]  # tests/support is on pytest's path
import kept_connections  # type: ignore[import-not-found]  # tests/support is on pytest's path
import pytest
from _pytest.assertion import rewrite
from sqlalchemy import Connection, Dialect, Engine, create_engine, event
from werkzeug.routing import Rule

from monitor.kernel.persistence import engines

_STATEMENTS = 5_000  # more than there are
_create = create_engine
_shared: dict[str, tuple[Dialect, Any]] = {}


def begin() -> None:
    """Let every ``Database`` and every application made from now on share what it compiles."""
    engines.create_engine = _sharing  # type: ignore[attr-defined,assignment]  # stands in for it
    compiled_templates.begin()
    Rule.compile = _route  # type: ignore[method-assign]  # the same


def _sharing(url: str, **options: Any) -> Engine:
    engine = _create(url, query_cache_size=_STATEMENTS, **options)
    kind = engine.dialect.name
    kept_connections.share(engine)
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


_compile_route = Rule.compile
_routes: dict[tuple[object, ...], dict[str, Any]] = {}


def _route(self: Rule) -> None:
    """Give a route what is read out of it: all that this is made of stands in the key."""
    assert self.map is not None
    converters = tuple(self.map.converters.items())
    address = (self.map.host_matching, self.host, self.subdomain, self.rule, self.merge_slashes)
    key = (address, repr(self.defaults), converters)
    if key not in _routes:
        _compile_route(self)
        _routes[key] = {name: getattr(self, name) for name in _READ} | {
            name: getattr(self, name).__func__ for name in _BUILDS
        }
        return
    known = _routes[key]
    for name in _READ:
        setattr(self, name, known[name])
    for name in _BUILDS:
        setattr(self, name, known[name].__get__(self, None))


_READ = ("_parts", "_trace", "_converters", "arguments")
_BUILDS = ("_build", "_build_unknown")


def tests(config: pytest.Config) -> None:
    """Keep the code of every test that is asked for, its assertions rewritten, where pytest looks for it.

    In a fresh copy of the project each worker would do it for itself: thirteen seconds of work each.
    """
    state = config.stash[rewrite.assertstate_key]
    if state.hook is None or sys.dont_write_bytecode:
        return
    for path in _asked_for(config):
        kept = rewrite.get_cache_dir(path) / (path.stem + rewrite.PYC_TAIL)
        if rewrite._read_pyc(path, kept) is None:
            with contextlib.suppress(SyntaxError):  # told by whoever collects it
                checksum, code = rewrite._rewrite_test(path, config)
                kept.parent.mkdir(exist_ok=True)
                rewrite._write_pyc(state, code, checksum, kept)


def _asked_for(config: pytest.Config) -> list[Path]:
    asked = [Path(argument.partition("::")[0]) for argument in config.args]
    files = [path for one in asked for path in ([one] if one.is_file() else one.rglob("*.py"))]
    return [path for path in files if path.name.startswith("test_") or path.name == "conftest.py"]
