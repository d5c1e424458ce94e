"""Numbers of trial registries that are not asked here, in one canonical form each. Pure.

The primary registries of the WHO's network (ICTRP), its universal trial number (UTN), and the
European registers. A paper that names one and another that names the same are told to share a
trial; nothing is looked up by them.
"""

import re
from collections.abc import Iterator

from monitor.feeds.records import Identifier

SCHEME = "registry"

# Registry: its number in capitals, without and with what else stands before it. Each canonical
# form begins with the registry's name, so that one scheme holds them all.
_FORMS = (
    ("ACTRN", r"ACTRN[ :-]?(?P<actrn>\d{14})"),
    ("ChiCTR", r"CHICTR[ :-]?(?P<chictr>(?:[A-Z]{2,6}-?)?\d{8,10})"),
    ("CTRI/", r"CTRI ?/ ?(?P<ctri>\d{4}/\d{2,3}/\d{6})"),
    ("DRKS", r"DRKS[ :-]?(?P<drks>\d{8})"),
    ("EudraCT ", r"EUDRA-?CT\W{0,3}(?:(?:NUMBER|NO|NR)\W{0,3})?(?P<eudract>\d{4}-\d{6}-\d{2})"),
    ("IRCT", r"IRCT[ :-]?(?P<irct>\d{8,14}N\d{1,3})"),
    ("jRCT", r"JRCT[ :-]?(?P<jrct>S?\d{9,10})"),
    ("KCT", r"KCT[ :-]?(?P<kct>\d{7})"),
    ("NTR", r"NTR[ :-]?(?P<ntr>\d{3,5})"),
    ("PACTR", r"PACTR[ :-]?(?P<pactr>\d{15,16})"),
    ("RBR-", r"RBR-(?P<rbr>[0-9][0-9A-Z]{4,8})"),
    ("RPCEC", r"RPCEC[ :-]?(?P<rpcec>\d{8})"),
    ("SLCTR/", r"SLCTR ?/ ?(?P<slctr>\d{4}/\d{3})"),
    ("TCTR", r"TCTR[ :-]?(?P<tctr>\d{11})"),
    ("UMIN", r"UMIN[ :-]?(?P<umin>\d{9})"),
    ("UTN ", r"(?P<utn>U1111-\d{4}-\d{4})"),
)
_ANY = re.compile(
    r"(?<![0-9A-Z])(?:" + "|".join(form for _, form in _FORMS) + r")(?![0-9A-Z])(?!-\d)"
)
_PREFIX = {form.partition("(?P<")[2].partition(">")[0]: name for name, form in _FORMS}
# Hardly any text holds what every number but two has; looking for that first is much faster.
_LONG_NUMBER = re.compile(r"\d{5}|\d{4}[-/]\d{2}")
_SHORT = ("NTR", "RBR-", "U1111", "SLCTR")


def found_in(capitals: str) -> Iterator[tuple[int, Identifier]]:
    """Find the numbers in a text of capital letters: where each stands, and its canonical form."""
    if not _LONG_NUMBER.search(capitals) and not any(one in capitals for one in _SHORT):
        return
    for met in _ANY.finditer(capitals):
        group = met.lastgroup or ""
        yield met.start(), Identifier(SCHEME, _PREFIX[group] + met[group])


def registry_number(raw: str | None) -> Identifier | None:
    """Read a text that is one such number and nothing else."""
    text = raw.strip().upper() if raw else ""
    found = list(found_in(text)) if _ANY.fullmatch(text) else []
    return found[0][1] if found else None
