"""A wave as a feed sends it: JSON with both, or a table with the TOML about it. Pure; checked as files are."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from monitor.catalogue.loader import Catalogue
from monitor.kernel.errors import InvalidInput
from monitor.usage import about as about_module
from monitor.usage import brought_tables, wave_table
from monitor.usage.wave_table import ReadWave

_SHAPE = (
    "it is {…} with “about”, as the TOML of a wave has it, and “rows”, a list with one {…} a row"
)


def read(table: bytes, about: bytes | None, catalogue: Catalogue) -> ReadWave:
    """Read and check what a feed sent; ``about`` None: JSON. Never raises for what is in it."""
    if about is not None:
        return wave_table.read(table, about, catalogue)
    try:
        document = _document(table)
    except InvalidInput as error:
        return ReadWave(None, (), (str(error),), "")
    said, wrong = about_module.check(document["about"])
    return wave_table.checked(lambda: _table(document["rows"]), said, wrong, catalogue)


def _document(data: bytes) -> dict[str, Any]:
    try:
        document = json.loads(data.decode("utf-8-sig"), object_pairs_hook=_once)
    except InvalidInput:
        raise
    except (ValueError, RecursionError):  # no text, no JSON, a number without end, a deep nest
        raise InvalidInput("it is no JSON that can be read") from None
    if not isinstance(document, dict) or set(document) != {"about", "rows"}:
        raise InvalidInput(f"it has another shape than a wave: {_SHAPE}")
    if not isinstance(document["about"], dict) or not isinstance(document["rows"], list):
        raise InvalidInput(f"it has another shape than a wave: {_SHAPE}")
    return document


def _once(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for name, value in pairs:
        if name in made:
            raise InvalidInput(f"{name[:40]!r} stands twice in one {{…}}")
        made[name] = value
    return made


def _table(rows: Sequence[Any]) -> brought_tables.BroughtTable:
    if len(rows) > brought_tables.MAX_ROWS:
        raise InvalidInput(f"it has more than {brought_tables.MAX_ROWS:,} rows: it is no wave")
    lines = tuple(_line(number, row) for number, row in enumerate(rows, start=1))
    columns = dict.fromkeys(name for line in lines for name in line.cells)
    return brought_tables.BroughtTable(tuple(columns), lines, called="row")


def _line(number: int, row: Any) -> brought_tables.TableLine:  # noqa: ANN401 - any JSON value
    if not isinstance(row, dict):
        raise InvalidInput(f"row {number}: it is no {{…}} of names and values")
    cells = {brought_tables.column_name(name): _cell(number, name, row[name]) for name in row}
    if len(cells) < len(row):
        raise InvalidInput(f"row {number}: two of its names are one")
    return brought_tables.TableLine(number, cells)


def _cell(number: int, name: str, value: Any) -> str:  # noqa: ANN401 - any JSON value
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise InvalidInput(f"row {number}: {name[:40]}: it is neither a text nor a number")
    return brought_tables.cell_text(str(value))
