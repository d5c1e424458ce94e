"""Every public page: how fast over 8 connections, with and without an ETag, and how heavy with all it loads.

    python bench/public.py [--studies 40] [--only WORDS]

Makes a world where one of the ten has so many counted trials of three results each, decided on one
after the other, serves it with waitress as shipped, and asks each public page over 8 connections at
once: as a reader who comes for the first time, and as one who has the page (304). In ms: the first
time ever after the start (nothing is kept yet), then median, 95th percentile and the processor's
time of an answer (on a busy machine the last is what can be compared), the same of a 304, and the
ratio of the medians to a page that is a template and nothing else. In kB: the page alone, and with
every style, script, font and picture it loads, raw and as sent to a browser.

Budgets (issue 17): 95th percentile at most 30 ms, first answer and 304 alike; a page with everything
at most 150 kB as sent; a memo's PDF at most 2 s when it is made, and like a page from then on. A form
is made for one browser: its page is not kept, and has no 304. Ends with status 1 and names what missed.
"""

import argparse
import gzip
import http.client
import re
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from urllib.parse import urljoin

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from parts import pages_measured  # noqa: E402 - found through the path set above
from parts.pages_asked import YARDSTICK, Page  # noqa: E402 - the same
from parts.pages_kept import service_of  # noqa: E402 - the same
from parts.pages_measured import CONNECTIONS, Asking, Figure  # noqa: E402 - the same
from regrade import SLUG, add, follow  # noqa: E402 - the same
from sqlalchemy import text  # noqa: E402 - the same

from monitor.accounts.tables import Role, User  # noqa: E402 - the same
from monitor.jobs.schedule import SCHEDULE  # noqa: E402 - the same
from monitor.jobs.service import prepare  # noqa: E402 - the same
from monitor.kernel.clock import utcnow  # noqa: E402 - the same
from monitor.kernel.language.uk import uk_day_of  # noqa: E402 - the same
from monitor.kernel.persistence.database import Database  # noqa: E402 - the same

SECONDS = 1.6  # of asking over 8 connections; half of it over one
QUICK, PDF = 30.0, 2_000.0  # ms
HEAVIEST = 150_000  # bytes as sent
PATIENCE = 30.0
_STYLES = re.compile(r'<link[^>]+rel="(?:stylesheet|icon)"[^>]*>')
_LOADED = re.compile(r'<(?:script|img|source|iframe)[^>]+src="([^"]+)"')
_HREF = re.compile(r'href="([^"]+)"')
_INSIDE = re.compile(r"url\(\s*['\"]?([^'\")]+)")


@dataclass(frozen=True)
class Weight:
    """Bytes of a page: alone and with all it loads, as it is and as sent to a browser."""

    alone: int
    alone_sent: int
    all: int
    all_sent: int


@dataclass(frozen=True)
class Got:
    """Something fetched, how many bytes were sent for it, and its ETag."""

    body: bytes
    sent: int
    tag: str | None


@dataclass(frozen=True)
class Measured:
    """One page: the first answer ever, later ones, those to who has it (None: it has no ETag)."""

    page: Page
    ever: float
    fresh: Figure
    kept: Figure | None
    weight: Weight


def world(folder: Path, studies: int) -> str:
    """Make the world; gives the URL of its database."""
    url = f"sqlite:///{folder / 'public.sqlite3'}"
    database = Database(url)
    prepare(service_of(database, folder), SCHEDULE)
    now = utcnow()
    with database.write() as session:
        session.add(
            User(id=1, address="a@example.org", name="A", role=Role.REVIEWER, created_at=now)
        )
    for number in range(1, studies + 1):
        with database.write() as session:
            at = now + timedelta(milliseconds=number)
            add(session, number, at)
            session.flush()
            follow(session, at)
    database.dispose()
    return url


def asked(database: Database) -> Iterator[Page]:
    """List every public page; the one with all the studies stands for the ten."""
    with database.read() as session:
        change = session.execute(text("SELECT max(id) FROM change")).scalar()
        others = text("SELECT slug FROM intervention WHERE slug <> :slug ORDER BY position")
        other = session.execute(others, {"slug": SLUG}).scalar()
    one, today = f"/interventions/{SLUG}", uk_day_of(utcnow()).date.isoformat()
    yield Page("a template alone", YARDSTICK, None, QUICK)
    for name, path in (
        ("overview", "/"),
        ("the ten", "/interventions"),
        ("one of the ten", one),
        ("findings", f"{one}/findings"),
        ("a study", f"{one}/studies/1"),
        ("memo", f"{one}/memo"),
        ("memo of a day", f"{one}/memo/{today}"),
        ("changes", "/changes"),
        ("a change, why", f"/changes/{change}"),
        ("side by side", f"/interventions/compare?one={SLUG}&other={other}"),
        ("use", "/use"),
        ("use of one", f"/use/{SLUG}"),
        ("a past day", f"/history?on={today}"),
        ("priorities", "/priorities"),
        ("coverage", "/coverage"),
        ("method", "/method"),
        ("attachment", "/attachment"),
        ("glossary", "/glossary"),
        ("who uses this", "/who-uses-this"),
        ("privacy", "/privacy"),
        ("sitemap", "/sitemap.xml"),
        ("feed of all", "/changes/feed.atom"),
        ("feed of one", f"{one}/changes.atom"),
        ("memo as PDF", f"{one}/memo/{today}/memo.pdf"),
        ("the ten, CSV", "/interventions/table.csv"),
        ("studies, CSV", f"{one}/studies.csv"),
        ("findings, CSV", f"{one}/findings.csv"),
        ("changes, CSV", "/changes/changes.csv"),
        ("a past day, CSV", f"/history/table.csv?on={today}"),
        ("priorities, CSV", "/priorities.csv"),
    ):
        yield Page(name, path, None, QUICK)
    yield Page("subscribe", "/subscribe", None, QUICK)


