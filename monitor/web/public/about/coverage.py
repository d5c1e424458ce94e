"""What each source holds of the studies known, how late studies were found, and how fast since."""

from collections.abc import Mapping

from flask import Blueprint, Response, render_template

from monitor.feeds.sources import SOURCES
from monitor.ops.coverage import queries
from monitor.ops.coverage.rules import LATE_DAYS, Overlap, Place
from monitor.web import formats
from monitor.web.current import service
from monitor.web.public import rendered
from monitor.web.public.ten.csv_tables import csv_answer

blueprint = Blueprint("coverage", __name__)

STEP, LEFT, BAR_AT, BAR = (
    24,
    11,
    16,
    120,
)  # pixels: between circles, to the first, to the bar, its length
_LATE = 50  # of the log
_SHARES = 12  # of the overlap figure; the rest are told in a sentence


@blueprint.get("/coverage")
@rendered.once()
def coverage() -> str:
    """Show the table, the figure, the log and the pace."""
    here = service()
    with here.database.read() as session:
        found = queries.coverage(session, here.settings, here.catalogue)
    titles = {place.key: place.title for place in found.places}
    return render_template(
        "public/about/coverage.html",
        found=found,
        names={one.slug: one.short for one in here.catalogue.interventions},
        only={row.slug: _only(row.only, titles) for row in (*found.rows, found.total)},
        marks=[_mark(one, found.places, titles) for one in found.overlaps[:_SHARES]],
        others=sum(one.studies for one in found.overlaps[_SHARES:]),
        largest=max((one.studies for one in found.overlaps), default=1),
        width=LEFT + STEP * len(found.places) + BAR_AT + BAR,
        at={place.key: LEFT + STEP * number for number, place in enumerate(found.places)},
        bar_at=LEFT + STEP * len(found.places),
        bar=BAR,
        late=found.late[:_LATE],
        late_days=LATE_DAYS,
        limits=[(one.title, one.limits) for one in SOURCES.values() if one.limits],
        unsearched=[
            one.title
            for one in SOURCES.values()
            if one.is_searched and not (one.enabled(here.settings) and one.searched(here.settings))
        ],
    )


@blueprint.get("/coverage/studies.csv")
@rendered.once(file=True)
def studies() -> Response:
    """Give every decided study and every source that holds it, with the day since when."""
    here = service()
    with here.database.read() as session:
        rows = queries.held(session, here.catalogue)
    told = [
        {
            "study": row.study,
            "interventions": " ".join(row.slugs),
            "source": row.source,
            "held_since": f"{row.since:%Y-%m-%d}",
        }
        for row in rows
    ]
    columns = ("study", "interventions", "source", "held_since")
    return csv_answer(told, columns, "coverage", "/coverage")


def _only(only: Mapping[str, int], titles: Mapping[str, str]) -> str:
    """Say which places alone hold how many."""
    return ", ".join(f"{only[key]} {title}" for key, title in titles.items() if key in only)


def _mark(
    one: Overlap, places: tuple[Place, ...], titles: Mapping[str, str]
) -> tuple[str, Overlap, list[str]]:
    """Give a row of the figure: who holds them, in words, and the places in their order."""
    held = [place.key for place in places if place.key in one.places]
    names = [titles[key] for key in held]
    words = f"Only {names[0]}" if len(names) == 1 else formats.listed(names)
    return words, one, held
