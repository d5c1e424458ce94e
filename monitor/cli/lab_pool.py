"""`gap-monitor lab pool`: a pool of effects or of counts, by the models that metafor has."""

import dataclasses
import json
import math
from collections.abc import Mapping
from pathlib import Path

import click

from monitor.cli.lab import file_argument, lab
from monitor.cli.lab_findings import left_out, table
from monitor.evidence.fitting import Fit, Interval, Spread, fit
from monitor.evidence.two_by_two import Measure, from_counts
from monitor.kernel.errors import InvalidInput

_DIGITS = 6
_COUNTS = ("events_i", "n_i", "events_c", "n_c")
_SPREADS = {"none": Spread.NONE, "dl": Spread.DL, "he": Spread.HE, "ml": Spread.ML, "reml": Spread.REML}  # fmt: skip
_INTERVALS = {"wald": Interval.WALD, "hk": Interval.HARTUNG_KNAPP, "truncated": Interval.TRUNCATED}
_MEASURES = {"or": Measure.OR, "rr": Measure.RR, "rd": Measure.RD}


@lab.command()
@file_argument
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.option("--truncated", is_flag=True, help="The same as --interval truncated.")
@click.option("--common", is_flag=True, help="The same as --tau2 none --interval wald.")
@click.option(
    "--tau2",
    type=click.Choice(list(_SPREADS)),
    help="How the spread between studies is estimated; none: a common effect. [reml]",
)
@click.option(
    "--interval",
    type=click.Choice(list(_INTERVALS)),
    help="Wald's, Hartung and Knapp's, or theirs never narrower than Wald's. [hk]",
)
@click.option(
    "--measure",
    type=click.Choice(list(_MEASURES)),
    default="or",
    show_default=True,
    help="What counts are compared by.",
)
def pool(file: Path, *, measure: str, as_json: bool, **options: str | bool | None) -> None:
    """Pool effects (columns yi and vi), or counts (events_i, n_i, events_c, n_c)."""
    counts, pairs = False, []
    for line, row in table(file):
        try:
            pairs.append(_pair(row, _MEASURES[measure]))
        except InvalidInput as error:
            left_out(line, row, str(error))
        counts = counts or not row.get("yi", "").strip()
    try:
        fitted = fit([yi for yi, _ in pairs], [vi for _, vi in pairs], *_model(options))
    except ValueError as error:
        raise InvalidInput(f"{file.name} cannot be pooled: {error}") from None
    answer = _object(fitted) | ({"measure": _MEASURES[measure].value} if counts else {})
    if as_json:
        click.echo(json.dumps(answer, ensure_ascii=False))
    else:
        click.echo("; ".join(f"{name} {value}" for name, value in answer.items()))


def _model(options: Mapping[str, str | bool | None]) -> tuple[Spread, Interval]:
    common = bool(options["common"])
    spread = options["tau2"] or ("none" if common else "reml")
    plain = "wald" if common else "truncated" if options["truncated"] else "hk"
    return _SPREADS[str(spread)], _INTERVALS[str(options["interval"] or plain)]


def _pair(row: Mapping[str, str], measure: Measure) -> tuple[float, float]:
    if row.get("yi", "").strip():
        yi, vi = _number(row, "yi"), _number(row, "vi")
        if not vi > 0:
            raise InvalidInput("vi: a variance is more than 0")
        return yi, vi
    events_i, n_i, events_c, n_c = (_count(row, name) for name in _COUNTS)
    return from_counts(events_i, n_i, events_c, n_c, measure)


def _number(row: Mapping[str, str], name: str) -> float:
    said = row.get(name, "").strip().replace("−", "-")
    if not said:
        raise InvalidInput(f"{name}: is missing")
    try:
        value = float(said)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise InvalidInput(f"{name}: {said!r} is not a number")
    return value


def _count(row: Mapping[str, str], name: str) -> int:
    value = _number(row, name)
    if not value.is_integer():
        raise InvalidInput(f"{name}: {value:g} is not a whole number")
    return int(value)


def _object(fitted: Fit) -> dict[str, str | float | None]:
    names = [field.name for field in dataclasses.fields(Fit)]
    kept = [name for name in names if name not in {"k", "spread", "interval"}]
    numbers = {name: getattr(fitted, name) for name in kept}
    return {
        "k": fitted.k,
        "method": fitted.method,
        **{
            name: None if value is None else round(value, _DIGITS)
            for name, value in numbers.items()
        },
    }
