"""When two records are one paper. Pure; errs on the side of two: a false merge hides a study."""

import re
from collections.abc import Iterable
from dataclasses import replace

from monitor.feeds.identifiers import registries
from monitor.feeds.identifiers.canonical import registrations_in
from monitor.feeds.records import Citation, Identifier
from monitor.literature.text.folding import fold

# The most telling identifier first.
STRENGTH = {"pmid": 0, "pmcid": 1, "doi": 2, "nct": 3, "isrctn": 4}
REGISTRIES = frozenset({"nct", "isrctn", registries.SCHEME})

_SAME_WORDS = 0.6


def same_title(first: str, second: str) -> bool:
    """Tell whether two titles could be one paper's, where their identifiers already agree.

    Lenient (a subtitle, a correction of spelling); a title that is missing objects to nothing.
    """
    a, b = _title_words(first), _title_words(second)
    if not a or not b or a <= b or b <= a:
        return True
    return len(a & b) / len(a | b) >= _SAME_WORDS


def identifiers_conflict(some: Iterable[Identifier], others: Iterable[Identifier]) -> bool:
    """Tell whether two papers name different identifiers of one kind."""
    values: dict[str, set[str]] = {}
    for identifier in others:
        values.setdefault(identifier.scheme, set()).add(identifier.value)
    return any(
        identifier.value not in values.get(identifier.scheme, {identifier.value})
        for identifier in some
    )


def strongest_first(identifiers: Iterable[Identifier]) -> list[Identifier]:
    """Order identifiers, the most telling first; the same one once."""
    return sorted(
        set(identifiers), key=lambda i: (STRENGTH.get(i.scheme, len(STRENGTH)), i.scheme, i.value)
    )


def own_and_named(citation: Citation) -> tuple[list[Identifier], list[Identifier]]:
    """Part a record's own identifiers from the trial registrations it names.

    A registration number is a paper's own only where the record is the registration itself: an
    article names it, and other articles of the same trial name it too.
    """
    own = strongest_first(citation.identifiers)
    if _is_article(own):
        named = [i for i in own if i.scheme in REGISTRIES]
        own = [i for i in own if i.scheme not in REGISTRIES]
    else:
        named = []
    return own, strongest_first(i for i in (*named, *citation.registrations) if i not in own)


def own_and_all_named(citation: Citation) -> tuple[list[Identifier], list[Identifier]]:
    """Part them in the same way, with the registrations that only the abstract names."""
    registrations = registrations_in(citation.abstract)
    if registrations:
        citation = replace(citation, registrations=(*citation.registrations, *registrations))
    return own_and_named(citation)


def _is_article(own: list[Identifier]) -> bool:
    return any(
        i.scheme in {"pmid", "pmcid"}
        # ISRCTN gives each registration a DOI of this form
        or (i.scheme == "doi" and not i.value.casefold().startswith("10.1186/isrctn"))
        for i in own
    )


def _title_words(title: str) -> set[str]:
    return set(re.findall(r"\w+", fold(title)))
