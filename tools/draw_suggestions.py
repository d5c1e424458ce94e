"""Draw suggestions of one field at random from the recordings, to be judged by reading them.

    python tools/draw_suggestions.py FIELD SEED

Thirty of papers (P) and thirty of registrations (R), or all where there are fewer. One is right
where the sentence, read with its title, says that of the record's own study. What was judged stands
in tools/judged_suggestions.py.
"""

import gzip
import json
import random
import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from design_sets import RECENT, RECORDINGS, labelled  # noqa: E402 - beside this script

from monitor.literature.design.detection import detect  # noqa: E402 - found through the path set above

EACH, SHUFFLE = 30, 11
_REGISTRY = {"ctgov_attachment_word_A": None, "ctgov_named_interventions_A": None,
             "ctgov_background_A": 1500}  # fmt: skip


def main() -> None:
    """Print what was drawn: its kind, title, value and sentence."""
    field, seed = sys.argv[1], int(sys.argv[2])
    found: dict[str, list[str]] = {"P": [], "R": []}
    for kind, title, abstract in texts():
        for one in detect(title, abstract).suggestions:
            if one.field == field:
                found[kind].append(f"[{title[:90]}] => {one.value} <= {one.sentence}")
    for kind, lines in found.items():
        random.Random(f"{seed}{field}{kind}").shuffle(lines)  # noqa: S311 - a draw, no secret
        for number, line in enumerate(lines[:EACH]):
            sys.stdout.write(f"{kind}{number} {' '.join(line.split())}\n")


def texts() -> list[tuple[str, str, str]]:
    """Give papers with an abstract and registrations' prose, mixed the same in every run."""
    papers = [("P", o.title, o.abstract) for o in labelled() if o.abstract and o.set != RECENT]
    mixed = [*papers, *(("R", text[:200].split("\n", 1)[0], text) for text in registrations())]
    random.Random(SHUFFLE).shuffle(mixed)  # noqa: S311 - a draw, no secret
    return mixed


def registrations() -> Iterator[str]:
    """Give summaries of ClinicalTrials.gov: those on our subject, and some of the rest."""
    for name, many in _REGISTRY.items():
        path = RECORDINGS / "topic_registry_text" / f"{name}.jsonl.gz"
        lines = gzip.decompress(path.read_bytes()).decode().splitlines()
        if many:
            random.Random(7).shuffle(lines)  # noqa: S311 - a draw, no secret
        for line in lines[:many]:
            yield re.sub(r"\((?:\w+)Quint\)|@highlight", "", json.loads(line)["text"])


if __name__ == "__main__":
    main()
