"""Identifiers in one canonical form each, so that one paper has one name whoever writes it.

Pure. Never guesses: what does not look like the scheme's form is None, not a near miss.
"""

import html
import re
from functools import lru_cache
from urllib.parse import unquote

from monitor.feeds import registries
from monitor.feeds.records import Identifier

_MAX_DOI = 300
_DOI_PREFIX = re.compile(
    r"^(?:doi\s*[:=]?\s*|info:doi/|https?://(?:dx\.|www\.)?doi\.org/)+", re.IGNORECASE
)
_DOI_URL = re.compile(r"^https?://", re.IGNORECASE)
_DOI = re.compile(r"10\.[0-9]{4,9}(?:\.[0-9]+)*/[^\s\x00-\x1f\x7f]+")
_PMID = re.compile(
    r"^(?:(?:pmid|pubmed)\s*[:=]?\s*)?0*([1-9][0-9]{0,8})(?:\.[0-9]{1,3})?$", re.IGNORECASE
)
_PMCID = re.compile(
    r"^(?:pmc(?:id)?\s*[:=]?\s*)?pmc\s*0*([1-9][0-9]{0,9})(?:\.[0-9]{1,3})?$", re.IGNORECASE
)
_BARE_NUMBER = re.compile(r"^0*([1-9][0-9]{0,9})$")
# The look-behind stands after the letters, so that the search is one for a fixed text: this
# runs over every abstract.
_NCT = re.compile(r"NCT(?<![0-9A-Z]NCT)[\s:-]?([0-9]{8})(?![0-9])")
_ISRCTN = re.compile(r"ISRCTN(?<![0-9A-Z]ISRCTN)[\s:-]?([0-9]{8})(?![0-9])")
_CLOSERS = {")": "(", "]": "[", "}": "{", ">": "<"}


def doi(raw: str | None) -> Identifier | None:
    """Normalise a DOI: lower case, percent-decoded, no resolver, no trailing punctuation.

    >>> doi("https://doi.org/10.3310/IVCN8847.").value
    '10.3310/ivcn8847'
    >>> doi("10.1002/(SICI)1097-0355(199924)20:4&lt;429::AID-IMHJ5&gt;3.0.CO;2-Q").value
    '10.1002/(sici)1097-0355(199924)20:4<429::aid-imhj5>3.0.co;2-q'
    """
    if not raw or len(raw) > 4 * _MAX_DOI:
        return None
    text = raw.strip()
    if not text.startswith("10."):
        text = _without_resolver(text)
    if "%" in text or "&" in text:
        text = html.unescape(unquote(text)).strip()
    value = _without_trailing_punctuation(text).lower()
    return Identifier("doi", value) if _DOI.fullmatch(value) and len(value) <= _MAX_DOI else None


def pmid(raw: str | None) -> Identifier | None:
    """Normalise a PubMed number; a version suffix is dropped.

    >>> pmid("PMID: 039984857.1").value
    '39984857'
    """
    found = _PMID.match(raw.strip()) if raw else None
    return Identifier("pmid", found[1]) if found else None


def pmcid(raw: str | None) -> Identifier | None:
    """Normalise a PubMed Central number.

    >>> pmcid("pmc9900465").value
    'PMC9900465'
    """
    if not raw:
        return None
    found = _PMCID.match(raw.strip()) or _BARE_NUMBER.match(raw.strip())
    return Identifier("pmcid", f"PMC{found[1]}") if found else None


def nct(raw: str | None) -> Identifier | None:
    """Normalise a ClinicalTrials.gov number: NCT and eight digits."""
    found = _NCT.fullmatch(raw.strip().upper()) if raw else None
    return Identifier("nct", f"NCT{found[1]}") if found else None


def isrctn(raw: str | None) -> Identifier | None:
    """Normalise an ISRCTN: the word and eight digits; the digits alone will do."""
    text = raw.strip().upper() if raw else ""
    found = _ISRCTN.fullmatch(text) or re.fullmatch(r"([0-9]{8})", text)
    return Identifier("isrctn", f"ISRCTN{found[1]}") if found else None


_SCHEMES = {"doi": doi, "pmid": pmid, "pmcid": pmcid, "nct": nct, "isrctn": isrctn}


def normalise(scheme: str, raw: str | None) -> Identifier | None:
    """Normalise an identifier of the named scheme; None where it does not have that form.

    Raises:
        KeyError: no such scheme.
    """
    return _SCHEMES[scheme](raw)


@lru_cache(
    maxsize=1_000
)  # a source's reader looks, and the record is looked at again as it comes in
def registrations_in(text: str | None) -> tuple[Identifier, ...]:
    """Find the trial registrations a text names, each once, in order of appearance.

    Those of ClinicalTrials.gov and ISRCTN have schemes of their own; all others share one.

    >>> [one.value for one in registrations_in("See NCT04187911 and isrctn18308962.")]
    ['NCT04187911', 'ISRCTN18308962']
    """
    if not text:
        return ()
    capitals = text.upper()
    found = [(m.start(), Identifier("nct", f"NCT{m[1]}")) for m in _NCT.finditer(capitals)]
    found += [
        (m.start(), Identifier("isrctn", f"ISRCTN{m[1]}")) for m in _ISRCTN.finditer(capitals)
    ]
    found += registries.found_in(capitals)
    found.sort(key=lambda one: one[0])
    return tuple(dict.fromkeys(identifier for _, identifier in found))


def distinct(*found: Identifier | None) -> tuple[Identifier, ...]:
    """Keep those that exist, each once, in order."""
    return tuple(dict.fromkeys(one for one in found if one is not None))


def _without_resolver(text: str) -> str:
    if _DOI_URL.match(text):
        text = re.split(r"[?#]", text, maxsplit=1)[0]
    return _DOI_PREFIX.sub("", text, count=1)


def _without_trailing_punctuation(text: str) -> str:
    """Drop what a sentence left behind; a closing bracket only where nothing opens it."""
    while text:
        last = text[-1]
        unopened = last in _CLOSERS and text.count(last) > text.count(_CLOSERS[last])
        if not (unopened or last in ".,;:'\"”’"):
            break
        text = text[:-1]
    return text
