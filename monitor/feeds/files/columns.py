"""A table with a header line: any of the columns below, in any order; comma, semicolon or tab.

The header need not come first: some exports put what was searched above it.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice

from monitor.feeds.files.draft import Draft
from monitor.kernel.errors import InvalidInput

MEDIA_TYPE = "text/csv"

# Of several columns with one meaning the first name listed here counts.
_NAMES: Mapping[str, tuple[str, ...]] = {
    "title": ("title", "article title", "primary title", "title primary"),
    "abstract": ("abstract", "abstract note"),
    "authors": ("authors", "author", "author names", "author/s", "author(s)", "authors, primary"),
    "journal": (
        "journal",
        "source title",
        "publication title",
        "journal title",
        "periodical full",
        "journal/book",
        "secondary title",
        "publication",
        "source",
    ),
    "year": (
        "year",
        "publication year",
        "published year",
        "pub year",
        "publication date",
        "date published",
        "date",
    ),
    "volume": ("volume",),
    "issue": ("number", "issue", "issue number"),
    "pages": ("pages",),
    "first_page": ("page start", "start page", "first page"),
    "last_page": ("page end", "end page"),
    "language": ("language", "article language"),
    "doi": ("doi",),
    "pmid": ("pmid", "pubmed id", "pubmedid", "medline pmid"),
    "pmcid": ("pmcid", "pmc id"),
    "url": ("url", "link", "external url"),
    "keywords": ("keywords", "author keywords", "index keywords"),
    "registrations": ("clinical trial numbers", "ctgov id", "ictrp id"),
    "label": ("id", "record id"),
}
_DELIMITERS = (",", ";", "\t")
_MISSING = "NA"  # how R writes a cell that is empty
_MAX_CELL = 1_000_000
_MAX_PREAMBLE = 10  # lines above the header


def looks_like(text: str) -> bool:
    """Tell such a table by a header that has a title column."""
    return _header(text) is not None


def is_untitled_table(text: str) -> bool:
    """Tell a table that has columns known here in its first line, but none with titles."""
    line = text.split("\n", 1)[0]
    return any(len(_places(_cells(line, mark))) > 1 for mark in _DELIMITERS)


def drafts(text: Iterable[str]) -> Iterator[Draft]:
    """Read each row. It is kept with its header, so that it can be read again by itself.

    Raises:
        InvalidInput: a row is no CSV; names its line.
    """
    given = iter(text)
    start = list(islice(given, _MAX_PREAMBLE + 1))
    found = _header("".join(start))
    if found is None:
        raise InvalidInput("the table has no header with a title column")
    above, delimiter = found
    csv.field_size_limit(_MAX_CELL)
    reader = csv.reader(_chained(start[above:], given), delimiter=delimiter)
    try:
        header = next(reader)
        places = _places(header)
        for row in reader:
            if any(cell.strip() for cell in row):
                yield _draft(header, row, places)
    except csv.Error:
        raise InvalidInput(
            f"line {above + reader.line_num} is no CSV: a cell has more than {_MAX_CELL:,} "
            "characters, or a quotation mark is never closed"
        ) from None


def _chained(start: list[str], rest: Iterator[str]) -> Iterator[str]:
    yield from start
    yield from rest


def _draft(header: list[str], row: list[str], places: Mapping[str, int]) -> Draft:
    cells = {name: row[at].strip() for name, at in places.items() if at < len(row)}
    cells = {name: "" if cell == _MISSING else cell for name, cell in cells.items()}
    ends = [cells.pop("first_page", ""), cells.pop("last_page", "")]
    draft = Draft(raw=_written(header, row), media_type=MEDIA_TYPE)
    draft.pages = "-".join(page for page in ends if page)
    draft.authors = _parts(cells.pop("authors", ""))
    draft.keywords = _parts(cells.pop("keywords", ""))
    draft.registrations = [cells.pop("registrations", "")]
    for name, cell in cells.items():
        setattr(draft, name, cell or getattr(draft, name))
    return draft


def _written(*rows: list[str]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue()


def _header(text: str) -> tuple[int, str] | None:
    """Find the header: how many lines stand above it, and what separates its cells.

    Further down than the first line a header must have a second column that is known here:
    any sentence may begin with "Title".
    """
    for above, line in enumerate(text.split("\n")[: _MAX_PREAMBLE + 1]):
        for delimiter in _DELIMITERS:
            places = _places(_cells(line, delimiter))
            if "title" in places and (len(places) > 1 or not above):
                return above, delimiter
    return None


def _cells(line: str, delimiter: str) -> list[str]:
    """Part one line; none where it is no CSV."""
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:
        return []


def _places(header: list[str]) -> dict[str, int]:
    """Map our names to column numbers."""
    labels: dict[str, int] = {}
    for at, cell in enumerate(header):
        labels.setdefault(re.sub(r"[_\s]+", " ", cell.strip(' \t\ufeff"').lower()).strip(), at)
    found = {
        name: next((labels[known] for known in names if known in labels), None)
        for name, names in _NAMES.items()
    }
    return {name: at for name, at in found.items() if at is not None}


def _parts(cell: str) -> list[str]:
    """Split a list in one cell; commas only where nothing clearer separates."""
    separator = ";" if ";" in cell else ("|" if "|" in cell else ",")
    if separator == "," and cell.count(",") == 1:
        return [cell]  # "Family, Given" is one author
    return [part.strip() for part in cell.split(separator) if part.strip()]
