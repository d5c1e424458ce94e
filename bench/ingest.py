"""How fast a whole file comes in (parsed, matched, identified, stored, queued), against bare iterparse.

    python bench/ingest.py [--size 0,10000] [--postgres] [FILE …]

Without FILE: the recorded PubMed documents beside the project, as one file, each article once.
Budgets, from the file's bytes to stored papers, in one process: at least 0.30 of the bare parser's
records a second as recorded, and 0.10 where every title names an intervention, so that every paper
is matched, read and queued; and no more than twice the time where ``--size`` papers are held
already (10000, 100000, 1000000; several with commas: growth). Printed beside it, without a budget:
the same file brought a second time, when all is known. ``--postgres`` measures PostgreSQL too.

Each run is a process anew, which has read none of the texts: the rules remember what they read of a
text, and would be asked for the same again. What any process does once, whatever it reads (compile
patterns, put statements together), it does before, with a few invented records. Times are of that
process's processor time, the best of several runs, the parser's before and after ours. Ends by naming
what missed, with status 1.
"""

import argparse
import gzip
import io
import multiprocessing
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from lxml import etree

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from parts import ending, postgres  # noqa: E402 - the same

from monitor.jobs.files.importing import import_file  # noqa: E402 - found through the path set above
from monitor.jobs.schedule import SCHEDULE  # noqa: E402 - the same
from monitor.jobs.service import Service, prepare  # noqa: E402 - the same
from monitor.kernel.process.garbage import spare_loaded  # noqa: E402 - the same
from monitor.kernel.settings import parse  # noqa: E402 - the same

RECORDED = ROOT.parent / "shared" / "recordings" / "pubmed_xml"
BUDGETS = {"as recorded": 0.30, "each title naming an intervention": 0.10}
GROWTH = 2.0
ROUNDS = 5
FILLED_AT_ONCE = 50_000
SYLLABLES = ("ba", "ko", "ri", "ten", "mol", "sa", "vi", "dur", "pel", "gan", "fo", "lim", "nes", "tu")  # fmt: skip
Server = Callable[[], str]
# Brought first, so that what is done once a process is done: a service that runs has done it.
_TRIED = (
    "BACKGROUND: An invented town is unlike others. METHODS: We randomised {} families by lot to "
    "Theraplay or usual care in {} clinics; {} mothers and {} fathers consented, {} of whom were "
    "analysed. Previous trials found other things. RESULTS: Attachment security was higher after it "
    "(p = .{}). CONCLUSIONS: Further trials are needed; the trial was registered and blinded."
)
_TITLES = ("Theraplay in an invented town", "An invented trial of Theraplay", "Theraplay: a trial")
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


def warming() -> bytes:
    """Invent records that come before those that count: new ones, one twice, trials of Theraplay."""
    lines = ["title,authors,year,journal,doi,abstract"]
    for number in range(12):
        told = _TRIED.format(*range(100 + number, 106 + number)) if number % 2 else ""
        title = (
            _TITLES[number % len(_TITLES)] if number % 4 else "An invented record before the others"
        )
        lines.append(
            f'"{title}",Nobody {number % 5},{2020 + number % 3},J,10.5555/a{number % 9},"{told}"'
        )
    return "\n".join(lines).encode()


def invented(numbers: range) -> bytes:
    """Invent articles to be held already: no two are like each other, none is on a topic."""
    made = []
    for number in numbers:
        chance = random.Random(number)  # noqa: S311 - an invention, not a secret
        words = ["".join(chance.choices(SYLLABLES, k=3)) for _ in range(9)]
        made.append(
            f"<PubmedArticle><MedlineCitation><PMID>{90_000_000 + number}</PMID><Article>"
            f"<Journal><Title>Journal of {words[0]}</Title><JournalIssue><Volume>{number % 97}"
            f"</Volume><PubDate><Year>{1980 + number % 40}</Year></PubDate></JournalIssue></Journal>"
            f"<ArticleTitle>{' '.join(words[1:])}</ArticleTitle><AuthorList><Author><LastName>"
            f"{words[1].title()}</LastName><Initials>A</Initials></Author></AuthorList></Article>"
            "</MedlineCitation></PubmedArticle>"
        )
    return f"<PubmedArticleSet>{''.join(made)}</PubmedArticleSet>".encode()


