"""A study: its papers, its appraisals, and the form to appraise it. Tells what a step would do first.

Never shows one reviewer's answers to the other before both are given: the read model holds
them back.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from monitor import workflow
from monitor.accounts import drafts
from monitor.accounts.tables import Role
from monitor.evidence import service as evidence
from monitor.evidence.words import OF_DECISIONS
from monitor.gap import queries as gaps
from monitor.gap.rules import changed
from monitor.gap.tables import Change
from monitor.kernel.errors import Conflict, Unavailable
from monitor.literature.design.detection import read_design
from monitor.literature.design.rules import Suggestion
from monitor.literature.papers import queries as literature
from monitor.notify import news
from monitor.notify import queries as notify
from monitor.review import alert_queries, doubts, quotes, rules
from monitor.review import queries as reviews
from monitor.review import service as review
from monitor.review.rules import Judgement
from monitor.web import auth, forms, posting, turns
from monitor.web.current import now, service
from monitor.web.forms import Problems, Typed
from monitor.web.public import figure
from monitor.web.staff import excerpts, labels, suggestions

blueprint = Blueprint("studies", __name__)
blueprint.before_request(auth.only(Role.REVIEWER))

_USE = "use:"
_LEDGER = 200  # changes looked through for those a decision caused


@dataclass(frozen=True, slots=True)
class AnswerRow:
    """One question and each reviewer's answer, in the order given."""

    question: str
    answers: tuple[str, ...]
    differs: bool  # so that a third person has to settle it
    name: str
    notes: tuple[str, ...] = ()  # beside each answer, in the same order; empty: nothing to note

    @property
    def agreement(self) -> str:
        """Say what becomes of two answers to a question that does not decide."""
        if len(set(self.answers[:2])) == 1:
            return "Same"
        return "Kept as not known" if self.name in rules.FACTS else "Both kept"


@dataclass(frozen=True, slots=True)
class PaperOfStudy:
    """A paper of the study, with what an appraiser reads beside the form."""

    paper: literature.PaperView
    role: str
    abstract: list[list[literature.Segment]]
    suggestion: Suggestion | None


@dataclass(frozen=True, slots=True)
class Effect:
    """What a step would do to one intervention, part by part, and how many readers it reaches."""

    name: str
    preview: workflow.Preview
    rows: tuple[figure.Compared, ...]
    moves: bool


@blueprint.get("/studies/<int:study_id>")
@turns.large
def study(study_id: int) -> str:
    """Show a study as this reviewer may see it."""
    with service().database.read() as session:
        view = reviews.study(session, study_id, auth.reader().id)
        return render_template(
            "staff/study.html",
            study=view,
            rows=_rows(session, view),
            reports=_reports(session, view),
            effects={decision.id: _caused(session, decision) for decision in view.decisions},
            saved="saved" in request.args,
            doubts=doubts.of_study(session, study_id),
            alerts=alert_queries.open_alerts(session, study_id=study_id),
            excerpts=excerpts,
            labels=labels,
            at=now(),
        )


@blueprint.get("/studies/<int:study_id>/appraise")
@turns.large
def appraise(study_id: int) -> ResponseReturnValue:
    """Show the form to somebody who may appraise the study; others see the study instead."""
    with service().database.read() as session:
        view = reviews.study(session, study_id, auth.reader().id)
        if not view.can_appraise:
            return redirect(url_for("studies.study", study_id=study_id), code=303)
        draft = drafts.kept(session, auth.reader().id, request.path)
        if draft is not None:
            return _form(session, view, Typed(draft[0]), None, kept_at=draft[1])
        typed = Typed([("interventions", slug) for slug in view.interventions])
        return _form(session, view, typed, None)


def _again(typed: Typed, problems: Problems | None, *, study_id: int) -> str:
    with service().database.read() as session:
        view = reviews.study(session, study_id, auth.reader().id)
        return _form(session, view, typed, problems)


@blueprint.post("/studies/<int:study_id>/appraise")
@posting.form(_again)
def appraise_post(study_id: int) -> ResponseReturnValue:
    """Show what the answers would do (``action=preview``), or record them (``action=save``).

    ``action=use:<field>:<number>`` takes a suggestion into the form, and records nothing;
    ``action=discard`` forgets what was typed. What is typed is kept until it is recorded, so that
    Back and another browser find it.
    """
    typed = request.form
    action = typed.get("action")
    if action and action.startswith(_USE):
        return _used(study_id, typed, action.removeprefix(_USE))
    if action == "discard":
        return _discard(study_id)
    judgement, problems = forms.judgement(typed, service().catalogue.slugs)
    problems.must_be_none()
    assert judgement is not None  # noqa: S101 - else there is a problem; tells mypy
    if action != "save":
        _keep(typed)
        return _preview(study_id, typed, judgement)
    return _save(study_id, typed, judgement)


