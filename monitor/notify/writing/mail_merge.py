"""Writing the same mail to thousands: rendered once, then each reader's own parts are put in.

The messages of one announcement, or of one digest, differ in whom they go to, in their number and in their links. All
else is found by rendering one for a reader who does not exist, and kept for the pass. A form is
only used once it has given, for the first message of its kind, what rendering that one gives.
"""

import json
import re
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from monitor.kernel.settings import Settings
from monitor.notify.messages.claiming import Claimed
from monitor.notify.readers.tokens import choices_token, unsubscribe_token, view_token
from monitor.notify.tables import MessageKind
from monitor.notify.writing.rendering import render

# Of nobody: example.invalid can never exist (RFC 2606), and no message has this number.
_NOBODY = "somebody-who-does-not-exist@example.invalid"
_NO_UUID = "7e57f0f2-0000-4000-8000-5ca1ab1e0000"
# what stands in a header as it is, whatever comes beside it
_PLAIN_ADDRESS = re.compile(r"[A-Za-z0-9_+-]+(\.[A-Za-z0-9_+-]+)*@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")
_LONGEST_ADDRESS = 254
_SOFT_BREAK = b"=\r\n"  # RFC 2045, 6.7: a line that goes on
# of a message's context, what its words depend on
_SAID = ("slugs", "following", "told", "cadence", "chose")
_JSON = json.JSONEncoder(sort_keys=True).encode
_FORMS = 64  # kept at once; each is as large as a message

_Key = tuple[int | None, int | None, str, str, datetime]
_Part = bytes | tuple[int, int, int | None]  # as it is, or which value, from where, up to where


@dataclass(frozen=True, slots=True)
class _Form:
    parts: tuple[_Part, ...]

    def fill(self, values: Sequence[bytes]) -> bytes:
        """Put one message's own parts in."""
        return b"".join(
            part if isinstance(part, bytes) else values[part[0]][part[1] : part[2]]
            for part in self.parts
        )


class MailMerge:
    """Writes the messages of one pass. May be used by several threads."""

    def __init__(self, settings: Settings, secret: bytes) -> None:
        self._settings = settings
        self._secret = secret
        self._forms: dict[_Key, _Form | None] = {}
        self._making = threading.Lock()  # no two threads render the same form

    def write(self, claimed: Claimed) -> bytes:
        """Write one message whole: the bytes that ``render`` gives for it."""
        if not _can_be_merged(claimed):
            return render(claimed, self._settings, self._secret)
        key = _key(claimed)
        if key not in self._forms:
            with self._making:
                if key not in self._forms:
                    return self._first_of(key, claimed)
        form = self._forms.get(key)
        if form is None:
            return render(claimed, self._settings, self._secret)
        return form.fill(self._values(claimed))

    def _first_of(self, key: _Key, claimed: Claimed) -> bytes:
        """Write the first message of a kind, and keep its form if that gives the same."""
        whole = render(claimed, self._settings, self._secret)
        nobody = replace(
            claimed,
            uuid=_NO_UUID,
            message_id=claimed.message_id.replace(claimed.uuid, _NO_UUID),
            address=_NOBODY,
        )
        blank = render(nobody, self._settings, self._secret)
        form = _Form(tuple(_parts(blank, self._values(nobody))))
        if len(self._forms) >= _FORMS:
            self._forms = {}
        self._forms[key] = form if form.fill(self._values(claimed)) == whole else None
        return whole

    def _values(self, claimed: Claimed) -> tuple[bytes, ...]:
        """Give what is a message's own, in the order its parts count them."""
        own = (
            claimed.uuid,
            claimed.address,
            unsubscribe_token(self._secret, claimed.uuid),
            choices_token(self._secret, claimed.uuid),
            view_token(self._secret, claimed.uuid),
        )
        return tuple(value.encode("ascii") for value in own)


def _can_be_merged(claimed: Claimed) -> bool:
    return (
        claimed.kind in {MessageKind.CHANGE, MessageKind.DIGEST}
        and claimed.subscriber_id is not None
        and claimed.message_id.startswith(f"<{claimed.uuid}@")
        and len(claimed.address) <= _LONGEST_ADDRESS
        and _PLAIN_ADDRESS.fullmatch(claimed.address) is not None
    )


def _key(claimed: Claimed) -> _Key:
    """Name all that a message's words depend on, beyond what is its own."""
    said = {name: claimed.context[name] for name in _SAID if name in claimed.context}
    return (
        claimed.announcement_id,
        claimed.digest_id,
        claimed.message_id.partition("@")[2],
        _JSON(said),
        claimed.queued_at,
    )


def _parts(blank: bytes, values: Sequence[bytes]) -> Iterator[_Part]:
    """Cut a message where its own parts stand, soft line breaks inside them included."""
    broken = f"(?:{_SOFT_BREAK.decode()})?"
    pattern = "|".join(
        "(" + broken.join(re.escape(character) for character in value.decode()) + ")"
        for value in values
    )
    end = 0
    for match in re.finditer(pattern.encode(), blank):
        yield blank[end : match.start()]
        yield from _pieces(match[0], (match.lastindex or 1) - 1)
        end = match.end()
    yield blank[end:]


def _pieces(value: bytes, which: int) -> Iterator[_Part]:
    """Cut one value where a line goes on inside it; its last piece is all that is left of it."""
    pieces = value.split(_SOFT_BREAK)
    start = 0
    for piece in pieces[:-1]:
        yield (which, start, start + len(piece))
        yield _SOFT_BREAK
        start += len(piece)
    yield (which, start, None)
