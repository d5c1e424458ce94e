"""Cuts what is piped in, or a file, into its mails: one mail, or many in the mbox form. Pure.

A mail begins at a line that starts with "From " behind an empty line, or at the beginning (RFC
4155). Of each, as much is kept as is ever read.
"""

from collections.abc import Iterable, Iterator

from monitor.notify.bounces.notices import LARGEST


def mails(lines: Iterable[bytes]) -> Iterator[bytes]:
    """Give one mail after the other; never more than one is in memory.

    >>> list(mails([b"From a Mon\\n", b"To: x\\n", b"\\n", b"From b Mon\\n", b"To: y\\n"]))
    [b'To: x\\n\\n', b'To: y\\n']
    """
    kept, size, begins = list[bytes](), 0, True
    for line in lines:
        if begins and line.startswith(b"From "):
            if size:
                yield b"".join(kept)
            kept, size, begins = [], 0, False
            continue
        begins = not line.strip()
        if begins and not size:
            continue  # nothing yet
        if size < LARGEST:
            kept.append(line)
        size += len(line)
    if size:
        yield b"".join(kept)
