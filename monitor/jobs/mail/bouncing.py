"""Takes in mail that came back, each bounce in a transaction of its own.

A mailbox is read between transactions. One that cannot be read to its end opens an incident: it is
never taken for one in which nothing came back.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from monitor.feeds import incidents
from monitor.kernel.clock import monotonic
from monitor.kernel.errors import ConfigError, Conflict, InvalidInput, MailboxUnavailable, MailFault
from monitor.kernel.mailbox_settings import ImapSettings, Then
from monitor.kernel.persistence.locks import exclusive
from monitor.notify.bounces import imap, mbox, remembered, taking
from monitor.notify.bounces.imap import Mailbox
from monitor.notify.bounces.taking import BounceVerdict
from monitor.notify.incidents import mail_trouble
from monitor.service import Service

MOST = 500  # mails looked at in one reading; what is behind them, in the next
LONGEST = 10 * 60  # seconds of one reading, for a server that takes its time
_AT_ONCE = 200  # marked with one command
_LOCK = "bounces"


@dataclass(slots=True)
class MailboxReading:
    """How one reading of the mailbox went. ``trouble``: why it broke off, None: it did not."""

    looked_at: int = 0
    believed: int = 0
    whole: bool = False  # to the end; else there is more, or it broke off
    trouble: str | None = None
    passed_over: list[int] = field(default_factory=list)


def take_bounces(service: Service, lines: Iterable[bytes]) -> Iterator[BounceVerdict]:
    """Take in one mail, or an mbox of many, and tell what came of each. Safe to repeat."""
    for raw in mbox.mails(lines):
        with service.database.write() as session:
            verdict = taking.take(
                session, service.settings, service.secret, raw, at=service.clock()
            )
        yield verdict


def read_mailbox_due(service: Service) -> MailboxReading | None:
    """Read the mailbox that the settings name, if it is due. Nothing while another process does."""
    mailbox = service.settings.mail.imap
    with exclusive(service.database, service.settings.var, _LOCK) as held:
        if not held:
            return None
        if not mailbox.host:
            _switched_off(service)
            return None
        with service.database.read() as session:
            due = remembered.is_due(session, mailbox, service.clock())
        return _Pass(service).run() if due else None


def read_mailbox_now(
    service: Service, told: Callable[[int, BounceVerdict], object]
) -> MailboxReading:
    """Read the mailbox at once; ``told`` hears of each mail, by its number there.

    Raises:
        InvalidInput: the settings name none.
        Conflict: another process reads it now.
    """
    if not service.settings.mail.imap.host:
        raise InvalidInput("no mailbox is to be read: set mail.imap.host (docs/mail.md)")
    with exclusive(service.database, service.settings.var, _LOCK) as held:
        if not held:
            raise Conflict("another process reads the mailbox now: try again in a minute")
        return _Pass(service, told).run()


def _switched_off(service: Service) -> None:
    """End what was told of a mailbox that is to be read no more."""
    with service.database.read() as session:
        wrong = incidents.open_one(session, incidents.MAIL, incidents.BOUNCES)
    if wrong:
        with service.database.write() as session:
            mail_trouble.mailbox_read(session, service.settings, service.clock())


class _Pass:
    """One reading of the mailbox."""

    def __init__(
        self, service: Service, told: Callable[[int, BounceVerdict], object] | None = None
    ) -> None:
        self._service, self._told = service, told
        self._imap: ImapSettings = service.settings.mail.imap
        self._reading = MailboxReading()

    def run(self) -> MailboxReading:
        """Read on behind the last mail that was looked at, and note how it went."""
        try:
            with imap.opened(self._imap, self._password()) as mailbox:
                self._read(mailbox)
        except MailboxUnavailable as trouble:
            self._reading.whole = False
            self._failed(trouble)
            return self._reading
        service, at = self._service, self._service.clock()
        with service.database.write() as session:
            remembered.read(session, self._imap, whole=self._reading.whole, at=at)
            mail_trouble.mailbox_read(session, service.settings, at)
        return self._reading

    def _password(self) -> str:
        try:
            return self._service.settings.secret(self._imap.password_file) or ""
        except ConfigError as error:
            raise MailboxUnavailable(str(error), kind=MailFault.BOX_SETTINGS) from error

    def _read(self, mailbox: Mailbox) -> None:
        service = self._service
        with service.database.write() as session:
            last, to_mark = remembered.opened(
                session, self._imap, mailbox.uid_validity, service.clock()
            )
        uids = mailbox.after(last, MOST)
        until, taken = monotonic() + LONGEST, list[int]()
        self._reading.whole = len(uids) < MOST
        for uid in uids:
            if self._take(uid, mailbox.mail(uid)):
                taken.append(uid)
            if monotonic() > until:
                self._reading.whole = False
                break
        # also of a reading that ended before it did; last, so that trouble with it stops no bounce
        self._mark(mailbox, [*to_mark, *taken])

    def _take(self, uid: int, raw: bytes | None) -> bool:
        """Take one mail in, and note in the same transaction that it was; tells whether it is a bounce."""
        service, at = self._service, self._service.clock()
        with service.database.write() as session:
            verdict = BounceVerdict(believed=False, words="It is there no more.")
            if raw is not None:
                verdict = taking.take(session, service.settings, service.secret, raw, at=at)
            remembered.looked_at(session, self._imap, uid, taken=verdict.believed, at=at)
        self._reading.looked_at += 1
        self._reading.believed += verdict.believed
        if self._told:
            self._told(uid, verdict)
        return verdict.believed

    def _mark(self, mailbox: Mailbox, uids: list[int]) -> None:
        if uids and self._imap.then is not Then.KEEP:
            for start in range(0, len(uids), _AT_ONCE):
                mailbox.mark(uids[start : start + _AT_ONCE])
            with self._service.database.write() as session:
                remembered.marked(session, self._imap, self._service.clock())

    def _failed(self, trouble: MailboxUnavailable) -> None:
        service, at, why = self._service, self._service.clock(), str(trouble)
        with service.database.write() as session:
            if remembered.broke_off(session, self._imap, trouble.uid, at) and trouble.uid:
                self._reading.passed_over.append(trouble.uid)
                why += (
                    f"; it was so in {remembered.STUCK_AT_MOST} readings, so that mail is passed over: "
                    "look at it there"
                )
            mail_trouble.mailbox_failed(session, service.settings, trouble.kind, why, at)
        self._reading.trouble = why
