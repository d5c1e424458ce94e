"""Numbers of trial registries that are not asked here, in one canonical form each. Pure.

The primary registries of the WHO's network (ICTRP), its universal trial number (UTN), and the
European registers. A paper that names one and another that names the same are told to share a
trial; nothing is looked up by them.
"""

import re
import string
from collections.abc import Iterator
from itertools import chain

from monitor.feeds.records import Identifier

SCHEME = "registry"

# What may stand between a registry's letters and a number: "ISRCTN: ", "NCT number ", "(", "ID #".
_MARKS = r"[\s:#/=.,(\[-]{0,3}"
_NUMBER_WORDS = r"(?:(?:IDENTIFIER|NUMBERS?|NUMMER|CODE|NUM|REF|ID|NO|NR)\b|N[°º])"
JOIN = (
    _MARKS + r"(?:\b(?:TRIAL|STUDY|REGISTRATION|REGISTRY|REGISTER|REFERENCE|REG)\b[ .-]{1,2})?"
    rf"(?:\b{_NUMBER_WORDS}{_MARKS}(?:IS\s)?)?"
)
_TIGHT = r"[ :-]{0,2}(?:(?:NUMBER|NO|NR|ID)\b[ .:]{0,2})?"  # for numbers of few digits

# How a canonical form begins, the letters that stand before a number in capitals, and the number.
# Each canonical form names its registry, so that one scheme holds them all.
_FORMS: tuple[tuple[str, str, str], ...] = (
    ("ACTRN", "ACTRN", JOIN + r"(\d{14})"),
    ("ChiCTR", "CHICTR", JOIN + r"((?!CHICTR)(?:[A-Z]{2,6}-?)?\d{8,10})"),
    ("CTRI/", "CTRI", JOIN + r"(\d{4}/\d{2,3}/\d{6})"),
    ("DRKS", "DRKS", JOIN + r"(\d{8})"),
    ("IRCT", "IRCT", JOIN + r"(\d{8,14}N\d{1,3})"),
    ("jRCT", "JRCT", JOIN + r"(S?\d{9,10})"),
    ("KCT", "KCT", JOIN + r"(\d{7})"),
    ("NTR", "NTR", _TIGHT + r"(\d{3,5})"),
    ("PACTR", "PACTR", JOIN + r"(\d{15,16})"),
    ("RBR-", "RBR-", r"([0-9][0-9A-Z]{4,8})"),
    ("RPCEC", "RPCEC", JOIN + r"(\d{8})"),
    ("SLCTR/", "SLCTR", JOIN + r"(\d{4}/\d{3})"),
    ("TCTR", "TCTR", JOIN + r"(\d{11})"),
    ("UMIN", "UMIN", r"(?:-CTR)?" + JOIN + r"(\d{9})"),
    ("UTN U1111-", "U1111", r"-(\d{4}-\d{4})"),
)
# The European Union's two registers: EudraCT, whose register (EU CTR) adds a country, and CTIS,
# whose numbers count from 500000 and end in the application's. Papers name one for the other.
_EUROPEAN = (
    "EUDRACT",
    "EUDRA-CT",
    "EUCT",
    "EU-CT",
    "EU CT",
    "CTIS",
    "EU CLINICAL TRIAL",
    "EU TRIAL",
)
_EUROPEAN_WORDS = (
    r"[RS]?(?:\s(?:REGISTER|REGISTRY|INFORMATION SYSTEM)(?:\s\((?:EU[- ]?CTR|CTIS)\))?)?"
)
_COUNTRY = r"(?:-(?:[A-Z]{2}|3RD|OUTSIDE[ -]EU(?:/EEA)?))?"
_EUDRACT_NUMBER = r"(\d{4}-[0-46-9]\d{5}-\d{2})" + _COUNTRY
_CTIS_NUMBER = r"(\d{4}-5\d{5}-\d{2}-\d{2})"
_CTIS_GROUP = 2
_FORMS += tuple(
    ("EudraCT ", letters, f"{_EUROPEAN_WORDS}{JOIN}(?:{_EUDRACT_NUMBER}|{_CTIS_NUMBER})")
    for letters in _EUROPEAN
)
# The letters first and only then what must not stand before them: a search for a fixed text is
# many times faster, and this runs over every abstract.
_PATTERNS = tuple(
    (begins, letters, re.compile(rf"{letters}(?<![0-9A-Z]{letters}){number}(?![0-9A-Z]|-\d)"))
    for begins, letters, number in _FORMS
)
# By letters that several share: to look for those once costs less than for each one's own.
_SHARED = ("CTR", "RCT", "EU")
_GROUPS = tuple(
    (shared, tuple(one for one in _PATTERNS if shared in one[1]))
    for shared in (*_SHARED, *(own for _, own, _ in _PATTERNS if not any(map(own.count, _SHARED))))
)

