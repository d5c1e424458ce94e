"""Runs bib-dedupe on one table, in an environment of its own (it wants pandas). See dedupe.py.

    PYTHON bench/parts/dedupe_yardstick.py TABLE.csv

Prints its groups and its processor seconds, those of its own processes included, as JSON.
"""

import json
import sys
import time
import warnings
from pathlib import Path

import pandas
from bib_dedupe.bib_dedupe import block, cluster, match, prep


def main(path: Path) -> None:
    warnings.filterwarnings("ignore")
    frame = pandas.read_csv(path, dtype=str).fillna("")
    began = time.process_time()
    ready = prep(frame, verbosity_level=0, cpu=1)
    matched = match(block(ready, verbosity_level=0, cpu=1), verbosity_level=0, cpu=1)
    groups = cluster(matched, verbosity_level=0)
    seconds = time.process_time() - began
    print(json.dumps({"groups": groups, "seconds": seconds}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
