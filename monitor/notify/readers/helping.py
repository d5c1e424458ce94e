"""Did it help? Asks readers who agreed to it, once, 90 days after a change was told; keeps what they say.

An answer is never called an effect: it is what a reader says became of it, and it is counted.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from monitor.kernel import audit
from monitor.kernel.errors import Conflict, LinkOver
from monitor.kernel.settings import Settings
from monitor.notify import chosen
from monitor.notify.announcements.earlier import said_of
from monitor.notify.messages.queueing import queue
from monitor.notify.readers import answers
from monitor.notify.readers.answers import Totals
from monitor.notify.readers.subscribing import reader_of
from monitor.notify.tables import (
    Announcement,
    Digest,
    HelpQuestion,
    Message,
    MessageKind,
    MessageState,
    ReaderTerms,
    Subscriber,
    SubscriberState,
)
from monitor.notify.terms import AS_BEFORE
from monitor.notify.words import Helped

ACTOR = "job:ask"
AT_ONCE = 100  # questions queued in one transaction
_GONE = "this link leads nowhere; the question is not asked any more"


@dataclass(frozen=True, slots=True)
class AskedQuestion:
    """One question: what was told and when, what was answered, and until when that may change."""

    told: str
    told_at: datetime
    answer: Helped | None
    last_day: date
    closed: bool


def agree(session: Session, uuid: str, *, yes: bool, at: datetime) -> None:
    """Let the reader of this message be asked, or not any more."""
    reader = reader_of(session, uuid, hold=True)
    if reader is None or agreed(session, uuid) is yes:
        return
    row = session.get(ReaderTerms, reader.id)
    if row is None:  # of before there were digests
        chosen.keep(session, reader.id, AS_BEFORE, at=at, begins=False)
        row = session.get_one(ReaderTerms, reader.id)
    row.may_be_asked = yes
    subject = f"subscriber:{reader.id}"
    action = f"subscriber.{'may_be_asked' if yes else 'is_not_asked'}"
    audit.record(session, at=at, actor=subject, action=action, subject=subject)


def agreed(session: Session, uuid: str) -> bool:
    """Tell whether the reader of this message agreed to be asked."""
    reader = reader_of(session, uuid)
    row = session.get(ReaderTerms, reader.id) if reader else None
    return bool(row and row.may_be_asked)


def ask_next(session: Session, settings: Settings, at: datetime) -> int:
    """Queue the questions that are due, a reader at most once; counts them."""
    asked: set[int] = set()
    for message in _each_due(session, at):
        reader = message.subscriber_id or 0
        told = _told(session, message)
        if reader in asked or told is None or _asked_lately(session, reader, at):
            continue
        if len(asked) == AT_ONCE:
            break
        asked.add(reader)
        context = {"told": told, "told_at": message.queued_at.isoformat()}
        question = queue(
            session, settings, MessageKind.HELPED, message.address, context=context, at=at
        )
        question.subscriber_id = reader
        session.flush()
        session.add(
            HelpQuestion(
                subscriber_id=reader,
                told_id=message.id,
                message_id=question.id,
                asked_at=at,
                answer=None,
                answered_at=None,
            )
        )
    if asked:
        subject = "help_question"
        audit.record(
            session, at=at, actor=ACTOR, action="readers.asked", subject=subject, readers=len(asked)
        )
    session.flush()
    return len(asked)


def question(session: Session, uuid: str, at: datetime) -> AskedQuestion:
    """Give the question that a message asks. Changes nothing.

    Raises:
        LinkOver: there is no such question any more.
    """
    row, message = _question(session, uuid)
    return AskedQuestion(
        told=message.context["told"],
        told_at=datetime.fromisoformat(message.context["told_at"]),
        answer=row.answer,
        last_day=answers.last_day(row.asked_at),
        closed=answers.is_closed(row.asked_at, at),
    )


def answer(session: Session, uuid: str, said: Helped, at: datetime) -> None:
    """Keep what a reader answers; the same again changes nothing, another takes its place.

    Raises:
        LinkOver: there is no such question any more.
        Conflict: it is closed, since what was answered is counted.
    """
    row, _ = _question(session, uuid, hold=True)
    if answers.is_closed(row.asked_at, at):
        raise Conflict("This question is closed: the answers are counted.")
    if row.answer is not said:
        row.answer, row.answered_at = said, at


def shown(session: Session, at: datetime) -> Totals:
    """Count what is shown of all questions."""
    rows = session.execute(select(HelpQuestion.asked_at, HelpQuestion.answer)).all()
    return answers.totals([(row.asked_at, row.answer) for row in rows], at)


def of_reader(session: Session, reader: int) -> Sequence[Mapping[str, Any]]:
    """Give what a reader was asked and answered: JSON values."""
    rows = session.scalars(select(HelpQuestion).where(HelpQuestion.subscriber_id == reader))
    return [
        {
            "asked_at": question.asked_at.isoformat(),
            "answer": question.answer.value if question.answer else None,
        }
        for question in rows
    ]


def forget(session: Session, reader: int) -> None:
    """Part a reader's answers from them: what may be counted stays, and belongs to nobody."""
    for question in session.scalars(
        select(HelpQuestion).where(HelpQuestion.subscriber_id == reader)
    ):
        question.subscriber_id = question.told_id = question.message_id = None


