"""The shapes of the grading and gap policies. A policy that leaves a case open is refused here."""

from datetime import date
from string import Formatter
from typing import Annotated, Self

from pydantic import Field, model_validator

from monitor.catalogue.models import Data, Text
from monitor.catalogue.words import (
    Design,
    Direction,
    GapKind,
    OutcomeClass,
    RiskOfBias,
    Tier,
    UsageBand,
)

Version = Annotated[str, Field(pattern=r"^\d{4}-\d+$")]


class Clause(Data):
    """Studies of one design whose risk of bias is among ``risks``; None: whatever it is."""

    design: Design
    risks: Annotated[tuple[RiskOfBias, ...], Field(min_length=1)] | None = None


class Fact(Data):
    """A count that the rule looks at: which counted studies meet it, and how it is called."""

    one: Text  # "sound study"
    many: Text  # "sound studies"
    meaning: Text
    counts: tuple[Clause, ...] = Field(min_length=1)


class TierRule(Data):
    """A tier, the counts it needs, and the sentence that says so.

    ``sentence`` names each threshold as ``{fact}``; that of the last tier names the thresholds
    of the tier above it, which it fails to meet.
    """

    tier: Tier
    at_least: dict[str, Annotated[int, Field(ge=1)]]
    sentence: Text

    @property
    def places(self) -> set[str]:
        """The thresholds that the sentence names."""
        return {name for _, name, _, _ in Formatter().parse(self.sentence) if name}


class DirectionRule(Data):
    """When every voice is among ``voices``, the findings read ``then``."""

    voices: tuple[Direction, ...] = Field(min_length=1)
    then: Direction


class DirectionPolicy(Data):
    """How single findings add up: whose count, and the rules in the order they are tried."""

    sentence: Text
    studies_of: Text  # the fact whose studies have a voice beside the review's
    otherwise_of: Text  # and the fact used when that leaves no voice at all
    rules: tuple[DirectionRule, ...] = Field(min_length=1)
    otherwise: Direction  # voices that no rule covers
    silence: Direction  # no voice at all


class GradingPolicy(Data):
    """How accepted studies become a tier and a direction. Tiers stand highest first."""

    version: Version
    released: date
    source: Text
    outcomes: tuple[OutcomeClass, ...] = Field(min_length=1)  # classes that are counted
    facts: dict[str, Fact]
    tiers: tuple[TierRule, ...]
    direction: DirectionPolicy

    @model_validator(mode="after")
    def _total(self) -> Self:
        _require(
            [rule.tier for rule in self.tiers] == list(reversed(Tier)),
            "tiers must be strong, intermediate, weak, each once, in this order",
        )
        _require(
            not self.tiers[-1].at_least, "the last tier must ask for nothing: it takes the rest"
        )
        _require("studies" in self.facts, "facts: studies is missing")
        unknown = {name for rule in self.tiers for name in rule.at_least} - set(self.facts)
        unknown |= {self.direction.studies_of, self.direction.otherwise_of} - set(self.facts)
        _require(not unknown, f"unknown fact {', '.join(sorted(unknown))}")
        for rule in self.tiers[:-1]:
            _require(
                bool(rule.at_least) and rule.places == set(rule.at_least),
                f"tiers: the sentence of {rule.tier} must name its thresholds, and no other",
            )
        _require(
            self.tiers[-1].places <= set(self.tiers[-2].at_least),
            "tiers: the last sentence may only name thresholds of the tier above it",
        )
        return self


class Ranks(Data):
    """Ranks ``first`` to ``last`` are of one usage band."""

    band: UsageBand
    first: Annotated[int, Field(ge=1)]
    last: Annotated[int, Field(ge=1)]


class Shares(Data):
    """Where shares of use fall into bands, in per cent of the source's own unit."""

    wide_from: Annotated[int, Field(gt=0, le=100)]
    little_below: Annotated[int, Field(gt=0, le=100)]
    note: Text

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        _require(self.little_below < self.wide_from, "little_below must be below wide_from")
        return self


class Cell(Data):
    """What one tier, direction and usage band add up to."""

    kind: GapKind
    sentence: Text


class GapPolicy(Data):
    """How tier, direction and use become a gap: matrix[tier][direction][band], every cell there."""

    version: Version
    released: date
    source: Text
    out_of: Annotated[int, Field(ge=2)]  # the ranks below are of so many
    ranks: tuple[Ranks, ...]
    words: dict[str, UsageBand]  # a source's own words
    shares: Shares
    kinds: dict[GapKind, Text]  # what each kind means, for readers
    matrix: dict[Tier, dict[Direction, dict[UsageBand, Cell]]]

    @property
    def reads_intervals(self) -> bool:
        """Whether it has verdicts for *between*: then a band is read off a whole interval."""
        return any(
            UsageBand.BETWEEN in cells for row in self.matrix.values() for cells in row.values()
        )

    @property
    def bands(self) -> tuple[UsageBand, ...]:
        """The bands that it has verdicts for."""
        every = tuple(UsageBand)
        return (
            every if self.reads_intervals else tuple(b for b in every if b is not UsageBand.BETWEEN)
        )

    @model_validator(mode="after")
    def _total(self) -> Self:
        covered = [rank for ranks in self.ranks for rank in range(ranks.first, ranks.last + 1)]
        _require(
            sorted(covered) == list(range(1, self.out_of + 1)),
            f"ranks must cover 1 to {self.out_of}, each once",
        )
        _require(set(self.kinds) == set(GapKind), "kinds: every kind needs its meaning")
        missing = [
            f"{tier} / {direction} / {band}"
            for tier in Tier
            for direction in Direction
            for band in self.bands
            if band not in self.matrix.get(tier, {}).get(direction, {})
        ]
        _require(not missing, f"matrix: no cell for {'; '.join(missing)}")
        return self


def _require(holds: bool, message: str) -> None:  # noqa: FBT001 - the condition itself
    """Refuse a policy.

    Raises:
        ValueError: the condition does not hold; pydantic reports it with its key.
    """
    if not holds:
        raise ValueError(message)
