"""The memo of an intervention: as it stands, and as it stood on any day, as a page and as a PDF."""

from flask import Blueprint, Response, make_response, render_template, url_for

from monitor.gap.memos.sheets import Sheet
from monitor.kernel.language.uk import read_day, uk_day_of
from monitor.web.current import now, service
from monitor.web.public import rendered
from monitor.web.public.memos import one
from monitor.web.public.memos.pdf import pdf
from monitor.web.public.shown.label_marks import of_interval

blueprint = Blueprint("memos", __name__)


@blueprint.get("/interventions/<slug>/memo")
@rendered.once()
def today(slug: str) -> str:
    """Show the memo as things stand."""
    return _page(slug, uk_day_of(now()).date.isoformat())


@blueprint.get("/interventions/<slug>/memo/<day>")
@rendered.once()
def of_day(slug: str, day: str) -> str:
    """Show the memo as things stood at the end of a day."""
    return _page(slug, day)


@blueprint.get("/interventions/<slug>/memo/<day>/memo.pdf")
@rendered.once(file=True)
def as_pdf(slug: str, day: str) -> Response:
    """Give the memo of a day as a PDF."""
    made = pdf(_sheet(slug, day), service().settings.web.notice)
    return answer(made, f"{slug}-memo-{day}")


def answer(made: bytes, name: str) -> Response:
    """Hand a PDF over."""
    sent = make_response(made)
    sent.content_type = "application/pdf"
    sent.headers["Content-Disposition"] = f'inline; filename="{name}.pdf"'
    return sent


def _page(slug: str, day: str) -> str:
    sheet = _sheet(slug, day)
    on = sheet.on.isoformat()
    return render_template(
        "public/memo.html",
        sheet=sheet,
        drawn=of_interval,
        back=(url_for("interventions.intervention", slug=slug), sheet.about),
        as_pdf=url_for("memos.as_pdf", slug=slug, day=on),
        of_day=url_for("memos.of_day", slug=slug, day=on),
    )


def _sheet(slug: str, day: str) -> Sheet:
    """Give the sheet of a day.

    Raises:
        NotFound: there is no such intervention or day, or nothing was kept then.
    """
    service().catalogue.intervention(slug)
    on = read_day(day)
    with service().database.read() as session:
        return one.sheet(session, slug, on)
