"""The tables that `gap-monitor lab` reads: a header line, then one row a line of the table."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from monitor.kernel.errors import InvalidInput
from monitor.kernel.language.text import LARGEST_CELL

Row = Mapping[str, str]


def table(path: Path) -> Iterator[tuple[int, Row]]:
    """Read a table row by row with its line; comma, semicolon or tab, in any case of the header.

    Columns are named in lower case. A row that cannot be read is named on stderr and left out.

    Raises:
        InvalidInput: the file is not text, has no header line, or names a column twice.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InvalidInput(f"{path.name} is not UTF-8 text: save it as CSV UTF-8") from None
    header = text.lstrip("\r\n").partition("\n")[0]
    delimiter = max(",;\t", key=header.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    columns: Sequence[str] = ()
    for line, cells in _rows(reader):
        if not any(cell.strip() for cell in cells):
            continue
        if not columns:
            columns = _columns(cells, path)
            continue
        row = dict.fromkeys(columns, "") | dict(zip(columns, cells, strict=False))
        if any(cell.strip() for cell in cells[len(columns) :]):
            left_out(line, row, "it has more cells than the header has columns")
        else:
            yield line, row
    if not columns:
        raise InvalidInput(f"{path.name} has no header line that names its columns")


def left_out(line: int, row: Mapping[str, Any], why: str) -> None:
    """Name a row that is left out, and say why, on stderr; the others go on."""
    click.echo(f"line {line}, {row.get('study') or 'no name'}, was left out: {why}", err=True)


def _rows(reader: Any) -> Iterator[tuple[int, list[str]]]:  # noqa: ANN401 - csv names no type
    """Read on where a row cannot be read, and say from which line to which."""
    while True:
        first = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            last = f" to {reader.line_num}" if reader.line_num > first else ""
            click.echo(f"line {first}{last} was left out: {_why(error, last)}", err=True)
        else:
            yield reader.line_num, cells


def _why(error: csv.Error, last: str) -> str:
    if last:
        return "a quotation mark opens a cell that it does not close"
    if "field limit" in str(error):
        return f"a cell has more than {LARGEST_CELL:,} characters"
    return str(error)


def _columns(cells: Sequence[str], path: Path) -> list[str]:
    names = [cell.strip().casefold() for cell in cells]
    for name in names:
        if name and names.count(name) > 1:
            raise InvalidInput(f"{path.name} names the column {name} twice")
    return names
