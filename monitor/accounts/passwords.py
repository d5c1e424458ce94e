"""Hashing of passwords and tokens. Keeps nothing, and never logs either."""

import contextlib
import functools
import gzip
import hashlib
import secrets
import threading
from collections.abc import Iterator
from importlib import resources

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from monitor.accounts.rules import MAX_PASSWORD
from monitor.kernel.errors import Unavailable
from monitor.kernel.process.threads import on_any_processor

_HASHER = PasswordHasher()  # argon2id, RFC 9106's second recommended parameters

# The hash of a random value that was thrown away, verified where there is nobody to verify: an
# unknown address takes as long as a known one (ASVS 6.3.8).
_NOBODY = "$argon2id$v=19$m=65536,t=3,p=4$XAFplcr4yjnpNHnYtc5UHw$PXp1r8gvcVy7IjXrAIqYywOWQ15WDTKd+wAbluK0VBY"

# What stands in place of a hash once a password was ended: the person has had one, and no password
# matches it.
ENDED = "ended"

# Each hash takes 64 MiB and a core on purpose: few at once, a few more wait, others are told to.
_ROOM, _RUN = threading.BoundedSemaphore(8), threading.BoundedSemaphore(2)
_PATIENCE = 3.0  # seconds for a place to wait in


@functools.cache
def common() -> frozenset[str]:
    """Read the bundled lists of what guessing programs try first (``COMMON-PASSWORDS.md``)."""
    folder = resources.files("monitor.accounts")
    own = folder.joinpath("common_passwords.txt").read_text("utf-8")
    leaked = gzip.decompress(folder.joinpath("leaked_passwords.txt.gz").read_bytes()).decode()
    lines = [*own.splitlines(), *leaked.splitlines()]
    return frozenset(line for line in lines if line and not line.startswith("#"))


@contextlib.contextmanager
def _turn() -> Iterator[None]:
    """Hold one of the few places to hash in.

    Raises:
        Unavailable: too many wait already.
    """
    if not _ROOM.acquire(timeout=_PATIENCE):
        raise Unavailable("too many people are signing in at once: try again in a minute")
    try:
        with _RUN, on_any_processor():
            yield
    finally:
        _ROOM.release()


def hash_password(password: str) -> str:
    """Hash with argon2id and a salt of its own; slow on purpose, so never in a transaction.

    Raises:
        Unavailable: too many passwords are being hashed already.
    """
    with _turn():
        return _HASHER.hash(password)


def matches(password: str, stored: str | None) -> bool:
    """Tell whether ``password`` is the one stored, in the same time when nothing is stored.

    Raises:
        Unavailable: too many passwords are being compared already.
    """
    too_long = len(password) > MAX_PASSWORD
    is_hash = stored is not None and stored != ENDED
    try:
        with _turn():
            _HASHER.verify(
                stored if stored and is_hash else _NOBODY,
                password[:MAX_PASSWORD].encode(errors="replace"),
            )
    except (VerifyMismatchError, InvalidHashError):
        return False
    return is_hash and not too_long


def outdated(stored: str) -> bool:
    """Tell whether a hash was made with weaker parameters than today's."""
    return stored != ENDED and _HASHER.check_needs_rehash(stored)


def new_token() -> str:
    """Make a secret of 256 bits that fits in an address or a cookie."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> str:
    """Give what is stored of a token. Plain SHA-256: the token is too long to be guessed."""
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()