# Every such number has seven digits with little between them; the Dutch and the Brazilian register's
# may have fewer. Seen on bytes, which costs a fifth of a pattern; whatever is not ASCII passes.
_SEVEN_DIGITS = b"0" * 7
_DIGITS = bytes(ord("0" if 48 <= code < 58 or code >= 128 else "x") for code in range(256))  # noqa: PLR2004 - ASCII's
_BETWEEN_DIGITS = b" \t\n\r\x0b\x0c\x1c\x1d\x1e\x1f/-"
_OF_A_WORD = frozenset(string.ascii_uppercase + string.digits)
_OF_FEW_DIGITS = tuple(
    (letters, pattern) for _, letters, pattern in _PATTERNS if letters in {"NTR", "RBR-"}
)


def may_be_in(capitals: str) -> bool:
    """Tell whether a text of capital letters may name a number at all: most abstracts do not.

    >>> may_be_in("120 MOTHERS AND 61 FATHERS IN 2019"), may_be_in("SEE NCT 01 23 45 67")
    (False, True)
    """
    shape = capitals.encode("utf-8", "surrogatepass").translate(_DIGITS, _BETWEEN_DIGITS)
    return _SEVEN_DIGITS in shape or any(
        few.match(capitals, at)
        for letters, few in _OF_FEW_DIGITS
        for at in _words_that_begin(letters, capitals)
    )


def _words_that_begin(letters: str, capitals: str) -> Iterator[int]:
    """Give where words begin with some letters: "NTR" stands in each "CONTROL" too."""
    at = capitals.find(letters)
    while at >= 0:
        if at == 0 or capitals[at - 1] not in _OF_A_WORD:
            yield at
        at = capitals.find(letters, at + 1)


def is_placeholder(number: str) -> bool:
    """Tell a number of zeros only: it stands for one that was not given.

    >>> is_placeholder("00000000"), is_placeholder("2020-001205-23")
    (True, False)
    """
    return not any(digit in number for digit in "123456789")


def found_in(capitals: str) -> Iterator[tuple[int, Identifier]]:
    """Find the numbers in a text of capital letters: where each stands, and its canonical form."""
    groups = (patterns for shared, patterns in _GROUPS if shared in capitals)
    for begins, letters, pattern in chain.from_iterable(groups):
        if letters in capitals:
            for met in pattern.finditer(capitals):
                if number := _canonical(begins, met):
                    yield met.start(), number


def registry_number(raw: str | None) -> Identifier | None:
    """Read a text that is one such number and nothing else."""
    text = raw.strip().upper() if raw else ""
    if not text:
        return None
    for begins, _, pattern in _PATTERNS:
        if met := pattern.fullmatch(text):
            return _canonical(begins, met)
    return None


def _canonical(begins: str, met: re.Match[str]) -> Identifier | None:
    """Write a number in its one form; the second group of the European ones is CTIS's."""
    number = met[met.lastindex or 1]
    if is_placeholder(number):
        return None
    return Identifier(SCHEME, ("CTIS" if met.lastindex == _CTIS_GROUP else begins) + number)
