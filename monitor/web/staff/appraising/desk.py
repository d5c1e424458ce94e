"""What every step of a reading shows, and how it is kept.

A draft is kept at each step, and nobody else sees it. What hangs on an answer is not shown while
answering: only what a domain comes to.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from monitor.catalogue.shapes.tools import Tool
from monitor.catalogue.words import Unit
from monitor.evidence import service as evidence
from monitor.literature.papers import queries as literature
from monitor.review import queries as reviews
from monitor.review import service as review
from monitor.review.notices import alert_queries, doubts
from monitor.review.reading import appraised, to_mend, tools
from monitor.review.reading.cleaning import cleaned
from monitor.review.reading.model import (
    Reading,
    Risk,
)
from monitor.web import auth, forms
from monitor.web.current import now, service
from monitor.web.forms import Problems, Typed
from monitor.web.staff import excerpts, labels, suggestions
from monitor.web.staff.appraising import reading_words
from monitor.web.staff.appraising.reports import PaperOfStudy, reports_of


@dataclass(frozen=True, slots=True)
class Desk:
    """What every step shows: the study, its papers, and the draft as it is kept."""

    study: reviews.StudyView
    draft: review.ReadingInTheMaking
    reports: Sequence[PaperOfStudy]
    problems: tuple[to_mend.PlacedProblem, ...]
    is_asked: bool  # a reading of this person is asked for now, or may be changed
    is_change: bool  # the person has handed in already, and changes it

    @property
    def saved_at(self) -> datetime | None:
        """When the draft was kept last."""
        return self.draft.saved_at

    def left(self, step: str, key: str = "") -> int:
        """Count what is still to be answered or mended in a step, or for one of its parts."""
        return sum(
            problem.place.step == step and (not key or problem.place.key == key)
            for problem in self.problems
        )


def open_desk(session: Session, study_id: int) -> Desk:
    """Read what a step shows."""
    catalogue = service().catalogue
    view = reviews.study(session, study_id, auth.reader().id, tools=catalogue.tool_by_reference)
    draft = draft_of(session, study_id)
    reading = cleaned(draft.reading)
    own = any(appraisal.reviewer_id == auth.reader().id for appraisal in view.appraisals)
    # of one's own, while it waits for somebody else: the second, or the other of the two to agree
    unconfirmed = view.consensus is not None and not view.consensus.is_confirmed
    waits = view.turn is reviews.StudyTurn.NOTHING and view.round.is_open
    waits = waits and (view.given == 1 or unconfirmed)
    may_change = own and (
        waits or view.turn in {reviews.StudyTurn.COUNT, reviews.StudyTurn.CONFIRM}
    )
    return Desk(
        study=view,
        draft=draft,
        reports=reports_of(session, view),
        problems=(
            *to_mend.problems(
                reading,
                catalogue.tool_by_reference,
                catalogue.slugs,
                catalogue.tools.get(view.round.tool),
            ),
            *evidence.to_confirm(reading, catalogue.synthesis, catalogue.plausible),
        ),
        is_asked=view.can_appraise or may_change,
        is_change=may_change,
    )


def asked_desk(session: Session, study_id: int, problems: Problems | None) -> Desk:
    """Read what a step shows to somebody whose reading is asked for; others are sent to the study.

    A form that was sent and refused (``problems``) is shown again in any case: nothing typed is lost.
    """
    desk = open_desk(session, study_id)
    if not desk.is_asked and problems is None:
        abort(redirect(url_for("studies.study", study_id=study_id), code=303))
    return desk


def draft_of(session: Session, study_id: int) -> review.ReadingInTheMaking:
    """Read what this person has answered so far, or what they start from."""
    return review.draft(
        session,
        study_id=study_id,
        by=auth.reader(),
        tools=service().catalogue.tool_by_reference,
        screened_for=reviews.screened_for(session, study_id),
    )


def keep(study_id: int, change: Callable[[Reading], Reading], problems: Problems) -> None:
    """Change the draft and keep it, unless something typed cannot be read.

    Raises:
        ToMend: something cannot be read; nothing is kept, and the form shows it.
        Conflict: another tab has saved since, or the study was decided.
    """
    version = forms.number(request.form.get("version", "0"))
    with service().database.write() as session:
        review.require_asked(session, study_id, auth.reader())
        draft = draft_of(session, study_id)
        reading = change(draft.reading)
        problems.must_be_none()
        review.keep_draft(
            session,
            study_id=study_id,
            by=auth.reader(),
            reading=reading,
            version=-1 if version is None else version,
            at=now(),
        )


def page(
    step: str,
    session: Session,
    desk: Desk,
    typed: Typed,
    problems: Problems | None,
    **own: object,
) -> str:
    """Render one step with what every step shows."""
    study_id = desk.study.study_id
    return render_template(
        f"staff/appraise/{step}.html",
        step=step,
        desk=desk,
        study=desk.study,
        reading=desk.draft.reading,
        typed=typed,
        problems=problems,
        doubts=doubts.of_study(session, study_id),
        alerts=alert_queries.open_alerts(session, study_id=study_id),
        excerpts=excerpts,
        labels=labels,
        words=reading_words,
        at=now(),
        **own,
    )


def tools_for(reading: Reading) -> tuple[Tool, ...]:
    """Give the tools that fit the design, the one in force first; none: it is not chosen yet."""
    if reading.design is None:
        return ()
    design = tools.design_for_tool(reading.design, by_cluster=reading.unit is Unit.CLUSTERS)
    return service().catalogue.tools_fitting(design)


def tool_of(reading: Reading, chosen: str) -> Tool | None:
    """Give the tool to judge in: the one that a lead chose, if it fits the design, else that in force.

    None: the design is not chosen yet.
    """
    fitting = tools_for(reading)
    own = (tool for tool in fitting if tool.id == chosen)
    return next(own, fitting[0] if fitting else None)


def overall_of_results(reading: Reading, chosen: str) -> dict[str, str | None]:
    """Give each result's overall judgement, by its key; none in a tool that is not asked for."""
    known, fits = service().catalogue.tool_by_reference, tool_of(reading, chosen)
    return {
        result.key: appraised.overall_of(known, result.risk)
        if fits is None or result.risk.tool in {"", fits.reference}
        else None
        for result in reading.results
    }


