"""Ask readers who agreed to it whether what they were told helped. Sends nothing: the mail goes its own way."""

from monitor.notify.readers import helping
from monitor.service import Service


def ask_readers(service: Service) -> int:
    """Queue the questions that are due, in pieces; counts them."""
    asked, piece = 0, 1
    while piece:
        with service.database.write() as session:
            piece = helping.ask_next(session, service.settings, service.clock())
        asked += piece
    return asked
