"""The shapes of the field's appraisal tools: questions, when each is asked, and how they judge.

A judgement is the first rule whose every condition holds; a domain of several parts takes the
worst of them. A tool that leaves a case open, or asks by what is never answered, is refused.
"""

from typing import Self

from pydantic import Field, model_validator

from monitor.catalogue.models import Data, Text

Condition = dict[str, tuple[str, ...]]  # question → answers, all of which have to hold


class Question(Data):
    """A signalling question; asked where any of ``asked`` holds, or always."""

    id: Text
    text: Text
    asked: tuple[Condition, ...] = ()


class Rule(Data):
    """When every condition holds, the judgement is ``then``."""

    when: Condition
    then: Text


class Part(Data):
    """Rules, tried in order; the last one takes the rest."""

    rules: tuple[Rule, ...] = Field(min_length=1)


class Domain(Data):
    """One kind of bias: its questions in order, and the parts its judgement is the worst of."""

    id: Text
    name: Text
    questions: tuple[Question, ...] = Field(min_length=1)
    parts: tuple[Part, ...] = Field(min_length=1)


class Tool(Data):
    """A published tool; its judgements stand best first."""

    name: Text
    version: Text
    designs: tuple[Text, ...] = Field(min_length=1)
    answers: tuple[Text, ...] = Field(min_length=2)
    judgements: tuple[Text, ...] = Field(min_length=2)
    domains: tuple[Domain, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _total(self) -> Self:
        for domain in self.domains:
            before: set[str] = set()
            for question in domain.questions:
                self._known(domain, before, question.asked)
                before.add(question.id)
            for part in domain.parts:
                self._known(domain, before, tuple(rule.when for rule in part.rules))
                if part.rules[-1].when:
                    raise ValueError(f"{domain.id}: the last rule must take the rest")
                if unknown := {rule.then for rule in part.rules} - set(self.judgements):
                    raise ValueError(f"{domain.id}: {', '.join(sorted(unknown))}: no judgement")
        return self

    def _known(self, domain: Domain, before: set[str], conditions: tuple[Condition, ...]) -> None:
        for condition in conditions:
            if unknown := set(condition) - before:
                raise ValueError(f"{domain.id}: {', '.join(sorted(unknown))} is not asked before")
            if odd := {a for answers in condition.values() for a in answers} - set(self.answers):
                raise ValueError(f"{domain.id}: {', '.join(sorted(odd))}: no answer of this tool")
