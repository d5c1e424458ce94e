"""How far a result can be trusted: its tool, domain by domain."""

from flask import Blueprint, abort, request
from flask.typing import ResponseReturnValue

from monitor.accounts.tables import Role
from monitor.catalogue.shapes.tools import Tool
from monitor.review import queries as reviews
from monitor.review.reading import appraised, quotes, tools
from monitor.review.reading.model import (
    Reading,
    Risk,
)
from monitor.web import auth, posting, turns
from monitor.web.current import service
from monitor.web.forms import Problems, Typed
from monitor.web.staff.appraising import reading_forms
from monitor.web.staff.appraising.desk import (
    asked_desk,
    held,
    keep,
    page,
    risk_in,
    stays,
    to,
    to_part,
    tool_of,
)
from monitor.web.staff.appraising.results import without_its_result

blueprint = Blueprint("risk", __name__)
blueprint.before_request(auth.only(Role.REVIEWER))


def _risk_page(
    typed: Typed, problems: Problems | None, *, study_id: int, key: str, part: str
) -> ResponseReturnValue:
    with service().database.read() as session:
        desk = asked_desk(session, study_id, problems)
        result = desk.draft.reading.result(key)
        tool = tool_of(desk.draft.reading, desk.study.round.tool)
        if result is None:
            return without_its_result(problems, study_id)
        if tool is None:
            if problems is None:
                return to("appraise.study", study_id)
            return without_its_result(problems, study_id)
        risk = risk_in(tool, result.risk)
        stand = appraised.stand(tool, risk)
        named = {judged.id: judged for judged in (*stand.parts, stand.overall)}
        if part not in named:
            abort(404)
        others = [
            other
            for other in desk.draft.reading.results
            if other.key != key and other.risk.tool == tool.reference and part in named
        ]
        return page(
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
            held=held(desk),
            quoted=quotes.stands_in,
            said=appraised.said(risk),
        )


@blueprint.get("/studies/<int:study_id>/appraise/results/<key>/risk")
@turns.large
def first(study_id: int, key: str) -> ResponseReturnValue:
    """Go to the first domain of a result's tool that is not judged yet."""
    with service().database.read() as session:
        desk = asked_desk(session, study_id, None)
        result = desk.draft.reading.result(key)
        tool = tool_of(desk.draft.reading, desk.study.round.tool)
        if result is None:
            return to("results.listed", study_id)
        if tool is None:
            return to("appraise.study", study_id)
        stand = appraised.stand(tool, risk_in(tool, result.risk))
        part = next((domain.id for domain in stand.parts if domain.missing), tools.OVERALL)
    return to_part(study_id, key, part)


@blueprint.get("/studies/<int:study_id>/appraise/results/<key>/risk/<part>")
@turns.large
def part(study_id: int, key: str, part: str) -> ResponseReturnValue:
    """Show the questions of one domain, those that apply, and what the answers come to."""
    return _risk_page(Typed(), None, study_id=study_id, key=key, part=part)


@blueprint.post("/studies/<int:study_id>/appraise/results/<key>/risk/<part>")
@posting.form(_risk_page)
def save(study_id: int, key: str, part: str) -> ResponseReturnValue:
    """Keep the answers about one domain; what they give rise to asking is shown before going on."""
    typed, after = request.form, part
    with service().database.read() as session:
        chosen = reviews.tool_chosen(session, study_id)

    def change(reading: Reading) -> Reading:
        nonlocal after
        result, tool = reading.result(key), tool_of(reading, chosen)
        if result is None or tool is None:
            return reading
        reading = reading_forms.with_result(reading, key, {"risk": risk_in(tool, result.risk)})
        if typed.get("action", "").startswith("copy:"):
            return _copied(reading, key, typed["action"].removeprefix("copy:"), tool, part)
        if part not in {*appraised.questions(tool), tools.OVERALL}:
            abort(404)
        reading = reading_forms.risk_of(typed, reading, key, tool, part)
        after = _after(tool, reading, key, part)
        return reading

    keep(study_id, change, Problems())
    if stays() or typed.get("action", "").startswith("copy:"):
        after = part
    if not after:
        return to("results.listed", study_id)
    return to_part(study_id, key, after)


def _after(tool: Tool, reading: Reading, key: str, part: str) -> str:
    """Name the page to go to: the same one while it asks for more, then the next; empty: done."""
    result = reading.result(key)
    stand = appraised.stand(tool, result.risk if result else Risk())
    pages = reading_forms.parts_of(stand)
    here = next((domain for domain in stand.parts if domain.id == part), None)
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
