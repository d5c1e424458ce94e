"""Finds the sentences of an abstract that state a result, for a reviewer to quote. Pure.

A suggestion: which result is judged, and whether a sentence carries it, a person says.
"""

import re
from collections.abc import Iterator

from monitor.literature.text.sentences import lines

_MOST = 20_000  # characters read of an abstract
# that something was found …
_FOUND = re.compile(
    r"\bsignifican|\bdiffer(?:ed|s|ence)?\b|\bimprov|\bincreas|\bdecreas|\breduc|\bhigher\b|\blower\b|"
    r"\bgreater\b|\b(?:more|less) likely\b|\bno (?:evidence|effect)|\beffects? (?:of|on|size)|"
    r"\b(?:odds|risk|hazard) ratio|\b95 ?% ?CI\b|\bcohen|\b[pd] ?[=<≤]",
    re.IGNORECASE,
)
# … and was not only hoped for, planned, or found by others
_NOT_FOUND = re.compile(
    r"\b(?:aim|objective|hypothes|previous|will be\b|may\b|might\b|should\b|needed\b|"
    r"to (?:test|examine|evaluate|assess|investigate|determine)\b)",
    re.IGNORECASE,
)
_RESULTS = re.compile(r"^(?:main )?(?:results?|findings?|outcomes?)\b", re.IGNORECASE)
_ABOUT = re.compile(r"\battach|\bsecur|\bsensitiv|\bdisorgani|\bstrange situation", re.IGNORECASE)


def result_sentences(abstract: str | None) -> Iterator[str]:
    """Give the sentences that state a result, unchanged: those on attachment first."""
    results = [
        sentence
        for sentence in lines((abstract or "")[:_MOST])
        if _FOUND.search(sentence) and (_RESULTS.match(sentence) or not _NOT_FOUND.search(sentence))
    ]
    return iter(sorted(results, key=lambda sentence: _ABOUT.search(sentence) is None))
