"""The numbers beside each domain of certainty, as sentences. Pure; says what is not known."""

from collections import Counter
from collections.abc import Callable, Iterable

from monitor.catalogue.shapes.methods import CertaintyPolicy
from monitor.catalogue.words import Certainty, CertaintyDomain
from monitor.evidence.certainty.rules import (
    CertaintyFacts,
    SuggestedCertainty,
    SuggestedLevels,
    TrialInPool,
    lines_crossed,
)
from monitor.evidence.synthesis.pooling import Method
from monitor.kernel.language.english import full, listed, plural

_BESIDE = "not known"


def numbers(facts: CertaintyFacts, policy: CertaintyPolicy) -> dict[CertaintyDomain, str]:
    """Say, for each domain, the facts that its suggestion rests on."""
    sentences: dict[CertaintyDomain, Callable[[CertaintyFacts, CertaintyPolicy], str]] = {
        CertaintyDomain.RISK_OF_BIAS: _risk_of_bias,
        CertaintyDomain.INCONSISTENCY: _inconsistency,
        CertaintyDomain.INDIRECTNESS: _indirectness,
        CertaintyDomain.IMPRECISION: _imprecision,
        CertaintyDomain.REPORTING: _reporting,
    }
    return {domain: say(facts, policy) for domain, say in sentences.items()}


def suggested(suggestion: SuggestedLevels) -> str:
    """Say what the rule suggests of one domain.

    >>> suggested(Suggestion(CertaintyDomain.IMPRECISION, 0, 1))
    'none to one level down: what is not known decides'
    """
    if suggestion.asked:
        return "nothing: people judge"
    if suggestion.least != suggestion.most:
        return (
            f"{went_down(suggestion.least)} to {went_down(suggestion.most)}: "
            "what is not known decides"
        )
    return went_down(suggestion.least)


def went_down(levels: int) -> str:
    """Write how far a domain goes down.

    >>> went_down(0), went_down(2)
    ('none', 'two levels down')
    """
    return ("none", "one level down", "two levels down")[levels]


def span(assessment: SuggestedCertainty) -> str:
    """Write the level suggested: one word, or the two ends."""
    low, high = assessment.low, assessment.high
    return low.value if low is high else f"{low} to {high}"


def start(level: Certainty, *, randomised: bool) -> str:
    """Say where the rating starts, and why."""
    return f"{level}, as {'these are' if randomised else 'none of these is'} randomised"


def _risk_of_bias(facts: CertaintyFacts, _: CertaintyPolicy) -> str:
    least, most = facts.concern
    share = _percent(least) if least == most else f"{_percent(least)} to {_percent(most)}"
    what = "the weight is" if facts.k else "the studies are"
    said = [f"{share} of {what} at some concerns or high risk of bias"]
    if least != most:
        said[0] += ", as not every study’s risk is known"
    if facts.left_out:
        said.append(f"{plural(facts.left_out, 'study', 'studies')} at high risk left out")
    return full("; ".join(said))


def _inconsistency(facts: CertaintyFacts, _: CertaintyPolicy) -> str:
    if facts.studies == 1:
        return "One study: there is nothing to compare it with."
    if not facts.k:
        return f"{_signs(facts)}. Sizes are not known, so they cannot be compared."
    q = f"Q of {facts.k} studies: p {_p(facts.q_p)}"
    if facts.method == Method.APART:
        return f"{q}. They disagree by more than chance allows, and are not pooled."
    if facts.pi_low is None or facts.pi_high is None:
        return f"{q}. Too few for a prediction interval."
    crossed = _lines(facts.pi_low, facts.pi_high, facts.delta)
    i2 = "" if facts.i2 is None else f"; I² {facts.i2:.0f}%"
    between = f"{_signed(facts.pi_low)} to {_signed(facts.pi_high)}"
    return f"{q}{i2}. In another setting the difference may be {between}, which {crossed}."


def _indirectness(facts: CertaintyFacts, _: CertaintyPolicy) -> str:
    trials = facts.trials
    uk = sum(trial.uk is True for trial in trials)
    unknown = sum(trial.uk is None for trial in trials)
    said = [
        f"{uk} of {plural(len(trials), 'study', 'studies')} in the UK"
        + (f", {unknown} not known" if unknown else "")
    ]
    said.append(f"versions: {_counted(trials, lambda trial: trial.variants)}")
    said.append(f"compared with: {_counted(trials, lambda trial: trial.comparators)}")
    said.append(f"ages: {_counted(trials, lambda trial: (trial.ages,))}")
    said.append(f"settings: {_counted(trials, lambda trial: (trial.setting,))}")
    return full("; ".join(said))


def _imprecision(facts: CertaintyFacts, _: CertaintyPolicy) -> str:
    people = "people not known" if facts.people is None else f"{facts.people:,} people"
    if facts.ci_low is None or facts.ci_high is None or facts.estimate is None:
        why = "not pooled, so no interval" if facts.k else "no size is known, so no interval"
        return full(f"{why}; {people}")
    crossed = _lines(facts.ci_low, facts.ci_high, facts.delta)
    interval = f"{_signed(facts.ci_low)} to {_signed(facts.ci_high)}"
    return f"{_signed(facts.estimate)} ({interval}), which {crossed}; {people}."


def _reporting(facts: CertaintyFacts, policy: CertaintyPolicy) -> str:
    overdue = plural(facts.overdue, "registered trial") if facts.overdue else "no registered trial"
    heard = plural(facts.studies, "study", "studies")
    few = facts.studies < policy.reporting.funnel_from
    funnel = f" (under {policy.reporting.funnel_from}: no funnel plot can tell)" if few else ""
    verb = "are" if facts.overdue > 1 else "is"
    return f"{heard} heard{funnel}; {overdue} of it known here {verb} overdue."


def _lines(low: float, high: float, delta: float) -> str:
    """Say how an interval lies to the two lines of a difference that matters."""
    match lines_crossed(low, high, delta):
        case 2:
            return f"reaches across both {_signed(-delta)} and {_signed(delta)}"
        case 1:
            line = -delta if low < -delta <= high else delta
            return f"reaches across {_signed(line)}"
        case _:
            return f"reaches across neither {_signed(-delta)} nor {_signed(delta)}"


def _signs(facts: CertaintyFacts) -> str:
    towards, away, neither = facts.signs
    return (
        f"Of {facts.studies} studies {towards} favour it, {away} the comparison, {neither} neither"
    )


def _counted(trials: Iterable[TrialInPool], words: Callable[[TrialInPool], Iterable[str]]) -> str:
    counts = Counter(
        word for trial in trials for word in ([*filter(None, words(trial))] or [_BESIDE])
    )
    ordered = sorted(counts, key=lambda word: (word == _BESIDE, -counts[word], word))
    return listed([f"{word} ({counts[word]})" for word in ordered])


def _percent(share: float) -> str:
    return f"{share:.0%}"


def _signed(value: float) -> str:
    return f"{value:.2f}".replace("-", "−")


def _p(value: float | None) -> str:
    if value is None:
        return _BESIDE
    return "below 0.001" if value < 0.001 else f"{value:.2g}" if value < 0.01 else f"{value:.2f}"  # noqa: PLR2004 - as p values are printed
