"""Cuts a study of ClinicalTrials.gov down to the fields asked for, by piece, module or path."""

import functools
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from monitor.demo import world
from monitor.demo.dialects import registrations


class UnknownField(Exception):  # noqa: N818 - what was asked for
    """There is no such field; holds its name."""


def only(study: Mapping[str, Any], fields: str) -> Mapping[str, Any]:
    """Keep the fields named in a list (commas or bars between them); "" keeps everything.

    Raises:
        UnknownField: one of them is none.
    """
    named = [name for name in re.split(r"[,|\s]+", fields) if name]
    if not named:
        return study
    kept: Mapping[str, Any] = _cut(study, tuple(_path(name) for name in named))
    return kept


def _path(name: str) -> tuple[str, ...]:
    """Find where a field is: "NCTId", "StatusModule" and "protocolSection.statusModule" are one."""
    path = registrations.PIECES.get(name) or _places().get(name.rpartition(".")[2].casefold())
    if path is None or ("." in name and not path.casefold().endswith(name.casefold())):
        raise UnknownField(name)
    return tuple(path.split("."))


@functools.cache
def _places() -> Mapping[str, str]:
    """Give the path of every key of a whole study, by the key in lower case."""
    invented = world.load(date(2026, 1, 1))
    reported = invented.trial("ddp-registration")
    trial = replace(reported, also=("NCT00000000",))
    paths: dict[str, str] = {}
    study = registrations.study(trial, invented.reports_of(reported), date(2026, 1, 1))
    _collect(study, (), paths)
    return paths


def _collect(value: object, path: tuple[str, ...], paths: dict[str, str]) -> None:
    if isinstance(value, list):
        for each in value:
            _collect(each, path, paths)
    elif isinstance(value, dict):
        for key, each in value.items():
            paths.setdefault(key.casefold(), ".".join((*path, key)))
            _collect(each, (*path, key), paths)


def _cut(value: Any, paths: tuple[tuple[str, ...], ...]) -> Any:  # noqa: ANN401 - any JSON
    """Keep what lies on the paths; a list is cut in each of its elements."""
    if () in paths:
        return value
    if isinstance(value, list):
        return [_cut(each, paths) for each in value]
    kept = {}
    for key, each in value.items():
        below = tuple(path[1:] for path in paths if path[0] == key)
        if below:
            kept[key] = _cut(each, below)
    return kept
