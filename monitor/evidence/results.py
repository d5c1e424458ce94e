"""One result of a study as the results table has it: read, checked, refused with a sentence. Pure.

The table is what ``lab extract`` and ``lab findings`` read. Any column may be missing or empty;
a value that cannot be is refused with its column named, never mended in silence.
"""

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from monitor.catalogue.words import ComparatorClass, EffectType, ResultClass
from monitor.kernel.errors import InvalidInput

ANOTHER = "another of the ten"
NOT_RANDOMISED = "not randomised"

COMPARATORS = tuple(word.value for word in ComparatorClass)
CLASSES = tuple(word.value for word in ResultClass if word is not ResultClass.OTHER)
RISKS = (
    "low",
    "some concerns",
    "high",
    "moderate",
    "serious",
    "critical",
    "no information",
)


class Allocation(StrEnum):
    """How people came into the arms."""

    INDIVIDUAL = "individual"
    CLUSTER = "cluster"
    QUASI = "quasi"
    NONE = "none"
    UNKNOWN = ""


RANDOMISED = frozenset({Allocation.INDIVIDUAL, Allocation.CLUSTER})
_ALLOCATIONS = {
    "individual": Allocation.INDIVIDUAL,
    "randomised": Allocation.INDIVIDUAL,
    "randomized": Allocation.INDIVIDUAL,
    "individually randomised": Allocation.INDIVIDUAL,
    "cluster": Allocation.CLUSTER,
    "cluster randomised": Allocation.CLUSTER,
    "quasi": Allocation.QUASI,
    "quasi-experimental": Allocation.QUASI,
    "non-randomised": Allocation.QUASI,
    "not randomised": Allocation.QUASI,
    "none": Allocation.NONE,
    "single-group": Allocation.NONE,
    "": Allocation.UNKNOWN,
}


@dataclass(frozen=True, slots=True)
class Result:
    """One result, as reported. Counts are people; ``months`` count from the end of treatment.

    ``benefit`` is 1 where a higher effect favours the intervention, -1 where a lower one does.
    """

    study: str
    intervention: str
    variant: str
    comparator: str
    comparator_class: str
    allocation: Allocation
    effect_type: EffectType
    outcome_class: str
    outcome: str = ""
    measure: str = ""
    informant: str = ""
    population: str = ""
    prespecified: str = ""
    risk_of_bias: str = ""
    first_results: str = ""
    developer_led: bool | None = None
    uk: bool | None = None
    in_review: bool | None = None
    benefit: int = 1
    months: float | None = None
    cluster_size: float | None = None
    icc: float | None = None
    n_i: int | None = None
    n_c: int | None = None
    events_i: int | None = None
    events_c: int | None = None
    mean_i: float | None = None
    sd_i: float | None = None
    mean_c: float | None = None
    sd_c: float | None = None
    effect: float | None = None
    ci_low: float | None = None
    ci_high: float | None = None
    se: float | None = None
    p: float | None = None

    @property
    def randomised(self) -> bool:
        """Whether chance put people into the two groups compared."""
        return self.allocation in RANDOMISED and self.comparator_class != NOT_RANDOMISED

    @property
    def people(self) -> int | None:
        """How many people the two groups held; None: not known."""
        return None if self.n_i is None or self.n_c is None else self.n_i + self.n_c


def read_row(row: Mapping[str, str | None], slugs: Collection[str]) -> Result:
    """Read one row of the results table.

    Raises:
        InvalidInput: something required is missing, or a value cannot be; the sentence names the column.
    """
    cells = _Cells(row)
    intervention = cells.word("intervention")
    if intervention not in slugs:
        raise InvalidInput(f"intervention: {intervention or 'nothing'!r} is none of the ten")
    comparator = cells.text("comparator")
    return Result(
        study=cells.required("study"),
        intervention=intervention,
        variant=cells.text("variant"),
        comparator=comparator,
        comparator_class=_comparator(cells, comparator, slugs, intervention),
        allocation=_allocation(cells),
        effect_type=_effect_type(cells),
        outcome_class=cells.one_of("outcome_class", CLASSES),
        outcome=cells.text("outcome"),
        measure=cells.text("measure"),
        informant=cells.word("informant"),
        population=cells.text("population"),
        prespecified=cells.word("prespecified"),
        risk_of_bias=cells.one_of("risk_of_bias", RISKS),
        first_results=cells.text("first_results"),
        developer_led=cells.yes_no("developer_led"),
        uk=cells.yes_no("uk"),
        in_review=cells.yes_no("in_review"),
        benefit=_benefit(cells),
        months=cells.number("months_after_end"),
        cluster_size=cells.number("cluster_size", least=1),
        icc=cells.number("icc", least=0, most=1),
        **_counts(cells),
        **_effect(cells),
    )


