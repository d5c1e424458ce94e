"""One result of a study as the results table has it: read, checked, refused with a sentence. Pure.

The table is what ``lab extract`` and ``lab findings`` read. Any column may be missing or empty;
a value that cannot be is refused with its column named, never mended in silence.
"""

import math
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum

from monitor.catalogue.words import ComparatorClass, EffectType, ResultClass
from monitor.kernel.errors import InvalidInput

ANOTHER = "another of the ten"
NOT_RANDOMISED = "not randomised"
MAX_COUNT = 10_000_000  # people of one arm, or what happened to them

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


# One number as papers print it; a typographer's dash in front is a minus.
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?", re.ASCII | re.IGNORECASE)
_DECIMAL_COMMA = re.compile(r"[+-]?\d*,\d+", re.ASCII)
_MINUS = dict.fromkeys(map(ord, "−–‒‑"), "-")


class Allocation(StrEnum):
    """How people came into the arms."""

    INDIVIDUAL = "individual"
    CLUSTER = "cluster"
    QUASI = "quasi"
    NONE = "none"
    UNKNOWN = ""


_NUMBERS = ("mean_i", "sd_i", "mean_c", "sd_c", "effect", "ci_low", "ci_high", "se", "p",
            "cluster_size", "icc")  # fmt: skip
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

    ``as_printed`` says where a figure that is hard to believe stands so; empty: nobody has said.
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
    as_printed: str = ""
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
    def people(self) -> int | None:
        """How many people the two groups held; None: not known."""
        return None if self.n_i is None or self.n_c is None else self.n_i + self.n_c


def read_row(row: Mapping[str, str | None], slugs: Collection[str]) -> Result:
    """Read one row of the results table.

    Raises:
        InvalidInput: something required is missing, or a value cannot be; the sentence names the column.
    """
    cells = Cells(row)
    intervention = cells.required("intervention").casefold()
    if intervention not in slugs:
        raise InvalidInput(f"intervention: {intervention!r} is none of the ten")
    comparator = cells.text("comparator")
    result = Result(
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
        as_printed=cells.text("as_printed"),
        developer_led=cells.yes_no("developer_led"),
        uk=cells.yes_no("uk"),
        in_review=cells.yes_no("in_review"),
        benefit=_benefit(cells),
        months=cells.number("months_after_end"),
        n_i=cells.count("n_i"),
        n_c=cells.count("n_c"),
        events_i=cells.count("events_i"),
        events_c=cells.count("events_c"),
        **{name: cells.number(name) for name in _NUMBERS},
    )
    check(result)
    return result


def check(result: Result) -> None:
    """Refuse counts and spreads that cannot be, wherever the result came from.

    Raises:
        InvalidInput: one cannot be; the sentence names the column.
    """
    _check_arm("i", result.n_i, result.events_i)
    _check_arm("c", result.n_c, result.events_c)
    for name, spread in (("sd_i", result.sd_i), ("sd_c", result.sd_c), ("se", result.se)):
        if spread is not None and not spread > 0:
            raise InvalidInput(f"{name}: has to be more than 0")
    for name, share in (("p", result.p), ("icc", result.icc)):
        if share is not None and not 0 <= share <= 1:
            raise InvalidInput(f"{name}: {share:g} is outside 0 to 1")
    if result.cluster_size is not None and not result.cluster_size >= 1:
        raise InvalidInput(f"cluster_size: {result.cluster_size:g} is below 1")


def _check_arm(arm: str, people: int | None, events: int | None) -> None:
    if people is not None and people <= 0:
        raise InvalidInput(f"n_{arm}: an arm of {people} people has no result")
    for name, count in (("n", people), ("events", events)):
        if count is not None and count > MAX_COUNT:
            raise InvalidInput(f"{name}_{arm}: no study has more than {MAX_COUNT:,} in one arm")
    if events is not None and events < 0:
        raise InvalidInput(f"events_{arm}: {events} is below 0")
    if people is not None and events is not None and events > people:
        raise InvalidInput(f"events_{arm}: {events} events cannot happen to {people} people")


def _comparator(cells: "Cells", comparator: str, slugs: Collection[str], intervention: str) -> str:
    if comparator.casefold() == intervention:
        raise InvalidInput(f"comparator: {intervention} cannot be compared with itself")
    stated = cells.one_of("comparator_class", COMPARATORS)
    if comparator.casefold() in slugs and stated != NOT_RANDOMISED:
        return ANOTHER
    return stated or (comparator.casefold() if comparator.casefold() in COMPARATORS else "")


def _allocation(cells: "Cells") -> Allocation:
    said = cells.word("allocation")
    if said not in _ALLOCATIONS:
        raise InvalidInput(f"allocation: {said!r} is none of individual, cluster, quasi, none")
    return _ALLOCATIONS[said]


def _effect_type(cells: "Cells") -> EffectType:
    said = cells.text("effect_type").replace("×", "x")
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


def _benefit(cells: "Cells") -> int:
    benefit = cells.number("benefit")
    if benefit is None:
        return 1
    if benefit not in (1, -1):
        raise InvalidInput("benefit: 1 where more is better, -1 where less is")
    return int(benefit)


class Cells:
    """The cells of one row, by column in any case; missing and empty ones are one."""

    def __init__(self, row: Mapping[str, str | None]) -> None:
        self._row = {(name or "").strip().casefold(): value for name, value in row.items()}

    def text(self, name: str) -> str:
        """Give a cell on one line."""
        return " ".join((self._row.get(name) or "").split())

    def word(self, name: str) -> str:
        """Give a cell in lower case."""
        return self.text(name).casefold()

    def required(self, name: str) -> str:
        """Give a cell that may not be empty."""
        if cell := self.text(name):
            return cell
        raise InvalidInput(f"{name}: is missing")

    def one_of(self, name: str, words: Collection[str]) -> str:
        """Give a cell that is one of some words, or empty."""
        word = self.word(name)
        if word and word not in words:
            raise InvalidInput(f"{name}: {word!r} is none of {'; '.join(words)}")
        return word

    def yes_no(self, name: str) -> bool | None:
        """Give an answer; None: not known."""
        said = self.word(name)
        if said in {"", "unknown", "not known"}:
            return None
        if said not in {"yes", "no", "true", "false", "1", "0"}:
            raise InvalidInput(f"{name}: {said!r} is none of yes, no, unknown")
        return said in {"yes", "true", "1"}

    def number(self, name: str) -> float | None:
        """Give a finite number; None: the cell is empty."""
        told = self.text(name)
        if not told:
            return None
        said = told[0].translate(_MINUS) + told[1:]
        if not _NUMBER.fullmatch(said) or not math.isfinite(value := float(said)):
            remedy = f": write {said.replace(',', '.')}" if _DECIMAL_COMMA.fullmatch(said) else ""
            raise InvalidInput(f"{name}: {told!r} is not a number{remedy}")
        return value

    def count(self, name: str) -> int | None:
        """Give a whole number; None: the cell is empty."""
        value = self.number(name)
        if value is not None and value != int(value):
            raise InvalidInput(f"{name}: {value:g} is not a whole number")
        return None if value is None else int(value)
