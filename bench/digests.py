"""How fast due digests are made, rendered and handed over one SMTP connection, and what a kill costs.

    python bench/digests.py [--digests 1000 10000] [--on sqlite postgresql]

Each size is a process of its own, so that its memory is its own. The yardstick, in the same run and
on the same server, writes each digest from the same frozen content by the same templates, makes an
EmailMessage of it and gives that to smtplib's ``send_message`` over one connection; it notes nothing.
Half of the digests of the smallest size are then sent by a process that is killed, and the rest by
another. Budgets: twice the yardstick, at every size; no more than 64 MiB while all are handed over;
everybody is sent one, and again only what was in flight at the kill. Ends with status 1, and the
names of what missed.
"""

import argparse
import multiprocessing
import sys
import tempfile
import time
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from functools import partial
from pathlib import Path

from sqlalchemy import insert, select

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from parts import ending, mail_world, mail_yardstick  # noqa: E402 - the same

from monitor.jobs.mail.delivery import deliver_due, tell_everybody  # noqa: E402 - found through the path above
from monitor.jobs.mail.digesting import make_due  # noqa: E402 - the same
from monitor.notify.messages import claiming  # noqa: E402 - the same
from monitor.notify.tables import (  # noqa: E402 - the same
    Message,
    MessageKind,
    MessageState,
    ReaderTerms,
    Subscriber,
)
from monitor.notify.words import USUAL, Cadence  # noqa: E402 - the same
from monitor.notify.writing import rendering  # noqa: E402 - the same
from monitor.service import Service  # noqa: E402 - the same

RATIO, MEBIBYTES, FLAT = 2.0, 64, 0.8
DUE = mail_world.AT + timedelta(days=8)
_SAMPLE = 300  # digests that the yardstick is measured on
_TWICE = 2
_PATIENCE = 600  # seconds for half of the digests to leave


def prepare(url: str, folder: Path, port: int, digests: int) -> tuple[Service, float]:
    """Make so many digests that are due over one connection; gives the seconds that took."""
    service = mail_world.make_service(url, folder, port, connections=1)
    mail_world.subscribe(service, digests)
    with service.database.write() as session:
        terms = {
            "cadence": Cadence.MONTHLY,
            "kinds": sorted(USUAL),
            "budget": 1,
            "covered_to": mail_world.AT - timedelta(days=22),
            "next_digest_at": DUE,
        }
        readers = session.scalars(select(Subscriber.id)).all()
        session.execute(insert(ReaderTerms), [{"subscriber_id": id_, **terms} for id_ in readers])
    mail_world.decide(service)
    tell_everybody(service)
    service = replace(service, clock=lambda: DUE)
    began = time.perf_counter()
    made = make_due(service).made
    took = time.perf_counter() - began
    mail_world.expect(made == digests, f"each reader's digest is made: {made}")
    return service, took


def measure(url: str, port: int, digests: int) -> dict[str, float]:
    """Hand over so many digests; gives rates, seconds at work for each, and memory."""
    mail_world.quiet()
    with tempfile.TemporaryDirectory() as folder:
        service, making = prepare(url, Path(folder), port, digests)
        plain, plain_work = mail_yardstick.written(port, _letters(service, min(digests, _SAMPLE)))
        before, began, worked = mail_world.peak(), time.perf_counter(), time.process_time()
        report = deliver_due(service, now=True)
        took, work = time.perf_counter() - began, time.process_time() - worked
        mail_world.expect(report.counts == {"sent": digests}, f"all are sent: {report}")
        more = (mail_world.peak() - before) / 1024
        service.database.dispose()
    return {
        "making": digests / making,
        "ours": digests / took,
        "plain": plain,
        "work": work / digests,
        "plain work": plain_work / min(digests, _SAMPLE),
        "MiB": more,
        "peak": mail_world.peak() / 1024,
    }


def _letters(service: Service, sample: int) -> list[partial[EmailMessage]]:
    with service.database.read() as session:
        digests = select(Message.id).where(Message.kind == MessageKind.DIGEST).order_by(Message.id)
        claimed = claiming.read(session, session.scalars(digests.limit(sample)).all())
    return [partial(_letter, service, one) for one in claimed]


