"""`gap-monitor lab`: try one rule on a file of your own. Never touches the database.

Each command prints one JSON object a line with ``--json``, and says the same in words without.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import click

from monitor.cli.loading import LoadingGroup
from monitor.cli.root import commands
from monitor.feeds import files
from monitor.feeds.records import Citation, FetchedRecord

# each command and the module of monitor.cli that adds it
WHERE = {
    "dedupe": "lab.dedupe",
    "design": "lab.design",
    "extract": "lab.findings",
    "findings": "lab.findings",
    "grade": "lab.grade",
    "match": "lab.match",
    "pool": "lab.pool",
    "rank": "lab.rank",
    "rob2": "lab.rob2",
    "use": "lab.use",
}

file_argument = click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))


@dataclass(frozen=True, slots=True)
class NamedRecord:
    """One record of a file. ``name`` is its own id, PMID or accession number, else its position."""

    name: str
    citation: Citation


@commands.group(cls=LoadingGroup, modules=WHERE)
def lab() -> None:
    """Try the rules on a file of your own; the database is not touched."""


def records(path: Path) -> Iterator[NamedRecord]:
    """Read the records of a file, in its order; one that cannot be read is said on stderr.

    A record is named by its own id (a CSV column ``id``, a PMID, an accession number), or else by
    its position in the file, from 1.

    Raises:
        InvalidInput: the file is of no format known here, cut off or damaged.
    """
    with path.open("rb") as file:
        for position, record in enumerate(files.read(file).found, start=1):
            if isinstance(record, FetchedRecord):
                yield NamedRecord(_name(record, position), record.citation)
            else:
                click.echo(f"record {position} was left out: {record.reason}", err=True)


def _name(found: FetchedRecord, position: int) -> str:
    number = next((one.value for one in found.citation.identifiers if one.scheme == "pmid"), None)
    return found.label or number or str(position)
