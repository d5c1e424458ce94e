"""The shapes of what pages and mails say of findings: one sentence for each label. Frozen data."""

import string
from functools import cached_property
from typing import Self

from pydantic import Field, model_validator

from monitor.catalogue.shapes.models import Data, Text
from monitor.catalogue.words import ComparatorClass, Label, ResultClass

POOLS = ("usual care", "active", "another of the ten")
_CLASSES = ("", *(kind.value for kind in ResultClass if kind is not ResultClass.OTHER))
# What is said of harms in other words: whatever says who did better, or what would be worth having.
_SETTLED = (Label.BENEFIT, Label.PROBABLE, Label.SLIGHT, Label.COMPARISON, Label.NOT_SETTLED)
_OF_HARMS = ("leans_to_benefit", "leans_to_comparison", "varies", "varies_harm", "fits_both",
             "fits_benefit", "fits_loss", "unlike", "right")  # fmt: skip
_PLACES = frozenset(
    ("it", "who", "Who", "what", "comparator", "trials", "Trials", "fits", "least", "most")
)


class LabelSentence(Data):
    """A label's sentence, where one study stands behind it and where several do.

    ``counted``: how many of 100 people that is may follow.
    """

    one: Text
    many: Text
    counted: bool = False


class SignsSentences(Data):
    """What is said of results whose size is not known."""

    one: Text
    many: Text
    beside: Text
    towards: Text
    away: Text
    neither: Text


class Adds(Data):
    """What a sentence adds: which way it leans, what it fits, how far settings vary."""

    leans_to_benefit: Text
    leans_to_comparison: Text
    varies: Text
    varies_harm: Text
    fits_both: Text
    fits_benefit: Text
    fits_loss: Text
    unlike: Text
    right: Text
    not_randomised: Text
    not_effective: Text


class Frequencies(Data):
    """How many of 100 people: from events, or the share above the comparison's average."""

    events: Text
    share: Text


class Nouns(Data):
    """What studies are called: those that are all randomised trials, and others."""

    one_trial: Text
    trials: Text
    one_study: Text
    studies: Text


class ClassWords(Data):
    """What a class of outcomes is called, whom it is about, and in what they do better."""

    title: Text
    who: Text
    one_of: Text
    many_of: Text
    what: Text


class HarmSentences(Data):
    """What is said of harms instead: fewer or more of them, never better or worse."""

    labels: dict[str, LabelSentence]
    signs: SignsSentences
    adds: dict[str, Text]
    share: Text


class FindingSentences(Data):
    """Everything that is said of findings. Total: every label, class, pool and comparison has words."""

    labels: dict[str, LabelSentence]
    signs: SignsSentences
    adds: Adds
    frequencies: Frequencies
    nouns: Nouns
    classes: dict[str, ClassWords]
    comparators: dict[str, Text]
    comparisons: dict[str, Text] = Field(min_length=1)
    harms: HarmSentences

    def of(self, outcome_class: str) -> "FindingSentences":
        """Give the sentences for a class of outcomes: of harms, their own."""
        if outcome_class != ResultClass.HARM:
            return self
        return self._of_harms

    @cached_property
    def _of_harms(self) -> "FindingSentences":
        own = self.harms
        return self.model_copy(
            update={
                "labels": self.labels | own.labels,
                "signs": own.signs,
                "adds": self.adds.model_copy(update=own.adds),
                "frequencies": self.frequencies.model_copy(update={"share": own.share}),
            }
        )

    @model_validator(mode="after")
    def _total(self) -> Self:
        kinds = [kind.value for kind in ComparatorClass]
        for name, wanted, held in (
            ("labels", tuple(Label), self.labels),
            ("classes", _CLASSES, self.classes),
            ("comparators", POOLS, self.comparators),
            ("comparisons", kinds, self.comparisons),
            ("harms.labels", _SETTLED, self.harms.labels),
            ("harms.adds", _OF_HARMS, self.harms.adds),
        ):
            if set(wanted) != set(held):
                wrong = sorted(set(wanted) ^ set(held))
                raise ValueError(f"{name}: must be exactly one for each; wrong: {wrong}")
        return self

    @model_validator(mode="after")
    def _places_known(self) -> Self:
        every = [*self.labels.items(), *self.harms.labels.items()]
        for label, sentence in every:
            for text in (sentence.one, sentence.many):
                unknown = {name for _, name, _, _ in string.Formatter().parse(text) if name}
                if unknown - _PLACES:
                    raise ValueError(f"labels.{label}: no such place: {sorted(unknown - _PLACES)}")
        return self
