"""Where an identifier leads outside, and what readers call its scheme. Pure; the one way to link it."""

from collections.abc import Mapping
from urllib.parse import quote

from monitor.feeds.records import Identifier

# In the order in which a paper is best read: its publisher's page before a register's.
_SCHEMES: Mapping[str, tuple[str, str]] = {
    "doi": ("DOI", "https://doi.org/"),
    "pmid": ("PubMed", "https://pubmed.ncbi.nlm.nih.gov/"),
    "pmcid": ("PMC", "https://pmc.ncbi.nlm.nih.gov/articles/"),
    "nct": ("ClinicalTrials.gov", "https://clinicaltrials.gov/study/"),
    "isrctn": ("ISRCTN", "https://www.isrctn.com/"),
}


def scheme(value: str) -> str:
    """Name a scheme of identifiers as readers know it.

    >>> scheme("pmid"), scheme("drks")
    ('PubMed', 'drks')
    """
    return _SCHEMES[value][0] if value in _SCHEMES else value


def outward(identifier: Identifier) -> str | None:
    """Give the page of an identifier outside, or None where there is none.

    >>> outward(Identifier("doi", "10.1/a<b>#c"))
    'https://doi.org/10.1/a%3Cb%3E%23c'
    """
    known = _SCHEMES.get(identifier.scheme)
    return known[1] + quote(identifier.value, safe="/:;()._-") if known else None


def best(identifiers: Mapping[str, str]) -> str | None:
    """Give the page where a paper with these identifiers (by scheme) is best read.

    >>> best({"pmid": "36722615", "doi": "10.3310/IVCN8847"})
    'https://doi.org/10.3310/IVCN8847'
    """
    held = (Identifier(name, identifiers[name]) for name in _SCHEMES if identifiers.get(name))
    return next((page for identifier in held if (page := outward(identifier))), None)
