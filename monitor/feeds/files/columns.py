"""A table with a header line: any of the columns below, in any order; comma, semicolon or tab.

The header need not come first: some exports put what was searched above it.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import Literal

from monitor.feeds import plain
from monitor.feeds.files import author_lists, cited_as, dates, registers
from monitor.feeds.files.draft import ReferenceDraft
from monitor.feeds.readers import titles
from monitor.feeds.records import UnreadableRecord
from monitor.kernel.errors import InvalidInput
from monitor.kernel.language.text import LARGEST_CELL

MEDIA_TYPE = "text/csv"

# Of several columns with one meaning the first name listed here counts. What stands between the
# words of a name is not compared: "StartPage", "Start page" and "start_page" are written once.
_NAMES: Mapping[str, tuple[str, ...]] = {
    "title": (
        "title", "article title", "primary title", "title primary", "document title", "study title",
        "brief title", "title of the trial", "trial title", "public title", "scientific title", "official title", "item title", "paper title",
    ),
    "vernacular": ("original title", "vernacular title", "translated title", "foreign title"),
    "abstract": ("abstract", "abstract note", "abstract text", "abstracts", "ab", "description"),
    "authors": (
        "authors", "author", "author names", "authors primary", "author list", "authors full names",
        "author full names", "author s",
    ),
    "journal": (
        "journal", "source title", "publication title", "journal title", "periodical full",
        "journal book", "secondary title", "publication", "publication name", "journal name",
        "source", "pub title", "container title", "venue",
    ),
    "volume": ("volume", "journal volume", "volume number", "vol", "vol."),
    "issue": ("number", "issue", "issue number", "journal issue", "issue no", "issue no."),
    "pages": ("pages", "page range", "page numbers", "pagination"),
    "article_number": ("art no", "art. no.", "article number", "article no"),
    "first_page": ("page start", "start page", "first page", "beginning page"),
    "last_page": ("page end", "end page", "last page", "ending page"),
    "language": ("language", "article language", "language of original document"),
    "doi": ("doi", "digital object identifier", "item doi", "doi link"),
    "pmid": ("pmid", "pubmed id", "medline pmid"),
    "pmcid": ("pmcid", "pmc id"),
    "notes": ("extra", "notes", "note"),
    "url": ("url", "link", "external url", "article url", "document url"),
    "keywords": ("keywords", "author keywords", "index keywords"),
    "registrations": ("clinical trial numbers", "ctgov id", "ictrp id"),
    "citation": ("citation",),
    "label": ("id", "record id"),
}  # fmt: skip
# every one of these is looked at, in this order, until one holds a year
_YEARS = (
    "year", "publication year", "published year", "pub year", "publication date",
    "date published", "date", "pub date", "cover date", "early access date", "online date",
)  # fmt: skip
# Web of Science's two letters, where they head a table
_WOS = {
    "ti": "title", "ab": "abstract", "au": "authors", "so": "journal", "vl": "volume",
    "is": "issue", "bp": "first_page", "ep": "last_page", "la": "language", "di": "doi",
    "pm": "pmid", "de": "keywords", "ut": "label",
}  # fmt: skip
_WOS_YEARS = ("py", "ey", "ea", "pd")
_WOS_HEADS = frozenset(("pt", "au", "ti", "so"))
_DELIMITERS = (",", ";", "\t")
_LIKE_A_TITLE = re.compile(r"tit[elr]|\bname\b|study|article|paper|heading|subject", re.IGNORECASE)
_BETWEEN_WORDS = re.compile('[\\s_/(),"\ufeff-]+')
_MISSING = "NA"  # how R writes a cell that is empty
_NEVER_ZERO = frozenset(("volume", "issue", "pages", "first_page", "last_page"))
_FEWEST_COLUMNS = 3  # of what is called a table though no column is known
_MAX_PREAMBLE = 10  # lines above the header


@dataclass(frozen=True, slots=True)
class _Columns:
    """What a table's header says of every row below it."""

    header: list[str]
    written: str  # as each row keeps it
    named: int  # columns, up to the last that has a name
    are_a_register: bool
    places: tuple[tuple[str, int], ...]  # our names and the columns' numbers
    years: tuple[int, ...]

    @classmethod
    def of(cls, header: list[str]) -> "_Columns":
        names = tuple(header)
        return cls(
            header,
            _written(header),
            max((at for at, name in enumerate(names, start=1) if name.strip()), default=0),
            registers.is_register(names),
            tuple(_places(names).items()),
            _year_places(names),
        )


