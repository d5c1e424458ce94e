"""Send due mail. Messages are claimed, sent outside any transaction, and their fate recorded.

A pass begins with one message on one connection. While the server accepts and is quick, it claims
more at once, for more connections; one that was not accepted makes it careful again. What was
claimed and not recorded is what a crash may repeat.

A refusal of us ends the pass and charges nobody. One that says nothing certain is a message's own
only where the server has accepted others: until then it waits like them.
"""

import contextlib
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from monitor.jobs.mail.sending import (
    MOST_AT_ONCE,
    SLOW_SECONDS,
    Connection,
    Connections,
    ConnectionWord,
    TriedMessage,
)
from monitor.kernel.clock import monotonic
from monitor.kernel.errors import (
    ConfigError,
    Conflict,
    DeliveryDeferred,
    DeliveryRefused,
    DeliveryUncertain,
    MailFault,
    SenderRefused,
    ServerUnavailable,
)
from monitor.kernel.persistence.locks import exclusive
from monitor.kernel.process.log import log
from monitor.notify import holding, rules
from monitor.notify.announcements import fan_out
from monitor.notify.incidents import mail_trouble
from monitor.notify.messages import outbox
from monitor.notify.messages.claiming import Claimed, Contents
from monitor.notify.smtp.refusals import same
from monitor.notify.tables import Message, MessageState
from monitor.notify.writing.franking import Franking
from monitor.service import Service

