"""The form of a reading, step by step: the study, its groups, its results, how far to trust each.

Every step is kept as a draft, which nobody else sees; nothing is recorded before it is handed in.
What hangs on an answer is not shown while answering: only what a domain comes to.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from monitor import workflow
from monitor.accounts.tables import Role
from monitor.catalogue.appraisal import Tool
from monitor.catalogue.words import Unit
from monitor.evidence import shown_effects
from monitor.literature.papers import queries as literature
from monitor.review import alert_queries, doubts, quotes, tools
from monitor.review import queries as reviews
from monitor.review import service as review
from monitor.review.reading import appraised, checking
from monitor.review.reading.cleaning import cleaned
from monitor.review.reading.model import (
    MAX_ARMS,
    MAX_RESULTS,
    Arm,
    Reading,
    Result,
    Risk,
    next_key,
)
from monitor.web import auth, forms, posting, turns
from monitor.web.current import now, service
from monitor.web.forms import Problems, Typed
from monitor.web.staff import excerpts, labels, reading_forms, reading_words, suggestions
from monitor.web.staff.reports import PaperOfStudy, reports_of

blueprint = Blueprint("appraise", __name__)
blueprint.before_request(auth.only(Role.REVIEWER))

_STEPS = ("study", "arms", "results", "hand in")


@dataclass(frozen=True, slots=True)
class Desk:
    """What every step shows: the study, its papers, and the draft as it is kept."""

    study: reviews.StudyView
    draft: review.Draft
    reports: Sequence[PaperOfStudy]
    problems: tuple[checking.Problem, ...]
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


# ---------------------------------------------------------------------------- the study


def _study_page(typed: Typed, problems: Problems | None, *, study_id: int) -> ResponseReturnValue:
    with service().database.read() as session:
        desk = _desk(session, study_id)
        if not desk.is_asked and problems is None:
            return _not_now(study_id)
        filled = typed or reading_forms.typed_study(desk.draft.reading)
        return _page("study", session, desk, filled, problems, offers=_offers(desk))


@blueprint.get("/studies/<int:study_id>/appraise")
@turns.large
def study(study_id: int) -> ResponseReturnValue:
    """Show the first step to somebody whose reading is asked for; others see the study instead."""
    return _study_page(Typed(), None, study_id=study_id)


@blueprint.post("/studies/<int:study_id>/appraise")
@posting.form(_study_page)
def study_post(study_id: int) -> ResponseReturnValue:
    """Keep what is said of the study, and go on to its groups."""
    typed, problems = _with_offer(study_id), Problems()
    _keep(study_id, lambda reading: reading_forms.study_of(typed, reading, problems), problems)
    if _stays():
        return redirect(url_for("appraise.study", study_id=study_id, _anchor=_used()), code=303)
    if typed.get("count_it") == "no":
        return _to("appraise.hand_in", study_id)
    return _to("appraise.arms", study_id)


# ---------------------------------------------------------------------------- the groups


def _arms_page(typed: Typed, problems: Problems | None, *, study_id: int) -> ResponseReturnValue:
    with service().database.read() as session:
        desk = _desk(session, study_id)
        if not desk.is_asked and problems is None:
            return _not_now(study_id)
        filled = typed or reading_forms.typed_arms(desk.draft.reading)
        return _page("arms", session, desk, filled, problems)


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

    _keep(study_id, change, problems)
    if action in {"add", "stay"} or action.startswith("remove:"):
        return _to("appraise.arms", study_id)
    return _to("appraise.results", study_id)


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


# ---------------------------------------------------------------------------- the results


def _results_page(typed: Typed, problems: Problems | None, *, study_id: int) -> ResponseReturnValue:
    with service().database.read() as session:
        desk = _desk(session, study_id)
        if not desk.is_asked and problems is None:
            return _not_now(study_id)
        effects = {
            result.key: shown_effects.shown(
                desk.draft.reading, result, service().catalogue.synthesis
            )
            for result in desk.draft.reading.results
        }
        return _page(
            "results",
            session,
            desk,
            typed,
            problems,
            effects=effects,
            overall=_overall(desk.draft.reading),
        )


@blueprint.get("/studies/<int:study_id>/appraise/results")
@turns.large
def results(study_id: int) -> ResponseReturnValue:
    """List the results, with what is worked out of each and what is still to do."""
    return _results_page(Typed(), None, study_id=study_id)


@blueprint.post("/studies/<int:study_id>/appraise/results")
@posting.form(_results_page)
def results_post(study_id: int) -> ResponseReturnValue:
    """Add a result, or take one out (``action=remove:KEY``)."""
    action, added = request.form.get("action", ""), ""

    def change(reading: Reading) -> Reading:
        nonlocal added
        if action.startswith("remove:"):
            gone = action.removeprefix("remove:")
            kept = tuple(result for result in reading.results if result.key != gone)
            return reading.model_copy(update={"results": kept})
        if len(reading.results) >= MAX_RESULTS:
            return reading
        added = next_key("r", tuple(result.key for result in reading.results))
        return reading.model_copy(
            update={"results": (*reading.results, _new_result(reading, added))}
        )

    _keep(study_id, change, Problems())
    if added:
        return redirect(
            url_for("appraise.result", study_id=study_id, key=added, _anchor="main"), code=303
        )
    return _to("appraise.results", study_id)


def _without_its_result(problems: Problems | None, study_id: int) -> ResponseReturnValue:
    """Go to the list of results where one is not there any more; a form that was sent is told so."""
    if problems is None:
        return _to("appraise.results", study_id)
    return _results_page(Typed(), problems, study_id=study_id)


def _new_result(reading: Reading, key: str) -> Result:
    """Start a result; where only two groups can be meant, it compares these."""
    studied = [arm.key for arm in reading.arms if arm.role != "comparator"]
    compared = [arm.key for arm in reading.arms if arm.role == "comparator"]
    return Result(
        key=key,
        experimental=studied[0] if len(studied) == 1 else "",
        comparator=compared[0] if len(compared) == 1 else "",
    )


def _result_page(
    typed: Typed, problems: Problems | None, *, study_id: int, key: str
) -> ResponseReturnValue:
    with service().database.read() as session:
        desk = _desk(session, study_id)
        if not desk.is_asked and problems is None:
            return _not_now(study_id)
        result = desk.draft.reading.result(key)
        if result is None:
            return _without_its_result(problems, study_id)
        filled = typed or reading_forms.typed_result(result)
        if problems is None and result.reported.type is not None:
            problems = _unfit(desk, key)
        effect = shown_effects.shown(desk.draft.reading, result, service().catalogue.synthesis)
        return _page(
            "result",
            session,
            desk,
            filled,
            problems,
            result=result,
            effect=effect,
            held=_held(desk),
            quoted=quotes.stands_in,
            offers=_offers(desk),
            measures=service().catalogue.measures.measures,
        )


def _unfit(desk: Desk, key: str) -> Problems:
    """Tell, beside their fields, what of a result as it is kept is missing or does not fit together."""
    places = [(problem.place, problem.sentence) for problem in desk.problems]
    return Problems(
        {at.field: said for at, said in places if (at.step, at.key) == ("results", key)}
    )


@blueprint.get("/studies/<int:study_id>/appraise/results/<key>")
@turns.large
def result(study_id: int, key: str) -> ResponseReturnValue:
    """Show one result: what it compares and measures, and what the paper reports."""
    return _result_page(Typed(), None, study_id=study_id, key=key)


@blueprint.post("/studies/<int:study_id>/appraise/results/<key>")
@posting.form(_result_page)
def result_post(study_id: int, key: str) -> ResponseReturnValue:
    """Keep what is said of one result, and go on to how far it can be trusted."""
    typed, problems = _with_offer(study_id), Problems()
    _keep(
        study_id, lambda reading: reading_forms.result_of(typed, reading, key, problems), problems
    )
    if _stays():
        address = url_for("appraise.result", study_id=study_id, key=key, _anchor=_used())
        return redirect(address, code=303)
    if typed.get("kind") in {kind.value for kind in checking.TO_APPRAISE}:
        return redirect(url_for("appraise.risk", study_id=study_id, key=key), code=303)
    return _to("appraise.results", study_id)


# ---------------------------------------------------------------------------- how far to trust it


def _risk_page(
    typed: Typed, problems: Problems | None, *, study_id: int, key: str, part: str
) -> ResponseReturnValue:
    with service().database.read() as session:
        desk = _desk(session, study_id)
        if not desk.is_asked and problems is None:
            return _not_now(study_id)
        result = desk.draft.reading.result(key)
        tool = _tool(desk.draft.reading)
        if result is None:
            return _without_its_result(problems, study_id)
        if tool is None:
            return _study_page(Typed(), problems, study_id=study_id)
        risk = _risk_in(tool, result.risk)
        stand = appraised.stand(tool, risk)
        named = {one.id: one for one in (*stand.parts, stand.overall)}
        if part not in named:
            abort(404)
        others = [
            other
            for other in desk.draft.reading.results
            if other.key != key and other.risk.tool == tool.reference and part in named
        ]
        return _page(
            "risk",
            session,
            desk,
            typed or reading_forms.typed_risk(risk),
            problems,
            result=result,
            tool=tool,
            stand=stand,
            part=named[part],
            pages=reading_forms.parts_of(stand),
            others=others if part != tools.OVERALL else (),
            held=_held(desk),
            quoted=quotes.stands_in,
            said=appraised.said(risk),
        )


@blueprint.get("/studies/<int:study_id>/appraise/results/<key>/risk")
@turns.large
def risk(study_id: int, key: str) -> ResponseReturnValue:
    """Go to the first domain of a result's tool that is not judged yet."""
    with service().database.read() as session:
        desk = _desk(session, study_id)
        if not desk.is_asked:
            return _not_now(study_id)
        result, tool = desk.draft.reading.result(key), _tool(desk.draft.reading)
        if result is None:
            return _to("appraise.results", study_id)
        if tool is None:
            return _to("appraise.study", study_id)
        stand = appraised.stand(tool, _risk_in(tool, result.risk))
        part = next((one.id for one in stand.parts if one.missing), tools.OVERALL)
    return _to_part(study_id, key, part)


