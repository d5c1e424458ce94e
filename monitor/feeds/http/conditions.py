"""Conditional requests: the validators of the last good answer, kept only if they can be sent back."""

from collections.abc import Mapping

NOT_MODIFIED = 304
_MAX_VALIDATOR = 300


def conditions(etag: str | None, modified: str | None) -> dict[str, str]:
    """Give the headers that ask for a document only where it changed since."""
    named = {"If-None-Match": etag, "If-Modified-Since": modified}
    return {name: value for name, value in named.items() if value}


def validators(headers: Mapping[str, str]) -> tuple[str | None, str | None]:
    """Give a reply's ETag and Last-Modified. Header names are in lower case."""
    return _validator(headers.get("etag")), _validator(headers.get("last-modified"))


def _validator(header: str | None) -> str | None:
    """Keep a validator that can be sent back as it came; any other is as good as none."""
    if not header or len(header) > _MAX_VALIDATOR or not header.isascii():
        return None
    return header if header.isprintable() else None
