"""`gap-monitor lab match`: which interventions the records of a file name, and how they stand.

Reads the file, prints, and touches no database.
"""

import json
from collections.abc import Iterator
from pathlib import Path

import click

from monitor.catalogue import loader
from monitor.cli.lab.group import NamedRecord, file_argument, lab, records
from monitor.literature.matching.lanes import Evaluation, evaluations, lane
from monitor.literature.matching.matcher import Hit, Matcher, Rejection

Line = dict[str, object]


@lab.command("match")
@file_argument
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.option("--why", is_flag=True, help="Also say how each stands, and what was turned away.")
def match(file: Path, *, as_json: bool, why: bool) -> None:
    """Say which interventions each record names: evaluated, mentioned, possible or none."""
    matcher = Matcher(loader.load())
    for named in records(file):
        line = _line(named, matcher, why=why)
        click.echo(json.dumps(line, ensure_ascii=False) if as_json else "\n".join(_words(line)))


def _line(named: NamedRecord, matcher: Matcher, *, why: bool) -> Line:
    cited = named.citation
    title, abstract = cited.title, cited.abstract
    hits = matcher.match(title=title, abstract=abstract, keywords=cited.keywords)
    line: Line = {
        "record": named.name,
        "lane": str(lane(hits, title, abstract)),
        "interventions": _interventions(hits),
    }
    if why:
        turned = matcher.rejections(title=title, abstract=abstract, keywords=cited.keywords)
        line["standings"] = [
            _standing(evaluation) for evaluation in evaluations(hits, title, abstract)
        ]
        line["rejected"] = [_rejected(rejection) for rejection in turned]
    return line


def _interventions(hits: tuple[Hit, ...]) -> list[Line]:
    """Give each way of naming once a field, in order of appearance."""
    lines: dict[tuple[object, ...], Line] = {}
    for hit in hits:
        line = {"slug": hit.slug, "variant": hit.variant, "words": hit.words, "field": hit.field}
        lines.setdefault(tuple(line.values()), dict(line))
    return list(lines.values())


def _standing(evaluation: Evaluation) -> Line:
    return {
        "slug": evaluation.slug,
        "evaluated": evaluation.evaluated,
        "reason": evaluation.reason,
        "sentence": evaluation.sentence,
    }


def _rejected(one: Rejection) -> Line:
    return {"slug": one.slug, "words": one.words, "field": one.field, "reason": one.reason}


def _words(line: Line) -> Iterator[str]:
    """Say the same in words."""
    yield f"{line['record']}: {line['lane']}"
    for hit in _listed(line, "interventions"):
        named = hit["variant"] or hit["slug"]
        yield f"  {hit['slug']} ({named}): “{hit['words']}” in the {hit['field']}"
    for standing in _listed(line, "standings"):
        yield f"  {standing['slug']} is {'evaluated' if standing['evaluated'] else 'mentioned'}: {standing['reason']}"
    for rejection in _listed(line, "rejected"):
        yield f"  not {rejection['slug']}: “{rejection['words']}” in the {rejection['field']}: {rejection['reason']}"


def _listed(line: Line, key: str) -> list[Line]:
    found = line.get(key, [])
    return found if isinstance(found, list) else []
