"""The pages that everybody may read: the gap at a glance, what changed, how it is judged.

A GET here never changes anything. Pages are rendered while the rows they show can be read.
"""

from datetime import timedelta
from typing import Any

from flask import Blueprint, Response, make_response, render_template
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import SQLAlchemyError

from monitor.catalogue.words import Direction, Tier
from monitor.evidence import wording
from monitor.evidence.baseline import standing as baselines
from monitor.evidence.synthesis.labels import CASES as LABELS
from monitor.feeds import queries as feeds
from monitor.gap import in_step, rules
from monitor.gap import queries as gap
from monitor.kernel.errors import Unavailable
from monitor.kernel.process.log import log
from monitor.review import queries as review
from monitor.review.words import shown
from monitor.web import trials
from monitor.web.current import last_known, now, service
from monitor.web.public import rendered
from monitor.web.public.about.heard import searched
from monitor.web.public.mine import guard
from monitor.web.public.readers.subscribe import PURPOSE
from monitor.web.public.states import figure

blueprint = Blueprint("public", __name__)

_RECENT = timedelta(days=90)
_LATEST = 3  # changes on the overview


@blueprint.get("/")
@rendered.once()
def overview() -> ResponseReturnValue:
    """Show the gap at a glance; as it last was known where the database cannot be asked."""
    at = now()
    try:
        facts = {**_overview(), "as_of": None}
        last_known()["overview"] = {**facts, "as_of": at}
    except Unavailable:
        facts = last_known().get("overview", {})
        if not facts:
            raise
        return make_response(render_template("public/overview.html", **facts, now=at))
    return render_template("public/overview.html", **facts, now=at)


def _overview() -> dict[str, Any]:
    """Read what the overview shows."""
    catalogue, at = service().catalogue, now()
    with service().database.read() as session:
        states = gap.overview(session, catalogue)
        changes = gap.changes(session)
        start = gap.baseline(session)
        accepted = review.accepted(session)
        sources = feeds.last_heard(session, service().settings, at)
        running = trials.running(session)
        agreement = in_step.now(session, {entry.slug: entry.state.tier for entry in states}, at)
    all_ten = [entry.state for entry in states]
    return {
        "states": states,
        "groups": figure.groups(states, catalogue.gap.kinds),
        "title": rules.title(all_ten),
        "headline": rules.headline(all_ten),
        "newest": changes[0] if changes else None,
        "changes": changes[:_LATEST],
        "recent": len({change.slug for change in changes if change.at > at - _RECENT}),
        "since": min((change.at for change in start), default=None),
        "counted": len(accepted),
        "added": _names_of({slug for study in accepted for slug in study.interventions}),
        "directions": _DIRECTIONS,
        "survey": next((state.use.now for state in all_ten if state.use), None),
        "running": running,
        "in_step": agreement,
        "sources": sources,
        "searched": searched(sources, at),
        "ever_heard": any(source.last_success for source in sources),
    }


# The marks that a reader can meet, each once.
_DIRECTIONS = tuple(
    (direction, shown(direction))
    for direction in (
        Direction.GENERALLY_POSITIVE,
        Direction.MIXED,
        Direction.BENEFIT,
        Direction.SLIGHT,
        Direction.LITTLE,
        Direction.FAVOURS_COMPARISON,
        Direction.POSITIVE_THEN_LITTLE,
    )
)


@blueprint.get("/interventions")
@rendered.once()
def interventions() -> str:
    """List the ten."""
    with service().database.read() as session:
        states = gap.overview(session, service().catalogue)
    return render_template("public/interventions/interventions.html", states=states)


@blueprint.get("/method")
@rendered.once()
def method() -> str:
    """Show the grading policy and the gap matrix, from the same files that decide."""
    catalogue = service().catalogue
    with service().database.read() as session:
        sources = feeds.last_heard(session, service().settings, now())
        standing = baselines.standing(session)
    return render_template(
        "public/about/method.html",
        own_table=standing.at,
        grading=catalogue.grading,
        policy=catalogue.gap,
        synthesis=catalogue.synthesis,
        labels=LABELS,
        bands=[band.value for band in catalogue.gap.bands],
        sources=sources,
        tiers=[
            {"name": tier.value, "sentence": wording.rule_sentence(catalogue.grading, tier)}
            for tier in reversed(Tier)
        ],
    )


@blueprint.get("/privacy")
@rendered.once()
def privacy() -> str:
    """Say what is kept of readers."""
    cookie = "__Host-form" if service().is_https else "form"
    return render_template(
        "public/about/privacy.html", purpose=PURPOSE, cookie=cookie, own_cookie=guard.cookie_name()
    )


@blueprint.get("/accessibility")
def accessibility() -> str:
    """Say what was done, checked and not checked."""
    return render_template("public/about/accessibility.html")


@blueprint.get("/healthz")
def healthz() -> ResponseReturnValue:
    """Tell a monitor whether pages and database work; says nothing else."""
    try:
        service().database.answers()
    except (SQLAlchemyError, Unavailable) as error:
        # the exception's text may hold the database's address: only its kind is logged
        log.error("healthz.database", error=type(error).__name__)  # noqa: TRY400 - see above
        return Response("database unreachable\n", status=503, mimetype="text/plain")
    return Response("ok\n", mimetype="text/plain")


def _names_of(slugs: set[str]) -> list[str]:
    return [entry.name for entry in service().catalogue.interventions if entry.slug in slugs]
