"""Every error the product raises on purpose. Raised with the thing and the remedy; shown at the edge.

MonitorError
├── ConfigError          a setting is wrong: the start is refused
├── OwnTrouble           this machine cannot: its database, its disk, its memory
├── NotFound             no such thing
│   └── LinkOver         a link from a mail, or of an admin, that is used, expired or cut short
├── Conflict             somebody else was first, or the step does not follow
├── InvalidInput         what was typed or sent cannot be used
├── Unavailable          the database, or a turn at it, cannot be had just now: try again
│   ├── TooSlow          a page would take too long: ask for less
│   └── NoTurn           too many read large pages: wait a little
├── SourceError          a literature source did not answer in full (has a kind)
└── DeliveryError        a message was not accepted (temporary or permanent)
"""

from enum import StrEnum


class MonitorError(Exception):
    """Something a person can understand and mend."""


class ConfigError(MonitorError):
    """A setting is missing or wrong; the message names its key."""


class OwnTrouble(MonitorError):  # noqa: N818 - reads as what it is
    """This machine cannot do it now: nobody outside is to blame. Says what to look at."""


class NotFound(MonitorError):  # noqa: N818 - reads as the HTTP status it becomes
    """There is no such thing."""


class LinkOver(NotFound):
    """A link that somebody was sent leads nowhere (any more); the message says how to get another."""


class Conflict(MonitorError):  # noqa: N818 - reads as the HTTP status it becomes
    """The state has moved on: somebody else was first, or this step does not follow."""


class InvalidInput(MonitorError):  # noqa: N818 - names the input, not the failure
    """Input cannot be used; ``field`` names the one to mend, where there is one."""

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field


class Unavailable(MonitorError):  # noqa: N818 - reads as the HTTP status it becomes
    """What is needed cannot be had just now; nothing was done, and the same again may go through."""


class TooSlow(Unavailable):
    """A page asks for more than can be read in the time there is; asking for less may go through."""


class NoTurn(Unavailable):
    """So many read large pages, or wait for one, that another would keep everybody waiting."""


class SourceFault(StrEnum):
    """Why a poll failed, in the words of the status page."""

    UNREACHABLE = "unreachable"
    REFUSED = "refused"
    RATE_LIMITED = "rate-limited"
    MALFORMED = "malformed"
    INCOMPLETE = "incomplete"
    SCHEMA_CHANGED = "schema changed"
    QUERY_CHANGED = "query changed upstream"
    FEWER_IDS = "fewer ids than before"
    UNFIT = "no wave to be kept"  # a feed of use: it was read, and something in it is wrong
    OURS = "trouble of our own"  # it was not asked: nothing is said of the source


class SourceError(MonitorError):
    """A source did not answer in full, so nothing may be concluded from its silence.

    ``retry_after`` is in seconds, already bounded, or None where the source named no time.
    The message never holds text from the source: it may contain a key or an address.
    """

    def __init__(
        self, kind: SourceFault, message: str, *, retry_after: float | None = None
    ) -> None:
        super().__init__(message)
        self.kind = kind
        self.retry_after = retry_after


class DeliveryError(MonitorError):
    """A mail server did not accept a message."""


class MailFault(StrEnum):
    """Why no mail leaves, in the words of the status page."""

    UNREACHABLE = "mail server unreachable"
    UNPROTECTED = "mail server not trusted"  # its certificate, or no TLS where it is asked for
    SIGN_IN = "sign-in refused"
    TURNED_AWAY = "turned away"  # before any reader was named
    REFUSED = "mail refused"  # it takes no mail from us
    PARTLY = "some mail refused"  # it takes some of it
    NOT_WRITTEN = "mail not written"  # to the mailbox folder
    SETTINGS = "mail settings wrong"
    WAITING = "mail waits"  # for hours, though the server answers
    APPROVAL = "digest to be approved"
    RETURNED = "mail comes back"  # bounces of others' servers that are about us
    BOX_UNREACHABLE = "mailbox unreachable"  # that of bounces, as are all of these
    BOX_UNPROTECTED = "mailbox not trusted"
    BOX_SIGN_IN = "mailbox sign-in refused"
    BOX_FOLDER = "mailbox folder not there"
    BOX_NONSENSE = "mailbox cannot be read"  # what its server says is not what was asked for
    BOX_SETTINGS = "mailbox settings wrong"


class DeliveryRefused(DeliveryError):  # noqa: N818 - the server's verdict on one message
    """Refused for good (5xx): trying again is useless. ``code`` is the SMTP reply code.

    ``no_mailbox``: the server said in so many words that there is no such mailbox.
    """

    def __init__(self, code: int, message: str, *, no_mailbox: bool = False) -> None:
        super().__init__(message)
        self.code = code
        self.no_mailbox = no_mailbox


class DeliveryDeferred(DeliveryError):  # noqa: N818 - the server's verdict on one message
    """Refused for now (4xx): try this message again later."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


class DeliveryUncertain(DeliveryError):  # noqa: N818 - neither accepted nor refused
    """The connection ended after the message was handed over: it may have been accepted."""


class ServerUnavailable(DeliveryError):  # noqa: N818 - about the server, not one message
    """The mail server cannot be used at all now: stop this pass, charge no message.

    The message never holds a word of the server's.
    """

    def __init__(self, message: str, *, kind: MailFault = MailFault.UNREACHABLE) -> None:
        super().__init__(message)
        self.kind = kind


class MailboxUnavailable(MonitorError):  # noqa: N818 - about the mailbox, not one mail
    """The mailbox of bounces could not be read to its end, so nothing follows from its silence.

    ``uid``: the mail it failed at, where it was one. The message never holds a word of the server's.
    """

    def __init__(self, message: str, *, kind: MailFault, uid: int | None = None) -> None:
        super().__init__(message)
        self.kind = kind
        self.uid = uid


class SenderRefused(ServerUnavailable):
    """The server answers, and takes no mail from us: no reader's fault, so every message waits.

    ``reply`` is what the server said, for the message it said it of; ``named``: it knew by then
    whom that message was for.
    """

    def __init__(self, code: int, reply: str, message: str, *, named: bool) -> None:
        super().__init__(message, kind=MailFault.REFUSED if named else MailFault.TURNED_AWAY)
        self.code = code
        self.reply = reply
        self.named = named
