"""Keeps what Jinja compiles: for the process in memory, and in a folder for all processes of one run.

All templates are six seconds of a processor, which each worker and each service of a story would
spend. The folder lasts as long as the run: a filter may be worked out where a template is compiled,
and what was kept before it was changed would be wrong.
"""

import hashlib
import marshal
import os
import threading
from pathlib import Path
from types import CodeType
from typing import Any

import jinja2

FOLDER = "GAP_MONITOR_COMPILED_TEMPLATES"  # names, in the environment, the folder of this run

_compile = jinja2.Environment.compile
_known: dict[tuple[object, ...], CodeType] = {}


def begin() -> None:
    """Let every environment made from now on share what it compiles."""
    jinja2.Environment.compile = _template  # type: ignore[method-assign]  # stands in for it


def _template(
    self: jinja2.Environment, source: Any, name: str | None = None, *others: Any, **more: Any
) -> Any:
    """Compile a template, found again by its text and by all of the environment that shapes code."""
    shape = (self.undefined, self.trim_blocks, self.lstrip_blocks, self.autoescape)
    key = (source, name, others, tuple(sorted(more.items())), shape, tuple(sorted(self.extensions)))
    if key not in _known:
        _known[key] = _read(key) or _keep(key, _compile(self, source, name, *others, **more))
    return _known[key]


def _path(key: tuple[object, ...]) -> Path | None:
    folder = os.environ.get(FOLDER)
    return Path(folder) / hashlib.sha256(repr(key).encode()).hexdigest() if folder else None


def _read(key: tuple[object, ...]) -> CodeType | None:
    path = _path(key)
    if path is None or not path.is_file():
        return None
    code: CodeType = marshal.loads(path.read_bytes())  # noqa: S302 - written by this run
    return code


def _keep(key: tuple[object, ...], code: CodeType) -> CodeType:
    path = _path(key)
    if path is not None and path.parent.is_dir() and isinstance(code, CodeType):
        # whole or not at all: another process may look for it now, and threads of this one make it too
        own = path.with_suffix(f".{os.getpid()}.{threading.get_ident()}")
        own.write_bytes(marshal.dumps(code))
        own.replace(path)
    return code
