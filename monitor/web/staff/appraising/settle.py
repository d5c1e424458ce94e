"""Two readings compared, settled, and what they would do: the steps between appraising and counting."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from monitor import workflow
from monitor.accounts.tables import Role
from monitor.catalogue.shapes.tools import Tool
from monitor.review import queries as reviews
from monitor.review import service as review
from monitor.review.appraisal.agreements import agreements
from monitor.review.notices import doubts
from monitor.review.queries import StudyTurn
from monitor.review.reading import appraised, settled
from monitor.review.reading.agreement import ReaderAgreement, agreement
from monitor.review.reading.differences import (
    AnswerState,
    DifferenceRow,
    DomainDifference,
    domains,
    rows,
)
from monitor.review.reading.model import Reading
from monitor.web import auth, forms, made, posting, turns
from monitor.web.current import now, service
from monitor.web.forms import Problems, Typed
from monitor.web.staff import effects, labels, studies
from monitor.web.staff.appraising import reading_words

blueprint = Blueprint("settle", __name__)
blueprint.before_request(auth.only(Role.REVIEWER))

_SETTLING = {StudyTurn.SETTLE, StudyTurn.SETTLE_AS_ONE_OF_TWO}


@dataclass(frozen=True, slots=True)
class DisputedAnswer:
    """One answer that two give differently, for whoever settles it. ``options``: value and words."""

    field: str
    words: str
    first: str
    second: str
    quotes: tuple[str, str]
    options: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class ComparedReadings:
    """Two readings side by side, as the page shows them."""

    rows: tuple[DifferenceRow, ...]
    domains: tuple[DomainDifference, ...]
    questions: tuple[DisputedAnswer, ...]
    agreement: ReaderAgreement  # of the tools' answers

    @property
    def same(self) -> int:
        """How many answers are the same."""
        return sum(row.state is AnswerState.SAME for row in self.rows)

    @property
    def deciding(self) -> int:
        """How many have to be settled."""
        return sum(row.state is AnswerState.DIFFERS for row in self.rows)

    @property
    def idle(self) -> int:
        """How many differ without anything hanging on them."""
        quiet = {AnswerState.SAME_SIDE, AnswerState.UNKNOWN, AnswerState.BOTH}
        return sum(row.state in quiet for row in self.rows)


def _compared_page(
    typed: Typed, problems: Problems | None, *, study_id: int
) -> ResponseReturnValue:
    with service().database.read() as session:
        view = _view(session, study_id)
        if len(view.appraisals) < 2:  # noqa: PLR2004 - two are compared
            return _elsewhere(session, study_id, typed, problems)
        return render_template(
            "staff/appraise/compared.html",
            study=view,
            compared=_compared(view),
            may_settle=view.turn in _SETTLING,
            is_one=view.turn is StudyTurn.SETTLE_AS_ONE_OF_TWO,
            words=reading_words,
            tools=service().catalogue.tool_by_reference,
            doubts=doubts.of_study(session, study_id),
            typed=typed,
            problems=problems,
            labels=labels,
            at=now(),
        )


@blueprint.get("/studies/<int:study_id>/compared")
@turns.large
def compared(study_id: int) -> ResponseReturnValue:
    """Show two readings answer by answer, with what is left to settle."""
    return _compared_page(Typed(), None, study_id=study_id)


@blueprint.post("/studies/<int:study_id>/compared")
@posting.form(_compared_page)
def settle(study_id: int) -> ResponseReturnValue:
    """Take the answers that settle the differences into a draft, and show it whole before it is handed in."""
    typed, problems = request.form, Problems()
    with service().database.write() as session:
        view = _view(session, study_id)
        if view.turn not in _SETTLING:
            return redirect(url_for("studies.study", study_id=study_id), code=303)
        chosen = _chosen(view, typed, problems)
        problems.must_be_none()
        first, second = (appraisal.reading for appraisal in view.appraisals[:2])
        reading = settled.settled(first, second, chosen, service().catalogue.tool_by_reference)
        draft = _draft(session, study_id)
        review.keep_draft(
            session,
            study_id=study_id,
            by=auth.reader(),
            reading=reading,
            version=draft.version,
            at=now(),
            settles=True,
        )
    return redirect(url_for("appraise.hand_in", study_id=study_id), code=303)


def _effects_page(typed: Typed, problems: Problems | None, *, study_id: int) -> ResponseReturnValue:
    with service().database.read() as session:
        view = _view(session, study_id, compared=False)
        if view.consensus is None:
            return _elsewhere(session, study_id, typed, problems)
        previews = workflow.preview_counting(session, service().catalogue, study_id)
        return render_template(
            "staff/appraise/counting.html",
            study=view,
            effects=effects.effects_of(previews),
            readers=workflow.readers_mailed(session, service(), previews, study_id=study_id),
            silent=effects.silent(session, study_id, previews, view.consensus.reading.in_review),
            needs_a_lead=workflow.needs_a_lead(session, service(), previews, study_id=study_id),
            is_lead=auth.reader().role in {Role.LEAD, Role.ADMIN},
            can_change=any(
                appraisal.reviewer_id == auth.reader().id for appraisal in view.appraisals[:2]
            ),
            saved="saved" in request.args,
            words=reading_words,
            doubts=doubts.of_study(session, study_id),
            token=forms.token_for(typed, problems),
            problems=problems,
            labels=labels,
            at=now(),
        )


@blueprint.get("/studies/<int:study_id>/counting")
@turns.large
def effects_page(study_id: int) -> ResponseReturnValue:
    """Show what deciding the study by what its appraisals came to would do."""
    return _effects_page(Typed(), None, study_id=study_id)


@blueprint.post("/studies/<int:study_id>/counting")
@posting.form(_effects_page)
def count(study_id: int) -> ResponseReturnValue:
    """Decide the study; or agree to what the other of the two has settled (``action=confirm``)."""
    typed, problems = request.form, Problems()
    token, consensus_id = forms.hidden(typed, problems), forms.row_id(typed.get("consensus", ""))
    if consensus_id is None:
        problems.add("form", forms.STALE)
    problems.must_be_none()
    sent = review.SentDecision(study_id, token, auth.reader(), now())
    with service().database.write() as session:
        if typed.get("action") == "confirm":
            _, decision = review.confirm(
                session, service().catalogue, sent, consensus_id=consensus_id or 0
            )
            if decision is None:
                return redirect(url_for("settle.effects_page", study_id=study_id), code=303)
        else:
            workflow.count(session, service(), sent, consensus_id=consensus_id or 0)
    return redirect(url_for("studies.study", study_id=study_id, saved="1"), code=303)


@blueprint.get("/agreement")
@auth.requires(Role.LEAD)
@made.for_one_reader
def agreement_page() -> str:
    """Show a lead how far reviewers agree, question by question."""
    with service().database.read() as session:
        found = agreements(session, service().catalogue.tool_by_reference)
        return render_template("staff/appraise/agreement.html", rows=found, words=reading_words)


def _elsewhere(
    session: Session, study_id: int, typed: Typed, problems: Problems | None
) -> ResponseReturnValue:
    """Go to the study where there is nothing to settle; a form that was sent is told so there."""
    if problems is None:
        return redirect(url_for("studies.study", study_id=study_id), code=303)
    return studies.page(session, study_id, typed, problems)


def _view(session: Session, study_id: int, *, compared: bool = True) -> reviews.StudyView:
    tools = service().catalogue.tool_by_reference
    return reviews.study(session, study_id, auth.reader().id, tools=tools, compared=compared)


def _draft(session: Session, study_id: int) -> review.ReadingInTheMaking:
    tools = service().catalogue.tool_by_reference
    return review.draft(session, study_id=study_id, by=auth.reader(), tools=tools)


def _compared(view: reviews.StudyView) -> ComparedReadings:
    tools = service().catalogue.tool_by_reference
    first, second = (appraisal.reading for appraisal in view.appraisals[:2])
    side_by_side = rows(first, second, tools)
    answered = [
        (row.first, row.second)
        for row in side_by_side
        if row.first is not None and row.second is not None and _is_answer(row, first, tools)
    ]
    return ComparedReadings(
        rows=side_by_side,
        domains=domains(first, second, tools),
        questions=tuple(_question(view, row, tools) for row in view.differences),
        agreement=agreement(answered),
    )


def _is_answer(row: DifferenceRow, first: Reading, tools: dict[str, Tool]) -> bool:
    """Tell an answer to a tool's question from what follows from answers, and from words."""
    result = first.result(row.place.key) if row.place.step == "risk" else None
    tool = tools.get(result.risk.tool) if result else None
    return tool is not None and any(
        question.id == row.place.field
        for questions in appraised.questions(tool).values()
        for question in questions
    )


