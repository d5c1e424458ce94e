"""Parts a text into sentences, each with its place. Knows the short forms that end in a full stop."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_END = re.compile(
    r"(?<!e\.g\.)(?<!i\.e\.)(?<!\bcf\.)(?<!\bvs\.)(?<!\bal\.)(?<!\bDr\.)(?<!\bSt\.)(?<!\bNo\.)"
    r"(?<=[.!?…])[\"')\]”’]*\s+(?=[\"'(\[“‘]*[^\Wa-z_])|\n+",
)


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence as it stands; ``start`` counts the text's characters."""

    start: int
    text: str


def sentences(text: str) -> Iterator[Sentence]:
    """Give the sentences in order; none is empty but that of an empty text.

    >>> [one.text for one in sentences("Some (e.g. ABC) were tried. Did it work? Yes.")]
    ['Some (e.g. ABC) were tried.', 'Did it work?', 'Yes.']
    """
    start = 0
    for end in _END.finditer(text):
        if end.start() > start or end.end() > start:
            yield Sentence(start, text[start : end.start()])
        start = end.end()
    yield Sentence(start, text[start:])
