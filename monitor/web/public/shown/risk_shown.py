"""The risk of bias of a result, in words and boxes: overall, and domain by domain. Pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from monitor.catalogue.shapes.methods import SynthesisPolicy
from monitor.catalogue.shapes.tools import Tool
from monitor.kernel.language.english import listed, sentence
from monitor.review.reading.appraised import overall_of, stand
from monitor.review.reading.model import Risk

EMPTY, HALF, FULL, OPEN = "empty", "half", "full", "open"
_NOT_JUDGED = "Not judged"
_ASIDE = re.compile(r"\s*\([^)]*\)")


@dataclass(frozen=True, slots=True)
class RiskShown:
    """``boxes``: empty low, half some concerns, full high, open not judged.

    ``words`` say the same, and go on after ``overall``.
    """

    overall: str
    words: str = ""
    boxes: tuple[str, ...] = ()
    tool: str = ""


def risk_shown(
    risks: Sequence[Risk], tools: Mapping[str, Tool], policy: SynthesisPolicy
) -> RiskShown:
    """Show the worst of the results that stand for a study; domains where a tool's were judged."""
    each = [_one(risk, tools, policy) for risk in risks]
    return max(each, key=lambda shown: _rank(shown, policy), default=RiskShown(_NOT_JUDGED))


def _rank(shown: RiskShown, policy: SynthesisPolicy) -> tuple[int, int]:
    level = (EMPTY, OPEN, HALF, FULL).index(_level(shown.overall.casefold(), policy))
    return level, sum(box == FULL for box in shown.boxes)


def _one(risk: Risk, tools: Mapping[str, Tool], policy: SynthesisPolicy) -> RiskShown:
    tool = tools.get(risk.tool)
    if tool is None or not tool.judgements:
        overall = overall_of(tools, risk)
        words = ", judged as a whole" if overall else ""
        return RiskShown(sentence(overall or _NOT_JUDGED), words)
    appraised = stand(tool, risk)
    overall, parts = risk.stated or appraised.overall.judgement, appraised.domains
    judged = [(number, part.name, part.judgement) for number, part in enumerate(parts, start=1)]
    boxes = tuple(_level(judgement, policy) for _, _, judgement in judged)
    return RiskShown(
        sentence(overall or _NOT_JUDGED),
        _words(judged, tool.judgements[0], overall),
        boxes,
        tool.name,
    )


def _words(judged: Sequence[tuple[int, str, str | None]], best: str, overall: str | None) -> str:
    """Name the domains that give concern, after the overall word; those of that word first."""
    by_word: dict[str, list[str]] = {}
    for number, name, judgement in judged:
        if judgement != best:
            plain = _ASIDE.sub("", name)
            by_word.setdefault(judgement or "not judged", []).append(
                f"{number} {plain[:1].lower()}{plain[1:]}"
            )
    if not by_word:
        return f" in each of {len(judged)} domains" if judged and overall == best else ""
    first = sorted(by_word, key=lambda word: word != overall)
    told = [
        ("" if word == overall else f"{word} ") + f"in {listed(by_word[word])}" for word in first
    ]
    return (" " if first[0] == overall else ": ") + "; ".join(told)


def _level(judgement: str | None, policy: SynthesisPolicy) -> str:
    if judgement in policy.high_risk:
        return FULL
    if judgement in policy.some_concerns:
        return HALF
    return EMPTY if judgement == "low" or (judgement or "").startswith("low") else OPEN