def _question(
    view: reviews.StudyView, row: DifferenceRow, tools: dict[str, Tool]
) -> DisputedAnswer:
    first, second = (appraisal.reading for appraisal in view.appraisals[:2])
    said = [reading_words.value(row.place, value, first) for value in (row.first, row.second)]
    options = settled.options(row, first, tools)
    return DisputedAnswer(
        field=settled.field_of(row.place),
        words=reading_words.question(row.place, first, second, tools),
        first=said[0],
        second=said[1],
        quotes=(
            settled.quote_of(first, row.place),
            settled.quote_of(second, row.place),
        ),
        options=tuple(
            (settled.written(value), reading_words.value(row.place, value, first))
            for value in options
        ),
    )


def _chosen(
    view: reviews.StudyView, typed: Typed, problems: Problems
) -> Sequence[tuple[DifferenceRow, Any]]:
    """Read what is chosen for each difference; each has to be chosen."""
    tools = service().catalogue.tool_by_reference
    first = view.appraisals[0].reading
    chosen: list[tuple[DifferenceRow, Any]] = []
    for row in view.differences:
        name = settled.field_of(row.place)
        options = {settled.written(option): option for option in settled.options(row, first, tools)}
        if typed.get(name) not in options:
            asked = reading_words.QUESTIONS.get(row.place.field, row.place.field)
            problems.add(name, f"Choose what stands: {asked}")
            continue
        chosen.append((row, options[typed[name]]))
    return chosen
