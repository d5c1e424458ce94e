"""How long a feed of 1,000 items takes to become records, against bare feedparser in the same run.

    python bench/feed.py

The feed is a recorded journal's, its items repeated under other names; an invented one where the
recordings are absent. Budget (issue 3): at most one second. Times are of the processor, the best of
several runs taken in turn. Ends with status 1 where the budget is missed.
"""

import io
import re
import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import feedparser

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from monitor.feeds.readers import rss_document, rss_item  # noqa: E402 - the same
from monitor.feeds.records import FetchedRecord  # noqa: E402 - found through the path set above

RECORDED = ROOT.parent / "shared" / "recordings" / "feeds" / "biorss__elsevier.xml"
ITEMS, SECONDS, ROUNDS = 1_000, 1.0, 5
TODAY = date(2026, 11, 25)
INVENTED = b"""<?xml version="1.0"?><rss version="2.0"><channel><title>Invented</title>
<item><title>An invented item</title><link>https://journal.example/1</link>
<guid>10.5555/invented.1</guid><description>&lt;p&gt;Invented words.&lt;/p&gt;</description></item>
</channel></rss>"""


def feed() -> bytes:
    """Give a feed of so many items, each with a name of its own."""
    body = RECORDED.read_bytes() if RECORDED.exists() else INVENTED
    items = re.findall(rb"<item[\s>].*?</item>", body, re.DOTALL)
    start, end = body.index(items[0]), body.index(items[-1]) + len(items[-1])
    made = [
        items[number % len(items)].replace(b"<title>", b"<title>%d: " % number, 1)
        for number in range(ITEMS)
    ]
    return body[:start] + b"".join(made) + body[end:]


def bare(body: bytes) -> int:
    return len(feedparser.parse(io.BytesIO(body)).entries)


def ours(body: bytes) -> int:
    read = (rss_item.read(item, TODAY) for item in rss_document.read(body, None))
    return sum(isinstance(one, FetchedRecord) for one in read)


def timed(work: Callable[[bytes], int], body: bytes) -> float:
    began = time.process_time()
    count = work(body)
    if count != ITEMS:
        raise SystemExit(f"{work.__name__} found {count} items instead of {ITEMS}")
    return time.process_time() - began


def main() -> int:
    body = feed()
    rounds = [(timed(bare, body), timed(ours, body)) for _ in range(ROUNDS)]
    plain, full = (min(taken) for taken in zip(*rounds, strict=True))
    print(f"{ITEMS} items, {len(body) / 1024:.0f} KiB: {full:.2f} s (at most {SECONDS:g})")
    print(f"against bare feedparser ({plain:.2f} s): {full / plain:.2f} of its time")
    return 0 if full <= SECONDS else 1


if __name__ == "__main__":
    sys.exit(main())
