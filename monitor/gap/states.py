"""The whole state of one intervention, as ledgers keep it and pages show it. Pure data."""

from dataclasses import asdict, dataclass
from typing import Any, Self

from monitor.catalogue.words import Direction, GapKind, Tier, UsageBand
from monitor.kernel import english
from monitor.usage.standing import UseFigure

VERSION = 2  # of the JSON; 1 is the same without this key. tests/ledger holds one of each


@dataclass(frozen=True, slots=True)
class State:
    """Evidence, use and gap of one intervention at one time.

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
    use: UseFigure | None = None  # the newest share, with what it was compared with

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
        return (
            {"version": VERSION}
            | {
                name: list(value) if isinstance(value, tuple) else value
                for name, value in asdict(self).items()
                if name != "use"
            }
            | ({"use": self.use.to_dict()} if self.use else {})
        )

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
            use=UseFigure.from_dict(data["use"]) if data.get("use") else None,
        )