def risk_in(tool: Tool, risk: Risk) -> Risk:
    """Give a result's answers in a tool; those of another tool are of no use to it."""
    return risk if risk.tool == tool.reference else Risk(tool=tool.reference)


def held(desk: Desk) -> list[str]:
    """List the texts held of a study's papers, in which a quote may stand."""
    papers: Sequence[literature.PaperView] = [report.paper for report in desk.reports]
    return [text for one in papers for text in (one.title, one.abstract) if text]


def offers(desk: Desk) -> dict[str, tuple[suggestions.Offer, ...]]:
    """Give what may be suggested, by question."""
    return dict(suggestions.offers([report.paper for report in desk.reports]))


def with_offer(study_id: int) -> Typed:
    """Give the form with the suggestion that is to be taken over (``action=use:FIELD:NUMBER``)."""
    field, _, number = request.form.get("action", "").removeprefix("use:").partition(":")
    if not request.form.get("action", "").startswith("use:"):
        return request.form
    with service().database.read() as session:
        desk = open_desk(session, study_id)
        offered = offers(desk).get(field, ())
    place = forms.number(number or "0")
    answer = offered[place].answer if place is not None and place < len(offered) else None
    return forms.with_answer(request.form, field, answer)


def stays() -> bool:
    """Tell whether the same step is to be shown again: it was saved, or a suggestion taken over."""
    action = request.form.get("action", "")
    return action == "stay" or action.startswith("use:")


def used() -> str | None:
    """Name the question whose suggestion was taken over, to show it again there."""
    field = request.form.get("action", "").removeprefix("use:").partition(":")[0]
    return field if field in reading_words.QUESTIONS else None


def to(endpoint: str, study_id: int) -> ResponseReturnValue:
    """Go to another step."""
    return redirect(url_for(endpoint, study_id=study_id), code=303)


def to_part(study_id: int, key: str, part: str) -> ResponseReturnValue:
    """Go to one domain of a result’s tool."""
    address = url_for("risk.part", study_id=study_id, key=key, part=part)
    return redirect(address, code=303)
