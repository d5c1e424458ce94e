"""Unpacks a compressed reply piece by piece, so that whoever counts can stop at any byte.

A library that unpacks each chunk whole turns 64 kilobytes into 64 megabytes before anybody counts,
and into gigabytes where one compression is packed into another.
"""

import zlib
from collections.abc import Iterable, Iterator

ACCEPTED = "gzip, deflate"  # what is asked for

_PIECE = 64 * 1024
_GZIP_MAGIC = b"\x1f\x8b"
_NONE = frozenset({"", "identity"})
_GZIP = frozenset({"gzip", "x-gzip"})
_GZIP_FORMAT, _ZLIB_FORMAT, _BARE_FORMAT = 16 + zlib.MAX_WBITS, zlib.MAX_WBITS, -zlib.MAX_WBITS


class Damaged(Exception):  # noqa: N818 - told apart from a host that is down
    """The compressed bytes are none, or in a compression that was not asked for."""


class CutOff(Exception):  # noqa: N818 - told apart from a host that is down
    """The compressed bytes end before what they hold."""


def unpacked(chunks: Iterable[bytes], encoding: str | None) -> Iterator[bytes]:
    """Unpack the chunks of a body; no piece is longer than 64 KiB unless it came so.

    ``encoding`` is the reply's Content-Encoding. Several at once are refused: no honest server
    packs what is packed.

    Raises:
        Damaged: it cannot be unpacked.
        CutOff: its end is missing.
    """
    name = (encoding or "").strip().lower()
    if name in _NONE:
        return iter(chunks)
    if name in _GZIP:
        return _gunzipped(chunks)
    if name == "deflate":
        return _inflated(chunks)
    raise Damaged


def _gunzipped(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Unpack gzip, which may hold several members one after the other (RFC 1952, 2.2)."""
    stream, begun = zlib.decompressobj(_GZIP_FORMAT), False
    for chunk in chunks:
        data = chunk
        while data:
            if stream.eof:
                if not data.startswith(_GZIP_MAGIC[: len(data)]):
                    break  # padding
                stream = zlib.decompressobj(_GZIP_FORMAT)
            begun = True
            yield from _pieces(stream, data)
            data = stream.unused_data
    if begun and not stream.eof:
        raise CutOff


def _inflated(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Unpack deflate: in zlib's format as the standard says, or bare as some servers send it."""
    stream, begun = zlib.decompressobj(_ZLIB_FORMAT), False
    for chunk in chunks:
        if not begun and chunk and not _is_zlib(chunk):
            stream = zlib.decompressobj(_BARE_FORMAT)
        begun = begun or bool(chunk)
        if not stream.eof:
            yield from _pieces(stream, chunk)
    if begun and not stream.eof:
        raise CutOff


def _pieces(stream: "zlib._Decompress", data: bytes) -> Iterator[bytes]:
    """Unpack one chunk; what the stream holds back for want of room is asked for again."""
    try:
        while piece := stream.decompress(data, _PIECE):
            yield piece
            if stream.eof:  # asked again, it would count what follows twice
                return
            data = stream.unconsumed_tail
    except zlib.error as error:
        raise Damaged from error


def _is_zlib(start: bytes) -> bool:
    """Tell zlib's header: its method is 8 in a window of at most 32 KiB (RFC 1950, 2.2).

    Of a single byte, and of the two together where there are two: they are a multiple of 31.
    """
    likely = start[0] & 0x8F == 8  # noqa: PLR2004 - zlib's own numbers
    return likely and (len(start) == 1 or int.from_bytes(start[:2]) % 31 == 0)