@blueprint.get("/studies/<int:study_id>/appraise/results/<key>/risk/<part>")
@turns.large
def risk_part(study_id: int, key: str, part: str) -> ResponseReturnValue:
    """Show the questions of one domain, those that apply, and what the answers come to."""
    return _risk_page(Typed(), None, study_id=study_id, key=key, part=part)


@blueprint.post("/studies/<int:study_id>/appraise/results/<key>/risk/<part>")
@posting.form(_risk_page)
def risk_part_post(study_id: int, key: str, part: str) -> ResponseReturnValue:
    """Keep the answers about one domain; what they give rise to asking is shown before going on."""
    typed, after = request.form, part

    def change(reading: Reading) -> Reading:
        nonlocal after
        result, tool = reading.result(key), _tool(reading)
        if result is None or tool is None:
            return reading
        reading = reading_forms.with_result(reading, key, {"risk": _risk_in(tool, result.risk)})
        if typed.get("action", "").startswith("copy:"):
            return _copied(reading, key, typed["action"].removeprefix("copy:"), tool, part)
        before = appraised.stand(tool, _risk_in(tool, result.risk))
        reading = reading_forms.risk_of(typed, reading, key, before, part)
        after = _after(tool, reading, key, part)
        return reading

    _keep(study_id, change, Problems())
    if _stays() or typed.get("action", "").startswith("copy:"):
        after = part
    if not after:
        return _to("appraise.results", study_id)
    return _to_part(study_id, key, after)


