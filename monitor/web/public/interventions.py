"""One intervention's page, and the page of each study behind it: the chain, clickable backwards.

A study is public once it was decided, never before: reviewers must not see each other's answers
early. Reviewers are shown as “Reviewer 1”, never by name.
"""

from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, render_template
from sqlalchemy.orm import Session

from monitor.catalogue.loader import Catalogue
from monitor.catalogue.words import Direction
from monitor.evidence import queries as evidence
from monitor.evidence import wording
from monitor.evidence.baseline import standing as baselines
from monitor.evidence.facts import CountRange
from monitor.evidence.showing import showing
from monitor.evidence.tables import GradeRow
from monitor.gap import queries as gap
from monitor.gap import use_changes
from monitor.gap.explaining import explained
from monitor.gap.rules import State
from monitor.gap.tables import Change
from monitor.gap.words import ChangeKind
from monitor.kernel.errors import NotFound
from monitor.review import queries as review
from monitor.review.notices import doubts
from monitor.review.queries import AcceptedStudy
from monitor.usage import service as usage_service
from monitor.web import trials
from monitor.web.current import now, service
from monitor.web.public import rendered
from monitor.web.public.states import certainty, figure, ratings, whatif
from monitor.web.public.studies import chain, family, particulars
from monitor.web.public.usage import use

blueprint = Blueprint("interventions", __name__)

_CHANGES = 100


@dataclass(frozen=True, slots=True)
class Was:
    """The direction before the newest move of the findings."""

    direction: Direction
    until: datetime


@dataclass(frozen=True, slots=True)
class FactInWords:
    """One fact the rule looks at, as a range in words."""

    name: str
    count: str
    meaning: str


@blueprint.get("/interventions/<slug>")
@rendered.once()
def intervention(slug: str) -> str:
    """Show one intervention: its state, why it is so, what changed, and what would change it."""
    catalogue = service().catalogue
    about = catalogue.intervention(slug)
    with service().database.read() as session:
        state = gap.state(session, slug)
        grade, standing = _grade(session, slug), baselines.standing(session)
        accepted = review.accepted(session, slug)
        changes = gap.changes(session, slug=slug, limit=_CHANGES)
        waiting = trials.waiting(session, slug)
        counted = [study for study in accepted if study.study_id in set(grade.counted)]
        context = {
            "unread": [*_other_outcome(accepted, counted), *chain.not_counted(session, slug)],
            "usage": usage_service.latest(session, slug),
            "use_clause": use_changes.figure_clause,
            "other_units": use.beside(session, slug),
            "cases": whatif.cases(session, catalogue, slug, state, counted, at=now()),
            "doubts": doubts.of_studies(session, [study.study_id for study in counted]),
            "sure": certainty.of_intervention(session, slug, showing(session, catalogue, slug)),
            "own": standing.baseline(catalogue, slug),
            "own_table": standing.at,
            "ratings": ratings.beside(about.ratings, catalogue.review.closed, len(counted)),
            "why": explained.explain_state(session, catalogue, slug, now(), stands=True),
            "waiting": waiting,
        }
        return render_template(
            "public/interventions/intervention.html",
            about=about,
            baseline=about.baseline,
            state=state,
            grade=grade,
            facts=_facts(catalogue, grade),
            counted=sorted(counted, key=lambda study: study.decided_at, reverse=True),
            changes=changes,
            was=_was(changes),
            meaning=figure.meaning(state),
            caution=figure.caution(state.tier),
            higher=whatif.thresholds(catalogue.grading, grade),
            **context,
        )


@blueprint.get("/interventions/<slug>/studies/<int:study_id>")
@rendered.once()
def study(slug: str, study_id: int) -> str:
    """Show a decided study: what was agreed, each reviewer's judgement and quote, its papers."""
    about = service().catalogue.intervention(slug)
    with service().database.read() as session:
        page = chain.study(session, study_id)
        if slug not in page.interventions:
            raise NotFound(f"no study {study_id} was decided on for {about.name}")
        papers = chain.papers(session, study_id)
    names = [
        intervention.name
        for intervention in service().catalogue.interventions
        if intervention.slug in page.interventions
    ]
    every = {
        intervention.slug: intervention.name for intervention in service().catalogue.interventions
    }
    return render_template(
        "public/interventions/study.html",
        about=about,
        study=page,
        papers=papers,
        names=names,
        known=particulars.particulars(page.reading, every),
        line_words=family,
    )


def _grade(session: Session, slug: str) -> GradeRow:
    grade = evidence.current(session, slug)
    if grade is None:
        raise NotFound("the published baseline has not been entered yet: run gap-monitor init")
    return grade


def _facts(catalogue: Catalogue, grade: GradeRow) -> list[FactInWords]:
    return [
        FactInWords(fact.many, wording.quantity(CountRange(*grade.facts[name]), fact), fact.meaning)
        for name, fact in catalogue.grading.facts.items()
        if name in grade.facts
    ]


def _was(changes: list[Change]) -> Was | None:
    """Find the newest change that moved the findings."""
    for change in changes:
        if change.before and ChangeKind.DIRECTION in change.kinds:
            return Was(State.from_dict(change.before).direction, change.at)
    return None


def _other_outcome(
    accepted: list[AcceptedStudy], counted: list[AcceptedStudy]
) -> list[chain.NotCounted]:
    return [
        chain.NotCounted(study.study_id, study.label, f"it measured {study.outcome}")
        for study in accepted
        if study not in counted
    ]
