"""Two papers that may be one, side by side; and a merge taken back. Says first what follows."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from monitor import story_of_papers
from monitor.accounts.tables import Role
from monitor.kernel.errors import InvalidInput
from monitor.literature.linkage import queries as proposals
from monitor.literature.words import LinkState, Relation
from monitor.review import queries as reviews
from monitor.web import auth, forms, made, posting, turns
from monitor.web.current import now, service
from monitor.web.forms import Problems, Typed
from monitor.web.staff import labels, likeness
from monitor.web.staff import queue as lanes

blueprint = Blueprint("comparing", __name__)
blueprint.before_request(auth.only(Role.REVIEWER))

_PAGE = 25
_ANSWERS = {"yes": True, "no": False}


@blueprint.get("/compare")
@made.for_one_reader
def waiting() -> str:
    """List the pairs that wait for a person, oldest first."""
    with service().database.read() as session:
        pairs = proposals.proposed(
            session, limit=_PAGE + 1, after=forms.row_id(request.args.get("after", ""))
        )
        return render_template(
            "staff/papers/compare_list.html",
            found=pairs[:_PAGE],
            more=pairs[_PAGE - 1].link_id if len(pairs) > _PAGE else None,
            tasks=lanes.tasks(session),
            counts=reviews.counts(session),
            done=_done(session),
            words=likeness.RELATIONS,
            labels=labels,
            at=now(),
        )


@blueprint.get("/compare/<int:link_id>")
@made.for_one_reader
def pair(link_id: int) -> ResponseReturnValue:
    """Show two papers side by side, and ask what they are to each other."""
    with service().database.read() as session:
        pair = reviews.pair(session, link_id)
        if pair.one.paper.id == pair.other.paper.id:
            return redirect(url_for("review.paper", paper_id=pair.one.paper.id), code=303)
        return _page(pair, None)


def _again(typed: Typed, problems: Problems | None, *, link_id: int) -> ResponseReturnValue:
    with service().database.read() as session:
        pair = reviews.pair(session, link_id)
        if pair.one.paper.id == pair.other.paper.id:
            return redirect(url_for("review.paper", paper_id=pair.one.paper.id), code=303)
        return _page(pair, problems, typed.get("answer"))


@blueprint.post("/compare/<int:link_id>")
@posting.form(_again)
def answer(link_id: int) -> ResponseReturnValue:
    """Record whether two papers belong together as proposed."""
    said = _ANSWERS.get(request.form.get("answer", ""))
    if said is None:
        raise InvalidInput("Choose one of the two answers")
    with service().database.write() as session:
        story_of_papers.settle_link(
            session,
            service(),
            link_id=link_id,
            confirm=said,
            version=request.form.get("version", ""),
            by=auth.reader(),
            at=now(),
        )
    return redirect(url_for("comparing.waiting", done=link_id), code=303)


@blueprint.post("/compare/<int:link_id>/merge")
@posting.form(_again)
def merge(link_id: int) -> ResponseReturnValue:
    """Merge two papers that somebody had said are two."""
    with service().database.write() as session:
        pair = reviews.pair(session, link_id)
        story_of_papers.merge_papers(
            session,
            service(),
            papers=(pair.one.paper.id, pair.other.paper.id),
            version=request.form.get("version", ""),
            by=auth.reader(),
            at=now(),
        )
    return redirect(url_for("comparing.waiting", done=link_id), code=303)


@blueprint.get("/merges/<int:merge_id>/undo")
@turns.large
def parting(merge_id: int) -> str:
    """Say what undoing a merge would do."""
    return _parting_page(Typed(), None, merge_id=merge_id)


def _parting_page(typed: Typed, problems: Problems | None, *, merge_id: int) -> str:  # noqa: ARG001 - a button alone
    with service().database.read() as session:
        return render_template(
            "staff/papers/part.html",
            merge=reviews.merge(session, merge_id),
            problems=problems,
            labels=labels,
            at=now(),
        )


@blueprint.post("/merges/<int:merge_id>/undo")
@posting.form(_parting_page)
def undo(merge_id: int) -> ResponseReturnValue:
    """Make two papers of one again."""
    with service().database.write() as session:
        settled = story_of_papers.undo_merge(
            session,
            service(),
            merge_id=merge_id,
            by=auth.reader(),
            at=now(),
        )
        assert settled.merge  # noqa: S101 - what is undone is a merge
        back = settled.merge.gone_id
    return redirect(url_for("review.paper", paper_id=back), code=303)


def _page(pair: reviews.PaperPair, problems: Problems | None, said: str | None = None) -> str:
    return render_template(
        "staff/papers/compare.html",
        pair=pair,
        words=likeness.RELATIONS[pair.relation],
        rows=likeness.rows(pair.one.paper, pair.other.paper),
        is_open=pair.state is LinkState.PROPOSED,
        is_merge=pair.relation is Relation.SAME_PAPER,
        problems=problems,
        said=said,
        labels=labels,
        at=now(),
    )


def _done(session: Session) -> reviews.PaperPair | None:
    """Find the pair that was settled last, to say it back."""
    number = forms.row_id(request.args.get("done", ""))
    settled = number is not None and proposals.is_settled(session, number)
    return reviews.pair(session, number) if number is not None and settled else None