def _each_due(session: Session, at: datetime) -> Iterator[Message]:
    """Give what may be asked about, a piece at a time: some of it turns out to ask nothing."""
    last = 0
    while True:
        # who is erased at this moment is waited for, and then not asked
        due = _due(at).where(Message.id > last).limit(AT_ONCE)
        due = due.with_for_update(of=Subscriber, read=True, key_share=True)
        piece = session.scalars(due.execution_options(populate_existing=True)).all()
        if not piece:
            return
        yield from piece
        last = piece[-1].id


def _due(at: datetime) -> Any:  # noqa: ANN401 - a select
    """Select what was told so long ago to readers who may be asked, and was not asked about."""
    about = aliased(HelpQuestion)
    return (
        select(Message)
        .join(Subscriber, Subscriber.id == Message.subscriber_id)
        .join(ReaderTerms, ReaderTerms.subscriber_id == Subscriber.id)
        .where(
            Message.kind.in_((MessageKind.CHANGE, MessageKind.DIGEST)),
            Message.state == MessageState.SENT,
            Message.sent_at <= at - answers.ASKED_AFTER,
            Message.sent_at > at - answers.NOT_AFTER,
            Subscriber.state == SubscriberState.ACTIVE,
            ReaderTerms.may_be_asked,
            ~select(about.id).where(about.told_id == Message.id).exists(),
            ~_lately(at).where(HelpQuestion.subscriber_id == Message.subscriber_id).exists(),
        )
        .order_by(Message.id)
    )


def _lately(at: datetime) -> Any:  # noqa: ANN401 - a select
    return select(HelpQuestion.id).where(HelpQuestion.asked_at > at - answers.APART)


def _asked_lately(session: Session, reader: int, at: datetime) -> bool:
    lately = _lately(at).where(HelpQuestion.subscriber_id == reader)
    return session.scalar(lately.limit(1)) is not None


def _told(session: Session, message: Message) -> str | None:
    """Give the weightiest change a message told; None where it told of none, or was corrected since."""
    if message.kind is MessageKind.DIGEST:
        content = session.get_one(Digest, message.digest_id).content
        changes = content["changes"]
        about = changes[0]["announcements"] if changes else []
    else:
        content = session.get_one(Announcement, message.announcement_id).content
        slugs = message.context["slugs"]
        changes = [] if content["correction"] else content["changes"]
        changes = [change for change in changes if change["slug"] in slugs]
        about = [message.announcement_id]
    if not changes or _taken_back(session, about):
        return None
    return said_of(changes[0])


def _taken_back(session: Session, announcements: Sequence[int | None]) -> bool:
    gone = select(Announcement.id).where(
        Announcement.id.in_(announcements), Announcement.overtaken_by.is_not(None)
    )
    return session.scalar(gone.limit(1)) is not None


def _question(session: Session, uuid: str, *, hold: bool = False) -> tuple[HelpQuestion, Message]:
    questions = (
        select(HelpQuestion, Message)
        .join(Message, Message.id == HelpQuestion.message_id)
        .where(Message.uuid == uuid)
    )
    row = session.execute(questions.with_for_update(of=HelpQuestion) if hold else questions).first()
    if row is None:
        raise LinkOver(_GONE)
    return row.HelpQuestion, row.Message
