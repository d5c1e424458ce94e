"""How a state is told: tier, findings and use in words. Pure; pages, mails and the ledger share it.

One verdict, one wording: whoever reads the page after the mail must not find another answer.
"""

from dataclasses import dataclass

from monitor.catalogue.words import SAID, Direction, Label, ResultClass, Tier, UsageBand
from monitor.evidence.certainty.rules import moved as certainty_moved
from monitor.evidence.shown import OUTCOMES, Shown, gone, place, speaker, subject_of
from monitor.gap.states import State
from monitor.kernel import english

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
        labels = [f"{english.plural(len(lines), 'label')} of studies since moved"] if lines else []
        return [*labels, *(["certainty moved"] if sure else [])]
    # a subject has room for the label and what it is of; the mail tells the rest
    return [
        *(f"{speaker(line)} now read “{line.told_label}” for {subject_of(line)}" for line in lines),
        *(f"certainty for {OUTCOMES[move.outcome_class]} now {move.after}" for move in sure),
    ]


def moved(before: State | None, after: State) -> list[Shown]:
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


def label_was(before: State | None, line: Shown) -> str:
    """Tell what trials since showed of the same before; that nothing was known, where it was so.

    Where directions were counted as votes, what trials showed was not kept apart from the review.
    """
    if before and before.said is None:
        return "not kept apart"
    lines = before.shows if before else ()
    return next((each.told for each in lines if _at(each) == _at(line)), Label.NOTHING.value)


def since(state: State) -> Shown | None:
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


def _at(line: Shown) -> tuple[str, str]:
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


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a state means to a reader who buys the intervention, and to one who is choosing.

    ``lead`` is whole; the others end "If you buy it now: …" and "If you are choosing: …".
    """

    lead: str
    buying: str
    choosing: str


_ASK = "Ask what your service measures, and in whom."
_FAMILIES = "Read the findings for the variant and the families you have in mind."
_COMPARED = "Look at what it was compared with, and at what your families would have instead."

_LEADS = {
    Tier.STRONG: "Much research",
    Tier.INTERMEDIATE: "Some research, of mixed quality",
    Tier.WEAK: "Little research so far",
}
_SAYS = {
    Direction.FAVOURS: ", and it favours the intervention.",
    Direction.GENERALLY_POSITIVE: ", and its findings are generally positive.",
    Direction.MIXED: ", and it does not all point one way.",
    Direction.NO_DIFFERENCE: ", and it shows no clear difference.",
    Direction.FAVOURS_COMPARISON: ", and it favours the comparison.",
    Direction.NONE: ".",
    Direction.BENEFIT: ", and trials show a benefit.",
    Direction.PROBABLE: ", and trials show that it probably helps.",
    Direction.SLIGHT: ", and trials show a slight difference in its favour.",
    Direction.LITTLE: ", and trials large enough to tell found little or no difference.",
    Direction.DISAGREE: ", and trials disagree.",
    Direction.POSITIVE_THEN_LITTLE: (
        ": positive to 2021, but trials since found little or no difference."
    ),
    Direction.POSITIVE_THEN_COMPARISON: (
        ": positive to 2021, but in trials since families did better with the comparison."
    ),
    Direction.POSITIVE_THEN_DISAGREE: ": positive to 2021, but trials since disagree.",
}
_POSITIVE = frozenset(
    {
        Direction.FAVOURS,
        Direction.GENERALLY_POSITIVE,
        Direction.BENEFIT,
        Direction.PROBABLE,
        Direction.SLIGHT,
    }
)
_ADVERSE = frozenset({Direction.FAVOURS_COMPARISON, Direction.POSITIVE_THEN_COMPARISON})
# Trials were large enough to tell, whatever the tier: few studies are no excuse then.
_SETTLED_AGAINST = {
    Direction.LITTLE: f"families fared about the same with what it was compared with. {_COMPARED}",
    Direction.POSITIVE_THEN_LITTLE: (
        "earlier studies were positive, and families in later trials fared about the same with "
        f"what it was compared with. {_COMPARED}"
    ),
}
_BUYING = {
    Direction.DISAGREE: "trials that disagree are by themselves no verdict for or against it.",
    Direction.POSITIVE_THEN_DISAGREE: (
        "later trials that disagree are by themselves no verdict for or against it."
    ),
    Direction.MIXED: "findings that differ are by themselves no verdict for or against it.",
    Direction.NO_DIFFERENCE: (
        f"no clear difference is by itself no verdict for or against it. {_COMPARED}"
    ),
    Direction.NONE: "no counted study says which way it goes.",
}


def meaning(state: State) -> Meaning:
    """Say what a state means, for every tier and direction; never to buy or to stop."""
    if state.studies[1] == 0:
        lead = "No study is counted, so there are no findings to go on."
    else:
        lead = _LEADS[state.tier] + _SAYS[state.direction]
    return Meaning(lead, _buying(state), _choosing(state))


def _buying(state: State) -> str:
    if state.direction in _POSITIVE:
        return f"the studies so far lean its way. Check that you get the variant that was studied. {_ASK}"
    if state.direction in _SETTLED_AGAINST:
        return f"{_SETTLED_AGAINST[state.direction]} {_ASK}"
    if state.direction in _ADVERSE:
        return (
            "families in the comparison groups did better. Read the studies, and talk it "
            f"through with those who provide it. {_ASK}"
        )
    if state.tier is Tier.WEAK:
        return f"little research is not a finding against it. {_ASK} A service like yours may help to find out."
    return f"{_BUYING[state.direction]} {_ASK}"


def _choosing(state: State) -> str:
    unsettled = "" if state.settled else " How much is known is itself not settled."
    if state.direction in _ADVERSE:
        return (
            "families in the comparison groups did better: a reason to look at what those got."
            f"{unsettled} {_FAMILIES}"
        )
    if state.tier is Tier.WEAK and state.direction not in _READ_OFF_TRIALS:
        return (
            "there is too little research to say whether it helps. That is not a finding against it."
            f"{unsettled} Ask those who provide it what they measure, and who checks it."
        )
    if state.direction in _POSITIVE:
        return (
            "the findings are a reason to look, not by themselves a reason to buy."
            f"{unsettled} {_FAMILIES}"
        )
    return f"do not take the {state.tier} tier as a promise of benefit.{unsettled} {_FAMILIES}"


# Headlines that trials since the review settled.
_READ_OFF_TRIALS = frozenset(Direction) - frozenset(SAID)

_CAUTION = {
    Tier.STRONG: "A strong tier says how much is known, not whether the intervention works.",
    Tier.INTERMEDIATE: (
        "An intermediate tier says how much is known, not whether the intervention works."
    ),
    Tier.WEAK: "A weak tier says how little is known, not whether the intervention works.",
}


def caution(tier: Tier) -> str:
    """Give the sentence that keeps a tier from being read as a benefit."""
    return _CAUTION[tier]
