"""A wave's table and what is said about it, checked whole before anything is kept. Pure.

Everything that is wrong is told at once, each by its row. A wave is taken whole or not at all.
"""

import hashlib
import io
import json
from collections.abc import Callable, Collection, Iterable
from dataclasses import asdict, dataclass

from monitor.catalogue.loader import Catalogue
from monitor.kernel.errors import InvalidInput
from monitor.usage import about as about_module
from monitor.usage import brought_tables, contradictions
from monitor.usage.about import AboutWave
from monitor.usage.intervals import design_effect
from monitor.usage.standing import MAIN_UNITS

NATIONS = ("England", "Scotland", "Wales", "Northern Ireland")
MAX_BYTES = 4_000_000
_NEEDED = ("intervention", "numerator", "denominator", "unit")
_LEGAL = (*_NEEDED, "nation", "sector", "area", "rank_low", "rank_high", "wave")
COLUMNS = _LEGAL[:-1]
_MAX_PROBLEMS = 50
_MAX_PART = 120  # characters of a sector's or an area's name


@dataclass(frozen=True, slots=True)
class WaveTableRow:
    """One row: a count with its denominator, or ranks, of all or of a part."""

    line: int
    slug: str
    nation: str
    sector: str
    area: str
    numerator: int | None
    denominator: int | None
    ranks: tuple[int, ...]
    out_of: int | None  # where it has ranks

    @property
    def part(self) -> tuple[str, str, str]:
        """Of whom it is; all empty: of all who were asked."""
        return self.nation, self.sector, self.area

    @property
    def is_whole(self) -> bool:
        """Whether it is of all who were asked."""
        return not any(self.part)


@dataclass(frozen=True, slots=True)
class ReadWave:
    """A wave as read. ``problems`` say why it is refused; none: it may become a draft."""

    about: AboutWave | None
    rows: tuple[WaveTableRow, ...]
    problems: tuple[str, ...]
    content_hash: str


def read(table: bytes, about: bytes, catalogue: Catalogue) -> ReadWave:
    """Read and check a wave. Never raises for what is in the files."""
    said, wrong = about_module.read(about)
    return checked(lambda: _table(table), said, wrong, catalogue)


def checked(
    table: Callable[[], brought_tables.BroughtTable],
    said: AboutWave | None,
    wrong: Iterable[str],
    catalogue: Catalogue,
) -> ReadWave:
    """Check a wave, whatever it was written as. ``wrong`` is what is wrong with ``said``."""
    problems = [f"about the wave: {problem}" for problem in wrong]
    if said and (older := _older(said, catalogue)):
        problems.append(f"about the wave: {older}")
    rows: list[WaveTableRow] = []
    try:
        brought = table()
        rows, amiss = _rows(brought, said, catalogue)
        problems += amiss
        if said and not problems:
            problems += _as_a_whole(rows, said, catalogue, brought.called)
            problems += contradictions.of_ranks(rows, brought.called)
    except InvalidInput as error:
        problems.append(str(error))
    if len(problems) > _MAX_PROBLEMS:
        more = len(problems) - _MAX_PROBLEMS
        problems = [*problems[:_MAX_PROBLEMS], f"and {more} more rows that cannot be used"]
    return ReadWave(said, tuple(rows), tuple(problems), _digest(said, rows))


def _digest(said: AboutWave | None, rows: Iterable[WaveTableRow]) -> str:
    """Hash what a wave says, not how it was written: the same wave is one, as a table or as JSON."""
    told = sorted(json.dumps({**asdict(row), "line": 0}, sort_keys=True) for row in rows)
    about = said.model_dump_json() if said else ""
    return hashlib.sha256("\0".join([about, *told]).encode()).hexdigest()


def _older(about: AboutWave, catalogue: Catalogue) -> str | None:
    """Say that a survey was over before the review's own, whose dates are not known."""
    own = catalogue.review.survey
    if about.unit not in MAIN_UNITS or about.field_to >= own.known_running:
        return None
    return (
        f"field_to: it was over before the survey of {catalogue.review.short} ({own.dated}), whose "
        "figures stand until a later one: bring a survey from since then"
    )


def _table(data: bytes) -> brought_tables.BroughtTable:
    if len(data) > MAX_BYTES:
        raise InvalidInput(f"the table is larger than {MAX_BYTES // 1_000_000} MB: it is no wave")
    return brought_tables.table(io.BytesIO(data), "the table")


def _rows(
    table: brought_tables.BroughtTable, about: AboutWave | None, catalogue: Catalogue
) -> tuple[list[WaveTableRow], list[str]]:
    if missing := [name for name in _NEEDED if name not in table.columns]:
        raise InvalidInput(f"the table has no column {', '.join(missing)}")
    if unknown := [name for name in table.columns if name and name not in _LEGAL]:
        raise InvalidInput(
            f"the table has a column that no wave has: {', '.join(unknown)}. "
            f"It may have {', '.join(_LEGAL)}"
        )
    called = table.called
    problems = [f"{called} {number}: has more cells than columns" for number in table.overlong]
    rows: list[WaveTableRow] = []
    for line in table.rows:
        try:
            rows.append(_row(line, about, catalogue))
        except InvalidInput as error:
            named = line.cell("intervention")[:60]
            problems.append(f"{called} {line.number}, {named or 'no name'}: {error}")
    return rows, problems


