"""The words of staff pages: stages, answers, waiting times. Pure: reads no clock, knows no page."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from enum import StrEnum

from monitor.accounts.queries import PersonState
from monitor.accounts.tables import Role
from monitor.catalogue.words import Design
from monitor.feeds.queries import SourceStatus
from monitor.kernel.language.uk import london
from monitor.literature.words import Lane
from monitor.notify.queries import MessageView
from monitor.notify.tables import MessageKind, MessageState
from monitor.notify.words import BounceWeight
from monitor.review.family.joining import JoinedStudy
from monitor.review.queries import NOT_CLEAR
from monitor.review.words import (
    NO_LONGER_GIVEN,
    OPEN,
    DecisionVerdict,
    ExclusionReason,
    ScreeningVerdict,
    Stage,
)
from monitor.web import formats

# The lanes that need a person, in the order of the work; then those where nothing is to do.
OPEN_LANES = (
    Stage.TO_SCREEN,
    Stage.UNSURE,
    Stage.TO_APPRAISE,
    Stage.DISAGREEMENT,
    Stage.AGREED,
)
DONE_LANES = (Stage.ACCEPTED, Stage.NOT_COUNTED, Stage.WITHDRAWN, Stage.EXCLUDED)
# Those that are ordered by what is likely to matter.
UNDECIDED = frozenset(OPEN)
IN_WORK = (Stage.TO_APPRAISE, Stage.DISAGREEMENT, Stage.AGREED)
STUDY_LANES = frozenset(
    {
        Stage.TO_APPRAISE,
        Stage.DISAGREEMENT,
        Stage.AGREED,
        Stage.ACCEPTED,
        Stage.NOT_COUNTED,
        Stage.WITHDRAWN,
    }
)

STAGES = {
    Stage.TO_SCREEN: "To screen",
    Stage.UNSURE: "Unsure",
    Stage.TO_APPRAISE: "To appraise",
    Stage.DISAGREEMENT: "Disagreements",
    Stage.AGREED: "To decide",
    Stage.ACCEPTED: "Accepted",
    Stage.NOT_COUNTED: "Not counted",
    Stage.WITHDRAWN: "Withdrawn",
    Stage.EXCLUDED: "Excluded",
}
HEADINGS = {
    Stage.TO_SCREEN: "Papers to screen",
    Stage.UNSURE: "Papers somebody was unsure about",
    Stage.TO_APPRAISE: "Studies to appraise",
    Stage.DISAGREEMENT: "Disagreements to settle",
    Stage.AGREED: "Studies to decide",
    Stage.ACCEPTED: "Studies accepted",
    Stage.NOT_COUNTED: "Studies appraised and not counted",
    Stage.WITHDRAWN: "Studies withdrawn",
    Stage.EXCLUDED: "Papers excluded",
}
EXPLANATIONS = {
    Stage.TO_SCREEN: "One person decides on each.",
    Stage.UNSURE: "They need the full text, or a colleague. Decide them as any other.",
    Stage.TO_APPRAISE: "Two people appraise each study. Neither sees the other’s answers first.",
    Stage.DISAGREEMENT: "Two appraisals differ. A third person settles it, or the two do together.",
    Stage.AGREED: "Two appraisals came to one answer. See what it would do, then let it count.",
    Stage.ACCEPTED: "These count towards a tier.",
    Stage.NOT_COUNTED: "Appraised, and left out by agreement or by a third person.",
    Stage.WITHDRAWN: "Counted once, no longer.",
    Stage.EXCLUDED: "Screened, and not to be appraised. The reason is kept.",
}
STUDY_STAGES = {
    **STAGES,
    Stage.TO_APPRAISE: "Being appraised",
    Stage.DISAGREEMENT: "Two appraisals differ",
    Stage.AGREED: "Settled, to be decided",
}
VERDICTS = {
    ScreeningVerdict.INCLUDE: "Include",
    ScreeningVerdict.EXCLUDE: "Exclude",
    ScreeningVerdict.UNSURE: "Unsure, needs the full text or a colleague",
}
DECISIONS = {
    DecisionVerdict.ACCEPT: "Accepted",
    DecisionVerdict.EXCLUDE: "Not counted",
    DecisionVerdict.WITHDRAW: "Withdrawn",
}
REASONS = {
    reason: formats.sentence(reason.value)
    for reason in ExclusionReason
    if reason not in NO_LONGER_GIVEN
}
DESIGNS = {
    Design.RANDOMISED: "Randomised trial",
    Design.NON_RANDOMISED: "Comparison group, not randomised",
    Design.SINGLE_GROUP: "One group, before and after",
    Design.CASE: "Case report or series",
}
# What literature's rules may suggest, for tags and the queue's filter.
SUGGESTED = {
    "randomised": "Randomised",
    "non-randomised": "Comparison group",
    "single-group": "Single group",
    "case": "Case",
    "follow-up": "Follow-up or second analysis",
    "protocol": "Protocol",
    "registration": "Registration",
    "review": "Review",
    "qualitative": "Qualitative",
    "economic": "Economic",
    "notice": "Notice or comment",
    NOT_CLEAR: "Design not clear",
}
# Why a paper is in the queue, and why one is not.
WHY_HERE = {
    Lane.EVALUATED: "Evaluates one of the ten",
    Lane.MENTIONED: "Mentions one in passing",
    Lane.POSSIBLE: "Names none of the ten",
}
WHY_KEPT = {
    Lane.NONE: "Names none, and is no such trial",
    Lane.NOTICE: "A notice about another paper",
}
KNOWN = (("yes", "Yes"), ("no", "No"), ("not known", "Not known"))
MESSAGES = {
    MessageState.PENDING: "Waiting",
    MessageState.CLAIMED: "Being sent",
    MessageState.DEFERRED: "To be tried again",
    MessageState.UNCERTAIN: "May have left; goes again",
    MessageState.SENT: "Sent",
    MessageState.DEAD: "Refused for good",
    MessageState.CANCELLED: "Cancelled before it was sent",
    MessageState.ON_HOLD: "On hold",
}
# what an admin may do with a message, by the words of the form
MAY_BE = {
    MessageState.PENDING: ("hold", "cancel"),
    MessageState.DEFERRED: ("hold", "cancel"),
    MessageState.UNCERTAIN: ("cancel",),
    MessageState.ON_HOLD: ("release", "cancel"),
    MessageState.SENT: ("again",),
    MessageState.DEAD: ("again",),
}
STEPS = {
    "approve": "Approve and send",
    "hold": "Hold",
    "release": "Let go",
    "cancel": "Stop",
    "again": "Send again",
}
DONE = {
    "hold": "It is on hold: it goes when somebody lets it go.",
    "release": "It is let go: it goes within a minute, while the jobs run and mail leaves.",
    "cancel": "It is stopped: it never goes.",
    "again": "It is sent again: it goes within a minute, while the jobs run and mail leaves.",
}
DONE_WITH_ALL = {
    "approve": "Approved and on its way",
    "hold": "On hold",
    "release": "Let go",
    "cancel": "Stopped",
    "again": "Sent again",
}
WEIGHTS = {
    BounceWeight.GONE: "No such mailbox",
    BounceWeight.FOR_NOW: "Not reached this time",
    BounceWeight.MESSAGE: "Refused for what it is",
    BounceWeight.OURS: "Refused for a reason of ours",
}
KINDS = {
    MessageKind.CONFIRM: "Asks to confirm an address",
    MessageKind.CHANGE: "Tells of a change",
    MessageKind.DIGEST: "Digest: tells of a period",
    MessageKind.INVITATION: "Invites a colleague",
    MessageKind.INCIDENT: "Tells an admin of an incident",
    MessageKind.MY_SERVICES: "Opens a reader’s private page",
    MessageKind.SURVEY: "Asks a service for its return",
    MessageKind.HELPED: "Asks whether it helped",
    MessageKind.OWN_DATA: "Opens what is held of an address",
}
ROLES = {
    Role.REVIEWER: "Reviewer: screens and appraises",
    Role.LEAD: "Lead reviewer: also opens rounds, and lets count what many are told of",
    Role.ADMIN: "Admin: also sees status, mail and people",
    Role.COMMISSIONER: "Commissioner: reads",
}

PEOPLE = {
    PersonState.ACTIVE: "Can sign in",
    PersonState.INVITED: "Has not used the link yet",
    PersonState.RESET: "Waits for a new password",
    PersonState.DISABLED: "Disabled",
}
SOURCES = {
    "ok": "On time",
    "failing": "Not answering",
    "overdue": "Overdue",
    "disabled": "Switched off",
    "never": "Not asked yet",
}
FEEDS = {
    "ok": "Answering",
    "failing": "Not answering",
    "never": "Not asked yet",
    "disabled": "Switched off",
}

_MINUTE, _HOUR, _DAY = 60, 60 * 60, 24 * 60 * 60
_KILO = 1000


def standing(study: JoinedStudy) -> str:
    """Write where a study stands, behind "which": what it waits for, or what was decided on it."""
    if study.counts and study.stage in IN_WORK:
        return "counts, and is being appraised again"
    if study.stage is Stage.TO_APPRAISE:
        return "one person has appraised" if study.given else "waits to be appraised"
    return _STANDING[study.stage]


_STANDING = {
    Stage.DISAGREEMENT: "two people have appraised differently",
    Stage.AGREED: "two people have appraised, and waits to be decided",
    Stage.ACCEPTED: "is accepted and counts",
    Stage.NOT_COUNTED: "was appraised and does not count",
    Stage.WITHDRAWN: "counted once and was withdrawn",
}


def words(options: Iterable[StrEnum]) -> list[tuple[str, str]]:
    """Give the choices of a form, as pairs of value and words."""
    return [(option.value, formats.sentence(option.value)) for option in options]


def may_be(message: MessageView) -> tuple[str, ...]:
    """Say what an admin may do with a message; one whose digest awaits approval goes with that alone."""
    steps = MAY_BE.get(message.state, ())
    if not message.awaits_approval:
        return steps
    own = () if message.is_held else ("hold",)
    return (*own, *(step for step in steps if step != "release"))


def to_do(message: MessageView) -> str:
    """Name what may be done with a message; empty: nothing."""
    return " or ".join(STEPS[step] for step in may_be(message)).capitalize()


def yes_no(value: bool | None) -> str:  # noqa: FBT001 - a template hands it over by position
    """Write a fact that may not be known.

    >>> yes_no(True), yes_no(None)
    ('Yes', 'Not known')
    """
    return "Not known" if value is None else "Yes" if value else "No"


def since(value: datetime, now: datetime) -> str:
    """Write how long ago, in the largest unit that tells enough.

    >>> from datetime import UTC
    >>> then = datetime(2026, 3, 1, 6, 0, tzinfo=UTC)
    >>> since(then, then + timedelta(hours=5)), since(then, then + timedelta(days=1, hours=2))
    ('5 hours', '1 day')
    """
    seconds = max(0, int((now - value).total_seconds()))
    for size, unit in ((_DAY, "day"), (_HOUR, "hour"), (_MINUTE, "minute")):
        if seconds >= size:
            return formats.plural(seconds // size, unit)
    return "less than a minute"


def due(value: datetime, now: datetime) -> str:
    """Write when something comes next: "now", "today, 14:40", "tomorrow, 06:10", else in full."""
    if value <= now:
        return "now"
    zone = london()
    local = value.astimezone(zone)
    if local.date() - now.astimezone(zone).date() == timedelta(days=1):
        return f"tomorrow, {local:%H:%M}"
    return formats.lately(value, now)


def took(seconds: float | None) -> str:
    """Write a duration.

    >>> took(0.4), took(38.2), took(1560), took(None)
    ('under 1 s', '38 s', '26 min', 'not known')
    """
    if seconds is None:
        return "not known"
    if seconds < 1:
        return "under 1 s"
    return f"{round(seconds)} s" if seconds < _MINUTE else f"{round(seconds / _MINUTE)} min"


def size(count: int | None) -> str:
    """Write a size in bytes.

    >>> size(84_210_000), size(900), size(None)
    ('84 MB', '900 bytes', 'size not known')
    """
    if count is None:
        return "size not known"
    amount, unit = float(count), "bytes"
    for larger in ("kB", "MB", "GB", "TB"):
        if amount < _KILO:
            break
        amount, unit = amount / _KILO, larger
    return f"{amount:.0f} {unit}" if unit == "bytes" or amount >= 10 else f"{amount:.1f} {unit}"  # noqa: PLR2004 - two digits tell enough


def link(value: str | None) -> str | None:
    """Give an address only if a browser may safely follow it: http or https, printable.

    >>> link("https://example.org/a"), link("javascript:alert(1)"), link("//evil.example")
    ('https://example.org/a', None, None)
    """
    if value and value.isprintable() and value.lower().startswith(("https://", "http://")):
        return value
    return None


def news(source: SourceStatus, now: datetime) -> str:
    """Write whether a source had anything new: its second signal."""
    if source.state == "disabled" or source.last_success is None:
        return "not known"
    if source.failing_since:
        return f"not known since {formats.lately(source.last_success, now)}"
    if source.last_new is None:
        return "nothing yet"
    days = (now - source.last_new).days
    if days < 1:
        return formats.lately(source.last_new, now)
    return f"quiet {formats.plural(days, 'day')}"


FILTERS: dict[str, Callable[..., object]] = {
    "since": since,
    "due": due,
    "took": took,
    "bytes": size,
    "yes_no": yes_no,
    "news": news,
    "link": link,
}
