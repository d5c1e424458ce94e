"""What a day with nothing new costs: requests to each source and statements to the database.

    python bench/quiet_day.py

Every source is asked over the demonstration's stand-ins on loopback, first from the beginning and
then a day later, when none has anything new. Prints both days and their ratios: the yardstick is
the first day of the same run. Ends with status 1 where a source failed, or the quiet day brought
anything.
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
from monitor.jobs.polling import poll_due  # noqa: E402 - the same
from monitor.jobs.schedule import SCHEDULE  # noqa: E402 - the same
from monitor.jobs.service import Service, prepare  # noqa: E402 - the same
from monitor.kernel import settings  # noqa: E402 - the same
from monitor.kernel.clock import utcnow  # noqa: E402 - the same

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
        config.write_text(driver.configuration(running, port=0, notice=""), encoding="utf-8")
        service = Service.open(settings.load(config))
        prepare(service, SCHEDULE)
        first = asked_for_a_day(service, running)
        later = now + timedelta(days=1, hours=1)
        service = replace(service, clock=lambda: later)
        # what the first day brought is looked up the day after, and not again for a month
        asked_for_a_day(service, running)
        later += timedelta(days=1)
        quiet = asked_for_a_day(service, running)
        service.database.dispose()
    for title, place in (("requests", 0), ("statements", 1)):
        print(f"{title}: first day, quiet day, ratio")
        table(first[place], quiet[place])
    print(
        f"in all: {sum(quiet[0].values()) / sum(first[0].values()):.2f} of the requests, "
        f"{sum(quiet[1].values()) / sum(first[1].values()):.2f} of the statements"
    )
    return 1 if quiet[1]["new records"] else 0


if __name__ == "__main__":
    sys.exit(main())
