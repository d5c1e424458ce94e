"""Cuts a PubMed document into its articles by their tags, where it is written as PubMed writes it.

To parse an article by itself costs less than to walk a document, and leaves its bytes as they
were sent. What is written in any other way is left to the caller, from there on: nothing is
guessed, and nothing passed over.
"""

import io
import re
from collections.abc import Iterator
from typing import IO, cast

_CHUNK = 1 << 20
_MAX_ARTICLE = 16 << 20  # bytes; what is longer is left to the parser's own limits
_TAG = 32  # bytes that are enough to know a tag
_SPACE = re.compile(rb"\s*")
# no comment, no entity declared, no other encoding: nothing that could hide or change a tag
_HEAD = re.compile(rb"\s*(?:<\?xml [^>?]*\?>)?\s*(?:<!DOCTYPE [^>\[]*>)?\s*<([A-Za-z_][\w.-]*)>\s*")
_ENCODING = re.compile(rb"""encoding\s*=\s*["']([\w.-]+)["']""", re.IGNORECASE)
_ENCODINGS = frozenset({b"utf-8", b"us-ascii", b"ascii"})
_STARTS = (b"<PubmedArticle>", b"<PubmedBookArticle>")


class Slices:
    """Iterates over the articles of a document, each as bytes, as far as they can be cut out.

    ``rest`` is then the document without the articles given, or None where there is nothing else
    in it. ``put_back`` returns the last one to the rest.
    """

    def __init__(self, document: IO[bytes]) -> None:
        self._document = document
        self._buffer = document.read(_CHUNK)
        self._at = self._last = 0
        self._given = False
        head = _HEAD.match(self._buffer)
        encoding = _ENCODING.search(head[0]) if head else None
        if head and (encoding is None or encoding[1].lower() in _ENCODINGS):
            self._head, self._at = head[0], head.end()
            self._end = b"</" + head[1] + b">"
        else:
            self._head = self._end = b""

    def __iter__(self) -> Iterator[bytes]:
        while self._end and (start := self._start()):
            end = b"</" + start[1:]
            closed = self._find(end)
            if closed < 0:
                return
            self._last, self._at = self._at, closed + len(end)
            self._given = True
            yield self._buffer[self._last : self._at]

    def put_back(self) -> None:
        """Leave the article given last to the rest."""
        self._at = self._last

    @property
    def rest(self) -> IO[bytes] | None:
        """What is left, as a document that a parser can go on with."""
        self._skip_space()
        left = self._buffer[self._at :]
        # where there was no article it is for the parser to say whether this is a set at all
        if self._given and left.rstrip() == self._end and not self._more():
            return None
        return cast(IO[bytes], _Joined(self._head + self._buffer[self._at :], self._document))

    def _start(self) -> bytes | None:
        self._skip_space()
        return next((one for one in _STARTS if self._buffer.startswith(one, self._at)), None)

    def _skip_space(self) -> None:
        """Go on to the next tag, with enough bytes read to know it."""
        while True:
            self._at = _SPACE.match(self._buffer, self._at).end()  # type: ignore[union-attr]  # it always matches
            if len(self._buffer) - self._at >= _TAG or not self._more():
                return

    def _find(self, end: bytes) -> int:
        searched = self._at
        while (place := self._buffer.find(end, searched)) < 0:
            held = len(self._buffer) - self._at
            if held > _MAX_ARTICLE or not self._more():
                return -1
            searched = max(0, held - len(end))
        return place

    def _more(self) -> bool:
        """Read on, and let go of what was given; tells whether there was more."""
        chunk = self._document.read(_CHUNK)
        if chunk:
            self._buffer = self._buffer[self._at :] + chunk
            self._last = self._at = 0
        return bool(chunk)


class _Joined(io.RawIOBase):
    """Some bytes, and behind them what is left of a file."""

    def __init__(self, first: bytes, then: IO[bytes]) -> None:
        self._first, self._then = io.BytesIO(first), then

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        return self._first.read(size) or self._then.read(size)
