"""What an alert is about, and when two statements are the same thing said twice. Pure."""

from collections.abc import Collection, Iterable
from enum import StrEnum

from monitor.feeds.records import LinkKind
from monitor.literature.design.notices import RETRACTED
from monitor.literature.papers.statements import StandingWord

NOTICE = "notice"  # a paper that people took for a report turned out to be a notice
REINSTATED = "reinstated"  # sources took a retraction back after the study was withdrawn for it


class Concern(StrEnum):
    """What has come into question about a paper of a study."""

    RETRACTED = "retracted"
    PARTLY_RETRACTED = "partly retracted"
    IN_DOUBT = "in doubt"
    CORRECTED = "corrected"
    UPDATED = "updated"
    NOTICE = "a notice"
    REINSTATED = "reinstated"


_CONCERNS = {
    RETRACTED: Concern.RETRACTED,
    LinkKind.RETRACTED_BY.value: Concern.RETRACTED,
    LinkKind.PARTLY_RETRACTED_BY.value: Concern.PARTLY_RETRACTED,
    LinkKind.CONCERN_IN.value: Concern.IN_DOUBT,
    LinkKind.CORRECTED_BY.value: Concern.CORRECTED,
    LinkKind.UPDATED_BY.value: Concern.UPDATED,
    NOTICE: Concern.NOTICE,
    REINSTATED: Concern.REINSTATED,
}
# What puts the results of a paper in doubt: said first, wherever the paper or its study is shown.
GRAVE = (Concern.RETRACTED, Concern.PARTLY_RETRACTED, Concern.IN_DOUBT)
# While one of these is open, the study cannot be judged to count: it may not be what it seems.
BARS_COUNTING = frozenset({*GRAVE, Concern.NOTICE})
# A paper is retracted once, whoever says so and by whichever notice.
_ONCE = frozenset({Concern.RETRACTED, Concern.NOTICE})

Named = tuple[str, str, str]  # kind, scheme, value: as an alert's columns


def concern(kind: str) -> Concern:
    """Tell what an alert of this kind is about."""
    return _CONCERNS[kind]


def kinds(concerns: Collection[Concern]) -> list[str]:
    """List the kinds of alerts that are about these."""
    return [kind for kind, one in _CONCERNS.items() if one in concerns]


def answers(alert: Named, word: StandingWord, *, is_open: bool) -> bool:
    """Tell whether an alert tells what is said now.

    One source may name a notice by its DOI and another by its PMID. While a person has the alert
    before them, two names that cannot be compared count as one: its page shows all that is said.
    """
    kind, scheme, value = alert
    if concern(kind) is not concern(word.kind):
        return False
    if concern(kind) in _ONCE:
        return True
    names = {(name.scheme, name.value) for name in word.names}
    if (scheme, value) in names or (not names and not scheme):
        return True
    return is_open and scheme not in {name_scheme for name_scheme, _ in names}


def first_name(word: StandingWord) -> tuple[str, str]:
    """Give the name by which an alert keeps the notice: the most telling; empty: none is named."""
    return next(((one.scheme, one.value) for one in word.names), ("", ""))


def all_retracted(reports: Iterable[int], retracted: Collection[int]) -> bool:
    """Tell whether a study has reports with results, and every one is retracted."""
    found = set(reports)
    return bool(found) and found <= set(retracted)
