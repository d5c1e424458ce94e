"""The text of an XML element with the mark-up inside it, for ``kernel.text`` to read. Pure."""

from html import escape

from lxml import etree

Element = etree._Element  # lxml gives the type of its elements no public name


def inner(element: Element) -> str:
    """Give all that stands in an element, its own tag left out: ``.text`` ends at the first tag."""
    children = (etree.tostring(child, encoding="unicode") for child in element)
    return escape(element.text or "", quote=False) + "".join(children)
