"""The small mark of a label: an interval against the band, never a vote. Pure; holds no words.

Scale −1 to 1, the same everywhere, so that marks compare down a column (design/README.md). Solid:
settled; dashed and hollow: not settled; two lines: results disagree; circles: signs alone.
"""

from dataclasses import dataclass, replace

from monitor.catalogue.shapes.methods import SynthesisPolicy
from monitor.catalogue.words import Label
from monitor.evidence.synthesis.findings import Finding, PoolLine, Signs
from monitor.evidence.synthesis.labels import label
from monitor.gap.memos.sheets import DrawnInterval
from monitor.web.public.shown.forest_marks import ForestMark, Scale, ends

WIDTH, HEIGHT = 96.0, 20.0
WIDE = 150.0  # where it stands alone
_EDGE, _STEP, _ROWS = 2.0, 9.0, (5.5, 14.5)
_MOST = 8  # circles on one side; more say no more than the words


@dataclass(frozen=True, slots=True)
class LabelMark:
    """What to draw: ``lines`` one or two intervals, ``pi`` where a new trial may fall, or circles."""

    scale: Scale
    lines: tuple[ForestMark, ...] = ()
    settled: bool = True
    pi: ForestMark | None = None
    circles: tuple[tuple[float, float], ...] = ()


def scale_of(policy: SynthesisPolicy) -> Scale:
    """Give the scale of every label's mark."""
    return Scale(1.0, policy.delta, WIDTH, _EDGE)


def label_mark(finding: Finding, policy: SynthesisPolicy) -> LabelMark | None:
    """Draw a finding's label; None: there is nothing to draw."""
    scale, line = scale_of(policy), finding.main
    if line.pool is None:
        circles = _circles(finding.signs)
        return LabelMark(scale, circles=circles) if circles else None
    if label(line.pool, policy.delta) is Label.DISAGREE:
        sized = sorted((o.yi, o.vi) for o in finding.index if o.yi is not None and o.vi is not None)
        ends_of = (sized[0], sized[-1])
        return LabelMark(scale, tuple(_placed(scale, y, *ends(y, v)) for y, v in ends_of))
    return of_line(line, policy)


def of_line(line: PoolLine, policy: SynthesisPolicy) -> LabelMark | None:
    """Draw one pool's label; None: it has no estimate."""
    scale, pool = scale_of(policy), line.pool
    if pool is None or pool.estimate is None or pool.ci_low is None or pool.ci_high is None:
        return None
    mark = _placed(scale, pool.estimate, pool.ci_low, pool.ci_high)
    wide = pool.pi_low is not None and pool.pi_high is not None
    pi = scale.span(pool.pi_low or 0.0, pool.pi_high or 0.0) if wide else None
    settled = label(pool, policy.delta) is not Label.NOT_SETTLED
    return LabelMark(scale, (mark,), settled, pi)


def of_interval(one: DrawnInterval) -> LabelMark:
    """Draw an interval by itself, wide."""
    scale = Scale(1.0, one.delta, WIDE, _EDGE)
    return LabelMark(scale, (_placed(scale, one.estimate, one.low, one.high),), one.settled)


def _placed(scale: Scale, estimate: float, low: float, high: float) -> ForestMark:
    """Place an interval; an estimate outside the scale has no dot, since the edge is not its place."""
    mark = scale.span(low, high, estimate)
    return mark if abs(estimate) <= scale.bound else replace(mark, at=None)


def _circles(signs: Signs) -> tuple[tuple[float, float], ...]:
    """Lay out a circle for each result: towards on the right, away on the left, in two rows."""
    middle = WIDTH / 2
    sides = ((signs.towards, _STEP), (signs.away, -_STEP))
    placed = [
        (middle + step * (n // 2 + 1), _ROWS[n % 2])
        for count, step in sides
        for n in range(min(count, _MOST))
    ]
    return (*placed, *((middle, row) for row in _ROWS[: min(signs.none, 2)]))
