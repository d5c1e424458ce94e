"""A table of a buyer's services, read whole or refused with every row that is wrong. Pure.

One row for each service and intervention; a row without an intervention is a service that offers
none of the ten. The same columns are written when it is taken away.
"""

import io
from collections.abc import Iterable
from dataclasses import dataclass, field

from monitor.catalogue.loader import Catalogue
from monitor.kernel.errors import InvalidInput
from monitor.mine import rules
from monitor.mine.rules import ServiceEntry
from monitor.usage import brought_tables

COLUMNS = ("service", "group", "intervention", "families_a_year")
MAX_BYTES = 1_000_000
_NEEDED = ("service", "intervention")
_ALSO = {"families": "families_a_year", "volume": "families_a_year"}  # other names for a column
_NO = frozenset({"none", "-", "–"})  # for an intervention: a service that offers none
_UNKNOWN = frozenset({"not known", "unknown", "?"})  # for a number of families
_MAX_PROBLEMS = 50


@dataclass(frozen=True, slots=True)
class ReadBuyersTable:
    """A table as read. ``problems`` say why it is refused; none: the entries may be kept."""

    entries: tuple[ServiceEntry, ...]
    problems: tuple[str, ...]


@dataclass(slots=True)
class _Service:
    """A service while its rows are read."""

    name: str
    group: str
    offers: dict[str, int | None] = field(default_factory=dict)
    offers_none: bool = False
    lines: dict[str, int] = field(default_factory=dict)  # where each intervention stood


def read(table: bytes, catalogue: Catalogue) -> ReadBuyersTable:
    """Read and check a table. Never raises for what is in it."""
    try:
        lines, problems = _lines(table)
    except InvalidInput as error:
        return ReadBuyersTable((), (str(error),))
    services: dict[str, _Service] = {}
    for line in lines:
        try:
            _take(line, services, catalogue)
        except InvalidInput as error:
            named = line.cell("service")[:60] or "no name"
            problems.append(f"line {line.number}, {named}: {error}")
    if not services and not problems:
        problems.append("the table has no row")
    if len(services) > rules.MOST_SERVICES:
        problems.append(f"it names more than {rules.MOST_SERVICES} services: bring a part of it")
    if len(problems) > _MAX_PROBLEMS:
        more = len(problems) - _MAX_PROBLEMS
        problems = [*problems[:_MAX_PROBLEMS], f"and {more} more rows that cannot be used"]
    entries = (
        ServiceEntry(service.name, service.group, service.offers) for service in services.values()
    )
    return ReadBuyersTable(() if problems else tuple(entries), tuple(problems))


def rows(entries: Iterable[ServiceEntry], catalogue: Catalogue) -> list[tuple[str, str, str, str]]:
    """Write entries as ``read`` takes them, in the columns' order, without the head."""
    written = []
    for entry in entries:
        slugs = [slug for slug in catalogue.slugs if slug in entry.offers]
        written += [
            (entry.name, entry.group, slug, _written(entry.offers[slug])) for slug in slugs
        ] or [(entry.name, entry.group, "", "")]
    return written


def _written(families: int | None) -> str:
    return "" if families is None else str(families)


def _lines(data: bytes) -> tuple[list[brought_tables.TableLine], list[str]]:
    if len(data) > MAX_BYTES:
        raise InvalidInput("the table is larger than a megabyte: bring a part of it")
    table = brought_tables.table(io.BytesIO(data), "the table")
    named = [_ALSO.get(column, column) for column in table.columns]
    if missing := [name for name in _NEEDED if name not in named]:
        raise InvalidInput(
            f"the table has no column {', '.join(missing)}. It has to name {', '.join(_NEEDED)}, "
            "and may name group and families_a_year"
        )
    if unknown := [name for name in named if name and name not in COLUMNS]:
        raise InvalidInput(
            f"the table has a column that is not used: {', '.join(unknown)}. "
            f"It may have {', '.join(COLUMNS)}"
        )
    if twice := sorted({name for name in named if name and named.count(name) > 1}):
        raise InvalidInput(f"the table names the column {', '.join(twice)} twice")
    problems = [f"line {number}: has more cells than columns" for number in table.overlong]
    lines = [
        brought_tables.TableLine(
            row.number, {_ALSO.get(name, name): cell for name, cell in row.cells.items()}
        )
        for row in table.rows
    ]
    return lines, problems


def _take(
    line: brought_tables.TableLine, services: dict[str, _Service], catalogue: Catalogue
) -> None:
    """Add a row to its service.

    Raises:
        InvalidInput: it cannot be used; says why.
    """
    name = rules.clean_name(line.cell("service"), "service", needed=True)
    group = rules.clean_name(line.cell("group"), "group", needed=False)
    said = line.cell("intervention")
    offered = "" if said.casefold() in _NO else said
    slug = brought_tables.intervention(offered, catalogue) if offered else ""
    families = _families(line)
    service = services.setdefault(rules.folded(name), _Service(name, group))
    if group and service.group and rules.folded(group) != rules.folded(service.group):
        raise InvalidInput(f"it is of the group “{group}” here and of “{service.group}” above")
    service.group = service.group or group
    if not slug:
        _offers_none(service, families, line.number)
        return
    if service.offers_none:
        raise InvalidInput("a row above says that it offers none of the ten")
    if slug in service.lines:
        raise InvalidInput(f"{slug} stands in line {service.lines[slug]} already")
    service.offers[slug], service.lines[slug] = families, line.number


def _offers_none(service: _Service, families: int | None, number: int) -> None:
    if families is not None:
        raise InvalidInput("intervention: is missing, while families are counted")
    if service.offers:
        raise InvalidInput("intervention: is missing, while rows above name some")
    service.offers_none = True
    service.lines.setdefault("", number)


def _families(line: brought_tables.TableLine) -> int | None:
    if line.cell("families_a_year").casefold() in _UNKNOWN:
        return None
    number = brought_tables.whole(line, "families_a_year")
    return None if number is None else rules.check_families(number, "families_a_year")
