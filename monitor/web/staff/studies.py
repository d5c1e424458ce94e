"""A study: its papers, its appraisals and decisions, and what ends or reopens it."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from monitor import workflow
from monitor.accounts.tables import Role
from monitor.catalogue.shapes.tools import Tool
from monitor.evidence.baseline import standing as baselines
from monitor.evidence.words import OF_DECISIONS
from monitor.gap import queries as gaps
from monitor.gap.tables import Change
from monitor.literature.papers import queries as literature
from monitor.review import queries as reviews
from monitor.review import service as review
from monitor.review.family import belonging, compare, line, rules
from monitor.review.notices import alert_queries, doubts
from monitor.review.reading import quotes
from monitor.web import auth, forms, made, posting, turns
from monitor.web.current import now, service
from monitor.web.forms import Problems, Typed
from monitor.web.public.studies import family as family_words
from monitor.web.staff import effects, excerpts, labels
from monitor.web.staff.appraising import desk, reading_words
from monitor.web.staff.appraising.reports import reports_of

blueprint = Blueprint("studies", __name__)
blueprint.before_request(auth.only(Role.REVIEWER))

_LEDGER = 200  # changes looked through for those a decision caused


@blueprint.get("/studies/<int:study_id>")
@made.for_one_reader
def study(study_id: int) -> str:
    """Show a study as this reviewer may see it."""
    with service().database.read() as session:
        return page(session, study_id, Typed(), None)


def page(session: Session, study_id: int, typed: Typed, problems: Problems | None) -> str:
    """Show a study as this reviewer may see it, with what is wrong with a form that was sent."""
    tools = service().catalogue.tool_by_reference
    view = reviews.study(session, study_id, auth.reader().id, tools=tools)
    return render_template(
        "staff/studies/study.html",
        study=view,
        words=reading_words,
        tools=tools,
        held=_held(session, view),
        quoted=quotes.stands_in,
        reports=reports_of(session, view),
        choices=_tools(session, study_id),
        events=line.line(session, study_id),
        line_words=family_words,
        since=_since(view),
        suggested=_suggested(session, view),
        part_of=compare.part_of(session, study_id),
        earlier=reviews.earlier_rounds(session, study_id),
        is_lead=auth.reader().role in {Role.LEAD, Role.ADMIN},
        typed=typed,
        problems=problems,
        effects={decision.id: _caused(session, decision) for decision in view.decisions},
        saved="saved" in request.args,
        of_the_review=baselines.interventions_of(session, study_id),
        doubts=doubts.of_study(session, study_id),
        alerts=alert_queries.open_alerts(session, study_id=study_id),
        excerpts=excerpts,
        labels=labels,
        at=now(),
    )


@blueprint.get("/studies/<int:study_id>/withdraw")
@turns.large
def withdraw(study_id: int) -> str:
    """Show what withdrawing an accepted study would do, and ask why."""
    return _withdraw_page(Typed(), None, study_id=study_id)


def _withdraw_page(typed: Typed, problems: Problems | None, *, study_id: int) -> str:
    with service().database.read() as session:
        previews = workflow.preview_withdrawal(session, service().catalogue, study_id=study_id)
        return render_template(
            "staff/studies/withdraw.html",
            study=reviews.study(
                session,
                study_id,
                auth.reader().id,
                tools=service().catalogue.tool_by_reference,
            ),
            doubts=doubts.of_study(session, study_id),
            effects=effects.effects_of(previews),
            readers=workflow.readers_told(session, previews),
            silent=effects.silent(session, study_id, previews),
            typed=typed,
            problems=problems,
            token=forms.token_for(typed, problems),
            labels=labels,
        )


@blueprint.post("/studies/<int:study_id>/withdraw")
@posting.form(_withdraw_page)
def withdraw_post(study_id: int) -> ResponseReturnValue:
    """Stop counting the study, and tell everybody who was told that it counts."""
    typed, problems = request.form, Problems()
    token, reason = forms.hidden(typed, problems), forms.text(typed, "reason", problems)
    problems.must_be_none()
    with service().database.write() as session:
        workflow.withdraw(
            session,
            service(),
            study_id=study_id,
            token=token,
            reason=reason,
            by=auth.reader(),
            at=now(),
        )
    return redirect(url_for("studies.study", study_id=study_id, saved="1"), code=303)


def _again(typed: Typed, problems: Problems | None, *, study_id: int) -> str:
    with service().database.read() as session:
        return page(session, study_id, typed, problems)


@blueprint.post("/studies/<int:study_id>/rounds")
@posting.form(_again)
def open_round(study_id: int) -> ResponseReturnValue:
    """Have a decided study appraised again by two people; what was settled counts until then."""
    with service().database.write() as session:
        review.open_round(
            session,
            study_id=study_id,
            reason=request.form.get("reason", ""),
            tool=request.form.get("tool", ""),
            fitting=[tool.id for tool in _tools(session, study_id)],
            by=auth.reader(),
            at=now(),
        )
    return redirect(url_for("studies.study", study_id=study_id), code=303)


def _held(session: Session, view: reviews.StudyView) -> list[str]:
    """List the texts held of a study's papers, in which a quote may stand."""
    papers = [literature.paper(session, one.paper_id) for one in view.papers]
    return [text for one in papers for text in (one.title, one.abstract) if text]


def _tools(session: Session, study_id: int) -> tuple[Tool, ...]:
    """Give the tools that fit the design a study was decided by, the one in force first."""
    if auth.reader().role not in {Role.LEAD, Role.ADMIN}:
        return ()
    newest = reviews.decided_reading(session, study_id)
    return desk.tools_for(newest) if newest else ()


def _since(view: reviews.StudyView) -> list[str]:
    """Name the papers with results that came to a study after it was decided."""
    if not view.decisions:
        return []
    then = set(view.decisions[-1].facts.get("papers", ()))
    return [
        f"“{paper.title}”"
        for paper in view.papers
        if paper.paper_id not in then and rules.brings_results(paper.role)
    ]


def _suggested(session: Session, view: reviews.StudyView) -> list[belonging.BelongingSuggestion]:
    """List the studies that may be one with this, by what costs little to ask."""
    return belonging.studies_for(session, [one.paper_id for one in view.papers], by_text=False)


def _caused(session: Session, decision: reviews.DecisionView) -> list[Change]:
    """Find the changes readers were told of because of a decision."""
    return [
        change
        for slug in decision.interventions
        for change in gaps.changes(session, slug=slug, limit=_LEDGER)
        if change.cause_id == decision.id and change.cause_kind in OF_DECISIONS
    ]
