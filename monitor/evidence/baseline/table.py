"""The review's own table of studies, as a person brings it: read, and checked whole. Pure.

One row a study, or a study and intervention: docs/baseline.md has the columns. Every fault of a
file is told at once, by row; what a cell leaves open stays open.
"""

import csv
import hashlib
import io
import json
import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from monitor.catalogue.words import Design, OutcomeClass, RiskOfBias
from monitor.evidence.grading_table import CLASSES, DESIGNS, RISKS, folded, one_of
from monitor.feeds.identifiers import canonical
from monitor.feeds.records import Identifier
from monitor.kernel.errors import InvalidInput
from monitor.kernel.language.english import listed
from monitor.kernel.language.text import LARGEST_CELL, line

VERSION = 1  # of the JSON that is kept
LARGEST = LARGEST_CELL  # bytes of a file: a cell may be as long, and is told with its row
_MOST_ROWS = 2_000
_LONGEST = 500  # characters of a cell
_REQUIRED = ("study", "interventions", "design")
COLUMNS = (
    *_REQUIRED,
    "risk_of_bias",
    "outcome_class",
    "rating",
    "year",
    "title",
    "doi",
    "pmid",
    "registration",
    "papers",
)
_ALSO = {"intervention": "interventions", "registrations": "registration"}
_YEARS = range(1900, 2101)
_YEAR = re.compile(r"\d{4}", re.ASCII)
_UNKNOWN_CLASSES: dict[str, OutcomeClass | None] = {**CLASSES, "": None}


class TableFaults(InvalidInput):
    """A table that cannot be used; ``faults`` are all its faults, by row."""

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__("\n".join(faults), field="table")
        self.faults = tuple(faults)


@dataclass(frozen=True, slots=True)
class TableRow:
    """One row. ``papers`` are the identifiers of each paper; the first is the one of its columns.

    ``risk_of_bias`` and ``outcome_class`` are None where the cell leaves them open. ``rating`` is
    in the review's own words, kept and shown; nothing is counted by it.
    """

    study: str
    interventions: tuple[str, ...]
    design: Design
    risk_of_bias: RiskOfBias | None
    outcome_class: OutcomeClass | None
    rating: str
    year: int | None
    title: str
    papers: tuple[tuple[Identifier, ...], ...]
    registrations: tuple[Identifier, ...]

    @property
    def key(self) -> str:
        """By which rows of one study are told: its name, whatever its capitals."""
        return self.study.casefold()

    @property
    def identifiers(self) -> frozenset[Identifier]:
        """All by which the study is known: its papers' and its registrations."""
        return frozenset(
            (*(identifier for paper in self.papers for identifier in paper), *self.registrations)
        )


@dataclass(frozen=True, slots=True)
class ReviewTable:
    """A whole table, free of faults."""

    rows: tuple[TableRow, ...]

    @property
    def digest(self) -> str:
        """The SHA-256 of what it says: the order of rows, spaces and quotation marks are no part of it."""
        said = sorted(json.dumps(_row_json(row), sort_keys=True) for row in self.rows)
        return hashlib.sha256("\n".join(said).encode()).hexdigest()

    def to_json(self) -> dict[str, Any]:
        """Give the table as the ledger keeps it."""
        return {"version": VERSION, "rows": [_row_json(row) for row in self.rows]}

    @property
    def studies(self) -> dict[str, tuple[TableRow, ...]]:
        """The rows of each study, in the order of the file."""
        rows: dict[str, list[TableRow]] = defaultdict(list)
        for row in self.rows:
            rows[row.key].append(row)
        return {key: tuple(some) for key, some in rows.items()}

    @property
    def papers(self) -> int:
        """How many papers it names, each once."""
        return len({paper for row in self.rows for paper in row.papers})

    def of(self, slug: str) -> dict[str, TableRow]:
        """Give each study of an intervention with its row."""
        return {row.key: row for row in self.rows if slug in row.interventions}


def from_json(kept: Mapping[str, Any]) -> ReviewTable:
    """Read a table back, of any version ever written."""
    return ReviewTable(tuple(_row_of(row) for row in kept["rows"]))


