"""Send due mail. A message is claimed, sent outside any transaction, and its fate recorded.

A refusal of us ends the pass and charges nobody. One that says nothing certain is a message's own
only where the server has accepted others: until then it waits like them.
"""

import time
from dataclasses import dataclass, field
from datetime import datetime

import structlog

from monitor.kernel.clock import monotonic
from monitor.kernel.errors import (
    ConfigError,
    DeliveryDeferred,
    DeliveryRefused,
    DeliveryUncertain,
    MailFault,
    SenderRefused,
    ServerUnavailable,
)
from monitor.kernel.locks import exclusive
from monitor.notify import fan_out, mail_trouble, outbox, rules
from monitor.notify.outbox import Claimed
from monitor.notify.rendering import render
from monitor.notify.smtp.refusals import same
from monitor.notify.smtp.transport import Transport, open_transport
from monitor.notify.tables import MessageState
from monitor.service import Service

log = structlog.get_logger()

# RFC 5321 4.5.3.2: five minutes for each of seven replies, ten after the final dot; the lease
# outlasts them all.
LEASE_SECONDS = 60 * 60
# So many refusals in a row that say the same are no longer of one message each: nothing was
# accepted yet, or something was. As many of us in a row end a pass.
_SEVERAL, _ENOUGH = 2, 3


@dataclass(slots=True)
class DeliveryReport:
    """How one pass went: messages by the state they ended in, and what stopped it, if anything."""

    counts: dict[str, int] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    def count(self, state: str) -> None:
        """Count one message."""
        self.counts[state] = self.counts.get(state, 0) + 1


def deliver_due(service: Service, *, now: bool = False) -> DeliveryReport:
    """Send every message that is due, one whole pass.

    A server that let the last passes fail is left alone for some minutes, unless ``now``.
    """
    report = DeliveryReport()
    with exclusive(service.database, service.settings.var, "deliver") as held:
        if not held:
            report.problems.append("another process is sending now")
            return report
        tell_everybody(service)
        if _anything_to_do(service, now=now):
            with service.database.write() as session:
                # The lock proves that whoever claimed these is dead; they may have been handed over.
                outbox.take_over(session, at=service.clock())
            _Pass(service, report).run()
        else:
            _look(service)
    return report


def tell_everybody(service: Service) -> None:
    """Queue the messages of every announcement that has not reached all of its readers yet.

    In short transactions, and with room between them: whoever wants to write gets in.
    """
    with service.database.read() as session:
        left = fan_out.anybody_left(session)
    while left:
        began = monotonic()
        with service.database.write() as session:
            left = fan_out.tell_next(session, at=service.clock())
        time.sleep(monotonic() - began)


def _anything_to_do(service: Service, *, now: bool) -> bool:
    at = service.clock()
    with service.database.read() as session:
        if not now and mail_trouble.resting(session, at):
            return False
        return outbox.anything_due(session, at=at)


def _look(service: Service) -> None:
    """Tell of mail that waits for long, or no longer, where no pass is made."""
    at = service.clock()
    with service.database.read() as session:
        if not mail_trouble.needs_a_look(session, at):
            return
    with service.database.write() as session:
        mail_trouble.looked_at(session, service.settings, at)


