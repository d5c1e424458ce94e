"""What answers to a published tool add up to: domain by domain, and over all. Pure.

The algorithms are the tools' own, held as data in ``catalogue/tools``. ``stand`` is the door: a
tool and the answers so far in; the questions that apply now, what is missing, each domain's
judgement and the overall one out. A case without a published rule has no computed judgement.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from monitor.catalogue.shapes.tool_checks import asked_of, holds
from monitor.catalogue.shapes.tools import ASKED, Domain, Question, StudyDesign, Tool, ToolPart
from monitor.catalogue.words import Design, RiskOfBias
from monitor.kernel.errors import InvalidInput

OVERALL = "overall"  # the name of the judgement of the whole, beside the domains' own


@dataclass(frozen=True, slots=True)
class ToolAnswer:
    """A reviewer's answer to one question, with the words it rests on and where they stand."""

    value: str
    quote: str = ""
    place: str = ""  # "page 4", "table 2"


@dataclass(frozen=True, slots=True)
class Judged:
    """A judgement that a reviewer gave. One that departs from the tool's own needs a reason."""

    value: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class PartJudged:
    """How far one domain, or the whole, has come.

    ``computed`` is the tool's own judgement, None where the answers do not suffice yet or no rule
    is published; ``judgement`` is what stands: the reviewer's, or else the computed one.
    ``missing`` names the questions asked and not answered, and at last the judgement itself where
    it is the reviewer's to give.
    """

    id: str
    name: str
    asked: tuple[Question, ...]
    missing: tuple[str, ...]
    computed: str | None
    judgement: str | None
    by_reviewer: bool  # the judgement is the reviewer's to give: nothing computes it
    against: tuple[str, ...]  # questions whose answers speak against a low risk, as guidance

    @property
    def overridden(self) -> bool:
        """Whether the reviewer's judgement departs from the computed one."""
        return self.computed is not None and self.judgement != self.computed


@dataclass(frozen=True, slots=True)
class Appraised:
    """Where an appraisal stands: what is asked now, what is missing, what it adds up to."""

    tool: str  # "rob2@2019-08"
    screening: PartJudged | None
    domains: tuple[PartJudged, ...]
    overall: PartJudged
    risk: RiskOfBias | None  # in the words that evidence is graded by; None: it has none

    @property
    def parts(self) -> tuple[PartJudged, ...]:
        """The screening, if any, and the domains, in order."""
        return (*([self.screening] if self.screening else []), *self.domains)

    @property
    def asked(self) -> tuple[Question, ...]:
        """Every question that applies now, in order."""
        return tuple(question for part in self.parts for question in part.asked)

    @property
    def missing(self) -> tuple[str, ...]:
        """Everything that is still to be said, in order."""
        return (*(name for part in self.parts for name in part.missing), *self.overall.missing)

    @property
    def complete(self) -> bool:
        """Whether nothing is missing."""
        return not self.missing


@dataclass(frozen=True, slots=True)
class ToolProblem:
    """What is wrong with one answer or judgement; ``field`` is its question, domain or the whole."""

    field: str
    message: str


def stand(
    tool: Tool, answers: Mapping[str, ToolAnswer | str], judged: Mapping[str, Judged] | None = None
) -> Appraised:
    """Say where an appraisal stands. Total: answers that the tool does not know are not heard.

    ``judged`` holds what the reviewer judged, by domain or ``OVERALL``. Once the screening has
    decided, nothing further is asked.
    """
    given, heard = judged or {}, _values(answers)
    screening = _screening(tool, heard)
    stopped = screening is not None and screening.computed is not None
    domains = () if stopped else tuple(_domain(tool, d, heard, given) for d in tool.domains)
    overall = _overall(tool, screening, domains, given)
    return Appraised(
        tool=tool.reference,
        screening=screening,
        domains=domains,
        overall=overall,
        risk=risk_for_grading(tool, overall.judgement),
    )


