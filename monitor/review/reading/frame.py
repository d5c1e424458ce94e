"""The frame of a study: which groups there were and which results are judged. Pure.

Which results are judged is decided for a study, as Cochrane reviews do it beforehand; what they
show and how far they can be trusted is judged by each reviewer alone. So a second reviewer starts
from the first one's frame, with every answer still to give; and where two started at the same
moment, their groups and results are matched by what they say.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from monitor.review.reading.model import Arm, Reading, ReadingResult, next_key

P = TypeVar("P", Arm, ReadingResult)

_THE_SAME, _ALIKE, _PERHAPS = 3, 2, 1  # how like two parts are


def frame(reading: Reading) -> Reading:
    """Give the groups and results of a reading, by name only."""
    return Reading(
        arms=tuple(
            Arm(
                key=arm.key,
                role=arm.role,
                intervention=arm.intervention,
                variant=arm.variant,
                name=arm.name,
            )
            for arm in reading.arms
        ),
        results=tuple(
            ReadingResult(
                key=result.key,
                experimental=result.experimental,
                comparator=result.comparator,
                outcome=result.outcome,
                measure=result.measure,
                months=result.months,
            )
            for result in reading.results
        ),
    )


def aligned(reading: Reading, to: Reading) -> Reading:
    """Give a reading under the keys of another one, wherever the two mean the same group or result.

    What the other does not have gets a key that it has not used. A reading that was started from
    the other's frame comes back as it is.
    """
    arms = _names(reading.arms, to.arms, _arm_likeness)
    renamed = [_with_arms(result, arms) for result in reading.results]
    results = _names(renamed, to.results, _result_likeness)
    return reading.model_copy(
        update={
            "arms": tuple(arm.model_copy(update={"key": arms[arm.key]}) for arm in reading.arms),
            "results": tuple(
                result.model_copy(update={"key": results[result.key]}) for result in renamed
            ),
        }
    )


def _names(
    own: Sequence[P], others: Sequence[P], likeness: Callable[[P, P], int]
) -> dict[str, str]:
    """Give the new key of each part: that of the other's part most like it, each given once."""
    left = list(others)
    names: dict[str, str] = {}
    for least in (_THE_SAME, _ALIKE, _PERHAPS):  # the surest first
        for part in own:
            match = next((other for other in left if likeness(part, other) >= least), None)
            if part.key not in names and match is not None:
                names[part.key] = match.key
                left.remove(match)
    return names | _new_keys([part.key for part in own if part.key not in names], others)


def _new_keys(keys: Iterable[str], others: Sequence[P]) -> dict[str, str]:
    taken = [other.key for other in others]
    names: dict[str, str] = {}
    for key in keys:
        names[key] = key if key not in taken else next_key(key[0], tuple(taken))
        taken.append(names[key])
    return names


def _arm_likeness(a: Arm, b: Arm) -> int:
    if a.intervention or b.intervention:
        if a.intervention == b.intervention:
            return _THE_SAME if _plain(a.variant) == _plain(b.variant) else _ALIKE
        return _PERHAPS if a.key == b.key and a.role is b.role else 0
    if a.role is not b.role:
        return 0
    if a.comparator is b.comparator and _plain(a.name) == _plain(b.name):
        return _THE_SAME
    return _ALIKE if a.comparator is b.comparator or _plain(a.name) == _plain(b.name) else _PERHAPS


def _result_likeness(a: ReadingResult, b: ReadingResult) -> int:
    if (a.experimental, a.comparator) != (b.experimental, b.comparator):
        return 0
    names = {_plain(a.measure), _plain(a.outcome)} & {_plain(b.measure), _plain(b.outcome)}
    same_time = a.months == b.months
    if names - {""}:
        return _THE_SAME if same_time else _PERHAPS
    if a.kind is b.kind is not None and same_time:
        return _ALIKE
    return _PERHAPS if a.key == b.key else 0


def _with_arms(result: ReadingResult, arms: dict[str, str]) -> ReadingResult:
    keys = {side: getattr(result, side) for side in ("experimental", "comparator")}
    return result.model_copy(update={side: arms.get(key, key) for side, key in keys.items()})


def _plain(words: str) -> str:
    return " ".join(words.casefold().split())
