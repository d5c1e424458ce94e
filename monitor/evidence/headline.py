"""The headline: what the review said and what trials since show, by the policy's table. Pure.

Source: ``method/findings.md`` §6. Three statements stand together: how much is known (the tier),
what the review said, and what trials since show; the headline is read off the last two.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from monitor.catalogue.shapes.policies import HeadlinePolicy
from monitor.catalogue.words import Direction, Label
from monitor.evidence.shown import ShownFinding, figures, place, speaker
from monitor.evidence.synthesis.findings import MainFinding
from monitor.kernel.language import english
from monitor.review.words import shown


@dataclass(frozen=True, slots=True)
class Headline:
    """A headline, what it was read off, and the sentences that say why."""

    direction: Direction
    shows: tuple[ShownFinding, ...]
    reasons: tuple[str, ...]


def headline(
    policy: HeadlinePolicy, said: Direction, findings: Iterable[MainFinding], delta: float
) -> Headline:
    """Read the headline off what the review said and what trials show. Total: never raises."""
    told = list(findings)
    shows = tuple(ShownFinding.of(finding, delta) for finding in told)
    unread = [_unread(finding) for finding in told]
    read = first_settled(policy, shows)
    if read is None:
        return Headline(said, shows, tuple(_reasons(policy, said, shows, unread, said)))
    marked = tuple(replace(line, read=True) if line is read else line for line in shows)
    direction = policy.of(said, read.label)
    return Headline(direction, marked, tuple(_reasons(policy, said, marked, unread, direction)))


def first_settled(policy: HeadlinePolicy, shows: Sequence[ShownFinding]) -> ShownFinding | None:
    """Find what the headline is read off: the first settled label, in the policy's order."""
    at = {(line.comparator_class, line.outcome_class): line for line in shows}
    in_order = (at.get((pool, kind.value)) for pool in policy.pools for kind in policy.classes)
    return next((line for line in in_order if line and settles(policy, line)), None)


def settles(policy: HeadlinePolicy, line: ShownFinding) -> bool:
    """Tell whether a line settles a headline: its label does, and it is of randomised trials."""
    return line.randomised and line.label not in policy.unsettled


def _unread(finding: MainFinding) -> tuple[str, ...]:
    """Say what of a finding's results is hard to believe; and why all are in no pool, where they are."""
    if finding.main.k or finding.signs.heard:
        return tuple(
            f"Of {index.study}: {doubt}; counted as given, "
            "since nobody has said that it is printed so"
            for index in finding.index
            for doubt in index.doubts
        )
    return tuple(why for why in finding.reasons if why != Label.NOTHING)


def _reasons(
    policy: HeadlinePolicy,
    said: Direction,
    shows: Sequence[ShownFinding],
    unread: Sequence[Sequence[str]],
    direction: Direction,
) -> Iterator[str]:
    yield f"The 2023 review said of its whole tier: {said}."
    classes = frozenset(policy.classes)
    told = [line for line in shows if line.outcome_class in classes]
    for line, why in zip(shows, unread, strict=True):
        if line.outcome_class in classes:
            who = english.sentence(speaker(line))
            yield f"{who} show, {place(line)}: {line.words} ({figures(line)})."
            yield from (f"{reason}." for reason in why)
    read = next((line for line in shows if line.read), None)
    if read is None:
        yield f"{_unsettled(policy, told)}: so what the review said stands, {said}."
        return
    yield f"The headline is “{shown(direction)}”: the rule for “{said}” and “{read.label}”, {place(read)}."
    for line in told:
        if line is not read and settles(policy, line) and line.label is not read.label:
            yield f"It differs {place(line)}: {line.words}."


def _unsettled(policy: HeadlinePolicy, told: Sequence[ShownFinding]) -> str:
    """Say why nothing settles the headline."""
    if not told:
        return "No result of trials since, for attachment or what leads to it, can be read"
    settled = [line for line in told if line.label not in policy.unsettled]
    whys = []
    if not all(line.randomised for line in settled):
        whys.append("studies that are not randomised settle none")
    if any(line.comparator_class not in policy.pools for line in settled):
        whys.append("a comparison with another of the ten settles none")
    return f"None of this settles the headline{f' ({english.listed(whys)})' if whys else ''}"
