"""What the queue's order learns from: a paper's words and word pairs, hashed. Pure, stateless.

The features of a paper depend on its text alone: they are computed once, may be stored with it,
and mean the same on every machine and in every run. Nothing can be read back from them, and no
list of words is kept anywhere.
"""

import re
import struct
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import chain, pairwise

from monitor.literature.text.folding import fold

# A feature is 24 bits of hash and 8 of how often it occurs, in one little-endian 32-bit number.
COUNT_BITS = 8
BYTES_EACH = 4
_MOST_OFTEN = (1 << COUNT_BITS) - 1
_HASH_MASK = 0xFFFFFF
# A text without end must fill neither the database nor the day.
_MOST_CHARACTERS = 30_000
_MOST_WORDS = 2_000
_OF_TITLE = b"title: "  # no word or pair begins so
_WORD = re.compile(r"\w\w+")
# The same for bytes of ASCII: all but letters, digits and "_" are blanks.
_WORDS_ONLY = (
    bytes(code if re.match(r"\w", chr(code)) else ord(" ") for code in range(128)) + b" " * 128
)
_S = ord("s")
_SHORTEST_PLURAL = 4
_SHORT = 100  # characters of a text that others may well have too: most keywords are headings
_REMEMBERED = 4_096  # such texts


def features(title: str, abstract: str | None, keywords: Sequence[str] = ()) -> bytes:
    """Hash a paper's words, each with how often it occurs, and what stands where it tells most.

    A title's words count once more as words of a title; pairs of neighbouring words are taken
    from the title and each keyword. Case, accents, dashes and the plural's s do not matter.

    Four bytes a feature, in order of their hash: about 0.6 kB for a usual abstract, and never
    more than 24 kB. Empty for a text without words.
    """
    fields = list(_worded(title, *keywords[:_MOST_WORDS], abstract or ""))
    of_title = (_OF_TITLE + word for word in fields[0])
    pairs = (
        first + b" " + second
        for words in fields[:-1]  # all but the abstract
        for first, second in pairwise(words)
    )
    words = Counter(chain(chain.from_iterable(fields), of_title, pairs))
    counted: dict[int, int] = {}
    # hashed once each: a third of a text's words are others again
    for word_hash, often in zip(map(zlib.crc32, words), words.values(), strict=True):
        number = word_hash & _HASH_MASK
        counted[number] = counted.get(number, 0) + often
    numbers = [
        number << COUNT_BITS | (often if often < _MOST_OFTEN else _MOST_OFTEN)  # noqa: FURB136 - min() takes longer
        for number, often in counted.items()
    ]
    return struct.pack(f"<{len(numbers)}I", *sorted(numbers))


def _worded(*texts: str) -> Iterator[tuple[bytes, ...]]:
    """Give the words of each text; no more than ``_MOST_WORDS`` of all together."""
    left = _MOST_WORDS
    for text in texts:
        read = _words_of_short if len(text) <= _SHORT else _words
        words = read(text[:_MOST_CHARACTERS])[:left]
        left -= len(words)
        yield words


def _words(text: str) -> tuple[bytes, ...]:
    folded = fold(text)
    if folded.isascii():  # then to part bytes takes a third of the time
        parts = folded.encode().translate(_WORDS_ONLY).split()
    else:
        parts = " ".join(_WORD.findall(folded)).encode().split()
    words = [
        _singular(word) if word[-1] == _S else word  # a list: a generator takes longer
        for word in parts
        if len(word) > 1
    ]
    return tuple(words)


_words_of_short = lru_cache(maxsize=_REMEMBERED)(_words)


def _singular(word: bytes) -> bytes:
    """Take a plural's ending away, roughly: one word is enough for "trial" and "trials"."""
    letters = len(word) if word.isascii() else len(word.decode())
    if letters < _SHORTEST_PLURAL or word.endswith(b"ss"):
        return word
    return word[:-3] + b"y" if word.endswith(b"ies") else word[:-1]