def problems(
    tool: Tool, answers: Mapping[str, ToolAnswer | str], judged: Mapping[str, Judged] | None = None
) -> tuple[ToolProblem, ...]:
    """Say everything that stands in the way of a complete appraisal.

    What the tool does not know comes first; then, in the order of the form, what is missing and
    what departs from the tool without a reason.
    """
    given = judged or {}
    standing = stand(tool, answers, given)
    listed = [*_unknown_answers(tool, answers), *_unknown_judgements(tool, given)]
    unfit = {problem.field for problem in listed}
    for part in (*standing.parts, standing.overall):
        listed += [
            ToolProblem(name, f"{name}: is asked and has no {_what(part, name)}")
            for name in part.missing
            if name not in unfit
        ]
        if part.overridden and not given[part.id].reason.strip():
            listed.append(
                ToolProblem(
                    part.id,
                    f"{part.id}: the tool's own judgement is {part.computed}: "
                    f"say why it is {part.judgement}",
                )
            )
    return tuple(listed)


def risk_for_grading(tool: Tool, overall: str | None) -> RiskOfBias | None:
    """Put an overall judgement into the words that evidence is graded by; None: it has none.

    A checklist without judgements of risk has none, nor has *no information*: such a study counts
    as a study, and never as a sound one.
    """
    return tool.risk.get(overall) if overall else None


def design_for_tool(design: Design, *, by_cluster: bool = False) -> StudyDesign:
    """Say which of the tools' designs a study's is; ``by_cluster``: clusters were randomised."""
    if design is Design.RANDOMISED:
        return StudyDesign.CLUSTER if by_cluster else StudyDesign.INDIVIDUAL
    return {
        Design.NON_RANDOMISED: StudyDesign.QUASI,
        Design.SINGLE_GROUP: StudyDesign.SINGLE_GROUP,
        Design.CASE: StudyDesign.CASE,
    }[design]


def asked(domain: Domain, answers: Mapping[str, str]) -> tuple[Question, ...]:
    """The questions of a domain that apply, given the answers so far, in order."""
    return tuple(asked_of(domain.questions, answers))


def judge_domain(tool: Tool, domain: Domain, answers: Mapping[str, str]) -> str:
    """Judge one domain by the tool's own algorithm; answers to what is not asked are not heard.

    Raises:
        InvalidInput: a question that is asked has no answer, or one that the tool does not know;
            or no rule is published for these answers.
    """
    questions = asked(domain, answers)
    for question in questions:
        answer = answers.get(question.id, "")
        if not answer:
            raise InvalidInput(f"{question.id}: is asked and has no answer", field=question.id)
        if answer not in tool.answers_to(question):
            known = ", ".join(tool.answers_to(question))
            raise InvalidInput(f"{question.id}: {answer!r} is none of {known}", field=question.id)
    judgement = _computed(
        tool, domain, {answered.id: answers[answered.id] for answered in questions}
    )
    if judgement is None:
        raise InvalidInput(
            f"{domain.id}: {tool.name} publishes no rule for these answers: judge it yourself",
            field=domain.id,
        )
    return judgement


def judge_overall(tool: Tool, judgements: Mapping[str, str]) -> str:
    """Judge a result from its domains: the worst of them.

    That several domains of some concerns may add up to high is a reviewer's decision with a
    reason, never a number: the tool's authors fix none.
    """
    return max(judgements.values(), key=tool.judgements.index)


def _values(answers: Mapping[str, ToolAnswer | str]) -> dict[str, str]:
    return {
        name: answer.value if isinstance(answer, ToolAnswer) else answer
        for name, answer in answers.items()
    }


def _screening(tool: Tool, heard: Mapping[str, str]) -> PartJudged | None:
    if tool.screening is None:
        return None
    questions = tuple(asked_of(tool.screening.questions, heard))
    said = _heard(tool, questions, heard)
    stops = any(holds(when, said) for when in tool.screening.stops)
    return PartJudged(
        id="screening",
        name="Whether to go on",
        asked=questions,
        missing=() if stops else tuple(q.id for q in questions if q.id not in said),
        computed=tool.screening.then if stops else None,
        judgement=tool.screening.then if stops else None,
        by_reviewer=False,
        against=_against(questions, said),
    )


