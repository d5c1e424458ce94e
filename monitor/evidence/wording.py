"""The sentences that decide, as readers see them. Pure; names only studies that were counted.

Built from the same thresholds, facts and studies as the grade itself, so they cannot disagree.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date

from monitor.catalogue.loader import Baseline, GradingPolicy
from monitor.catalogue.shapes.policies import CountedFact, DirectionPolicy, TierRule
from monitor.catalogue.words import Direction, Tier
from monitor.evidence.facts import CountRange, StudyFacts, Tally
from monitor.kernel.language.english import listed, month
from monitor.review.words import shown

_REVIEW = "the published review"


def tier_reasons(
    policy: GradingPolicy, facts: Mapping[str, CountRange], *, tier: Tier, low: Tier, high: Tier
) -> Iterator[str]:
    """Say the rule, the facts, and what they give; where unsettled, what would settle it."""
    for named in dict.fromkeys((high, low)):
        yield f"The rule for {named}, version {policy.version}: {rule_sentence(policy, named)}."
    yield f"{facts_sentence(policy, facts)}. {_outcome(facts, low, high)}"
    if low is not high:
        yield (
            f"{_shortfall(policy, facts, high)}: new evidence of that size would settle it, and so "
            f"would the review's own list of studies. Until then {tier} stands."
        )


def rule_sentence(policy: GradingPolicy, tier: Tier) -> str:
    """Put its thresholds into a tier's sentence; the last tier's names those it fails to meet."""
    rules = {rule.tier: rule for rule in policy.tiers}
    rule = rules[tier]
    thresholds = rule.at_least or policy.tiers[-2].at_least
    return rule.sentence.format(**thresholds)


def facts_sentence(policy: GradingPolicy, facts: Mapping[str, CountRange]) -> str:
    """Tell every count: "9 to 18 studies; 9 to 18 sound studies; …"."""
    return "; ".join(quantity(facts[name], fact) for name, fact in policy.facts.items())


def quantity(interval: CountRange, fact: CountedFact) -> str:
    """Tell one count: "1 study", "9 to 18 studies"."""
    return f"{interval} {fact.one if interval.hi == interval.lo == 1 else fact.many}"


def _outcome(facts: Mapping[str, CountRange], low: Tier, high: Tier) -> str:
    if low is not high:
        return (
            f"The lower end of the range gives {low} and the upper end {high}, so either "
            "is possible."
        )
    if all(interval.is_exact for interval in facts.values()):
        return f"This gives {low}; the tier is settled."
    return f"Both ends of the range give {low}, so the tier is settled."


def _shortfall(policy: GradingPolicy, facts: Mapping[str, CountRange], high: Tier) -> str:
    """Name the facts that keep the lower end below the upper end's tier."""
    rule = _rule(policy, high)
    short = [
        quantity(CountRange(missing, missing), policy.facts[name])
        for name, least in rule.at_least.items()
        if (missing := least - facts[name].lo) > 0
    ]
    return f"The lower end is {listed(short)} short of {high}"


def _rule(policy: GradingPolicy, tier: Tier) -> TierRule:
    return next(rule for rule in policy.tiers if rule.tier == tier.value)


def study_reasons(baseline: Baseline, review_closed: date, tally: Tally) -> Iterator[str]:
    """Say where the counted studies come from."""
    low, high = baseline.facts["studies"]
    yield f"From {_REVIEW}: {_studies(CountRange(low, high))}. {_accepted_since(tally.new)}"
    if undated := [study for study in tally.uncertain if study.in_review is None]:
        yield (
            f"Not known to be published after the review closed in {month(review_closed)}, so "
            f"possibly among its studies already: {_labels(undated)}."
        )
    if unsure := [study for study in tally.uncertain if study.in_review is not None]:
        yield f"Possibly among the review's studies already, as its readers say: {_labels(unsure)}."
    if tally.known:
        yield f"Among the review's own studies, so in its count already: {_labels(tally.known)}."
    if tally.other_outcome:
        yield (
            f"Read and not counted: {_studies(CountRange(tally.other_outcome, tally.other_outcome))} "
            "of another outcome than attachment or what leads to it."
        )


def _accepted_since(new: Sequence[StudyFacts]) -> str:
    return f"Accepted since: {len(new)} ({_labels(new)})." if new else "None has been added since."


def direction_reasons(
    policy: DirectionPolicy, baseline: Baseline, tally: Tally, direction: Direction
) -> Iterator[str]:
    """Say whose findings were heard, what they say, and what they add up to."""
    heard = list(_heard(policy, baseline, tally))
    if not heard:
        why = "has a direction" if tally.counted else "has been counted"
        yield f"Findings: {shown(direction)}, since no study {why}."
        yield from _told_in_words(tally)
        return
    basis = " None of the studies is sound, so each is heard." if tally.fallback else ""
    yield f"Findings: {'; '.join(heard)}.{basis} Together: {shown(direction)}."
    yield from _told_in_words(tally)
    unheard = [
        study
        for study in (*tally.new, *tally.uncertain)
        if study.direction and study not in tally.voices
    ]
    if unheard:
        yield (
            "Counted, but not heard on the findings, since only sound studies are: "
            f"{_labels(unheard)}."
        )


def _heard(policy: DirectionPolicy, baseline: Baseline, tally: Tally) -> Iterator[str]:
    if baseline.direction != policy.silence:
        yield f"{shown(baseline.direction)} in {_REVIEW}"
    for direction in sorted({study.direction for study in tally.voices if study.direction}):
        saying = [study for study in tally.voices if study.direction is direction]
        yield f"{shown(direction)} in {_labels(saying)}"


def _told_in_words(tally: Tally) -> Iterator[str]:
    silent = [study for study in tally.counted if not study.direction]
    if silent:
        yield (
            "Counted, but not heard on the findings, since a study of more than one of the ten "
            f"does not say which way it goes for each: {_labels(silent)}."
        )


def _labels(studies: Iterable[StudyFacts]) -> str:
    return listed([study.label for study in studies])


def _studies(interval: CountRange) -> str:
    return f"{interval} {'study' if interval.hi == interval.lo == 1 else 'studies'}"
