"""The facts that certainty rests on, gathered from a finding and the readings of its studies. Pure."""

from collections.abc import Mapping, Sequence

from monitor.catalogue.shapes.methods import SynthesisPolicy
from monitor.catalogue.shapes.tools import Tool
from monitor.catalogue.words import RiskOfBias
from monitor.evidence.certainty.rules import CertaintyFacts, TrialInPool
from monitor.evidence.synthesis.findings import Finding
from monitor.evidence.synthesis.index_results import Index
from monitor.evidence.synthesis.pooling import Pool
from monitor.evidence.synthesis.results import ANOTHER
from monitor.review.queries import AcceptedStudy
from monitor.review.reading.appraised import overall_of
from monitor.review.reading.model import Reading

_PLACES = 4
_NUMBERS = ("estimate", "ci_low", "ci_high", "pi_low", "pi_high", "i2", "q_p")  # of a pool
_JUDGED = frozenset(RiskOfBias)  # a tool that says anything else tells no risk


def facts_of(
    finding: Finding,
    studies: Mapping[str, AcceptedStudy],
    tools: Mapping[str, Tool],
    policy: SynthesisPolicy,
    *,
    overdue: int,
) -> CertaintyFacts:
    """Gather what a finding's certainty rests on; ``overdue`` counts registered trials.

    Trials are in the finding's own order: that of rows makes no difference.
    """
    pool, signs = finding.main.pool, finding.signs
    chosen = _voices(finding)
    unknown = {index.study for index in chosen if not _is_judged(finding, index, studies, tools)}
    return CertaintyFacts(
        outcome_class=finding.outcome_class,
        comparator_class=finding.comparator_class,
        label=finding.main.label,
        randomised=bool(chosen) and all(index.randomised for index in chosen),
        k=finding.main.k,
        people=finding.main.people,
        delta=policy.delta,
        concern=_concern(finding, chosen, unknown),
        signs=(signs.towards, signs.away, signs.none),
        left_out=finding.with_high_risk.k - finding.main.k,
        overdue=overdue,
        method=pool.method.value if pool else "",
        **_numbers(pool),
        trials=tuple(_trial(index.study, studies.get(index.study), finding) for index in chosen),
    )


def _voices(finding: Finding) -> list[Index]:
    """Give the studies that the label rests on: those with a size, or else all that point."""
    sized = [index for index in finding.index if index.vi is not None]
    return sized or list(finding.index)


def _concern(finding: Finding, chosen: Sequence[Index], unknown: set[str]) -> tuple[float, float]:
    """Give the share of the weight at some concerns or high, as far as it is known.

    Where no size is known, each study weighs the same.
    """
    if not chosen:
        return 0.0, 1.0
    weights = finding.weights or {index.study: 1 / len(chosen) for index in chosen}
    concerning = {index.study for index in chosen if index.some_concerns or index.high_risk}
    least = sum(weights[study] for study in sorted(concerning))
    most = sum(weights[study] for study in sorted(concerning | unknown))
    return round(least, _PLACES), round(most, _PLACES)


def _is_judged(
    finding: Finding,
    index: Index,
    studies: Mapping[str, AcceptedStudy],
    tools: Mapping[str, Tool],
) -> bool:
    """Tell whether the risk of bias of a study's results of this class is known."""
    study = studies.get(index.study)
    results = study.reading.results if study else ()
    of_class = [r for r in results if r.kind and r.kind.value == finding.outcome_class]
    said = [overall_of(tools, result.risk) for result in of_class]
    return bool(said) and all(word in _JUDGED for word in said)


def _trial(name: str, study: AcceptedStudy | None, finding: Finding) -> TrialInPool:
    if study is None:
        return TrialInPool(None, name)
    reading = study.reading
    return TrialInPool(
        study_id=study.study_id,
        name=study.label,
        uk=reading.uk,
        country=reading.country,
        setting=reading.setting,
        ages=reading.ages,
        variants=_variants(reading, finding.intervention),
        comparators=_comparators(reading, finding),
    )


def _variants(reading: Reading, slug: str) -> tuple[str, ...]:
    named = {arm.variant for arm in reading.arms if arm.intervention == slug and arm.variant}
    return tuple(sorted(named))


def _comparators(reading: Reading, finding: Finding) -> tuple[str, ...]:
    """Name what the others got in the results of this class: a kind of comparison, or its name."""
    words = set()
    for result in reading.results:
        if result.kind is None or result.kind.value != finding.outcome_class:
            continue
        for key in (result.experimental, result.comparator):
            arm = reading.arm(key) if key else None
            if arm and arm.intervention != finding.intervention:
                kind = arm.comparator.value if arm.comparator else arm.name
                words.add(ANOTHER if arm.intervention else kind)
    return tuple(sorted(word for word in words if word))


def _numbers(pool: Pool | None) -> dict[str, float | None]:
    numbers = {name: getattr(pool, name) if pool else None for name in _NUMBERS}
    return {
        name: None if value is None else round(value, _PLACES) for name, value in numbers.items()
    }
