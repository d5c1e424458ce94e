"""The shapes of what a state means for a reader: the words of "What this means for you". Frozen data."""

import string
from typing import Self

from pydantic import model_validator

from monitor.catalogue.shapes.models import Data, Text
from monitor.catalogue.words import Direction, Tier

TAKES = (
    *("towards", "differs", "unclear", "against", "silent", "same", "same, later"),
    *("disagrees", "disagrees, later", "little"),
)
LITTLE = "little"
_PLACES = frozenset(("ask", "families", "compared", "unsettled", "tier"))


class Leads(Data):
    """How much research there is, by tier, and what it says, by headline."""

    tier: dict[str, Text]
    findings: dict[str, str]


class Ends(Data):
    """What several sentences end with, and what is said where no study is counted."""

    ask: Text
    families: Text
    compared: Text
    unsettled: str
    no_study: Text


class Meanings(Data):
    """Every sentence on what a state means. Total: each tier and each headline has its own."""

    lead: Leads
    takes: dict[str, str]  # by headline, the name of the sentences that it takes
    buying: dict[str, Text]
    choosing: dict[str, Text]
    ends: Ends
    caution: dict[str, Text]

    @model_validator(mode="after")
    def _total(self) -> Self:
        for name, wanted, held in (
            ("lead.tier", tuple(Tier), self.lead.tier),
            ("lead.findings", tuple(Direction), self.lead.findings),
            ("takes", tuple(Direction), self.takes),
            ("buying", TAKES, self.buying),
            ("choosing", TAKES, self.choosing),
            ("caution", tuple(Tier), self.caution),
        ):
            if set(wanted) != set(held):
                wrong = sorted(set(wanted) ^ set(held))
                raise ValueError(f"{name}: must be exactly one for each; wrong: {wrong}")
        return self

    @model_validator(mode="after")
    def _known(self) -> Self:
        if unknown := set(self.takes.values()) - set(TAKES):
            raise ValueError(f"takes: no such sentences: {sorted(unknown)}")
        for text in (*self.buying.values(), *self.choosing.values()):
            places = {name for _, name, _, _ in string.Formatter().parse(text) if name}
            if places - _PLACES:
                raise ValueError(f"{text!r}: no such place: {sorted(places - _PLACES)}")
        return self
