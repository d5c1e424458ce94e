"""The shapes of the grading and gap policies. A policy that leaves a case open is refused here."""

from datetime import date
from string import Formatter
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from monitor.catalogue.shapes.models import Data, Text
from monitor.catalogue.words import (
    SAID,
    Design,
    Direction,
    GapKind,
    Label,
    OutcomeClass,
    ResultClass,
    RiskOfBias,
    Tier,
    UsageBand,
)

Version = Annotated[str, Field(pattern=r"^\d{4}-\d+$")]
_BANDS_OF_2023 = (UsageBand.WIDE, UsageBand.MIDDLE, UsageBand.LITTLE, UsageBand.UNKNOWN)


class Clause(Data):
    """Studies of one design whose risk of bias is among ``risks``; None: whatever it is."""

    design: Design
    risks: Annotated[tuple[RiskOfBias, ...], Field(min_length=1)] | None = None


class CountedFact(Data):
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


class HeadlinePolicy(Data):
    """What the review said and what trials since show become one headline: ``table[said][label]``.

    The first settled label is read: of ``pools`` in their order, and in each of ``classes``.
    A label of ``unsettled`` settles nothing, so the review's word stays.
    """

    sentence: Text
    pools: tuple[Text, ...] = Field(min_length=1)
    classes: tuple[ResultClass, ...] = Field(min_length=1)
    unsettled: tuple[Label, ...]
    table: dict[Direction, dict[Label, Direction]]

    @model_validator(mode="after")
    def _total(self) -> Self:
        missing = [
            f"{said} / {label}"
            for said in SAID
            for label in self.settled
            if label not in self.table.get(said, {})
        ]
        _require(not missing, f"headline.table: no headline for {'; '.join(missing)}")
        return self

    @property
    def settled(self) -> tuple[Label, ...]:
        """The labels that settle a headline."""
        return tuple(label for label in Label if label not in self.unsettled)

    def of(self, said: Direction, label: Label) -> Direction:
        """Give the headline where the review said this and trials settle that."""
        return said if label in self.unsettled else self.table[said][label]


class GradingPolicy(Data):
    """How accepted studies become a tier and a direction. Tiers stand highest first.

    The direction is a count of votes (``direction``, to 2023-1) or what pools show (``headline``).
    """

    version: Version
    released: date
    source: Text
    outcomes: tuple[OutcomeClass, ...] = Field(min_length=1)  # classes that are counted
    facts: dict[str, CountedFact]
    tiers: tuple[TierRule, ...]
    direction: DirectionPolicy | None = None
    headline: HeadlinePolicy | None = None

    @model_validator(mode="after")
    def _total(self) -> Self:
        _require(
            (self.direction is None) != (self.headline is None),
            "one of direction and headline must be given, and only one",
        )
        _require(
            [rule.tier for rule in self.tiers] == list(reversed(Tier)),
            "tiers must be strong, intermediate, weak, each once, in this order",
        )
        _require(
            not self.tiers[-1].at_least, "the last tier must ask for nothing: it takes the rest"
        )
        _require("studies" in self.facts, "facts: studies is missing")
        unknown = {name for rule in self.tiers for name in rule.at_least} - set(self.facts)
        if self.direction:
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


class CellSentences(Data):
    """How cells that are not written out are told: the sentence of a kind, with parts put in.

    ``sentences`` are by kind of gap, and within it by tier, or "any". ``{use}`` becomes the words
    of the band, ``{says}`` those of the headline, ``{tier}`` the tier's.
    """

    use: dict[UsageBand, Text]
    says: dict[Direction, Text]
    sentences: dict[GapKind, dict[Tier | Literal["any"], Text]]

    def sentence(self, kind: GapKind, tier: Tier, says: Direction, used: UsageBand) -> str:
        """Write one cell's sentence.

        Raises:
            KeyError: a part is missing; the sentence names it.
        """
        of_kind = self.sentences[kind]
        template = of_kind.get(tier) or of_kind["any"]
        return template.format(use=self.use[used], says=self.says[says], tier=tier.value)


class GapPolicy(Data):
    """How tier, direction and use become a gap: matrix[tier][direction][band], every cell there.

    ``told`` writes the sentences of cells that give their kind alone.
    """

    version: Version
    released: date
    source: Text
    out_of: Annotated[int, Field(ge=2)]  # the ranks below are of so many
    ranks: tuple[Ranks, ...]
    words: dict[str, UsageBand]  # a source's own words
    shares: Shares
    kinds: dict[GapKind, Text]  # what each kind means, for readers
    directions: tuple[Direction, ...] = SAID
    bands: tuple[UsageBand, ...] = _BANDS_OF_2023
    told: CellSentences | None = None
    matrix: dict[Tier, dict[Direction, dict[UsageBand, Cell]]]

    @model_validator(mode="before")
    @classmethod
    def _written_out(cls, data: dict[str, Any]) -> dict[str, Any]:
        """Write the sentences of cells that are a kind alone."""
        if not data.get("told"):
            return data
        told = CellSentences.model_validate(data["told"])
        try:
            matrix = {
                tier: {
                    direction: {
                        band: _cell(told, tier, direction, band, cell) for band, cell in row.items()
                    }
                    for direction, row in rows.items()
                }
                for tier, rows in data["matrix"].items()
            }
        except KeyError as error:
            raise ValueError(f"told: {error.args[0]!s} is missing") from None
        return data | {"matrix": matrix}

    @property
    def reads_intervals(self) -> bool:
        """Whether it has verdicts for *between*: then a band is read off a whole interval."""
        return UsageBand.BETWEEN in self.bands

    @model_validator(mode="after")
    def _total(self) -> Self:
        covered = [rank for ranks in self.ranks for rank in range(ranks.first, ranks.last + 1)]
        _require(
            sorted(covered) == list(range(1, self.out_of + 1)),
            f"ranks must cover 1 to {self.out_of}, each once",
        )
        missing = [
            f"{tier} / {direction} / {band}"
            for tier in Tier
            for direction in self.directions
            for band in self.bands
            if band not in self.matrix.get(tier, {}).get(direction, {})
        ]
        _require(not missing, f"matrix: no cell for {'; '.join(missing)}")
        used = {
            cell.kind
            for rows in self.matrix.values()
            for row in rows.values()
            for cell in row.values()
        }
        unsaid = sorted(used - set(self.kinds))
        _require(not unsaid, f"kinds: {', '.join(unsaid)} needs its meaning")
        return self


def _cell(told: CellSentences, tier: str, direction: str, band: str, cell: Any) -> Any:  # noqa: ANN401 - as TOML gives it
    if not isinstance(cell, str):
        return cell
    kind = GapKind(cell)
    words = told.sentence(kind, Tier(tier), Direction(direction), UsageBand(band))
    return {"kind": kind, "sentence": words}


def _require(holds: bool, message: str) -> None:  # noqa: FBT001 - the condition itself
    """Refuse a policy.

    Raises:
        ValueError: the condition does not hold; pydantic reports it with its key.
    """
    if not holds:
        raise ValueError(message)
