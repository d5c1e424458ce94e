"""How long tables of references take to become records, against bare csv.DictReader in the same run.

    python bench/tables.py [FILE …]

Without FILE: the recorded tables of labelled duplicates beside the project; invented rows where the
recordings are absent. Budget: at most eleven times the bare reader's time on the recorded ones
(ten before authors in one cell were parted and DOIs read in any dress). Times are of the processor,
the best of several runs taken in turn. Ends with status 1 where the budget is missed.
"""

import csv
import gzip
import io
import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from monitor.feeds.files import columns  # noqa: E402 - found through the path set above
from monitor.feeds.files.draft import ReferenceDraft  # noqa: E402 - the same

RECORDED = ROOT.parent / "shared" / "recordings" / "dedup_labelled"
TIMES, ROUNDS = 11.0, 9
INVENTED = "title,authors,year,journal,doi,abstract\n" + "".join(
    f'"An invented record, number {number}","Alder P, Birch Q and Cedar R",2020,J Inv,'
    f'https://doi.org/10.5555/invented.{number},"{"Invented words. " * 60}"\n'
    for number in range(2_000)
)


def tables(paths: list[Path]) -> list[str]:
    """Give the texts of those files that are tables with a column of titles."""
    bodies = [
        gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        for path in paths
    ]
    texts = [body.decode("utf-8", "replace") for body in bodies]
    return [text for text in texts if columns.looks_like(text)] or [INVENTED]


def bare(texts: list[str]) -> int:
    return sum(1 for text in texts for _ in csv.DictReader(io.StringIO(text, newline="")))


def ours(texts: list[str]) -> int:
    drafts = (one for text in texts for one in columns.drafts(io.StringIO(text, newline="")))
    return sum(1 for one in drafts if not isinstance(one, ReferenceDraft) or one.finish())


def timed(work: Callable[[list[str]], int], texts: list[str]) -> float:
    began = time.process_time()
    work(texts)
    return time.process_time() - began


def main(arguments: list[str]) -> int:
    texts = tables([Path(one) for one in arguments] or sorted(RECORDED.glob("*.csv*")))
    rounds = [(timed(bare, texts), timed(ours, texts)) for _ in range(ROUNDS)]
    plain, full = (min(taken) for taken in zip(*rounds, strict=True))
    print(f"{ours(texts)} rows of {len(texts)} tables: {full:.2f} s")
    print(
        f"against bare csv.DictReader ({plain:.3f} s): {full / plain:.1f} times (at most {TIMES:g})"
    )
    return 0 if full <= TIMES * plain else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
