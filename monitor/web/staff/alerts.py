"""Retractions and corrections of papers of studies: the list, one alert, and a person's answer to it.

Tells what each choice would do before it is taken. What was typed is kept where it is refused.
"""

from collections.abc import Sequence

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from monitor import workflow
from monitor.accounts.tables import Role
from monitor.evidence.baseline import standing as baselines
from monitor.literature.papers import queries as literature
from monitor.review import queries
from monitor.review.alerts.rules import BARS_COUNTING, Concern
from monitor.review.notices import alert_queries, doubts
from monitor.review.service import AlertOutcome
from monitor.review.words import Stage
from monitor.web import auth, forms, made, posting
from monitor.web.current import now, service
from monitor.web.forms import Problems, Typed
from monitor.web.staff import effects, labels
from monitor.web.staff import queue as lanes

blueprint = Blueprint("alerts", __name__)
blueprint.before_request(auth.only(Role.REVIEWER))

_PAGE = 25
CONCERNS = {
    Concern.RETRACTED: "Retracted",
    Concern.PARTLY_RETRACTED: "Retracted in part",
    Concern.IN_DOUBT: "In doubt: expression of concern",
    Concern.CORRECTED: "Corrected",
    Concern.UPDATED: "Updated",
    Concern.NOTICE: "Is itself a notice",
    Concern.REINSTATED: "No longer called retracted",
}
HEADINGS = {
    Concern.RETRACTED: "A paper of {label} is said to be retracted",
    Concern.PARTLY_RETRACTED: "A paper of {label} is said to be retracted in part",
    Concern.IN_DOUBT: "Editors have voiced concern about a paper of {label}",
    Concern.CORRECTED: "A paper of {label} has been corrected",
    Concern.UPDATED: "A paper of {label} has been updated",
    Concern.NOTICE: "A paper of {label} turned out to be a notice",
    Concern.REINSTATED: "A paper of {label} is no longer called retracted",
}
_NOT_YET = frozenset({Stage.TO_APPRAISE, Stage.DISAGREEMENT})
_BEFORE_IT_COUNTS = {
    AlertOutcome.EXCLUDE: "Exclude the study: it will not be counted",
    AlertOutcome.WAIT: "Wait: this alert stays open, and the study cannot be judged to count",
    AlertOutcome.GO_ON: "Go on: it may be judged to count, for the reason below",
}


@blueprint.app_template_filter()
def concern(value: Concern) -> str:
    """Name what an alert is about."""
    return CONCERNS[value]


@blueprint.get("/alerts")
@made.for_one_reader
def alerts() -> str:
    """List what waits for a person, the longest waiting first, and what was settled last."""
    with service().database.read() as session:
        return render_template(
            "staff/studies/alerts.html",
            alerts=alert_queries.open_alerts(session),
            closed=alert_queries.closed(session),
            tasks=lanes.tasks(session),
            settled=forms.row_id(request.args.get("settled", "")),
            counts=queries.counts(session),
            labels=labels,
            at=now(),
        )


@blueprint.get("/alerts/<int:alert_id>")
@made.for_one_reader
def alert(alert_id: int) -> str:
    """Show one alert, with the choices and what each would do."""
    with service().database.read() as session:
        return _page(session, alert_id, Typed(), None)


def _again(typed: Typed, problems: Problems | None, *, alert_id: int) -> str:
    with service().database.read() as session:
        return _page(session, alert_id, typed, problems)


@blueprint.post("/alerts/<int:alert_id>")
@posting.form(_again)
def settle(alert_id: int) -> ResponseReturnValue:
    """Record a person's answer, with everything that follows from it."""
    typed, problems = request.form, Problems()
    outcome = _outcome(typed.get("outcome"))
    if outcome is None:
        problems.add("outcome", "Choose what to do")
    token, reason = forms.hidden(typed, problems), forms.text(typed, "reason", problems)
    if not reason:
        problems.add("reason", "Say why: colleagues read it later")
    problems.must_be_none()
    assert outcome is not None  # noqa: S101 - else there is a problem; tells mypy
    with service().database.write() as session:
        workflow.settle_alert(
            session,
            service(),
            alert_id=alert_id,
            outcome=outcome,
            token=token,
            reason=reason,
            by=auth.reader(),
            at=now(),
        )
    if outcome is AlertOutcome.WAIT:  # it stays open: nothing was settled
        return redirect(url_for("alerts.alert", alert_id=alert_id), code=303)
    return redirect(url_for("alerts.alerts", settled=alert_id), code=303)