def _counts(cells: "_Cells") -> dict[str, Any]:
    counts = {name: cells.count(name) for name in ("n_i", "n_c", "events_i", "events_c")}
    for arm in ("i", "c"):
        people, events = counts[f"n_{arm}"], counts[f"events_{arm}"]
        if people == 0:
            raise InvalidInput(f"n_{arm}: an arm of 0 people has no result")
        if people is not None and events is not None and events > people:
            raise InvalidInput(f"events_{arm}: {events} events cannot happen to {people} people")
    return counts


def _effect(cells: "_Cells") -> dict[str, Any]:
    names = ("mean_i", "mean_c", "effect", "ci_low", "ci_high")
    numbers = {name: cells.number(name) for name in names}
    for name in ("sd_i", "sd_c", "se"):
        numbers[name] = value = cells.number(name)
        if value is not None and value <= 0:
            raise InvalidInput(f"{name}: has to be more than 0")
    numbers["p"] = cells.number("p", least=0, most=1)
    return numbers


def _comparator(cells: "_Cells", comparator: str, slugs: Collection[str], intervention: str) -> str:
    if comparator.casefold() == intervention:
        raise InvalidInput(f"comparator: {intervention} cannot be compared with itself")
    if comparator.casefold() in slugs:
        return ANOTHER
    stated = cells.one_of("comparator_class", COMPARATORS)
    return stated or (comparator.casefold() if comparator.casefold() in COMPARATORS else "")


def _allocation(cells: "_Cells") -> Allocation:
    said = cells.word("allocation")
    if said not in _ALLOCATIONS:
        raise InvalidInput(f"allocation: {said!r} is none of individual, cluster, quasi, none")
    return _ALLOCATIONS[said]


def _effect_type(cells: "_Cells") -> EffectType:
    said = cells.text("effect_type")
    known = {kind.value.casefold(): kind for kind in EffectType}
    if said.casefold() in known:
        return known[said.casefold()]
    if said:
        raise InvalidInput(f"effect_type: {said!r} is none of {', '.join(EffectType)}")
    if cells.text("events_i") or cells.text("events_c"):
        return EffectType.TABLE
    if cells.text("mean_i") or cells.text("mean_c"):
        return EffectType.MEANS
    raise InvalidInput(f"effect_type: say which of {', '.join(EffectType)}")


def _benefit(cells: "_Cells") -> int:
    benefit = cells.number("benefit")
    if benefit is None:
        return 1
    if benefit not in (1, -1):
        raise InvalidInput("benefit: 1 where more is better, -1 where less is")
    return int(benefit)


class _Cells:
    """The cells of one row, by column; missing and empty ones are one."""

    def __init__(self, row: Mapping[str, str | None]) -> None:
        self._row = {(name or "").strip().casefold(): value for name, value in row.items()}

    def text(self, name: str) -> str:
        return " ".join((self._row.get(name) or "").split())

    def word(self, name: str) -> str:
        return self.text(name).casefold()

    def required(self, name: str) -> str:
        if found := self.text(name):
            return found
        raise InvalidInput(f"{name}: is missing")

    def one_of(self, name: str, words: Collection[str]) -> str:
        found = self.word(name)
        if found and found not in words:
            raise InvalidInput(f"{name}: {found!r} is none of {'; '.join(words)}")
        return found

    def yes_no(self, name: str) -> bool | None:
        said = self.word(name)
        if said in {"", "unknown", "not known"}:
            return None
        if said not in {"yes", "no", "true", "false", "1", "0"}:
            raise InvalidInput(f"{name}: {said!r} is none of yes, no, unknown")
        return said in {"yes", "true", "1"}

    def number(
        self, name: str, *, least: float = -math.inf, most: float = math.inf
    ) -> float | None:
        said = self.text(name).replace("−", "-")
        if not said:
            return None
        try:
            value = float(said)
        except ValueError:
            raise InvalidInput(f"{name}: {said!r} is not a number") from None
        if not math.isfinite(value):
            raise InvalidInput(f"{name}: {said!r} is not a number")
        if not least <= value <= most:
            raise InvalidInput(f"{name}: {said} is outside {least:g} to {most:g}")
        return value

    def count(self, name: str) -> int | None:
        value = self.number(name, least=0)
        if value is not None and value != int(value):
            raise InvalidInput(f"{name}: {value:g} is not a whole number")
        return None if value is None else int(value)