# RFC 5321 4.5.3.2: five minutes for each of seven replies, ten after the final dot; the lease
# outlasts them all.
LEASE_SECONDS = 60 * 60
# So many refusals in a row that say the same are no longer of one message each: nothing was
# accepted yet, or something was. As many of us in a row end a pass.
_SEVERAL, _ENOUGH = 2, 3
MINUTE = timedelta(minutes=1)
_CLOSING = 421  # RFC 5321: the server ends this connection


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
    """One pass over what is due.

    ``lot`` is how many messages a connection is given at once, ``brisk`` whether the server took the
    last one at once; ``waiting`` are claimed and given to none yet. ``doubtful`` are messages refused
    since the last one that was accepted, and deferred until it is known whether the refusal was
    their own; ``ours`` counts the refusals of
    us since then.
    """

    service: Service
    report: DeliveryReport
    accepted: bool = False
    incident: bool = True
    ours: int = 0
    doubtful: list[tuple[Claimed, DeliveryRefused]] = field(default_factory=list)
    lot: int = 1
    brisk: bool = False
    waiting: list[Claimed] = field(default_factory=list)
    contents: Contents = field(default_factory=Contents)
    trouble: ServerUnavailable | None = None
    broken: Exception | None = None
    over: bool = False  # nothing more is claimed
    vain: int = 0  # tried and not accepted

    def run(self) -> None:
        """Send until nothing is due or the server takes no more, and tell the admins."""
        service = self.service
        franking = Franking(service.settings, service.secret)
        with Connections(service.settings, franking.frank) as connections:
            self._send_all(connections)
        with service.database.write() as session:
            at = service.clock()
            self._hold_rows(session, self.waiting)
            for claimed in self.waiting:
                with contextlib.suppress(Conflict):
                    outbox.untried(session, claimed)
            self._settle_doubtful(session)
            if trouble := self.trouble:
                partly = self.accepted and trouble.kind is MailFault.REFUSED
                kind = MailFault.PARTLY if partly else trouble.kind
                mail_trouble.failed(session, service.settings, kind, str(trouble), at)
            mail_trouble.looked_at(session, service.settings, at)
        if self.trouble:
            self.report.problems.append(str(self.trouble))
            log.warning("mail.server_unavailable", reason=str(self.trouble))
        if self.broken:
            raise self.broken

    def _send_all(self, connections: Connections) -> None:
        while connections.busy:
            words = connections.hear()
            with self.service.database.write() as session:
                self._take_in(session, connections, words)
                full = self._claim(session, connections)
            if self.over:
                connections.stop.set()
            else:
                self.waiting = connections.hand_out(self.waiting, self.lot)
                if full and self.lot >= MOST_AT_ONCE:
                    connections.open_another(brisk=self.brisk)

    def _claim(self, session: Session, connections: Connections) -> bool:
        """Claim what the idle connections can take; tells whether there was as much as that."""
        at = self.service.clock()
        most = connections.most_in_flight - connections.in_hand
        room = min(self.lot * len(connections.idle), most) - len(self.waiting)
        if self.service.settings.mail.per_minute:
            room = min(room, self._left_of_the_minute(session, connections, at))
        if self.over or room <= 0:
            return False
        claimed = outbox.claim(
            session, at=at, limit=room, lease_seconds=LEASE_SECONDS, contents=self.contents
        )
        self.waiting += claimed
        return len(claimed) == room

    def _left_of_the_minute(self, session: Session, connections: Connections, at: datetime) -> int:
        """Say how many more the settings let the mail server be handed now.

        What was accepted within the minute counts whoever sent it; of what was not, this pass's.
        """
        handed = outbox.accepted_within(session, at - MINUTE, at) + self.vain
        in_hand = connections.in_hand + len(self.waiting)
        return self.service.settings.mail.per_minute - handed - in_hand

    def _take_in(
        self, session: Session, connections: Connections, words: Sequence[ConnectionWord]
    ) -> None:
        """Record what became of the messages tried, in the order in which it was heard."""
        accepted: list[tuple[Claimed, str]] = []
        heard = [each for word in words for each in word.tried]
        if self.doubtful or any(each.error for each in heard):
            self._hold_rows(session, [each.claimed for each in heard])
        for word in words:
            if word.error:
                self._not_opened(connections, word.error)
            for tried in word.tried:
                if tried.error is None:
                    accepted.append((tried.claimed, tried.reply))
                    continue
                self._sent(session, accepted)
                accepted, self.vain = [], self.vain + 1
                self._not_accepted(session, connections, word.connection, tried)
            self.waiting[:0] = word.untried
            self._pace(word, connections.most_at_once)
        self._sent(session, accepted)

    def _pace(self, word: ConnectionWord, most: int) -> None:
        """Give more at once while all goes well, and one message at a time where it does not."""
        if any(tried.error for tried in word.tried) or word.seconds > SLOW_SECONDS:
            self.lot = 1
        elif word.tried and not self.doubtful:
            quick = self.lot < MOST_AT_ONCE or 2 * word.seconds < SLOW_SECONDS
            self.lot = min(2 * self.lot if quick else self.lot, most)
            self.brisk = word.is_brisk

    def _not_opened(self, connections: Connections, error: Exception) -> None:
        if connections.any_open:
            connections.fewer()
            log.info("mail.one_connection_less", reason=str(error))
        elif isinstance(error, ServerUnavailable):
            self._stop(error)
        elif isinstance(error, ConfigError):
            self._stop(ServerUnavailable(str(error), kind=MailFault.SETTINGS))
        else:
            self._break_off(error)

    def _stop(self, trouble: ServerUnavailable) -> None:
        self.trouble, self.over = trouble, True

    def _break_off(self, error: Exception) -> None:
        """End the pass for a fault of our own; the message it met stays claimed."""
        self.broken, self.over = self.broken or error, True

    def _not_accepted(
        self,
        session: Session,
        connections: Connections,
        connection: Connection,
        tried: TriedMessage,
    ) -> None:
        """Record one that was begun; a claim that is no longer ours leaves the others recorded."""
        try:
            if not self._left_to_others(connections, connection, tried):
                self._judge(session, tried.claimed, tried.error)
        except Conflict as lost:
            self._break_off(lost)

    def _left_to_others(
        self, connections: Connections, connection: Connection, tried: TriedMessage
    ) -> bool:
        """Let another connection send what the server ended this one over; tells whether one can.

        Nothing was handed over: the server wants fewer connections.
        """
        error = tried.error
        unusable = isinstance(error, ServerUnavailable) and not isinstance(error, SenderRefused)
        closing = isinstance(error, SenderRefused) and error.code == _CLOSING
        if not (unusable or closing) or not connections.spare(connection):
            return False
        log.info("mail.one_connection_less", reason=str(error))
        self.waiting.insert(0, tried.claimed)
        return True

    def _judge(self, session: Session, claimed: Claimed, error: Exception | None) -> None:
        at = self.service.clock()
        if isinstance(error, SenderRefused):
            self._heed(self._hold(session, claimed, error))
        elif isinstance(error, ServerUnavailable):
            outbox.released(session, claimed, at=at)
            self._stop(error)
        elif isinstance(error, DeliveryRefused):
            self._heed(self._refused(session, claimed, error))
        elif isinstance(error, DeliveryDeferred):
            self.report.count(outbox.deferred(session, claimed, reply=str(error), at=at))
        elif isinstance(error, DeliveryUncertain):
            self.report.count(outbox.uncertain(session, claimed, reply=str(error), at=at))
        elif error:
            self._break_off(error)

    def _heed(self, refused: SenderRefused | None) -> None:
        """Note a refusal of us; end the pass where nothing was accepted, or after several."""
        if refused is None:
            return
        self.trouble = refused
        self.over = self.over or not self.accepted or self.ours >= _ENOUGH

    def _sent(self, session: Session, accepted: Sequence[tuple[Claimed, str]]) -> None:
        if not accepted:
            return
        at = self.service.clock()
        if outbox.sent_many(session, accepted, at=at):
            self._break_off(Conflict("another process is sending the same mail"))
        if self.incident:
            self.incident = mail_trouble.accepted(session, self.service.settings, at)
        for claimed, _ in accepted:
            log.info("mail.sent", uuid=claimed.uuid, kind=claimed.kind)
            self.report.count(MessageState.SENT)
        self.accepted, self.ours = True, 0
        self._settle_doubtful(session)

    def _hold(self, session: Session, claimed: Claimed, error: SenderRefused) -> SenderRefused:
        """Let a message wait that is refused for us; where others are taken, for an hour."""
        at = self.service.clock()
        if error.named:
            outbox.held(session, claimed, reply=error.reply, at=at, until=self._until(at))
        else:
            outbox.released(session, claimed, at=at)
        self.report.count("held")
        self.ours += 1
        return error

    def _refused(
        self, session: Session, claimed: Claimed, error: DeliveryRefused
    ) -> SenderRefused | None:
        at, reply = self.service.clock(), str(error)
        if error.no_mailbox:
            outbox.dead(session, claimed, code=error.code, reply=reply, at=at, no_mailbox=True)
            state = MessageState.DEAD
        else:
            state = outbox.deferred(session, claimed, reply=reply, at=at)
        if state is MessageState.DEAD:
            self.report.count(MessageState.DEAD)
            return None
        self.doubtful.append((claimed, error))
        enough = _ENOUGH if self.accepted else _SEVERAL
        return self._of_us(session) if len(self.doubtful) >= enough else None

    def _of_us(self, session: Session) -> SenderRefused | None:
        """Take refusals in a row that say the same for what they are: of us, and of no message."""
        _, last = self.doubtful[-1]
        alike = all(same(str(error), str(last)) for _, error in self.doubtful)
        if not alike and len(self.doubtful) < _ENOUGH:
            return None
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

    def _hold_rows(self, session: Session, claims: Sequence[Claimed]) -> None:
        """Hold these messages, those in doubt, and whom they go to, before anything is recorded.

        Whoever erases a reader meanwhile waits, or is waited for. Not asked for where all were
        accepted, which says nothing of a reader: recording that holds the messages itself.
        """
        held = [*claims, *(claimed for claimed, _ in self.doubtful)]
        if held:
            ids = [claimed.id for claimed in held]
            holding.readers_and_messages(session, Message.id.in_(ids))

    def _settle_doubtful(self, session: Session) -> None:
        """End what was refused while others were accepted; the rest is tried again later."""
        at = self.service.clock()
        for claimed, error in self.doubtful:
            own = outbox.accepted_since(session, claimed.queued_at)
            if own:
                outbox.refused(session, claimed, code=error.code, reply=str(error), at=at)
            self.report.count(MessageState.DEAD if own else MessageState.DEFERRED)
        self.doubtful = []
