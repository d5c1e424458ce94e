"""The papers of a study: what each is, papers attached or taken out, studies split and merged, and undone.

Says first what follows. Suggestions come with their reason, and nothing is chosen beforehand.
"""

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from monitor import story_of_papers, workflow
from monitor.accounts.tables import Role
from monitor.literature.linkage import queries as linkage
from monitor.literature.papers import queries as literature
from monitor.literature.words import PaperRole
from monitor.review import service as review
from monitor.review.family import belonging, compare, joining, line
from monitor.review.notices import doubts
from monitor.web import auth, forms, posting, turns
from monitor.web.current import now, service
from monitor.web.forms import Problems, Typed
from monitor.web.public.studies import family as family_words
from monitor.web.staff import effects, labels

blueprint = Blueprint("families", __name__)
blueprint.before_request(auth.only(Role.REVIEWER))

ROLES = {
    PaperRole.MAIN: "Main report: its first or chief results",
    PaperRole.FOLLOW_UP: "Follow-up: the same people, later",
    PaperRole.SECONDARY: "Secondary report: other results of the same people",
    PaperRole.PREPRINT: "Preprint",
    PaperRole.PROTOCOL: "Protocol, without results",
    PaperRole.REGISTRATION: "Registration",
    PaperRole.CORRECTION: "Correction of one of its reports",
    PaperRole.OTHER: "Something else",
}
_OUT = "none"


@blueprint.get("/studies/<int:study_id>/papers")
@turns.large
def papers(study_id: int) -> str:
    """Show the papers of a study on a line of time, what may belong to it, and what was changed."""
    words = request.args.get("find", "").strip()
    with service().database.read() as session:
        family = compare.family(session, study_id)
        own = [member.paper_id for member in family.members]
        return render_template(
            "staff/studies/family.html",
            family=family,
            events=line.line(session, study_id),
            line_words=family_words,
            doubts=doubts.of_study(session, study_id),
            find=words,
            found=linkage.named_so(session, words) if words else [],
            studies=belonging.studies_for(session, own) if own and family.whole else [],
            newcomers=belonging.papers_for(session, study_id) if family.whole else [],
            regroupings=compare.regroupings(session, study_id),
            joinings=joining.joinings_of_study(session, study_id),
            labels=labels,
            at=now(),
        )


@blueprint.get("/studies/<int:study_id>/papers/<int:paper_id>")
@turns.large
def paper(study_id: int, paper_id: int) -> ResponseReturnValue:
    """Ask what a paper is to a study, and say what follows."""
    return _paper_page(Typed(), None, study_id=study_id, paper_id=paper_id)


def _paper_page(
    typed: Typed, problems: Problems | None, *, study_id: int, paper_id: int
) -> ResponseReturnValue:
    with service().database.read() as session:
        family = compare.family(session, study_id)
        view = literature.paper(session, paper_id)
        if view.id != paper_id and problems is None:
            address = url_for("families.paper", study_id=study_id, paper_id=view.id)
            return redirect(address, code=303)
        role = next((member.role for member in family.members if member.paper_id == view.id), None)
        may_leave = role is not None and len(family.members) > 1
        change = review.Attach(study_id, view.id, PaperRole.OTHER)
        options = [(paper_role.value, words) for paper_role, words in ROLES.items()]
        return render_template(
            "staff/studies/family_paper.html",
            family=family,
            paper=view,
            role=role,
            hindrance=_never(session, change, role),
            options=[*options, (_OUT, "It does not report this study: take it out")]
            if may_leave
            else options,
            may_leave=may_leave,
            reasons=_reasons(session, study_id, view),
            version=compare.version(session, change),
            typed=typed,
            problems=problems,
            token=forms.token_for(typed, problems),
            labels=labels,
        )


def _never(session: Session, change: review.Attach, role: str | None) -> str | None:
    """Say why the paper cannot be put with the study in any role; None: it can."""
    return None if role == change.role else compare.hindrance(session, change)


def _reasons(session: Session, study_id: int, view: literature.PaperView) -> tuple[str, ...]:
    """Say why this paper may belong to the study, if anything suggests it."""
    suggested = belonging.studies_for(session, [view.id])
    return next((one.reasons for one in suggested if one.study_id == study_id), ())


@blueprint.post("/studies/<int:study_id>/papers/<int:paper_id>")
@posting.form(_paper_page)
def paper_post(study_id: int, paper_id: int) -> ResponseReturnValue:
    """Attach a paper, say anew what it is, or take it out."""
    typed, problems = request.form, Problems()
    out = typed.get("role") == _OUT
    message = "Choose what the paper is to this study"
    role = None if out else forms.word(typed, "role", PaperRole, problems, message)
    form = _form(typed, problems)
    change: review.Change = (
        review.Detach(study_id, paper_id)
        if role is None
        else review.Attach(study_id, paper_id, role)
    )
    return _regroup(change, form, study_id)


