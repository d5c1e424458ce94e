"""How fast PubMed's XML becomes records, against bare lxml.iterparse in the same run; and memory.

    python bench/pubmed_xml.py [FILE …]

Without FILE: the recorded documents beside the project. Budgets (DESIGN, section 9): at least 0.45 of
the bare parser's records a second, at least 3 times pubmed_parser's (``make bench`` installs it;
left out where it is missing), and at most 64 MiB more memory whatever the file's size. Ends with
status 1 where one is missed. Times are of the processor, the best of several runs taken in
turn, since the machine does other work as well.
"""

import gzip
import importlib.util
import io
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from lxml import etree

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from monitor.feeds.readers import pubmed_xml  # noqa: E402 - found through the path set above

RECORDED = ROOT.parent / "shared" / "recordings" / "pubmed_xml"
RATIO, MEBIBYTES, TIMES_PUBMED_PARSER = 0.45, 64, 3
ROUNDS = 15
LARGE = 200 * 1024 * 1024


def bare(body: bytes) -> int:
    """Walk through every element with nothing but the parser; keep nothing."""
    count = 0
    for _, element in etree.iterparse(io.BytesIO(body)):
        count += 1
        element.clear()
    return count


def filtered(body: bytes) -> int:
    """Count the articles with nothing but the parser, which passes over all the rest."""
    count = 0
    tags = ("PubmedArticle", "PubmedBookArticle")
    for _, element in etree.iterparse(io.BytesIO(body), tag=tags):
        count += 1
        element.clear()
    return count


def ours(body: bytes) -> int:
    return sum(1 for _ in pubmed_xml.read(io.BytesIO(body)))


def times_pubmed_parser(bodies: list[bytes]) -> float | None:
    """Tell how many times pubmed_parser's time on the same compressed files we take less."""
    if importlib.util.find_spec("pubmed_parser") is None:
        return None
    import pubmed_parser  # noqa: PLC0415 - a yardstick that need not be there

    theirs = own = 0.0
    with tempfile.TemporaryDirectory() as folder:
        for number, body in enumerate(bodies):
            path = Path(folder) / f"{number}.xml.gz"
            path.write_bytes(gzip.compress(body))
            rounds = [
                (timed(lambda _, p=path: _theirs(pubmed_parser, p), body), timed(ours, body))
                for _ in range(ROUNDS // 3)
            ]
            theirs += min(taken[0] for taken in rounds)
            own += min(taken[1] for taken in rounds)
    return theirs / own


def _theirs(pubmed_parser: object, path: Path) -> None:
    for _ in pubmed_parser.parse_medline_xml(str(path)):
        pass


def timed(work: Callable[[bytes], int], body: bytes) -> float:
    began = time.process_time()
    work(body)
    return time.process_time() - began


def speed(name: str, body: bytes) -> list[float]:
    """Print one file's line; give the processor seconds of bare, filtered and ours."""
    works = (bare, filtered, ours)
    rounds = [[timed(work, body) for work in works] for _ in range(ROUNDS)]
    times = [min(taken) for taken in zip(*rounds, strict=True)]
    count = ours(body)
    rates = "  ".join(
        f"{work.__name__} {count / taken:6.0f}/s" for work, taken in zip(works, times, strict=True)
    )
    print(f"{name[:40]:40} {count:4} articles  {rates}  ratio {times[0] / times[2]:.2f}")
    return times


def memory(body: bytes) -> float:
    """Give how many MiB more a 200 MiB document takes at its worst, in a process of its own."""
    start, end = body.index(b"<PubmedArticle>"), body.rindex(b"</PubmedArticle>") + 16
    with tempfile.NamedTemporaryFile(suffix=".xml") as file:
        file.write(b"<PubmedArticleSet>")
        for _ in range(LARGE // (end - start) + 1):
            file.write(body[start:end])
        file.write(b"</PubmedArticleSet>")
        file.flush()
        command = [sys.executable, __file__, "--memory-of", file.name]
        return float(subprocess.run(command, check=True, capture_output=True).stdout)  # noqa: S603 - ourselves


def memory_of(path: Path) -> None:
    before = peak()
    with path.open("rb") as file:
        for _ in pubmed_xml.read(file):
            pass
    print(peak() - before)


def peak() -> float:
    """Give the most MiB this process ever held (Linux keeps it since the last exec)."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def main(arguments: list[str]) -> int:
    if arguments[:1] == ["--memory-of"]:
        memory_of(Path(arguments[1]))
        return 0
    paths = [Path(one) for one in arguments] or sorted(RECORDED.glob("*.xml.gz"))
    if not paths:
        print("no recorded documents beside the project: name a file")
        return 2
    bodies = {
        path.name: gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        for path in paths
    }
    times = [speed(name, body) for name, body in bodies.items()]
    plain, passing_over, full = (sum(taken) for taken in zip(*times, strict=True))
    ratio = plain / full
    times_theirs = times_pubmed_parser([*bodies.values()])
    extra = memory(max(bodies.values(), key=len))
    print(f"all together: ratio {ratio:.2f} (at least {RATIO})")
    print(f"against a parser that looks at no element but articles: {passing_over / full:.2f}")
    if times_theirs is None:
        print("against pubmed_parser: not installed here (make bench installs it)")
    else:
        print(f"against pubmed_parser: {times_theirs:.1f} times (at least {TIMES_PUBMED_PARSER})")
    print(f"memory for 200 MiB: {extra:.1f} MiB more (at most {MEBIBYTES})")
    slow = times_theirs is not None and times_theirs < TIMES_PUBMED_PARSER
    return 0 if ratio >= RATIO and extra <= MEBIBYTES and not slow else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
