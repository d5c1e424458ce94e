"""What moved in use, told in its own words: never mixed with what moved in evidence. Pure.

A change of use meets four conditions (``usage.waves_compared``). Whatever fails one is told as a new
figure, not a change, with the condition that failed. Its band may still be read anew, and then the
gap with it: told, but not as news unless the earlier figure could not be compared at all.
"""

from collections.abc import Sequence

from monitor.gap.states import State
from monitor.gap.wording import findings_clause, tier_clause
from monitor.kernel.language import english
from monitor.usage.standing import UseFigure, WaveCount
from monitor.usage.waves_compared import Condition

PUBLISHED, WITHDRAWN = "wave published", "wave withdrawn"
OF_WAVES = frozenset({PUBLISHED, WITHDRAWN})  # causes whose ``id`` is a wave's

_COMPARED = frozenset({Condition.INTERVAL, Condition.SIZE, Condition.HOLM})
_FAILS = {
    Condition.BOTH: "no earlier survey gives a share",
    Condition.UNIT: "the two waves count different units",
    Condition.QUESTION: "the question was not the same",
    Condition.INTERVAL: "the interval holds 0, so this may be chance",
    Condition.SIZE: "the difference is under 5 points",
    Condition.HOLM: "it does not stand when all are compared at once",
}


def moved(before: State | None, after: State) -> bool:
    """Tell whether use changed between two states, or a change of use was taken back."""
    if before is None or before.use == after.use:
        return False
    return _comes(before, after) or _goes(before, after)


def is_news(before: State | None, after: State, cause_kind: str) -> bool:
    """Tell whether a wave's effect on one intervention is mailed.

    A change of use is, and one that is taken back with a wave. A gap that moved is where the figure
    before could not be compared with this one (the first share there is, another question), for then
    it was not noise that moved it. A change that a wave from between its two replaces was no mistake:
    what was told of it names its dates, and stays true. Ranks alone are never mailed.
    """
    if before is None or before == after:
        return False
    if cause_kind == PUBLISHED and after.use is None:
        return False  # ranks alone
    if _comes(before, after) or (cause_kind == WITHDRAWN and _goes(before, after)):
        return True
    return before.kind is not after.kind and not _was_compared(before, after)


def sentence(
    name: str, before: State | None, after: State, cause_words: str, cause_kind: str
) -> str:
    """Tell in one sentence what a wave changed, what it did not, and why."""
    cause = " ".join(cause_words.split()).rstrip(".")
    told = (
        use_clause(before, after, cause_kind),
        _gap_clause(before, after),
        f"the tier stays {tier_clause(after)}, {findings_clause(after.direction, 'still')}",
    )
    return f"{name}: {'; '.join(told)}; why: {cause}."


def use_clause(before: State | None, after: State, cause_kind: str) -> str:
    """Tell what became of use: both figures whole, and whether it is a change."""
    if after.use is None and cause_kind == PUBLISHED and before is not None and before.use:
        told = counted(before.use.now)
        return f"the newest survey gives no share of it; the one before it told {told}"
    if after.use is None:
        return "the share of services that use it is not known" + _taken_back(before)
    if before is not None and _goes_back(before, after):
        return f"use is told again as {counted(after.use.now)}{_taken_back(before)}"
    return figure_clause(after.use) + _replaced(before, after)


def figure_clause(use: UseFigure) -> str:
    """Tell a figure against the one before it, and whether it is a change; if not, why not."""
    now = counted(use.now)
    if use.before is None:
        return f"new figure of use, not a change: {now}; {_why(use)}"
    was = f"was {counted(use.before)}"
    if use.difference is None:
        return f"new figure of use, not a change: {now}, {was}; {_why(use)}"
    by = f"{points(use.difference)} points (95% interval {_span(use)})"
    if use.changed:
        verb = "fell" if use.difference < 0 else "rose"
        return f"use {verb} from {counted(use.before)} to {now}: {by}"
    return f"new figure of use, not a change: {now}, {was}: {by}; {_why(use)}"


def in_short(before: State | None, after: State) -> str:
    """Tell a figure with its interval as a line of before and after, where the story stands above."""
    use = after.use
    if use is None:
        return "not known"
    now = f"{counted(use.now)}, 95% interval {interval(use.now)}"
    if before is not None and before.use == use:
        return f"{now}; unchanged"
    if before is not None and _goes_back(before, after):
        return f"again {now}"
    if use.changed and use.before is not None:
        return f"was {counted(use.before)}, now {now}"
    return f"{now}; a new figure, not a change"


