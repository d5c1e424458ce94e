"""What answers to a published tool add up to: domain by domain, and over all. Pure.

The algorithms are the tools' own, held as data in ``catalogue/tools``.
"""

from collections.abc import Mapping

from monitor.catalogue.appraisal import Condition, Domain, Question, Tool
from monitor.kernel.errors import InvalidInput


def asked(domain: Domain, answers: Mapping[str, str]) -> tuple[Question, ...]:
    """The questions of a domain that apply, given the answers so far, in order."""
    questions: list[Question] = []
    for question in domain.questions:
        applies = {earlier.id for earlier in questions}
        heard = {name: answer for name, answer in answers.items() if name in applies}
        if not question.asked or any(_holds(when, heard) for when in question.asked):
            questions.append(question)
    return tuple(questions)


def judge_domain(tool: Tool, domain: Domain, answers: Mapping[str, str]) -> str:
    """Judge one domain by the tool's own algorithm; answers to what is not asked are not heard.

    Raises:
        InvalidInput: a question that is asked has no answer, or one that the tool does not know.
    """
    heard: dict[str, str] = {}
    for question in asked(domain, answers):
        answer = answers.get(question.id, "")
        if not answer:
            raise InvalidInput(f"{question.id}: is asked and has no answer", field=question.id)
        if answer not in tool.answers:
            known = ", ".join(tool.answers)
            raise InvalidInput(f"{question.id}: {answer!r} is none of {known}", field=question.id)
        heard[question.id] = answer
    judgements = [
        next(rule.then for rule in part.rules if _holds(rule.when, heard)) for part in domain.parts
    ]
    return max(judgements, key=tool.judgements.index)


def judge_overall(tool: Tool, judgements: Mapping[str, str]) -> str:
    """Judge a result from its domains: the worst of them.

    That several domains of some concerns may add up to high is a reviewer's decision with a
    reason, never a number: the tool's authors fix none.
    """
    return max(judgements.values(), key=tool.judgements.index)


def _holds(when: Condition, heard: Mapping[str, str]) -> bool:
    return all(heard.get(question) in answers for question, answers in when.items())
