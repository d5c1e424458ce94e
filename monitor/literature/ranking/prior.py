"""How likely a paper is to move a tier, before anybody decided on one like it. Pure.

Four parts that a reviewer can check at a glance: the design its text suggests, whether it names
an intervention, whether it tells of attachment, how recent it is. The weights are a judgement,
not a measurement. They order a list; they decide nothing and leave nothing out.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from monitor.feeds.records import Citation
from monitor.literature.design.detection import design_of
from monitor.literature.matching.matcher import Hit
from monitor.literature.text.folding import fold

DESIGN, NAMES, OUTCOME, RECENT = "design", "names", "outcome", "recent"
PARTS = (DESIGN, NAMES, OUTCOME, RECENT)

# What each part adds at most. Together 1.
_MOST = {DESIGN: 0.35, NAMES: 0.35, OUTCOME: 0.2, RECENT: 0.1}
# How much of its part a design gives: tiers are moved by trials first. What nothing tells the
# design of may be any of them.
_OF_DESIGN = {
    "randomised": 1.0,
    "follow-up": 0.7,
    "non-randomised": 0.6,
    "single-group": 0.4,
    "case": 0.2,
    "economic": 0.2,
    "protocol": 0.2,
    "registration": 0.2,
    "review": 0.1,
    "qualitative": 0.1,
    "notice": 0.0,
}
_DESIGN_UNKNOWN = 0.3
# How much of its part a name gives: in the abstract or the keywords only, or only in passing.
_OF_NAME = {"title": 1.0, "elsewhere": 0.5, "passing": 0.1}
_YEARS = 10  # how long a paper takes to stop being recent
_YEAR_UNKNOWN = 0.5

# In folded text.
_ATTACHMENT = re.compile(
    r"\battachment (?:secur|insecur|disorgani|behavio|relation|qualit|style|disorder|represent|"
    r"classif|pattern|outcome|q (?:set|sort))|\b(?:secure|insecure|disorgani[sz]ed|infant|child|"
    r"mother infant|parent child) attachment\b|\bstrange situation\b"
)


@dataclass(frozen=True, slots=True)
class PriorFeatures:
    """What the parts are made of. ``named``: "title", "elsewhere", "passing" or None: not at all."""

    design: str | None = None
    named: str | None = None
    attachment: bool = False
    year: int | None = None


def prior_features(
    citation: Citation, hits: Sequence[Hit], *, in_passing: bool = False
) -> PriorFeatures:
    """Read what the prior weighs from what a record says of it, and the names found there."""
    text = f"{fold(citation.title)} {fold(citation.abstract or '')}"
    suggestion = design_of(citation)
    return PriorFeatures(
        design=suggestion.value if suggestion else None,
        named=_named(hits, in_passing=in_passing),
        attachment=_tells_of_attachment(text),
        year=citation.year,
    )


def prior(paper: PriorFeatures, this_year: int) -> Mapping[str, float]:
    """Say what each of ``PARTS`` adds to a paper's score: never negative, together at most 1."""
    shares = {
        DESIGN: _OF_DESIGN.get(paper.design or "", _DESIGN_UNKNOWN),
        NAMES: _OF_NAME.get(paper.named or "", 0.0),
        OUTCOME: 1.0 if paper.attachment else 0.0,
        RECENT: _recent(paper.year, this_year),
    }
    return {part: _MOST[part] * shares[part] for part in PARTS}


def _tells_of_attachment(folded: str) -> bool:
    # looking for the fixed words first is much faster
    may_tell = "attachment" in folded or "strange situation" in folded
    return may_tell and _ATTACHMENT.search(folded) is not None


def _named(hits: Iterable[Hit], *, in_passing: bool) -> str | None:
    fields = {hit.field for hit in hits}
    if fields and in_passing:
        return "passing"
    if "title" in fields:
        return "title"
    return "elsewhere" if fields else None


def _recent(year: int | None, this_year: int) -> float:
    """Fall from 1 to 0 over the years; a year that cannot be right, or none, counts for half."""
    if year is None or year > this_year + 1:
        return _YEAR_UNKNOWN
    return min(1.0, max(0.0, 1 - (this_year - year) / _YEARS))