def subject(before: State | None, after: State) -> str:
    """Tell use in a mail's subject, beside tier and findings that did not move."""
    tail = f"tier still {tier_clause(after)}, {findings_clause(after.direction, 'still')}"
    if after.use is None:
        return f"share of use not known any more, {tail}"
    now = f"use now {percent(after.use.now)}"
    if before is None or before.use is None or not moved(before, after):
        return f"{now}, {tail}"
    if before.use.now == after.use.now and not after.use.changed:
        return f"use still {percent(after.use.now)}, no change any more, {tail}"
    if after.use.before is None or _goes_back(before, after):
        # "was" would read as a second change
        gone = percent(before.use.now)
        return f"use is again told as {percent(after.use.now)}, not {gone}, {tail}"
    return f"{now}, was {percent(after.use.before)}, {tail}"


def headline(before: State | None, after: State) -> str:
    """Say in a few words what became of use: the first line of a mail about one intervention."""
    use = after.use
    if use is not None and use.changed and use.before is not None and use.difference is not None:
        fewer = "fewer" if use.difference < 0 else "more"
        return f"{fewer} {use.now.unit or 'services'} use it, {percent(use.now)}, was {percent(use.before)}"
    if before is not None and before.kind is not after.kind:
        return f"the gap now reads “{after.kind}”, on a new figure of use"
    return "a new figure of use, not a change"


def failed_words(failed: Sequence[str]) -> str:
    """Say why a figure is no change: each condition that does not hold, in words."""
    return english.listed([_FAILS[Condition(one)] for one in failed])


def counted(one: WaveCount) -> str:
    """Write a share whole: "14.3% (99 of 690 services, February to April 2029)"."""
    return one.words


def percent(one: WaveCount) -> str:
    """Write a share as pages do, with one decimal."""
    return one.percent


def interval(one: WaveCount) -> str:
    """Write a share's 95% interval: "11.9% to 17.2%"."""
    return f"{100 * one.low:.1f}% to {100 * one.high:.1f}%"


def points(fraction: float) -> str:
    """Write a difference in points, with a true minus.

    >>> points(-0.0718), points(0.05), points(-0.0001)
    ('−7.2', '5.0', '0.0')
    """
    told = f"{100 * fraction:.1f}"
    return "0.0" if told == "-0.0" else told.replace("-", "−")


def _span(use: UseFigure) -> str:
    return f"{points(use.low or 0)} to {points(use.high or 0)}"


def _why(use: UseFigure) -> str:
    return failed_words(use.failed)


def _gap_clause(before: State | None, after: State) -> str:
    if before is None or before.kind is after.kind:
        return f"the gap stays “{after.kind}”"
    return f"the gap moved from “{before.kind}” to “{after.kind}”"


def _taken_back(before: State | None) -> str:
    if before is None or before.use is None:
        return ""
    gone = before.use.now
    return f", as the survey “{gone.wave}” is withdrawn, which told {counted(gone)}"


def _comes(before: State, after: State) -> bool:
    """Tell whether a change is there that was not: of a newer wave, or from another one before it."""
    use = after.use
    if use is None or not use.changed or _goes_back(before, after):
        return False
    return before.use is None or not before.use.changed or not _compares_alike(before.use, use)


def _goes(before: State, after: State) -> bool:
    """Tell whether a change stands no more: its wave is gone, or is compared with another one."""
    if before.use is None or not before.use.changed:
        return False
    return _goes_back(before, after) or _compared_anew(before.use, after.use)


def _compares_alike(one: UseFigure, other: UseFigure) -> bool:
    """Tell whether two figures compare the same two waves."""
    return _waves(one) == _waves(other)


def _waves(use: UseFigure) -> tuple[str | None, str]:
    return (use.before.wave if use.before else None), use.now.wave


def _compared_anew(before: UseFigure, after: UseFigure | None) -> bool:
    """Tell whether the same figure is compared otherwise than before, and shows no change so."""
    return after is not None and after.now.wave == before.now.wave and not after.changed


def _replaced(before: State | None, after: State) -> str:
    """Say that a change which was told is not what the figure is compared with any more."""
    use = before.use if before else None
    if use is None or use.before is None or not use.changed or not _compared_anew(use, after.use):
        return ""
    return f"; the change told before, from {counted(use.before)}, is replaced by this"


def _goes_back(before: State, after: State) -> bool:
    """Tell whether the figure of before is gone: what stands now is the one before it, or none."""
    if before.use is None:
        return False
    earlier = before.use.before.wave if before.use.before else None
    return after.use is None or (earlier is not None and after.use.now.wave == earlier)


def _was_compared(before: State, after: State) -> bool:
    """Tell whether the two figures were compared with each other by the same question."""
    use = before.use if _goes_back(before, after) else after.use
    return use is not None and use.difference is not None
