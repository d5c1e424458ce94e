"""What trials of one intervention show: the page with its forest plots, and what can be taken away."""

from collections.abc import Callable

from flask import Blueprint, Response, render_template

from monitor.evidence.showing import showing
from monitor.gap import queries as gap
from monitor.kernel.errors import NotFound
from monitor.kernel.language import text
from monitor.kernel.language.uk import london
from monitor.web.current import now, service
from monitor.web.public import rendered
from monitor.web.public.shown import forest_files as files
from monitor.web.public.shown.findings_page import forests, page_of
from monitor.web.public.shown.forest import Forest
from monitor.web.public.shown.forest_files import LICENCE, FileSource

blueprint = Blueprint("findings", __name__)


@blueprint.get("/interventions/<slug>/findings")
@rendered.once()
def findings(slug: str) -> str:
    """Show what trials show, by kind of comparison and class of outcome; harms; what is left out."""
    catalogue = service().catalogue
    about = catalogue.intervention(slug)
    with service().database.read() as session:
        shown = showing(session, catalogue, slug)
        state = gap.state(session, slug)
    return render_template(
        "public/interventions/findings.html",
        about=about,
        state=state,
        page=page_of(shown, catalogue),
        delta=catalogue.synthesis.delta,
        policy=catalogue.synthesis,
        licence=LICENCE,
        source=_source(slug),
    )


@blueprint.get("/interventions/<slug>/findings.csv")
@blueprint.get("/interventions/<slug>/findings/<key>.csv")
@rendered.once(file=True)
def table(slug: str, key: str | None = None) -> Response:
    """Give one section as a table, or every section of the page."""
    return _file(slug, key, "csv", lambda every: files.csv_of(every, _source(slug)))


@blueprint.get("/interventions/<slug>/findings/<key>.svg")
@rendered.once(file=True)
def drawing(slug: str, key: str) -> Response:
    """Give one section as a drawing that stands alone."""
    return _file(slug, key, "svg", lambda every: _svg(every[0], slug))


@blueprint.get("/interventions/<slug>/findings/<key>.png")
@rendered.once(file=True)
def picture(slug: str, key: str) -> Response:
    """Give one section as a picture."""
    return _file(slug, key, "png", lambda every: files.png_of(_svg(every[0], slug)))


_MEDIA = {"csv": "text/csv; charset=utf-8", "svg": "image/svg+xml", "png": "image/png"}


def _file(
    slug: str, key: str | None, kind: str, made: Callable[[tuple[Forest, ...]], str | bytes]
) -> Response:
    """Make a file of the sections asked for.

    Raises:
        NotFound: there is no such intervention or section.
    """
    service().catalogue.intervention(slug)
    with service().database.read() as session:
        every = forests(showing(session, service().catalogue, slug), service().catalogue)
    if key is not None:
        every = tuple(section for section in every if section.key == key)
        if not every:
            raise NotFound(f"there is no finding {key!r} of {slug}")
    answer = Response(made(every), content_type=_MEDIA[kind])
    name = "-".join(part for part in (slug, "findings", key) if part)
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}.{kind}"'
    return answer


def _svg(forest: Forest, slug: str) -> str:
    drawn = files.drawing(forest, _source(slug))
    told = render_template("public/interventions/forest.svg", forest=forest, drawn=drawn)
    return text.bearable(told)  # one character that XML has no place for, and nothing is drawn


def _source(slug: str) -> FileSource:
    address = f"{service().settings.web.public_url}/interventions/{slug}/findings"
    about = service().catalogue.intervention(slug)
    return FileSource(about.name, address, now().astimezone(london()).date())
