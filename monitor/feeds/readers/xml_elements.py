"""XML from outside, read safely and an element at a time: memory does not grow with the document.

No entity is resolved, no DTD loaded, nothing fetched; comments and instructions are left out.
"""

from collections.abc import Iterator
from typing import Any

from lxml import etree

from monitor.feeds.readers.xml_repair import Repaired

Element = etree._Element  # lxml gives the type of its elements no public name

SAFELY: Any = {  # lxml's stubs know no common type of these
    "resolve_entities": False,
    "no_network": True,
    "load_dtd": False,
    "huge_tree": False,
    "remove_comments": True,
    "remove_pis": True,
}
_SHELLS = 64  # how many emptied elements may stay in the tree


class Elements:
    """The elements of these names in a document, in its order; each is emptied before the next.

    Raises:
        lxml.etree.XMLSyntaxError: while going through it, where it is cut off or damaged.
    """

    def __init__(self, document: Repaired, *names: str) -> None:
        self._events = etree.iterparse(document, events=("end",), tag=names, **SAFELY)

    def __iter__(self) -> Iterator[Element]:
        for count, (_, element) in enumerate(self._events, start=1):
            yield element
            element.clear()
            if count % _SHELLS == 0:
                _drop_shells(element)

    @property
    def root(self) -> str | None:
        """The name of the root, once all was read; None: there was no element at all."""
        root = self._events.root
        return None if root is None else str(root.tag)


def _drop_shells(element: Element) -> None:
    """Free the emptied elements before this one: each is little, all of them are not."""
    parent = element.getparent()
    if parent is not None:
        del parent[: parent.index(element)]
