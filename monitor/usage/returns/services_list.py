"""The list of services as it is brought: a CSV, checked whole before anything is kept. Pure.

Columns: name, kind, nation, area, address. Everything that is wrong is told at once, by its row.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from monitor.accounts.rules import check_address
from monitor.catalogue.shapes.models import Areas
from monitor.kernel.errors import InvalidInput
from monitor.usage import brought_tables

COLUMNS = ("name", "kind", "nation", "area", "address")
MAX_BYTES = 4_000_000
_NEEDED = ("name", "address")
_ALSO = {"email": "address", "e_mail": "address", "service": "name", "sector": "kind"}
_MAX_NAME, _MAX_KIND = 200, 120
_MAX_PROBLEMS = 50


@dataclass(frozen=True, slots=True)
class ServiceAsListed:
    """One service as listed. ``kind``, ``nation`` and ``area`` are empty where they are not known."""

    line: int
    name: str
    kind: str
    nation: str
    area: str
    address: str

    @property
    def key(self) -> str:
        """What makes it this service and no other: its name, where it is."""
        return key(self.name, self.nation, self.area)


@dataclass(frozen=True, slots=True)
class ServicesList:
    """A list as read. ``problems`` say why it is refused; none: it may be kept."""

    services: tuple[ServiceAsListed, ...]
    problems: tuple[str, ...]


def key(name: str, nation: str, area: str) -> str:
    """Make services comparable: "Example  Service" and "example service" in one area are one."""
    return "|".join(folded(part) for part in (name, nation, area))


def folded(name: str) -> str:
    """Give a name as it is compared with others."""
    return " ".join(name.casefold().split())


def read(data: bytes, areas: Areas) -> ServicesList:
    """Read and check a list of services. Never raises for what is in the file."""
    try:
        return _checked(_table(data), areas)
    except InvalidInput as error:
        return ServicesList((), (str(error),))


def _table(data: bytes) -> brought_tables.BroughtTable:
    if len(data) > MAX_BYTES:
        raise InvalidInput(f"the list is larger than {MAX_BYTES // 1_000_000} MB: bring a part")
    table = brought_tables.table(io.BytesIO(data), "the list")
    columns = [_ALSO.get(name, name) for name in table.columns]
    if missing := [name for name in _NEEDED if name not in columns]:
        raise InvalidInput(f"the list has no column {', '.join(missing)}")
    if unknown := [name for name in columns if name and name not in COLUMNS]:
        raise InvalidInput(
            f"the list has a column that no service has: {', '.join(unknown)}. "
            f"It may have {', '.join(COLUMNS)}"
        )
    if twice := sorted({name for name in columns if name and columns.count(name) > 1}):
        raise InvalidInput(f"the list names the column {', '.join(twice)} twice")
    rows = tuple(
        brought_tables.TableLine(
            row.number, {_ALSO.get(name, name): cell for name, cell in row.cells.items()}
        )
        for row in table.rows
    )
    return brought_tables.BroughtTable(tuple(columns), rows, table.overlong)


def _checked(table: brought_tables.BroughtTable, areas: Areas) -> ServicesList:
    problems = [f"line {number}: has more cells than columns" for number in table.overlong]
    services: list[ServiceAsListed] = []
    for line in table.rows:
        try:
            services.append(_service(line, areas))
        except InvalidInput as error:
            problems.append(f"line {line.number}, {line.cell('name')[:60] or 'no name'}: {error}")
    problems += _twice(services)
    if not services and not problems:
        problems.append("the list has no row")
    if len(problems) > _MAX_PROBLEMS:
        more = len(problems) - _MAX_PROBLEMS
        problems = [*problems[:_MAX_PROBLEMS], f"and {more} more rows that cannot be used"]
    return ServicesList(tuple(services), tuple(problems))


def _service(line: brought_tables.TableLine, areas: Areas) -> ServiceAsListed:
    name, kind = line.cell("name"), line.cell("kind")
    if not name:
        raise InvalidInput("name: is missing")
    for column, value, longest in (("name", name, _MAX_NAME), ("kind", kind, _MAX_KIND)):
        if len(value) > longest:
            raise InvalidInput(f"{column}: it is longer than {longest} characters")
    nation, area = _place(line.cell("nation"), line.cell("area"), areas)
    return ServiceAsListed(line.number, name, kind, nation, area, _address(line.cell("address")))


def _address(said: str) -> str:
    if not said:
        raise InvalidInput("address: is missing: the link is sent to it")
    try:
        return check_address(said)
    except InvalidInput:
        raise InvalidInput(
            f"address: {said[:60]!r} is no single e-mail address, such as name@example.org"
        ) from None


def _place(said_nation: str, said_area: str, areas: Areas) -> tuple[str, str]:
    """Give nation and area as the catalogue writes them; an area alone tells its nation."""
    nation = _same(said_nation, areas.nations)
    if said_nation and not nation:
        raise InvalidInput(f"nation: {said_nation[:40]!r} is none of {', '.join(areas.nations)}")
    known = [area for among in areas.nations.values() for area in among]
    area = _same(said_area, known)
    if said_area and not area:
        raise InvalidInput(_no_area(said_area, nation, areas))
    lies_in = areas.nation_of(area) if area else None
    if area and nation and lies_in != nation:
        raise InvalidInput(f"area: {area} is in {lies_in}, not in {nation}")
    return nation or lies_in or "", area


def _no_area(said: str, nation: str, areas: Areas) -> str:
    among = [area for own, known in areas.nations.items() if nation in {"", own} for area in known]
    folded = {area.casefold(): area for area in among}
    near = get_close_matches(said.casefold(), folded, n=1) or [
        area for area in folded if said.casefold() in area
    ]
    remedy = f"did you mean {folded[near[0]]}?" if near else f"there are {', '.join(among)}"
    return f"area: there is no {said[:40]!r}: {remedy}"


def _same(said: str, known: Sequence[str] | dict[str, tuple[str, ...]]) -> str:
    return next((word for word in known if word.casefold() == said.casefold()), "")


def _twice(services: Sequence[ServiceAsListed]) -> list[str]:
    seen: dict[str, int] = {}
    nowhere = {
        (folded(listed.name), listed.address): listed.line for listed in services if not listed.area
    }  # in an area that is not known: in any
    problems = []
    for service in services:
        first = seen.setdefault(service.key, service.line)
        if first == service.line:
            first = nowhere.get((folded(service.name), service.address), first)
        if first != service.line:
            problems.append(
                f"line {service.line}, {service.name[:60]}: the same service as line {first}: "
                "keep one of them, or tell their names apart"
            )
    return problems
