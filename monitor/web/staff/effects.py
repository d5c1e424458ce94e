"""What a step would do to each intervention, part by part, as staff pages show it."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from monitor import workflow
from monitor.catalogue.words import InReview
from monitor.evidence import service as evidence
from monitor.gap.rules import changed
from monitor.notify import news
from monitor.web.current import service
from monitor.web.public.states import figure


@dataclass(frozen=True, slots=True)
class StepEffect:
    """What a step would do to one intervention, part by part."""

    name: str
    preview: workflow.Preview
    rows: tuple[figure.ComparedPart, ...]
    moves: bool


def effects_of(previews: Sequence[workflow.Preview]) -> list[StepEffect]:
    """Set what a step would do beside what is now, part by part."""
    return [
        StepEffect(
            name=preview.name,
            preview=preview,
            rows=figure.compare(preview.before, preview.after),
            moves=bool(changed(preview.before, preview.after)),
        )
        for preview in previews
    ]


def silent(
    session: Session,
    study_id: int,
    previews: Sequence[workflow.Preview],
    in_review: InReview | None = None,
) -> str:
    """Say why nobody would be mailed although something changes; empty: followers would be.

    ``in_review`` is what the appraisals say of the study that is to be decided; None: what was
    decided on it says, or the date of its first results.
    """
    kinds = {kind for preview in previews for kind in changed(preview.before, preview.after)}
    may_be = evidence.may_be_in_review(session, service().catalogue, study_id, in_review)
    return news.why_silent(kinds, in_review=may_be) if kinds else ""
