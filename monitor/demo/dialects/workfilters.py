"""The filters of Crossref's list of works, evaluated truly on works."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Any

Work = Mapping[str, Any]
Test = Callable[[Work, str], bool]

_TRUE = {"1", "t", "true"}
_FALSE = {"0", "f", "false"}
_DAY = re.compile(r"\d{4}(-\d\d(-\d\d)?)?")


class BadFilter(Exception):  # noqa: N818 - what was asked for
    """A filter is unknown, or its value is none; holds the kind of failure, the value, the words."""

    def __init__(self, kind: str, value: str, words: str) -> None:
        super().__init__(words)
        self.kind = kind
        self.value = value


def matching(works: Iterable[Work], text: str) -> list[Work]:
    """Keep the works that pass all filters; a filter given twice passes with either value.

    Raises:
        BadFilter: a filter is unknown, or its value is none.
    """
    wanted: defaultdict[str, list[str]] = defaultdict(list)
    for part in filter(None, text.split(",")):
        name, _, value = part.partition(":")
        _check(name, value)
        wanted[name].append(value)
    return [
        work
        for work in works
        if all(any(_FILTERS[name](work, v) for v in values) for name, values in wanted.items())
    ]


def _check(name: str, value: str) -> None:
    if name not in _FILTERS:
        valid = ", ".join(_FILTERS)
        raise BadFilter(
            "filter-not-available",
            name,
            f"Filter {name} specified but there is no such filter for this route. "
            f"Valid filters for this route are: {valid}",
        )
    if name.endswith("-date") and not _DAY.fullmatch(value):
        raise BadFilter(
            "date-not-valid",
            value,
            f"Date specified as {value} but must be of the form: yyyy or yyyy-MM or yyyy-MM-dd",
        )
    if name == "is-update" and value not in _TRUE | _FALSE:
        words = f"Boolean specified as {value} but must be one of 1, 0, t, f, true, false"
        raise BadFilter("boolean-not-valid", value, words)


def _updates_of(work: Work) -> list[Mapping[str, Any]]:
    found: list[Mapping[str, Any]] = work.get("update-to", [])
    return found


def _is_update(work: Work, value: str) -> bool:
    return bool(_updates_of(work)) == (value in _TRUE)


def _same(one: object, other: str) -> bool:
    return str(one).casefold() == other.casefold()


def day_of(work: Work, name: str) -> str:
    """Give a day as text; a month counts as its first day, a year too."""
    when = work.get(name) or {}
    parts = [part for part in (when.get("date-parts") or [[]])[0] if part is not None]
    return "-".join(f"{part:02}" for part in [*parts, 1, 1][:3]) if parts else ""


def _from(name: str) -> Test:
    return lambda work, value: day_of(work, name) >= value


def _until(name: str) -> Test:
    return lambda work, value: "" < day_of(work, name)[: len(value)] <= value


_FILTERS: Mapping[str, Test] = {
    "doi": lambda work, value: _same(work["DOI"], value),
    "type": lambda work, value: _same(work.get("type"), value),
    "is-update": _is_update,
    "update-type": lambda work, v: any(_same(one.get("type"), v) for one in _updates_of(work)),
    "updates": lambda work, v: any(_same(one.get("DOI"), v) for one in _updates_of(work)),
    "from-index-date": _from("indexed"),
    "until-index-date": _until("indexed"),
    "from-update-date": _from("deposited"),
    "until-update-date": _until("deposited"),
    "from-created-date": _from("created"),
    "until-created-date": _until("created"),
    "from-pub-date": _from("published"),
    "until-pub-date": _until("published"),
}
