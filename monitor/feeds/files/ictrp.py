"""The WHO's export of trials (ICTRP) as XML: one ``Trial`` at a time, whatever register it is of.

Its elements are the columns of the WHO's table under the same names, so each trial is read, kept
and read again as a row of that table: the people to ask are left out before anything is kept.
Streams; never resolves an entity, loads a DTD or reaches the network.
"""

import re
from collections.abc import Iterator
from typing import IO

from lxml import etree

from monitor.feeds.files import columns
from monitor.feeds.files.draft import ReferenceDraft
from monitor.feeds.readers.xml_elements import Element, Elements
from monitor.feeds.readers.xml_repair import Repaired, with_ampersands
from monitor.feeds.records import UnreadableRecord
from monitor.kernel.errors import InvalidInput

NAME = "WHO ICTRP XML"
_TRIAL = "Trial"
# the WHO writes line breaks of the registers' pages into its texts
_BREAK = re.compile(r"\s*<\s*br\s*/?\s*>\s*", re.IGNORECASE)


def is_root(names: tuple[str, ...]) -> bool:
    """Tell it by its first two elements."""
    return names[1:2] == (_TRIAL,) and "trial" in names[0].casefold()


def drafts(file: IO[bytes]) -> Iterator[ReferenceDraft | UnreadableRecord]:
    """Read each trial.

    Raises:
        InvalidInput: the document is cut off, or damaged.
    """
    try:
        for trial in Elements(Repaired(file, with_ampersands), _TRIAL):
            yield columns.of_register(*_row(trial))
    except etree.XMLSyntaxError:
        raise InvalidInput("the WHO's XML is cut off or damaged: export it again") from None


def _row(trial: Element) -> tuple[list[str], list[str]]:
    """Give a trial as the header and the row of the WHO's table; what is given twice is joined."""
    cells: dict[str, str] = {}
    for field in trial:
        name = str(field.tag)
        text = _BREAK.sub("; ", " ".join("".join(map(str, field.itertext())).split())).strip("; ")
        cells[name] = "; ".join(filter(None, (cells.get(name), text)))
    return list(cells), list(cells.values())
