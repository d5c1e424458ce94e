"""How far an intervention is from the next tier, in studies that are still missing. Pure.

Counted by the grading policy's own thresholds on the ranges that were graded, so it is a range too.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from monitor.catalogue.loader import GradingPolicy
from monitor.catalogue.words import Tier
from monitor.evidence.facts import CountRange
from monitor.kernel.language.english import span

_TIERS = tuple(Tier)


@dataclass(frozen=True, slots=True)
class Distance:
    """What the next tier asks for and how much of it is missing.

    ``missing`` counts the studies that would be enough, each of the kind ``one`` (``many``): it
    meets every fact that is short. ``asked`` is what the tier asks for of them in all.
    """

    tier: Tier
    missing: CountRange
    asked: int
    one: str
    many: str

    @property
    def share(self) -> tuple[Fraction, Fraction]:
        """Lower and upper end of the share of what is asked for that is missing, 0 to 1."""
        return Fraction(self.missing.lo, self.asked), Fraction(self.missing.hi, self.asked)

    @property
    def words(self) -> str:
        """Say it: "1–2 sound studies short of intermediate"."""
        if self.missing.hi == 0:
            return f"enough studies for {self.tier}"
        what = self.one if self.missing.lo == self.missing.hi == 1 else self.many
        return f"{span(self.missing.lo, self.missing.hi)} {what} short of {self.tier}"


def distance(policy: GradingPolicy, tier: Tier, facts: Mapping[str, CountRange]) -> Distance | None:
    """Tell how far it is from ``tier`` to the next one; None at the top."""
    if tier is _TIERS[-1]:
        return None
    higher = _TIERS[_TIERS.index(tier) + 1]
    asked = next(rule for rule in policy.tiers if rule.tier == higher).at_least
    most = max(asked, key=lambda name: asked[name])
    # what meets the fact of any study need not meet the others: one that does meets it too
    kind = next((name for name in asked if name != next(iter(policy.facts))), most)
    return Distance(
        tier=higher,
        missing=CountRange(
            max(0, *(least - facts[name].hi for name, least in asked.items())),
            max(0, *(least - facts[name].lo for name, least in asked.items())),
        ),
        asked=asked[most],
        one=policy.facts[kind].one,
        many=policy.facts[kind].many,
    )