@dataclass(slots=True)
class _Pass:
    """One pass over what is due, on one connection.

    ``doubtful`` are messages refused since the last one that was accepted, and deferred until it
    is known whether the refusal was their own; ``ours`` counts the refusals of us since then.
    """

    service: Service
    report: DeliveryReport
    accepted: bool = False
    ours: int = 0
    doubtful: list[tuple[Claimed, DeliveryRefused]] = field(default_factory=list)

    def run(self) -> None:
        """Send until nothing is due or the server takes no more, and tell the admins."""
        trouble = self._send_all()
        self._settle_doubtful()
        service = self.service
        with service.database.write() as session:
            at = service.clock()
            if trouble:
                partly = self.accepted and trouble.kind is MailFault.REFUSED
                kind = MailFault.PARTLY if partly else trouble.kind
                mail_trouble.failed(session, service.settings, kind, str(trouble), at)
            mail_trouble.looked_at(session, service.settings, at)

    def _send_all(self) -> ServerUnavailable | None:
        """Send; gives what stands in the way of mail, if anything does."""
        trouble: ServerUnavailable | None = None
        try:
            with open_transport(self.service.settings) as transport:
                while claimed := _claim(self.service):
                    refused = self._send(transport, claimed)
                    trouble = refused or trouble
                    if refused and (not self.accepted or self.ours >= _ENOUGH):
                        break
        except ServerUnavailable as error:
            trouble = error
        except ConfigError as error:
            trouble = ServerUnavailable(str(error), kind=MailFault.SETTINGS)
        if trouble:
            self.report.problems.append(str(trouble))
            log.warning("mail.server_unavailable", reason=str(trouble))
        return trouble

    def _send(self, transport: Transport, claimed: Claimed) -> SenderRefused | None:
        """Send one message and record its fate; gives a refusal of us.

        Raises:
            ServerUnavailable: the server cannot be used now; the message was put back, uncharged.
        """
        service = self.service
        body = render(claimed, service.settings, service.secret)
        sender = service.settings.mail.from_address
        try:
            reply = transport.send(body, sender, claimed.address, claimed.uuid)
        except SenderRefused as error:
            self._hold(claimed, error)
            return error
        except ServerUnavailable:
            with service.database.write() as session:
                outbox.released(session, claimed, at=service.clock())
            raise
        except DeliveryRefused as error:
            return self._refused(claimed, error)
        except DeliveryDeferred as error:
            with service.database.write() as session:
                state = outbox.deferred(session, claimed, reply=str(error), at=service.clock())
            self.report.count(state)
        except DeliveryUncertain as error:
            with service.database.write() as session:
                state = outbox.uncertain(session, claimed, reply=str(error), at=service.clock())
            self.report.count(state)
        else:
            self._sent(claimed, reply)
        return None

    def _sent(self, claimed: Claimed, reply: str) -> None:
        service = self.service
        with service.database.write() as session:
            at = service.clock()
            outbox.sent(session, claimed, reply=reply, at=at)
            mail_trouble.accepted(session, service.settings, at)
        log.info("mail.sent", uuid=claimed.uuid, kind=claimed.kind)
        self.report.count(MessageState.SENT)
        self.accepted, self.ours = True, 0
        self._settle_doubtful()

    def _hold(self, claimed: Claimed, error: SenderRefused) -> None:
        """Let a message wait that is refused for us; where others are taken, for an hour."""
        with self.service.database.write() as session:
            at = self.service.clock()
            if error.named:
                outbox.held(session, claimed, reply=error.reply, at=at, until=self._until(at))
            else:
                outbox.released(session, claimed, at=at)
        self.report.count("held")
        self.ours += 1

    def _refused(self, claimed: Claimed, error: DeliveryRefused) -> SenderRefused | None:
        service = self.service
        with service.database.write() as session:
            at, reply = service.clock(), str(error)
            if error.no_mailbox:
                outbox.dead(session, claimed, code=error.code, reply=reply, at=at, no_mailbox=True)
                state = MessageState.DEAD
            else:
                state = outbox.deferred(session, claimed, reply=reply, at=at)
        if error.no_mailbox or state is MessageState.DEAD:
            self.report.count(MessageState.DEAD)
            return None
        self.doubtful.append((claimed, error))
        enough = _ENOUGH if self.accepted else _SEVERAL
        return self._of_us() if len(self.doubtful) >= enough else None

    def _of_us(self) -> SenderRefused | None:
        """Take refusals in a row that say the same for what they are: of us, and of no message."""
        _, last = self.doubtful[-1]
        alike = all(same(str(error), str(last)) for _, error in self.doubtful)
        if not alike and len(self.doubtful) < _ENOUGH:
            return None
        with self.service.database.write() as session:
            for claimed, error in self.doubtful:
                at = self.service.clock()
                outbox.spared(session, claimed, reply=str(error), at=at, until=self._until(at))
                self.report.count("held")
        refused = len(self.doubtful)
        self.doubtful, self.ours = [], _ENOUGH
        words = f"The mail server refuses one message after the other ({refused} of {refused})"
        words += ": look at its own log"
        return SenderRefused(last.code, str(last), words, named=True)

    def _until(self, at: datetime) -> datetime | None:
        """Say until when a message waits that is refused for us: an hour where others are taken."""
        return at + rules.HELD_FOR if self.accepted else None

    def _settle_doubtful(self) -> None:
        """End what was refused while others were accepted; the rest is tried again later."""
        service = self.service
        for claimed, error in self.doubtful:
            with service.database.write() as session:
                at = service.clock()
                own = outbox.accepted_since(session, claimed.queued_at)
                if own:
                    outbox.refused(session, claimed, code=error.code, reply=str(error), at=at)
            self.report.count(MessageState.DEAD if own else MessageState.DEFERRED)
        self.doubtful = []


def _claim(service: Service) -> Claimed | None:
    with service.database.write() as session:
        claimed = outbox.claim(session, at=service.clock(), limit=1, lease_seconds=LEASE_SECONDS)
    return claimed[0] if claimed else None
