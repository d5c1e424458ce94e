"""CSV with a header line: any of the columns below, in any order, comma, semicolon or tab."""

import csv
import io
import re
from collections.abc import Iterator, Mapping

from monitor.feeds.files.draft import Draft
from monitor.kernel.errors import InvalidInput

MEDIA_TYPE = "text/csv"

_NAMES: Mapping[str, tuple[str, ...]] = {
    "title": ("title", "primary title", "article title"),
    "abstract": ("abstract", "abstract note"),
    "authors": ("authors", "author", "author names"),
    "journal": ("journal", "source title", "publication title", "secondary title"),
    "year": ("year", "publication year", "date"),
    "volume": ("volume",),
    "issue": ("number", "issue"),
    "pages": ("pages",),
    "language": ("language",),
    "doi": ("doi",),
    "pmid": ("pmid", "pubmed id"),
    "pmcid": ("pmcid",),
    "url": ("url", "link"),
    "keywords": ("keywords", "author keywords"),
}
_DELIMITERS = (",", ";", "\t")
_MAX_CELL = 1_000_000


def looks_like(text: str) -> bool:
    """Tell such a table by a header that has a title column."""
    return _delimiter(text) is not None


def drafts(text: str) -> Iterator[Draft]:
    """Read each row.

    Raises:
        InvalidInput: a row is no CSV; names its line.
    """
    delimiter = _delimiter(text) or ","
    csv.field_size_limit(_MAX_CELL)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    places = _places(next(reader))
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                yield _draft(row, places, delimiter)
    except csv.Error as error:
        raise InvalidInput(f"line {reader.line_num} is no CSV: {error}") from error


def _draft(row: list[str], places: Mapping[str, int], delimiter: str) -> Draft:
    cells = {name: row[at].strip() for name, at in places.items() if at < len(row)}
    draft = Draft(raw=delimiter.join(row), media_type=MEDIA_TYPE)
    draft.authors = _parts(cells.pop("authors", ""))
    draft.keywords = _parts(cells.pop("keywords", ""))
    for name, cell in cells.items():
        setattr(draft, name, cell)
    return draft


def _delimiter(text: str) -> str | None:
    header = text.lstrip("\ufeff").split("\n", 1)[0]
    for delimiter in _DELIMITERS:
        cells = next(csv.reader([header], delimiter=delimiter), [])
        if "title" in _places(cells):
            return delimiter
    return None


def _places(header: list[str]) -> dict[str, int]:
    """Map our names to column numbers; of several columns with one meaning the first counts."""
    found: dict[str, int] = {}
    for at, cell in enumerate(header):
        label = re.sub(r"[_\s]+", " ", cell.strip().strip("\ufeff").lower())
        for name, labels in _NAMES.items():
            if label in labels:
                found.setdefault(name, at)
    return found


def _parts(cell: str) -> list[str]:
    """Split a list in one cell; commas only where nothing clearer separates."""
    separator = ";" if ";" in cell else ("|" if "|" in cell else ",")
    if separator == "," and cell.count(",") == 1:
        return [cell]  # "Family, Given" is one author
    return [part.strip() for part in cell.split(separator) if part.strip()]
