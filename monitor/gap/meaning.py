"""What a state means for a reader: one wording for page, mail and memo. Pure.

The sentences are data (``catalogue/sentences/meaning.toml``); here is only which of them a state takes.
Nobody is ever told to buy or to stop, and a tier is never a benefit.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from monitor.catalogue import loader
from monitor.catalogue.shapes.meaning import LITTLE, Meanings
from monitor.catalogue.words import SAID, Direction, Tier
from monitor.gap.states import State

_KEEPS_BUYING = frozenset({"towards", "against"})
_KEEPS_CHOOSING = frozenset({"against"})


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a state means to a reader who buys the intervention, and to one who is choosing.

    ``lead`` is whole; the others end "If you buy it now: …" and "If you are choosing: …".
    """

    lead: str
    buying: str
    choosing: str

    def to_dict(self) -> dict[str, str]:
        """Make the JSON that is frozen with what is mailed."""
        return {"lead": self.lead, "buying": self.buying, "choosing": self.choosing}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Read what was frozen."""
        return cls(data["lead"], data["buying"], data["choosing"])


def meaning(state: State) -> Meaning:
    """Say what a state means, for every tier and headline there is."""
    words = loader.load().meanings
    counted = state.studies[1] > 0
    # without a study there is nothing that could lean any way
    direction = state.direction if counted else Direction.NONE
    lead = words.lead.tier[state.tier] + words.lead.findings[direction]
    return Meaning(
        lead if counted else words.ends.no_study,
        _filled(words, words.buying[_takes(words, state.tier, direction, _KEEPS_BUYING)], state),
        _filled(
            words, words.choosing[_takes(words, state.tier, direction, _KEEPS_CHOOSING)], state
        ),
    )


def caution(tier: Tier) -> str:
    """Give the sentence that keeps a tier from being read as a benefit."""
    return loader.load().meanings.caution[tier]


def _takes(words: Meanings, tier: Tier, direction: Direction, keeps: frozenset[str]) -> str:
    """Name the sentences a state takes: few studies are an excuse where no trial settled more."""
    own = words.takes[direction]
    few = tier is Tier.WEAK and direction in SAID
    return LITTLE if few and own not in keeps else own


def _filled(words: Meanings, text: str, state: State) -> str:
    ends = words.ends
    unsettled = "" if state.settled else ends.unsettled
    return text.format(
        ask=ends.ask,
        families=ends.families,
        compared=ends.compared,
        unsettled=unsettled,
        tier=state.tier,
    )