@blueprint.get("/studies/<int:study_id>/withdraw")
def withdraw(study_id: int) -> str:
    """Show what withdrawing an accepted study would do, and ask why."""
    return _withdraw_page(Typed(), None, study_id=study_id)


def _withdraw_page(typed: Typed, problems: Problems | None, *, study_id: int) -> str:
    with service().database.read() as session:
        previews = workflow.preview_withdrawal(session, service().catalogue, study_id=study_id)
        return render_template(
            "staff/withdraw.html",
            study=reviews.study(session, study_id, auth.reader().id),
            doubts=doubts.of_study(session, study_id),
            effects=effects_of(previews),
            readers=readers_of(session, previews),
            silent=silent(session, study_id, previews),
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


def _form(
    session: Session,
    view: reviews.StudyView,
    typed: Typed,
    problems: Problems | None,
    *,
    kept_at: datetime | None = None,
) -> str:
    reports = _reports(session, view)
    return render_template(
        "staff/appraise.html",
        study=view,
        rows=_rows(session, view),
        reports=reports,
        offers=suggestions.offers([report.paper for report in reports]),
        alerts=alert_queries.open_alerts(session, study_id=view.study_id),
        doubts=doubts.of_study(session, view.study_id),
        typed=typed,
        problems=problems,
        token=forms.token_for(typed, problems),
        kept_at=kept_at,
        excerpts=excerpts,
        labels=labels,
        rules=rules,
        at=now(),
    )


def _keep(typed: Typed) -> bool:
    """Keep what is typed, where that can be done now: nothing depends on it."""
    pairs = [pair for pair in typed.items(multi=True) if pair[0] not in {"csrf_token", "action"}]
    try:
        with service().database.write() as session:
            drafts.keep(
                session, user_id=auth.reader().id, place=request.path, fields=pairs, at=now()
            )
    except Unavailable:
        return False
    return True


def _discard(study_id: int) -> ResponseReturnValue:
    with service().database.write() as session:
        drafts.drop(session, auth.reader().id, request.path)
    return redirect(url_for("studies.appraise", study_id=study_id), code=303)


def _used(study_id: int, typed: Typed, which: str) -> ResponseReturnValue:
    """Take one suggestion into the form, keep everything typed, and go to the form.

    By a redirect, so that Back and Forward show forms and never send one again.
    """
    field, _, number = which.partition(":")
    with service().database.read() as session:
        view = reviews.study(session, study_id, auth.reader().id)
        papers = [literature.paper(session, paper.paper_id) for paper in view.papers]
        offered = suggestions.offers(papers).get(field, ())
        at = forms.number(number or "0")
        answer = offered[at].answer if at is not None and at < len(offered) else None
        filled = forms.with_answer(typed, field, answer)
    if _keep(filled):
        anchor = field if field in labels.ANSWERS else None
        return redirect(url_for("studies.appraise", study_id=study_id, _anchor=anchor), code=303)
    return _again(filled, None, study_id=study_id)


def _preview(study_id: int, typed: Typed, judgement: Judgement) -> ResponseReturnValue:
    with service().database.read() as session:
        view = reviews.study(session, study_id, auth.reader().id)
        if not view.can_appraise:
            return _form(session, view, typed, Problems({"form": _too_late(view)})), 409
        if judgement.count_it:
            try:
                review.require_unbarred(session, study_id)
            except Conflict as error:
                return _form(session, view, typed, Problems({"form": str(error)})), 409
        held = _held(session, view)
        previews = workflow.preview(
            session, service().catalogue, study_id=study_id, judgement=judgement
        )
        return render_template(
            "staff/preview.html",
            study=view,
            doubts=doubts.of_study(session, study_id),
            judgement=judgement,
            answers=[
                (labels.ANSWERS[name], _answer(judgement, name), _note(judgement, name, held))
                for name in labels.ANSWERS
            ],
            effects=effects_of(previews),
            readers=readers_of(session, previews),
            silent=silent(session, study_id, previews),
            sent=[(k, v) for k, v in typed.items(multi=True) if k not in {"csrf_token", "action"}],
            labels=labels,
        )


def _save(study_id: int, typed: Typed, judgement: Judgement) -> ResponseReturnValue:
    problems = Problems()
    token = forms.hidden(typed, problems)
    problems.must_be_none()
    with service().database.write() as session:
        workflow.appraise(
            session,
            service(),
            study_id=study_id,
            token=token,
            by=auth.reader(),
            judgement=judgement,
            at=now(),
        )
        drafts.drop(session, auth.reader().id, request.path)
    return redirect(url_for("studies.study", study_id=study_id, saved="1"), code=303)


def _too_late(view: reviews.StudyView) -> str:
    return f"You cannot appraise this study now: it is “{view.stage}”, or you have appraised it."


def effects_of(previews: Sequence[workflow.Preview]) -> list[Effect]:
    """Set what a step would do beside what is now, part by part."""
    return [
        Effect(
            name=preview.name,
            preview=preview,
            rows=figure.compare(preview.before, preview.after),
            moves=bool(changed(preview.before, preview.after)),
        )
        for preview in previews
    ]


def readers_of(session: Session, previews: Sequence[workflow.Preview]) -> int:
    """Count the readers who would be told by mail, if it is news."""
    moved = [one.slug for one in previews if news.moves(changed(one.before, one.after))]
    return notify.followers(session, moved)


def silent(session: Session, study_id: int, previews: Sequence[workflow.Preview]) -> str:
    """Say why nobody would be mailed although something changes; empty: followers would be."""
    kinds = {kind for one in previews for kind in changed(one.before, one.after)}
    in_review = evidence.may_be_in_review(session, service().catalogue, study_id)
    return news.why_silent(kinds, in_review=in_review) if kinds else ""


def _reports(session: Session, view: reviews.StudyView) -> list[PaperOfStudy]:
    return [_report(literature.paper(session, one.paper_id), one.role) for one in view.papers]


def _report(paper: literature.PaperView, role: str) -> PaperOfStudy:
    suggestion = read_design(paper.title, paper.abstract, paper.publication_types, paper.keywords)
    return PaperOfStudy(
        paper=paper,
        role=role,
        abstract=excerpts.paragraphs(paper.abstract or "", paper.hits, suggestion),
        suggestion=suggestion,
    )


def _rows(session: Session, view: reviews.StudyView) -> list[AnswerRow]:
    held = _held(session, view)
    return [
        AnswerRow(
            question=question,
            answers=tuple(_answer(appraisal.judgement, name) for appraisal in view.appraisals),
            name=name,
            differs=name in view.differences,
            notes=tuple(_note(appraisal.judgement, name, held) for appraisal in view.appraisals),
        )
        for name, question in labels.ANSWERS.items()
    ]


def _held(session: Session, view: reviews.StudyView) -> list[str]:
    """List the texts held of a study's papers, in which a quote may stand."""
    papers = [literature.paper(session, one.paper_id) for one in view.papers]
    return [text for one in papers for text in (one.title, one.abstract) if text]


def _note(judgement: Judgement, name: str, held: Sequence[str]) -> str:
    """Mark a quote that does not stand in what is held; it may be from the full text."""
    if name != "quote" or quotes.stands_in(judgement.quote, held):
        return ""
    return "Not in the title or abstract held here: check it against the full text"


def _answer(judgement: Judgement, name: str) -> str:
    """Write one answer in the words of the form."""
    value = getattr(judgement, name)
    if name == "interventions":
        return ", ".join(service().catalogue.intervention(slug).short for slug in value) or "None"
    if name == "participants":
        return "Not known" if value is None else f"{value:,}"
    if name == "risk_of_bias":
        return f"{value.capitalize()} ({rules.tool_name(judgement.design)})"
    if value is None or isinstance(value, bool):
        return labels.yes_no(value)
    return labels.CHOICES.get(value, str(value)) or "Nothing written"


def _caused(session: Session, decision: reviews.DecisionView) -> list[Change]:
    """Find the changes readers were told of because of a decision."""
    return [
        change
        for slug in decision.interventions
        for change in gaps.changes(session, slug=slug, limit=_LEDGER)
        if change.cause_id == decision.id and change.cause_kind in OF_DECISIONS
    ]
