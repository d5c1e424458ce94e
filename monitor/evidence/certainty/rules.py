"""How sure a label is: what GRADE's five domains suggest, with the facts they rest on. Pure.

A suggestion is a number of levels to go down, 0 to 2, or a range of them where a fact is not known:
the ends are then what the best and the worst case would give. Indirectness is people's to judge: the
facts are laid out, and nothing is suggested. The numbers are the policy's (``catalogue/certainty``).
Sources: GRADE guidelines 4 to 8 (J Clin Epidemiol 2011; 64); ``method/findings.md`` §8.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from monitor.catalogue.shapes.methods import CertaintyPolicy
from monitor.catalogue.words import Certainty, CertaintyDomain, Label
from monitor.evidence.synthesis.findings import POOLS, Finding
from monitor.evidence.synthesis.pooling import Method
from monitor.evidence.synthesis.results import CLASSES

MOST = 2  # levels that one domain may take off
_LEVELS = tuple(Certainty)
_UNSETTLED = (Label.NOT_SETTLED.value, Label.DISAGREE.value)  # what such labels begin with

Downgrades = Mapping[CertaintyDomain, int]


@dataclass(frozen=True, slots=True)
class TrialInPool:
    """What one study of a pool has to do with services here. Empty words are not known.

    ``study_id`` is None where the study is not among those that count now.
    """

    study_id: int | None
    name: str
    uk: bool | None = None
    country: str = ""
    setting: str = ""
    ages: str = ""
    variants: tuple[str, ...] = ()
    comparators: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CertaintyFacts:
    """All that a rating of certainty rests on: numbers to four places, shares from 0 to 1.

    ``concern`` is the share of the weight at some concerns or high: its ends, as far as it is
    known. ``signs`` counts studies of which only a direction is known: towards, away, neither.
    ``left_out`` counts studies at high risk of bias that are in no pool. ``overdue`` counts the
    intervention's registered trials whose results are overdue, whatever they measure.
    """

    outcome_class: str
    comparator_class: str
    label: str
    randomised: bool
    k: int
    people: int | None
    delta: float
    concern: tuple[float, float]
    signs: tuple[int, int, int] = (0, 0, 0)
    left_out: int = 0
    overdue: int = 0
    method: str = ""
    estimate: float | None = None
    ci_low: float | None = None
    ci_high: float | None = None
    pi_low: float | None = None
    pi_high: float | None = None
    i2: float | None = None
    q_p: float | None = None
    trials: tuple[TrialInPool, ...] = ()

    @property
    def studies(self) -> int:
        """How many studies are heard, with a size or a direction alone."""
        return self.k or sum(self.signs)


@dataclass(frozen=True, slots=True)
class SuggestedLevels:
    """How many levels a domain suggests going down; ``least`` and ``most`` differ where not known.

    ``asked``: nothing is suggested, people judge.
    """

    domain: CertaintyDomain
    least: int
    most: int
    asked: bool = False

    @property
    def is_settled(self) -> bool:
        """Whether it is one number, which a reviewer may confirm without a word."""
        return self.least == self.most and not self.asked


@dataclass(frozen=True, slots=True)
class SuggestedCertainty:
    """What the rule suggests of one label: ``low`` and ``high`` differ where a fact is not known."""

    start: Certainty
    low: Certainty
    high: Certainty
    suggestions: tuple[SuggestedLevels, ...]

    def of(self, domain: CertaintyDomain) -> SuggestedLevels:
        """Give what is suggested of one domain."""
        return next(suggestion for suggestion in self.suggestions if suggestion.domain is domain)

    def must_say_why(self, domain: CertaintyDomain, levels: int) -> bool:
        """Tell whether a person who goes down so many levels owes a sentence."""
        suggested = self.of(domain)
        return not suggested.is_settled or levels != suggested.least


@dataclass(frozen=True, slots=True)
class Move:
    """A confirmed certainty that is another one now."""

    outcome_class: str
    before: Certainty
    after: Certainty


def assess(facts: CertaintyFacts, policy: CertaintyPolicy) -> SuggestedCertainty:
    """Suggest how sure a label is. Total; worse facts never give a higher level."""
    start = policy.start.randomised if facts.randomised else policy.start.other
    suggestions = (
        _risk_of_bias(facts, policy),
        _inconsistency(facts, policy),
        SuggestedLevels(CertaintyDomain.INDIRECTNESS, 0, 0, asked=True),
        _imprecision(facts, policy),
        _reporting(facts, policy),
    )
    low = down(start, sum(suggestion.most for suggestion in suggestions))
    high = down(start, sum(suggestion.least for suggestion in suggestions))
    return SuggestedCertainty(start, low, high, suggestions)


def down(start: Certainty, levels: int) -> Certainty:
    """Go down from a level; there is none below *very low*.

    >>> down(Certainty.HIGH, 1), down(Certainty.LOW, 4)
    (<Certainty.MODERATE: 'moderate'>, <Certainty.VERY_LOW: 'very low'>)
    """
    return _LEVELS[max(0, _LEVELS.index(start) - levels)]


def rated(start: Certainty, downgrades: Downgrades) -> Certainty:
    """Give the level that people's own judgement of the domains comes to."""
    return down(start, sum(downgrades.values()))


