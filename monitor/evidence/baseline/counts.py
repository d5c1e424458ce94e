"""The review's own table, counted by the grading policy's facts and held against what it published.

Pure. What a cell leaves open makes a range; a published range narrows it, where both can be so.
"""

from collections.abc import Iterable, Mapping

from monitor.catalogue.loader import Catalogue, GradingPolicy
from monitor.catalogue.shapes.policies import CountedFact
from monitor.catalogue.words import OutcomeClass, RiskOfBias
from monitor.evidence.baseline.table import ReviewTable, TableRow
from monitor.evidence.facts import CountRange, StudyFacts, meets

_NOBODY = 0
# Where nothing tells the risk, each is tried: what differs stays a range.
_ANY_RISK = tuple(RiskOfBias)


def counted(policy: GradingPolicy, rows: Iterable[TableRow]) -> dict[str, CountRange]:
    """Count the grading policy's facts over rows of one intervention; open cells make ranges."""
    some = tuple(rows)
    return {
        name: _sum(_met(policy, fact, row) for row in some) for name, fact in policy.facts.items()
    }


def narrowed(
    published: Mapping[str, tuple[int, int]],
    whole: Mapping[str, CountRange],
    left: Mapping[str, CountRange],
) -> dict[str, tuple[int, int]]:
    """Say what counts: the table's counts, and where these are ranges, the published ones too.

    ``whole`` counts all rows, ``left`` those that still count. Where table and review contradict
    each other, the table's own count stands.
    """
    facts = {}
    for name, count in whole.items():
        low, high = published[name]
        both = CountRange(max(count.lo, low), min(count.hi, high))
        both = count if both.lo > both.hi else both
        gone = CountRange(count.lo - left[name].lo, count.hi - left[name].hi)
        facts[name] = (
            max(left[name].lo, both.lo - gone.hi, 0),
            min(left[name].hi, both.hi - gone.lo),
        )
    return facts


def contradictions(catalogue: Catalogue, table: ReviewTable) -> list[str]:
    """Say where a table's counts and the published ranges cannot both be so; a sentence each."""
    return [
        _contradiction(about.name, fact, count, published)
        for about in catalogue.interventions
        for counts in [counted(catalogue.grading, table.of(about.slug).values())]
        for name, fact in catalogue.grading.facts.items()
        for count, published in [(counts[name], CountRange(*about.baseline.facts[name]))]
        if count.lo > published.hi or count.hi < published.lo
    ]


def _contradiction(name: str, fact: CountedFact, count: CountRange, published: CountRange) -> str:
    what = fact.one if count.is_exact and count.lo == 1 else fact.many
    return f"{name}: the table has {count} {what}, and the review published {published}"


def _met(policy: GradingPolicy, fact: CountedFact, row: TableRow) -> CountRange:
    """Tell whether a row is one that a fact counts: 1, 0, or either."""
    risks = (row.risk_of_bias,) if row.risk_of_bias else _ANY_RISK
    answers = {meets(fact, _study(row, risk)) for risk in risks}
    if row.outcome_class is None:
        answers |= {False}
    elif row.outcome_class not in policy.outcomes:
        answers = {False}
    return CountRange(min(answers), max(answers))


def _study(row: TableRow, risk: RiskOfBias) -> StudyFacts:
    return StudyFacts(
        study_id=_NOBODY,
        label=row.study,
        design=row.design,
        risk_of_bias=risk,
        outcome_class=row.outcome_class or OutcomeClass.ATTACHMENT,
        direction=None,
    )


def _sum(each: Iterable[CountRange]) -> CountRange:
    some = tuple(each)
    return CountRange(sum(interval.lo for interval in some), sum(interval.hi for interval in some))