def looks_like(text: str) -> bool:
    """Tell such a table by a header that has a title column."""
    return _header(text) is not None


def is_untitled_table(text: str) -> bool:
    """Tell a table that has columns known here in its first line, but none with titles."""
    line = text.split("\n", 1)[0]
    return any(len(_places(tuple(_cells(line, mark)))) > 1 for mark in _DELIMITERS)


def title_columns(text: str) -> tuple[str, ...]:
    """Name the columns of an untitled table's first line that may hold its titles."""
    line = text.split("\n", 1)[0]
    row = max((_cells(line, mark) for mark in _DELIMITERS), key=len)
    cells = [cell.strip()[:60] for cell in row if len(row) >= _FEWEST_COLUMNS]
    return tuple(cell for cell in cells if _LIKE_A_TITLE.search(cell))


def drafts(text: Iterable[str]) -> Iterator[ReferenceDraft | UnreadableRecord]:
    """Read each row. It is kept with its header, so that it can be read again by itself.

    Raises:
        InvalidInput: a row is no CSV; names its line.
    """
    given = iter(text)
    start = list(islice(given, _MAX_PREAMBLE + 1))
    header = _header("".join(start))
    if header is None:
        raise InvalidInput("the table has no header with a title column")
    above, delimiter = header
    reader = csv.reader(
        chain(start[above:], given), delimiter=delimiter, quoting=_quoting(start[above])
    )
    try:
        columns = _Columns.of(next(reader))
        for row in reader:
            if any(map(str.strip, row)):
                yield _read(columns, row)
    except csv.Error:
        raise InvalidInput(
            f"line {above + reader.line_num} is no CSV: a cell has more than {LARGEST_CELL:,} "
            "characters, or a quotation mark is never closed"
        ) from None


def _quoting(header: str) -> Literal[0, 3]:
    """Tell how cells are quoted: in Web of Science's tables a quotation mark is one."""
    labels = {label.strip("\ufeff \n").lower() for label in header.split("\t")}
    return csv.QUOTE_NONE if labels >= _WOS_HEADS else csv.QUOTE_MINIMAL


def _read(columns: _Columns, row: list[str]) -> ReferenceDraft | UnreadableRecord:
    """Read a row; one with more cells than the header has names cannot be trusted."""
    # a separator at the end of every line adds an empty cell to the header too
    if len(row) > columns.named and (
        any(map(str.strip, row[columns.named :]))
        or (len(row) > len(columns.header) and not columns.header[-1].strip())
    ):
        raw = columns.written + _written(row)
        return UnreadableRecord(
            f"text:{plain.digest(raw)}",
            raw.encode("utf-8", "replace"),
            f"the row has {len(row)} cells and the header {columns.named}: a comma or another "
            "separator in a cell without quotation marks, perhaps",
        )
    if columns.are_a_register:
        return of_register(columns.header, row)
    return _draft(columns, row)


def of_register(header: list[str], row: list[str]) -> ReferenceDraft:
    """Read one registration of a register's table, without the people to ask."""
    header, row = registers.without_contacts(header, row)
    return registers.draft(header, row, _written(header) + _written(row), MEDIA_TYPE)


