"""What trials since the review show of one intervention, worked out from the studies that count.

Nothing here is kept: it is worked out anew from the results whenever it is asked (DESIGN §9).
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from sqlalchemy.orm import Session

from monitor.catalogue.loader import Catalogue
from monitor.catalogue.words import InReview
from monitor.evidence.baseline import standing as baselines
from monitor.evidence.synthesis.findings import Finding, findings_of
from monitor.evidence.synthesis.hearing import Derived, together
from monitor.evidence.synthesis.remembered import derived_of, derived_of_facts, rows_of, rules_of
from monitor.evidence.synthesis.results import Result
from monitor.review import queries as review
from monitor.review.queries import AcceptedStudy, CountedStudy

_Labelled = TypeVar("_Labelled", AcceptedStudy, CountedStudy)
_NUMBERED = re.compile(r"\(\d+\)\s*$")


@dataclass(frozen=True, slots=True)
class Showing:
    """What trials since the review show: every pool and class, and what could not be read.

    ``studies`` are by the name that ``Result`` and ``Index`` give a study.
    """

    slug: str
    findings: tuple[Finding, ...]
    refused: tuple[tuple[Result, str], ...]
    studies: Mapping[str, AcceptedStudy]


def showing(
    session: Session, catalogue: Catalogue, slug: str, *, at: datetime | None = None
) -> Showing:
    """Work out what trials since the review show of one intervention; ``at``: as of then."""
    everything = baselines.standing(session, at).table is not None
    return of_studies(catalogue, slug, review.accepted(session, slug, at=at), everything=everything)


def of_studies(
    catalogue: Catalogue, slug: str, accepted: Sequence[AcceptedStudy], *, everything: bool = False
) -> Showing:
    """Work out what some studies show of one intervention.

    The review's own are no voice before its table is in; then ``everything`` that people read is.
    """
    heard = [study for study in accepted if everything or study.in_review is not InReview.YES]
    named = names(heard)
    told = [_derived(catalogue, name, study) for name, study in named.items()]
    studies, refused = together([derived for derived in told if derived], rules_of(catalogue))
    findings = findings_of(studies, catalogue.synthesis, [slug])
    return Showing(slug, tuple(findings), tuple(refused), named)


def _derived(catalogue: Catalogue, name: str, study: AcceptedStudy) -> Derived | None:
    if not study.facts:
        return derived_of(catalogue, rows_of(catalogue, study.reading, name))
    return derived_of_facts(catalogue, study.facts, name, lambda: study.reading)


def names(accepted: Sequence[_Labelled]) -> dict[str, _Labelled]:
    """Name each study by its label, with its number where another's could be taken for the same.

    Results meet by name in any case and spacing (``samples.key_of``), and so labels differ by more
    than that; one that ends as a number put behind would is given its own.
    """
    plain = {study.study_id: " ".join(study.label.casefold().split()) for study in accepted}
    told = Counter(plain.values())
    return {
        f"{study.label} ({study.study_id})"
        if told[plain[study.study_id]] > 1 or _NUMBERED.search(study.label)
        else study.label: study
        for study in accepted
    }
