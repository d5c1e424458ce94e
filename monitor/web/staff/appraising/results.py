"""The results of a reading: which there are, and each as the paper reports it."""

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue

from monitor.accounts.tables import Role
from monitor.evidence import service as evidence
from monitor.evidence.synthesis import shown_effects
from monitor.review.reading import quotes, to_mend
from monitor.review.reading.model import (
    MAX_RESULTS,
    Reading,
    ReadingResult,
    next_key,
)
from monitor.web import auth, posting, turns
from monitor.web.current import service
from monitor.web.forms import Problems, Typed
from monitor.web.staff.appraising import reading_forms
from monitor.web.staff.appraising.desk import (
    Desk,
    asked_desk,
    draft_of,
    held,
    keep,
    offers,
    overall_of_results,
    page,
    stays,
    to,
    used,
    with_offer,
)

blueprint = Blueprint("results", __name__)
blueprint.before_request(auth.only(Role.REVIEWER))


def _results_page(typed: Typed, problems: Problems | None, *, study_id: int) -> ResponseReturnValue:
    with service().database.read() as session:
        desk = asked_desk(session, study_id, problems)
        effects = {
            result.key: shown_effects.shown(
                desk.draft.reading, result, service().catalogue.synthesis
            )
            for result in desk.draft.reading.results
        }
        return page(
            "results",
            session,
            desk,
            typed,
            problems,
            effects=effects,
            overall=overall_of_results(desk.draft.reading, desk.study.round.tool),
            most=MAX_RESULTS,
        )


@blueprint.get("/studies/<int:study_id>/appraise/results")
@turns.large
def listed(study_id: int) -> ResponseReturnValue:
    """List the results, with what is worked out of each and what is still to do."""
    return _results_page(Typed(), None, study_id=study_id)


@blueprint.post("/studies/<int:study_id>/appraise/results")
@posting.form(_results_page)
def add_or_remove(study_id: int) -> ResponseReturnValue:
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

    keep(study_id, change, Problems())
    if added:
        return redirect(
            url_for("results.result", study_id=study_id, key=added, _anchor="main"), code=303
        )
    return to("results.listed", study_id)


def without_its_result(problems: Problems | None, study_id: int) -> ResponseReturnValue:
    """Go to the list of results where one is not there any more; a form that was sent is told so."""
    if problems is None:
        return to("results.listed", study_id)
    return _results_page(Typed(), problems, study_id=study_id)


def _new_result(reading: Reading, key: str) -> ReadingResult:
    """Start a result; where only two groups can be meant, it compares these."""
    studied = [arm.key for arm in reading.arms if arm.role != "comparator"]
    compared = [arm.key for arm in reading.arms if arm.role == "comparator"]
    return ReadingResult(
        key=key,
        experimental=studied[0] if len(studied) == 1 else "",
        comparator=compared[0] if len(compared) == 1 else "",
    )


def _result_page(
    typed: Typed, problems: Problems | None, *, study_id: int, key: str
) -> ResponseReturnValue:
    with service().database.read() as session:
        desk = asked_desk(session, study_id, problems)
        result = desk.draft.reading.result(key)
        if result is None:
            return without_its_result(problems, study_id)
        filled = typed or reading_forms.typed_result(result)
        if problems is None and result.reported.type is not None:
            problems = _unfit(desk, key)
        effect = shown_effects.shown(desk.draft.reading, result, service().catalogue.synthesis)
        return page(
            "result",
            session,
            desk,
            filled,
            problems,
            result=result,
            effect=effect,
            held=held(desk),
            quoted=quotes.stands_in,
            offers=offers(desk),
            measures=service().catalogue.measures.measures,
        )


def _unfit(desk: Desk, key: str) -> Problems:
    """Tell, beside their fields, what of a result as it is kept is missing or does not fit together."""
    places = [(problem.place, problem.sentence) for problem in desk.problems]
    return Problems(
        {at.field: said for at, said in places if (at.step, at.key) == ("results", key)}
    )


def _asks(study_id: int, key: str) -> bool:
    """Tell whether a figure of a result is hard to believe, and nobody has said where it stands so."""
    catalogue = service().catalogue
    with service().database.read() as session:
        reading = draft_of(session, study_id).reading
    asked = evidence.to_confirm(reading, catalogue.synthesis, catalogue.plausible)
    return any(problem.place.key == key for problem in asked)


@blueprint.get("/studies/<int:study_id>/appraise/results/<key>")
@turns.large
def result(study_id: int, key: str) -> ResponseReturnValue:
    """Show one result: what it compares and measures, and what the paper reports."""
    return _result_page(Typed(), None, study_id=study_id, key=key)


@blueprint.post("/studies/<int:study_id>/appraise/results/<key>")
@posting.form(_result_page)
def save(study_id: int, key: str) -> ResponseReturnValue:
    """Keep what is said of one result, and go on to how far it can be trusted."""
    typed, problems = with_offer(study_id), Problems()
    keep(study_id, lambda reading: reading_forms.result_of(typed, reading, key, problems), problems)
    if _asks(study_id, key):
        return redirect(url_for("results.result", study_id=study_id, key=key), code=303)
    if stays():
        address = url_for("results.result", study_id=study_id, key=key, _anchor=used())
        return redirect(address, code=303)
    if typed.get("kind") in {kind.value for kind in to_mend.TO_APPRAISE}:
        return redirect(url_for("risk.first", study_id=study_id, key=key), code=303)
    return to("results.listed", study_id)
