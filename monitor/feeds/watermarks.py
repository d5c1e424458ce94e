"""What a source is asked, and how far that has been read. Pure data: loads nothing of what comes of it."""

import hashlib
from typing import NamedTuple


class Query(NamedTuple):
    """What one source is asked for: ``key`` is an intervention's slug, or a feed's address."""

    key: str
    text: str
    intervention: str | None = None

    @property
    def hash(self) -> str:
        """The SHA-256 of its text: a changed query is asked from the beginning."""
        return hashlib.sha256(self.text.encode()).hexdigest()


class Watermark(NamedTuple):
    """How far one query of one source has been read in full.

    ``position`` is a date (ISO 8601) for sources asked by date; ``etag`` and ``modified`` are
    the validators of a feed's last good answer. ``query_hash`` is the hash of the query that was
    read so far; None where it was made for the query at hand.
    """

    position: str | None = None
    etag: str | None = None
    modified: str | None = None
    query_hash: str | None = None

    def continues(self, query: Query) -> bool:
        """Tell whether it was reached with this very query."""
        return self.query_hash in {None, query.hash}