def _row(
    line: brought_tables.TableLine, about: AboutWave | None, catalogue: Catalogue
) -> WaveTableRow:
    slug = brought_tables.intervention(line.cell("intervention"), catalogue)
    effect = design_effect(about.responses, about.services) if about else 1.0
    share = brought_tables.share(line, effect)
    ranks = _ranks(line, len(catalogue.interventions))
    if share is None and not ranks:
        raise InvalidInput("it has neither a count with its denominator nor a rank")
    nation, sector, area = _part(line)
    if about:
        _belongs(line, about)
        if share and about.counted and share.denominator > about.counted:
            raise InvalidInput(
                f"denominator: {share.denominator:,} is more than the {about.counted:,} "
                f"{about.unit} of this wave: is it another wave’s?"
            )
    return WaveTableRow(
        line=line.number,
        slug=slug,
        nation=nation,
        sector=sector,
        area=area,
        numerator=share.numerator if share else None,
        denominator=share.denominator if share else None,
        ranks=ranks,
        out_of=len(catalogue.interventions) if ranks else None,
    )


def _belongs(line: brought_tables.TableLine, about: AboutWave) -> None:
    if line.cell("wave") and line.cell("wave") != about.name:
        raise InvalidInput(f"wave: it is of “{line.cell('wave')[:60]}”, not of “{about.name}”")
    unit = brought_tables.unit(line.cell("unit"))
    if not unit:
        raise InvalidInput("unit: is missing")
    if unit != about.unit:
        raise InvalidInput(
            f"unit: it counts {unit[:40]}, and this wave {about.unit}: "
            "another unit is a wave of its own, never merged"
        )


def _part(line: brought_tables.TableLine) -> tuple[str, str, str]:
    said = line.cell("nation")
    nation = next((known for known in NATIONS if known.casefold() == said.casefold()), "")
    if said and not nation:
        raise InvalidInput(f"nation: {said[:40]!r} is none of {', '.join(NATIONS)}")
    sector, area = line.cell("sector"), line.cell("area")
    for name, value in (("sector", sector), ("area", area)):
        if len(value) > _MAX_PART:
            raise InvalidInput(f"{name}: it is longer than {_MAX_PART} characters")
    return nation, sector, area


def _ranks(line: brought_tables.TableLine, out_of: int) -> tuple[int, ...]:
    low, high = brought_tables.whole(line, "rank_low"), brought_tables.whole(line, "rank_high")
    if low is None and high is None:
        return ()
    if low is None or high is None:
        raise InvalidInput("rank_low and rank_high: one stands without the other")
    if not 1 <= low <= high <= out_of:
        raise InvalidInput(
            f"rank_low {low} to rank_high {high} are impossible: ranks go from 1, most used, to {out_of}"
        )
    return tuple(range(low, high + 1))


def _as_a_whole(
    rows: Collection[WaveTableRow], about: AboutWave, catalogue: Catalogue, called: str
) -> list[str]:
    """Check what only all rows together show."""
    if not rows:
        return ["the table has no row"]
    problems = []
    seen: dict[tuple[str, tuple[str, str, str]], int] = {}
    whole: dict[str, WaveTableRow] = {}
    for row in rows:
        first = seen.setdefault((row.slug, row.part), row.line)
        if first != row.line:
            problems.append(
                f"{called} {row.line}, {row.slug}: the same as {called} {first}: keep one of them"
            )
        if row.is_whole:
            whole.setdefault(row.slug, row)
    parted = {row.slug for row in rows} - set(whole)
    problems += [
        f"{slug}: has parts and no row of all: add one with nation, sector and area empty"
        for slug in catalogue.slugs
        if slug in parted
    ]
    return problems + [told for row in rows if (told := _exceeds(row, whole, about, called))]


def _exceeds(
    row: WaveTableRow, whole: dict[str, WaveTableRow], about: AboutWave, called: str
) -> str | None:
    of_all = whole.get(row.slug)
    if row.is_whole or of_all is None or row.numerator is None or row.denominator is None:
        return None
    if of_all.numerator is None or of_all.denominator is None:
        return f"{called} {row.line}, {row.slug}: a part has a count, and the row of all has none"
    if row.numerator > of_all.numerator or row.denominator > of_all.denominator:
        return (
            f"{called} {row.line}, {row.slug}: {row.numerator:,} of {row.denominator:,} {about.unit} is "
            f"more than the {of_all.numerator:,} of {of_all.denominator:,} of all"
        )
    left, of_left = of_all.numerator - row.numerator, of_all.denominator - row.denominator
    if left > of_left:
        return (
            f"{called} {row.line}, {row.slug}: {row.numerator:,} of {row.denominator:,} leaves "
            f"{left:,} of {of_left:,} {about.unit} outside this part, a share above 1: look at both"
        )
    return None
