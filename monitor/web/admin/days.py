"""The sources day by day, for admins: who was asked what, what came, is anything missing. Reads only."""

from collections.abc import Sequence
from datetime import date, timedelta

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from monitor.accounts.tables import Role
from monitor.feeds import incidents
from monitor.feeds.completeness import days as feeds
from monitor.feeds.completeness.day_rows import MOST_RECORDS
from monitor.feeds.completeness.days import DayReport, SourceDay
from monitor.feeds.completeness.verdicts import DayOfAsking, Missing
from monitor.feeds.tables import Comparison, PollKind, PollQuery, PollState
from monitor.kernel.errors import NotFound
from monitor.kernel.language.uk import FIRST_DAY, hour, read_day, uk_day_of
from monitor.web import auth, turns
from monitor.web.current import now, service
from monitor.web.forms import Problems

blueprint = Blueprint("days", __name__)
blueprint.before_request(auth.only(Role.ADMIN))

ASKED = {
    DayOfAsking.COMPLETE: "Asked, with every answer",
    DayOfAsking.PARTLY: "Asked, and some of it failed",
    DayOfAsking.FAILED: "Asked, without a full answer",
    DayOfAsking.RUNNING: "Being asked",
    DayOfAsking.NOT_ASKED: "Not asked, though it was due",
    DayOfAsking.NOT_DUE: "Not asked: it was not due",
    DayOfAsking.OFF: "Switched off",
    DayOfAsking.ABSENT: "Not there yet",
    DayOfAsking.FUTURE: "Not come yet",
    DayOfAsking.BY_HAND: "Brought by hand",
}
KINDS = {
    PollKind.POLL: "Poll",
    PollKind.COMPARISON: "Comparison",
    PollKind.BACKFILL: "Backfill",
    PollKind.IMPORT: "Import",
}
ENDS = {
    PollState.COMPLETE: "every answer",
    PollState.FAILED: "not every answer",
    PollState.RUNNING: "still asking",
}
_ALERTS = frozenset({Missing.MISSING, Missing.SUSPECTED, Missing.SET_ASIDE})


@blueprint.get("/status/days")
def choose() -> ResponseReturnValue:
    """Go to the day that was chosen, or to today."""
    typed = request.args.get("day")
    today = uk_day_of(now()).date
    if typed is None:
        return redirect(url_for("days.day", written=today.isoformat()), code=303)
    try:
        chosen = read_day(typed.strip())
    except NotFound as error:
        # a date field takes nothing but dates: what was typed cannot be shown in it again
        return _page(today, "", Problems({"day": str(error)})), 400
    return redirect(url_for("days.day", written=chosen.isoformat()), code=303)


@blueprint.get("/status/days/<written>")
@turns.large
def day(written: str) -> str:
    """Show one day, the answer first.

    Raises:
        NotFound: it is no day.
    """
    on = read_day(written)
    return _page(on, on.isoformat(), None)


def is_alert(source: SourceDay) -> bool:
    """Tell whether somebody should look: a source that is not due yet keeps nobody up."""
    word, asked = source.verdict.word, source.asked
    failing = word is Missing.SO_FAR and asked in {DayOfAsking.PARTLY, DayOfAsking.FAILED}
    unknown = word is Missing.NOT_KNOWN and asked is not DayOfAsking.NOT_DUE
    return word in _ALERTS or failing or unknown


def by_reason(queries: Sequence[PollQuery]) -> list[tuple[str, list[PollQuery]]]:
    """Group queries that failed by why: a source that is down fails them all alike."""
    groups: dict[str, list[PollQuery]] = {}
    for query in queries:
        groups.setdefault(query.error or query.fault or "not known", []).append(query)
    return list(groups.items())


def parted(compared: Sequence[Comparison]) -> tuple[list[Comparison], list[Comparison]]:
    """Part comparisons into those to look at and those where all that is listed is held."""
    odd = [one for one in compared if one.alarm or one.missed > one.fetched]
    return odd, [one for one in compared if one not in odd]


def _page(on: date, typed: str, problems: Problems | None) -> str:
    here, at = service(), now()
    with here.database.read() as session:
        report = feeds.report(session, here.settings, here.catalogue, on, at)
    return render_template(
        "staff/status/day.html",
        report=report,
        typed={"day": typed},
        problems=problems,
        before=on - timedelta(days=1) if on > FIRST_DAY else None,
        after=on + timedelta(days=1) if report.day.end <= at else None,
        clocks=_clocks(report),
        hour=hour,
        headline=incidents.headline,
        is_alert=is_alert,
        by_reason=by_reason,
        parted=parted,
        most=MOST_RECORDS,
        asked=ASKED,
        kinds=KINDS,
        ends=ENDS,
    )


def _clocks(report: DayReport) -> str:
    hours = round((report.day.end - report.day.start).total_seconds() / 3600)
    return "" if hours == 24 else f" ({hours} hours: the clocks changed)"  # noqa: PLR2004 - a day's
