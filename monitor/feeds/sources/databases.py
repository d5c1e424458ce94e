"""Databases that are searched by people: what each is called, and where it is searched.

They have no interface for programs that is free to use, or none at all. People search them with
the strings of ``syntaxes`` and bring the export; its records, and the attempt, are that database's.
Pure.
"""

from enum import StrEnum
from typing import NamedTuple

from monitor.feeds.sources import SOURCES
from monitor.kernel.errors import ConfigError
from monitor.kernel.settings import Settings

BROUGHT = "import"  # a file that nobody said where from


class Platform(StrEnum):
    """Where a database is searched: each has a syntax of its own."""

    OVID = "Ovid"
    EBSCO = "EBSCOhost"
    PROQUEST = "ProQuest"
    PLAIN = "a plain search box"


class BibliographicDatabase(NamedTuple):
    """One of them. ``platforms``: on which it is offered, as far as known; libraries differ."""

    name: str
    title: str
    platforms: tuple[Platform, ...]


DATABASES: dict[str, BibliographicDatabase] = {
    one.name: one
    for one in (
        BibliographicDatabase(
            "psycinfo", "APA PsycINFO", (Platform.OVID, Platform.EBSCO, Platform.PROQUEST)
        ),
        BibliographicDatabase("eric", "ERIC", (Platform.EBSCO, Platform.PROQUEST, Platform.OVID)),
        BibliographicDatabase("assia", "ASSIA", (Platform.PROQUEST,)),
        BibliographicDatabase("socialcareonline", "Social Care Online", (Platform.PLAIN,)),
        BibliographicDatabase("cinahl", "CINAHL", (Platform.EBSCO,)),
        BibliographicDatabase("embase", "Embase", (Platform.OVID,)),
        BibliographicDatabase(
            "childdevelopment", "Child Development & Adolescent Studies", (Platform.EBSCO,)
        ),
        BibliographicDatabase("socialservices", "Social Services Abstracts", (Platform.PROQUEST,)),
        BibliographicDatabase(
            "proquesttheses", "ProQuest Dissertations & Theses", (Platform.PROQUEST,)
        ),
        BibliographicDatabase("ictrp", "WHO ICTRP", (Platform.PLAIN,)),
        BibliographicDatabase("ctis", "EU CTIS", (Platform.PLAIN,)),
    )
}


def check(settings: Settings) -> None:
    """Hold the settings to the databases there are.

    Raises:
        ConfigError: they name one that there is not.
    """
    wrong = sorted(settings.sources.by_file.keys() - DATABASES.keys())
    if wrong:
        known = ", ".join(DATABASES)
        told = (
            f"sources.by_file.{name}: there is no such database; known: {known}" for name in wrong
        )
        raise ConfigError("\n".join(told))


def is_brought(name: str) -> bool:
    """Tell whether people bring a source's records, by file."""
    return name == BROUGHT or name in DATABASES


def in_words(name: str) -> str:
    """Call a source as readers know it; one no longer known keeps its name.

    >>> in_words("import"), in_words("psycinfo")
    ('a file somebody brought', 'APA PsycINFO, by file')
    """
    if name == BROUGHT:
        return "a file somebody brought"
    if name in DATABASES:
        return f"{DATABASES[name].title}, by file"
    return SOURCES[name].title if name in SOURCES else name
