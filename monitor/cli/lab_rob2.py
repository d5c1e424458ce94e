"""`gap-monitor lab rob2`: a table of answers, each row with the judgement they add up to."""

import json
from collections.abc import Mapping
from pathlib import Path

import click

from monitor.catalogue import loader
from monitor.catalogue.appraisal import Domain, Tool
from monitor.cli.lab import file_argument, lab
from monitor.cli.lab_findings import left_out, table
from monitor.kernel.errors import InvalidInput
from monitor.review.tools import judge_domain, judge_overall

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
            domains = _domains(tool, row)
        except InvalidInput as error:
            left_out(line, row, str(error))
            continue
        judgement = judge_overall(tool, domains)
        if as_json:
            click.echo(json.dumps({**row, **domains, "judgement": judgement}, ensure_ascii=False))
        else:
            said = ", ".join(f"{name} {risk}" for name, risk in domains.items())
            click.echo(f"{row.get('study') or f'line {line}'}: {judgement} ({said})")


def _domains(tool: Tool, row: Mapping[str, str]) -> dict[str, str]:
    """Judge by the answers to a domain's questions, or take the judgement that stands for it."""
    return {domain.id: _domain(tool, domain, row) for domain in tool.domains}


def _domain(tool: Tool, domain: Domain, row: Mapping[str, str]) -> str:
    answers = {
        question.id: row.get(question.id, "").strip().upper() for question in domain.questions
    }
    stated = " ".join(row.get(domain.id, "").casefold().replace("_", " ").split())
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
