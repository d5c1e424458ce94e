"""How soon the queue's order finds what is relevant, and how quickly, against ASReview's default.

    python bench/ranking.py [--seeds N] [--asreview PYTHON]

Simulates the screening of the labelled sets beside the project: one relevant and one irrelevant
record are known, the best ranked one is read, the model is fitted again, until all relevant ones
are found. PYTHON is one of a virtual environment with ``asreview`` and ``asreview-insights``: it
then does the same in the same run. Budgets: mean WSS@95 at least, mean ATD at most that of ASReview's,
in at most 0.25 of its processor time; a fit to 200 labels among 10,000 records within 30 ms.
Ends with status 1 where one is missed. Our time begins with the texts, as ASReview's does, but for
the design: that is suggested when a paper comes in, whatever its place in the queue.
"""

import argparse
import csv
import gzip
import json
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from monitor.literature.design.rules import suggest_design  # noqa: E402 - found through the path above
from monitor.literature.ranking.features import features  # noqa: E402 - the same
from monitor.literature.ranking.model import Rows, fit  # noqa: E402 - the same
from monitor.literature.ranking.order import trust_in_prior  # noqa: E402 - the same
from monitor.literature.ranking.prior import PriorFeatures, prior  # noqa: E402 - the same

RECORDED = ROOT.parent / "shared" / "recordings" / "screening_labelled"
COLUMNS = ("label_abstract_screening", "label_included")
# The choices were made on these, but for how fast the prior fades.
CHOSEN_ON = ("ADHD", "NSAIDS", "UrinaryIncontinence")
SHARE_OF_TIME, MILLISECONDS = 0.25, 30
LARGE, LABELLED = 10_000, 200
_NOW = 2026  # the sets tell no years: no record is more recent than another


@dataclass(frozen=True)
class Screening:
    """One labelled set under one of its columns of labels; each record’s prior score."""

    name: str
    rows: list[dict[str, str]]
    labels: list[int]
    prior_scores: list[float]
    priors: list[list[int]]  # of each run: one relevant record, one irrelevant

    def asked(self) -> dict[str, Any]:
        titles = [row["title"] for row in self.rows]
        abstracts = [row["abstract"] for row in self.rows]
        return {
            "titles": titles,
            "abstracts": abstracts,
            "labels": self.labels,
            "priors": self.priors,
        }


@dataclass(frozen=True)
class Run:
    """One simulated screening: the measures, the order of reading and the processor seconds."""

    wss: float
    atd: float
    order: list[int]
    seconds: float


def screenings(seeds: int) -> list[Screening]:
    found = []
    for path in sorted(RECORDED.glob("*.csv.gz")):
        with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        name = path.name.partition("__")[2].partition(".")[0]
        prior_scores = [_prior(row) for row in rows]
        for column in COLUMNS:
            labels = [int(row[column]) for row in rows]
            priors = [_priors(labels, seed) for seed in range(seeds)]
            found.append(Screening(f"{name} {column}", rows, labels, prior_scores, priors))
    return found


def _priors(labels: Sequence[int], seed: int) -> list[int]:
    choose = random.Random(seed)  # noqa: S311 - the same priors in every run
    return [
        choose.choice([at for at, one in enumerate(labels) if one == wanted]) for wanted in (1, 0)
    ]


def ours(screening: Screening, priors: list[int], *, keywords: bool = True) -> Run:
    """Screen one set, from the texts on: all of it is timed."""
    began = time.process_time()
    rows = Rows.of([_features(row, keywords=keywords) for row in screening.rows])
    prior_scores = np.array(screening.prior_scores)
    labels = {one: bool(screening.labels[one]) for one in priors}
    known = np.zeros(len(screening.rows))
    known[priors] = -np.inf
    wanted = sum(screening.labels)
    while sum(labels.values()) < wanted:
        scores = rows.times(fit(rows, labels)) + trust_in_prior(labels) * prior_scores + known
        best = int(scores.argmax())
        labels[best] = bool(screening.labels[best])
        known[best] = -np.inf
    seconds = time.process_time() - began
    order = list(labels)
    return Run(*measures(screening.labels, order[len(priors) :]), order, seconds)


def _features(row: dict[str, str], *, keywords: bool) -> bytes:
    return features(row["title"], row["abstract"], row["keywords"].split(";") if keywords else ())


def _prior(row: dict[str, str]) -> float:
    suggestion = suggest_design(row["title"], row["abstract"])
    return sum(
        prior(PriorFeatures(design=suggestion.design if suggestion else None), _NOW).values()
    )


