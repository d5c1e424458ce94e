"""Remind people of what is still wrong, or due. Sends nothing: the mail goes its own way."""

from monitor import workflow
from monitor.service import Service


def remind_due(service: Service) -> int:
    """Queue the reminders that are due: of incidents to admins, of exports to whoever brings them."""
    with service.database.write() as session:
        reminded = workflow.remind_admins(session, service.settings, service.clock())
        return reminded + workflow.remind_of_exports(session, service.settings, service.clock())
