"""Several incidents of one cause, told once: where nothing is reached, it is our own way out. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from monitor.feeds import incidents
from monitor.feeds.incidents import IncidentView
from monitor.kernel.errors import MailFault, SourceFault

_SEVERAL = 2  # one source alone may well be down itself


class NoWayOut(NamedTuple):
    """Nothing beyond this machine is reached; ``told`` are the incidents that this explains.

    ``every``: no source that is asked is left out; otherwise some were not due since.
    """

    told: tuple[IncidentView, ...]
    every: bool

    @property
    def since(self) -> datetime:
        """Since when at the latest: the last of them began then."""
        return max(one.opened_at for one in self.told)

    @property
    def mail_too(self) -> bool:
        """Whether the mail server is not reached either."""
        return any(one.of_mail for one in self.told)

    @property
    def headline(self) -> str:
        """What is wrong, in a sentence without its dot."""
        if self.every:
            who = "Neither a source nor the mail server" if self.mail_too else "No source"
            who += " can be reached"
        else:
            sources = len({incident.source for incident in self.told if not incident.of_mail})
            mail = " and the mail server" if self.mail_too else ""
            who = f"{sources} sources{mail} cannot be reached, and none has answered since"
        return f"{who}: this machine may have lost its way to the internet"

    @property
    def next_try(self) -> datetime | None:
        """When the first of them is tried again."""
        return min((one.next_try for one in self.told if one.next_try), default=None)

    def explains(self, one: IncidentView) -> bool:
        """Tell whether an incident is one of these."""
        return any(one.id == other.id for other in self.told)


def no_way_out(
    heard: Mapping[str, datetime | None], wrong: Sequence[IncidentView]
) -> NoWayOut | None:
    """Tell whether sources cannot be reached, two at least, and none has answered since.

    ``heard`` says of each source that is asked when it last answered in full. One that answers,
    if only to refuse, has been reached.
    """
    lost = [
        incident
        for incident in wrong
        if (incident.topic == incidents.POLL and incident.kind == SourceFault.UNREACHABLE)
        or (incident.topic == incidents.DELIVERY and incident.kind == MailFault.UNREACHABLE)
    ]
    unreached = {incident.source for incident in lost if not incident.of_mail}
    if len(unreached) < _SEVERAL:
        return None
    first = min(incident.opened_at for incident in lost if not incident.of_mail)
    answered = [at for name, at in heard.items() if name not in unreached and at]
    refused = [
        incident.last_seen_at
        for incident in wrong
        if incident.topic == incidents.POLL and incident.source not in unreached
    ]
    if any(at > first for at in (*answered, *refused)):
        return None
    return NoWayOut(tuple(lost), every=set(heard) <= unreached)
