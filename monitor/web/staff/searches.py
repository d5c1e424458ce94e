"""What to search for in databases that people search, and which export is due. Reads only."""

from flask import Blueprint, render_template

from monitor.accounts.tables import Role
from monitor.feeds.completeness import exports
from monitor.feeds.files import syntaxes
from monitor.feeds.sources.databases import DATABASES, Platform
from monitor.web import auth, turns
from monitor.web.current import now, service

blueprint = Blueprint("searches", __name__)
blueprint.before_request(auth.only(Role.REVIEWER))


@blueprint.get("/queries")
@turns.large
def queries() -> str:
    """Show the search strings by platform, and how the exports stand."""
    here, at = service(), now()
    with here.database.read() as session:
        asked = exports.exports(session, here.settings)
    strings = {
        platform: [
            (intervention.short, syntaxes.query(platform, intervention))
            for intervention in here.catalogue.interventions
        ]
        for platform in Platform
    }
    offered = {
        platform: [entry.title for entry in DATABASES.values() if platform in entry.platforms]
        for platform in Platform
    }
    return render_template(
        "staff/sources/searches.html", exports=asked, strings=strings, offered=offered, at=at
    )
