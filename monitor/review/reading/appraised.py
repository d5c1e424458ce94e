"""What the answers to a result's tool add up to, with what a reviewer judges differently. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from monitor.catalogue.appraisal import Domain, Tool
from monitor.kernel.errors import InvalidInput
from monitor.review import tools
from monitor.review.reading.model import Risk

OVERALL = "overall"


@dataclass(frozen=True, slots=True)
class Judged:
    """One domain: what the tool says of the answers, and what stands. None: answers are missing."""

    domain: Domain
    computed: str | None
    stands: str | None
    missing: tuple[str, ...]  # ids of questions that are asked and have no answer yet


def said(risk: Risk) -> dict[str, str]:
    """Give the bare answers by question."""
    return {question: answered.answer for question, answered in risk.answers.items()}


def judged(tool: Tool, risk: Risk) -> tuple[Judged, ...]:
    """Judge each domain of a tool, in its order."""
    return tuple(_judged(tool, domain, risk, said(risk)) for domain in tool.domains)


def computed_overall(tool: Tool, risk: Risk) -> str | None:
    """Give what the tool makes of the domains that stand; None: one has no judgement yet."""
    domains = {one.domain.id: one.stands for one in judged(tool, risk)}
    known = {domain: stands for domain, stands in domains.items() if stands is not None}
    return tools.judge_overall(tool, known) if len(known) == len(domains) else None


def overall(tool: Tool, risk: Risk) -> str | None:
    """Give the overall judgement that stands: the reviewer's own, or else the tool's."""
    own = risk.overrides.get(OVERALL)
    return own.judgement if own else computed_overall(tool, risk)


def overall_of(known: Mapping[str, Tool], risk: Risk) -> str | None:
    """Give the overall judgement of a result, of whichever tool; None: it has none yet."""
    if risk.stated:
        return risk.stated.value
    tool = known.get(risk.tool)
    return overall(tool, risk) if tool else None


def _judged(tool: Tool, domain: Domain, risk: Risk, answers: Mapping[str, str]) -> Judged:
    missing = tuple(
        question.id for question in tools.asked(domain, answers) if not answers.get(question.id)
    )
    computed = None
    if not missing:
        try:
            computed = tools.judge_domain(tool, domain, answers)
        except InvalidInput:  # an answer that this tool does not know: it has to be given again
            missing = tuple(q.id for q in domain.questions if answers.get(q.id) not in tool.answers)
    own = risk.overrides.get(domain.id)
    return Judged(domain, computed, own.judgement if own else computed, missing)
