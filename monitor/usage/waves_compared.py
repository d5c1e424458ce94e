"""Whether use changed from one wave to the next: four conditions, and never otherwise. Pure.

Source: the method of findings, section 9. A new figure that fails one is a new figure, not a change.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from monitor.usage.intervals import Share, holm, newcombe, pooled_p

LEAST_CHANGE = Fraction(5, 100)
ALPHA = 0.05

_WORDS = re.compile(r"[^\W_]+(?:'[^\W_]+)*")


class Condition(StrEnum):
    """What a change of use must meet; the first two say whether there is anything to compare."""

    BOTH = "a figure in both waves"
    UNIT = "same unit"
    QUESTION = "same question"
    INTERVAL = "interval excludes 0"
    SIZE = "difference reaches 5 points"
    HOLM = "survives Holm"


@dataclass(frozen=True, slots=True)
class Figure:
    """One intervention's share in one wave. ``question`` and ``unit`` are None where not known."""

    share: Share
    question: str | None
    unit: str | None


@dataclass(frozen=True, slots=True)
class WaveComparison:
    """A new figure against the one before: fractions, after − before; None where not compared.

    ``failed`` names the conditions that do not hold.
    """

    failed: tuple[Condition, ...]
    difference: float | None = None
    low: float | None = None
    high: float | None = None
    p: float | None = None
    p_holm: float | None = None

    @property
    def changed(self) -> bool:
        """Whether use changed: every condition holds."""
        return not self.failed


def compare(before: Mapping[str, Figure], after: Mapping[str, Figure]) -> dict[str, WaveComparison]:
    """Compare each intervention of a new wave with the wave before; Holm over those compared."""
    why_not = {slug: _why_not(before.get(slug), figure) for slug, figure in after.items()}
    compared = [slug for slug, why in why_not.items() if not why]
    p_values = [pooled_p(before[slug].share, after[slug].share) for slug in compared]
    adjusted = dict(zip(compared, zip(p_values, holm(p_values), strict=True), strict=True))
    return {
        slug: WaveComparison(failed=why)
        if why
        else _compared(before[slug].share, after[slug].share, *adjusted[slug])
        for slug, why in why_not.items()
    }


def same_question(question: str | None, other: str | None) -> bool:
    """Tell whether two questions are the same, word for word; one not known is never the same.

    Case, spacing and punctuation between words do not count. Every word does.
    """
    words = _words(question)
    return bool(words) and words == _words(other)


def differing_words(question: str | None, other: str | None) -> tuple[str, str]:
    """Give the part of each question where they part, without the words both begin and end with."""
    a, b = _words(question), _words(other)
    start = 0
    while start < min(len(a), len(b)) and a[start] == b[start]:
        start += 1
    end = 0
    while end < min(len(a), len(b)) - start and a[-1 - end] == b[-1 - end]:
        end += 1
    return " ".join(a[start : len(a) - end]), " ".join(b[start : len(b) - end])


def _words(question: str | None) -> Sequence[str]:
    plain = unicodedata.normalize("NFKC", question or "").replace("’", "'").casefold()
    return _WORDS.findall(plain)


def _why_not(before: Figure | None, after: Figure) -> tuple[Condition, ...]:
    if before is None:
        return (Condition.BOTH,)
    unit = (before.unit or "").casefold() == (after.unit or "").casefold()
    question = same_question(before.question, after.question)
    holds = {Condition.UNIT: unit, Condition.QUESTION: question}
    return tuple(condition for condition, yes in holds.items() if not yes)


def _compared(before: Share, after: Share, p: float, p_holm: float) -> WaveComparison:
    difference, low, high = newcombe(before, after)
    exact = Fraction(after.numerator, after.denominator) - Fraction(
        before.numerator, before.denominator
    )
    holds = {
        Condition.INTERVAL: low > 0 or high < 0,
        Condition.SIZE: abs(exact) >= LEAST_CHANGE,
        Condition.HOLM: p_holm <= ALPHA,
    }
    failed = tuple(condition for condition, yes in holds.items() if not yes)
    return WaveComparison(failed, difference, low, high, p, p_holm)
