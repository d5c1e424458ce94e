"""Year, volume, issue and pages where a database gives them as one text. Pure.

PubMed's CSV has "J Inv. 2021 Mar;5(2):101-110. doi: …" in one column, Embase's "J Inv. (2021) 5:2
(101-110)" in that of the journal. What does not have one of these forms gives nothing.
"""

import re

_PAGES = r"(?P<pages>[A-Za-z]{0,3}\d[\w]{0,9}(?:\s?[-–]\s?[A-Za-z]{0,3}\d\w{0,9})?)"
_VOLUME = r"(?P<volume>[A-Za-z]{0,4}\s?\d[\w-]{0,9})"
_PUBMED = re.compile(
    r"^(?P<journal>[^.;]{2,200}(?:\.\s?[^.;\d]{1,60}){0,3})\.\s*(?P<year>(?:1[89]|20)\d\d)\b[^;:]{0,30}"
    rf"(?:;\s?(?:{_VOLUME})?(?:\((?P<issue>[^()]{{1,40}})\))?(?::{_PAGES})?)?(?=[.;,\s]|$)"
)
_EMBASE = re.compile(
    r"^(?P<journal>[^()]{2,200}?(?:\([^()\d]{1,60}\))?)[.,]?\s*\((?P<year>(?:1[89]|20)\d\d)\)\s*"
    rf"(?:{_VOLUME})?(?:\s?:\s?(?P<issue>[^()\s]{{1,40}}(?:\s(?:Suppl|SUPPL)[^()]{{0,12}})?))?"
    rf"(?:\s*(?:PART\s[A-Z0-9]+\s*)?\({_PAGES}\))?(?=[.;,\s]|$)"
)


def read(citation: str, journal: str) -> dict[str, str]:
    """Read PubMed's citation, else Embase's in the place of the journal; only what is there.

    >>> read("J Inv. 2021 Mar;5(2):101-110. doi: 10.5555/x", "J Inv")["pages"]
    '101-110'
    >>> read("", "J Inv. (2021) 5:2 (101-110)")["issue"]
    '2'
    """
    match = _PUBMED.match(citation) if citation else None
    if match:
        return {
            name: text for name, text in match.groupdict("").items() if text and name != "journal"
        }
    match = _EMBASE.match(journal) if "(" in journal else None
    if not match or not (match["volume"] or match["pages"]):
        return {}
    return {name: text.strip() for name, text in match.groupdict("").items() if text}
