"""Takes out of an XML document the characters that XML forbids: one of them would end the whole.

A parser gives up at the first form feed, ``&#x1F;`` or byte of another encoding, and with it on every
record behind. Here such a character goes and all else stays. Streams; resolves nothing.
"""

import codecs
import html
import io
import re
from collections.abc import Callable
from typing import IO

_CHUNK = 64 * 1024
_LONGEST_REFERENCE = 40  # characters
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_NUMBER = re.compile(r"&#(?:[xX]([0-9A-Fa-f]{1,8})|([0-9]{1,9}));")
_NAMED = re.compile(r"&(?!(?:amp|lt|gt|quot|apos|#[0-9]{1,9}|#x[0-9A-Fa-f]{1,8});)(\w{2,31};)?")
# a form feed within a word is what is left of a ligature: see ``kernel.language.text``
_WITHIN_A_WORD = re.compile("(?<=[^\\W\\d_])\x0c(?=[a-z])")
_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")
_ENCODING = re.compile(rb"""^\s*<\?xml[^>]*?\sencoding\s*=\s*["']([A-Za-z][\w.-]{0,40})""")
_WIDE = (
    (codecs.BOM_UTF32_LE, "utf-32"),  # begins like the mark of UTF-16: look for it first
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    (b"<\0?\0", "utf-16-le"),
    (b"\0<\0?", "utf-16-be"),
)
_WINDOWS = "monitor-windows-1252"


def _as_windows(error: UnicodeError) -> tuple[str, int]:
    """Read bytes that are no UTF-8 as Windows' Latin, which is what most of them are."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode("cp1252", "ignore"), error.end


codecs.register_error(_WINDOWS, _as_windows)


def without_forbidden(text: str) -> str:
    """Take out what XML forbids, as it stands or as a reference to it.

    >>> without_forbidden("bene\\x0cfits &#x1F;&#8211; &#xD83D;&#xDE00;")
    'benefits &#8211; 😀'
    """
    if "&#" in text:
        text = _NUMBER.sub(_forbidden_itself, text)
    if not _FORBIDDEN.search(text):
        return text
    if _SURROGATE.search(text):  # pairs that were written as two references
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "ignore")
    text = _WITHIN_A_WORD.sub("", text)
    return _FORBIDDEN.sub(lambda match: " " if match[0] in "\x0b\x0c" else "", text)


def with_ampersands(text: str) -> str:
    """Take out what XML forbids, and write "&" and HTML's named characters as XML wants them.

    >>> with_ampersands("Parents & families&nbsp;&lt;5")
    'Parents &amp; families\\xa0&lt;5'
    """
    return without_forbidden(_NAMED.sub(_named, text) if "&" in text else text)


def repaired(document: bytes, mend: Callable[[str], str] = without_forbidden) -> bytes:
    """Give a whole document without what XML forbids, in UTF-8."""
    file, parts = Repaired(io.BytesIO(document), mend), []
    while part := file.read():
        parts.append(part)
    return b"".join(parts)


class Repaired(io.RawIOBase):
    """A document, read from a file, without what XML forbids; in UTF-8 whatever it was in."""

    def __init__(self, file: IO[bytes], mend: Callable[[str], str] = without_forbidden) -> None:
        self._file, self._mend, self._held = file, mend, ""
        self._decoder: codecs.IncrementalDecoder | None = None

    def readable(self) -> bool:
        """Tell that it can be read."""
        return True

    def read(self, size: int = -1, /) -> bytes:
        """Read on, about a chunk whatever ``size``; nothing at the end."""
        while True:
            chunk = self._file.read(_CHUNK if size < 0 else size)
            text = self._held + self._decoded(chunk)
            # a reference must not be cut in two, nor a letter from the form feed behind it
            cut = text.rfind("&", -_LONGEST_REFERENCE) if chunk else len(text)
            cut = cut if cut >= 0 else max(0, len(text) - 2)
            made, self._held = self._mend(text[:cut]), text[cut:]
            if made or not chunk:
                return made.encode()

    def _decoded(self, chunk: bytes) -> str:
        if self._decoder is not None:
            return self._decoder.decode(chunk, final=not chunk)
        self._decoder = codecs.getincrementaldecoder(_encoding(chunk))(errors=_WINDOWS)
        text = self._decoder.decode(chunk, final=not chunk)
        # what it says of its encoding is true no more; nor may anything stand before it
        return _DECLARATION.sub("", text.lstrip("\ufeff \t\r\n"), count=1).lstrip()


def _encoding(start: bytes) -> str:
    for mark, name in _WIDE:
        if start.startswith(mark):
            return name
    match = _ENCODING.match(start.removeprefix(codecs.BOM_UTF8))
    named = match[1].decode("ascii").lower() if match else "utf-8"
    try:
        return codecs.lookup(named).name
    except LookupError:
        return "utf-8"


def _forbidden_itself(found: re.Match[str]) -> str:
    number = int(found[1], 16) if found[1] else int(found[2])
    if number > 0x10FFFF:  # noqa: PLR2004 - the last there is
        return ""
    return chr(number) if _FORBIDDEN.match(chr(number)) else found[0]


def _named(found: re.Match[str]) -> str:
    meant = html.unescape(found[0]) if found[1] else found[0]
    return meant if meant != found[0] else f"&amp;{found[1] or ''}"
