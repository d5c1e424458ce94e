"""`gap-monitor lab extract` and `findings`: from results as reported to what they show."""

import dataclasses
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from monitor.catalogue import loader
from monitor.cli.lab.group import file_argument, lab
from monitor.cli.lab.table_files import left_out, table
from monitor.evidence.synthesis.effects import derive
from monitor.evidence.synthesis.findings import Finding, PoolLine, findings
from monitor.evidence.synthesis.index_results import Index
from monitor.evidence.synthesis.plausible import doubts
from monitor.evidence.synthesis.pooling import Pool
from monitor.evidence.synthesis.results import Result, read_row
from monitor.kernel.errors import InvalidInput

_DIGITS = 9  # significant ones: a variance of a large trial is small


@lab.command()
@file_argument
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def extract(file: Path, *, as_json: bool) -> None:
    """Say each result's effect and variance, and how they were derived; or why it is refused."""
    catalogue = loader.load()
    for line, row in table(file):
        try:
            result = read_row(row, catalogue.slugs)
            effect = derive(result, catalogue.synthesis)
        except InvalidInput as error:
            answer: dict[str, Any] = {"refusal": str(error)}
        else:
            answer = {
                "yi": _rounded(effect.yi),
                "vi": _rounded(effect.vi),
                "derivation": effect.derivation,
            }
            if sentences := doubts(result, effect, catalogue.plausible):
                answer["doubts"] = list(sentences)
        if as_json:
            _print({**row, **answer})
        else:
            said = "; ".join(f"{k} {_in_words(v)}" for k, v in answer.items())
            click.echo(f"line {line}, {row.get('study', '')}: {said}")


@lab.command("findings")
@file_argument
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def findings_(file: Path, *, as_json: bool) -> None:
    """Say what the results show: per intervention, comparator and outcome class, as a label."""
    catalogue = loader.load()
    results: list[Result] = []
    for line, row in table(file):
        try:
            results.append(read_row(row, catalogue.slugs))
        except InvalidInput as error:
            left_out(line, row, str(error))
    labelled, refused = findings(
        results, catalogue.synthesis, catalogue.measures, catalogue.slugs, catalogue.plausible
    )
    for result, why in refused:
        click.echo(f"{result.study}, {result.outcome or result.outcome_class}: {why}", err=True)
    for finding in labelled:
        if as_json:
            _print(_object(finding))
        else:
            click.echo(
                f"{finding.intervention}, {finding.comparator_class}, "
                f"{finding.outcome_class or 'outcome class not given'}: {finding.main.label} "
                f"({_in_short(finding.main)})"
            )


def _object(finding: Finding) -> dict[str, Any]:
    return {
        "intervention": finding.intervention,
        "comparator_class": finding.comparator_class,
        "outcome_class": finding.outcome_class,
        **_line(finding.main),
        "index": [_index(index) for index in finding.index],
        "signs": dataclasses.asdict(finding.signs),
        "without_developers": _line(finding.without_developers),
        "without_some_concerns": _line(finding.without_some_concerns),
        "with_high_risk": _line(finding.with_high_risk),
        "sustained": _line(finding.sustained),
        "leave_one_out": (
            {"study": finding.leave_one_out.study, **_line(finding.leave_one_out.line)}
            if finding.leave_one_out
            else None
        ),
        "reasons": list(finding.reasons),
    }


def _line(line: PoolLine) -> dict[str, Any]:
    return {"k": line.k, "n": line.people, **_pool(line.pool), "label": line.label}


def _pool(pooled: Pool | None) -> dict[str, Any]:
    """Everything of a pool but its size where there is none: null, never 0."""
    names = [field.name for field in dataclasses.fields(Pool) if field.name not in {"k", "method"}]
    return {
        **({"k": pooled.k} if pooled else {}),
        "method": pooled.method.value if pooled else None,
        **{name: _rounded(getattr(pooled, name) if pooled else None) for name in names},
    }


def _index(index: Index) -> dict[str, Any]:
    return {
        "study": index.study,
        "outcome": index.outcome,
        "yi": _rounded(index.yi),
        "vi": _rounded(index.vi),
        "rule": index.rule,
    }


def _in_short(line: PoolLine) -> str:
    pooled = line.pool
    if not pooled or pooled.estimate is None:
        return f"{line.k} studies" if line.k else "no size known"
    said = f"{pooled.estimate:.2f}, {pooled.ci_low:.2f} to {pooled.ci_high:.2f}"
    return f"{said}; {line.k} studies, {pooled.method.value}"


def _rounded(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.{_DIGITS}g}")


def _in_words(value: object) -> str:
    return "; ".join(value) if isinstance(value, list) else str(value)


def _print(answer: Mapping[str, Any]) -> None:
    click.echo(json.dumps(answer, ensure_ascii=False))