def read(raw: bytes, slugs: Collection[str]) -> ReviewTable:
    """Read a file; ``slugs`` are the interventions there are.

    Raises:
        TableFaults: names every fault, by its row as a spreadsheet numbers it.
    """
    header, cells = _cells(raw)
    faults: list[str] = []
    numbered: list[tuple[int, TableRow]] = []
    for number, row in cells:
        reading = _Reading(dict(zip(header, row, strict=False)), slugs)
        if any(cell for cell in row[len(header) :]):
            reading.faults.append("has more cells than the header has columns")
        faults += [f"row {number}: {fault}" for fault in reading.faults]
        if not reading.faults:
            numbered.append((number, reading.row()))
    if not cells:
        faults.append("the file has a header and no row")
    faults += _across(numbered)
    if faults:
        raise TableFaults(faults)
    return ReviewTable(tuple(row for _, row in numbered))


def _cells(raw: bytes) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """Part a file into its header and its rows, each with its number; blank rows are left out."""
    if len(raw) > LARGEST:
        raise TableFaults(
            [f"the file is larger than {LARGEST // 2**20} MB: it is no table of studies"]
        )
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise TableFaults(["the file is not UTF-8: save it as “CSV UTF-8”"]) from None
    try:
        rows = [
            [line(cell) for cell in row]
            for row in csv.reader(io.StringIO(text, newline=""), strict=True)
        ]
    except csv.Error as error:
        raise TableFaults([f"the file is not CSV: {error}"]) from None
    header = _header(rows[0] if rows else [])
    numbered = [(number, row) for number, row in enumerate(rows[1:], start=2) if any(row)]
    if len(numbered) > _MOST_ROWS:
        raise TableFaults([f"the file has {len(numbered):,} rows; at most {_MOST_ROWS:,} are read"])
    return header, numbered


def _header(row: Sequence[str]) -> list[str]:
    names = ["_".join(cell.casefold().split()) for cell in row]
    header = [_ALSO.get(name, name) for name in names]
    missing = [name for name in _REQUIRED if name not in header]
    faults = [f"row 1: the column {name} is missing" for name in missing]
    faults += [
        f"row 1: {written!r} is no column of this table; it has {', '.join(COLUMNS)}"
        for written, name in zip(row, header, strict=True)
        if name not in COLUMNS
    ]
    faults += [f"row 1: the column {n} stands twice" for n in COLUMNS if header.count(n) > 1]
    if faults:
        raise TableFaults(faults)
    return header


