"""What is open to everybody: without a cookie, listed for search engines, with a picture of our own."""

import re
from xml.etree import ElementTree as ET

import pytest

from monitor.catalogue import loader
from monitor.catalogue.shapes import glossary as terms
from monitor.catalogue.shapes.context import FactOrigin
from monitor.notify.readers import answers
from monitor.web.public.crawlers import _pages

# these hold a form, whose token is kept in the browser that opened it
_FORMS = {"/subscribe", "/my-services"}


@pytest.fixture
def pages(app):
    with app.app_context():
        return list(_pages(app.url_map))


def test_every_page_without_a_form_sets_no_cookie_and_loads_nothing_from_elsewhere(app, pages):
    assert {
        "/",
        "/glossary",
        "/who-uses-this",
        "/method",
        "/interventions/cos",
        "/use/vipp",
    } <= set(pages)
    for path in pages:
        page = app.test_client().get(path)
        assert page.status_code == 200, path
        assert ("Set-Cookie" in page.headers) == (path in _FORMS), path
        # where a page's feed is, is told and not loaded
        text = re.sub(r'<link\s+rel="alternate"[^>]+>', "", page.text)
        loaded = re.findall(r'<(?:script|img|link|iframe)[^>]+(?:src|href)="([^"]+)"', text)
        assert all(one.startswith("/static/") for one in loaded), path


def test_each_page_has_a_title_and_a_picture_of_our_own_for_where_it_is_shared(client, pages):
    titles = {}
    for path in pages:
        page = client.get(path).text
        told = dict(re.findall(r'<meta property="og:(\w+)"\s+content="([^"]+)"', page))
        assert told["image"] == "http://127.0.0.1:8000/static/card.png", path
        assert "Limited evidence does not mean ineffective" in told["description"]
        titles[path] = told["title"]
        assert f"<title>{told['title']} – Gap Monitor</title>" in page
    assert len(set(titles.values())) == len(titles), "each has its own title"
    picture = client.get("/static/card.png", buffered=True)
    assert picture.mimetype == "image/png"
    assert len(picture.data) < 50_000


def test_search_engines_find_the_open_pages_and_no_others(client, pages):
    said = client.get("/robots.txt").text
    assert said.endswith("\nSitemap: http://127.0.0.1:8000/sitemap.xml\n")
    for closed in ("/m/", "/helped", "/choices", "/u/", "/confirm", "/queue", "/mail", "/status"):
        assert f"\nDisallow: {closed}" in said
    listed = ET.fromstring(client.get("/sitemap.xml").data)  # noqa: S314 - our own
    found = [
        one.text or "" for one in listed.iter("{http://www.sitemaps.org/schemas/sitemap/0.9}loc")
    ]
    assert found == [f"http://127.0.0.1:8000{path}" for path in pages]
    closed_to_them = re.findall(r"Disallow: (\S+)", said)
    assert not [path for path in pages if path.startswith(tuple(closed_to_them))]
    assert len(found) == len(set(found))


def test_every_term_says_where_its_meaning_is_from(client):
    catalogue = loader.load()
    page = client.get("/glossary").text
    for one in catalogue.glossary.terms:
        origin = catalogue.glossary.origin(one.source, catalogue.background)
        assert one.term.split(",")[0] in page
        assert origin.short in page
    assert page.count("<dt>") == len(catalogue.glossary.terms)
    assert {one.heading for one in catalogue.glossary.terms} == set(terms.HEADINGS)


def test_a_glossary_with_a_fault_is_refused_with_each_of_them():
    catalogue = loader.load()
    first = catalogue.glossary.terms[0]
    wrong = terms.Glossary(
        sources={"other": FactOrigin(title="A", short="A", dated="2020")},
        terms=(first, first.model_copy(update={"source": "nobody"})),
    )
    assert [fault.partition(": ")[2] for fault in terms.faults(wrong, catalogue.background)] == [
        "Attachment: there is no source 'nobody'",
        "Attachment: stands there twice",
        "nothing is from other",
    ]


def test_who_uses_this_says_counts_and_never_of_few(client, published):
    page = " ".join(client.get("/who-uses-this").text.split())
    assert "Nobody gets them yet." in page
    assert "No answer can be shown yet." in page
    assert "Limited evidence does not mean ineffective." in page
    assert "NICE" in page
    assert " effect" not in page.lower().replace("ineffective", "")
    assert answers.LEAST == 5
