"""Reads a mailbox over IMAP, whose server may be hostile or broken. The only module that imports imaplib.

What a server may send in reply to one command, and how long it may take, is bounded; whatever fails
is said in our own words, with what to look at. Nothing is deleted, and no mail is marked as read by
being read (BODY.PEEK).
"""

import contextlib
import imaplib
import io
import re
import socket
import ssl
from collections.abc import Iterator, Sequence
from typing import Any

from monitor.kernel.clock import monotonic
from monitor.kernel.errors import MailboxUnavailable, MailFault
from monitor.kernel.mailbox_settings import ImapSettings, Then, Tls
from monitor.notify.bounces.notices import LARGEST

CONNECT_SECONDS = 30
COMMAND_SECONDS = 60
MOST_BYTES = LARGEST + 1_000_000  # of all that answers one command
_LONGEST_LINE = 100_000
_HIGHEST = 2**32 - 1  # of UIDs, and of UIDVALIDITY (RFC 3501, 2.3.1.1)
_AT = re.compile(rb"(\d{1,10}) \(.*?\bUID (\d{1,10})\b")
_ATOM = re.compile(r"[A-Za-z0-9.@_+-]+")
_MECHANISM = re.compile(r"AUTH=([A-Z0-9-]{1,20})")


class _TooMuch(Exception):  # noqa: N818 - says what the server did
    """The server sent more than one command can be answered with."""


class _Wire(io.RawIOBase):
    """What comes over one socket, bounded for each command in bytes and time."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.allow()

    def allow(self) -> None:
        """Let the next command be answered."""
        self._left, self._until = MOST_BYTES, monotonic() + COMMAND_SECONDS

    def readable(self) -> bool:
        """It is read, and never written."""
        return True

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 - whatever io hands over
        """Read what has come, in the time and the bytes that are left."""
        wait = self._until - monotonic()
        if wait <= 0:
            raise TimeoutError
        if self._left <= 0:
            raise _TooMuch
        self.sock.settimeout(wait)
        count = self.sock.recv_into(buffer)
        self._left -= count
        return count


class _Bounded(imaplib.IMAP4):
    """imaplib's client over a bounded wire."""

    _wire: _Wire | None = None
    _lines: io.BufferedReader | None = None

    def read(self, size: int) -> bytes:
        """Read a literal, if it is of a size that was asked for."""
        if size > MOST_BYTES:
            raise _TooMuch
        return self._reader().read(size)

    def readline(self) -> bytes:
        """Read one line."""
        line = self._reader().readline(_LONGEST_LINE)
        if len(line) == _LONGEST_LINE:
            raise _TooMuch
        return line

    def allow(self) -> None:
        """Let the next command be answered."""
        if self._wire is not None:
            self._wire.allow()

    def _reader(self) -> io.BufferedReader:
        # STARTTLS puts another socket in place: what had come over the old one by then is dropped
        if self._lines is None or self._wire is None or self._wire.sock is not self.sock:
            self._wire = _Wire(self.sock)
            self._lines = io.BufferedReader(self._wire)
        return self._lines


class _BoundedTls(_Bounded, imaplib.IMAP4_SSL):
    """The same where TLS comes first."""


@contextlib.contextmanager
def opened(imap: ImapSettings, password: str) -> Iterator["Mailbox"]:
    """Connect, protect the connection, sign in and open the folder; hang up at the end.

    Raises:
        MailboxUnavailable: one of these failed; says which, and what to look at.
    """
    mailbox = Mailbox(imap)
    try:
        mailbox.connect(password)
        yield mailbox
    finally:
        mailbox.close()


