"""What an address, a name and a password must be, and how long things last. Pure.

Never reads a clock, a file or a database: the list of common passwords is handed in.
"""

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator
from datetime import datetime, timedelta
from itertools import pairwise

from email_validator import EmailNotValidError, validate_email

from monitor.kernel.errors import InvalidInput

LINK_LASTS = timedelta(days=7)  # of somebody who never had a password
RESET_LASTS = timedelta(hours=1)  # ASVS 6.4.1
IDLE = timedelta(minutes=30)  # ASVS 7.3.1
ABSOLUTE = timedelta(hours=12)  # ASVS 7.3.2
SEEN_EVERY = timedelta(minutes=1)  # how exactly ``last_seen_at`` is kept

# Per account and remote address: somebody else's guessing never locks the owner out (ASVS 6.3.1).
TRIES = 10
TRIES_OF_A_PEER = 20  # for all that one connection claims to speak for, with nobody to vouch for it
TRIES_WITHIN = timedelta(minutes=15)

MIN_PASSWORD, MAX_PASSWORD = 12, 200
MAX_NAME = 100
_SHORT_UNIT = 4  # "abcabcabcabc" is a password of three characters
_LEET = str.maketrans("01345789@$!", "oieastbgasi")


def check_address(raw: str) -> str:
    """Give an address in the form it is stored in: lower case, domain in ASCII.

    Raises:
        InvalidInput: it is not one plain address.
    """
    try:
        address = validate_email(raw.strip(), check_deliverability=False, allow_smtputf8=False)
    except EmailNotValidError as error:
        raise InvalidInput(
            "Type one e-mail address, such as name@example.org", field="address"
        ) from error
    return (address.ascii_email or address.normalized).lower()


def check_name(raw: str) -> str:
    """Give a name with its white space collapsed.

    Raises:
        InvalidInput: it is empty, too long, or holds characters that cannot be printed.
    """
    name = " ".join(raw.split())
    if not name or len(name) > MAX_NAME or not name.isprintable():
        raise InvalidInput(f"Type a name of 1 to {MAX_NAME} plain characters", field="name")
    return name


def check_password(password: str, *, common: Collection[str], about: Iterable[str] = ()) -> None:
    """Refuse a password that is too short, too long or among the first to be guessed.

    No rule on kinds of characters (ASVS 6.2). ``about`` holds the person's own words, such as
    address and name.

    Raises:
        InvalidInput: says what to do instead.
    """
    if len(password) < MIN_PASSWORD:
        raise InvalidInput(f"Use at least {MIN_PASSWORD} characters", field="password")
    if len(password) > MAX_PASSWORD:
        raise InvalidInput(f"Use at most {MAX_PASSWORD} characters", field="password")
    if any("\ud800" <= character <= "\udfff" for character in password):
        raise InvalidInput("Use characters that can be stored", field="password")
    if guessable(password, common=common, about=about):
        raise InvalidInput(
            "This password is among the first to be guessed: use several unrelated words",
            field="password",
        )


def guessable(password: str, *, common: Collection[str], about: Iterable[str] = ()) -> bool:
    """Tell whether a password is a common word, a run or a repetition, however decorated.

    >>> guessable("P4ssword-2024!", common={"password"})
    True
    >>> guessable("four plain words here", common={"password"})
    False
    """
    folded = unicodedata.normalize("NFKC", password).casefold()
    if _is_run(folded) or len(_unit(folded)) <= _SHORT_UNIT:
        return True
    own = {_letters(word.partition("@")[0].casefold()) for word in about} - {""}
    cores = {_unit(_letters(folded)), _unit(_letters(folded.translate(_LEET)))}
    cores |= {_unit(_core(folded)), _core(folded).translate(_LEET)}
    # lists of leaks hold whole passwords too, with digits and signs of their own: 1q2w3e4r5t6y
    cores |= {_unit(folded), "".join(folded.split()), *_undecorated(folded)}
    return bool(cores & (own | set(common)))


def session_alive(*, started_at: datetime, last_seen_at: datetime, at: datetime) -> bool:
    """Tell whether a session is neither idle nor over its whole length."""
    return at < started_at + ABSOLUTE and at < last_seen_at + IDLE


def _letters(text: str) -> str:
    return re.sub(r"[\W\d_]+", "", text)


def _core(text: str) -> str:
    """Strip digits and signs from both ends."""
    return re.sub(r"^[\W\d_]+|[\W\d_]+$", "", text)


def _undecorated(text: str) -> Iterator[str]:
    """Give what is left when some or all of the digits and signs at one end are taken off.

    >>> sorted(_undecorated("ab1!"))
    ['ab', 'ab1', 'ab1!']
    """
    ends = len(text) - len(re.search(r"[\W\d_]*$", text)[0])  # type: ignore[index]  # always found
    starts = len(re.match(r"[\W\d_]*", text)[0])  # type: ignore[index]  # always found
    yield from (text[:end] for end in range(max(ends, 1), len(text) + 1))
    yield from (text[start:] for start in range(1, min(starts, len(text) - 1) + 1))


def _unit(text: str) -> str:
    """Give the shortest piece whose repetition makes ``text``, or its beginning at the end."""
    for size in range(1, len(text) // 2 + 1):
        if (text[:size] * (len(text) // size + 1))[: len(text)] == text:
            return text[:size]
    return text


def _is_run(text: str) -> bool:
    """Tell whether characters follow each other evenly: 123456789012, abcdefghijkl."""
    if text.isdecimal():
        return len({(int(b) - int(a)) % 10 for a, b in pairwise(text)}) == 1
    return len({ord(b) - ord(a) for a, b in pairwise(text)}) == 1
