"""The National Library of Medicine's words for links between papers. Pure.

PubMed writes them as one word ("RetractionIn"), Europe PMC as several ("Retraction in"). Words
that tell nothing of a paper's standing (comments, references, reprints) are not among them.
"""

import re

from monitor.feeds.identifiers import doi
from monitor.feeds.records import Identifier, LinkKind

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
_BY_WORDS = {word.casefold(): kind for word, kind in BY_REF_TYPE.items()}
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
    found = _DOI.search(reference) if reference else None
    return doi(found[1]) if found else None
