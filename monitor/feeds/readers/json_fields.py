"""Fields of JSON from outside. Pure; a field that is missing, null or of another kind is not given.

Raises nothing: what a source sends may be anything.
"""

import json
import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from monitor.feeds import plain

Object = Mapping[str, Any]


def loaded(body: bytes | str) -> Any:  # noqa: ANN401 - any JSON value
    """Read a document; None where it is no JSON (or is nested without end)."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def dumped(value: object) -> bytes:
    """Write a value as it came, in UTF-8; halves of surrogate pairs become "?"."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def obj(parent: Object, name: str) -> Object:
    """Give the object in a field; an empty one where there is none."""
    found = parent.get(name)
    return found if isinstance(found, dict) else {}


def array(parent: Object, name: str) -> list[Any]:
    """Give the first entries of the list in a field; none where there is no list."""
    found = parent.get(name)
    return found[: plain.MAX_LIST] if isinstance(found, list) else []


def objects(parent: Object, name: str) -> list[Object]:
    """Give the objects in the list in a field; anything else in it is left out."""
    return [one for one in array(parent, name) if isinstance(one, dict)]


def raw(parent: Object, name: str) -> str:
    """Give the text in a field, as sent."""
    found = parent.get(name)
    return found if isinstance(found, str) else ""


def text(parent: Object, name: str) -> str:
    """Give the text in a field as one plain line."""
    return plain.html_line(raw(parent, name))


def whole_date(written: str) -> date | None:
    """Read a whole date, such as 2026-11-23; None for anything else."""
    try:
        return date.fromisoformat(written) if len(written) == len("2026-11-23") else None
    except ValueError:
        return None


def year(written: object) -> int | None:
    """Read a year, a number or its digits; None where it cannot be one of a publication."""
    digits = str(written) if isinstance(written, int | str) else ""
    return int(digits) if re.fullmatch(r"(1[5-9]|20)[0-9]{2}", digits) else None
