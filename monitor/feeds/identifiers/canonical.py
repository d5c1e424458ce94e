"""Identifiers in one canonical form each, so that one paper has one name whoever writes it.

Pure. Never guesses: what does not look like the scheme's form is None, not a near miss.
"""

import re
from functools import lru_cache

from monitor.feeds.identifiers import dois, registries
from monitor.feeds.records import Identifier

_PMID = re.compile(
    r"^(?:(?:pmid|pubmed|medline)\s*[:=]?\s*)?0*([1-9][0-9]{0,8})(?:\.[0-9]{1,3})?$", re.IGNORECASE
)
_PMID_DIGITS = 9
_PMCID = re.compile(
    r"^(?:pmc(?:id)?\s*[:=]?\s*){0,2}0*([1-9][0-9]{0,9})(?:\.[0-9]{1,3})?$", re.IGNORECASE
)
# The look-behind stands after the letters, so that the search is one for a fixed text: this
# runs over every abstract.
# Eight digits, perhaps in groups; but not the first of more, or of a sentence's next number.
_EIGHT = (
    r"(?:([0-9]{8})(?![0-9])|([0-9]{4}\s[0-9]{4}|[0-9]{2}\s[0-9]{3}\s[0-9]{3}|"
    r"[0-9]{3}\s[0-9]{3}\s[0-9]{2}|[0-9]{2}(?:\s[0-9]{2}){3})(?!\s?[0-9]))"
)
_NCT = re.compile(r"NCT(?<![0-9A-Z]NCT)" + registries.JOIN + _EIGHT)
# its digits alone, where the registry is named: "ClinicalTrials.gov Identifier: 01234567". All
# begin with a zero, which no day does that is written in eight digits
_NCT_BY_NAME = re.compile(r"CLINICAL\s?TRIALS?\.GOV" + registries.JOIN + r"(?=0)" + _EIGHT)
_ISRCTN = re.compile(r"ISRCTN(?<![0-9A-Z]ISRCTN)" + registries.JOIN + _EIGHT)
_EIGHT_ALONE = re.compile(r"([0-9]{8})()")


_OWN_SCHEMES = (("nct", _NCT), ("nct", _NCT_BY_NAME), ("isrctn", _ISRCTN))


def doi(raw: str | None) -> Identifier | None:
    """Normalise a DOI: lower case, percent-decoded, no resolver, no trailing punctuation.

    >>> doi("https://doi.org/10.3310/IVCN8847.").value
    '10.3310/ivcn8847'
    >>> doi("10.1002/(SICI)1097-0355(199924)20:4&lt;429::AID-IMHJ5&gt;3.0.CO;2-Q").value
    '10.1002/(sici)1097-0355(199924)20:4<429::aid-imhj5>3.0.co;2-q'
    """
    value = dois.read(raw)
    return Identifier("doi", value) if value else None


def pmid(raw: str | None) -> Identifier | None:
    """Normalise a PubMed number; a version suffix is dropped.

    >>> pmid("PMID: 039984857.1").value
    '39984857'
    """
    if not raw:
        return None
    # PubMed's own are digits and nothing else
    if raw.isdecimal() and raw.isascii() and raw[0] != "0" and len(raw) <= _PMID_DIGITS:
        return Identifier("pmid", raw)
    match = _PMID.match(raw.strip())
    return Identifier("pmid", match[1]) if match else None


def pmcid(raw: str | None) -> Identifier | None:
    """Normalise a PubMed Central number.

    >>> pmcid("pmc9900465").value
    'PMC9900465'
    """
    if not raw:
        return None
    match = _PMCID.match(raw.strip())
    return Identifier("pmcid", f"PMC{match[1]}") if match else None


def nct(raw: str | None) -> Identifier | None:
    """Normalise a ClinicalTrials.gov number: NCT, or the registry's name, and eight digits."""
    if not raw:
        return None
    text = raw.strip().upper()
    return _numbered("nct", _NCT.fullmatch(text) or _NCT_BY_NAME.fullmatch(text))


def isrctn(raw: str | None) -> Identifier | None:
    """Normalise an ISRCTN: the word and eight digits; the digits alone will do."""
    if not raw:
        return None
    text = raw.strip().upper()
    match = _ISRCTN.fullmatch(text) or _EIGHT_ALONE.fullmatch(text)
    return _numbered("isrctn", match)


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
    capitals = dois.legible(text).upper()
    if not registries.may_be_in(capitals):
        return ()
    mentions: list[tuple[int, Identifier | None]] = [*registries.found_in(capitals)]
    for scheme, form in _OWN_SCHEMES:
        mentions += [(met.start(), _numbered(scheme, met)) for met in form.finditer(capitals)]
    mentions.sort(key=lambda mention: mention[0])
    return distinct(*(identifier for _, identifier in mentions))


def distinct(*found: Identifier | None) -> tuple[Identifier, ...]:
    """Keep those that exist, each once, in order."""
    return tuple(dict.fromkeys(one for one in found if one is not None))


def _numbered(scheme: str, met: re.Match[str] | None) -> Identifier | None:
    """Write a registry's eight digits behind its letters; zeros alone are no number."""
    digits = "".join((met[1] or met[2]).split()) if met else ""
    if not digits or registries.is_placeholder(digits):
        return None
    return Identifier(scheme, scheme.upper() + digits)