class Mailbox:
    """One folder, open. ``uid_validity``: as long as it is the same, so are the numbers of mails."""

    def __init__(self, imap: ImapSettings) -> None:
        self._imap = imap
        self._server: _Bounded | None = None
        self.uid_validity = 0
        self.count = 0  # mails in it

    def connect(self, password: str) -> None:
        """Connect, protect the connection, sign in and open the folder."""
        with self._told():
            context = ssl.create_default_context()
            server = self._server = self._reach(context)
            server.allow()
            if self._imap.tls is Tls.STARTTLS:
                self._protect(server, context)
        with self._told():
            if server.state == "NONAUTH":
                self._sign_in(server, password)
        with self._told():
            self._open(server)

    def close(self) -> None:
        """End the connection, politely where it still answers."""
        server, self._server = self._server, None
        if server is None:
            return
        with contextlib.suppress(*_FAULTS):
            server.allow()
            server.logout()
        with contextlib.suppress(*_FAULTS):
            server.shutdown()

    def after(self, uid: int, most: int) -> list[int]:
        """List the numbers of the next mails behind this one, the lowest first.

        The place is looked for by halves: a list of all would have no bound.
        """
        low, high = 1, self.count + 1
        while low < high:
            middle = (low + high) // 2
            if self._numbers(middle, middle)[0] > uid:
                high = middle
            else:
                low = middle + 1
        return self._numbers(low, min(low + most - 1, self.count)) if low <= self.count else []

    def mail(self, uid: int) -> bytes | None:
        """Fetch one mail, as much of it as is ever read; None: it is there no more.

        Raises:
            MailboxUnavailable: with its number.
        """
        with self._told(uid):
            what = f"(UID BODY.PEEK[]<0.{LARGEST}>)"
            done, said = self._now.uid("FETCH", str(uid), what)
            if done != "OK":
                raise self._fault("does not hand out one of its mails", MailFault.BOX_NONSENSE, uid)
            for part in said:
                if isinstance(part, tuple) and b"BODY[" in part[0].upper():
                    return bytes(part[1][:LARGEST])
            # a mail so short that it came in quotes is no notice of failure
            return b"" if any(part and b"BODY[" in part.upper() for part in said) else None

    def mark(self, uids: Sequence[int]) -> None:
        """Do with these what the settings say. Safe to repeat: what is there no more is passed over."""
        numbers = ",".join(map(str, uids))
        with self._told():
            if self._imap.then is not Then.MOVE:
                done, _ = self._now.uid("STORE", numbers, "+FLAGS.SILENT", r"(\Seen)")
                if done != "OK":
                    words = 'lets no mail be marked as read: set mail.imap.then = "keep"'
                    raise self._fault(words, MailFault.BOX_SETTINGS)
            else:
                done, _ = self._now.uid("MOVE", numbers, _quoted(self._imap.move_to))
                if done != "OK":
                    words = f"moves no mail to {self._imap.move_to}: see that mail.imap.move_to is there"
                    raise self._fault(words, MailFault.BOX_FOLDER)

    @property
    def _now(self) -> _Bounded:
        if self._server is None:
            raise self._fault("is not connected", MailFault.BOX_UNREACHABLE)
        return self._server

    def _reach(self, context: ssl.SSLContext) -> _Bounded:
        imap = self._imap
        if imap.tls is Tls.TLS:
            return _BoundedTls(imap.host, imap.port, ssl_context=context, timeout=CONNECT_SECONDS)
        return _Bounded(imap.host, imap.port, timeout=CONNECT_SECONDS)

    def _protect(self, server: _Bounded, context: ssl.SSLContext) -> None:
        """Begin TLS. Whoever lets us in before has no right to: it may be somebody in between."""
        if server.state != "NONAUTH" or "STARTTLS" not in server.capabilities:
            words = (
                "does not offer STARTTLS, so the password was not sent: check mail.imap.port, or "
                'whether mail.imap.tls should be "tls"'
            )
            raise self._fault(words, MailFault.BOX_UNPROTECTED)
        try:
            server.starttls(context)
        except imaplib.IMAP4.abort:
            raise
        except imaplib.IMAP4.error as error:
            words = "refused STARTTLS, so the password was not sent"
            raise self._fault(words, MailFault.BOX_UNPROTECTED) from error

    def _sign_in(self, server: _Bounded, password: str) -> None:
        name = self._imap.username
        plain = "AUTH=PLAIN" in server.capabilities
        if not plain and "LOGINDISABLED" in server.capabilities:
            raise self._no_password(server)
        writable = all(text.isascii() and text.isprintable() for text in (name, password))
        if not plain and not writable:
            words = "takes names and passwords in ASCII alone, and ours are not: give it others"
            raise self._fault(words, MailFault.BOX_SIGN_IN)
        try:
            if plain:
                answer = b"\0".join((b"", name.encode(), password.encode()))
                server.authenticate("PLAIN", lambda _: answer)
            else:
                server.login(name if _ATOM.fullmatch(name) else _quoted(name), password)
        except imaplib.IMAP4.abort:
            raise
        except imaplib.IMAP4.error as error:
            words = (
                f"refuses the sign-in of {name}: check mail.imap.username and the password in "
                "mail.imap.password_file"
            )
            raise self._fault(words, MailFault.BOX_SIGN_IN) from error

    def _no_password(self, server: _Bounded) -> MailboxUnavailable:
        ways = [
            mechanism[1]
            for capability in server.capabilities
            if (mechanism := _MECHANISM.fullmatch(capability))
        ]
        offers = f"offers {', '.join(ways[:5])} alone" if ways else "offers no way to sign in"
        words = (
            f"takes no password on this connection ({offers}): set mail.imap.tls, or have whoever "
            "runs it allow a password for this mailbox"
        )
        return self._fault(words, MailFault.BOX_SIGN_IN)

    def _open(self, server: _Bounded) -> None:
        imap = self._imap
        if imap.then is Then.MOVE and "MOVE" not in self._offers(server):
            words = 'cannot move mails (RFC 6851): set mail.imap.then to "seen" or "keep"'
            raise self._fault(words, MailFault.BOX_SETTINGS)
        try:
            done, said = server.select(_quoted(imap.folder), readonly=imap.then is Then.KEEP)
        except imaplib.IMAP4.readonly as error:
            words = f'lets nothing be changed in {imap.folder}: set mail.imap.then = "keep"'
            raise self._fault(words, MailFault.BOX_SETTINGS) from error
        if done != "OK":
            words = f"opens no folder {imap.folder}: check mail.imap.folder"
            raise self._fault(words, MailFault.BOX_FOLDER)
        _, validity = server.response("UIDVALIDITY")
        self.count = self._number(said[-1])
        self.uid_validity = self._number(validity[-1])

    def _offers(self, server: _Bounded) -> frozenset[str]:
        """Ask what it offers once we are in: some tell only then."""
        _, said = server.capability()
        return frozenset(said[-1].decode("ascii", "replace").upper().split())

    def _numbers(self, first: int, last: int) -> list[int]:
        """Give the numbers of the mails at these places: one each, and rising."""
        with self._told():
            done, said = self._now.fetch(f"{first}:{last}", "(UID)")
            lines = [
                match for part in said if isinstance(part, bytes) and (match := _AT.match(part))
            ]
            # what it tells unasked, of others or again, is passed over
            at = {int(line[1]): int(line[2]) for line in lines}
            numbers = [at.get(place, 0) for place in range(first, last + 1)]
            if done != "OK" or numbers != sorted({*numbers} - {0}) or numbers[-1] > _HIGHEST:
                raise self._nonsense()
        return numbers

    def _number(self, said: bytes | None) -> int:
        if said is None or not said.isdigit() or int(said[:11]) > _HIGHEST:
            raise self._nonsense()
        return int(said)

    @contextlib.contextmanager
    def _told(self, uid: int | None = None) -> Iterator[None]:
        """Allow one exchange, and say in our own words what went wrong in it."""
        if self._server is not None:
            self._server.allow()
        try:
            yield
        except _FAULTS as error:
            words, kind = _why(error)
            raise self._fault(words, kind, uid) from error

    def _nonsense(self) -> MailboxUnavailable:
        return self._fault(*_NONSENSE)

    def _fault(self, words: str, kind: MailFault, uid: int | None = None) -> MailboxUnavailable:
        where = f"The mailbox’s server {self._imap.host}:{self._imap.port}"
        at = f" (at its mail {uid})" if uid is not None else ""
        return MailboxUnavailable(f"{where} {words}{at}", kind=kind, uid=uid)


