"""What the pages of the ten, of one and of use show, as tables to take away."""

from typing import Any

from flask import Blueprint, Response
from sqlalchemy.orm import Session

from monitor.evidence import queries as evidence
from monitor.gap import queries as gap
from monitor.gap.queries import InterventionState
from monitor.ops import exports
from monitor.review import queries as review
from monitor.review.queries import AcceptedStudy
from monitor.review.words import shown
from monitor.web.current import service
from monitor.web.public import rendered
from monitor.web.public.states import figure
from monitor.web.public.ten.csv_tables import csv_answer

blueprint = Blueprint("downloads", __name__)

TEN = (
    *("intervention", "name", "tier", "tier_lowest", "tier_highest", "settled"),
    *("studies_lowest", "studies_highest", "review_said", "findings", "trials_since_show"),
    *("use", "ranks", "ranks_out_of", "numerator", "denominator", "gap", "gap_in_words"),
    "last_changed",
)
_STUDIES = (
    *("intervention", "study", "name", "address", "title", "identifiers", "design", "people"),
    *("outcome_class", "outcome", "finding", "risk_of_bias", "developer_led", "uk"),
    *("first_published", "accepted_on"),
)
_USE = (
    *("wave", "field_from", "field_to", "question", "intervention", "nation", "sector", "area"),
    *("numerator", "denominator", "unit", "ci_low", "ci_high", "ranks", "out_of", "words"),
    *("responses", "services", "citation"),
)
_SAID = {True: "yes", False: "no", None: "not known"}


@blueprint.get("/interventions/table.csv")
@rendered.once(file=True)
def ten() -> Response:
    """Give how the ten stand."""
    with service().database.read() as session:
        rows = [row_of(intervention) for intervention in gap.overview(session, service().catalogue)]
    return csv_answer(rows, TEN, "the ten", "/")


@blueprint.get("/interventions/<slug>/studies.csv")
@rendered.once(file=True)
def studies(slug: str) -> Response:
    """Give the studies counted for one intervention since the review."""
    service().catalogue.intervention(slug)
    with service().database.read() as session:
        rows = [_study(slug, study) for study in _counted(session, slug)]
    return csv_answer(rows, _STUDIES, f"studies counted of {slug}", f"/interventions/{slug}")


@blueprint.get("/use/table.csv")
@rendered.once(file=True)
def use() -> Response:
    """Give each row of each published wave of use."""
    with service().database.read() as session:
        rows = exports.use(session)
    return csv_answer(rows, _USE, "use in UK services", "/use")


def row_of(intervention: InterventionState) -> dict[str, Any]:
    """Tell how one of the ten stands, in words and in numbers."""
    state, parts = intervention.state, figure.parts(intervention.state)
    now = state.use.now if state.use else None
    return {
        "intervention": intervention.slug,
        "name": intervention.name,
        "tier": state.tier.value,
        "tier_lowest": state.tier_low.value,
        "tier_highest": state.tier_high.value,
        "settled": _SAID[state.settled],
        "studies_lowest": state.studies[0],
        "studies_highest": state.studies[1],
        "review_said": shown(state.said) if state.said else "",
        "findings": shown(state.direction),
        "trials_since_show": parts["Trials since show"],
        "use": parts["Use"],
        "ranks": [*state.ranks],
        "ranks_out_of": state.out_of,
        "numerator": now.numerator if now else None,
        "denominator": now.denominator if now else None,
        "gap": state.kind.value,
        "gap_in_words": state.sentence,
        "last_changed": intervention.last_change.at.date().isoformat()
        if intervention.last_change
        else "",
    }


def _counted(session: Session, slug: str) -> list[AcceptedStudy]:
    grade = evidence.current(session, slug)
    numbers = set(grade.counted) if grade else set()
    return [study for study in review.accepted(session, slug) if study.study_id in numbers]


def _study(slug: str, study: AcceptedStudy) -> dict[str, Any]:
    base = service().settings.web.public_url
    return {
        "intervention": slug,
        "study": study.study_id,
        "name": study.label,
        "address": f"{base}/interventions/{slug}/studies/{study.study_id}",
        "title": study.title,
        "identifiers": [f"{each.scheme} {each.value}" for each in study.identifiers],
        "design": study.design.value,
        "people": study.participants,
        "outcome_class": study.outcome_class.value,
        "outcome": study.outcome,
        "finding": shown(study.direction) if study.direction else "told in words",
        "risk_of_bias": study.risk_of_bias.value if study.risk_of_bias else "",
        "developer_led": _SAID[study.developer_led],
        "uk": _SAID[study.uk],
        "first_published": study.published.isoformat() if study.published else study.year,
        "accepted_on": study.decided_at.date().isoformat(),
    }
