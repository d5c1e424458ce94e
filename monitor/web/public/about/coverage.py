"""What each source holds of the studies known, how late studies were found, and how fast since."""

from collections.abc import Mapping

from flask import Blueprint, Response, render_template

from monitor.feeds.sources import SOURCES
from monitor.ops.coverage import queries
from monitor.ops.coverage.rules import LATE_DAYS, CoveragePlace, Overlap
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
        covered = queries.coverage(session, here.settings, here.catalogue)
    titles = {place.key: place.title for place in covered.places}
    return render_template(
        "public/about/coverage.html",
        found=covered,
        names={
            intervention.slug: intervention.short for intervention in here.catalogue.interventions
        },
        only={row.slug: _only(row.only, titles) for row in (*covered.rows, covered.total)},
        marks=[_mark(overlap, covered.places, titles) for overlap in covered.overlaps[:_SHARES]],
        others=sum(overlap.studies for overlap in covered.overlaps[_SHARES:]),
        largest=max((overlap.studies for overlap in covered.overlaps), default=1),
        width=LEFT + STEP * len(covered.places) + BAR_AT + BAR,
        at={place.key: LEFT + STEP * number for number, place in enumerate(covered.places)},
        bar_at=LEFT + STEP * len(covered.places),
        bar=BAR,
        late=covered.late[:_LATE],
        late_days=LATE_DAYS,
        limits=[(source.title, source.limits) for source in SOURCES.values() if source.limits],
        unsearched=[
            source.title
            for source in SOURCES.values()
            if source.is_searched
            and not (source.enabled(here.settings) and source.searched(here.settings))
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
    overlap: Overlap, places: tuple[CoveragePlace, ...], titles: Mapping[str, str]
) -> tuple[str, Overlap, list[str]]:
    """Give a row of the figure: who holds them, in words, and the places in their order."""
    held = [place.key for place in places if place.key in overlap.places]
    names = [titles[key] for key in held]
    words = f"Only {names[0]}" if len(names) == 1 else formats.listed(names)
    return words, overlap, held
