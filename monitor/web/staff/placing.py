"""Says in words why an open paper stands where it does, and in numbers what each part adds. Pure."""

from dataclasses import dataclass

from monitor.literature.ranking.order import WORDS, trust_left
from monitor.literature.ranking.prior import DESIGN, NAMES, OUTCOME, RECENT
from monitor.review.queries import QueueStanding, Taught

_DESIGNS = {
    "randomised": "randomised trial",
    "non-randomised": "study with a comparison group",
    "single-group": "study of one group",
    "case": "case report or series",
    "follow-up": "follow-up or second analysis",
    "protocol": "protocol",
    "registration": "registration",
    "review": "review",
    "qualitative": "qualitative study",
    "economic": "economic study",
    "notice": "notice or comment",
}
_NAMED = {
    "title": "named in the title",
    "elsewhere": "named in the abstract or keywords",
    "passing": "named only in passing",
}
# Below it the prior no longer tells two papers apart, and naming its parts would mislead.
_COUNTS = 0.1
# By these a paper's words are called like or unlike; most papers lie between.
_SOMEWHAT, _MUCH = 0.03, 0.1
_AMOUNT = "{:.3f}"


@dataclass(frozen=True, slots=True)
class PartRow:
    """One part of a score: what is looked at, what was read, what it adds."""

    what: str
    read: str
    adds: str


def reasons(standing: QueueStanding, taught: Taught) -> list[str]:
    """Name what a paper's place rests on, in the order of the parts."""
    parts = []
    if trust_left(taught.included, taught.excluded) >= _COUNTS:
        parts = [_design(standing), _names(standing)]
        parts += ["tells of attachment"] if standing.attachment else []
        parts.append(_year(standing))
    return parts + ([_likeness(standing)] if taught.decisions else [])


def rows(standing: QueueStanding) -> list[PartRow]:
    """List the parts of a score as the paper's page shows them; they add up to the score."""
    read = {
        WORDS: ("Words", _likeness(standing)),
        DESIGN: ("Design", _design(standing)),
        NAMES: ("Names of the ten", _names(standing)),
        OUTCOME: (
            "Outcome",
            "tells of attachment" if standing.attachment else "does not tell of attachment",
        ),
        RECENT: ("Year", _year(standing)),
    }
    return [
        PartRow(what, said, amount(standing.parts[part]))
        for part, (what, said) in read.items()
        if part in standing.parts
    ]


def amount(value: float) -> str:
    """Write what a part adds.

    >>> amount(0.35), amount(-0.0421)
    ('0.350', '−0.042')
    """
    return _AMOUNT.format(value).replace("-", "−")


def share_left(taught: Taught) -> str:
    """Write how much the prior still counts, as a share.

    >>> share_left(Taught()), share_left(Taught(3, 40)), share_left(Taught(20, 40))
    ('100%', '12%', 'less than 1%')
    """
    percent = 100 * trust_left(taught.included, taught.excluded)
    return f"{percent:.0f}%" if percent >= 1 else "less than 1%"


def _design(standing: QueueStanding) -> str:
    return _DESIGNS.get(standing.design or "", "design not clear")


def _names(standing: QueueStanding) -> str:
    return _NAMED.get(standing.named or "", "names none of the ten")


def _year(standing: QueueStanding) -> str:
    return str(standing.year) if standing.year else "year not known"


def _likeness(standing: QueueStanding) -> str:
    words = standing.parts.get(WORDS, 0.0)
    if words >= _MUCH:
        return "reads much like papers included so far"
    if words >= _SOMEWHAT:
        return "reads somewhat like papers included so far"
    if words <= -_SOMEWHAT:
        return "reads like papers excluded so far"
    return "reads like neither those included nor those excluded"
