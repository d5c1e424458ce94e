"""The text of an XML element with the mark-up inside it, for ``kernel.language.text`` to read. Pure."""

import re
from html import escape
from itertools import pairwise

from lxml import etree

from monitor.feeds.readers.xml_elements import Element

_TAG_LIKE = re.compile("<[A-Za-z/!?]")
_STRESSED = frozenset(("i", "b", "u"))


def inner(element: Element) -> str:
    """Give all that stands in an element, its own tag left out: ``.text`` ends at the first tag.

    Where its tags only stress words that stand apart, they are left out here: most do no more, and
    to write mark-up and read it again takes many times longer.
    """
    if all(child.tag in _STRESSED and not len(child) for child in element):
        pieces = [str(piece) for piece in element.itertext()]
        text = "".join(pieces)
        apart = not any(a[-1].isalnum() and b[0].isalnum() for a, b in pairwise(pieces))
        if apart and "&" not in text and not _TAG_LIKE.search(text):
            return text
    children = (etree.tostring(child, encoding="unicode") for child in element)
    return escape(element.text or "", quote=False) + "".join(children)
