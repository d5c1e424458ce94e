"""ASReview's default model on the sets that bench/ranking.py hands over; run by it alone.

    PYTHON bench/parts/ranking_yardstick.py < sets.json > orders.json

PYTHON is one with ``asreview`` and ``asreview-insights``. Reads ``{name: {"titles", "abstracts",
"labels", "priors": [[…]]}}``; gives, by name and run, the records in the order that ASReview's own
simulation queried them, the processor seconds of the whole simulation and of its transforming,
fitting and ranking alone, and the measures as asreview-insights takes them.
"""

import json
import sys
import time
from collections.abc import Callable
from typing import Any

import pandas as pd
from asreview.learner import ActiveLearningCycle
from asreview.models.models import get_ai_config
from asreview.simulation.simulate import Simulate
from asreviewcontrib.insights.metrics import (
    _average_time_to_discovery,
    _time_to_discovery,
    _wss,
)

ROUTINES = ("transform", "fit", "rank")


def timed(cycle: ActiveLearningCycle) -> list[float]:
    """Make the model keep the processor seconds of its own work, one number a call."""
    spent: list[float] = []
    for name in ROUTINES:
        setattr(cycle, name, _timing(getattr(cycle, name), spent))
    return spent


def _timing(work: Callable[..., Any], spent: list[float]) -> Callable[..., Any]:
    def timing(*given: Any) -> Any:  # noqa: ANN401 - whatever theirs takes and gives
        began = time.process_time()
        result = work(*given)
        spent.append(time.process_time() - began)
        return result

    return timing


def simulated(given: dict[str, Any], priors: list[int]) -> dict[str, Any]:
    texts = pd.DataFrame({"title": given["titles"], "abstract": given["abstracts"]})
    labels = given["labels"]
    cycle = ActiveLearningCycle.from_meta(get_ai_config()["value"])
    spent = timed(cycle)
    began = time.process_time()
    simulation = Simulate(texts, pd.Series(labels), cycle, print_progress=False)
    simulation.label(priors)
    simulation.review()
    whole = time.process_time() - began
    order = [int(one) for one in simulation._results["record_id"]]
    return {"order": order, "whole": whole, "model": sum(spent), **measured(order, labels, priors)}


def measured(order: list[int], labels: list[int], priors: list[int]) -> dict[str, float]:
    """Take the measures without the priors, padded with zeros, as asreview-insights does."""
    queried = order[len(priors) :]
    found = [labels[one] for one in queried]
    padded = found + [0] * (len(labels) - len(order))
    discovered = _time_to_discovery(queried, found)
    return {"wss": float(_wss(padded, 0.95)), "atd": _average_time_to_discovery(discovered)}


if __name__ == "__main__":
    sets = json.load(sys.stdin)
    json.dump(
        {
            name: [simulated(given, priors) for priors in given["priors"]]
            for name, given in sets.items()
        },
        sys.stdout,
    )
