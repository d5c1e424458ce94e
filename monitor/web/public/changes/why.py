"""One change, for good: what was and what is, and everything that is known of why."""

from dataclasses import dataclass

from flask import Blueprint, render_template
from sqlalchemy.orm import Session

from monitor.evidence import queries as evidence
from monitor.evidence.words import OF_DECISIONS
from monitor.gap import history, use_changes
from monitor.gap import queries as gap
from monitor.gap.explaining import explained, rule_lines
from monitor.gap.rules import State
from monitor.gap.tables import Change
from monitor.notify.writing.first_lines import first_lines
from monitor.review import decision_rows
from monitor.review import queries as review
from monitor.web.current import service
from monitor.web.formats import opening
from monitor.web.public import rendered
from monitor.web.public.states import figure
from monitor.web.public.studies import chain

blueprint = Blueprint("why", __name__)


@dataclass(frozen=True, slots=True)
class StudyThatCounted:
    """A study that counted right after a change."""

    study_id: int
    label: str


@blueprint.get("/changes/<int:change_id>")
@rendered.once()
def change(change_id: int) -> str:
    """Show one change: every part of the state before and after, its cause, and the chain behind it.

    What changed next is told first: readers come from mails, and what they read may hold no more.
    """
    catalogue = service().catalogue
    with service().database.read() as session:
        entry = gap.change(session, change_id)
        following = gap.following(session, entry)
        both = [entry] if following is None else [entry, following]
        lines = first_lines(session, catalogue, both)
        before = State.from_dict(entry.before) if entry.before else None
        then = history.in_force_at(session, catalogue, entry.slug, entry.at)
        why = explained.explain_state(session, then, entry.slug, entry.at)
        study = _study(session, entry)
        return render_template(
            "public/changes/change.html",
            change=entry,
            about=catalogue.intervention(entry.slug),
            first=lines.get(entry.id, ""),
            before=before,
            following=following,
            next_first=following and (lines.get(following.id) or opening(following.sentence)[0]),
            rows=figure.compare(before, State.from_dict(entry.after)),
            study=study,
            papers=chain.papers(session, study) if study else [],
            of_wave=entry.cause_kind in use_changes.OF_WAVES,
            undone=explained.undone_by(session, catalogue, entry),
            decided=explained.decided_then(session, catalogue, entry),
            told=[list(rule_lines.told(finding, then.synthesis.delta)) for finding in why.findings],
            why=why,
            counted=_counted(session, entry),
            address=f"{service().settings.web.public_url}/changes/{entry.id}",
        )


def _study(session: Session, entry: Change) -> int | None:
    """Give the study whose decision caused a change; None where something else did."""
    if entry.cause_kind not in OF_DECISIONS:
        return None
    return decision_rows.study_of(session, entry.cause_id)


def _counted(session: Session, entry: Change) -> list[StudyThatCounted]:
    grade = evidence.as_of(session, entry.slug, entry.at)
    numbers = set(grade.counted) if grade else set()
    accepted = review.accepted(session, entry.slug, at=entry.at)
    return [
        StudyThatCounted(study.study_id, study.label)
        for study in accepted
        if study.study_id in numbers
    ]