def _page(session: Session, alert_id: int, typed: Typed, problems: Problems | None) -> str:
    view, said = alert_queries.alert(session, alert_id)
    previews = _previews(session, view) if view.closed_at is None else []
    of_the_review = baselines.interventions_of(session, view.study_id)
    study = queries.study(session, view.study_id, tools=service().catalogue.tool_by_reference)
    return render_template(
        "staff/studies/alert.html",
        alert=view,
        heading=HEADINGS[view.concern].format(label=view.label),
        graver=doubts.graver_on_study(session, view.study_id, view.concern),
        said=said,
        paper=literature.paper(session, view.paper_id),
        notices=_held(session, said),
        decision=study.decisions[-1] if study.decisions else None,
        others=_others(session, view),
        choices=_choices(view, of_the_review=bool(of_the_review)),
        of_the_review=of_the_review,
        waits=alert_queries.waits(session, alert_id),
        effects=effects.effects_of(previews),
        readers=workflow.readers_told(session, previews),
        silent=effects.silent(session, view.study_id, previews),
        typed=typed,
        problems=problems,
        token=forms.token_for(typed, problems),
        labels=labels,
        at=now(),
    )


def _held(
    session: Session, said: Sequence[alert_queries.SaidView]
) -> dict[int, literature.PaperView]:
    ids = {one.notice_id for one in said if one.notice_id is not None}
    return {notice_id: literature.paper(session, notice_id) for notice_id in ids}


def _others(session: Session, view: alert_queries.AlertView) -> list[alert_queries.AlertView]:
    """List what else waits about the study."""
    waiting = alert_queries.open_alerts(session, study_id=view.study_id)
    return [one for one in waiting if one.id != view.id]


def _previews(session: Session, view: alert_queries.AlertView) -> list[workflow.Preview]:
    """Tell what the choice that changes something would do."""
    catalogue = service().catalogue
    match view.stage:
        case Stage.ACCEPTED:
            return workflow.preview_withdrawal(session, catalogue, study_id=view.study_id)
        case Stage.WITHDRAWN:
            return workflow.preview_counting_again(session, catalogue, study_id=view.study_id)
        case _:
            return []


def _choices(view: alert_queries.AlertView, *, of_the_review: bool) -> list[tuple[str, str]]:
    """List what can be done with an alert while the study stands where it does."""
    stage = view.stage
    if stage in _NOT_YET and view.concern in BARS_COUNTING:
        return [(outcome.value, words) for outcome, words in _BEFORE_IT_COUNTS.items()]
    seen = {
        Stage.ACCEPTED: "Nothing to change: it goes on counting",
        Stage.WITHDRAWN: "Nothing to change: it stays withdrawn",
        Stage.NOT_COUNTED: "Nothing to change: it stays left out",
    }
    choices = [(AlertOutcome.SEEN.value, seen.get(stage, "Seen: nothing to change"))]
    if stage is Stage.ACCEPTED:
        choices.append((AlertOutcome.WITHDRAW.value, "Withdraw the study: it no longer counts"))
    if stage is Stage.WITHDRAWN:
        choices.append((AlertOutcome.COUNT_AGAIN.value, "Count it again, as it was judged before"))
    if stage is Stage.NOT_COUNTED and of_the_review and view.concern is Concern.REINSTATED:
        choices.append((AlertOutcome.COUNT_AGAIN.value, "Count it again among the review’s own"))
    return choices


def _outcome(value: str | None) -> AlertOutcome | None:
    try:
        return AlertOutcome(value or "")
    except ValueError:
        return None
