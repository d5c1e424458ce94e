"""The interval of what trials show as a bar over a band, in cells that every mail program draws. Pure.

The band is what is too small to matter; right of its middle favours the intervention. A bar that is
not settled has a dashed edge and no fill, so that short and inside is not taken for long and across.
"""

from dataclasses import dataclass

from monitor.catalogue.words import Label
from monitor.evidence.shown import ShownFinding

WIDTH = 240  # pixels, from -1 to 1 standard deviation
_LEAST = 4  # pixels of a bar that can still be seen
_UNSETTLED = frozenset({Label.NOT_SETTLED, Label.DISAGREE, Label.NOTHING})


@dataclass(frozen=True, slots=True)
class Bar:
    """Where a bar begins and how wide it is, in pixels; ``solid``: its label is settled."""

    left: int
    width: int
    solid: bool

    @property
    def right(self) -> int:
        """How much is left beside it."""
        return WIDTH - self.left - self.width


def of(line: ShownFinding) -> Bar | None:
    """Draw the interval of a line; None where no size is known.

    >>> from monitor.catalogue.words import Label
    >>> of(Shown("usual care", "attachment", Label.COMPARISON, "", -0.45, -0.84, -0.06, 1, 104, True))
    Bar(left=19, width=94, solid=True)
    """
    if line.low is None or line.high is None:
        return None
    left = min(_pixel(line.low), WIDTH - _LEAST)
    width = max(_pixel(line.high) - left, _LEAST)
    return Bar(left, width, line.label not in _UNSETTLED)


def note(bar: Bar | None) -> str:
    """Say how a bar is read; nothing where there is none."""
    if bar is None:
        return ""
    kind = "Upper bar: the result" if bar.solid else "Upper, dashed bar: the result, not settled"
    return f"{kind}; right of the middle favours the intervention; wide grey: too small to matter."


def _pixel(difference: float) -> int:
    return round((min(max(difference, -1.0), 1.0) + 1) * WIDTH / 2)
