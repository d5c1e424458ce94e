"""How much a title and an abstract speak like a randomised trial: 0 to 1, with its parts. Pure.

To order by and to screen with, never to hide by. The weights are fixed (``trial_weights``) and
each part names the words it rests on, so that anyone can see why a score is what it is.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from monitor.literature.design.trial_cues import find
from monitor.literature.design.trial_weights import WEIGHTS
from monitor.literature.text import sentences

# At or above it a record may be a randomised trial: just above what a bare title without a telling
# word scores, so that next to none is missed (docs/accuracy/design.md). Never a reason to hide.
SCREENING = 0.054
# At or above it the text speaks like a trial even where it never says "randomised".
LIKELY = 0.85
_MOST = 20_000  # characters read of a title or an abstract
# What an indexer says may raise a score, and never lowers it: labels come late or not at all.
_LABELS = (
    (re.compile(r"^randomi[sz]ed(?: controlled trial)?\b", re.IGNORECASE), 4.0),
    (re.compile(r"^(?:controlled clinical trial|clinical trial\b|pragmatic)", re.IGNORECASE), 1.0),
)
_TERMS = (
    (re.compile(r"^(?:double|single)-blind method$|^random allocation$", re.IGNORECASE), 2.0),
    (re.compile(r"^cross-over studies$", re.IGNORECASE), 1.0),
)


@dataclass(frozen=True, slots=True)
class CueShare:
    """One cue's share of a score, in natural log odds, with its words and their sentence."""

    cue: str
    weight: float
    words: str = ""
    sentence: str = ""


@dataclass(frozen=True, slots=True)
class TrialScore:
    """``value`` is 0 to 1; its log odds are the sum of the parts' weights."""

    value: float
    parts: tuple[CueShare, ...]


def trial_score(
    title: str, abstract: str | None, labels: Sequence[str] = (), keywords: Sequence[str] = ()
) -> TrialScore:
    """Score how likely a record is a randomised trial, from its text and, where given, its labels.

    ``labels`` are publication types. Only the first 20,000 characters of a text are read.
    """
    lines = sentences.told_in((abstract or "")[:_MOST])
    parts = [CueShare("start", WEIGHTS["start"])]
    if not lines:
        parts.append(CueShare("no abstract", WEIGHTS["no abstract"]))
    parts += [
        CueShare(met.name, WEIGHTS[met.name], met.words, met.sentence)
        for met in find(title[:_MOST], lines)
        if met.name in WEIGHTS
    ]
    parts += [*_label("label", _LABELS, labels), *_label("keyword", _TERMS, keywords)]
    total = sum(part.weight for part in parts)
    return TrialScore(1 / (1 + math.exp(-total)), tuple(parts))


def _label(
    cue: str, rules: Sequence[tuple[re.Pattern[str], float]], said: Sequence[str]
) -> list[CueShare]:
    """Give the strongest label alone: several say the same."""
    for words, weight in rules:
        for label in said:
            if words.search(label):
                return [CueShare(cue, weight, label, label)]
    return []
