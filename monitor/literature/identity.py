"""When two records are one paper. Pure; errs on the side of two: a false merge hides a study."""

import re
from collections.abc import Iterable, Sequence

from monitor.feeds.records import Citation, Identifier
from monitor.literature.designs import is_registration
from monitor.literature.folding import fold
from monitor.literature.rules import title_key

# The most telling identifier first.
STRENGTH = {"pmid": 0, "pmcid": 1, "doi": 2, "nct": 3, "isrctn": 4}
REGISTRIES = frozenset({"nct", "isrctn"})

_SAME_WORDS = 0.6


def same_title(one: str, other: str) -> bool:
    """Tell whether two titles could be one paper's, where their identifiers already agree.

    Lenient (a subtitle, a correction of spelling); a title that is missing objects to nothing.
    """
    a, b = _title_words(one), _title_words(other)
    if not a or not b or a <= b or b <= a:
        return True
    return len(a & b) / len(a | b) >= _SAME_WORDS


def same_paper(one: Citation, other: Citation) -> bool:
    """Tell whether two records with one title are one paper, with nothing else to go by.

    Year, journal and authors may not contradict, and one of them must agree: editorials and
    book parts share titles. A registration is never the article of its trial.
    """
    if title_key(one.title) != title_key(other.title) or not title_key(one.title):
        return False
    if is_registration(one.publication_types) != is_registration(other.publication_types):
        return False
    agreements = (
        _years_agree(one.year, other.year),
        _journals_agree(one.journal, other.journal),
        _authors_agree(one.authors, other.authors),
        _numbers_agree(one.pages, other.pages),
    )
    return False not in agreements and True in agreements[:3]


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


def _is_article(own: list[Identifier]) -> bool:
    return any(
        i.scheme in {"pmid", "pmcid"}
        # ISRCTN gives each registration a DOI of this form
        or (i.scheme == "doi" and not i.value.casefold().startswith("10.1186/isrctn"))
        for i in own
    )


def _title_words(title: str) -> set[str]:
    return set(re.findall(r"\w+", fold(title)))


def _years_agree(one: int | None, other: int | None) -> bool | None:
    """Electronic and printed editions may fall into neighbouring years."""
    return None if one is None or other is None else abs(one - other) <= 1


def _journals_agree(one: str | None, other: str | None) -> bool | None:
    """Compare names, either of which may be abbreviated ("Infant Ment Health J")."""
    a, b = _journal_words(one), _journal_words(other)
    if not a or not b:
        return None
    return len(a) == len(b) and all(
        x.startswith(y) or y.startswith(x) for x, y in zip(a, b, strict=True)
    )


def _journal_words(name: str | None) -> list[str]:
    small = {"the", "of", "and", "for", "in", "on", "a", "an"}
    return [word for word in re.findall(r"\w+", fold(name or "")) if word not in small]


def _authors_agree(one: Sequence[str], other: Sequence[str]) -> bool | None:
    a, b = _author_words(one), _author_words(other)
    return bool(a & b) if a and b else None


def _author_words(authors: Sequence[str]) -> set[str]:
    """Gather the names in a list of authors, without initials; the order of parts varies."""
    return {
        fold(word)
        for author in authors
        for word in re.findall(r"\w+", author)
        if len(word) > 1 and not (word.isascii() and word.isupper() and len(word) <= 3)  # noqa: PLR2004 - initials
    }


def _numbers_agree(one: str | None, other: str | None) -> bool | None:
    """Compare first pages: 123-30 and 123-130 begin alike."""
    a, b = re.match(r"\w*\d", one or ""), re.match(r"\w*\d", other or "")
    if not a or not b:
        return None
    return re.split(r"\W", one or "")[0].casefold() == re.split(r"\W", other or "")[0].casefold()
