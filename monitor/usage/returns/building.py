"""A wave made of services' returns: as the files of a survey are, and no single service in it. Pure."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from monitor.catalogue.loader import Catalogue
from monitor.usage.about import AboutWave, GoldStandard
from monitor.usage.returns import rules
from monitor.usage.returns.rules import ServiceAnswers
from monitor.usage.splits import FEWEST, shown_parts
from monitor.usage.standing import period
from monitor.usage.wave_table import ReadWave, WaveTableRow

_Part = tuple[str, str, str]  # nation, sector, area
_WHOLE: _Part = ("", "", "")


@dataclass(frozen=True, slots=True)
class Given:
    """What one service answered, and what is known of it. One address may answer for several."""

    address: str
    kind: str
    nation: str
    area: str
    answers: ServiceAnswers


@dataclass(frozen=True, slots=True)
class AskedServices:
    """What was asked, of whom and when. ``invited`` counts addresses, as responses do."""

    name: str
    question: str
    instrument: str
    version: str
    frame: str
    promoters: tuple[str, ...]
    field_from: date
    field_to: date
    invited: int


def wave(asked: AskedServices, given: Sequence[Given], catalogue: Catalogue) -> ReadWave:
    """Make a wave of returns, as if it had been read from files; at least one is needed.

    A service counts once; those that one address answered for are one response. What may not be
    shown is not made at all: a part of fewer than ten, and any count where fewer answered in all.
    """
    parts = _parts(given) if len(given) >= FEWEST else {}
    rows = tuple(
        WaveTableRow(
            line=number,
            slug=slug,
            nation=part[0],
            sector=part[1],
            area=part[2],
            numerator=sum(slug in service.answers.offered for service in of),
            denominator=len(of),
            ranks=(),
            out_of=None,
        )
        for number, (slug, (part, of)) in enumerate(
            ((slug, each) for slug in catalogue.slugs for each in parts.items()), start=1
        )
    )
    about = _about(asked, given, catalogue)
    content = [
        about.model_dump(mode="json"),
        [[*row.part, row.slug, row.numerator] for row in rows],
    ]
    digest = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
    return ReadWave(about, rows, (), digest)


def _about(asked: AskedServices, given: Sequence[Given], catalogue: Catalogue) -> AboutWave:
    when = period(asked.field_from, asked.field_to)
    services_of = Counter(service.address for service in given)
    return AboutWave(
        name=asked.name,
        instrument=asked.instrument,
        version=asked.version,
        question=asked.question,
        field_from=asked.field_from,
        field_to=asked.field_to,
        frame=asked.frame,
        unit="services",
        mode=rules.MODE,
        promoters=asked.promoters,
        citation=f"Gap Monitor: services’ own returns, “{asked.name}”, {when}",
        responses=len(services_of),
        services=len(given),
        services_per_response=dict(Counter(services_of.values())),
        invited=asked.invited,
        gold_standard=_gold_standard(given, catalogue),
    )


def _gold_standard(given: Iterable[Given], catalogue: Catalogue) -> GoldStandard | None:
    """Count who uses a gold-standard measure, of those who knew; None where fewer than ten did."""
    is_gold = catalogue.measures.is_gold
    said = [rules.uses_gold_standard(service.answers, is_gold) for service in given]
    known = [uses for uses in said if uses is not None]
    if len(known) < FEWEST:
        return None
    return GoldStandard(
        question=rules.MEASURES_QUESTION, numerator=sum(known), denominator=len(known)
    )


def _parts(given: Sequence[Given]) -> dict[_Part, list[Given]]:
    """Give all, then each part that may be shown, with those who are in it."""
    parts: dict[_Part, list[Given]] = {_WHOLE: list(given)}
    by_nation = Counter(service.nation for service in given if service.nation)
    by_sector = Counter(service.kind for service in given if service.kind)
    nations = shown_parts(by_nation, len(given))
    areas = _areas(given, nations)
    for nation in _in_order(nations, by_nation):
        parts[nation, "", ""] = [service for service in given if service.nation == nation]
    for sector in _in_order(shown_parts(by_sector, len(given)), by_sector):
        parts["", sector, ""] = [service for service in given if service.kind == sector]
    for area in _in_order(areas, areas):
        parts["", "", area] = [service for service in given if _area(service) == area]
    return parts


def _areas(given: Sequence[Given], nations: Iterable[str]) -> dict[str, int]:
    """Choose the areas to show, with how many services each is of.

    Everybody knows which nation an area is in: only areas of nations that are shown, and so that a
    nation less its areas is nothing or ten services too. No sum of what is shown then leaves fewer.
    """
    chosen: dict[str, int] = {}
    for nation in nations:
        of = [service for service in given if service.nation == nation]
        counts = Counter(area for service in of if (area := _area(service)))
        chosen |= {area: counts[area] for area in shown_parts(counts, len(of))}
    return chosen


def _area(service: Given) -> str:
    return service.area if service.answers.may_show_area else ""


def _in_order(names: Iterable[str], counts: Mapping[str, int]) -> list[str]:
    return sorted(names, key=lambda name: (-counts[name], name))