def _letter(service: Service, claimed: claiming.Claimed) -> EmailMessage:
    """Write one digest as a simple script would."""
    said = rendering.write(claimed, service.settings, service.secret)
    letter = EmailMessage()
    letter["From"], letter["To"] = "news@example.org", claimed.address
    letter["Subject"], letter["Message-ID"] = said.subject, claimed.message_id
    letter["Date"] = format_datetime(claimed.queued_at)
    letter.set_content(said.text)
    letter.add_alternative(said.html, subtype="html")
    return letter


def killed(url: str, digests: int) -> str:
    """Kill a sender at half of the digests, and send the rest; says what came of it."""
    mail_world.quiet()
    with tempfile.TemporaryDirectory() as folder:
        kept = Path(folder) / "kept"
        with mail_yardstick.sink(kept) as port:
            service, _ = prepare(url, Path(folder), port, digests)
            service.database.dispose()
            sender = multiprocessing.get_context("fork").Process(
                target=deliver_due, args=(service,), kwargs={"now": True}
            )
            sender.start()
            until = time.monotonic() + _PATIENCE
            while len(_arrived(kept)) < digests // 2 and time.monotonic() < until:
                time.sleep(0.01)
            sender.kill()
            sender.join()
            time.sleep(0.5)  # what the kernel still holds of its words arrives
            before = len(_arrived(kept))
            with service.database.read() as session:
                claims = select(Message.address).where(Message.state == MessageState.CLAIMED)
                in_flight = {*session.scalars(claims)}
            while deliver_due(service, now=True).problems:
                time.sleep(0.2)  # the database has not noticed yet that the dead one's lock is free
            service.database.dispose()
            times = Counter(_arrived(kept))
    again = {address for address, often in times.items() if often > 1}
    mail_world.expect(digests // 2 <= before < digests, f"it was killed in the middle: {before}")
    mail_world.expect(len(times) == digests, f"everybody is sent one: {len(times)}")
    mail_world.expect(
        again <= in_flight, f"only what was in flight is sent again: {again - in_flight}"
    )
    mail_world.expect(max(times.values()) <= _TWICE, "at most once more")
    return (
        f"killed after {before} of {digests}: all arrived, {len(again)} of {len(in_flight)} in "
        "flight twice, no other"
    )


def _arrived(kept: Path) -> list[str]:
    """List who was sent a whole message, in order."""
    if not kept.exists():
        return []
    return [line.partition("<")[2].partition(">")[0] for line in kept.read_text().splitlines()]


def judge(kind: str, sizes: list[int], missed: list[str]) -> None:
    """Measure each size, print, and note what missed."""
    spawn, ratios, more = multiprocessing.get_context("spawn"), {}, {}
    with (
        mail_world.databases(kind) as urls,
        mail_yardstick.sink() as port,
        spawn.Pool(1, maxtasksperchild=1) as pool,
    ):
        for digests in sizes:
            found = pool.apply(measure, (next(urls), port, digests))
            ratios[digests], more[digests] = found["ours"] / found["plain"], found["MiB"]
            print(
                f"{kind}: {digests:>6} digests: made {found['making']:.0f} a second; handed over "
                f"{found['ours']:.0f} a second, {ratios[digests]:.2f} x smtplib and EmailMessage "
                f"({found['plain']:.0f}), by work {found['plain work'] / found['work']:.2f} x; "
                f"{found['MiB']:.1f} MiB more than making them, {found['peak']:.0f} in all"
            )
            if ratios[digests] < RATIO:
                missed.append(f"{kind}: {digests} digests: {ratios[digests]:.2f} x")
            if found["MiB"] > MEBIBYTES:
                missed.append(f"{kind}: {digests} digests: {found['MiB']:.0f} MiB more")
        print(f"{kind}: {killed(next(urls), sizes[0])}")
    growth = ratios[sizes[-1]] / ratios[sizes[0]]
    print(
        f"{kind}: from {sizes[0]} to {sizes[-1]} digests the ratio goes to {growth:.2f} of itself, "
        f"memory from {more[sizes[0]]:.1f} to {more[sizes[-1]]:.1f} MiB"
    )
    if growth < FLAT:
        missed.append(f"{kind}: slower with more digests ({growth:.2f})")


def main() -> int:
    """Measure and judge."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--digests", type=int, nargs="+", default=[1000, 10_000])
    parser.add_argument("--on", nargs="+", default=["sqlite", "postgresql"])
    asked = parser.parse_args()
    ending.be_heard_and_ended()
    missed: list[str] = []
    for kind in asked.on:
        judge(kind, asked.digests, missed)
    print("missed: " + "; ".join(missed) if missed else "nothing missed")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
