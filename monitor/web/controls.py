"""The form controls of NHS.UK: what each gave, remembered by all that it was asked for.

A list of ten boxes is some hundred calls of macros, and nearly every form asks for the same.
"""

import functools
from collections.abc import Callable, Hashable, Mapping
from types import NoneType
from typing import Any

import jinja2
from markupsafe import Markup

from monitor.kernel.remembering import Remembered

Control = Callable[[Mapping[str, Any]], str]

_NAMES = ("input", "textarea", "select", "radios", "checkboxes", "button", "error-summary", "hint")
_MOST = 300
_LEAVES = (str, Markup, int, bool, NoneType)


class _Untold(Exception):  # noqa: N818 - says why it is not remembered
    """What was asked cannot be told apart from all else by what it is."""


@functools.cache
def nhsuk() -> dict[str, Control]:
    """Load the controls, by name with ``_`` for ``-``.

    Their own environment: they read names that may be missing, which our pages must not.
    Autoescape is on there too; only ``text`` keys are ever to be passed, never ``html``.
    """
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("nhsuk_frontend_jinja"),
        autoescape=True,
        undefined=jinja2.ChainableUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return {name.replace("-", "_"): _remembering(_macro(environment, name)) for name in _NAMES}


def _macro(environment: jinja2.Environment, name: str) -> Control:
    head, *rest = name.split("-")
    module = environment.get_template(f"nhsuk/components/{name}/macro.jinja").module
    macro: Control = getattr(module, head + "".join(map(str.title, rest)))
    return macro


def _remembering(macro: Control) -> Control:
    """Give what the macro gave before for the very same; never with what somebody typed."""
    remembered: Remembered[str] = Remembered(_MOST)

    def control(asked: Mapping[str, Any]) -> str:
        if asked.get("value"):
            return macro(asked)
        try:
            key = _frozen(asked)
        except _Untold:
            return macro(asked)
        return remembered.get(key, (), lambda: macro(asked))

    return control


def _frozen(asked: object) -> Hashable:
    if isinstance(asked, Mapping):
        return tuple((name, _frozen(value)) for name, value in asked.items())
    if isinstance(asked, list):
        return list, tuple(map(_frozen, asked))
    if type(asked) in _LEAVES:
        return type(asked), asked  # or True would be 1, and marked up text the same as plain
    raise _Untold
