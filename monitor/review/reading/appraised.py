"""What the answers to a result's tool add up to, with what the reviewer judges otherwise. Pure."""

from collections.abc import Mapping

from monitor.catalogue.shapes.tools import Question, Tool
from monitor.review.reading import tools
from monitor.review.reading.model import Risk
from monitor.review.reading.tools import OVERALL, Appraised, Judged

__all__ = ["OVERALL", "judged", "overall_of", "questions", "said", "stand"]


def said(risk: Risk) -> dict[str, str]:
    """Give the bare answers by question."""
    return {question: answered.answer for question, answered in risk.answers.items()}


def judged(risk: Risk) -> dict[str, Judged]:
    """Give the reviewer's own judgements by domain, or of the whole."""
    return {part: Judged(own.judgement, own.reason) for part, own in risk.overrides.items()}


def stand(tool: Tool, risk: Risk) -> Appraised:
    """Say where an appraisal stands: what is asked, what is missing, what it comes to."""
    return tools.stand(tool, said(risk), judged(risk))


def overall_of(known: Mapping[str, Tool], risk: Risk) -> str | None:
    """Give the overall judgement of a result, of whichever tool; None: it has none yet."""
    if risk.stated:
        return risk.stated.value
    tool = known.get(risk.tool)
    return stand(tool, risk).overall.judgement if tool else None


def questions(tool: Tool) -> dict[str, tuple[Question, ...]]:
    """Give a tool's questions by domain, in order; those before all others come first."""
    first = {"screening": tool.screening.questions} if tool.screening else {}
    return first | {domain.id: domain.questions for domain in tool.domains}
