"""Feeds for admins: which there are and how each stands; try one out, add it, let go of it.

A feed is fetched before it is added, each time, outside any transaction: an address that may not
be asked, or that is no feed, is refused on the page and never stored.
"""

from collections import Counter
from dataclasses import dataclass

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from monitor.accounts.tables import Role
from monitor.catalogue.loader import Intervention
from monitor.feeds.added import queries as feed_list
from monitor.feeds.added import service as subscriptions
from monitor.feeds.added.sampling import Sample, sample
from monitor.feeds.http.feed_address import FIELD, normalised
from monitor.feeds.sources import SOURCES
from monitor.kernel.errors import InvalidInput, SourceError
from monitor.kernel.source_settings import FeedSettings
from monitor.web import auth, posting
from monitor.web.current import now, service
from monitor.web.forms import Problems, Typed, row_id
from monitor.web.staff import labels

blueprint = Blueprint("feeds", __name__)
blueprint.before_request(auth.only(Role.ADMIN))


@dataclass(frozen=True, slots=True)
class TriedFeed:
    """A feed that was fetched and not yet added; ``named`` counts the items by intervention."""

    source: str
    feed: FeedSettings
    sample: Sample
    named: tuple[tuple[Intervention, int], ...]


@blueprint.get("/status/feeds")
def feeds() -> str:
    """List every feed with how it stands, and the form to add one."""
    return _page(Typed(), None)


def _shown(typed: Typed, problems: Problems | None) -> str:
    return _page(typed, problems)


@blueprint.post("/status/feeds")
@posting.form(_shown)
def add() -> ResponseReturnValue:
    """Try a feed and show what is in it; with ``step`` "add", try it again and add it."""
    typed = request.form
    try:
        tried = _tried(typed)
    except SourceError as error:
        raise InvalidInput(f"This feed cannot be read: {error}", field=FIELD) from error
    if typed.get("step") != "add":
        return _page(typed, None, tried)
    with service().database.write() as session:
        added = subscriptions.add(
            session,
            service().settings,
            source=tried.source,
            name=tried.feed.name,
            url=tried.feed.url,
            by=auth.actor(),
            at=now(),
        )
    return redirect(url_for("feeds.feeds", added=added), code=303)


@blueprint.get("/status/feeds/<int:feed_id>/remove")
def ask_remove(feed_id: int) -> str:
    """Ask before letting go of a feed."""
    return _ask_remove(Typed(), None, feed_id=feed_id)


def _ask_remove(typed: Typed, problems: Problems | None, *, feed_id: int) -> str:  # noqa: ARG001 - a button alone
    with service().database.read() as session:
        feed = subscriptions.get(session, feed_id)
    return render_template(
        "staff/sources/feed_remove.html", feed=feed, kinds=_kinds(), problems=problems
    )


@blueprint.post("/status/feeds/<int:feed_id>/remove")
@posting.form(_ask_remove)
def remove(feed_id: int) -> ResponseReturnValue:
    """Let go of a feed; what it brought stays."""
    with service().database.write() as session:
        subscriptions.remove(session, service().settings, feed_id, by=auth.actor(), at=now())
    return redirect(url_for("feeds.feeds"), code=303)


def _tried(typed: Typed) -> TriedFeed:
    """Check what was typed, and fetch the feed.

    Raises:
        ToMend: what must be mended, in the order of the form.
        InvalidInput: it is there already.
        SourceError: there is no whole feed at the address, or it may not be asked.
    """
    source, settings, problems = typed.get("source", ""), service().settings, Problems()
    problems.attempt(lambda: subscriptions.named(typed.get("name", "")))
    problems.attempt(lambda: normalised(typed.get(FIELD, "")))
    problems.attempt(lambda: subscriptions.check_source(settings, source))
    problems.must_be_none()
    with service().database.read() as session:
        feed = subscriptions.check(
            session,
            settings,
            source=source,
            name=typed.get("name", ""),
            url=typed.get(FIELD, ""),
        )
    sampled = sample(service().settings.sources, feed.url, now().date())
    return TriedFeed(source, feed, sampled, _named(sampled))


def _named(sampled: Sample) -> tuple[tuple[Intervention, int], ...]:
    """Count how many items name each of the ten, in the catalogue's order."""
    counts: Counter[str] = Counter()
    for citation in sampled.citations:
        hits = service().matcher.match(
            title=citation.title, abstract=citation.abstract, keywords=citation.keywords
        )
        counts.update({hit.slug for hit in hits})
    every = service().catalogue.interventions
    return tuple(
        (intervention, counts[intervention.slug])
        for intervention in every
        if counts[intervention.slug]
    )


def _page(typed: Typed, problems: Problems | None, tried: TriedFeed | None = None) -> str:
    with service().database.read() as session:
        listed = feed_list.feeds(session, service().settings)
    added = row_id(request.args.get("added", ""))
    return render_template(
        "staff/sources/feeds.html",
        feeds=listed,
        switched_off=[
            SOURCES[name].title
            for name, own in subscriptions.feed_sources(service().settings).items()
            if not own.enabled
        ],
        kinds=_kinds(),
        typed=typed,
        problems=problems,
        tried=tried,
        added=next((feed.name for feed in listed if added and feed.id == added), None),
        loopback_allowed=service().settings.sources.allow_loopback,
        labels=labels,
        at=now(),
    )


def _kinds() -> dict[str, str]:
    """Name the kinds of feed, the ones most often added first."""
    names = sorted(subscriptions.feed_sources(service().settings))
    return {name: SOURCES[name].title for name in names}
