"""Reads tables that people bring: any encoding, delimiter and way to write a count. Pure.

What a spreadsheet has spoilt is refused with what to type instead; nothing is guessed.
"""

import csv
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import IO, Any

from monitor.catalogue.loader import Catalogue
from monitor.feeds.files import lines
from monitor.kernel.errors import InvalidInput
from monitor.usage.intervals import Share

MAX_ROWS = 20_000
_DELIMITERS = (",", ";", "\t", "|")
_NAME = re.compile(r"[^a-z0-9]+")
_PLAIN = re.compile(r"\d+(?:\.0{1,2})?")  # a spreadsheet may write a whole number as 99.0
_GROUPED = re.compile(r"\d{1,3}([, '’])\d{3}(?:\1\d{3})*")
_DATE = re.compile(
    r"\d{1,2}[-/. ](?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)\w*(?:[-/. ]\d{2,4})?"
    r"|(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)\w*[-/. ]\d{1,4}"
    r"|\d{1,4}[-/]\d{1,2}(?:[-/]\d{1,4})?(?: \d\d?:\d\d(?::\d\d)?)?",
    re.IGNORECASE,
)
_UNITS = {"service": "services", "response": "responses", "family": "families"}
_MOST = 9_999_999
_LONGEST_COUNT = 40  # characters: Python refuses to read a number of thousands of digits


@dataclass(frozen=True, slots=True)
class TableLine:
    """One row of a table, by column, with the line of the file that it ends on."""

    number: int
    cells: Mapping[str, str]

    def cell(self, column: str) -> str:
        """Give a cell's text; empty where the table has no such column."""
        return self.cells.get(column, "")


@dataclass(frozen=True, slots=True)
class BroughtTable:
    """A table: its columns, and its rows in the file's order."""

    columns: tuple[str, ...]
    rows: tuple[TableLine, ...]
    overlong: tuple[int, ...] = ()  # lines left out: more cells than columns
    called: str = "line"  # what its rows' numbers count


def table(file: IO[bytes], name: str) -> BroughtTable:
    """Read a table with a header line; commas, semicolons, tabs or bars.

    Raises:
        InvalidInput: it is no text, has no header line, names a column twice or never ends.
    """
    start = file.read(4)
    if start.startswith((b"PK", b"\xd0\xcf")):
        raise InvalidInput(f"{name} is a workbook: save its sheet as CSV and bring that")
    text = enumerate(lines.lines(file), start=1)
    above, first = next(((number, line) for number, line in text if line.strip()), (0, ""))
    if re.fullmatch(r'"?sep=.?"?', first.strip(), re.IGNORECASE):  # how Excel names its delimiter
        above, first = next(((number, line) for number, line in text if line.strip()), (0, ""))
    delimiter = max(_DELIMITERS, key=first.count)
    try:
        columns = tuple(
            column_name(cell) for cell in next(csv.reader([first], delimiter=delimiter))
        )
    except (StopIteration, csv.Error):
        columns = ()
    while columns and not columns[-1]:
        columns = columns[:-1]
    if not any(columns):
        raise InvalidInput(f"{name} has no header line that names its columns")
    if twice := sorted({column for column in columns if column and columns.count(column) > 1}):
        raise InvalidInput(f"{name} names the column {', '.join(twice)} twice")
    reader = csv.reader((line for _, line in text), delimiter=delimiter)
    return _rows(reader, columns, above, name)


def _rows(reader: Any, columns: tuple[str, ...], above: int, name: str) -> BroughtTable:  # noqa: ANN401 - csv's own type is private
    rows: list[TableLine] = []
    overlong: list[int] = []
    try:
        for cells in reader:
            number = above + reader.line_num
            if not any(cell.strip() for cell in cells):
                continue
            if any(cell.strip() for cell in cells[len(columns) :]):
                overlong.append(number)
                continue
            rows.append(TableLine(number, dict(zip(columns, map(cell_text, cells), strict=False))))
            if len(rows) > MAX_ROWS:
                raise InvalidInput(f"{name} has more than {MAX_ROWS:,} rows: bring a part of it")
    except csv.Error as error:
        raise InvalidInput(f"{name} cannot be read as a table: {error}") from None
    return BroughtTable(columns, tuple(rows), tuple(overlong))


