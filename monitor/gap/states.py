"""The whole state of one intervention, as ledgers keep it and pages show it. Pure data."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Self

from monitor.catalogue.words import Certainty, Direction, GapKind, Tier, UsageBand
from monitor.evidence.shown import ShownFinding
from monitor.kernel.language import english
from monitor.usage.standing import UseFigure

# Of the JSON. 1: the same without this key. 2: this key. 3: what the review said and what trials
# since show, and how sure people confirmed to be of it; before, the direction was a count of votes.
# tests/ledger holds one of each.
VERSION = 3


@dataclass(frozen=True, slots=True)
class State:
    """Evidence, use and gap of one intervention at one time.

    Three statements of the evidence: the tier; ``said``, what the review said (None of states
    to version 2); ``shows``, what trials since show. ``direction`` is the headline of the last two.
    ``certainty`` is what people confirmed, by outcome class.
    ``studies`` is (lowest, highest) count of studies. ``ranks`` are the ranks of use still
    possible among ``out_of`` (1 is most used; empty: not stated); ``usage_words`` the source's own.
    """

    tier: Tier
    tier_low: Tier
    tier_high: Tier
    settled: bool
    direction: Direction
    studies: tuple[int, int]
    band: UsageBand
    ranks: tuple[int, ...]
    out_of: int | None
    usage_words: str | None
    kind: GapKind
    sentence: str
    said: Direction | None = None
    shows: tuple[ShownFinding, ...] = ()
    certainty: Mapping[str, Certainty] = field(default_factory=dict)
    use: UseFigure | None = None  # the newest share, with what it was compared with

    @property
    def read(self) -> ShownFinding | None:
        """What the headline was read off; None: what the review said stands."""
        return next((line for line in self.shows if line.read), None)

    @property
    def studies_words(self) -> str:
        """Tell the count as readers see it: "1 study", "8–17 studies"."""
        return english.studies(self.studies)

    @property
    def studies_range(self) -> str:
        """Tell the count alone: "1", "8–17"."""
        return english.span(*self.studies)

    def to_dict(self) -> dict[str, Any]:
        """Make the JSON that ledgers keep."""
        told = {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in asdict(self).items()
        }
        told["shows"] = [line.to_dict() for line in self.shows]
        told["use"] = self.use.to_dict() if self.use else None
        return {"version": VERSION} | told

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        """Read the JSON that ledgers keep, of any version ever written.

        Raises:
            KeyError, ValueError: the ledger holds something else.
        """
        low, high = data["studies"]
        return cls(
            tier=Tier(data["tier"]),
            tier_low=Tier(data["tier_low"]),
            tier_high=Tier(data["tier_high"]),
            settled=data["settled"],
            direction=Direction(data["direction"]),
            studies=(low, high),
            band=UsageBand(data["band"]),
            ranks=tuple(data["ranks"]),
            out_of=data["out_of"],
            usage_words=data["usage_words"],
            kind=GapKind(data["kind"]),
            sentence=data["sentence"],
            said=Direction(said) if (said := data.get("said")) else None,
            shows=tuple(ShownFinding.from_dict(line) for line in data.get("shows", ())),
            certainty={kind: Certainty(at) for kind, at in data.get("certainty", {}).items()},
            use=UseFigure.from_dict(data["use"]) if data.get("use") else None,
        )
