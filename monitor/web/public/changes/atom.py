"""Feeds of changes as Atom (RFC 4287): of all ten, and of each. A change keeps its id for good."""

from dataclasses import dataclass
from datetime import datetime
from uuid import NAMESPACE_URL, uuid5

from flask import Blueprint, Response, make_response, render_template
from sqlalchemy.orm import Session

from monitor.gap import history
from monitor.gap import queries as gap
from monitor.gap.queries import Wanted
from monitor.gap.tables import Change
from monitor.kernel.errors import NotFound
from monitor.kernel.language import text
from monitor.notify.writing.first_lines import first_lines
from monitor.web import formats
from monitor.web.current import service
from monitor.web.public import rendered
from monitor.web.public.shown.forest_files import LICENCE

blueprint = Blueprint("atom", __name__)

MEDIA = "application/atom+xml; charset=utf-8"
_ENTRIES = 50
_ALL = "/changes/feed.atom"


@dataclass(frozen=True, slots=True)
class AtomEntry:
    """One change in a feed: what a study found, or what moved, is its title."""

    id: str
    address: str
    title: str
    words: str
    slug: str
    at: datetime


@blueprint.get(_ALL)
@rendered.once(file=True)
def of_all() -> Response:
    """Give the newest changes of all ten."""
    return _feed("Gap Monitor: what changed", _ALL, "/changes", Wanted())


@blueprint.get("/interventions/<slug>/changes.atom")
@rendered.once(file=True)
def of_one(slug: str) -> Response:
    """Give the newest changes of one intervention."""
    name = service().catalogue.intervention(slug).name
    own, page = f"/interventions/{slug}/changes.atom", f"/interventions/{slug}"
    return _feed(f"Gap Monitor: what changed for {name}", own, page, Wanted(slug=slug))


def _feed(title: str, own: str, page: str, wanted: Wanted) -> Response:
    """Make a feed.

    Raises:
        NotFound: nothing is entered yet.
    """
    here = service()
    base = here.settings.web.public_url
    with here.database.read() as session:
        began = history.began(session)
        if began is None:
            raise NotFound("nothing is entered here yet: run gap-monitor init")
        entries = _entries(session, wanted)
        updated = max((entry.at for entry in entries), default=began)
        told = render_template(
            "public/changes/changes.atom",
            id=_id(f"{base}{own}"),
            title=title,
            own=f"{base}{own}",
            page=f"{base}{page}",
            subtitle=" ".join(
                filter(None, (here.settings.web.notice, here.catalogue.review.caveat))
            ),
            licence=LICENCE,
            updated=updated,
            entries=entries,
        )
    sent = make_response(text.bearable(told))
    sent.content_type = MEDIA
    sent.last_modified = updated
    return sent


def _entries(session: Session, wanted: Wanted) -> list[AtomEntry]:
    changes = gap.changes(session, limit=_ENTRIES, wanted=wanted)
    first = first_lines(session, service().catalogue, changes)
    return [_entry(change, first.get(change.id, "")) for change in changes]


def _entry(change: Change, first_line: str) -> AtomEntry:
    address = f"{service().settings.web.public_url}/changes/{change.id}"
    return AtomEntry(
        id=_id(address),
        address=address,
        title=text.line(first_line or formats.opening(change.sentence)[0]),
        words=text.line(change.sentence),
        slug=change.slug,
        at=change.at,
    )


def _id(address: str) -> str:
    """Name something for good by its permanent address: an IRI that is valid whatever the host is."""
    return uuid5(NAMESPACE_URL, address).urn
