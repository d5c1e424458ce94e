"""What a citation says of other papers, and whether it is nothing but a notice of one. Pure.

A retraction, a correction, an expression of concern is never itself a study: it is about one.
"""

from collections.abc import Iterator

from monitor.feeds.records import Citation, LinkKind

RETRACTED = "retracted"  # marked so, and no notice named
_MARK = "retracted publication"  # a publication type of PubMed's
_NOTICES = frozenset(
    {"retraction of publication", "published erratum", "expression of concern"}
)  # publication types of PubMed's
# what only a notice says of another paper
_OF_A_NOTICE = frozenset(
    {
        LinkKind.RETRACTS,
        LinkKind.PARTLY_RETRACTS,
        LinkKind.CORRECTS,
        LinkKind.CONCERN_FOR,
    }
)


def is_notice(citation: Citation) -> bool:
    """Tell whether a record is a notice about another paper and nothing else."""
    said = {kind.casefold() for kind in citation.publication_types}
    return bool(said & _NOTICES) or any(link.kind in _OF_A_NOTICE for link in citation.links)


def statements(citation: Citation) -> Iterator[tuple[str, str, str]]:
    """Give what a record says of other papers: kind, and the other's scheme and value."""
    kinds = set()
    for link in citation.links:
        kinds.add(link.kind)
        yield link.kind.value, link.identifier.scheme, link.identifier.value
    marked = any(kind.casefold() == _MARK for kind in citation.publication_types)
    if marked and LinkKind.RETRACTED_BY not in kinds:
        yield RETRACTED, "", ""
