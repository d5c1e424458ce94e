"""The study, its groups, and handing a reading in: the first steps of the form, and the last."""

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue

from monitor import workflow
from monitor.accounts.tables import Role
from monitor.evidence.synthesis import shown_effects
from monitor.review import service as review
from monitor.review.reading.model import (
    MAX_ARMS,
    Arm,
    Reading,
    next_key,
)
from monitor.web import auth, forms, posting, turns
from monitor.web.current import now, service
from monitor.web.forms import Problems, Typed
from monitor.web.staff.appraising import reading_forms
from monitor.web.staff.appraising.desk import (
    asked_desk,
    keep,
    offers,
    open_desk,
    overall_of_results,
    page,
    stays,
    to,
    used,
    with_offer,
)

blueprint = Blueprint("appraise", __name__)
blueprint.before_request(auth.only(Role.REVIEWER))


def _study_page(typed: Typed, problems: Problems | None, *, study_id: int) -> ResponseReturnValue:
    with service().database.read() as session:
        desk = asked_desk(session, study_id, problems)
        filled = typed or reading_forms.typed_study(desk.draft.reading)
        return page("study", session, desk, filled, problems, offers=offers(desk))


@blueprint.get("/studies/<int:study_id>/appraise")
@turns.large
def study(study_id: int) -> ResponseReturnValue:
    """Show the first step to somebody whose reading is asked for; others see the study instead."""
    return _study_page(Typed(), None, study_id=study_id)


@blueprint.post("/studies/<int:study_id>/appraise")
@posting.form(_study_page)
def study_post(study_id: int) -> ResponseReturnValue:
    """Keep what is said of the study, and go on to its groups."""
    typed, problems = with_offer(study_id), Problems()
    keep(study_id, lambda reading: reading_forms.study_of(typed, reading, problems), problems)
    if stays():
        return redirect(url_for("appraise.study", study_id=study_id, _anchor=used()), code=303)
    if typed.get("count_it") == "no":
        return to("appraise.hand_in", study_id)
    return to("appraise.arms", study_id)


def _arms_page(typed: Typed, problems: Problems | None, *, study_id: int) -> ResponseReturnValue:
    with service().database.read() as session:
        desk = asked_desk(session, study_id, problems)
        filled = typed or reading_forms.typed_arms(desk.draft.reading)
        return page("arms", session, desk, filled, problems, most=MAX_ARMS)


@blueprint.get("/studies/<int:study_id>/appraise/groups")
@turns.large
def arms(study_id: int) -> ResponseReturnValue:
    """Show the groups of the study."""
    return _arms_page(Typed(), None, study_id=study_id)


@blueprint.post("/studies/<int:study_id>/appraise/groups")
@posting.form(_arms_page)
def arms_post(study_id: int) -> ResponseReturnValue:
    """Keep what is said of the groups; ``action=add`` and ``action=remove:KEY`` change which there are."""
    typed, problems = request.form, Problems()
    action = typed.get("action", "")

    def change(reading: Reading) -> Reading:
        reading = reading_forms.arms_of(typed, reading, problems)
        if action == "add":
            return _with_arm(reading)
        if action.startswith("remove:"):
            return _without_arm(reading, action.removeprefix("remove:"))
        return reading

    keep(study_id, change, problems)
    if action in {"add", "stay"} or action.startswith("remove:"):
        return to("appraise.arms", study_id)
    return to("results.listed", study_id)


def _with_arm(reading: Reading) -> Reading:
    if len(reading.arms) >= MAX_ARMS:
        return reading
    key = next_key("a", tuple(arm.key for arm in reading.arms))
    return reading.model_copy(update={"arms": (*reading.arms, Arm(key=key))})


def _without_arm(reading: Reading, key: str) -> Reading:
    """Take a group out; results that compare it are to be answered again."""
    results = tuple(
        result.model_copy(
            update={
                side: "" for side in ("experimental", "comparator") if getattr(result, side) == key
            }
        )
        for result in reading.results
    )
    arms = tuple(arm for arm in reading.arms if arm.key != key)
    return reading.model_copy(update={"arms": arms, "results": results})


def _hand_in_page(typed: Typed, problems: Problems | None, *, study_id: int) -> ResponseReturnValue:
    with service().database.read() as session:
        desk = asked_desk(session, study_id, problems)
        reading = desk.draft.reading
        return page(
            "hand_in",
            session,
            desk,
            typed,
            problems,
            token=forms.token_for(typed, problems),
            overall=overall_of_results(reading, desk.study.round.tool),
            effects={
                result.key: shown_effects.shown(reading, result, service().catalogue.synthesis)
                for result in reading.results
            },
        )


@blueprint.get("/studies/<int:study_id>/appraise/hand-in")
@turns.large
def hand_in(study_id: int) -> ResponseReturnValue:
    """Show all answers, and everything that is still to be answered or mended."""
    return _hand_in_page(Typed(), None, study_id=study_id)


@blueprint.post("/studies/<int:study_id>/appraise/hand-in")
@posting.form(_hand_in_page)
def hand_in_post(study_id: int) -> ResponseReturnValue:
    """Record the reading; ``action=discard`` forgets the draft instead."""
    typed, problems = request.form, Problems()
    if typed.get("action") == "discard":
        with service().database.write() as session:
            review.drop_draft(session, study_id=study_id, by=auth.reader())
        return to("appraise.study", study_id)
    token, because = forms.hidden(typed, problems), forms.text(typed, "because", problems)
    version = forms.number(typed.get("version", ""))
    with service().database.read() as session:
        desk, again = open_desk(session, study_id), review.was_handed_in(session, token)
    if desk.is_change and not because and not again:
        problems.add("because", "Say why you change it: both are kept")
    problems.must_be_none()
    with service().database.write() as session:
        reading = review.to_hand_in(
            session,
            study_id=study_id,
            token=token,
            by=auth.reader(),
            tools=service().catalogue.tool_by_reference,
            version=-1 if version is None else version,
        )
        outcome = workflow.hand_in(
            session,
            service(),
            review.SentDecision(study_id, token, auth.reader(), now()),
            reading=reading,
            because=because,
        )
        agreed = outcome.consensus is not None and outcome.consensus.confirmed_at is not None
    if agreed and outcome.decision is None:
        return redirect(url_for("settle.effects_page", study_id=study_id, saved="1"), code=303)
    return redirect(url_for("studies.study", study_id=study_id, saved="1"), code=303)
