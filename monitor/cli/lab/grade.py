"""`gap-monitor lab grade`: a table of studies, graded by the policy and the baseline in force."""

import json
from pathlib import Path
from typing import Any

import click

from monitor.catalogue import loader
from monitor.cli.lab.group import file_argument, lab
from monitor.cli.lab.table_files import left_out, table
from monitor.evidence.grading_table import GradingRow, grades, read_row
from monitor.evidence.rules import Grade
from monitor.kernel.errors import InvalidInput


@lab.command("grade")
@file_argument
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def grade_(file: Path, *, as_json: bool) -> None:
    """Say how much is known of each intervention in FILE: counts, tier, and both ends."""
    catalogue = loader.load()
    rows: list[GradingRow] = []
    for line, cells in table(file):
        try:
            rows.append(read_row(cells, catalogue.slugs))
        except InvalidInput as error:
            left_out(line, cells, str(error))
    for slug, graded in grades(rows, catalogue).items():
        if as_json:
            click.echo(json.dumps(_object(slug, graded)))
        else:
            counts = ", ".join(f"{name} {count}" for name, count in graded.facts.items())
            ends = "" if graded.settled else f" (from {graded.low} to {graded.high})"
            click.echo(f"{slug}: {graded.tier}{ends}; {counts.replace('_', ' ')}")


def _object(slug: str, graded: Grade) -> dict[str, Any]:
    return {
        "intervention": slug,
        "facts": {name: [count.lo, count.hi] for name, count in graded.facts.items()},
        "tier": graded.tier.value,
        "low": graded.low.value,
        "high": graded.high.value,
    }
