"""How often a reader is written to and of what kinds, as forms ask for it and pages say it."""

from collections.abc import Collection

from monitor.kernel.language.english import number, plural
from monitor.notify.terms import Terms
from monitor.notify.words import Cadence, Kind

EACH = "each change"  # at once, however many
USUAL = Cadence.MONTHLY.value
VALUES = (USUAL, Cadence.WEEKLY.value, Cadence.QUARTERLY.value, Cadence.AT_ONCE.value, EACH)

_DIGESTS = {
    Cadence.WEEKLY: ("Once a week", "once a week, on Monday"),
    Cadence.MONTHLY: ("Once a month", "once a month, on the first"),
    Cadence.QUARTERLY: (
        "Once a quarter",
        "once a quarter, on the first of January, April, July and October",
    ),
}
_KINDS = {
    Kind.TIER: "The evidence tier: how much is known",
    Kind.FINDINGS: "The findings, and how sure they are",
    Kind.GAP: "The gap between evidence and use",
    Kind.USE: "How many services use it",
    Kind.RETRACTION: "A study that counted is retracted",
    Kind.REGISTERED: "A trial is registered",
    Kind.OVERDUE: "A trial’s results are overdue",
    Kind.COMPLETED: "A trial has ended",
    Kind.PROOF: "Nothing changed: once a quarter, with proof that we looked",
}


def read(value: str, interruptions: int) -> tuple[Cadence, int | None]:
    """Read what a form says: how often, and how many interruptions a quarter (None: any number).

    Raises:
        ValueError: it is none of ``VALUES``.
    """
    return (Cadence.AT_ONCE, None) if value == EACH else (Cadence(value), interruptions)


def of(terms: Terms) -> str:
    """Give the value that a form shows for a reader's terms."""
    each = terms.cadence is Cadence.AT_ONCE and terms.budget is None
    return EACH if each else terms.cadence.value


def radios(chosen: str, interruptions: int) -> list[dict[str, object]]:
    """List how often one may be written to."""
    texts = {cadence.value: told for cadence, (told, _) in _DIGESTS.items()}
    texts[Cadence.AT_ONCE.value] = (
        f"At once what matters most, at most {plural(interruptions, 'e-mail')} a quarter; "
        "the rest once a month"
    )
    texts[EACH] = "At once, each change in an e-mail of its own; trials and counts are on the pages"
    return [{"value": value, "text": texts[value], "checked": value == chosen} for value in VALUES]


def boxes(chosen: Collection[str]) -> list[dict[str, object]]:
    """List the kinds of news."""
    return [
        {"value": kind.value, "text": _KINDS[kind], "checked": kind.value in chosen}
        for kind in Kind
    ]


def named(kinds: Collection[Kind]) -> list[str]:
    """Name kinds of news, as the form does."""
    return [words for kind, words in _KINDS.items() if kind in kinds]


def read_kinds(values: Collection[str]) -> frozenset[Kind]:
    """Read the kinds ticked; what is none of them is as good as not ticked."""
    return frozenset(kind for kind in Kind if kind.value in values)


def words(cadence: Cadence, budget: int | None) -> str:
    """Say in a sentence what a reader gets."""
    if cadence is not Cadence.AT_ONCE:
        told = _DIGESTS[cadence][1]
        return f"You get one e-mail {told}, if something changed, and between them only what is urgent."
    if budget is None:
        return "You get an e-mail at once when something changes."
    return (
        f"You get what matters most at once, at most {number(budget)} e-mail"
        f"{'' if budget == 1 else 's'} a quarter, and the rest once a month."
    )
