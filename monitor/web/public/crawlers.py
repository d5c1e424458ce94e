"""What search engines are told: which pages are for them, and which are not. Follows from the routes themselves."""

from collections.abc import Iterator
from xml.sax.saxutils import escape

from flask import Blueprint, Response, current_app, request
from werkzeug.routing import Map

from monitor.web.current import service
from monitor.web.public import rendered

blueprint = Blueprint("crawlers", __name__)

# Pages that are everybody's, by what their addresses begin with.
_OPEN = (
    "/",
    "/accessibility",
    "/attachment",
    "/changes",
    "/coverage",
    "/glossary",
    "/history",
    "/interventions",
    "/method",
    "/my-services",
    "/priorities",
    "/priorities.csv",
    "/privacy",
    "/static",
    "/sitemap.xml",
    "/use",
    "/who-uses-this",
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
    where = f"Sitemap: {service().settings.web.public_url}/sitemap.xml"
    return Response("\n".join(["User-agent: *", *lines, where, ""]), mimetype="text/plain")


@blueprint.get("/sitemap.xml")
@rendered.once(file=True)
def sitemap() -> Response:
    """List the pages that are everybody's, by their addresses in public."""
    root = service().settings.web.public_url
    urls = [f"<url><loc>{escape(root + path)}</loc></url>" for path in _pages(current_app.url_map)]
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">',
        *urls,
        "</urlset>",
        "",
    ]
    return Response("\n".join(lines), mimetype="application/xml")


def _pages(pages: Map) -> Iterator[str]:
    """Give the paths of open pages: those that stand alone, then those of each of the ten."""
    for rule in sorted(pages.iter_rules(), key=lambda route: route.rule):
        path, asks = rule.rule, rule.arguments
        first = "/" + path.strip("/").partition("/")[0]
        is_page = "GET" in (rule.methods or ()) and "." not in path and first != "/static"
        if not is_page or first not in (*_OPEN, *_ASKED):
            continue
        if not asks:
            yield path
        elif asks == {"slug"}:
            for slug in service().catalogue.slugs:
                yield path.replace("<slug>", slug)


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
    return f"{address}/" if any(path.startswith(address) for path in _OPEN) else address
