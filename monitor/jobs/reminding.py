"""Remind the admins, once a day, of what is still wrong. Sends nothing: the mail goes its own way."""

from monitor import workflow
from monitor.service import Service


def remind_due(service: Service) -> int:
    """Queue the reminders that are due; counts the incidents."""
    with service.database.write() as session:
        return workflow.remind_admins(session, service.settings, service.clock())
