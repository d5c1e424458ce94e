"""The research-priority list, for funders and trial units: where knowledge is missing, what is under way."""

from flask import Blueprint, Response, render_template

from monitor.literature.linkage.overdue import JOURNAL_MONTHS, OVERDUE_MONTHS
from monitor.ops import priorities as queries
from monitor.web import trials
from monitor.web.current import now, service
from monitor.web.public import rendered
from monitor.web.public.ten.csv_tables import csv_answer

blueprint = Blueprint("priorities", __name__)


@blueprint.get("/priorities")
@rendered.once()
def listed() -> str:
    """Show the ten by use and distance to the next tier, with the trials that are awaited."""
    at = now()
    with service().database.read() as session:
        priorities = queries.priorities(session, service().catalogue, at=at)
        told = trials.told(session)
    return render_template(
        "public/interventions/priorities.html",
        ranked=[priority for priority in priorities if priority.place],
        top=[priority for priority in priorities if not priority.place],
        trials=[(priority, trial) for priority in priorities for trial in priority.trials],
        short=trials.SHORT,
        months=(OVERDUE_MONTHS, JOURNAL_MONTHS),
        told=told,
        at=at,
    )


@blueprint.get("/priorities.csv")
@rendered.once(file=True)
def as_csv() -> Response:
    """Give the same list as a table: a row for each trial that is awaited, and for each without one."""
    at = now()
    with service().database.read() as session:
        rows = queries.rows(queries.priorities(session, service().catalogue, at=at), at=at)
    return csv_answer(rows, list(rows[0]) if rows else (), "research priorities", "/priorities")
