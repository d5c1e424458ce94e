"""The folder of files that people bring: under a random name of our own, never under theirs.

Knows no database. What lies here is read by one job and gone when it is done with.
"""

import contextlib
import hashlib
import os
import secrets
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import IO

from monitor.feeds import plain
from monitor.kernel.errors import InvalidInput

_CHUNK = 64 * 1024
_NAME = 200


@dataclass(frozen=True, slots=True)
class Shelved:
    """A file put away: its token, its size in bytes, its SHA-256."""

    token: str
    size: int
    sha256: str


def place(folder: Path, token: str) -> Path:
    """Tell where a file lies."""
    return folder / token


def put(folder: Path, stream: IO[bytes], limit: int) -> Shelved:
    """Put a stream away, at most ``limit`` bytes of it.

    Raises:
        InvalidInput: it is larger, or empty; nothing is left of it.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    token = secrets.token_hex(16)
    path = place(folder, token)
    with contextlib.ExitStack() as unless_whole:
        unless_whole.callback(path.unlink, missing_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            size, digest = _copy(stream, file, limit)
        if not size:
            raise InvalidInput("The file is empty", field="file")
        unless_whole.pop_all()
    return Shelved(token, size, digest)


def remove(folder: Path, token: str) -> None:
    """Throw a file away; one that is gone already is fine."""
    place(folder, token).unlink(missing_ok=True)


def left_over(folder: Path, known: set[str], before: datetime) -> list[Path]:
    """List what nobody knows of any more: not in ``known``, untouched since ``before``."""
    if not folder.is_dir():
        return []
    return [
        path
        for path in folder.iterdir()
        if path.name not in known and path.lstat().st_mtime < before.timestamp()
    ]


def too_large(limit: int) -> str:
    """Say that a file is larger than may be brought here."""
    return (
        f"The file is larger than {limit // 2**20} MB: split it, or ask an admin to bring it in "
        "with the gap-monitor import command"
    )


def shown_name(name: str | None) -> str:
    """Make a plain line of what somebody called their file; no path, no control characters."""
    last = PurePosixPath((name or "").replace("\\", "/").replace("\0", "")).name
    return plain.line(last.strip(". "), _NAME) or "a file without a name"


def _copy(stream: IO[bytes], file: IO[bytes], limit: int) -> tuple[int, str]:
    """Copy a stream; gives its size and SHA-256."""
    size, digest = 0, hashlib.sha256()
    while chunk := stream.read(_CHUNK):
        size += len(chunk)
        if size > limit:
            raise InvalidInput(too_large(limit), field="file")
        digest.update(chunk)
        file.write(chunk)
    return size, digest.hexdigest()