@blueprint.get("/studies/<int:study_id>/split")
@turns.large
def split(study_id: int) -> str:
    """Ask which papers of a study report another one."""
    return _split_page(Typed(), None, study_id=study_id)


def _split_page(typed: Typed, problems: Problems | None, *, study_id: int) -> str:
    with service().database.read() as session:
        family = compare.family(session, study_id)
        return render_template(
            "staff/studies/family_split.html",
            family=family,
            version=compare.version(session, review.SplitOff(study_id, ())),
            typed=typed,
            problems=problems,
            token=forms.token_for(typed, problems),
            labels=labels,
        )


@blueprint.post("/studies/<int:study_id>/split")
@posting.form(_split_page)
def split_post(study_id: int) -> ResponseReturnValue:
    """Make another study of some papers."""
    typed, problems = request.form, Problems()
    chosen = tuple(
        paper_id for value in typed.getlist("papers") if (paper_id := forms.row_id(value))
    )
    if not chosen:
        problems.add("papers", "Choose the papers that report another study")
    form = _form(typed, problems)
    return _regroup(review.SplitOff(study_id, chosen), form, study_id)


@blueprint.get("/studies/<int:study_id>/merge/<int:other_id>")
@turns.large
def merge(study_id: int, other_id: int) -> ResponseReturnValue:
    """Show two studies side by side, and what merging them would do."""
    return _merge_page(Typed(), None, study_id=study_id, other_id=other_id)


def _merge_page(
    typed: Typed, problems: Problems | None, *, study_id: int, other_id: int
) -> ResponseReturnValue:
    with service().database.read() as session:
        two = [compare.family(session, number) for number in (study_id, other_id)]
        both_ways = [review.Merge(study_id, other_id), review.Merge(other_id, study_id)]
        objections = [compare.hindrance(session, change) for change in both_ways]
        ends = [family.study_id for family in two] if all(family.counts for family in two) else []
        previews = {
            ended: workflow.preview_withdrawal(session, service().catalogue, study_id=ended)
            for ended in ends
        }
        return render_template(
            "staff/studies/family_merge.html",
            two=two,
            may_stay=[
                family for family, problem in zip(two, objections, strict=True) if problem is None
            ],
            hindrance=objections[0] if all(objections) else None,
            why_one=next((problem for problem in objections if problem), None),
            effects={ended: effects.effects_of(some) for ended, some in previews.items()},
            version=compare.version(session, both_ways[0]),
            typed=typed,
            problems=problems,
            token=forms.token_for(typed, problems),
            labels=labels,
        )


@blueprint.post("/studies/<int:study_id>/merge/<int:other_id>")
@posting.form(_merge_page)
def merge_post(study_id: int, other_id: int) -> ResponseReturnValue:
    """Make two studies one."""
    typed, problems = request.form, Problems()
    stays = forms.row_id(typed.get("stays", ""))
    if stays not in {study_id, other_id}:
        problems.add("stays", "Choose which of the two stays")
    form = _form(typed, problems)
    goes = other_id if stays == study_id else study_id
    return _regroup(review.Merge(stays or study_id, goes), form, stays or study_id)


@blueprint.get("/regroupings/<int:regrouping_id>/undo")
@turns.large
def undo(regrouping_id: int) -> str:
    """Say what undoing would do."""
    return _undo_page(Typed(), None, regrouping_id=regrouping_id)


def _undo_page(typed: Typed, problems: Problems | None, *, regrouping_id: int) -> str:  # noqa: ARG001 - a button alone
    with service().database.read() as session:
        return render_template(
            "staff/studies/family_undo.html",
            one=compare.shown(session, regrouping_id),
            problems=problems,
            labels=labels,
            at=now(),
        )


@blueprint.post("/regroupings/<int:regrouping_id>/undo")
@posting.form(_undo_page)
def undo_post(regrouping_id: int) -> ResponseReturnValue:
    """Put the papers back."""
    with service().database.write() as session:
        moved = story_of_papers.undo_regrouping(
            session, service(), regrouping_id=regrouping_id, by=auth.reader(), at=now()
        )
        assert moved.regrouping  # noqa: S101 - what is undone is one
        back = moved.regrouping.study_id
    return redirect(url_for("families.papers", study_id=back), code=303)


def _form(typed: Typed, problems: Problems) -> review.Form:
    """Read what every form here asks.

    Raises:
        ToMend: something is missing, here or in what was read before.
    """
    token, reason = forms.hidden(typed, problems), forms.text(typed, "reason", problems)
    if not reason:
        problems.add("reason", "Say why: colleagues read it later")
    problems.must_be_none()
    return review.Form(token, typed.get("version", ""), reason, auth.reader(), now())


def _regroup(change: review.Change, form: review.Form, study_id: int) -> ResponseReturnValue:
    with service().database.write() as session:
        story_of_papers.regroup(session, service(), change, form)
    return redirect(url_for("families.papers", study_id=study_id), code=303)
