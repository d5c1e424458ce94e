"""What trials show of one intervention, from the studies that count now. Changes nothing."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from monitor.catalogue.loader import Catalogue
from monitor.evidence.findings import Finding, findings
from monitor.evidence.of_readings import row_of
from monitor.evidence.results import Result
from monitor.review.queries import AcceptedStudy, accepted
from monitor.review.reading.appraised import overall_of


@dataclass(frozen=True, slots=True)
class Showing:
    """What trials show of one intervention: every pool of comparators and class of outcomes.

    ``refused`` are results that could not be read, with why; ``studies`` are by the name that a
    finding's index results give them.
    """

    slug: str
    findings: tuple[Finding, ...]
    refused: tuple[tuple[Result, str], ...]
    studies: Mapping[str, AcceptedStudy]


def showing(session: Session, catalogue: Catalogue, slug: str) -> Showing:
    """Say what the studies of an intervention that count now show."""
    studies = {f"{one.label} ({one.study_id})": one for one in accepted(session, slug)}
    tools = catalogue.tool_by_reference
    results = [
        row_of(study.reading, result, study=name, risk=overall_of(tools, result.risk) or "")
        for name, study in studies.items()
        for result in study.reading.results
    ]
    found, refused = findings(results, catalogue.synthesis, catalogue.measures, catalogue.slugs)
    own = tuple(finding for finding in found if finding.intervention == slug)
    return Showing(slug, own, tuple(refused), studies)