def measures(labels: Sequence[int], queried: Sequence[int]) -> tuple[float, float]:
    """Give WSS@95 and ATD as asreview-insights defines them, of what was read after the priors.

    WSS: how much earlier, as a share of all records, the last relevant record at or below 95 %
    recall is found than where relevant ones lie evenly. ATD: records read until one is found, mean.
    """
    found = [labels[one] for one in queried]
    total, relevant = len(labels) - 2, sum(found)
    at = [place for place, one in enumerate(found) if one]
    evenly = np.round(np.linspace(0, relevant, total))
    number = np.arange(1, relevant + 1)
    earlier = (np.searchsorted(evenly, number) - np.array(at)) / total
    place = np.searchsorted(number / relevant, 0.95, side="right") - 1
    return float(earlier[place]), float(np.mean(at)) + 1


def theirs(python: Path, asked: Sequence[Screening]) -> dict[str, list[dict[str, Any]]]:
    """Let ASReview do the same, and check our measures against asreview-insights' on its runs."""
    script = Path(__file__).resolve().parent / "parts" / "ranking_yardstick.py"
    sets = json.dumps({one.name: one.asked() for one in asked})
    command = [str(python.absolute()), str(script)]
    with tempfile.TemporaryDirectory() as folder:  # it leaves a cache where it is started
        done = subprocess.run(  # noqa: S603 - the interpreter named on the command line
            command, cwd=folder, input=sets, capture_output=True, text=True, check=True
        )
    answer: dict[str, list[dict[str, Any]]] = json.loads(done.stdout)
    for screening in asked:
        for run in answer[screening.name]:
            taken = measures(screening.labels, run["order"][2:])
            if not np.allclose(taken, (run["wss"], run["atd"])):
                raise SystemExit(f"{screening.name}: our measures are not asreview-insights'")
    return answer


def refitting(asked: Sequence[Screening]) -> tuple[float, float, float]:
    """Give the milliseconds to weigh, fit and score 10,000 records, the recorded ones repeated."""
    texts = [_features(row, keywords=True) for one in asked[::2] for row in one.rows]
    papers = [texts[at % len(texts)] for at in range(LARGE)]
    labels = {at * (LARGE // LABELLED): at % 4 == 0 for at in range(LABELLED)}
    began = time.process_time()
    rows = Rows.of(papers)
    weighed = time.process_time() - began
    fits, scorings = [], []
    for _ in range(9):
        began = time.process_time()
        slopes = fit(rows, labels)
        fitted = time.process_time()
        rows.times(slopes)
        fits.append(fitted - began)
        scorings.append(time.process_time() - fitted)
    return 1000 * weighed, 1000 * statistics.median(fits), 1000 * statistics.median(scorings)


def mean(runs: Sequence[Run]) -> tuple[float, float]:
    return statistics.mean(one.wss for one in runs), statistics.mean(one.atd for one in runs)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--asreview", type=Path, metavar="PYTHON")
    options = parser.parse_args()
    asked = screenings(options.seeds)
    if not asked:
        print("no labelled sets beside the project")
        return 2
    own = {one.name: [ours(one, priors) for priors in one.priors] for one in asked}
    yardstick = theirs(options.asreview, asked) if options.asreview else {}
    for one in asked:
        line = "WSS@95 {:.3f}  ATD {:6.1f}".format(*mean(own[one.name]))
        if yardstick:
            runs = [Run(r["wss"], r["atd"], [], r["whole"]) for r in yardstick[one.name]]
            line += "  ASReview: WSS@95 {:.3f}  ATD {:6.1f}".format(*mean(runs))
        print(f"{one.name:50} {line}")
    weighed, fitted, scored = refitting(asked)
    print(f"{LARGE:,} records, {LABELLED} labels: weigh {weighed:.0f} ms once,", end=" ")
    print(f"fit {fitted:.1f} ms (at most {MILLISECONDS}), score {scored:.1f} ms")
    return int(fitted > MILLISECONDS or (bool(yardstick) and not as_good(own, yardstick)))


def as_good(own: dict[str, list[Run]], yardstick: dict[str, list[dict[str, Any]]]) -> bool:
    """Print the means of all runs and the ratios of time; tell whether every budget is met."""
    mine = [run for runs in own.values() for run in runs]
    other = [run for runs in yardstick.values() for run in runs]
    wss, atd = mean(mine)
    wss_other, atd_other = (statistics.mean(run[name] for run in other) for name in ("wss", "atd"))
    seconds = sum(run.seconds for run in mine)
    whole, model = (sum(run[name] for run in other) for name in ("whole", "model"))
    print(f"mean WSS@95 {wss:.3f}, ASReview {wss_other:.3f}; ATD {atd:.1f}, {atd_other:.1f}")
    print(
        f"time: {seconds / whole:.2f} of the whole simulation (at most {SHARE_OF_TIME});", end=" "
    )
    print(f"{seconds / model:.2f} of transforming, fitting and ranking alone")
    return wss >= wss_other and atd <= atd_other and seconds <= SHARE_OF_TIME * whole


if __name__ == "__main__":
    sys.exit(main())
