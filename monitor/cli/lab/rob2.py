"""`gap-monitor lab rob2`: a table of answers, each row with the judgement they add up to."""

import json
from collections.abc import Mapping
from pathlib import Path

import click

from monitor.catalogue import loader
from monitor.catalogue.shapes.tools import Domain, Tool
from monitor.cli.lab.group import file_argument, lab
from monitor.cli.lab.table_files import left_out, table
from monitor.kernel.errors import InvalidInput
from monitor.review.reading.tools import judge_domain, judge_overall

# Answers in full, as people and the tool's own spreadsheet write them.
_IN_FULL = {
    "YES": "Y", "PROBABLY YES": "PY", "PROBABLY NO": "PN", "NO": "N", "NO INFORMATION": "NI",
    "NA": "", "N/A": "",
}  # fmt: skip
TOOL, CLUSTER_TOOL = "rob2", "rob2_cluster"


@lab.command()
@file_argument
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.option("--cluster", is_flag=True, help="RoB 2 for cluster-randomised trials.")
def rob2(file: Path, *, as_json: bool, cluster: bool) -> None:
    """Judge each row's answers (columns 1.1 …, or D1 to D5) by RoB 2's own algorithm."""
    tool = loader.load().tool(CLUSTER_TOOL if cluster else TOOL)
    for line, row in table(file):
        try:
            domains = {domain.id: _domain(tool, domain, row) for domain in tool.domains}
        except InvalidInput as error:
            left_out(line, row, str(error))
            continue
        _tell_differences(tool, line, row, domains)
        judgement = judge_overall(tool, domains)
        if as_json:
            click.echo(
                json.dumps(
                    {**_named(tool, row), **domains, "judgement": judgement}, ensure_ascii=False
                )
            )
        else:
            said = ", ".join(f"{name} {risk}" for name, risk in domains.items())
            click.echo(f"{row.get('study') or f'line {line}'}: {judgement} ({said})")


def _named(tool: Tool, row: Mapping[str, str]) -> dict[str, str]:
    """Give a row's domains their own names again; columns are read in any case."""
    names = {domain.id.casefold(): domain.id for domain in tool.domains}
    return {names.get(name, name): value for name, value in row.items()}


def _domain(tool: Tool, domain: Domain, row: Mapping[str, str]) -> str:
    """Judge by the answers to a domain's questions, or take the judgement that stands for it."""
    answers = {question.id: _answer(row, question.id) for question in domain.questions}
    stated = _stated(row, domain)
    if stated and stated not in tool.judgements:
        known = ", ".join(tool.judgements)
        raise InvalidInput(f"{domain.id}: {stated!r} is none of {known}")
    if not any(answers.values()):
        if stated:
            return stated
        raise InvalidInput(f"{domain.id}: has neither answers nor a judgement")
    try:
        return judge_domain(tool, domain, answers)
    except InvalidInput as error:
        if stated and error.field == domain.id:  # no rule is published for these answers
            return stated
        raise


def _answer(row: Mapping[str, str], question: str) -> str:
    said = " ".join(row.get(question.casefold(), "").upper().split())
    return _IN_FULL.get(said, said)


def _stated(row: Mapping[str, str], domain: Domain) -> str:
    return " ".join(row.get(domain.id.casefold(), "").casefold().replace("_", " ").split())


def _tell_differences(
    tool: Tool, line: int, row: Mapping[str, str], judged: Mapping[str, str]
) -> None:
    """Say where a judgement in the table is not what its answers come to; the answers hold."""
    for domain in tool.domains:
        stated = _stated(row, domain)
        if stated and stated != judged[domain.id]:
            name = row.get("study") or "no name"
            why = f"{domain.id} says {stated}, its answers come to {judged[domain.id]}"
            click.echo(f"line {line}, {name}: {why}", err=True)