def opened(url: str, folder: Path, size: int) -> Service:
    """Open a service of its own that holds ``size`` papers."""
    service = Service.open(parse({"database": {"url": url}}, folder=folder))
    prepare(service, SCHEDULE)
    import_file(service, io.BytesIO(warming()))
    for start in range(0, size, FILLED_AT_ONCE):
        import_file(service, io.BytesIO(invented(range(start, min(size, start + FILLED_AT_ONCE)))))
    return service


def brought(url: str, body: bytes, size: int) -> tuple[float, float, float, int, int]:
    """Time the bare parser, and the first and second import into a database of its own.

    Gives records, and those queued, too. For a process that has read none of it.
    """
    spare_loaded()  # as the command does with all that it loaded (cli.loading)
    with tempfile.TemporaryDirectory(prefix="gap-monitor-bench-") as folder:
        place = Path(folder)
        service = opened(url or f"sqlite:///{place / 'bench.sqlite3'}", place, size)
        plain = bare(body)
        began = time.process_time()
        report = import_file(service, io.BytesIO(body))
        between = time.process_time()
        import_file(service, io.BytesIO(body))
        ended = time.process_time()
        service.database.dispose()
    plain = min(plain, bare(body))
    return plain, between - began, ended - between, report.records, report.queued


def measure(name: str, body: bytes, size: int, server: Server | None) -> tuple[float, float]:
    """Print one file's line; give its ratio and its seconds."""
    rounds = [_anew(server() if server else "", body, size) for _ in range(1 if size else ROUNDS)]
    plain, first, again = (min(taken) for taken in list(zip(*rounds, strict=True))[:3])
    *_, records, queued = rounds[0]
    print(
        f"{name}, {size:,} held: {records} records, {queued} queued; bare {records / plain:,.0f}/s, "
        f"brought in {records / first:,.0f}/s, ratio {plain / first:.2f}; "
        f"brought again {records / again:,.0f}/s, ratio {plain / again:.2f}"
    )
    return plain / first, first


def _anew(url: str, body: bytes, size: int) -> tuple[float, float, float, int, int]:
    with multiprocessing.get_context("spawn").Pool(1) as process:
        return process.apply(brought, (url, body, size))


def missed(server: Server | None, sizes: list[int], found: list[etree._Element]) -> Iterator[str]:
    """Measure both files at each size, and name what misses its budget."""
    on = "PostgreSQL" if server else "SQLite"
    files = (("as recorded", joined(found)), ("each title naming an intervention", naming(found)))
    for what, body in files:
        name = f"{on}, {what}"
        seconds = {}
        for size in sizes:
            ratio, seconds[size] = measure(name, body, size, server)
            if not server and ratio < BUDGETS[what]:
                yield f"{name}, {size:,} held: {ratio:.2f} (at least {BUDGETS[what]})"
        growth = seconds[sizes[-1]] / seconds[sizes[0]]
        if len(sizes) > 1:
            print(
                f"{name}: {growth:.2f} times as long with {sizes[-1]:,} held as with {sizes[0]:,}"
            )
        if growth > GROWTH:
            yield f"{name}: growth {growth:.2f} (at most {GROWTH})"


@contextmanager
def fresh_databases() -> Iterator[Server]:
    """Run a server; give what makes an empty database on it, and its address."""
    with (
        tempfile.TemporaryDirectory(prefix="gap-monitor-bench-") as folder,
        postgres.started(Path(folder)) as url,
    ):
        numbers = count()
        yield lambda: postgres.new(url, f"bench{next(numbers)}")


def main(arguments: list[str]) -> int:
    options = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    options.add_argument("--size", default="0", help="papers held already, with commas")
    options.add_argument("--postgres", action="store_true")
    options.add_argument("files", nargs="*", type=Path)
    chosen = options.parse_args(arguments)
    paths = chosen.files or sorted(RECORDED.glob("*.xml*"))
    if not paths:
        print("no recorded documents beside the project: name a file")
        return 2
    ending.be_heard_and_ended()
    sizes = sorted({int(size) for size in chosen.size.split(",")})
    misses = [*missed(None, sizes, list(articles(paths)))]
    if chosen.postgres:
        with fresh_databases() as server:
            misses += missed(server, sizes, list(articles(paths)))
    print("missed: " + ("; ".join(misses) or "nothing"))
    return 1 if misses else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
