"""`gap-monitor lab dedupe`: which records of a file are one paper, and why."""

import json
from collections.abc import Iterator
from pathlib import Path

import click

from monitor.cli.lab.group import file_argument, lab, records
from monitor.cli.root import as_json
from monitor.feeds.records import Citation
from monitor.literature.dedup.clusters import Cluster, clusters


@lab.command()
@file_argument
@as_json
def dedupe(file: Path, *, json_: bool) -> None:
    """Say which records of FILE are one paper, and which may be.

    Certain groups would merge by themselves; the others would be a reviewer's to decide.
    """
    names: list[str] = []
    for group in sorted(
        clusters(_named(file, names)), key=lambda cluster: (not cluster.certain, cluster.indices)
    ):
        click.echo(_json(group, names) if json_ else _words(group, names))


def _named(file: Path, names: list[str]) -> Iterator[Citation]:
    """Read the citations of a file, noting their names on the way."""
    for record in records(file):
        names.append(record.name)
        yield record.citation


def _json(group: Cluster, names: list[str]) -> str:
    said = [names[index] for index in group.indices]
    return json.dumps({"records": said, "certain": group.certain, "reason": group.reason})


def _words(group: Cluster, names: list[str]) -> str:
    said = ", ".join(names[index] for index in group.indices)
    return f"{'one paper' if group.certain else 'perhaps one'}: {said} ({group.reason})"
