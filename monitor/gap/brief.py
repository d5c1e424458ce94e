"""A change in a line or two, above the table that tells it whole: what moved, what stands, and why. Pure.

Tier and findings are named together. What the table says of figures is left to it.
"""

from collections.abc import Iterator

from monitor.evidence.certainty.rules import moved as certainty_moved
from monitor.evidence.shown import OUTCOMES, speaker, subject_of
from monitor.gap import use_changes
from monitor.gap.rules import findings_words
from monitor.gap.states import State
from monitor.gap.wording import moved, tier_clause
from monitor.kernel.language import english

_LABELS = 2  # named; more are counted


def brief(before: State | None, after: State, cause_words: str, cause_kind: str = "") -> str:
    """Tell a change, for after a name: "findings moved from generally positive to mixed; the tier stays strong. Why: …".

    ``cause_kind``: what kind of cause it is; of use, whether a survey came or was withdrawn.
    """
    cause = " ".join(cause_words.split()).rstrip(".")
    why = f" Why: {cause}." if cause else ""
    if before is None:
        first = f"the tier is {tier_clause(after)}, the findings {findings_words(after.direction)}"
        return f"{first}.{why}"
    moves, stays = (
        list(_moves(before, after, cause_kind)),
        english.listed(list(_stays(before, after))),
    )
    if not moves and before.kind is not after.kind:
        moves = [f"the gap now reads “{after.kind}”"]
    if not moves:
        return f"{stays}: what the count rests on moved, and nothing else.{why}"
    return f"{english.listed(moves)}{f'; {stays}' if stays else ''}.{why}"


def _moves(before: State, after: State, cause_kind: str) -> Iterator[str]:
    if before.direction is not after.direction:
        was, now = findings_words(before.direction), findings_words(after.direction)
        yield f"findings moved from {was} to {now}"
    if before.tier is not after.tier:
        yield f"the tier moved from {before.tier} to {tier_clause(after)}"
    elif tier_clause(before) != tier_clause(after):
        yield f"the tier is {'now settled: ' if after.settled else ''}{tier_clause(after)}"
    if before.direction is after.direction:
        yield from _labels(before, after)
    for move in certainty_moved(before.certainty, after.certainty):
        yield f"certainty for {OUTCOMES[move.outcome_class]} is now {move.after}"
    if before.use != after.use:
        # whole, with both counts: a share never stands alone, and its row in the table leaves this to us
        yield use_changes.use_clause(before, after, cause_kind)


def _labels(before: State, after: State) -> Iterator[str]:
    lines = moved(before, after)
    if len(lines) > _LABELS:
        yield f"{english.plural(len(lines), 'label')} of what trials show moved"
        return
    for line in lines:
        yield f"{speaker(line)} now read “{line.told_label}” for {subject_of(line)}"


def _stays(before: State, after: State) -> Iterator[str]:
    if tier_clause(before) == tier_clause(after):
        yield f"the tier stays {tier_clause(after)}"
    if before.direction is after.direction:
        yield f"findings stay {findings_words(after.direction)}"
