"""Numbers of trial registries that are not asked here, in one canonical form each. Pure.

The primary registries of the WHO's network (ICTRP), its universal trial number (UTN), and the
European registers. A paper that names one and another that names the same are told to share a
trial; nothing is looked up by them.
"""

import re
from collections.abc import Iterator

from monitor.feeds.records import Identifier

SCHEME = "registry"

# How a canonical form begins, the letters that stand before a number in capitals, and the number.
# Each canonical form names its registry, so that one scheme holds them all.
_FORMS = (
    ("ACTRN", "ACTRN", r"[ :-]?(\d{14})"),
    ("ChiCTR", "CHICTR", r"[ :-]?((?:[A-Z]{2,6}-?)?\d{8,10})"),
    ("CTRI/", "CTRI", r" ?/ ?(\d{4}/\d{2,3}/\d{6})"),
    ("DRKS", "DRKS", r"[ :-]?(\d{8})"),
    ("EudraCT ", "EUDRA", r"-?CT\W{0,3}(?:(?:NUMBER|NO|NR)\W{0,3})?(\d{4}-\d{6}-\d{2})"),
    ("IRCT", "IRCT", r"[ :-]?(\d{8,14}N\d{1,3})"),
    ("jRCT", "JRCT", r"[ :-]?(S?\d{9,10})"),
    ("KCT", "KCT", r"[ :-]?(\d{7})"),
    ("NTR", "NTR", r"[ :-]?(\d{3,5})"),
    ("PACTR", "PACTR", r"[ :-]?(\d{15,16})"),
    ("RBR-", "RBR-", r"([0-9][0-9A-Z]{4,8})"),
    ("RPCEC", "RPCEC", r"[ :-]?(\d{8})"),
    ("SLCTR/", "SLCTR", r" ?/ ?(\d{4}/\d{3})"),
    ("TCTR", "TCTR", r"[ :-]?(\d{11})"),
    ("UMIN", "UMIN", r"[ :-]?(\d{9})"),
    ("UTN U1111-", "U1111", r"-(\d{4}-\d{4})"),
)
# The letters first and only then what must not stand before them: a search for a fixed text is
# many times faster, and this runs over every abstract.
_PATTERNS = tuple(
    (begins, letters, re.compile(rf"{letters}(?<![0-9A-Z]{letters}){number}(?![0-9A-Z]|-\d)"))
    for begins, letters, number in _FORMS
)


def found_in(capitals: str) -> Iterator[tuple[int, Identifier]]:
    """Find the numbers in a text of capital letters: where each stands, and its canonical form."""
    for begins, letters, pattern in _PATTERNS:
        if letters in capitals:
            for met in pattern.finditer(capitals):
                yield met.start(), Identifier(SCHEME, begins + met[1])


def registry_number(raw: str | None) -> Identifier | None:
    """Read a text that is one such number and nothing else."""
    text = raw.strip().upper() if raw else ""
    for begins, _, pattern in _PATTERNS:
        if met := pattern.fullmatch(text):
            return Identifier(SCHEME, begins + met[1])
    return None
