"""Answers packed by gzip, for whoever says that it unpacks them.

Only what is everybody's and holds no secret is packed: of what holds one, the packed size could tell it
(the BREACH attack).
"""

import gzip

from flask import Response, request

_LEAST = 1_000  # bytes; below, packing saves no packet
_WORTH = 0.9  # of its size, at most


def packed(body: bytes) -> bytes | None:
    """Pack something; None where that is not worth it. The same bytes give the same bytes."""
    if len(body) < _LEAST:
        return None
    small = gzip.compress(body, 6, mtime=0)
    return small if len(small) <= _WORTH * len(body) else None


def answer(body: bytes, small: bytes | None) -> Response:
    """Answer this request with a body, packed where there is that and the reader takes it."""
    if small is None:
        return Response(body, content_type="text/html; charset=utf-8")
    takes = request.accept_encodings["gzip"] > 0
    sent = Response(small if takes else body, content_type="text/html; charset=utf-8")
    sent.vary.add("Accept-Encoding")
    if takes:
        sent.headers["Content-Encoding"] = "gzip"
    return sent
