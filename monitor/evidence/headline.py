"""The headline: what the review said and what trials since show, by the policy's table. Pure.

Source: ``method/findings.md`` §6. Three statements stand together: how much is known (the tier),
what the review said, and what trials since show; the headline is read off the last two.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from monitor.catalogue.policies import HeadlinePolicy
from monitor.catalogue.words import Direction
from monitor.evidence.findings import MainFinding
from monitor.evidence.shown import Shown, figures, place


@dataclass(frozen=True, slots=True)
class Headline:
    """A headline, what it was read off, and the sentences that say why."""

    direction: Direction
    shows: tuple[Shown, ...]
    reasons: tuple[str, ...]


def headline(
    policy: HeadlinePolicy, said: Direction, findings: Iterable[MainFinding], delta: float
) -> Headline:
    """Read the headline off what the review said and what trials show. Total: never raises."""
    shows = tuple(Shown.of(finding, delta) for finding in findings)
    read = first_settled(policy, shows)
    if read is None:
        return Headline(said, shows, tuple(_reasons(policy, said, shows, said)))
    marked = tuple(replace(line, read=True) if line is read else line for line in shows)
    direction = policy.of(said, read.label)
    return Headline(direction, marked, tuple(_reasons(policy, said, marked, direction)))


def first_settled(policy: HeadlinePolicy, shows: Sequence[Shown]) -> Shown | None:
    """Find what the headline is read off: the first settled label, in the policy's order."""
    at = {(line.comparator_class, line.outcome_class): line for line in shows}
    in_order = (at.get((pool, kind.value)) for pool in policy.pools for kind in policy.classes)
    return next((line for line in in_order if line and settles(policy, line)), None)


def settles(policy: HeadlinePolicy, line: Shown) -> bool:
    """Tell whether a line settles a headline: its label does, and it is of randomised trials."""
    return line.randomised and line.label not in policy.unsettled


def _reasons(
    policy: HeadlinePolicy, said: Direction, shows: Sequence[Shown], direction: Direction
) -> Iterator[str]:
    yield f"The 2023 review said of its whole tier: {said}."
    told = [line for line in shows if line.outcome_class in set(policy.classes) or line.read]
    for line in told:
        yield f"Trials since show, {place(line)}: {line.words} ({figures(line)})."
    read = next((line for line in shows if line.read), None)
    if read is None:
        why = "settles nothing" if told else "no result of one is known"
        yield f"Of trials since, {why}: so what the review said stands, {said}."
        return
    yield f"The headline is {direction}: the rule for “{said}” and “{read.label}”, {place(read)}."
    for line in told:
        if line is not read and settles(policy, line) and line.label is not read.label:
            yield f"It differs {place(line)}: {line.words}."