def to_mend(
    assessment: SuggestedCertainty, downgrades: Downgrades, reasons: Mapping[CertaintyDomain, str]
) -> list[tuple[CertaintyDomain, str]]:
    """List what a person has still to say, in the order of domains: a choice, or a sentence."""
    missing = []
    for domain in CertaintyDomain:
        levels = downgrades.get(domain)
        if levels is None or not 0 <= levels <= MOST:
            missing.append((domain, f"Choose how far {domain} takes it down"))
        elif assessment.must_say_why(domain, levels) and not reasons.get(domain, "").strip():
            suggestion = assessment.of(domain)
            why = "the rule suggests otherwise" if suggestion.is_settled else "the rule cannot tell"
            missing.append((domain, f"Say why, of {domain}: {why}"))
    return missing


def leading(findings: Iterable[Finding]) -> dict[str, Finding]:
    """Choose, for each outcome class, the finding whose label is rated.

    As the headline reads them: the first pool whose randomised trials settle something, the
    usual-care one before the active one before that of another of the ten; where none does, the
    first in which anything is heard. In the order of classes.
    """
    heard = [finding for finding in findings if finding.main.pool or finding.signs.heard]
    return {
        kind: min(
            of_class,
            key=lambda finding: (not _settles(finding), POOLS.index(finding.comparator_class)),
        )
        for kind in CLASSES
        if (of_class := [finding for finding in heard if finding.outcome_class == kind])
    }


def _settles(finding: Finding) -> bool:
    """Tell whether a label says something of an effect: its interval, not its estimate."""
    if finding.main.pool is None or not finding.index[0].randomised:
        return False
    return not finding.main.label.startswith(_UNSETTLED)


def fingerprint(facts: CertaintyFacts) -> str:
    """Give what tells whether facts have changed: not names, nor the order of studies."""
    told = as_json(facts)
    trials = [{**trial, "name": ""} for trial in told["trials"]]
    told["trials"] = sorted(trials, key=lambda trial: json.dumps(trial, sort_keys=True))
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def as_json(facts: CertaintyFacts) -> dict[str, Any]:
    """Give facts as they are kept: values that JSON has."""
    told: dict[str, Any] = json.loads(json.dumps(asdict(facts)))
    return told


def differing(first: Downgrades, second: Downgrades) -> tuple[CertaintyDomain, ...]:
    """List the domains that two people judge differently."""
    return tuple(domain for domain in CertaintyDomain if first.get(domain) != second.get(domain))


def moved(before: Mapping[str, Certainty], after: Mapping[str, Certainty]) -> tuple[Move, ...]:
    """Say which confirmed certainties moved, from what to what; by outcome class.

    A first confirmation moves nothing, nor does one that ends with the results it was of: what
    these are news of is told elsewhere.
    """
    return tuple(
        Move(kind, before[kind], after[kind])
        for kind in CLASSES
        if kind in before and kind in after and before[kind] is not after[kind]
    )


def _risk_of_bias(facts: CertaintyFacts, policy: CertaintyPolicy) -> SuggestedLevels:
    least, most = (int(share >= policy.risk_of_bias.one) for share in facts.concern)
    return SuggestedLevels(CertaintyDomain.RISK_OF_BIAS, least, most)


def _inconsistency(facts: CertaintyFacts, policy: CertaintyPolicy) -> SuggestedLevels:
    domain = CertaintyDomain.INCONSISTENCY
    if facts.method == Method.APART:
        return SuggestedLevels(domain, MOST, MOST)
    if not facts.k:  # directions alone: two that agree may still differ in size
        towards, away, neither = facts.signs
        return SuggestedLevels(
            domain, 0, MOST if (towards > 0) + (away > 0) + (neither > 0) > 1 else 0
        )
    if facts.q_p is None or facts.q_p >= policy.inconsistency.heterogeneity_p:
        return SuggestedLevels(domain, 0, 0)
    if facts.pi_low is None or facts.pi_high is None:
        return SuggestedLevels(domain, 1, 1)
    crossed = lines_crossed(facts.pi_low, facts.pi_high, facts.delta)
    return SuggestedLevels(domain, crossed, crossed)


def _imprecision(facts: CertaintyFacts, policy: CertaintyPolicy) -> SuggestedLevels:
    least = most = 0
    if facts.ci_low is not None and facts.ci_high is not None:
        least = most = lines_crossed(facts.ci_low, facts.ci_high, facts.delta)
    elif facts.method != Method.APART:  # its size is not known; those apart are told of above
        most = MOST
    few, many = _by_people(facts.people, policy)
    return SuggestedLevels(CertaintyDomain.IMPRECISION, max(least, few), max(most, many))


def _by_people(people: int | None, policy: CertaintyPolicy) -> tuple[int, int]:
    if people is None:
        return 0, MOST
    steps = policy.imprecision
    levels = (people < steps.people_one) + (people < steps.people_two)
    return levels, levels


def _reporting(facts: CertaintyFacts, policy: CertaintyPolicy) -> SuggestedLevels:
    known = facts.overdue + facts.studies
    levels = int(known > 0 and facts.overdue / known >= policy.reporting.overdue_one)
    return SuggestedLevels(CertaintyDomain.REPORTING, levels, levels)


def lines_crossed(low: float, high: float, delta: float) -> int:
    """Count which of -delta and +delta an interval holds within.

    >>> lines_crossed(0.13, 0.73, 0.2), lines_crossed(-0.3, 0.3, 0.2), lines_crossed(-0.1, 0.1, 0.2)
    (1, 2, 0)
    """
    return (low < -delta <= high) + (low < delta <= high)
