"""`gap-monitor lab design`: what each record of a file says of how its study was done."""

import json
from pathlib import Path

import click

from monitor.cli.lab.group import file_argument, lab, records
from monitor.feeds.records import Citation
from monitor.literature.design.detection import Detected, detect


@lab.command()
@file_argument
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def design(file: Path, *, as_json: bool) -> None:
    """Say each record's design, and how likely it is a randomised trial."""
    for record in records(file):
        detected = _read(record.citation)
        if as_json:
            click.echo(json.dumps(_object(record.name, detected), ensure_ascii=False))
        else:
            click.echo(f"{record.name}: {detected.design}, score {detected.score.value:.3f}")
            for suggestion in detected.suggestions:
                click.echo(f"  {suggestion.field}: {suggestion.value} ← {suggestion.sentence}")


def _read(citation: Citation) -> Detected:
    return detect(citation.title, citation.abstract, citation.publication_types, citation.keywords)


def _object(name: str, detected: Detected) -> dict[str, object]:
    return {
        "record": name,
        "design": detected.design,
        "score": round(detected.score.value, 4),
        "suggestions": [
            {"field": suggestion.field, "value": suggestion.value, "sentence": suggestion.sentence}
            for suggestion in detected.suggestions
        ],
    }
