"""The app factory: every blueprint, guard and template setting in one place. Holds no page."""

import hashlib
import mimetypes
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import jinja2
from flask import Flask, Response, request, url_for

from monitor.kernel import addresses
from monitor.kernel.persistence.asked_again import Lately
from monitor.service import Service
from monitor.web import (
    account,
    auth,
    controls,
    errors,
    formats,
    made,
    noting,
    own_account,
    packing,
    posting,
    proxies,
    security,
    shared,
    trials,
    turns,
)
from monitor.web.admin import baseline, collections, days, digests, feeds, outbox, waves
from monitor.web.admin import pages as admin
from monitor.web.public import crawlers, interventions
from monitor.web.public import overview as public
from monitor.web.public.about import attachment, coverage
from monitor.web.public.changes import atom, history, why
from monitor.web.public.changes import listed as changes
from monitor.web.public.memos import pages as memos
from monitor.web.public.mine import downloads as own_downloads
from monitor.web.public.mine import link_asked as my_services
from monitor.web.public.mine import memo as own_memo
from monitor.web.public.mine import services as own_services
from monitor.web.public.mine import view as mine
from monitor.web.public.readers import helped, mailed, own_data, subscribe
from monitor.web.public.returns import returning
from monitor.web.public.shown import findings
from monitor.web.public.states import figure, marks
from monitor.web.public.ten import downloads, priorities, side_by_side
from monitor.web.public.usage import use
from monitor.web.staff import (
    alerts,
    certainty,
    families,
    imports,
    searches,
    studies,
    unqueued,
)
from monitor.web.staff import pairs as comparing
from monitor.web.staff import papers as review
from monitor.web.staff.appraising import results, risk, settle, steps

TEMPLATES = Path(__file__).resolve().parents[2] / "templates"
_FOREVER = 365 * 24 * 60 * 60
# How long a page waits for others to write, and how many of its threads may write or wait at once:
# those left over (web.turns) answer readers, and whoever asks whether it is alive.
PATIENCE_SECONDS = 3.0
WRITERS = 10


def create_app(service: Service, *, testing: bool = False) -> Flask:
    """Make the web application; reads nothing from the environment and starts nothing."""
    app = Flask("monitor.web", template_folder=str(TEMPLATES), static_folder="static")
    # StrictUndefined: a misspelt name in a template fails a test instead of showing a blank
    app.jinja_options = {
        "autoescape": True,
        "undefined": jinja2.StrictUndefined,
        "trim_blocks": True,
        "lstrip_blocks": True,
    }
    app.testing = testing
    people = service.database.for_people(
        seconds=PATIENCE_SECONDS, writers=WRITERS, limit=turns.limit, answers=noting.answers
    )
    service = replace(service, database=people)
    app.extensions["monitor"] = service
    app.extensions["monitor.last_known"] = {}
    app.extensions["monitor.turns"] = turns.make(service.settings.web)
    app.extensions["monitor.rendered"] = made.Pages()
    app.extensions["monitor.made"] = made.Pages()
    app.extensions["monitor.lately"] = Lately()
    app.extensions["monitor.asking"] = shared.OneAtATime()
    app.extensions["monitor.shared"] = shared.Store()
    app.extensions["monitor.sessions"] = shared.Store()
    # what is outermost sees a request first: whose it is, then which page of ours it asks for
    web = service.settings.web
    inner = proxies.below(app.wsgi_app, addresses.path_of(web.public_url))
    app.wsgi_app = proxies.believing(inner, web.trusted_proxies)  # type: ignore[method-assign,assignment]  # Flask's own way
    app.before_request(auth.load_user)
    app.before_request(imports.allow_upload)
    security.protect(app, service)
    app.before_request(posting.refuse_blind_restore)
    errors.register(app)
    public_pages = (
        *(public, crawlers, coverage, interventions, findings, history, priorities, use),
        *(attachment, subscribe, own_data, mailed, helped, returning, account, own_account),
        *(memos, changes, why, atom, side_by_side, downloads),
        *(my_services, mine, own_services, own_downloads, own_memo),
    )
    reviewing = (
        review,
        unqueued,
        comparing,
        studies,
        families,
        steps,
        results,
        risk,
        settle,
        alerts,
        certainty,
        trials,
        imports,
        searches,
    )
    administering = (admin, outbox, digests, days, feeds, baseline, waves, collections)
    for module in (*public_pages, *reviewing, *administering):
        app.register_blueprint(module.blueprint)
    _dress(app, service)
    return app


def _dress(app: Flask, service: Service) -> None:
    """Give templates their formats, marks, form controls and the few facts of every page."""
    app.jinja_env.filters.update(formats.FILTERS)
    app.jinja_env.globals.update(
        marks=marks,
        gap_words=figure.gap_words,
        may_be=figure.may_be,
        nhsuk=controls.nhsuk(),
        asset=_assets(app),
        notice=service.settings.web.notice,
        contact=service.settings.web.contact,
        contact_link=addresses.contact_link(service.settings.web.contact),
        catalogue=service.catalogue,
        # of nobody: what others show of a page is fetched by them, not by whoever reads it
        social_image=f"{service.settings.web.public_url}/static/card.png",
    )
    app.context_processor(lambda: {"user": auth.current_user()})


def _assets(app: Flask) -> Callable[[str], str]:
    """Make the function that gives a static file's address with its content's hash.

    A changed file has a new address, so browsers may keep the old one for good.
    """
    app.config["SEND_FILE_MAX_AGE_DEFAULT"] = _FOREVER
    folder = Path(str(app.static_folder))
    hashes = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()[:12]
        for path in folder.iterdir()
        if path.is_file()
    }
    _pack(app, folder)
    # four a page, which is all that working them out again would take: of each root that names this
    addresses: dict[tuple[str, str], str] = {}

    def asset(name: str) -> str:
        known = (request.script_root, name)
        if known not in addresses:
            addresses[known] = url_for("static", filename=name, v=hashes[name])
        return addresses[known]

    return asset


def _pack(app: Flask, folder: Path) -> None:
    """Let styles and drawings be sent packed to whoever unpacks them."""
    kept = {
        path.name: small
        for path in folder.iterdir()
        if path.suffix in {".css", ".svg"} and (small := packing.packed(path.read_bytes()))
    }

    def static(filename: str) -> Response:
        small = kept.get(filename)
        if small is None:
            return app.send_static_file(filename)
        if request.accept_encodings["gzip"] <= 0:
            sent = app.send_static_file(filename)
        else:
            sent = Response(small, content_type=mimetypes.guess_type(filename)[0])
            sent.headers["Content-Encoding"] = "gzip"
            sent.cache_control.public, sent.cache_control.max_age = True, _FOREVER
        sent.vary.add("Accept-Encoding")
        return sent

    app.view_functions["static"] = static
