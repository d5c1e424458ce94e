"""Which of a record's titles is one: some stand where there is none ("[Not Available]."). Pure."""

import re
from collections.abc import Iterable

_NOBODY_WROTE = re.compile(
    r"(?:the )?(?:article |english |original )?title (?:is )?(?:not|un)[ -]?(?:available|known|provided|given|supplied)"
    r"|(?:no|not?|un)[ -]?(?:\b(?:english |article )?title)?[ -]?(?:available|provided|given|supplied)"
    r"|no (?:english |article )?title|un-?titled|unknown(?: title)?|missing title"
    r"|article in [a-z]+(?: language)?|sans titre|ohne titel|sin t[ií]tulo|senza titolo"
    r"|in process citation|not applicable|n\.?/?a\.?|none|null|nil|tba|tbc",
    re.IGNORECASE,
)
_LONGEST = 60
_AROUND = " .[](){}<>*-–—_?!:;\"'"


def is_placeholder(title: str) -> bool:
    """Tell a text that stands where a title is missing.

    >>> is_placeholder("[Not Available]."), is_placeholder("Not available to all: a survey")
    (True, False)
    """
    return len(title) < _LONGEST and _NOBODY_WROTE.fullmatch(title.strip(_AROUND)) is not None


def first(titles: Iterable[str]) -> str:
    """Give the first title that is one; where none is, the first that says anything.

    >>> first(["[Not Available].", "Enfants et familles"])
    'Enfants et familles'
    """
    placeholder = ""
    for title in titles:
        if title and title.strip(_AROUND):
            if not is_placeholder(title):
                return title
            placeholder = placeholder or title
    return placeholder
