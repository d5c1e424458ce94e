"""What a mail to the admins says of an incident's course: how often, what next, how it ended. Pure."""

from monitor.accounts import actors
from monitor.feeds import incidents
from monitor.feeds.incidents import IncidentView
from monitor.kernel.language.english import moment

# what is looked at, and ended, on the page of the mail
UNDER_MAIL = frozenset({incidents.APPROVAL, incidents.RETURNED, incidents.WAITING})
_UPCOMING = {
    incidents.APPROVAL: "It is sent when an admin approves it, and not before.",
    incidents.RETURNED: (
        "What came back is not sent again by itself, and its readers are let go for none of it. "
        "It counts as over when none has come back for a week."
    ),
    incidents.BOUNCES: (
        "Mail goes out as always, and we try again as often as the settings say. What came back "
        "waits in the mailbox and is read then; until then nobody is let go for it, and whether "
        "any did is not known."
    ),
}
_TOLD = "While it lasts we write once a day, and once when it is over."


def ended(incident: IncidentView) -> str:
    """Say in a line that it is over."""
    if settled_by_hand(incident):
        return f"Settled: {incident.headline}"
    titles = {
        incidents.POLL: f"{incident.title}: full answers again",
        incidents.COMPARING: f"{incident.title}: compared in full again",
        incidents.DELIVERY: "Mail leaves again",
        incidents.WAITING: "No mail waits for long any more",
        incidents.APPROVAL: "No digest waits for approval any more",
        incidents.RETURNED: "No mail comes back any more",
        incidents.BOUNCES: "Mail that came back is read again",
    }
    return titles.get(incident.topic, f"Over: {incident.headline}")


def times(incident: IncidentView) -> str:
    """Say how often it was met."""
    tries = f"{incident.times:,} {'try' if incident.times == 1 else 'tries'}"
    words = {
        incidents.POLL: f"{tries} without a full answer",
        incidents.COMPARING: f"{tries} without a full list",
        incidents.DELIVERY: f"{tries} in vain",
        incidents.RETURNED: f"{incident.times:,} came back",
        incidents.BOUNCES: f"{tries} in vain",
    }
    noticed = f"noticed {incident.times:,} time{'' if incident.times == 1 else 's'}"
    return words.get(incident.topic, noticed)


def upcoming(incident: IncidentView) -> str:
    """Say what happens next."""
    if incident.topic in _UPCOMING:
        return f"{_UPCOMING[incident.topic]} {_TOLD}"
    if incident.of_mail:
        return (
            "Nothing is lost: what is not taken waits, is tried again within the hour at the latest "
            "and leaves as soon as it is taken. A reader is let go only where the server says that there is "
            f"no such mailbox. {_TOLD}"
        )
    first = f"on {moment(incident.next_try)}, then" if incident.next_try else "soon, then"
    if incident.topic == incidents.POLL:
        return (
            f"We ask again {first} less and less often, but at least once a day, and never give "
            "up. No day counts as read until it was answered in full. The other sources are asked "
            f"as always. {_TOLD}"
        )
    if incident.topic == incidents.COMPARING:
        return (
            f"We try again {first} at least once a day. It is polled as always; but until it was "
            f"compared in full, what its dates hide could be missing. {_TOLD}"
        )
    return (
        "We go on asking it, and keep every record we hold. But until somebody has looked, a "
        f"study could be missing. {_TOLD}"
    )


def after(incident: IncidentView) -> str:
    """Say what followed from its end."""
    if settled_by_hand(incident):
        return "An admin looked, and said that it is right now. We write no more about it."
    if incident.of_use:
        return "Its file was read whole. A wave that is new in it waits as a draft."
    words = {
        incidents.POLL: "It was asked for everything since its last full answer.",
        incidents.COMPARING: "What it lists was compared with what we hold, and fetched if missed.",
        incidents.DELIVERY: "What has waited is sent now, each message once.",
        incidents.WAITING: "What has waited was sent, or stopped by an admin.",
        incidents.APPROVAL: "Each was approved, stopped, or made anew after a correction.",
        incidents.RETURNED: "None came back for a week. What did can be sent again under Mail.",
        incidents.BOUNCES: "What came meanwhile was read.",
    }
    return words.get(
        incident.topic, "The numbers are as expected again. We write no more about it."
    )


def settled_by_hand(incident: IncidentView) -> bool:
    """Tell whether an admin ended it."""
    return actors.is_user(incident.closed_by)
