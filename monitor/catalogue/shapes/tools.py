"""The shapes of the field's appraisal tools: questions, when each is asked, and how they judge.

A judgement is the first rule whose every condition holds; a domain of several parts takes the
worst of them. Where a tool publishes no rule for a case, ``then = "asked"`` says so: the reviewer
judges, and nothing is invented. A tool that leaves a case open, has a rule or a question that
nothing can reach, or speaks of what it does not have, is refused by the loader
(``tool_checks``).
"""

from enum import StrEnum

from pydantic import Field

from monitor.catalogue.shapes.models import Data, Text
from monitor.catalogue.words import RiskOfBias

Condition = dict[str, tuple[str, ...]]  # question → answers, all of which have to hold

ASKED = "asked"  # no rule is published for this case: the reviewer judges


class StudyDesign(StrEnum):
    """How people came into the groups compared; decides which tool fits."""

    INDIVIDUAL = "individual"
    CLUSTER = "cluster"
    QUASI = "quasi"
    SINGLE_GROUP = "single-group"
    CASE = "case"


class Question(Data):
    """A signalling question; asked where any of ``asked`` holds, or always.

    ``answers`` are its own where they differ from the tool's. ``good`` are those that speak for
    a low risk of bias: guidance where the judgement is the reviewer's.
    """

    id: Text
    text: Text
    asked: tuple[Condition, ...] = ()
    answers: tuple[Text, ...] = ()
    good: tuple[Text, ...] = ()


class Rule(Data):
    """When every condition holds, the judgement is ``then``; ``asked``: the reviewer's."""

    when: Condition
    then: Text


class ToolPart(Data):
    """Rules, tried in order."""

    rules: tuple[Rule, ...] = Field(min_length=1)


class Domain(Data):
    """One kind of bias: its questions in order, and the parts its judgement is the worst of.

    Without parts the judgement is the reviewer's, or there is none (a checklist).
    """

    id: Text
    name: Text
    questions: tuple[Question, ...] = Field(min_length=1)
    parts: tuple[ToolPart, ...] = ()


class ScreeningQuestions(Data):
    """Questions before all others: where any of ``stops`` holds, the result is judged ``then``."""

    questions: tuple[Question, ...] = Field(min_length=1)
    stops: tuple[Condition, ...] = Field(min_length=1)
    then: Text


class Tool(Data):
    """A published tool; its judgements stand best first.

    ``judgements`` is empty for a checklist, whose ``overall`` words are the reviewer's choice;
    where ``overall`` is empty, the worst domain decides. ``designs`` are those it fits; which of
    several is asked for, ``policies.toml`` says. ``risk`` says what an overall word is in the
    words that evidence is graded by; a word that is not in it has none there. ``meanings`` are
    of answers, where they are not plain words.
    """

    id: Text  # its file's name
    name: Text
    version: Text
    source: Text | None = None
    licence: Text | None = None
    note: Text | None = None  # what a reviewer should know of it
    unchecked: Text | None = None  # what of it was not held against the official form, and why
    designs: tuple[StudyDesign, ...] = Field(min_length=1)
    answers: tuple[Text, ...] = Field(min_length=2)
    meanings: dict[Text, Text] = Field(default_factory=dict)
    judgements: tuple[Text, ...] = ()
    overall: tuple[Text, ...] = ()
    risk: dict[Text, RiskOfBias] = Field(default_factory=dict)
    screening: ScreeningQuestions | None = None
    domains: tuple[Domain, ...] = Field(min_length=1)

    @classmethod
    def of_file(cls, name: str, raw: bytes) -> dict[str, str]:  # noqa: ARG003 - the name alone says it
        """Give the tool's name, which is its file's."""
        return {"id": name}

    @property
    def reference(self) -> str:
        """The tool with its version, as kept with each appraisal: ``rob2@2019-08``."""
        return f"{self.id}@{self.version}"

    @property
    def overall_words(self) -> tuple[str, ...]:
        """What a result may be judged as a whole."""
        return self.overall or self.judgements

    def answers_to(self, question: Question) -> tuple[str, ...]:
        """The answers that a question takes."""
        return question.answers or self.answers
