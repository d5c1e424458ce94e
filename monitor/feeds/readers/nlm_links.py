"""The National Library of Medicine's words for links between papers. Pure.

PubMed writes them as one word ("RetractionIn") or, in its text format, as a tag ("RIN"); Europe
PMC as several words ("Retraction in"). Words that tell nothing of a paper's standing (comments,
references, reprints) are not among them.
"""

import re
from collections.abc import Iterable, Mapping

from monitor.feeds.identifiers.canonical import doi, pmid
from monitor.feeds.records import Identifier, Link, LinkKind

BY_REF_TYPE = {
    "RetractionIn": LinkKind.RETRACTED_BY,
    "RetractionOf": LinkKind.RETRACTS,
    "PartialRetractionIn": LinkKind.PARTLY_RETRACTED_BY,
    "PartialRetractionOf": LinkKind.PARTLY_RETRACTS,
    "ExpressionOfConcernIn": LinkKind.CONCERN_IN,
    "ExpressionOfConcernFor": LinkKind.CONCERN_FOR,
    "ErratumIn": LinkKind.CORRECTED_BY,
    "ErratumFor": LinkKind.CORRECTS,
    "CorrectedandRepublishedIn": LinkKind.CORRECTED_BY,
    "CorrectedandRepublishedFrom": LinkKind.CORRECTS,
    "RetractedandRepublishedIn": LinkKind.RETRACTED_BY,
    # the new version is no notice: it takes the old one's place
    "RetractedandRepublishedFrom": LinkKind.UPDATES,
    "UpdateIn": LinkKind.UPDATED_BY,
    "UpdateOf": LinkKind.UPDATES,
    "PreprintIn": LinkKind.HAS_PREPRINT,
    "PreprintOf": LinkKind.PREPRINT_OF,
}
BY_TAG = {
    "RIN": BY_REF_TYPE["RetractionIn"],
    "ROF": BY_REF_TYPE["RetractionOf"],
    "PRIN": BY_REF_TYPE["PartialRetractionIn"],
    "PROF": BY_REF_TYPE["PartialRetractionOf"],
    "ECI": BY_REF_TYPE["ExpressionOfConcernIn"],
    "ECF": BY_REF_TYPE["ExpressionOfConcernFor"],
    "EIN": BY_REF_TYPE["ErratumIn"],
    "EFR": BY_REF_TYPE["ErratumFor"],
    "CRI": BY_REF_TYPE["CorrectedandRepublishedIn"],
    "CRF": BY_REF_TYPE["CorrectedandRepublishedFrom"],
    "RRI": BY_REF_TYPE["RetractedandRepublishedIn"],
    "RRF": BY_REF_TYPE["RetractedandRepublishedFrom"],
    "UIN": BY_REF_TYPE["UpdateIn"],
    "UOF": BY_REF_TYPE["UpdateOf"],
}
_BY_WORDS = {word.casefold(): kind for word, kind in BY_REF_TYPE.items()}
_PMID = re.compile(r"\bPMID:\s*([0-9]{1,9})\b", re.IGNORECASE)
_DOI = re.compile(r"\bdoi:\s*(10\.\S+)", re.IGNORECASE)


def kind_of(words: str) -> LinkKind | None:
    """Give the kind of a link as Europe PMC writes it; None where it is none of ours.

    >>> kind_of("Expression of concern in")
    <LinkKind.CONCERN_IN: 'expression of concern in'>
    """
    return _BY_WORDS.get("".join(words.split()).casefold())


def doi_in(reference: str | None) -> Identifier | None:
    """Find the DOI in a reference, where it names one.

    >>> doi_in("Lancet. 2024 Sep 28;404(1):1-2. doi: 10.1016/S0140-6736(24)01653-2.").value
    '10.1016/s0140-6736(24)01653-2'
    """
    match = _DOI.search(reference) if reference else None
    return doi(match[1]) if match else None


def links_in(fields: Mapping[str, Iterable[str]]) -> tuple[Link, ...]:
    """Read the links in the fields of PubMed's text format whose other end is named.

    >>> links_in({"RIN": ["Inv J. 2024;1:2. doi: 10.3310/r. PMID: 99000002"]})[0].identifier.value
    '99000002'
    """
    links = [
        Link(kind, other)
        for tag, kind in BY_TAG.items()
        for reference in fields.get(tag, ())
        if (other := _named_in(reference)) is not None
    ]
    return tuple(dict.fromkeys(links))


def _named_in(reference: str) -> Identifier | None:
    number = _PMID.search(reference)
    return pmid(number[1]) if number else doi_in(reference)