def _domain(
    tool: Tool, domain: Domain, heard: Mapping[str, str], given: Mapping[str, Judged]
) -> PartJudged:
    questions = asked(domain, heard)
    said = _heard(tool, questions, heard)
    missing = [question.id for question in questions if question.id not in said]
    computed = None if missing else _computed(tool, domain, said)
    by_reviewer = bool(tool.judgements) and not missing and computed is None
    judgement = _given(given, domain.id, tool.judgements) or computed
    if by_reviewer and judgement is None:
        missing.append(domain.id)
    return PartJudged(
        id=domain.id,
        name=domain.name,
        asked=questions,
        missing=tuple(missing),
        computed=computed,
        judgement=judgement,
        by_reviewer=by_reviewer,
        against=_against(questions, said),
    )


def _overall(
    tool: Tool,
    screening: PartJudged | None,
    domains: tuple[PartJudged, ...],
    given: Mapping[str, Judged],
) -> PartJudged:
    whole = all(not part.missing for part in (*([screening] if screening else []), *domains))
    computed = None
    if screening and screening.computed:
        computed = screening.computed
    elif not tool.overall and whole:
        computed = judge_overall(tool, {part.id: part.judgement or "" for part in domains})
    by_reviewer = whole and computed is None
    judgement = _given(given, OVERALL, tool.overall_words) or computed
    return PartJudged(
        id=OVERALL,
        name="The result as a whole",
        asked=(),
        missing=(OVERALL,) if by_reviewer and judgement is None else (),
        computed=computed,
        judgement=judgement,
        by_reviewer=by_reviewer,
        against=tuple(p.id for p in domains if tool.judgements and p.judgement not in _best(tool)),
    )


def _best(tool: Tool) -> tuple[str | None, ...]:
    return (None, tool.judgements[0])


def _heard(tool: Tool, questions: Iterable[Question], heard: Mapping[str, str]) -> dict[str, str]:
    """The answers to what is asked that the tool knows."""
    return {
        question.id: heard[question.id]
        for question in questions
        if heard.get(question.id) in tool.answers_to(question)
    }


def _against(questions: Iterable[Question], said: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(q.id for q in questions if q.good and said.get(q.id, q.good[0]) not in q.good)


def _given(given: Mapping[str, Judged], name: str, words: tuple[str, ...]) -> str | None:
    judged = given.get(name)
    return judged.value if judged and judged.value in words else None


def _computed(tool: Tool, domain: Domain, answers: Mapping[str, str]) -> str | None:
    """The tool's own judgement of a domain by the answers to what is asked; None: none is published.

    The worst of the parts; where one has no rule, only a worst that nothing can exceed stands.
    """
    parts = [_of_part(part, answers) for part in domain.parts]
    known = [part for part in parts if part != ASKED]
    worst = max(known, key=tool.judgements.index, default=None)
    if len(known) == len(parts) or worst == tool.judgements[-1]:
        return worst
    return None


def _of_part(part: ToolPart, heard: Mapping[str, str]) -> str:
    return next(rule.then for rule in part.rules if holds(rule.when, heard))


def _unknown_answers(tool: Tool, answers: Mapping[str, ToolAnswer | str]) -> Iterator[ToolProblem]:
    screening = tool.screening.questions if tool.screening else ()
    questions = [
        *screening,
        *(question for domain in tool.domains for question in domain.questions),
    ]
    values = _values(answers)
    for question in questions:
        answer = values.pop(question.id, "")
        known = tool.answers_to(question)
        if answer and answer not in known:
            yield ToolProblem(
                question.id, f"{question.id}: {answer!r} is none of {', '.join(known)}"
            )
    for name in values:
        yield ToolProblem(name, f"{name}: is no question of {tool.name}")


def _unknown_judgements(tool: Tool, given: Mapping[str, Judged]) -> Iterator[ToolProblem]:
    words = {domain.id: tool.judgements for domain in tool.domains}
    words[OVERALL] = tool.overall_words
    for name, judged in given.items():
        if name not in words:
            yield ToolProblem(name, f"{name}: is no domain of {tool.name}")
        elif judged.value not in words[name]:
            known = ", ".join(words[name]) or "nothing: this tool does not judge its parts"
            yield ToolProblem(name, f"{name}: {judged.value!r} is none of {known}")


def _what(part: PartJudged, name: str) -> str:
    return "judgement" if name == part.id else "answer"
