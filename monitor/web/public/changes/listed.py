"""The ledger of changes in plain words, what a study found first: a list with filters, and a table."""

from typing import Any

from flask import Blueprint, Response, make_response, render_template, request
from flask.typing import ResponseReturnValue

from monitor.feeds import queries as feeds
from monitor.gap import queries as gap
from monitor.gap.queries import Wanted
from monitor.gap.states import State
from monitor.gap.tables import Change
from monitor.kernel.errors import InvalidInput
from monitor.kernel.language.english import full
from monitor.kernel.language.uk import london
from monitor.notify.writing.first_lines import first_lines
from monitor.web.current import service
from monitor.web.public import rendered
from monitor.web.public.changes.asked import KINDS, ChangesFilter
from monitor.web.public.states import figure
from monitor.web.public.ten.csv_tables import csv_answer

blueprint = Blueprint("changes", __name__)

_PAGE = 50  # changes on a page of the ledger


def _asked() -> tuple[ChangesFilter, int | None]:
    """Read the filter, and before which change a page begins."""
    return ChangesFilter.of(request.args), _number(request.args.get("before"))


@blueprint.get("/changes")
@rendered.once(by=_asked)
def listed() -> ResponseReturnValue:
    """Show the ledger of changes, newest first; a filter of what there is not gets a sentence."""
    asked, before = _asked()
    try:
        wanted = asked.wanted(service().catalogue.slugs)
    except InvalidInput as error:
        return make_response(_page(asked, before, Wanted(), full(str(error))), 400)
    return _page(asked, before, wanted, "")


def _page(asked: ChangesFilter, before: int | None, wanted: Wanted, problem: str) -> str:
    catalogue = service().catalogue
    with service().database.read() as session:
        changes = [] if problem else gap.changes(session, limit=_PAGE, before=before, wanted=wanted)
        baseline = gap.baseline(session)
        return render_template(
            "public/changes/changes.html",
            changes=changes,
            first=first_lines(session, catalogue, changes),
            asked=asked,
            kinds=KINDS,
            problem=problem,
            ever_heard=bool(changes) or feeds.ever_heard(session),
            older=changes[-1].id if len(changes) == _PAGE else None,
            baseline=sorted(baseline, key=lambda change: catalogue.slugs.index(change.slug)),
        )


@blueprint.get("/changes/changes.csv")
@rendered.once(by=_asked, file=True)
def table() -> Response:
    """Give every change that is asked for as a table.

    Raises:
        InvalidInput: there is no such intervention, kind or day.
    """
    asked, _ = _asked()
    catalogue = service().catalogue
    wanted = asked.wanted(catalogue.slugs)
    with service().database.read() as session:
        changes = gap.changes(session, limit=None, wanted=wanted)
        first = first_lines(session, catalogue, changes)
        rows = [_row(change, first.get(change.id, "")) for change in changes]
    return csv_answer(rows, _COLUMNS, "changes", f"/changes{asked.query}")


_COLUMNS = (
    *("change", "address", "on", "intervention", "name", "found", "what_moved", "why", "kinds"),
    *("tier_before", "tier", "findings_before", "findings", "studies_before", "studies"),
    *("use_before", "use", "gap_before", "gap"),
)
_PARTS = {
    "tier": "Evidence tier",
    "findings": "Findings",
    "studies": "Studies counted",
    "use": "Use",
    "gap": "Gap",
}


def _row(change: Change, first_line: str) -> dict[str, Any]:
    before = figure.parts(State.from_dict(change.before)) if change.before else {}
    after = figure.parts(State.from_dict(change.after))
    told = {
        "change": change.id,
        "address": f"{service().settings.web.public_url}/changes/{change.id}",
        "on": change.at.astimezone(london()).date().isoformat(),
        "intervention": change.slug,
        "name": service().catalogue.intervention(change.slug).name,
        "found": first_line,
        "what_moved": change.sentence,
        "why": change.cause,
        "kinds": list(change.kinds),
    }
    for name, part in _PARTS.items():
        told |= {f"{name}_before": before.get(part, ""), name: after[part]}
    return told


def _number(value: str | None) -> int | None:
    return int(value) if value and value.isascii() and value.isdigit() and len(value) < 10 else None  # noqa: PLR2004 - an INTEGER key has at most ten digits
