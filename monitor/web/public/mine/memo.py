"""The memo of somebody's own services, for a meeting: a page and a PDF, closed like all of theirs."""

from flask import Blueprint, Response, render_template, url_for
from sqlalchemy.orm import Session

from monitor.gap import queries as gap
from monitor.gap.explaining import explained
from monitor.gap.memos.memo import ToldChange
from monitor.gap.memos.sheets import Sheet
from monitor.kernel.language.uk import uk_day_of
from monitor.mine import compared, memo, queries
from monitor.mine.rules import touched
from monitor.web import turns
from monitor.web.current import now, service
from monitor.web.public.memos.pages import answer
from monitor.web.public.memos.pdf import pdf
from monitor.web.public.mine import guard

blueprint = guard.close(Blueprint("own_memo", __name__))

_LOOKED_AT = 50  # changes among which those of what is bought are found


@blueprint.get("/mine/memo")
def page() -> str:
    """Show the memo."""
    with service().database.read() as session:
        sheet = _sheet(session)
    return render_template(
        "public/memo.html",
        sheet=sheet,
        back=(url_for("mine.view"), "My services"),
        as_pdf=url_for("own_memo.as_pdf"),
        of_day=None,
    )


@blueprint.get("/mine/memo.pdf")
@turns.large
def as_pdf() -> Response:
    """Give the memo as a PDF."""
    with service().database.read() as session:
        sheet = _sheet(session)
    made = pdf(sheet, service().settings.web.notice)
    return answer(made, f"my-services-memo-{sheet.on.isoformat()}")


def _sheet(session: Session) -> Sheet:
    here, at = service(), now()
    entries = [kept.entry for kept in queries.services(session, guard.whose().buyer_key)]
    lines = compared.lines(here.catalogue.gap, gap.overview(session, here.catalogue), entries)
    bought = touched(entries)
    newest = gap.changes(session, limit=_LOOKED_AT)
    return memo.sheet(
        here.catalogue,
        memo.Mine(
            entries=entries,
            lines=lines,
            changes=[
                ToldChange(change.sentence, change.at) for change in newest if change.slug in bought
            ],
            why={
                slug: explained.explain_state(session, here.catalogue, slug, at, stands=True)
                for slug in memo.explained_first(lines)
            },
            on=uk_day_of(at).date,
            address=f"{here.settings.web.public_url}/my-services",
        ),
    )
