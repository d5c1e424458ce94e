"""From events among people in two arms to an effect that can be pooled. Pure.

Source: Cochrane Handbook 6.4 and 10.4; ½ is added to each cell of a study where one is 0, as
metafor's ``escalc`` does.
"""

import math
from collections.abc import Callable
from enum import StrEnum

from monitor.kernel.errors import InvalidInput


class TwoByTwoMeasure(StrEnum):
    """What is compared; ratios as natural logarithms."""

    OR = "log odds ratio"
    RR = "log risk ratio"
    RD = "risk difference"


def from_counts(
    events_i: int, n_i: int, events_c: int, n_c: int, measure: TwoByTwoMeasure
) -> tuple[float, float]:
    """Give an effect and its variance.

    Raises:
        InvalidInput: the counts cannot be; the sentence names the column.
    """
    for arm, events, people in (("i", events_i, n_i), ("c", events_c, n_c)):
        if people <= 0:
            raise InvalidInput(f"n_{arm}: an arm of {people} people has no result")
        if not 0 <= events <= people:
            raise InvalidInput(f"events_{arm}: {events} events cannot happen to {people} people")
    cells = (events_i, n_i - events_i, events_c, n_c - events_c)
    added = 0.5 if 0 in cells else 0.0
    return _EFFECT[measure](*(cell + added for cell in cells))


def _odds_ratio(a: float, b: float, c: float, d: float) -> tuple[float, float]:
    return math.log(a * d / (b * c)), 1 / a + 1 / b + 1 / c + 1 / d


def _risk_ratio(a: float, b: float, c: float, d: float) -> tuple[float, float]:
    log = math.log(a / (a + b)) - math.log(c / (c + d))
    return log, 1 / a - 1 / (a + b) + 1 / c - 1 / (c + d)


def _risk_difference(a: float, b: float, c: float, d: float) -> tuple[float, float]:
    return a / (a + b) - c / (c + d), a * b / (a + b) ** 3 + c * d / (c + d) ** 3


_EFFECT: dict[TwoByTwoMeasure, Callable[[float, float, float, float], tuple[float, float]]] = {
    TwoByTwoMeasure.OR: _odds_ratio,
    TwoByTwoMeasure.RR: _risk_ratio,
    TwoByTwoMeasure.RD: _risk_difference,
}
