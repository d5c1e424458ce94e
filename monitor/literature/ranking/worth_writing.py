"""Which scores of a new order are worth writing: those that anybody could see move. Pure.

With every decision nearly every score of a long queue changes by a hair. What stands at its head
is kept to the last digit; of what stands deeper, a score is written once it, or one of its parts,
is further from the right one than a page shows.
"""

import heapq
from collections.abc import Mapping
from dataclasses import dataclass, field

Parts = dict[str, float]

# Two digits are shown of a part: less than half of the last cannot be seen.
UNSEEN = 0.005
# Papers at the head of the queue that stand exactly: five pages.
HEAD = 250


@dataclass(slots=True)
class Moves:
    """The scores that change, taken in one by one, in any order."""

    _best: list[float] = field(default_factory=list)  # a heap of the highest new scores
    _seen: dict[int, Parts] = field(default_factory=dict)
    _unseen: dict[int, tuple[float, Parts]] = field(default_factory=dict)

    def add(self, paper_id: int, before: Mapping[str, float], now: Parts) -> None:
        """Take a paper in: the parts its score had, and those it is to have."""
        score = sum(now.values())
        if len(self._best) < HEAD:
            heapq.heappush(self._best, score)
        elif score > self._best[0]:
            heapq.heapreplace(self._best, score)
        if before == now:
            return
        if is_seen(before, now):
            self._seen[paper_id] = now
        elif (highest := max(score, sum(before.values()))) >= self._last:
            self._unseen[paper_id] = (highest, now)

    def worth_writing(self) -> dict[int, Parts]:
        """Give the parts of each paper whose score is to be written."""
        last = self._last
        head = {one: now for one, (highest, now) in self._unseen.items() if highest >= last}
        return self._seen | head

    @property
    def _last(self) -> float:
        """The lowest score that stands at the head as far as is known, which only rises."""
        return self._best[0] if len(self._best) == HEAD else float("-inf")


def is_seen(before: Mapping[str, float], now: Mapping[str, float]) -> bool:
    """Tell whether a score, or one of its parts, has moved by as much as a page shows."""
    if before.keys() != now.keys():
        return True
    moves = [now[part] - before[part] for part in now]
    # parts have four digits: the rest is what binary fractions leave
    return any(round(abs(move), 6) >= UNSEEN for move in (*moves, sum(moves)))
