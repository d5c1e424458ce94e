"""Whether a paper reports the trial that a registration announces: certain, worth asking, or no.

Pure. A registry's own word that a paper is a result is not enough: many trialists put the
literature they read there. A number is not enough either: reviews, protocols and secondary
papers name it too.
"""

from typing import NamedTuple

from monitor.feeds.records import LinkKind
from monitor.literature.linkage.facts import PaperFacts, alike, first_named

_NEAR = 0.5  # of the words of two titles
_FEWEST_WORDS = 3  # shared, that may tell one study from another
_AGREEING = 2  # beside intervention and dates, where no number is shared
LOOKED_FOR_YEARS = 8  # after a trial's end a first report of it is not looked for any more


class JudgedReport(NamedTuple):
    """What is said of a registration and a paper: why, and whether that settles it."""

    reason: str
    certain: bool


def reports(registration: PaperFacts, paper: PaperFacts) -> JudgedReport | None:
    """Say whether a paper reports a registration's trial; None where nothing suggests it.

    Most pairs share nothing: they are told apart before a text is read.
    """
    shared = registration.own & paper.named
    told = registration.says(LinkKind.REPORTED_BY, paper)
    if not (shared or told or _resembles(registration, paper)):
        return None
    if _too_early(registration, paper) or not paper.reports:
        return None
    if shared:
        return _by_number(registration, paper, first_named(shared), told=told)
    if told:
        return _by_word(paper)
    return _by_agreement(registration, paper)


def _by_number(
    registration: PaperFacts, paper: PaperFacts, number: str, *, told: bool
) -> JudgedReport:
    """Judge a paper that names the number: certain only of a trial's own report that agrees."""
    its_own = bool(registration.own & paper.registered)
    reason = f"it gives {number} as its registration" if its_own else f"it names {number}"
    agreeing = ["the registry lists it among the results"] if told else []
    if size := registration.samples & paper.samples:
        agreeing.append(f"both say {min(size)} took part")
    alone = not paper.named - registration.own - registration.named
    certain = (
        its_own and alone and paper.is_trial and bool(agreeing) and _after(registration, paper)
    )
    return JudgedReport(", and ".join((reason, *agreeing)), certain)


def _by_word(paper: PaperFacts) -> JudgedReport | None:
    """Judge a paper that only the registry names; one that gives another number is another's."""
    reason = "the registry lists it among the results; it does not name the number"
    return None if paper.registered else JudgedReport(reason, certain=False)


def _resembles(registration: PaperFacts, paper: PaperFacts) -> bool:
    """Tell whether a paper without a number may be one: by intervention, dates, title or name."""
    return (
        not paper.named
        and bool(registration.slugs & paper.slugs)
        and _in_time(registration, paper)
        and (_near(registration, paper) or bool(registration.acronyms & paper.acronyms))
    )


def _by_agreement(registration: PaperFacts, paper: PaperFacts) -> JudgedReport | None:
    """Judge a paper that names no number, by what else agrees."""
    agreeing = []
    if size := registration.samples & paper.samples:
        agreeing.append(f"{min(size)} took part")
    if named := registration.acronyms & paper.acronyms:
        agreeing.append(f"called {min(named).upper()}")
    if _near(registration, paper):
        agreeing.append("similar titles")
    if len(agreeing) < _AGREEING or not paper.is_trial:
        return None
    words = ", ".join(("the same intervention", *agreeing, "published after the trial’s end"))
    return JudgedReport(words, certain=False)


def _near(one: PaperFacts, other: PaperFacts) -> bool:
    shared = len(one.words & other.words)
    return shared >= _FEWEST_WORDS and alike(one.words, other.words) >= _NEAR


def _too_early(registration: PaperFacts, paper: PaperFacts) -> bool:
    """Whether the paper was out before the trial began, as far as both are known."""
    trial, when = registration.trial, paper.span
    return bool(trial and trial.started and when and when[1] < trial.started)


def _after(registration: PaperFacts, paper: PaperFacts) -> bool:
    """Whether the paper surely came out after the trial's end."""
    trial, when = registration.trial, paper.span
    return bool(trial and trial.completed and when and when[0] >= trial.completed)


def _in_time(registration: PaperFacts, paper: PaperFacts) -> bool:
    """Whether the paper came out in the years after the trial's end."""
    trial, when = registration.trial, paper.span
    if not _after(registration, paper) or not (trial and trial.completed and when):
        return False
    return when[0].year <= trial.completed.year + LOOKED_FOR_YEARS
