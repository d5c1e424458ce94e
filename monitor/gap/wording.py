"""How a state is told: tier, findings and use in words. Pure; pages, mails and the ledger share it.

One verdict, one wording: whoever reads the page after the mail must not find another answer.
"""

from monitor.catalogue.words import Direction, Label, ResultClass, Tier, UsageBand
from monitor.evidence.certainty.rules import moved as certainty_moved
from monitor.evidence.shown import OUTCOMES, ShownFinding, gone, place, speaker, subject_of
from monitor.gap.states import State
from monitor.kernel.language import english

_TIERS = list(Tier)
_OF_HEADLINES = frozenset({ResultClass.ATTACHMENT.value, ResultClass.PROXIMAL.value})
_VERBS = {
    Direction.FAVOURS: "findings {} favour the intervention",
    Direction.GENERALLY_POSITIVE: "findings {} generally positive",
    Direction.MIXED: "findings {} mixed",
    Direction.NO_DIFFERENCE: "findings {} show no clear difference",
    Direction.FAVOURS_COMPARISON: "findings {} favour the comparison",
    Direction.NONE: "{} no findings to go on",
    Direction.BENEFIT: "trials {} show a benefit",
    Direction.PROBABLE: "trials {} show a probable benefit",
    Direction.SLIGHT: "trials {} show a slight benefit",
    Direction.LITTLE: "trials {} show little or no difference",
    Direction.DISAGREE: "trials {} disagree",
    Direction.POSITIVE_THEN_LITTLE: "findings {} positive to 2021, little or no difference since",
    Direction.POSITIVE_THEN_COMPARISON: "findings {} positive to 2021, comparison favoured since",
    Direction.POSITIVE_THEN_DISAGREE: "findings {} positive to 2021, trials since disagree",
}


def tier_words(state: State) -> str:
    """Tell the tier; where the count allows others too, the one that stands and what it may be.

    "Weak", or "weak for now; may become intermediate".
    """
    maybe = maybe_words(state)
    return f"{state.tier} for now; {maybe}" if maybe else state.tier.value


def tier_clause(state: State) -> str:
    """Tell the tier inside a sentence, where a semicolon would end a part of it."""
    return tier_words(state).replace("; ", ", ")


def maybe_words(state: State) -> str:
    """Tell what else the tier may be: "may become intermediate"; empty where it is settled."""
    if state.settled:
        return ""
    possible = _TIERS[_TIERS.index(state.tier_low) : _TIERS.index(state.tier_high) + 1]
    others = [tier for tier in possible if tier is not state.tier]
    higher = all(_TIERS.index(tier) > _TIERS.index(state.tier) for tier in others)
    verb = "may become" if higher else "may turn out"
    return f"{verb} {english.either([tier.value for tier in others])}"


def findings_clause(direction: Direction, word: str) -> str:
    """Tell the findings after ``word``, "now" or "still": "findings now mixed"."""
    return _VERBS[direction].format(word)


def moves(before: State | None, after: State, *, brief: bool = False) -> str:
    """Tell tier and findings in one line, and what moved of all that is told: the subject of a mail.

    ``brief`` counts what moved beside them, where naming each would be too long for a subject.
    """
    tier_was = tier_words(before) if before else None
    tier_moved = tier_was != tier_words(after)
    direction_moved = before is None or before.direction is not after.direction
    # "now weak for now" says it twice
    word = ("now " if after.settled else "") if tier_moved else "still "
    tier = f"tier {word}{tier_clause(after)}"
    findings = findings_clause(after.direction, "now" if direction_moved else "still")
    beside = _moved_beside(before, after, brief=brief) if before and not direction_moved else []
    if before and not (tier_moved or direction_moved or beside) and before.kind is not after.kind:
        beside = [f"gap now “{after.kind}”"]
    return ", ".join([tier, findings, *beside])


def _moved_beside(before: State, after: State, *, brief: bool) -> list[str]:
    """Tell what moved beside tier and headline: labels of what trials show, and certainty."""
    lines, sure = moved(before, after), certainty_moved(before.certainty, after.certainty)
    if brief:
        told = ["what trials since show moved"] if lines else []
        return [*told, *(["certainty moved"] if sure else [])]
    # a subject has room for the label and what it is of; the mail tells the rest
    return [
        *(f"{speaker(line)} now read “{line.told_label}” for {subject_of(line)}" for line in lines),
        *(f"certainty for {OUTCOMES[move.outcome_class]} now {move.after}" for move in sure),
    ]


def moved(before: State | None, after: State) -> list[ShownFinding]:
    """Give what trials since show in the pools and classes whose label is another now.

    Where the last study of one counts no more, that there is nothing to go on any more.
    """
    was = {_at(line): line for line in before.shows} if before else {}
    now = {_at(line) for line in after.shows}
    ended = [gone(line) for at, line in was.items() if at not in now]
    labels = {at: line.label for at, line in was.items()}
    unknown = Label.NOTHING
    return [
        line for line in (*after.shows, *ended) if labels.get(_at(line), unknown) is not line.label
    ]


def label_was(before: State | None, line: ShownFinding) -> str:
    """Tell what trials since showed of the same before; that nothing was known, where it was so.

    Where directions were counted as votes, what trials showed was not kept apart from the review.
    """
    if before and before.said is None:
        return "not kept apart"
    lines = before.shows if before else ()
    return next((each.told for each in lines if _at(each) == _at(line)), Label.NOTHING.value)


def since(state: State) -> ShownFinding | None:
    """Give what trials since show that the headline was not read off: told beside the review's word.

    Of attachment or what leads to it alone, as the headline is, and of randomised trials first.
    None where the headline was read off one, or where there is none.
    """
    told = [line for line in state.shows if line.outcome_class in _OF_HEADLINES]
    return None if state.read else min(told, key=lambda line: not line.randomised, default=None)


def trials_words(state: State) -> str:
    """Tell what trials since show, each label with what it is of; or that nothing is known."""
    if state.said is None:
        return "Not kept apart then"
    told = [f"{line.told} {place(line)}" for line in state.shows]
    return english.sentence("; ".join(told)) if told else "No result of one is known"


def _at(line: ShownFinding) -> tuple[str, str]:
    return line.comparator_class, line.outcome_class


def tier_move(before: State | None, after: State) -> str:
    """Tell what became of the tier, standing alone: "Was weak, now intermediate"."""
    now = tier_words(after)
    if before is None:
        return english.sentence(now)
    if tier_words(before) == now:
        return f"{english.sentence(now)}, unchanged"
    if before.tier is not after.tier:
        return f"Was {before.tier}, now {tier_clause(after)}"
    return f"{english.sentence(now)}{', now settled' if after.settled else ''}"


def used(state: State) -> str:
    """Tell the use: the source's own words or the band, and the share or the ranks still possible."""
    known = english.ranks(state.ranks, state.out_of)
    if state.use is not None:
        known = state.use.now.words
    parts = [state.usage_words or band_words(state), known]
    return english.sentence(": ".join(filter(None, parts)) or english.NOT_KNOWN)


def band_words(state: State) -> str:
    """Tell the band; empty where it is not known; of an interval in several, that it lies between."""
    told = {UsageBand.UNKNOWN: "", UsageBand.BETWEEN: "between two bands"}
    return told.get(state.band, state.band.value)
