"""`gap-monitor lab rank`: the order of the queue on a file of your own, with or without labels."""

import csv
import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import click

from monitor.catalogue import loader
from monitor.cli.lab.group import NamedRecord, file_argument, lab, records
from monitor.cli.root import as_json
from monitor.kernel import clock
from monitor.kernel.errors import InvalidInput
from monitor.literature.matching.matcher import Matcher
from monitor.literature.ranking import order as ranking
from monitor.literature.ranking.features import features
from monitor.literature.ranking.order import Candidate, RankedPaper
from monitor.literature.ranking.prior import prior, prior_features

_INCLUDE = {
    **dict.fromkeys(("1", "1.0", "yes", "true", "include", "included"), True),
    **dict.fromkeys(("0", "0.0", "no", "false", "exclude", "excluded"), False),
}
_COLUMNS = ("record", "include")
_DIGITS = 4


@lab.command("rank")
@file_argument
@click.option(
    "--labels",
    "labels_path",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="CSV with a header record,include (1 or 0): what was decided on some of the records.",
)
@as_json
def rank(file: Path, *, labels_path: Path | None, json_: bool) -> None:
    """Order the records of FILE: what to read first, and why."""
    decided = _labels(labels_path) if labels_path else {}
    matcher, year = Matcher(loader.load()), clock.utcnow().year
    names: list[str] = []
    candidates: list[Candidate] = []
    for record in records(file):
        names.append(record.name)
        candidates.append(_candidate(record, matcher, year))
    labels = {at: decided[name] for at, name in enumerate(names) if name in decided}
    _tell_unknown(len(decided.keys() - set(names)))
    for place, ranked in enumerate(ranking.rank(candidates, labels), start=1):
        name = names[ranked.position]
        click.echo(_json(name, ranked) if json_ else _words(place, name, ranked))


def _candidate(record: NamedRecord, matcher: Matcher, year: int) -> Candidate:
    citation = record.citation
    hits = matcher.match(
        title=citation.title, abstract=citation.abstract, keywords=citation.keywords
    )
    return Candidate(
        features(citation.title, citation.abstract, citation.keywords),
        prior(prior_features(citation, hits), year),
    )


def _json(name: str, ranked: RankedPaper) -> str:
    said = {
        "record": name,
        "score": round(ranked.score, _DIGITS),
        "parts": {part: round(value, _DIGITS) for part, value in ranked.parts.items()},
    }
    if ranked.label is not None:
        said["include"] = ranked.label
    return json.dumps(said, ensure_ascii=False)


def _words(place: int, name: str, ranked: RankedPaper) -> str:
    parts = ", ".join(f"{part} {value:+.2f}" for part, value in ranked.parts.items() if value)
    known = {True: "; included", False: "; excluded", None: ""}[ranked.label]
    return f"{place}. {name}: {ranked.score:.2f} ({parts or 'nothing speaks for it'}){known}"


def _tell_unknown(count: int) -> None:
    if count:
        click.echo(f"{count} of the labels name no record of the file", err=True)


def _labels(path: Path) -> Mapping[str, bool]:
    """Read what was decided, by record; a row without a decision is passed over.

    Raises:
        InvalidInput: the file is no such table, or says two things of one record.
    """
    try:
        return _agreed(_rows(path))
    except (UnicodeDecodeError, csv.Error):
        raise InvalidInput("the labels are no CSV in UTF-8: save them as one") from None


def _agreed(rows: Iterator[tuple[str, bool]]) -> Mapping[str, bool]:
    labels: dict[str, bool] = {}
    for name, include in rows:
        if labels.setdefault(name, include) != include:
            raise InvalidInput(f"record {name} is labelled both 1 and 0: keep one of them")
    return labels


def _rows(path: Path) -> Iterator[tuple[str, bool]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        table = csv.DictReader(file)
        if not set(_COLUMNS) <= set(table.fieldnames or ()):
            raise InvalidInput("the labels need a header with the columns record,include")
        for row in table:
            name, said = ((row[column] or "").strip() for column in _COLUMNS)
            if name and said:
                yield name, _include(said, table.line_num)


def _include(said: str, line: int) -> bool:
    include = _INCLUDE.get(said.lower())
    if include is None:
        raise InvalidInput(f"line {line} of the labels: include must be 1 or 0")
    return include
