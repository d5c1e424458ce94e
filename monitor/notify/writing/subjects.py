"""The subjects of many messages at once, for a list of them: from what is kept, without writing a mail.

What thousands of messages tell is kept once, and read once for all that are listed.
"""

from collections.abc import Collection, Mapping
from datetime import date
from functools import cache
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from monitor.notify.rules import plain
from monitor.notify.tables import Announcement, Digest, Message, MessageKind
from monitor.notify.words import Copy
from monitor.notify.writing import digest_wording, wording
from monitor.notify.writing.rendering import MAX_SUBJECT, fill
from monitor.usage.returns.rules import may_be_reminded


def of_messages(session: Session, ids: Collection[int]) -> dict[int, str]:
    """Give the subject of each of these messages; empty where what it tells is not kept."""
    rows = session.execute(
        select(
            *(Message.id, Message.kind, Message.context),
            *(Message.announcement_id, Message.digest_id),
        ).where(Message.id.in_(ids))
    ).all()
    announced = _contents(session, Announcement, {row.announcement_id for row in rows})
    digests = _contents(session, Digest, {row.digest_id for row in rows})
    return {
        row.id: subject(
            row.kind,
            row.context,
            announced.get(row.announcement_id) or digests.get(row.digest_id) or {},
        )
        for row in rows
    }


def subject(kind: MessageKind, context: Mapping[str, Any], content: Mapping[str, Any]) -> str:
    """Give the subject of one message: one line of plain text; empty where what it says is not kept."""
    words = plain(_words(kind, context, content), MAX_SUBJECT)
    return f"Test: {words}" if words and context.get("copy") == Copy.TEST else words


def _words(kind: MessageKind, context: Mapping[str, Any], content: Mapping[str, Any]) -> str:
    if kind in {MessageKind.CHANGE, MessageKind.DIGEST}:
        return _told(kind, context, content) if content else ""
    if kind is MessageKind.INCIDENT:
        return str(context.get("subject", ""))
    if kind is MessageKind.SURVEY and context:
        closes_on, reminder = date.fromisoformat(context["closes_on"]), context["reminder"]
        last = not may_be_reminded(reminder)
        view = {"closes_on": closes_on, "reminder": reminder, "last": last}
        return fill(kind, "subject.txt", view)
    return _always(kind) if kind is not MessageKind.SURVEY else ""


def _told(kind: MessageKind, context: Mapping[str, Any], content: Mapping[str, Any]) -> str:
    if kind is MessageKind.DIGEST:
        return digest_wording.subject(content)
    slugs = context.get("slugs", ())
    changes = [change for change in content["changes"] if change["slug"] in slugs]
    if not changes:
        return ""
    return wording.subject(changes, correction=wording.takes_back(content, context))


@cache
def _always(kind: MessageKind) -> str:
    """Give the subject of a kind that always has the same."""
    return fill(kind, "subject.txt", {})


def _contents(
    session: Session, table: type[Announcement | Digest], ids: Collection[int | None]
) -> dict[int | None, dict[str, Any]]:
    known = set(ids) - {None}
    if not known:
        return {}
    kept = select(table.id, table.content).where(table.id.in_(known))
    return {row.id: row.content for row in session.execute(kept)}
