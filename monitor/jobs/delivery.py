"""Send due mail. A message is claimed, sent outside any transaction, and its fate recorded."""

from dataclasses import dataclass, field

import structlog

from monitor.kernel.errors import (
    DeliveryDeferred,
    DeliveryRefused,
    DeliveryUncertain,
    ServerUnavailable,
)
from monitor.kernel.locks import exclusive
from monitor.notify import outbox
from monitor.notify.outbox import Claimed
from monitor.notify.rendering import render
from monitor.notify.tables import MessageState
from monitor.notify.transport import Transport, open_transport
from monitor.service import Service

log = structlog.get_logger()

# RFC 5321 4.5.3.2.6: a client waits 10 minutes after the final dot; the lease outlasts it.
LEASE_SECONDS = 15 * 60


@dataclass(slots=True)
class DeliveryReport:
    """How one pass went: messages by the state they ended in, and what stopped it, if anything."""

    counts: dict[str, int] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    def count(self, state: str) -> None:
        """Count one message."""
        self.counts[state] = self.counts.get(state, 0) + 1


def deliver_due(service: Service) -> DeliveryReport:
    """Send every message that is due, one whole pass."""
    report = DeliveryReport()
    with exclusive(service.database, service.settings.var, "deliver") as held:
        if not held:
            report.problems.append("another process is sending now")
            return report
        with service.database.read() as session:
            if not outbox.anything_due(session, at=service.clock()):
                return report
        with service.database.write() as session:
            # The lock proves that whoever claimed these is dead; they may have been handed over.
            outbox.take_over(session, at=service.clock())
        _send_all(service, report)
    return report


def _send_all(service: Service, report: DeliveryReport) -> None:
    try:
        with open_transport(service.settings) as transport:
            while claimed := _claim(service):
                report.count(_send(service, transport, claimed))
    except ServerUnavailable as error:
        report.problems.append(str(error))
        log.warning("mail.server_unavailable")


def _claim(service: Service) -> Claimed | None:
    with service.database.write() as session:
        claimed = outbox.claim(session, at=service.clock(), limit=1, lease_seconds=LEASE_SECONDS)
    return claimed[0] if claimed else None


def _send(service: Service, transport: Transport, claimed: Claimed) -> MessageState:
    """Send one message and record its fate, which is returned.

    Raises:
        ServerUnavailable: the server cannot be used now; the message was put back, uncharged.
    """
    body = render(claimed, service.settings, service.secret)
    sender = service.settings.mail.from_address
    try:
        reply = transport.send(body, sender, claimed.address, claimed.uuid)
    except ServerUnavailable:
        with service.database.write() as session:
            outbox.released(session, claimed, at=service.clock())
        raise
    except DeliveryRefused as error:
        with service.database.write() as session:
            outbox.dead(session, claimed, code=error.code, reply=str(error), at=service.clock())
        return MessageState.DEAD
    except DeliveryDeferred as error:
        with service.database.write() as session:
            return outbox.deferred(session, claimed, reply=str(error), at=service.clock())
    except DeliveryUncertain as error:
        with service.database.write() as session:
            return outbox.uncertain(session, claimed, reply=str(error), at=service.clock())
    with service.database.write() as session:
        outbox.sent(session, claimed, reply=reply, at=service.clock())
    log.info("mail.sent", uuid=claimed.uuid, kind=claimed.kind)
    return MessageState.SENT
