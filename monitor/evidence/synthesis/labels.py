"""What a pooled effect is called: the label, by the interval against a difference that matters. Pure.

Cochrane Handbook 12.4 and 15.3: by the interval, never by whether p is below a line; and "not
settled" is never called "no difference".
"""

from monitor.catalogue.words import Label
from monitor.evidence.synthesis.pooling import Method, Pool

# As ``label`` tries them, in words: δ is the difference that matters.
CASES = (
    ("lies between −δ and δ", Label.NO_DIFFERENCE),
    ("begins at δ or above", Label.BENEFIT),
    ("begins above 0, around an estimate of δ or more", Label.PROBABLE),
    ("begins above 0", Label.SLIGHT),
    ("ends below 0", Label.COMPARISON),
    ("is anything else", Label.NOT_SETTLED),
    ("is not worked out, since up to four trials disagree", Label.DISAGREE),
)
_LEANS = {1: ", leans to benefit", -1: ", leans to the comparison", 0: ""}
BENEFITS = frozenset({Label.BENEFIT, Label.PROBABLE, Label.SLIGHT})


def label(pooled: Pool, delta: float) -> Label:
    """Name a pool. Total; the cases are tried in the order of the method's table."""
    if pooled.method is Method.APART:
        return Label.DISAGREE
    if pooled.estimate is None or pooled.ci_low is None or pooled.ci_high is None:
        return Label.NOTHING
    low, high, estimate = map(_exact, (pooled.ci_low, pooled.ci_high, pooled.estimate))
    if -delta < low and high < delta:
        name = Label.NO_DIFFERENCE
    elif low >= delta:
        name = Label.BENEFIT
    elif low > 0:
        name = Label.PROBABLE if estimate >= delta else Label.SLIGHT
    elif high < 0:
        name = Label.COMPARISON
    else:
        name = Label.NOT_SETTLED
    return name


def in_words(pooled: Pool, delta: float) -> str:
    """Write a pool's label with what it adds: which way it leans, how far settings vary."""
    verdict = label(pooled, delta)
    if verdict is Label.NOT_SETTLED:
        return verdict + _LEANS[_leaning(_exact(pooled.estimate or 0.0), delta)]
    if verdict in BENEFITS and pooled.pi_low is not None and _exact(pooled.pi_low) < 0:
        harm = " or harm" if _exact(pooled.pi_low) < -delta else ""
        return f"{verdict}; varies: a new setting may see none{harm}"
    return verdict.value


def of_signs(towards: int, heard: int) -> str:
    """Write what directions alone say. Counts signs of estimates, never p values."""
    if not heard:
        return Label.NOTHING.value
    return f"{towards} of {heard} point towards benefit; size not known"


def _exact(value: float) -> float:
    """Round off what sums of decimals leave in the last digits: trials of 0.2 average 0.2."""
    return round(value, 9)


def _leaning(estimate: float, delta: float) -> int:
    return int(estimate >= delta) - int(estimate <= -delta)
