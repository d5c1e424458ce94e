"""How fast a whole file comes in (parsed, matched, identified, stored, queued), against bare iterparse.

    python bench/ingest.py [FILE …]

Without FILE: the recorded PubMed documents beside the project, as one file, each article once.
Budget (DESIGN, section 9): at least 0.25 of the bare parser's records a second, on SQLite in one
process. Printed beside it, without a budget: the same file where every title names an
intervention, so that every paper is matched, read and queued; and the same file brought a second
time, when all is known. Times are of the processor, the best of several runs taken in turn. Ends
with status 1 where the budget is missed.
"""

import gzip
import io
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from lxml import etree

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from monitor.jobs.importing import import_file  # noqa: E402 - found through the path set above
from monitor.jobs.schedule import SCHEDULE  # noqa: E402 - the same
from monitor.jobs.service import Service, prepare  # noqa: E402 - the same
from monitor.kernel.settings import parse  # noqa: E402 - the same

RECORDED = ROOT.parent / "shared" / "recordings" / "pubmed_xml"
RATIO = 0.25
ROUNDS = 7
# Brought first: a service that runs has put its statements together before.
WARMING = b"""title,authors,year,journal,doi
An invented record that comes before those that count,Nobody A,2020,J,10.5555/a
An invented record that comes before those that count again,Nobody A,2020,J,10.5555/b
An invented record that comes before those that count,Nobody A,2020,J,10.5555/a
An invented trial of Theraplay that comes before those that count,Nobody B,2020,J,10.5555/c
Another invented trial of Theraplay that comes before those that count,Nobody B,2021,J,10.5555/d
"""
NAMED = "Theraplay in an invented town. "


def articles(paths: list[Path]) -> Iterator[etree._Element]:
    """Give each article of the documents once."""
    seen: set[str] = set()
    for path in paths:
        body = path.read_bytes()
        document = etree.fromstring(gzip.decompress(body) if path.suffix == ".gz" else body)
        for article in document.iter("PubmedArticle"):
            number = article.findtext("MedlineCitation/PMID") or ""
            if number not in seen:
                seen.add(number)
                yield article


def joined(found: list[etree._Element]) -> bytes:
    body = b"".join(etree.tostring(one, with_tail=False) for one in found)
    return b"<PubmedArticleSet>" + body + b"</PubmedArticleSet>"


def naming(found: list[etree._Element]) -> bytes:
    """Let every title name an intervention."""
    for one in found:
        title = one.find(".//ArticleTitle")
        if title is not None:
            title.text = NAMED + (title.text or "")
    return joined(found)


def bare(body: bytes) -> float:
    """Time nothing but the parser."""
    began = time.process_time()
    for _, element in etree.iterparse(io.BytesIO(body)):
        element.clear()
    return time.process_time() - began


def brought(body: bytes) -> tuple[float, float, int, int]:
    """Time the first and the second import into a database of its own; records, and those queued."""
    with tempfile.TemporaryDirectory(prefix="gap-monitor-bench-") as folder:
        place = Path(folder)
        url = f"sqlite:///{place / 'bench.sqlite3'}"
        service = Service.open(parse({"database": {"url": url}}, folder=place))
        prepare(service, SCHEDULE)
        import_file(service, io.BytesIO(WARMING))
        began = time.process_time()
        report = import_file(service, io.BytesIO(body))
        between = time.process_time()
        import_file(service, io.BytesIO(body))
        ended = time.process_time()
        service.database.dispose()
    return between - began, ended - between, report.records, report.queued


def measure(name: str, body: bytes) -> float:
    """Print one file's line, and give its ratio."""
    rounds = [(bare(body), *brought(body)) for _ in range(ROUNDS)]
    plain, first, again = (min(taken) for taken in list(zip(*rounds, strict=True))[:3])
    _, _, _, records, queued = rounds[0]
    print(
        f"{name}: {records} records, {queued} queued; bare {records / plain:,.0f}/s, "
        f"brought in {records / first:,.0f}/s, ratio {plain / first:.2f}; "
        f"brought again {records / again:,.0f}/s, ratio {plain / again:.2f}"
    )
    return plain / first


def main(arguments: list[str]) -> int:
    paths = [Path(one) for one in arguments] or sorted(RECORDED.glob("*.xml*"))
    if not paths:
        print("no recorded documents beside the project: name a file")
        return 2
    found = list(articles(paths))
    ratio = measure("as recorded", joined(found))
    print(f"ratio {ratio:.2f} (at least {RATIO})")
    measure("each title naming an intervention", naming(found))
    return 0 if ratio >= RATIO else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