# what imaplib raises where the wire ends, and where it cannot make sense of a reply
_FAULTS = (
    _TooMuch,
    OSError,
    imaplib.IMAP4.error,
    ValueError,
    TypeError,
    AttributeError,
    LookupError,
)
_NONSENSE = (
    "does not answer as IMAP has it: check mail.imap.host and mail.imap.port",
    MailFault.BOX_NONSENSE,
)
_CLOSED = ("closed the connection", MailFault.BOX_UNREACHABLE)
# the first that fits
_WHY: tuple[tuple[type[Exception], tuple[str, MailFault]], ...] = (
    (_TooMuch, ("sends more than was asked for: the rest was not read", MailFault.BOX_NONSENSE)),
    (
        ssl.SSLError,
        (
            "does not speak TLS here: check mail.imap.tls and mail.imap.port",
            MailFault.BOX_UNPROTECTED,
        ),
    ),
    (
        ConnectionRefusedError,
        (
            "refuses connections: check mail.imap.host and mail.imap.port, and that it runs",
            MailFault.BOX_UNREACHABLE,
        ),
    ),
    (TimeoutError, ("does not answer in time", MailFault.BOX_UNREACHABLE)),
    (
        socket.gaierror,
        ("is not known by that name: check mail.imap.host", MailFault.BOX_UNREACHABLE),
    ),
    (ConnectionError, _CLOSED),
)


def _why(error: Exception) -> tuple[str, MailFault]:
    """Say what went wrong, without a word of the server's."""
    if isinstance(error, ssl.SSLCertVerificationError):
        words = f"shows a certificate that cannot be trusted ({error.verify_message})"
        return words, MailFault.BOX_UNPROTECTED
    for kind, said in _WHY:
        if isinstance(error, kind):
            return said
    if isinstance(error, imaplib.IMAP4.abort) and not str(error).startswith("unexpected"):
        return _CLOSED
    if isinstance(error, OSError):
        words = f"cannot be reached ({error.strerror or type(error).__name__})"
        return words, MailFault.BOX_UNREACHABLE
    return _NONSENSE


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
