"""Which rows of a results table are of one study, however it is named in them. Pure."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace

from monitor.evidence.results import Result
from monitor.feeds.identifiers.canonical import registrations_in


def samples(results: Iterable[Result]) -> dict[str, str]:
    """Give each name of a study the key under which its rows meet.

    Case and spacing make no difference. Names that carry one registration number are one study;
    and a study named by its number alone is the one whose figures it repeats to the last digit.
    """
    rows = list(results)
    keys = {name: _key(name) for name in {row.study for row in rows}}
    if bare := {name for name in keys if _is_a_number(name)}:
        keys |= _repeated(rows, bare, keys)
    return keys


def _key(name: str) -> str:
    numbers = registrations_in(name)
    return numbers[0].value if numbers else " ".join(name.casefold().split())


def _is_a_number(name: str) -> bool:
    numbers = registrations_in(name)
    return bool(numbers) and numbers[0].value.casefold() == "".join(name.casefold().split())


def _repeated(rows: list[Result], bare: set[str], keys: dict[str, str]) -> dict[str, str]:
    figures: dict[str, set[Result]] = defaultdict(set)
    for row in rows:
        figures[row.study].add(replace(row, study=""))
    named = {frozenset(told): keys[name] for name, told in sorted(figures.items())
             if name not in bare and any(row.people for row in told)}  # fmt: skip
    return {name: named[told] for name in bare if (told := frozenset(figures[name])) in named}
