"""Which changes a reader asks for: an intervention, a kind, days. Pure; a word of none is refused."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from monitor.gap.queries import Wanted
from monitor.gap.words import ChangeKind
from monitor.kernel.errors import InvalidInput, NotFound
from monitor.kernel.language.english import either
from monitor.kernel.language.uk import UkDay, read_day, uk_day

FIELDS = ("intervention", "kind", "from", "to")
_LONGEST = 40  # characters of what an address says
_OF = {
    "tier": frozenset({ChangeKind.TIER, ChangeKind.SETTLED}),
    "findings": frozenset({ChangeKind.DIRECTION, ChangeKind.FINDINGS, ChangeKind.CERTAINTY}),
    "gap": frozenset({ChangeKind.GAP}),
    "use": frozenset({ChangeKind.USE}),
    "studies": frozenset({ChangeKind.STUDIES}),
}
WITHDRAWN = "withdrawn"
_WITHDRAWN = frozenset({"withdrawal", "retraction"})
KINDS: Mapping[str, str] = {
    "tier": "The evidence tier",
    "findings": "The findings, or how sure they are",
    "gap": "The gap",
    "use": "Use in UK services",
    "studies": "How many studies are counted",
    WITHDRAWN: "A study withdrawn or retracted",
}


@dataclass(frozen=True, slots=True)
class ChangesFilter:
    """A filter as its address says it; empty: of all."""

    intervention: str = ""
    kind: str = ""
    first: str = ""
    last: str = ""

    @classmethod
    def of(cls, args: Mapping[str, str]) -> "ChangesFilter":
        """Read an address."""
        return cls(*(args.get(name, "").strip()[:_LONGEST] for name in FIELDS))

    @property
    def narrows(self) -> bool:
        """Whether anything is asked for."""
        return self != ChangesFilter()

    @property
    def query(self) -> str:
        """The filter as the end of an address; empty where nothing is asked for."""
        values = (self.intervention, self.kind, self.first, self.last)
        told = [(name, value) for name, value in zip(FIELDS, values, strict=True) if value]
        return f"?{urlencode(told)}" if told else ""

    def wanted(self, slugs: Collection[str]) -> Wanted:
        """Give what is asked for.

        Raises:
            InvalidInput: there is no such intervention, kind or day; says which there are.
        """
        if self.intervention and self.intervention not in slugs:
            raise InvalidInput(
                f"There is no intervention {self.intervention!r}: choose {either(list(slugs))}"
            )
        if self.kind and self.kind not in KINDS:
            raise InvalidInput(f"There is no kind {self.kind!r}: choose {either(list(KINDS))}")
        first, last = _day(self.first, "first"), _day(self.last, "last")
        if first and last and last.end <= first.start:
            raise InvalidInput("The last day comes before the first: change one of them")
        return Wanted(
            slug=self.intervention or None,
            kinds=_OF.get(self.kind, frozenset()),
            causes=_WITHDRAWN if self.kind == WITHDRAWN else frozenset(),
            since=first.start if first else None,
            until=last.end if last else None,
        )


def _day(written: str, which: str) -> UkDay | None:
    if not written:
        return None
    try:
        return uk_day(read_day(written))
    except NotFound as error:
        raise InvalidInput(f"{error} The {which} day is {written!r}") from None