def _after(tool: Tool, reading: Reading, key: str, part: str) -> str:
    """Name the page to go to: the same one while it asks for more, then the next; empty: done."""
    result = reading.result(key)
    stand = appraised.stand(tool, result.risk if result else Risk())
    pages = reading_forms.parts_of(stand)
    here = next((one for one in stand.parts if one.id == part), None)
    if here is not None and here.missing:
        return part
    following = pages[pages.index(part) + 1 :] if part in pages else []
    return following[0] if following else ""


def _copied(reading: Reading, key: str, other: str, tool: Tool, part: str) -> Reading:
    """Take over the answers given about another result of the study, for one domain."""
    source, target = reading.result(other), reading.result(key)
    if source is None or target is None:
        return reading
    questions = {question.id for question in appraised.questions(tool).get(part, ())}
    answers = dict(target.risk.answers) | {
        question: said for question, said in source.risk.answers.items() if question in questions
    }
    return reading_forms.with_result(
        reading, key, {"risk": target.risk.model_copy(update={"answers": answers})}
    )


# ---------------------------------------------------------------------------- handing it in


def _hand_in_page(typed: Typed, problems: Problems | None, *, study_id: int) -> ResponseReturnValue:
    with service().database.read() as session:
        desk = _desk(session, study_id)
        if not desk.is_asked and problems is None:
            return _not_now(study_id)
        reading = desk.draft.reading
        return _page(
            "hand_in",
            session,
            desk,
            typed,
            problems,
            token=forms.token_for(typed, problems),
            overall=_overall(reading),
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
        return _to("appraise.study", study_id)
    token, because = forms.hidden(typed, problems), forms.text(typed, "because", problems)
    with service().database.read() as session:
        desk, again = _desk(session, study_id), review.was_handed_in(session, token)
    if desk.is_change and not because and not again:
        problems.add("because", "Say why you change it: both are kept")
    problems.must_be_none()
    with service().database.write() as session:
        draft = _draft(session, study_id)
        outcome = workflow.hand_in(
            session,
            service(),
            review.Sent(study_id, token, auth.reader(), now()),
            reading=draft.reading,
            because=because,
        )
        agreed = outcome.consensus is not None and outcome.consensus.confirmed_at is not None
    if agreed and outcome.decision is None:
        return redirect(url_for("settle.effects_page", study_id=study_id, saved="1"), code=303)
    return redirect(url_for("studies.study", study_id=study_id, saved="1"), code=303)


# ---------------------------------------------------------------------------- what they share


def _desk(session: Session, study_id: int) -> Desk:
    """Read what a step shows."""
    catalogue = service().catalogue
    view = reviews.study(session, study_id, auth.reader().id, tools=catalogue.tool_by_reference)
    draft = _draft(session, study_id)
    own = any(one.reviewer_id == auth.reader().id for one in view.appraisals)
    waits = view.turn is reviews.Turn.NOTHING and view.given == 1 and view.round.is_open
    may_change = own and (waits or view.turn in {reviews.Turn.COUNT, reviews.Turn.CONFIRM})
    return Desk(
        study=view,
        draft=draft,
        reports=reports_of(session, view),
        problems=checking.problems(
            cleaned(draft.reading), catalogue.tool_by_reference, catalogue.slugs
        ),
        is_asked=view.can_appraise or may_change,
        is_change=may_change,
    )


def _draft(session: Session, study_id: int) -> review.Draft:
    return review.draft(
        session,
        study_id=study_id,
        by=auth.reader(),
        tools=service().catalogue.tool_by_reference,
        screened_for=reviews.screened_for(session, study_id),
    )


def _keep(study_id: int, change: Callable[[Reading], Reading], problems: Problems) -> None:
    """Change the draft and keep it, unless something typed cannot be read.

    Raises:
        ToMend: something cannot be read; nothing is kept, and the form shows it.
        Conflict: another tab has saved since, or the study was decided.
    """
    version = forms.number(request.form.get("version", "0"))
    with service().database.write() as session:
        review.require_asked(session, study_id, auth.reader())
        draft = _draft(session, study_id)
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


def _page(
    step: str,
    session: Session,
    desk: Desk,
    typed: Typed,
    problems: Problems | None,
    **own: object,
) -> str:
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


def _tool(reading: Reading) -> Tool | None:
    """Give the tool that fits the design; None: the design is not chosen yet."""
    if reading.design is None:
        return None
    design = tools.design_for_tool(reading.design, by_cluster=reading.unit is Unit.CLUSTERS)
    return service().catalogue.tools_fitting(design)[0]


def _overall(reading: Reading) -> dict[str, str | None]:
    """Give each result's overall judgement, by its key."""
    known = service().catalogue.tool_by_reference
    return {one.key: appraised.overall_of(known, one.risk) for one in reading.results}


def _risk_in(tool: Tool, risk: Risk) -> Risk:
    """Give a result's answers in a tool; those of another tool are of no use to it."""
    return risk if risk.tool == tool.reference else Risk(tool=tool.reference)


def _held(desk: Desk) -> list[str]:
    """List the texts held of a study's papers, in which a quote may stand."""
    papers: Sequence[literature.PaperView] = [report.paper for report in desk.reports]
    return [text for one in papers for text in (one.title, one.abstract) if text]


def _offers(desk: Desk) -> dict[str, tuple[suggestions.Offer, ...]]:
    return dict(suggestions.offers([report.paper for report in desk.reports]))


def _with_offer(study_id: int) -> Typed:
    """Give the form with the suggestion that is to be taken over (``action=use:FIELD:NUMBER``)."""
    field, _, number = request.form.get("action", "").removeprefix("use:").partition(":")
    if not request.form.get("action", "").startswith("use:"):
        return request.form
    with service().database.read() as session:
        desk = _desk(session, study_id)
        offered = _offers(desk).get(field, ())
    place = forms.number(number or "0")
    answer = offered[place].answer if place is not None and place < len(offered) else None
    return forms.with_answer(request.form, field, answer)


def _stays() -> bool:
    """Tell whether the same step is to be shown again: it was saved, or a suggestion taken over."""
    action = request.form.get("action", "")
    return action == "stay" or action.startswith("use:")


def _used() -> str | None:
    """Name the question whose suggestion was taken over, to show it again there."""
    field = request.form.get("action", "").removeprefix("use:").partition(":")[0]
    return field if field in reading_words.QUESTIONS else None


def _not_now(study_id: int) -> ResponseReturnValue:
    return redirect(url_for("studies.study", study_id=study_id), code=303)


def _to(endpoint: str, study_id: int) -> ResponseReturnValue:
    return redirect(url_for(endpoint, study_id=study_id), code=303)


def _to_part(study_id: int, key: str, part: str) -> ResponseReturnValue:
    address = url_for("appraise.risk_part", study_id=study_id, key=key, part=part)
    return redirect(address, code=303)
