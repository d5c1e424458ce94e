"""What ``status --json`` and ``check policy --json`` print: JSON values only. Reads nothing.

Times are ISO 8601 in UTC; the shapes are in docs/commands.md.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from monitor.feeds.asking_tables import Comparison, Incident, PollQuery
from monitor.feeds.completeness.day_rows import Came, DayAttempt, Unread
from monitor.feeds.completeness.days import DayReport, SourceDay
from monitor.feeds.completeness.readings import Reach
from monitor.feeds.completeness.verdicts import DayVerdict
from monitor.kernel.language.uk import ZONE
from monitor.ops.queries import Status

if TYPE_CHECKING:  # what is shown of a past day brings all that grades with it
    from monitor.gap.history import Difference


def status(now: Status, today: DayReport) -> dict[str, Any]:
    """Shape how everything stands now, with each source's queries and whether it lacks anything."""
    shaped = now.to_dict()
    by_name = {source.name: source for source in today.sources}
    return shaped | {
        "missing": _verdict(today.verdict),
        "sources": [source | _standing(by_name[source["name"]]) for source in shaped["sources"]],
    }


def day(report: DayReport) -> dict[str, Any]:
    """Shape one day."""
    return {
        "day": report.day.date.isoformat(),
        "zone": ZONE,
        "start": _time(report.day.start),
        "end": _time(report.day.end),
        "at": _time(report.at),
        "missing": _verdict(report.verdict),
        "sources": [_source(source, report.names) for source in report.sources],
    }


def differences(under: Mapping[str, str], moments: "Sequence[Difference]") -> dict[str, Any]:
    """Shape what other policies, named in ``under``, would have said otherwise."""
    return {
        "under": dict(under),
        "differences": [
            {
                "at": _time(moment.at),
                "intervention": moment.slug,
                "parts": [asdict(part) for part in moment.parts],
            }
            for moment in moments
        ],
    }


def _standing(source: SourceDay) -> dict[str, Any]:
    return {
        "missing": _verdict(source.verdict),
        "queries": [_reach(reach) for reach in source.reaches],
    }


def _reach(reach: Reach) -> dict[str, Any]:
    newest, compared = reach.newest, reach.compared
    return {
        "key": reach.question.query.key,
        "intervention": reach.question.query.intervention,
        "position": _date(reach.position),
        "last_asked": _time(newest.at if newest else None),
        "last_state": newest.state.value if newest else None,
        "last_error": newest.error if newest else None,
        "compared": {
            "at": _time(compared.at),
            "listed": compared.listed,
            "held": compared.held,
            "missed": compared.missed,
            "vanished": compared.vanished,
        }
        if compared
        else None,
    }


def _source(source: SourceDay, names: dict[str, str]) -> dict[str, Any]:
    return {
        "name": source.name,
        "title": source.title,
        "state": source.asked.value,
        "missing": _verdict(source.verdict),
        "received": source.records,
        "new": source.new_records,
        "attempts": [_attempt(attempt, names) for attempt in source.attempts],
        "comparisons": [_comparison(comparison) for comparison in source.comparisons],
        "incidents": [_incident(incident) for incident in source.incidents],
        "new_records": [_came(record) for record in source.came],
        "set_aside": [_unread(unread) for unread in source.unread],
    }


def _attempt(attempt: DayAttempt, names: dict[str, str]) -> dict[str, Any]:
    poll = attempt.poll
    return {
        "id": poll.id,
        "kind": poll.kind.value,
        "started": _time(poll.started_at),
        "finished": _time(poll.finished_at),
        "state": poll.state.value,
        "fault": poll.fault,
        "error": poll.error,
        "received": poll.records,
        "new": poll.new_records,
        "set_aside": poll.unreadable,
        "notes": poll.notes,
        "queries": [_query(query, names) for query in attempt.queries],
    }


def _query(query: PollQuery, names: dict[str, str]) -> dict[str, Any]:
    return {
        "key": query.query_key,
        "name": names.get(query.query_key, query.query_key),
        "intervention": query.intervention,
        "asked": query.asked,
        "window": [_date(query.window_first), _date(query.window_last)]
        if query.window_first
        else None,
        "at": _time(query.at),
        "took_seconds": query.took_seconds,
        "requests": query.requests,
        "state": query.state.value,
        "declared": query.declared,
        "received": query.records,
        "new": query.new_records,
        "set_aside": query.unreadable,
        "fault": query.fault,
        "error": query.error,
        "notes": query.notes,
    }


def _comparison(comparison: Comparison) -> dict[str, Any]:
    return {
        "key": comparison.query_key,
        "at": _time(comparison.at),
        "listed": comparison.listed,
        "older": comparison.older,
        "held": comparison.held,
        "missed": comparison.missed,
        "fetched": comparison.fetched,
        "vanished": comparison.vanished,
        "alarm": comparison.alarm,
    }


def _incident(incident: Incident) -> dict[str, Any]:
    return {
        "topic": incident.topic,
        "kind": incident.kind,
        "message": incident.message,
        "opened": _time(incident.opened_at),
        "last_seen": _time(incident.last_seen_at),
        "times": incident.times,
        "closed": _time(incident.closed_at),
    }


def _came(one: Came) -> dict[str, Any]:
    return {"id": one.id, "key": one.key, "title": one.title, "at": _time(one.at)}


def _unread(unread: Unread) -> dict[str, Any]:
    return {
        "key": unread.key,
        "reason": unread.reason,
        "at": _time(unread.at),
        "read_since": unread.is_read_now,
    }


def _verdict(verdict: DayVerdict) -> dict[str, Any]:
    return {
        "word": verdict.word.value,
        "sentence": verdict.sentence,
        "read_to": _time(verdict.read_to),
    }


def _time(value: datetime | None) -> str | None:
    return value.isoformat() if value else None


def _date(value: date | None) -> str | None:
    return value.isoformat() if value else None
