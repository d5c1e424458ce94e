"""Invented waves of use for tests of several packages: the table and what is said about it."""

from datetime import date

from monitor.catalogue import loader
from monitor.usage import service, wave_table

QUESTION = "Which of these has your service offered in the last 12 months?"
HEAD = "intervention,numerator,denominator,unit,nation,sector,area,rank_low,rank_high"
SLUGS = loader.load().slugs
BY = "admin:1"
# the worked example of the method, and nine that move by chance
BEFORE = dict(zip(SLUGS, (158, 44, 177, 60, 150, 160, 300, 80, 257, 280), strict=True))
AFTER = dict(zip(SLUGS, (99, 42, 165, 57, 141, 150, 282, 75, 242, 263), strict=True))
_ABOUT = {
    "name": "Services 2026",
    "instrument": "An invented survey",
    "version": "1",
    "question": QUESTION,
    "field_from": date(2026, 5, 1),
    "field_to": date(2026, 7, 31),
    "frame": "Invented: every service on an invented list",
    "unit": "services",
    "mode": "web",
    "promoters": ["An invented network"],
    "citation": "Invented survey of services, 2026",
    "responses": 625,
    "services": 734,
}
LATER = {
    "name": "Services 2029",
    "field_from": date(2029, 2, 1),
    "field_to": date(2029, 4, 30),
    "responses": 590,
    "services": 690,
    "invited": 2140,
    "citation": "Invented survey of services, 2029",
}


def about(**changes) -> bytes:
    """Write what is said about a wave; a value of None leaves its key out."""
    said = {key: value for key, value in {**_ABOUT, **changes}.items() if value is not None}
    return "\n".join(f"{key} = {_toml(value)}" for key, value in said.items()).encode()


def table(counts=None, denominator=734, more=(), head=HEAD) -> bytes:
    """Write a table of all who were asked, a row an intervention, then ``more`` lines."""
    rows = [
        f"{slug},{count},{denominator},services,,,,," for slug, count in (counts or BEFORE).items()
    ]
    return "\n".join([head, *rows, *more]).encode()


def read(table_: bytes, about_: bytes) -> wave_table.ReadWave:
    """Read a wave by the catalogue of the product."""
    return wave_table.read(table_, about_, loader.load())


def draft(session, at, counts=None, denominator=734, more=(), **changes):
    """Keep a wave as a draft."""
    found = read(table(counts, denominator, more), about(**changes))
    assert not found.problems, found.problems
    return service.draft(session, found, by=BY, at=at)


def first(session, at, **changes):
    """Draft the wave of 2026."""
    return draft(session, at, **changes)


def later(session, at, **changes):
    """Draft the wave of 2029: one of the ten changed."""
    return draft(session, at, AFTER, 690, **{**LATER, **changes})


def _toml(value) -> str:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list):
        return "[" + ", ".join(_toml(one) for one in value) + "]"
    return str(value) if isinstance(value, int) else '"' + str(value).replace('"', '\\"') + '"'