def column_name(cell: str) -> str:
    """Make a header comparable: "Rank low" and "rank_low" are one."""
    return _NAME.sub("_", unicodedata.normalize("NFKC", cell).casefold()).strip("_")


def whole(line: TableLine, column: str) -> int | None:
    """Read a count; None for an empty cell. "1,234" and "99.0" are whole numbers.

    Raises:
        InvalidInput: it is none; says what it is instead, where that shows.
    """
    said = line.cell(column)
    if not said:
        return None
    if len(said) > _LONGEST_COUNT and (_PLAIN.fullmatch(said) or _GROUPED.fullmatch(said)):
        raise InvalidInput(f"{column}: {said[:40]!r} is more than any survey has", field=column)
    if _PLAIN.fullmatch(said):
        value = int(said.partition(".")[0])
    elif _GROUPED.fullmatch(said):
        value = int("".join(character for character in said if character.isdigit()))
    else:
        raise InvalidInput(f"{column}: {_what_is_wrong(said)}", field=column)
    if value > _MOST:
        raise InvalidInput(f"{column}: {said!r} is more than any survey has", field=column)
    return value


def _what_is_wrong(said: str) -> str:
    if "%" in said:
        return (
            f"{said!r} is a percentage: a share needs its count and its denominator, "
            "numerator and denominator"
        )
    if _DATE.fullmatch(said):
        return (
            f"{said!r} is a date: a spreadsheet made one of what was typed. Type the number again"
        )
    if re.fullmatch(r"[-–]\d+", said.replace("−", "-")):
        return f"{said!r} is below 0: type how many there were"
    if re.fullmatch(r"\d{1,3}(?:\.\d{3})+", said):
        thousands = said.replace(".", "")
        return f"{said!r} may be {int(thousands):,} or no whole number: type it without points"
    if re.fullmatch(r"\d*[.,]\d+", said):
        return f"{said!r} is no whole number: type how many there were"
    return f"{said[:40]!r} is no number: type one, such as 99, or leave the cell empty"


def cell_text(cell: str) -> str:
    """Clean one cell: composed characters, single spaces, no marks that turn the order round."""
    composed = unicodedata.normalize("NFC", cell)
    kept = "".join(
        " " if character.isspace() or unicodedata.category(character) == "Cc" else character
        for character in composed
        if unicodedata.category(character) not in {"Cf", "Cs", "Co"}
    )
    return " ".join(kept.split())


def unit(said: str) -> str:
    """Give what is counted in lower case and the plural; what is none we know as it is.

    >>> unit("Service"), unit("families"), unit("teams")
    ('services', 'families', 'teams')
    """
    folded = said.casefold()
    return _UNITS.get(folded, folded)


def intervention(named: str, catalogue: Catalogue) -> str:
    """Give the slug of one of the ten, named by it, by its short name or by its name.

    Raises:
        InvalidInput: it is none of them.
    """
    wanted = named.casefold()
    for about in catalogue.interventions:
        names = {about.slug, about.short.casefold(), about.name.casefold()}
        names.add(f"{about.name} ({about.short})".casefold())
        if wanted in names:
            return about.slug
    raise InvalidInput(
        f"{named[:60]!r} is none of the ten ({', '.join(catalogue.slugs)})"
        if named
        else "intervention: is missing",
        field="intervention",
    )


def share(line: TableLine, design_effect: float) -> Share | None:
    """Read numerator and denominator together; None where both are empty.

    Raises:
        InvalidInput: one stands without the other, nobody was asked, or the share is above 1.
    """
    numerator, denominator = whole(line, "numerator"), whole(line, "denominator")
    if numerator is None and denominator is None:
        return None
    if denominator is None:
        raise InvalidInput(
            "denominator: is missing: a count without it is no share", field="denominator"
        )
    if numerator is None:
        raise InvalidInput("numerator: is missing", field="numerator")
    if denominator == 0:
        raise InvalidInput("denominator: is 0: nobody was asked", field="denominator")
    if numerator > denominator:
        raise InvalidInput(
            f"numerator: {numerator:,} of {denominator:,} is a share above 1", field="numerator"
        )
    return Share(numerator, denominator, design_effect)
