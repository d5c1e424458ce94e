"""The papers of a study, as an appraiser reads them beside the form."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from monitor.literature.design.detection import read_design
from monitor.literature.design.rules import DesignSuggestion
from monitor.literature.papers import queries as literature
from monitor.review import queries as reviews
from monitor.web.staff import excerpts


@dataclass(frozen=True, slots=True)
class PaperOfStudy:
    """A paper of the study, with what an appraiser reads beside the form."""

    paper: literature.PaperView
    role: str
    abstract: list[list[literature.Segment]]
    suggestion: DesignSuggestion | None


def reports_of(session: Session, view: reviews.StudyView) -> list[PaperOfStudy]:
    """Read the papers of a study, the first linked first."""
    return [_report(literature.paper(session, one.paper_id), one.role) for one in view.papers]


def _report(paper: literature.PaperView, role: str) -> PaperOfStudy:
    suggestion = read_design(paper.title, paper.abstract, paper.publication_types, paper.keywords)
    return PaperOfStudy(
        paper=paper,
        role=role,
        abstract=excerpts.paragraphs(paper.abstract or "", paper.hits, suggestion),
        suggestion=suggestion,
    )
