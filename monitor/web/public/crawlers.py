"""What search engines are told: which pages are not for them. Follows from the routes themselves."""

from flask import Blueprint, Response, current_app, request
from werkzeug.routing import Map

blueprint = Blueprint("crawlers", __name__)

# Pages that are everybody's, by what their addresses begin with.
_OPEN = (
    "/",
    "/accessibility",
    "/attachment",
    "/changes",
    "/coverage",
    "/history",
    "/interventions",
    "/method",
    "/my-services",
    "/priorities",
    "/priorities.csv",
    "/privacy",
    "/static",
    "/use",
)
_ASKED = ("/subscribe",)  # open too, and never with what follows a "?"
# The same again, narrowed or set beside each other.
_AGAIN = (
    *("/changes?", "/changes/changes.csv?", "/history?", "/history/table.csv?"),
    *("/interventions/compare?", "/interventions/compare.csv"),
)


@blueprint.get("/robots.txt")
def robots() -> Response:
    """Keep crawlers from what asks who they are, is one reader's, or shows the same again."""
    root = request.script_root
    lines = [f"Disallow: {root}{address}" for address in _closed(current_app.url_map)]
    return Response("\n".join(["User-agent: *", *lines, ""]), mimetype="text/plain")


def _closed(pages: Map) -> tuple[str, ...]:
    """List what the addresses of pages begin with that are not everybody's."""
    first = {
        "/" + rule.rule.strip("/").partition("/")[0]
        for rule in pages.iter_rules()
        if "GET" in (rule.methods or ())
    }
    closed = sorted(map(_whole, first - {*_OPEN, *_ASKED, "/robots.txt"}))
    return (*closed, *_AGAIN, *(f"{address}?" for address in _ASKED))


def _whole(address: str) -> str:
    """End an address that another one, which is open, begins with: /u/ is not /use."""
    return f"{address}/" if any(one.startswith(address) for one in _OPEN) else address
