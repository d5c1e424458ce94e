"""Fit the weights of monitor/literature/design/trial_weights.py anew, on the tuning half alone.

    python tools/fit_design.py

A logistic model over the cues of ``trial_cues``: ridge towards the starting weights below, by
Newton's method. A cue whose weight comes out against its meaning is left out and the rest fitted
again, so that each part of a score can be explained. Prints nothing but what it wrote.
"""

import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from design_sets import DRUGS, LABELLED, Labelled, labelled  # noqa: E402 - beside this script

from monitor.literature.design import trial_cues  # noqa: E402 - found through the path set above
from monitor.literature.text.sentences import lines  # noqa: E402 - the same

TARGET = ROOT / "monitor" / "literature" / "design" / "trial_weights.py"
NO_ABSTRACT, BIAS = "no abstract", "start"
RIDGE, ROUNDS, LEAST = 2.0, 12, 0.05
# Where the tuning half holds too few to tell: what a cue is taken to weigh until records say else.
PRIOR = {
    "title: notice": -6.0, "title: protocol": -1.0, "title: case": -1.5, "title: review": -1.5,
    "title: qualitative": -1.5, "title: secondary analysis": -0.5, "not randomised": -1.5,
    "no group of its own": -1.0, "planned": -0.5, "interviews": -0.5, "randomly selected": -0.3,
    "intention to treat": 0.5, "title: a randomised trial": 2.0, "counterbalanced": 1.0, "random otherwise": 0.5,
}  # fmt: skip
AGAINST = {
    *(name for name, weight in PRIOR.items() if weight < 0), "title: observational",
    "title: methods", "title: animals or cells", "other trials spoken of", "open label", "case",
    "search of the literature", "this review", "pooled or secondary", "observational",
    "odds or prevalence", "animals", "cells, genes or plants", "a tool or a model", NO_ABSTRACT,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Example:
    """One record as the model sees it: the places of its cues, its label and how much it counts."""

    cues: tuple[int, ...]
    randomised: bool
    count: float


def main() -> None:
    """Fit on the tuning half and write the module."""
    names = [*(cue.name for cue in trial_cues.CUES), NO_ABSTRACT, BIAS]
    used = [one for one in labelled() if not one.held_out]
    found = [example for one in used for example in _examples(one, names)]
    weights = _fitted(found, names)
    TARGET.write_text(_module(names, weights, len(used)), encoding="utf-8")
    sys.stdout.write(f"{TARGET.name} written from {len(used)} records\n")


def _examples(one: Labelled, names: list[str]) -> list[Example]:
    """Give a record as it stands and, for a little, its title alone: few such are trials."""
    place = {name: position for position, name in enumerate(names)}
    count = {DRUGS: 0.3, LABELLED: 5.0 if one.randomised else 1.0}.get(one.set, 1.0)
    found = []
    for abstract, share in ((one.abstract, 1.0), ("", 0.02 if one.randomised else 0.1)):
        met = [f.name for f in trial_cues.find(one.title, list(lines(abstract)))]
        met += [BIAS] if abstract else [NO_ABSTRACT, BIAS]
        found.append(Example(tuple(place[name] for name in met), one.randomised, count * share))
    return found if one.abstract else [Example(found[0].cues, one.randomised, count)]


def _fitted(found: Sequence[Example], names: list[str]) -> list[float]:
    kept = list(range(len(names)))
    while True:
        weights = _newton(found, names, kept)
        wrong = [
            place
            for place in kept
            if names[place] not in {BIAS, NO_ABSTRACT}
            and (weights[place] > -LEAST if names[place] in AGAINST else weights[place] < LEAST)
        ]
        if not wrong:
            return weights
        kept = [place for place in kept if place not in wrong]


def _newton(found: Sequence[Example], names: list[str], kept: list[int]) -> list[float]:
    weights = [PRIOR.get(name, 0.0) if i in kept else 0.0 for i, name in enumerate(names)]
    for _ in range(ROUNDS):
        slope = [RIDGE * (PRIOR.get(name, 0.0) - w) for name, w in zip(names, weights, strict=True)]
        curve = [[RIDGE if i == j else 0.0 for j in range(len(names))] for i in range(len(names))]
        slope[-1], curve[-1][-1] = 0.0, 1e-6
        for one in found:
            chance = 1 / (1 + math.exp(-sum(weights[i] for i in one.cues)))
            for i in one.cues:
                slope[i] += one.count * (one.randomised - chance)
                for j in one.cues:
                    curve[i][j] += one.count * chance * (1 - chance)
        step = _solved([[curve[i][j] for j in kept] for i in kept], [slope[i] for i in kept])
        for place, size in zip(kept, step, strict=True):
            weights[place] += size
    return weights


def _solved(matrix: list[list[float]], right: list[float]) -> list[float]:
    """Solve a positive definite system by elimination."""
    rows = [[*row, value] for row, value in zip(matrix, right, strict=True)]
    for i, row in enumerate(rows):
        rows[i] = pivot = [value / row[i] for value in row]
        for j, other in enumerate(rows):
            if j != i:
                rows[j] = [a - other[i] * b for a, b in zip(other, pivot, strict=True)]
    return [row[-1] for row in rows]


def _module(names: list[str], weights: list[float], records: int) -> str:
    lines = [
        '"""What each cue weighs, in natural log odds. Written by tools/fit_design.py; never by hand.',
        "",
        f"Fitted on the tuning half of the labelled records ({records}); docs/accuracy/design.md says",
        'how good they are on the other half."""',
        "",
        "WEIGHTS = {",
        *(f'    "{n}": {w:.2f},' for n, w in zip(names, weights, strict=True) if abs(w) >= LEAST),
        "}",
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
