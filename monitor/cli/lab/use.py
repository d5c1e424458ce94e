"""`gap-monitor lab use`: what two or more waves show of use, and whether it follows evidence."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from monitor.catalogue import loader
from monitor.catalogue.loader import Catalogue
from monitor.catalogue.words import Tier
from monitor.cli.lab.group import file_argument, lab
from monitor.kernel.errors import InvalidInput
from monitor.usage import agreement, bands, brought_tables
from monitor.usage.intervals import Share, design_effect, wilson
from monitor.usage.waves_compared import Condition, Figure, WaveComparison, compare

_DIGITS = 10
_NEEDED = ("wave", "intervention", "numerator", "denominator")
_WITHOUT = {
    "question": "no question is known to be the same as another, so nothing is compared",
    "unit": "all units are taken to be the same",
    "responses": "no design effect is reckoned with",
    "services": "no design effect is reckoned with",
}
_TIERS = list(Tier)
_NUMBERS = re.compile(r"\d+")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_SEASONS = {"winter": 1, "spring": 4, "summer": 7, "autumn": 10, "fall": 10}
_LONGEST_NUMBER = 9  # digits of a number in a wave's name: more tell no time
_PARTS = re.compile(r"\d+|[a-z]+")


@dataclass(frozen=True, slots=True)
class LabUseRow:
    """One row as read."""

    wave: str
    slug: str
    figure: Figure


@lab.command("use")
@file_argument
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def use(file: Path, *, as_json: bool) -> None:
    """Say how widely used each is in the newest wave, what changed, and if use follows evidence."""
    catalogue = loader.load()
    figures: dict[str, dict[str, Figure]] = {}
    for row in _rows(file, catalogue):
        figures.setdefault(row.wave, {})[row.slug] = row.figure
    waves = in_order(list(figures))
    if not waves:
        raise InvalidInput(f"{file.name} has no row that can be used")
    if len(waves) == 1:
        click.echo(f"{waves[0]} is the only wave: there is nothing to compare it with", err=True)
    newest = figures[waves[-1]]
    compared = compare(figures[waves[-2]] if len(waves) > 1 else {}, newest)
    for slug in catalogue.slugs:
        wave = next((wave for wave in reversed(waves) if slug in figures[wave]), None)
        if wave is None:
            continue
        verdict = compared.get(slug) or WaveComparison(failed=(Condition.BOTH,))
        answer = _line(catalogue, slug, wave, figures[wave][slug].share, verdict)
        click.echo(json.dumps(answer, ensure_ascii=False) if as_json else _words(answer))
    _agreement(catalogue, {slug: figure.share for slug, figure in newest.items()}, as_json=as_json)


def in_order(waves: Sequence[str]) -> list[str]:
    """Put waves in the order of time that their names show, else in the order of the file.

    Names with numbers go by year, then month or season, then what else they count; names that
    differ by one letter (A, B) go by the letter.
    """
    if all(_NUMBERS.search(wave) for wave in waves):
        return sorted(waves, key=_when)
    if all(re.search(r"\b[a-z]$", wave.casefold()) for wave in waves):
        return sorted(waves, key=str.casefold)
    return list(waves)


def _when(wave: str) -> tuple[int, int, list[int], str]:
    parts = _PARTS.findall(wave.casefold())
    numbers = [int(part[:_LONGEST_NUMBER]) for part in parts if part.isdigit()]
    year = next((n for n in numbers if 1900 <= n <= 2999), 0)  # noqa: PLR2004 - years of surveys
    month = 0
    for part in parts:
        if part[:3] in _MONTHS and part[:3].isalpha():
            month = _MONTHS.index(part[:3]) + 1
        month = _SEASONS.get(part, month)
    return year, month, [n for n in numbers if n != year], wave.casefold()


def _rows(path: Path, catalogue: Catalogue) -> list[LabUseRow]:
    """Read the rows that can be used; each other one is named on stderr with what is wrong.

    Raises:
        InvalidInput: the file is no table, or a column that is needed is missing.
    """
    with path.open("rb") as file:
        table = brought_tables.table(file, path.name)
    if missing := [column for column in _NEEDED if column not in table.columns]:
        raise InvalidInput(
            f"{path.name} has no column {', '.join(missing)}: it has {', '.join(table.columns)}"
        )
    for column in set(_WITHOUT) - set(table.columns):
        click.echo(f"no column {column}: {_WITHOUT[column]}", err=True)
    for number in table.overlong:
        _left_out(number, "", "it has more cells than the header has columns")
    rows: dict[tuple[str, str], LabUseRow] = {}
    for line in table.rows:
        try:
            row = _row(line, catalogue)
            if (row.wave, row.slug) in rows:
                raise InvalidInput(f"{row.wave} has a row of it already")  # noqa: TRY301 - told like the others
        except InvalidInput as error:
            _left_out(line.number, line.cell("intervention"), str(error))
        else:
            rows[row.wave, row.slug] = row
    return list(rows.values())


def _row(line: brought_tables.TableLine, catalogue: Catalogue) -> LabUseRow:
    wave, named = line.cell("wave"), line.cell("intervention")
    if not wave:
        raise InvalidInput("wave: is missing")
    slug = brought_tables.intervention(named, catalogue)
    share = brought_tables.share(line, design_effect(*_clusters(line)))
    if share is None:
        raise InvalidInput("numerator and denominator: are missing")
    unit = brought_tables.unit(line.cell("unit")) or None
    return LabUseRow(wave, slug, Figure(share, line.cell("question") or None, unit))


def _clusters(line: brought_tables.TableLine) -> tuple[int | None, int | None]:
    responses, services = (
        brought_tables.whole(line, "responses"),
        brought_tables.whole(line, "services"),
    )
    for name, value in (("responses", responses), ("services", services)):
        if value == 0:
            raise InvalidInput(f"{name}: a wave that nobody answered has no shares")
    return responses, services


def _line(
    catalogue: Catalogue, slug: str, wave: str, share: Share, verdict: WaveComparison
) -> dict[str, Any]:
    low, high = wilson(share)
    return {
        "intervention": slug,
        "wave": wave,
        "share": _rounded(share.value),
        "ci_low": _rounded(low),
        "ci_high": _rounded(high),
        "band": bands.band_of_interval(catalogue.gap.shares, low, high).value,
        "difference": _rounded(verdict.difference),
        "difference_low": _rounded(verdict.low),
        "difference_high": _rounded(verdict.high),
        "p": verdict.p,
        "p_holm": verdict.p_holm,
        "changed": verdict.changed,
        "failed": [condition.value for condition in verdict.failed],
    }


def _agreement(catalogue: Catalogue, shares: dict[str, Share], *, as_json: bool) -> None:
    evidence = {
        intervention.slug: _TIERS.index(Tier(intervention.baseline.tier)) + 1
        for intervention in catalogue.interventions
    }
    concordance = agreement.of_shares(evidence, shares)
    answer = {
        "tau_b": _rounded(concordance.tau if concordance else None),
        "tau_b_low": _rounded(concordance.low if concordance else None),
        "tau_b_high": _rounded(concordance.high if concordance else None),
    }
    if as_json:
        click.echo(json.dumps(answer))
    elif concordance is None:
        click.echo("Whether use follows evidence cannot be told from these.")
    else:
        click.echo(
            f"Does use follow evidence? {agreement.sentence(concordance)} "
            f"Tau-b {concordance.tau:.2f} ({concordance.low:.2f} to {concordance.high:.2f})"
        )


def _words(answer: dict[str, Any]) -> str:
    said = (
        f"{answer['intervention']}, {answer['wave']}: {answer['share']:.1%} "
        f"({answer['ci_low']:.1%} to {answer['ci_high']:.1%}), {answer['band']}"
    )
    if answer["difference"] is not None:
        said += (
            f"; {100 * answer['difference']:+.1f} points "
            f"({100 * answer['difference_low']:.1f} to {100 * answer['difference_high']:.1f})"
        )
    if answer["changed"]:
        return f"{said}: changed"
    return f"{said}: not a change, fails: {', '.join(answer['failed'])}"


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, _DIGITS)


def _left_out(line: int, name: str, why: str) -> None:
    click.echo(f"line {line}, {name or 'no name'}, was left out: {why}", err=True)
