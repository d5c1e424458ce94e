"""Hashing of passwords and tokens. Keeps nothing, and never logs either."""

import functools
import hashlib
import secrets
from importlib import resources

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from monitor.accounts.rules import MAX_PASSWORD

_HASHER = PasswordHasher()  # argon2id, RFC 9106's second recommended parameters

# The hash of a random value that was thrown away, verified where there is nobody to verify: an
# unknown address takes as long as a known one (ASVS 6.3.8).
_NOBODY = "$argon2id$v=19$m=65536,t=3,p=4$XAFplcr4yjnpNHnYtc5UHw$PXp1r8gvcVy7IjXrAIqYywOWQ15WDTKd+wAbluK0VBY"


@functools.cache
def common() -> frozenset[str]:
    """Read the bundled list of words that guessing programs try first."""
    text = resources.files("monitor.accounts").joinpath("common_passwords.txt").read_text("utf-8")
    return frozenset(line for line in text.splitlines() if line and not line.startswith("#"))


def hash_password(password: str) -> str:
    """Hash with argon2id and a salt of its own."""
    return _HASHER.hash(password)


def matches(password: str, stored: str | None) -> bool:
    """Tell whether ``password`` is the one stored, in the same time when nothing is stored."""
    too_long = len(password) > MAX_PASSWORD
    try:
        _HASHER.verify(stored or _NOBODY, password[:MAX_PASSWORD].encode(errors="replace"))
    except (VerifyMismatchError, InvalidHashError):
        return False
    return stored is not None and not too_long


def outdated(stored: str) -> bool:
    """Tell whether a hash was made with weaker parameters than today's."""
    return _HASHER.check_needs_rehash(stored)


def new_token() -> str:
    """Make a secret of 256 bits that fits in an address or a cookie."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> str:
    """Give what is stored of a token. Plain SHA-256: the token is too long to be guessed."""
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()
