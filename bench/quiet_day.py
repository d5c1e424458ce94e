"""What a day with nothing new costs: requests to each source and statements to the database.

    python bench/quiet_day.py

Every source is asked over the demonstration's stand-ins on loopback, first from the beginning and
then a day later, when none has anything new. Prints both days and their ratios: the yardstick is
the first day of the same run. Then all are compared twice, a week apart, and the second, quiet
comparison is counted. Ends with status 1 where a source failed, the quiet day brought anything, or
the quiet comparison took more requests than promised.
"""

import sys
import tempfile
from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import structlog
from sqlalchemy import event

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from monitor.demo import driver, standins, world  # noqa: E402 - found through the path set above
from monitor.demo.standins import StandIns  # noqa: E402 - the same
from monitor.feeds.http.client import Http  # noqa: E402 - the same
from monitor.jobs.schedule import SCHEDULE  # noqa: E402 - the same
from monitor.jobs.service import Service, prepare  # noqa: E402 - the same
from monitor.jobs.sources.comparing import compare_due  # noqa: E402 - the same
from monitor.jobs.sources.polling import poll_due  # noqa: E402 - the same
from monitor.kernel import settings  # noqa: E402 - the same
from monitor.kernel.clock import utcnow  # noqa: E402 - the same

MOST_COMPARED = 200  # requests, of all sources together
Day = tuple[Counter[str], Counter[str]]


def asked_for_a_day(service: Service, running: StandIns) -> Day:
    """Poll whatever is due; count requests by endpoint and statements by their first word."""
    statements: Counter[str] = Counter()

    def count(_c: object, _u: object, statement: str, *_: object) -> None:
        statements[statement.split(None, 1)[0]] += 1

    running.forget()
    event.listen(service.database.engine, "before_cursor_execute", count)
    reports = poll_due(service)
    event.remove(service.database.engine, "before_cursor_execute", count)
    failed = [f"{report.source}: {report.error}" for report in reports if report.error]
    if failed:
        raise SystemExit("\n".join(failed))
    requests = Counter(request.endpoint for request in running.requests())
    statements["new records"] = sum(report.new for report in reports)
    return requests, statements


def compared_for_a_week(service: Service, running: StandIns) -> Counter[str]:
    """Compare whatever is due; count requests by endpoint."""
    running.forget()
    reports = compare_due(service)
    failed = [f"{report.source}: {report.error}" for report in reports if report.error]
    if failed or not reports:
        raise SystemExit("\n".join(failed) or "nothing was compared")
    return Counter(request.endpoint for request in running.requests())


def table(first: Counter[str], quiet: Counter[str]) -> None:
    for name in sorted(first | quiet):
        ratio = f"{quiet[name] / first[name]:.2f}" if first[name] else "–"
        print(f"  {name:28} {first[name]:6} {quiet[name]:6}  {ratio}")


def unhurried() -> None:
    """Let the stand-ins be asked at once: politeness costs time, and nothing that is counted."""
    pace = Http.pace

    def at_once(self: Http, url: str, per_second: float) -> None:
        pace(self, url, max(per_second, 1_000))

    Http.pace = at_once  # type: ignore[method-assign]  # for this run alone


def main() -> int:
    structlog.configure(processors=[lambda *_: (_ for _ in ()).throw(structlog.DropEvent)])
    unhurried()
    now: datetime = utcnow()
    with (
        tempfile.TemporaryDirectory() as folder,
        standins.running(world.load(now.date())) as running,
    ):
        config = Path(folder) / "config.toml"
        key = driver.invented_key(Path(folder))
        told = driver.configuration(running, port=0, notice="", openalex_key=key)
        config.write_text(told, encoding="utf-8")
        service = Service.open(settings.load(config))
        prepare(service, SCHEDULE)
        first = asked_for_a_day(service, running)
        later = now + timedelta(days=1, hours=1)
        service = replace(service, clock=lambda: later)
        # what the first day brought is looked up the day after, and not again for a month
        asked_for_a_day(service, running)
        later += timedelta(days=1)
        quiet = asked_for_a_day(service, running)
        compare_due(service)  # the first comparison; the next is of a quiet week
        later += timedelta(days=8)
        compared = compared_for_a_week(service, running)
        service.database.dispose()
    for title, place in (("requests", 0), ("statements", 1)):
        print(f"{title}: first day, quiet day, ratio")
        table(first[place], quiet[place])
    print(
        f"in all: {sum(quiet[0].values()) / sum(first[0].values()):.2f} of the requests, "
        f"{sum(quiet[1].values()) / sum(first[1].values()):.2f} of the statements"
    )
    all_compared = sum(compared.values())
    print("requests of a quiet week's comparison")
    for name in sorted(compared):
        print(f"  {name:28} {compared[name]:6}")
    print(f"in all: {all_compared}, at most {MOST_COMPARED} ({_verdict(all_compared)})")
    return 1 if quiet[1]["new records"] or all_compared > MOST_COMPARED else 0


def _verdict(requests: int) -> str:
    return "kept" if requests <= MOST_COMPARED else "MISSED"


if __name__ == "__main__":
    sys.exit(main())
