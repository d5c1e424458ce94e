"""What a registration's own fields say of its study: people, countries. Pure.

The readers of registries write them as labelled paragraphs of the abstract ("PARTICIPANTS: 120
enrolled", "COUNTRIES: Canada; Norway"). They beat the prose, which tells of the field as well.
"""

import re
from collections.abc import Iterator

from monitor.literature.design.places import country_named

_PARTICIPANTS = re.compile(r"^PARTICIPANTS: (?P<all>\d+[^\n]*)$", re.MULTILINE)
_COUNT = re.compile(r"(\d+)(?: (enrolled|planned))?(?=;|$)")
_COUNTRIES = re.compile(r"^COUNTRIES: (?P<all>[^\n]+)$", re.MULTILINE)


def people(abstract: str) -> tuple[tuple[str, str], ...]:
    """Give the number that a registry keeps, with its line: "120 enrolled", else "120 planned"."""
    met = _PARTICIPANTS.search(abstract)
    if met is None:
        return ()
    counts = {kind or "planned": number for number, kind in _COUNT.findall(met["all"])}
    for kind in ("enrolled", "planned"):
        if int(counts.get(kind, 0)):
            return ((f"{counts[kind]} {kind}", met[0].strip()),)
    return ()


def countries(abstract: str) -> tuple[tuple[str, str], ...]:
    """Give the countries that a registry keeps, by our names, each with its line."""
    met = _COUNTRIES.search(abstract)
    names = met["all"].split(";") if met else ()
    ours = dict.fromkeys(country_named(name) for name in names if name.strip())
    return tuple((name, met[0].strip()) for name in ours) if met else ()


def prose(lines: list[str]) -> Iterator[str]:
    """Leave out the lines that the registry's own fields stand in."""
    yield from (
        one for one in lines if not re.match(r"(?:PARTICIPANTS|COUNTRIES|DATES|STATUS):", one)
    )
