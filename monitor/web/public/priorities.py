"""The research-priority list, for funders and trial units: where knowledge is missing, what is under way."""

import csv
import io

from flask import Blueprint, Response, render_template

from monitor.kernel.uk import uk_day_of
from monitor.literature.linkage.overdue import JOURNAL_MONTHS, OVERDUE_MONTHS
from monitor.ops import exports
from monitor.ops import priorities as queries
from monitor.web import trials, turns
from monitor.web.current import now, service
from monitor.web.public import rendered

blueprint = Blueprint("priorities", __name__)


@blueprint.get("/priorities")
@rendered.once()
def listed() -> str:
    """Show the ten by use and distance to the next tier, with the trials that are awaited."""
    at = now()
    with service().database.read() as session:
        found = queries.priorities(session, service().catalogue, at=at)
        told = trials.told(session)
    return render_template(
        "public/priorities.html",
        ranked=[one for one in found if one.place],
        top=[one for one in found if not one.place],
        trials=[(one, trial) for one in found for trial in one.trials],
        short=trials.SHORT,
        months=(OVERDUE_MONTHS, JOURNAL_MONTHS),
        told=told,
        at=at,
    )


@blueprint.get("/priorities.csv")
@turns.large
def as_csv() -> Response:
    """Give the same list as a table: a row for each trial that is awaited, and for each without one."""
    at = now()
    with service().database.read() as session:
        rows = queries.rows(queries.priorities(session, service().catalogue, at=at), at=at)
    written = io.StringIO()
    csv.writer(written, lineterminator="\r\n").writerows(exports.table(rows))
    answer = Response(written.getvalue(), mimetype="text/csv")
    name = f"research-priorities-{uk_day_of(at).date.isoformat()}.csv"
    answer.headers["Content-Disposition"] = f"attachment; filename={name}"
    return answer
