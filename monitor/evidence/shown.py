"""What trials since the review show, as ledgers keep it and readers are told. Pure.

The third of the three statements (``method/findings.md`` §6): one line for each kind of comparator
and outcome class. Everything behind a line is worked out anew from the results whenever it is asked.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from monitor.catalogue.words import Label, ResultClass
from monitor.evidence.synthesis.findings import MainFinding
from monitor.evidence.synthesis.harm_words import for_readers
from monitor.evidence.synthesis.labels import label
from monitor.kernel.language import english

_DIGITS = 6  # of an estimate, as ledgers keep it: far more than are told, which are rounded once


@dataclass(frozen=True, slots=True)
class ShownFinding:
    """What trials since the review show against one kind of comparator, in one outcome class.

    The estimate and its interval are standardised mean differences, more is better; None where no
    size is known or the results disagree. ``words`` is the label with what it adds. ``read``: the
    headline rests on it.
    """

    comparator_class: str
    outcome_class: str
    label: Label
    words: str
    estimate: float | None
    low: float | None
    high: float | None
    k: int
    people: int | None
    randomised: bool
    read: bool = False

    @property
    def told(self) -> str:
        """The label with what it adds, as readers see it."""
        return for_readers(self.words, self.outcome_class)

    @property
    def told_label(self) -> str:
        """The label alone, as readers see it."""
        return for_readers(self.label, self.outcome_class)

    def to_dict(self) -> dict[str, Any]:
        """Make the JSON that ledgers keep."""
        return {name: getattr(self, name) for name in self.__slots__}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Read the JSON that ledgers keep.

        Raises:
            TypeError, ValueError: the ledger holds something else.
        """
        return cls(**{**data, "label": Label(data["label"])})

    @classmethod
    def of(cls, finding: MainFinding, delta: float) -> Self:
        """Keep of a finding what readers are told first."""
        line, pool = finding.main, finding.main.pool
        return cls(
            comparator_class=finding.comparator_class,
            outcome_class=finding.outcome_class,
            label=label(pool, delta) if pool else Label.NOTHING,
            words=line.label,
            estimate=_rounded(pool.estimate if pool else None),
            low=_rounded(pool.ci_low if pool else None),
            high=_rounded(pool.ci_high if pool else None),
            k=line.k or finding.signs.heard,
            people=line.people,
            randomised=bool(finding.index) and all(entry.randomised for entry in finding.index),
        )


def _rounded(value: float | None) -> float | None:
    # adding 0.0 makes -0.0 one with 0.0: a ledger's bytes must not hang on a sign without meaning
    return None if value is None else round(value, _DIGITS) + 0.0


def gone(line: ShownFinding) -> ShownFinding:
    """Give what is shown at a line's place once none of its studies counts any more."""
    return ShownFinding(
        comparator_class=line.comparator_class,
        outcome_class=line.outcome_class,
        label=Label.NOTHING,
        words=Label.NOTHING.value,
        estimate=None,
        low=None,
        high=None,
        k=0,
        people=None,
        randomised=False,
    )


def speaker(line: ShownFinding) -> str:
    """Say who shows it: trials, or studies whose groups chance did not make."""
    return "trials since" if line.randomised or not line.k else "studies since, not randomised,"


def place(line: ShownFinding | MainFinding) -> str:
    """Say of what a line or a finding tells: "for children’s attachment, against usual care or the like"."""
    return f"for {OUTCOMES[line.outcome_class]}, against {COMPARATORS[line.comparator_class]}"


def subject_of(line: ShownFinding) -> str:
    """Say in few words, for a mail's subject, which outcomes a line tells of."""
    return OUTCOMES[line.outcome_class].partition(",")[0]


# one with the titles in catalogue/sentences/findings.toml
OUTCOMES = {
    ResultClass.ATTACHMENT.value: "children’s attachment",
    ResultClass.PROXIMAL.value: "what leads to attachment, such as parents’ sensitivity",
    ResultClass.CHILD.value: "other outcomes of children",
    ResultClass.PARENT.value: "other outcomes of parents",
    ResultClass.HARM.value: "harms",
    ResultClass.OTHER.value: "other outcomes",
    "": "outcomes of no stated class",
}
COMPARATORS = {
    "usual care": "usual care or the like",
    "active": "another kind of help",
    "another of the ten": "another of the ten interventions",
}


def figures(line: ShownFinding) -> str:
    """Tell a line's figures, people first: "2 trials, 233 people, standardised difference 0.43 (0.13 to 0.73)"."""
    if not line.k:
        return "no study that can be read here"
    noun, many = (
        ("trial", None) if line.randomised else ("study not randomised", "studies not randomised")
    )
    trials = english.plural(line.k, noun, many)
    people = (
        "number of people compared not known" if line.people is None else f"{line.people:,} people"
    )
    if line.estimate is None or line.low is None or line.high is None:
        return f"{trials}, {people}"
    interval = f"{signed(line.low)} to {signed(line.high)}"
    return f"{trials}, {people}, standardised difference {signed(line.estimate)} ({interval})"


def signed(value: float) -> str:
    """Write an effect with two digits and a true minus."""
    return f"{value:.2f}".replace("-", "−")
