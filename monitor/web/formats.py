"""How pages write what ``kernel.language.english`` does not: facts of a study, links, machine dates. Pure."""

import re
from collections.abc import Callable, Sequence
from datetime import date, datetime

from monitor.evidence.shown import OUTCOMES, figures, place
from monitor.feeds.identifiers.destinations import outward, scheme
from monitor.feeds.sources import SOURCES, databases
from monitor.gap.wording import band_words, maybe_words, since, tier_words
from monitor.kernel.language import english
from monitor.kernel.language.english import (
    counted,
    dated,
    day,
    either,
    lately,
    listed,
    moment,
    ordinal,
    partial_day,
    plural,
    sentence,
    span,
    studies,
)
from monitor.kernel.language.uk import london
from monitor.review.words import shown

__all__ = [
    "FILTERS",
    "about_it",
    "authors",
    "country",
    "dated",
    "day",
    "developer",
    "either",
    "iso",
    "lately",
    "listed",
    "moment",
    "month",
    "opening",
    "ordinal",
    "outcome_class",
    "outward",
    "partial_day",
    "people",
    "plural",
    "ranks",
    "scheme",
    "sent_it",
    "sentence",
    "span",
    "studies",
]

_COUNTED = 10_000  # of what is counted up to a bound


def month(value: date | datetime) -> str:
    """Write a date as month and year, short.

    >>> month(date(2026, 2, 24))
    'Feb 2026'
    """
    local = value.astimezone(london()) if isinstance(value, datetime) else value
    return f"{local:%b %Y}"


def iso(value: date | datetime) -> str:
    """Write for a ``datetime`` attribute: the day, in UK time."""
    local = value.astimezone(london()).date() if isinstance(value, datetime) else value
    return local.isoformat()


def ranks(possible: Sequence[int], out_of: int | None) -> str:
    """Write the ranks still possible, as a cell of a table does.

    >>> ranks([1, 2, 3, 4], 10), ranks([], None)
    ('1st to 4th of 10', 'Not known')
    """
    return english.ranks(possible, out_of) or sentence(english.NOT_KNOWN)


def people(count: int | None) -> str:
    """Write how many people a result rests on.

    >>> people(1340), people(None)
    ('1,340 people', 'number of people not known')
    """
    if count is None:
        return "number of people not known"
    return plural(count, "person", "people")


def authors(names: Sequence[str], shown: int = 3, rest: str = "") -> str:
    """List a paper's authors, the first ``shown`` of many, as its source wrote them.

    Where a name has a comma of its own, another mark parts the people. ``rest`` stands for the
    others; without it they are counted.

    >>> authors(["Alder P", "Birch K"]), authors(["Alder, Pat", "Birch, Kim"])
    ('Alder P, Birch K', 'Alder, Pat; Birch, Kim')
    >>> authors(["A", "B", "C", "D", "E"]), authors(["A", "B", "C", "D"], rest=", et al")
    ('A, B, C and 2 more', 'A, B, C, et al')
    """
    between = "; " if any("," in name for name in names) else ", "
    left = len(names) - shown
    if left <= 0 or (left == 1 and not rest):
        return between.join(names)
    return between.join(names[:shown]) + (rest or f" and {left} more")


def developer(led: bool | None) -> str:  # noqa: FBT001 - a filter: led, not led or not known
    """Say whether an intervention's developers led a study."""
    words = {True: "Developer-led", False: "Independent of its developers"}
    return words[led] if led is not None else "Developers’ part not known"


def country(uk: bool | None) -> str:  # noqa: FBT001 - a filter: UK, not UK or not known
    """Say whether a study was done in the UK."""
    return {True: "UK", False: "not UK"}[uk] if uk is not None else "country not known"


def outcome_class(value: str) -> str:
    """Say what a class of outcome measures."""
    return OUTCOMES.get(value, value) if value else value


def about_it(told: str, name: str) -> str:
    """Give a ledger's sentence on a page that names its intervention already.

    >>> about_it("Theraplay: findings stay mixed; why: x.", "Theraplay")
    'Findings stay mixed; why: x.'
    """
    return sentence(told.removeprefix(f"{name}: "))


def sent_it(source: str) -> str:
    """Say who sent a record, as the beginning of a sentence; a source no longer known keeps its name.

    >>> sent_it("pubmed"), sent_it("import")
    ('PubMed sent it', 'Somebody brought it in a file')
    """
    if databases.is_brought(source):
        named = source in databases.DATABASES
        where = f" from {databases.DATABASES[source].title}" if named else ""
        return f"Somebody brought it in a file{where}"
    return f"{SOURCES[source].title if source in SOURCES else source} sent it"


def bounded(count: int) -> str:
    """Write a number that was counted up to a bound: see ``notify.messages.outbox_status.MANY``.

    >>> bounded(1200), bounded(10_001)
    ('1,200', '10,000+')
    """
    return counted(count) if count <= _COUNTED else f"{counted(_COUNTED)}+"


def opening(sentence_: str) -> tuple[str, str]:
    """Split the sentence of a change into what moved, its first clause, and the rest; "": none.

    A semicolon within a label's quotation marks ends no clause.

    >>> opening("COS: findings moved to “positive; then not”; why: a trial")
    ('COS: findings moved to “positive; then not”', 'why: a trial')
    """
    for semicolon in re.finditer("; ", sentence_):
        first = sentence_[: semicolon.start()]
        if first.count("“") == first.count("”"):
            return first, sentence_[semicolon.end() :]
    return sentence_, ""


FILTERS: dict[str, Callable[..., object]] = {
    "about_it": about_it,
    "band": band_words,
    "bounded": bounded,
    "counted": counted,
    "opening": opening,
    "authors": authors,
    "shown": shown,
    "tier_words": tier_words,
    "maybe": maybe_words,
    "since_then": since,
    "place": place,
    "figures": figures,
    "dated": dated,
    "day": day,
    "month": month,
    "moment": moment,
    "lately": lately,
    "iso": iso,
    "partial_day": partial_day,
    "plural": plural,
    "span": span,
    "studies": studies,
    "ordinal": ordinal,
    "ranks": ranks,
    "either": either,
    "listed": listed,
    "sentence": sentence,
    "people": people,
    "developer": developer,
    "country": country,
    "outcome_class": outcome_class,
    "scheme": scheme,
    "sent_it": sent_it,
    "outward": outward,
}