def _draft(columns: _Columns, row: list[str]) -> ReferenceDraft:
    width = len(row)
    given = [(name, row[at].strip()) for name, at in columns.places if at < width]
    cells = {name: cell for name, cell in given if cell and not _is_missing(name, cell)}
    ends = [cells.pop("first_page", ""), cells.pop("last_page", "")]
    draft = ReferenceDraft(raw=columns.written + _written(row), media_type=MEDIA_TYPE)
    draft.pages = "-".join(dict.fromkeys(page for page in ends if page))
    article = cells.pop("article_number", "")
    draft.notes = [cells.pop("notes", "")]
    draft.authors = author_lists.parted(cells.pop("authors", ""))
    draft.keywords = _parts(cells.pop("keywords", ""))
    draft.registrations = [cells.pop("registrations", "")]
    draft.title = titles.first((cells.pop("title", ""), cells.pop("vernacular", "")))
    draft.year = dates.with_year(row[at] for at in columns.years if at < width)
    cited = cited_as.read(cells.pop("citation", ""), cells.get("journal", ""))
    for name, cell in (cited | cells).items():
        setattr(draft, name, cell)
    if cited.get("journal") and cells.get("journal", "").startswith(cited["journal"]):
        draft.journal = cited["journal"]
    draft.pages = draft.pages or cited.get("pages", "") or article
    draft.year = draft.year or cited.get("year", "")
    return draft


def _is_missing(name: str, cell: str) -> bool:
    """Tell a cell that stands for nothing: R's "NA", Publish or Perish's 0 for where it stands."""
    return cell == _MISSING or (cell == "0" and name in _NEVER_ZERO)


def _written(row: list[str]) -> str:
    r"""Write a row as ``csv.writer`` does, in a quarter of its time.

    >>> _written(["Theraplay, a trial", "", 'a "so called" trial', "2021"])
    '"Theraplay, a trial",,"a ""so called"" trial",2021\n'
    """
    if len(row) > 1 and "\r" not in (line := ",".join(map(_quoted, row))):
        return f"{line}\n"
    # a lone cell may be quoted because it is empty, and "\r" is or not by Python's release
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerow(row)
    return out.getvalue()


def _quoted(cell: str) -> str:
    if '"' in cell:
        return '"' + cell.replace('"', '""') + '"'
    return f'"{cell}"' if "," in cell or "\n" in cell else cell


def _header(text: str) -> tuple[int, str] | None:
    """Find the header: how many lines stand above it, and what separates its cells.

    Further down than the first line a header must have a second column that is known here:
    any sentence may begin with "Title".
    """
    for above, line in enumerate(text.split("\n")[: _MAX_PREAMBLE + 1]):
        for delimiter in _DELIMITERS:
            header = tuple(_cells(line, delimiter))
            places = _places(header)
            known = len(places) + bool(_year_places(header))
            if "title" in places and (known > 1 or not above):
                return above, delimiter
    return None


def _cells(line: str, delimiter: str) -> list[str]:
    """Part one line; none where it is no CSV."""
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:
        return []


def _places(header: tuple[str, ...]) -> Mapping[str, int]:
    """Map our names to column numbers."""
    labels = _labels(header)
    if labels.keys() >= _WOS_HEADS:
        return {name: labels[label] for label, name in _WOS.items() if label in labels}
    places = {
        name: next((labels[key] for known in names if (key := _squeezed(known)) in labels), None)
        for name, names in _NAMES.items()
    }
    return {name: at for name, at in places.items() if at is not None}


def _year_places(header: tuple[str, ...]) -> tuple[int, ...]:
    labels = _labels(header)
    names = _WOS_YEARS if labels.keys() >= _WOS_HEADS else _YEARS
    return tuple(labels[key] for name in names if (key := _squeezed(name)) in labels)


def _labels(header: Sequence[str]) -> dict[str, int]:
    labels: dict[str, int] = {}
    for at, cell in enumerate(header):
        labels.setdefault(_squeezed(cell), at)
    return labels


def _squeezed(label: str) -> str:
    """Give a column's name without what databases put between its words; "TITLE:" is no name."""
    return _BETWEEN_WORDS.sub("", label.lower())


def _parts(cell: str) -> list[str]:
    """Split a list in one cell; commas only where nothing clearer separates."""
    separator = ";" if ";" in cell else ("|" if "|" in cell else ",")
    if separator == "," and cell.count(",") == 1:
        return [cell]  # "Family, Given" is one author
    return [part.strip() for part in cell.split(separator) if part.strip()]
