"""What trials since the review show of one intervention, worked out from the studies that count.

Nothing here is kept: it is worked out anew from the results whenever it is asked (DESIGN §9).
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from monitor.catalogue.loader import Catalogue
from monitor.catalogue.words import InReview
from monitor.evidence.baseline import standing as baselines
from monitor.evidence.synthesis.findings import Finding, MainFinding, findings, main_findings
from monitor.evidence.synthesis.of_readings import row_of
from monitor.evidence.synthesis.results import Result
from monitor.review import queries as review
from monitor.review.queries import AcceptedStudy
from monitor.review.reading.appraised import overall_of
from monitor.review.reading.model import Reading

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
    heard = [one for one in accepted if everything or one.in_review is not InReview.YES]
    named = names(heard)
    rows = [row for name, study in named.items() for row in rows_of(catalogue, study.reading, name)]
    found, refused = shown_of(catalogue, slug, rows)
    return Showing(slug, found, refused, named)


def shown_of(
    catalogue: Catalogue, slug: str, rows: Sequence[Result]
) -> tuple[tuple[Finding, ...], tuple[tuple[Result, str], ...]]:
    """Say what results show of one intervention; and which could not be read, with why."""
    every, refused = findings(rows, catalogue.synthesis, catalogue.measures, catalogue.slugs)
    return tuple(finding for finding in every if finding.intervention == slug), tuple(refused)


def main_of(
    catalogue: Catalogue, slug: str, rows: Sequence[Result]
) -> tuple[list[MainFinding], list[tuple[Result, str]]]:
    """Say what ``shown_of`` says, as far as a grade needs it."""
    every, refused = main_findings(rows, catalogue.synthesis, catalogue.measures, catalogue.slugs)
    return [finding for finding in every if finding.intervention == slug], refused


def rows_of(catalogue: Catalogue, reading: Reading, study: str) -> list[Result]:
    """Give each result of a reading as a row of the results table; ``study`` names it."""
    tools = catalogue.tool_by_reference
    return [
        row_of(reading, result, study=study, risk=overall_of(tools, result.risk) or "")
        for result in reading.results
    ]


def names(accepted: Sequence[AcceptedStudy]) -> dict[str, AcceptedStudy]:
    """Name each study by its label, with its number where another's could be taken for the same.

    Results meet by name in any case and spacing (``samples.keys``), and so labels differ by more
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
