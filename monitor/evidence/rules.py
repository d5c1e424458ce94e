"""From accepted studies to a tier and a headline, by the policy file. Pure; never settles a tier
on a guess: every count is a range, and a tier is settled only where both ends agree.

Source of the tiers: the words of Wright et al. 2023 (doi 10.3310/IVCN8847); docs/grading.md says
how they were made total. The headline is read off pools (``evidence.headline``); to policy 2023-1
it was a count of votes, kept runnable here since its rows stay readable.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from monitor.catalogue.loader import Baseline, GradingPolicy
from monitor.catalogue.shapes.policies import DirectionPolicy
from monitor.catalogue.words import Direction, Tier
from monitor.evidence import wording
from monitor.evidence.facts import CountRange, StudyFacts, Tally, count, tally
from monitor.evidence.headline import Headline, headline
from monitor.evidence.shown import ShownFinding
from monitor.evidence.synthesis.findings import MainFinding

__all__ = ["CountRange", "Grade", "StudyFacts", "grade"]

_ASCENDING = tuple(Tier)


@dataclass(frozen=True, slots=True)
class Grade:
    """A tier and a headline, with the facts and the sentences that gave them.

    ``said`` is what the review said, ``shows`` what trials since show; ``direction`` is the
    headline of the two. ``said`` is None under a policy that counted votes. ``low`` and ``high`` are the tiers at the two ends of the facts. Where they differ, ``tier``
    is the published one, moved no further than into their range.
    """

    tier: Tier
    low: Tier
    high: Tier
    direction: Direction
    facts: Mapping[str, CountRange]
    counted: tuple[int, ...]
    reasons: tuple[str, ...]
    said: Direction | None = None
    shows: tuple[ShownFinding, ...] = ()

    @property
    def settled(self) -> bool:
        """Whether both ends of the facts give the same tier."""
        return self.low is self.high


def grade(
    policy: GradingPolicy,
    baseline: Baseline,
    review_closed: date,
    studies: Iterable[StudyFacts],
    findings: Sequence[MainFinding] = (),
    *,
    delta: float = 0.0,
) -> Grade:
    """Grade one intervention from its baseline and its accepted studies. Total: never raises.

    ``findings`` is what trials since the review show of it, ``delta`` the difference that matters.
    """
    tallied = tally(policy, baseline, review_closed, studies)
    facts = {name: count(name, fact, baseline, tallied) for name, fact in policy.facts.items()}
    low = tier_at(policy, {name: interval.lo for name, interval in facts.items()})
    high = tier_at(policy, {name: interval.hi for name, interval in facts.items()})
    tier = clip(Tier(baseline.tier), low, high)
    told = _headline(policy, baseline, tallied, findings, delta)
    return Grade(
        tier=tier,
        low=low,
        high=high,
        direction=told.direction,
        facts=facts,
        counted=tuple(study.study_id for study in tallied.counted),
        reasons=(
            *wording.tier_reasons(policy, facts, tier=tier, low=low, high=high),
            *wording.study_reasons(baseline, review_closed, tallied),
            *told.reasons,
        ),
        said=Direction(baseline.direction) if policy.headline else None,
        shows=told.shows,
    )


def _headline(
    policy: GradingPolicy,
    baseline: Baseline,
    tallied: Tally,
    findings: Sequence[MainFinding],
    delta: float,
) -> Headline:
    if policy.headline:
        return headline(policy.headline, Direction(baseline.direction), findings, delta)
    assert policy.direction is not None, "the loader lets no policy pass that has neither"  # noqa: S101 - for the reader
    votes = policy.direction
    direction = combine(votes, voices(votes, baseline, tallied))
    reasons = wording.direction_reasons(votes, baseline, tallied, direction)
    return Headline(direction, (), tuple(reasons))


def tier_at(policy: GradingPolicy, facts: Mapping[str, int]) -> Tier:
    """Give the highest tier whose every threshold is met. Monotone: more is never a lower tier."""
    for rule in policy.tiers:
        if all(facts[name] >= least for name, least in rule.at_least.items()):
            return Tier(rule.tier)
    raise AssertionError("the loader lets no policy pass whose last tier asks for something")


def clip(tier: Tier, low: Tier, high: Tier) -> Tier:
    """Move a tier no further than into the range from ``low`` to ``high``."""
    position = max(_ASCENDING.index(low), min(_ASCENDING.index(tier), _ASCENDING.index(high)))
    return _ASCENDING[position]


def voices(policy: DirectionPolicy, baseline: Baseline, tally: Tally) -> frozenset[Direction]:
    """Collect the directions that are heard: the review's own, if any, and the studies'."""
    heard = {Direction(study.direction.value) for study in tally.voices if study.direction}
    if baseline.direction != policy.silence:
        heard.add(Direction(baseline.direction))
    return frozenset(heard)


def combine(policy: DirectionPolicy, heard: frozenset[Direction]) -> Direction:
    """Add voices up by the policy's rules, tried in their order."""
    if not heard:
        return Direction(policy.silence)
    for rule in policy.rules:
        if heard <= {Direction(word) for word in rule.voices}:
            return Direction(rule.then)
    return Direction(policy.otherwise)