class _Reading:
    """One row being read: what it says, and all that is wrong with it."""

    def __init__(self, cells: Mapping[str, str], slugs: Collection[str]) -> None:
        self.faults: list[str] = [
            f"{name}: has more than {_LONGEST} characters"
            for name, cell in cells.items()
            if len(cell) > _LONGEST
        ]
        self._cells = cells
        self.interventions = self._interventions(slugs)
        self.design = self._word("design", DESIGNS)
        self.risk = self._word("risk_of_bias", RISKS)
        self.outcome_class = self._word("outcome_class", _UNKNOWN_CLASSES)
        self.year = self._year()
        self.papers = tuple(self._papers())
        self.registrations = self._registrations()
        if not self._cell("study"):
            self.faults.append("study: is missing")

    def row(self) -> TableRow:
        """Give the row, which has no fault."""
        assert self.design is not None  # noqa: S101 - else there is a fault; tells mypy
        return TableRow(
            study=self._cell("study"),
            interventions=self.interventions,
            design=self.design,
            risk_of_bias=self.risk,
            outcome_class=self.outcome_class,
            rating=self._cell("rating"),
            year=self.year,
            title=self._cell("title"),
            papers=self.papers,
            registrations=self.registrations,
        )

    def _cell(self, name: str) -> str:
        return self._cells.get(name, "")

    def _word(self, name: str, known: Mapping[str, Any]) -> Any:  # noqa: ANN401 - of any of the enumerations
        try:
            return one_of({name: folded(self._cell(name))}, name, known)
        except InvalidInput as error:
            self.faults.append(str(error))
            return None

    def _interventions(self, slugs: Collection[str]) -> tuple[str, ...]:
        named = self._cell("interventions").casefold().replace(";", " ").replace(",", " ").split()
        if not named:
            self.faults.append("interventions: is missing")
        if unknown := [name for name in named if name not in slugs]:
            self.faults.append(
                f"interventions: {listed(unknown)} {'is' if len(unknown) == 1 else 'are'} none of "
                f"{', '.join(slugs)}"
            )
        return tuple(slug for slug in slugs if slug in named)

    def _year(self) -> int | None:
        cell = self._cell("year")
        if not cell:
            return None
        if not (_YEAR.fullmatch(cell) and int(cell) in _YEARS):
            self.faults.append(f"year: {cell[:40]!r} is no year")
            return None
        return int(cell)

    def _papers(self) -> Iterator[tuple[Identifier, ...]]:
        own = [
            self._identifier(name, read(self._cell(name)), self._cell(name))
            for name, read in (("doi", canonical.doi), ("pmid", canonical.pmid))
        ]
        if first := canonical.distinct(*own):
            yield first
        for word in self._cell("papers").split():
            identifier = canonical.pmid(word) or canonical.doi(word.removeprefix("doi:"))
            if known := self._identifier("papers", identifier, word):
                yield (known,)

    def _registrations(self) -> tuple[Identifier, ...]:
        cell = self._cell("registration")
        registrations = canonical.registrations_in(cell)
        if cell and not registrations:
            self._identifier("registration", None, cell)
        return registrations

    def _identifier(
        self, name: str, identifier: Identifier | None, written: str
    ) -> Identifier | None:
        if written and identifier is None:
            what = {
                "doi": "DOI",
                "pmid": "PubMed number",
                "registration": "number of a trial registry",
            }
            self.faults.append(
                f"{name}: {written[:60]!r} is no {what.get(name, 'DOI or PubMed number')}"
            )
        return identifier


def _across(numbered: Sequence[tuple[int, TableRow]]) -> Iterator[str]:
    """Find what no row shows alone: a study told twice, or two told as one."""
    pairs: dict[tuple[str, str], int] = {}
    designs: dict[str, tuple[int, Design]] = {}
    owners: dict[Identifier, tuple[int, TableRow]] = {}
    for number, row in numbered:
        for slug in row.interventions:
            before = pairs.setdefault((row.key, slug), number)
            if before != number:
                yield f"row {number}: {row.study} and {slug} stand in row {before} already"
        at, design = designs.setdefault(row.key, (number, row.design))
        if design is not row.design:
            yield f"row {number}: design: {row.study} is {design.value} in row {at}"
        for identifier in sorted(row.identifiers, key=lambda each: (each.scheme, each.value)):
            at, other = owners.setdefault(identifier, (number, row))
            if other.key != row.key:
                yield (
                    f"row {number}: {identifier.scheme} {identifier.value} is of {other.study} "
                    f"in row {at}: one paper or registration is of one study"
                )


def _row_json(row: TableRow) -> dict[str, Any]:
    return {
        "study": row.study,
        "interventions": list(row.interventions),
        "design": row.design.value,
        "risk_of_bias": row.risk_of_bias.value if row.risk_of_bias else None,
        "outcome_class": row.outcome_class.value if row.outcome_class else None,
        "rating": row.rating,
        "year": row.year,
        "title": row.title,
        "papers": [
            [[identifier.scheme, identifier.value] for identifier in paper] for paper in row.papers
        ],
        "registrations": [
            [registration.scheme, registration.value] for registration in row.registrations
        ],
    }


def _row_of(kept: Mapping[str, Any]) -> TableRow:
    risk, kind = kept["risk_of_bias"], kept["outcome_class"]
    return TableRow(
        study=kept["study"],
        interventions=tuple(kept["interventions"]),
        design=Design(kept["design"]),
        risk_of_bias=RiskOfBias(risk) if risk else None,
        outcome_class=OutcomeClass(kind) if kind else None,
        rating=kept["rating"],
        year=kept["year"],
        title=kept["title"],
        papers=tuple(tuple(Identifier(*pair) for pair in paper) for paper in kept["papers"]),
        registrations=tuple(Identifier(*pair) for pair in kept["registrations"]),
    )
