"""What is wrong with a source and what an admin can do, in plain words for pages and mails. Pure."""

from collections.abc import Mapping

from monitor.kernel.errors import SourceFault

# in a form that fits "PubMed" and "Journal feeds" alike
_HEADLINES: Mapping[str, str] = {
    SourceFault.UNREACHABLE: "cannot be reached",
    SourceFault.REFUSED: "refused to answer",
    SourceFault.RATE_LIMITED: "said that we ask too often",
    SourceFault.MALFORMED: "sent what cannot be read",
    SourceFault.INCOMPLETE: "answered only in part",
    SourceFault.SCHEMA_CHANGED: "answered in another form than before",
    SourceFault.QUERY_CHANGED: "did not search for what we asked",
    SourceFault.FEWER_IDS: "listed fewer records than before",
}
_OTHERWISE = "did not answer in full"
_URGENT = frozenset({SourceFault.REFUSED, SourceFault.SCHEMA_CHANGED, SourceFault.QUERY_CHANGED})
_REMEDIES: Mapping[str, str] = {
    SourceFault.UNREACHABLE: (
        "It mostly passes. If it lasts, look at the source’s own status page, at its address in "
        "the settings, and at this machine’s way to the internet."
    ),
    SourceFault.REFUSED: (
        "Look at its address and its key in the settings, and at the source’s own news: it may "
        "have moved, or want to be asked in another way."
    ),
    SourceFault.RATE_LIMITED: (
        "It mostly passes. If it lasts, see whether something else asks this source from the same "
        "address or with the same key."
    ),
    SourceFault.MALFORMED: (
        "It mostly passes: sources send such replies while they are down for maintenance. If it "
        "lasts, look at the source’s own status page."
    ),
    SourceFault.INCOMPLETE: (
        "It mostly passes. If it lasts, look at the source’s own status page."
    ),
    SourceFault.SCHEMA_CHANGED: (
        "Look for a newer version of Gap Monitor that reads the new form, and tell its makers if "
        "there is none."
    ),
    SourceFault.QUERY_CHANGED: (
        "Try the query on the source’s own pages: it may have dropped a word that we search for."
    ),
}
_REMEDY_OTHERWISE = "If it lasts, look at the source’s own status page."
_BY_HAND: Mapping[str, str] = {
    SourceFault.QUERY_CHANGED: (
        "Try the query on the source’s own pages. If the new reading is right, press “It is right "
        "now” on the Status page; if it is not, the query must change."
    ),
    SourceFault.FEWER_IDS: (
        "Look at the source’s own pages: are there really fewer? If the new number is right, press "
        "“It is right now” on the Status page."
    ),
}
_BY_HAND_OTHERWISE = (
    "Look at the source’s own pages. If all is well, press “It is right now” on the Status page."
)


def headline(title: str, kind: str) -> str:
    """Say what is wrong with a source; ``kind`` is a SourceFault's word.

    >>> headline("PubMed", "unreachable"), headline("PubMed", "a word of later")
    ('PubMed cannot be reached', 'PubMed did not answer in full')
    """
    return f"{title} {_HEADLINES.get(kind, _OTHERWISE)}"


def remedy(kind: str, *, settled_by_hand: bool) -> str:
    """Say what an admin can do; ``settled_by_hand``: it lasts until one says that it is right."""
    if settled_by_hand:
        return _BY_HAND.get(kind, _BY_HAND_OTHERWISE)
    return _REMEDIES.get(kind, _REMEDY_OTHERWISE)


def urgent(kind: str) -> bool:
    """Tell whether a poll that fails in this way will hardly mend by itself."""
    return kind in _URGENT
