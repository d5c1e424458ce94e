"""The smallest sets of studies without which something would be otherwise: found by trying. Pure."""

import itertools
import math
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from monitor.kernel.language.english import either, listed, number

LARGEST = 3  # studies taken away together
# Studies weighed over all tries: what a page may spend. Sizes that would need more are not tried.
WEIGHED = 2_000
_NAMED = 4  # sets that are named


@dataclass(frozen=True, slots=True)
class Smallest:
    """Every set of the smallest size that does it; none where ``sets`` is empty.

    All sets of up to ``tried`` of the ``of`` studies were tried.
    """

    sets: tuple[tuple[str, ...], ...]
    tried: int
    of: int


def smallest(
    names: Sequence[str], without: Callable[[Collection[int]], bool], *, weighed: int = WEIGHED
) -> Smallest:
    """Try every one, every two, every three of some studies, until some size does it.

    ``without`` tells of the positions taken away whether that does it. A size is tried whole or
    not at all, so that what is found does not hang on the order or on how fast the machine is.
    """
    left, tried = weighed, 0
    for size in range(1, min(LARGEST, len(names)) + 1):
        left -= math.comb(len(names), size) * len(names)
        if left < 0:
            break
        tried = size
        sets = [some for some in itertools.combinations(range(len(names)), size) if without(some)]
        if sets:
            named = tuple(tuple(names[at] for at in some) for some in sets)
            return Smallest(named, tried, len(names))
    return Smallest((), tried, len(names))


def in_words(search: Smallest, *, does: str, stays: str) -> str:
    """Tell what was found, in a sentence that ends with what then would be, or would stay.

    >>> in_words(Smallest((("A",),), 1, 3), does="it would be weak", stays="it would stay")
    'Without A, it would be weak.'
    >>> in_words(Smallest((), 3, 3), does="it would be weak", stays="it would stay")
    'Without any or all of the three studies since the review that count, it would stay.'
    >>> in_words(Smallest((), 2, 40), does="it would be weak", stays="it would stay")
    'Without any one or two of the 40 studies since the review that count, it would stay. Larger sets were not tried, being too many.'
    """
    if search.sets:
        return f"Without {_sets(search.sets)}, {does}."
    if search.of == 0:
        return f"No study since the review counts here, so none can fall away: {stays}."
    if search.tried == 0:
        return f"Which of the {search.of:,} studies decide this was not tried, being too many."
    if search.tried >= search.of:
        every = (
            "the one study" if search.of == 1 else f"any or all of the {number(search.of)} studies"
        )
        return (
            f"Without {every} since the review that count{'s' if search.of == 1 else ''}, {stays}."
        )
    up_to = ("one", "one or two", "one, two or three")[search.tried - 1]
    why = "" if search.tried == LARGEST else ", being too many"
    return (
        f"Without any {up_to} of the {number(search.of)} studies since the review that count, "
        f"{stays}. Larger sets were not tried{why}."
    )


def _sets(sets: Sequence[Sequence[str]]) -> str:
    size, others = len(sets[0]), len(sets) - 1
    if size > 1 or not others:
        both = " together" if size > 1 else ""
        such = f"{number(others)} other such set{'s' if others > 1 else ''}"
        return f"{listed(list(sets[0]))}{both}{f' (or {such})' if others else ''}"
    singles = [some[0] for some in sets]
    if len(singles) <= _NAMED:
        return f"any one of {either(singles)}"
    rest = number(len(singles) - _NAMED)
    return f"any one of {', '.join(singles[:_NAMED])} or {rest} more"
