"""The memo of somebody's own services: what its sheet says, from what they entered. Pure.

It is theirs alone: nothing of it is kept, and no address opens it for others.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from monitor.catalogue.loader import Catalogue
from monitor.evidence.shown import OUTCOMES
from monitor.gap.explaining.explained import Explained
from monitor.gap.memos.memo import SWITCHING, UNKNOWN, ToldChange, fact
from monitor.gap.memos.sheets import Block, Sheet, SheetTable, cut, within
from monitor.gap.wording import tier_words, used
from monitor.kernel.language.english import NOT_KNOWN, day, listed, sentence
from monitor.mine import wording
from monitor.mine.compared import InterventionLine
from monitor.mine.rules import ServiceEntry
from monitor.review.words import shown

MOST_EXPLAINED = 4  # whose verdict is explained: the widest gaps, as there is one sheet
NOTHING = "No service is entered, so there is nothing to tell yet."
_CHANGES, _SURE = 3, 5
_CELL, _SENTENCE = 110, 330


@dataclass(frozen=True, slots=True)
class Mine:
    """What the memo is made of. ``lines``: the ten with own use; ``why``: of those bought, by slug."""

    entries: Sequence[ServiceEntry]
    lines: Sequence[InterventionLine]
    changes: Sequence[ToldChange]
    why: Mapping[str, Explained]
    on: date
    address: str


def explained_first(lines: Sequence[InterventionLine]) -> list[str]:
    """Name what is bought and is explained, the widest gaps on own use first."""
    bought = [line for line in lines if line.use.offering]
    widest = sorted(bought, key=lambda line: (_is_quiet(line), -line.use.offering))
    return [line.national.slug for line in widest[:MOST_EXPLAINED]]


def _is_quiet(line: InterventionLine) -> bool:
    return line.kind.value in {"aligned", NOT_KNOWN}


def sheet(catalogue: Catalogue, mine: Mine) -> Sheet:
    """Put the memo together."""
    states = {line.national.slug: line.national.state for line in mine.lines}
    bought = [line for line in mine.lines if line.use.offering]
    others = [line.national.short for line in mine.lines if not line.use.offering]
    return Sheet(
        about="My services",
        on=mine.on,
        address=mine.address,
        promise="the page of your services; only a link mailed to you opens it",
        title=wording.title(states, mine.entries),
        lead=wording.pattern(states, mine.entries) if mine.entries else NOTHING,
        caution=f"{catalogue.review.caveat.rstrip('.')}, and strong evidence is not a promise.",
        blocks=tuple(_blocks(catalogue, mine, bought, others)),
        foot=(
            f"{wording.unknown(states, mine.entries)} Your services as you entered them: "
            f"{_names(mine.entries)}. Evidence and national use as of {day(mine.on)}. Gap Monitor is "
            "independent: it is not an NHS service and gives no clinical advice."
        ).strip(),
    )


def _blocks(
    catalogue: Catalogue, mine: Mine, bought: Sequence[InterventionLine], others: Sequence[str]
) -> Iterator[Block]:
    if bought:
        yield Block("What you buy, beside evidence and national use", table=_bought(bought))
    if mine.entries and others:
        yield Block("Not bought", (f"{listed(others)}.",))
    changed = within(_changed(mine.changes), _CHANGES, _SENTENCE)
    yield Block("What changed", changed, half=True)
    yield Block("How sure", within(_sure(bought), _SURE, _SENTENCE), half=True)
    if bought:
        yield Block("What it takes, and what it costs to switch", table=_takes(catalogue, bought))
        yield Block("What would change a verdict", (), tuple(_would(mine, bought)))


def _bought(bought: Sequence[InterventionLine]) -> SheetTable:
    rows = tuple(
        (
            line.national.name,
            f"{sentence(tier_words(line.national.state))}; findings: {shown(line.national.state.direction)}",
            f"{line.use.offering} of {line.use.of}; {wording.families(line.use)}",
            cut(used(line.national.state), _CELL),
            line.means,
        )
        for line in bought
    )
    return SheetTable(
        "What you buy", ("Intervention", "Evidence", "Yours", "National use", "For you"), rows
    )


def _changed(changes: Sequence[ToldChange]) -> Iterator[str]:
    for change in changes:
        yield f"{day(change.at)}: {change.sentence}"
    if not changes:
        yield "Nothing has changed since the 2023 review in what you buy."


def _sure(bought: Sequence[InterventionLine]) -> Iterator[str]:
    """Tell of each what people confirmed; of those without a trial since, that there is none."""
    without = [line.national.short for line in bought if not line.national.state.shows]
    for line in bought:
        state = line.national.state
        kinds = dict.fromkeys(finding.outcome_class for finding in state.shows)
        told = [
            f"{OUTCOMES[kind]} {state.certainty[kind].value if kind in state.certainty else 'not confirmed yet'}"
            for kind in kinds
        ]
        if told:
            yield f"{line.national.short}: certainty for {listed(told)}."
    if without:
        yield f"No result of a trial since the review is known here of {listed(without)}."


def _takes(catalogue: Catalogue, bought: Sequence[InterventionLine]) -> SheetTable:
    rows = tuple(
        (
            line.national.short,
            fact(catalogue, line.national.slug, "deliverer")[0],
            fact(catalogue, line.national.slug, "training")[0],
            fact(catalogue, line.national.slug, "cost")[0],
            UNKNOWN,
        )
        for line in bought
    )
    return SheetTable(
        "What it takes",
        ("Intervention", "Who gives it", "Training", "Cost of training", SWITCHING),
        rows,
    )


def _would(mine: Mine, bought: Sequence[InterventionLine]) -> Iterator[str]:
    for line in bought:
        if why := mine.why.get(line.national.slug):
            yield cut(f"{line.national.short}: {why.hangs_on} {why.next_tier}".strip(), _SENTENCE)
    left = len(bought) - len(mine.why)
    if left:
        yield f"Of the other {left}: on the page of each."


def _names(entries: Sequence[ServiceEntry]) -> str:
    return cut(listed([entry.name for entry in entries]) or "none", _SENTENCE)