def measure(asking: Asking, page: Page) -> Measured:
    """Ask one page: once, then over 8 connections, then as who has it."""
    connection = asking.connect()
    began = time.perf_counter()
    got = get(connection, page.path)
    ever = 1000 * (time.perf_counter() - began)
    weight = weigh(connection, page.path, got)
    connection.close()
    fresh = pages_measured.measure(asking, page)
    kept = pages_measured.measure(asking, replace(page, tag=got.tag)) if got.tag else None
    return Measured(page, ever, fresh, kept, weight)


def get(connection: http.client.HTTPConnection, path: str) -> Got:
    """Fetch something as a browser does."""
    connection.request("GET", path, headers={"Accept-Encoding": "gzip"})
    answer = connection.getresponse()
    sent = answer.read()
    if answer.status != 200:  # noqa: PLR2004 - that it is well
        raise SystemExit(f"{path} answered {answer.status}")
    packed = answer.getheader("Content-Encoding") == "gzip"
    return Got(gzip.decompress(sent) if packed else sent, len(sent), answer.getheader("ETag"))


def weigh(connection: http.client.HTTPConnection, path: str, page: Got) -> Weight:
    """Weigh a page with all that a browser loads for it, what styles load in turn included."""
    parts, todo = {path: page}, [(path, page)]
    while todo:
        place, told = todo.pop()
        for address in loaded(told.body.decode(errors="replace"), place):
            if address not in parts:
                parts[address] = get(connection, address)
                todo.append((address, parts[address]))
    every = parts.values()
    whole, sent = sum(len(one.body) for one in every), sum(one.sent for one in every)
    return Weight(len(page.body), page.sent, whole, sent)


def loaded(told: str, place: str) -> Iterator[str]:
    """List the addresses that a page or a style loads by itself."""
    if told.lstrip()[:9].lower() == "<!doctype":
        links = [found[1] for link in _STYLES.findall(told) if (found := _HREF.search(link))]
        yield from (urljoin(place, link) for link in (*links, *_LOADED.findall(told)))
    elif place.partition("?")[0].endswith(".css"):
        inside = _INSIDE.findall(told)
        yield from (urljoin(place, link) for link in inside if not link.startswith("data:"))


def missed(one: Measured) -> Iterator[str]:
    """Name what of a page misses its budget."""
    most, name = one.page.budget or 0.0, one.page.name
    for figure, which in ((one.fresh, ""), (one.kept, ", 304")):
        if figure and figure.late > most:
            spent = f"{figure.cpu:.1f} of processor time"
            yield f"{name}{which} ({figure.late:.0f} ms, {spent}, not {most:.0f})"
    if one.page.path.endswith(".pdf") and one.ever > PDF:
        yield f"{name}, the first one ({one.ever:.0f} ms, not {PDF:.0f})"
    if one.weight.all_sent > HEAVIEST:
        yield f"{name} ({one.weight.all_sent / 1000:.0f} kB sent, not {HEAVIEST / 1000:.0f})"


def show(one: Measured, yardstick: float) -> None:
    kept, weight = one.kept, one.weight
    again = f"{kept.late:8.1f} {kept.cpu:6.1f}" if kept else f"{'–':>8} {'–':>6}"
    print(
        f"  {one.page.name:18} {one.ever:8.1f} {one.fresh.median:8.1f} {one.fresh.late:8.1f}"
        f" {one.fresh.cpu:6.1f} {again} {yardstick / one.fresh.median:6.2f}"
        f" {weight.alone / 1000:7.1f} {weight.alone_sent / 1000:6.1f} {weight.all / 1000:7.1f} {weight.all_sent / 1000:6.1f}",
        flush=True,
    )


def main() -> int:
    options = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    options.add_argument("--studies", type=int, default=40)
    options.add_argument("--only", default="", help="pages whose name has this in it")
    chosen = options.parse_args()
    every: list[Measured] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        url = world(folder, chosen.studies)
        database = Database(url)
        wanted = [
            one for one in asked(database) if chosen.only in one.name or one.path == YARDSTICK
        ]
        database.dispose()
        print(f"{chosen.studies} counted trials of one; ms over {CONNECTIONS} connections, kB:")
        print(f"  {'':18} {'ever':>8} {'median':>8} {'p95':>8} {'CPU':>6} {'304 p95':>8} {'CPU':>6} {'ratio':>6}"
              f" {'alone':>7} {'sent':>6} {'all':>7} {'sent':>6}")  # fmt: skip
        with pages_measured.served(url, folder) as port:
            for page in wanted:
                every.append(measure(Asking(port, PATIENCE, SECONDS), page))
                show(every[-1], every[0].fresh.median)
    misses = [said for one in every for said in missed(one)]
    print(f"\nbudgets missed: {'; '.join(misses) or 'none'}")
    return 1 if misses else 0


if __name__ == "__main__":
    sys.exit(main())
