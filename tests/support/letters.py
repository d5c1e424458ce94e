"""Mails as they are sent: a claim that no outbox gave, and what a reader of the bytes finds."""

from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

from monitor.notify.messages.claiming import Claimed
from monitor.notify.tables import MessageKind


def claimed(kind: MessageKind, *, at: datetime, **told: Any) -> Claimed:
    """Give a message to one reader on its first try; what a test is about it names itself."""
    usual = {
        "id": 1,
        "uuid": "0" * 32,
        "message_id": "<1@example.org>",
        "address": "reader@example.org",
        "token": 1,
        "attempt": 1,
        "subscriber_id": 1,
        "context": {},
        "content": {},
    }
    return Claimed(**usual | {"kind": kind, "queued_at": at} | told)  # type: ignore[arg-type]  # fields by name


@dataclass(frozen=True)
class Letter:
    """A mail with its two parts."""

    message: EmailMessage
    text: str
    html: str


def read(raw: bytes) -> Letter:
    """Read a mail as it is sent."""
    message = message_from_bytes(raw, policy=SMTP)
    text, html = (message.get_body((kind,)) for kind in ("plain", "html"))
    assert text is not None
    assert html is not None
    return Letter(message, text.get_content(), html.get_content())


def text_of(raw: bytes) -> str:
    """Read the text part of a mail as it is sent."""
    return read(raw).text
