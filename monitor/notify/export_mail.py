"""Asks a named person for the export of a database, when it is due and every week until it comes.

Queues in the caller's transaction; sends nothing. The message is of the kind that tells of
trouble with a source: until the export comes, nothing is known of what that database took up.
"""

from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from monitor.feeds.completeness.exports import Export, exports
from monitor.kernel import audit
from monitor.kernel.language.english import plural
from monitor.kernel.language.uk import long_date
from monitor.kernel.settings import Settings
from monitor.notify.messages.queueing import queue
from monitor.notify.tables import Message, MessageKind

PHASE = "export"
_WHAT_TO_DO = (
    "search with the strings, export everything as RIS, and bring the file, saying which database "
    "it comes from and on what day you exported it"
)
AGAIN_AFTER = timedelta(days=7)


def remind_of_exports(session: Session, settings: Settings, at: datetime) -> int:
    """Queue the reminders that are due; counts them."""
    due = [export for export in exports(session, settings) if export.is_due(at)]
    told = [export for export in due if _is_to_be_told(session, export, at)]
    for export in told:
        context = _context(export)
        queue(session, settings, MessageKind.INCIDENT, export.person, context=context, at=at)
        audit.record(
            session,
            at=at,
            actor="job:remind",
            action="export.asked_for",
            subject=f"source:{export.name}",
        )
    session.flush()
    return len(told)


def _is_to_be_told(session: Session, export: Export, at: datetime) -> bool:
    """Tell whether the last reminder is a week old, or older than the last export."""
    last = session.scalar(
        select(func.max(Message.queued_at)).where(
            Message.kind == MessageKind.INCIDENT,
            Message.context["export"].as_string() == export.name,
        )
    )
    if last is None or last > at:  # written by a clock that ran ahead
        return True
    return last <= at - AGAIN_AFTER or (export.brought is not None and export.brought > last)


def _context(export: Export) -> dict[str, object]:
    last = f"exported on {long_date(export.exported)}" if export.exported else "never brought yet"
    return {
        "export": export.name,
        "phase": PHASE,
        "subject": f"An export of {export.title} is due",
        "headline": f"An export of {export.title} is due",
        "act": "Please search it, and bring what it finds.",
        "remedy": "The page below has the search string of each intervention, ready to be copied.",
        "facts": [
            ["Last time", last],
            ["How often", f"every {plural(export.every_days, 'day')}"],
            [
                "What to do",
                _WHAT_TO_DO,
            ],
        ],
        "next": "Until then Gap Monitor does not know whether anything of it is missing, and says "
        "so. It asks again every week until the file comes.",
    }
