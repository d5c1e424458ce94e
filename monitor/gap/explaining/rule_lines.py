"""Which line of which rule decided a state: tier, label, headline and gap. Pure.

Each line is put together from the policy that decides, so the two cannot disagree.
"""

import math
from collections.abc import Iterator, Sequence

from monitor.catalogue.loader import Catalogue
from monitor.catalogue.words import Label
from monitor.evidence import wording
from monitor.evidence.headline import settles
from monitor.evidence.shown import ShownFinding, figures, place, signed
from monitor.evidence.synthesis.findings import Finding
from monitor.evidence.synthesis.harm_words import for_readers
from monitor.evidence.synthesis.labels import CASES
from monitor.gap.states import State
from monitor.review.words import shown

_CASE_OF = {
    **{label: words for words, label in CASES},
    Label.NOT_SETTLED: "holds 0 and reaches beyond δ or −δ, so no case that settles fits",
}
_Z = 1.96  # as intervals of 95 % are printed


def decided(catalogue: Catalogue, state: State) -> Iterator[str]:
    """Say which lines of the policies gave a state."""
    grading = catalogue.grading
    for tier in dict.fromkeys((state.tier_high, state.tier_low)):
        yield (
            f"Tier: the line for {tier} of grading policy {grading.version}, "
            f"“{wording.rule_sentence(grading, tier)}”."
        )
    yield from _findings(catalogue, state)
    yield (
        f"Gap: {state.tier}, “{shown(state.direction)}” and use “{state.band}” are "
        f"“{state.kind}” in the table of gap policy {catalogue.gap.version}."
    )


def _findings(catalogue: Catalogue, state: State) -> Iterator[str]:
    policy = catalogue.grading.headline
    if policy is None or state.said is None:
        yield (
            f"Findings: a count of votes, by policy {catalogue.grading.version}, gives "
            f"“{shown(state.direction)}”."
        )
        return
    read = state.read
    for line in _looked_at(catalogue, state):
        yield f"Label {place(line)}: {case(line, catalogue.synthesis.delta)}."
    if read is None:
        yield (
            f"Headline: nothing of trials since is settled, so what the review said stands, "
            f"“{shown(state.said)}” (grading policy {catalogue.grading.version})."
        )
        return
    yield (
        f"Headline: the review’s “{shown(state.said)}” and “{read.label}” {place(read)} are "
        f"“{shown(state.direction)}” in the table of grading policy {catalogue.grading.version}."
    )


def _looked_at(catalogue: Catalogue, state: State) -> list[ShownFinding]:
    """Give the lines that the headline may be read off, in the order in which they are tried."""
    policy = catalogue.grading.headline
    if policy is None:
        return []
    at = {(line.comparator_class, line.outcome_class): line for line in state.shows}
    places = [(pool, kind.value) for pool in policy.pools for kind in policy.classes]
    return [at[each] for each in places if each in at]


def case(line: ShownFinding, delta: float) -> str:
    """Say by which case of the table of labels a pool has its label.

    The interval is compared unrounded; it is told to two digits.
    """
    if line.label is Label.NOTHING:
        return f"“{line.told}”, so no size is compared with the difference that matters"
    words = _CASE_OF[line.label]
    by = f"“{line.told}”, since its 95 % interval"
    if line.low is not None and line.high is not None:
        by += f", {signed(line.low)} to {signed(line.high)} around {signed(line.estimate or 0.0)},"
    beside = "" if line.randomised else "; not of randomised trials, so it settles no headline"
    return f"{by} {words} (δ, the difference that matters, is {delta:g}){beside}"


def moves_most(catalogue: Catalogue, findings: Sequence[Finding]) -> Iterator[str]:
    """Say of each pool that a headline may be read off which study moves it most."""
    policy = catalogue.grading.headline
    for finding in findings:
        if policy is None or finding.leave_one_out is None:
            continue
        if finding.comparator_class not in policy.pools:
            continue
        if finding.outcome_class not in policy.classes:
            continue
        left = finding.leave_one_out
        was, then = finding.main, left.line
        stays = "stays" if was.label == then.label else "would be"
        label = f"the label {stays} “{then.label}”"
        if (
            was.pool
            and was.pool.estimate is not None
            and then.pool
            and then.pool.estimate is not None
        ):
            told = (
                f"the estimate moves from {signed(was.pool.estimate)} to "
                f"{signed(then.pool.estimate)}, and {label}"
            )
        else:
            told = label
        line = ShownFinding.of(finding, catalogue.synthesis.delta)
        yield f"{left.study} moves the pool {place(line)} most: without it {told}."


def unsettled(catalogue: Catalogue, findings: Sequence[Finding]) -> Finding | None:
    """Give the first pool that could settle the headline and does not; None where one does."""
    policy = catalogue.grading.headline
    if policy is None:
        return None
    at = {
        (candidate.comparator_class, candidate.outcome_class): candidate for candidate in findings
    }
    first = None
    for pool in policy.pools:
        for kind in policy.classes:
            finding = at.get((pool, kind.value))
            if finding is None:
                continue
            line = ShownFinding.of(finding, catalogue.synthesis.delta)
            if settles(policy, line):
                return None
            if first is None and line.randomised and finding.main.pool:
                first = finding
    return first


def told(finding: Finding, delta: float) -> Iterator[str]:
    """Tell a finding whole: its label and figures, each study's result, the rule that chose it, weight."""
    line = ShownFinding.of(finding, delta)
    method = f"; {finding.main.pool.method}" if finding.main.pool else ""
    yield f"{place(line)}: {line.told} ({figures(line)}{method})"
    is_pooled = finding.main.pool is not None and finding.main.pool.estimate is not None
    weights = finding.weights if is_pooled else {}
    for entry in finding.index:
        size = "direction only" if entry.vi is None else _size(entry.yi or 0.0, entry.vi)
        weight = f", {weights[entry.study]:.0%} of the weight" if entry.study in weights else ""
        yield f"  {entry.study}: {entry.outcome}: {size}{weight}; chosen: {entry.rule}"
    for name, other in (
        ("Without developers’ own", finding.without_developers),
        ("Without some concerns", finding.without_some_concerns),
        ("With high risk of bias", finding.with_high_risk),
        ("Sustained, a year on and later", finding.sustained),
    ):
        if other.k and other.label != finding.main.label:
            yield f"  {name}: {for_readers(other.label, finding.outcome_class)} ({other.k})"
    for reason in finding.reasons:
        yield f"  {reason}"


def _size(estimate: float, variance: float) -> str:
    half = _Z * math.sqrt(variance)
    return f"{signed(estimate)} ({signed(estimate - half)} to {signed(estimate + half)})"
