"""`gap-monitor lab pool`: a pool of effects or of counts, by the models that metafor has."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

import click

from monitor.cli.lab.group import file_argument, lab
from monitor.cli.lab.table_files import left_out, table
from monitor.evidence.synthesis.fitting import Fit, IntervalMethod, fit
from monitor.evidence.synthesis.pooling import Method
from monitor.evidence.synthesis.results import Cells
from monitor.evidence.synthesis.spreads import Spread
from monitor.evidence.synthesis.two_by_two import TwoByTwoMeasure, from_counts
from monitor.kernel.errors import InvalidInput

_DIGITS = 9  # significant ones
_Number = TypeVar("_Number", int, float)
_COUNTS = ("events_i", "n_i", "events_c", "n_c")
_SPREADS = {"none": Spread.NONE, "dl": Spread.DL, "he": Spread.HE, "ml": Spread.ML, "reml": Spread.REML}  # fmt: skip
_INTERVALS = {
    "wald": IntervalMethod.WALD,
    "hk": IntervalMethod.HARTUNG_KNAPP,
    "truncated": IntervalMethod.TRUNCATED,
}
_MEASURES = {"or": TwoByTwoMeasure.OR, "rr": TwoByTwoMeasure.RR, "rd": TwoByTwoMeasure.RD}


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
    rows = [(line, row, Cells(row)) for line, row in table(file)]
    of_effects = any(cells.text("yi") for _, _, cells in rows)
    pairs = []
    for line, row, cells in rows:
        try:
            pairs.append(_effect(cells) if of_effects else _counted(cells, _MEASURES[measure]))
        except InvalidInput as error:
            left_out(line, row, str(error))
    # one study is told as it is, whatever the model
    model = _model(options) if len(pairs) != 1 else (Spread.NONE, IntervalMethod.WALD)
    try:
        fitted = fit([yi for yi, _ in pairs], [vi for _, vi in pairs], *model)
    except ValueError as error:
        raise InvalidInput(f"{file.name} cannot be pooled: {error}") from None
    answer = _object(fitted) | ({} if of_effects else {"measure": _MEASURES[measure].value})
    if as_json:
        click.echo(json.dumps(answer, ensure_ascii=False))
    else:
        click.echo("; ".join(f"{name} {value}" for name, value in answer.items()))


def _model(options: Mapping[str, str | bool | None]) -> tuple[Spread, IntervalMethod]:
    common = bool(options["common"])
    spread = options["tau2"] or ("none" if common else "reml")
    plain = "wald" if common else "truncated" if options["truncated"] else "hk"
    return _SPREADS[str(spread)], _INTERVALS[str(options["interval"] or plain)]


def _effect(cells: Cells) -> tuple[float, float]:
    yi, vi = _needed(cells.number("yi"), "yi"), _needed(cells.number("vi"), "vi")
    if not vi > 0:
        raise InvalidInput("vi: a variance is more than 0")
    return yi, vi


def _counted(cells: Cells, measure: TwoByTwoMeasure) -> tuple[float, float]:
    events_i, n_i, events_c, n_c = (_needed(cells.count(name), name) for name in _COUNTS)
    return from_counts(events_i, n_i, events_c, n_c, measure)


def _needed(value: _Number | None, name: str) -> _Number:
    if value is None:
        raise InvalidInput(f"{name}: is missing")
    return value


def _object(fitted: Fit) -> dict[str, str | float | None]:
    kept = ("estimate", "ci_low", "ci_high", "pi_low", "pi_high", "tau2", "i2", "q_p")
    alone = {"tau2": None, "i2": None} if fitted.k == 1 else {}
    numbers = {name: getattr(fitted, name) for name in kept} | alone
    return {
        "k": fitted.k,
        "method": Method.ONE.value if fitted.k == 1 else fitted.method,
        **{
            name: None if value is None else float(f"{value:.{_DIGITS}g}")
            for name, value in numbers.items()
        },
    }
