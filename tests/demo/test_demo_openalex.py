"""The stand-in of OpenAlex, asked as a stranger would ask it."""

import json
from urllib.parse import quote

import pytest
import requests

from monitor.demo.dialects.openalex import OpenAlexStandIn


def ask(openalex, name="doi:10.5555/gap-monitor.001", **params):
    return requests.get(f"{openalex.base_url}/works/{name}", params=params, timeout=30)


@pytest.mark.parametrize(
    "name",
    [
        "doi:10.5555/gap-monitor.001",
        "doi:10.5555/GAP-monitor.001",
        "https://doi.org/10.5555/gap-monitor.001",
        quote("https://doi.org/10.5555/gap-monitor.001", safe=""),
        "pmid:90000001",
        "W9000000001",
    ],
)
def test_one_work_by_any_of_its_names(running, name):
    work = ask(running.openalex, name).json()
    assert work["doi"] == "https://doi.org/10.5555/gap-monitor.001"
    assert work["ids"]["pmid"] == "https://pubmed.ncbi.nlm.nih.gov/90000001"


def test_an_abstract_is_turned_inside_out(running, invented):
    index = ask(running.openalex).json()["abstract_inverted_index"]
    words = {place: word for word, places in index.items() for place in places}
    text = " ".join(words[place] for place in sorted(words))
    assert text == " ".join(invented.paper("cos-trial").abstract)


def test_a_retraction_is_flagged_when_it_is_out(running, invented):
    assert ask(running.openalex, "doi:10.5555/gap-monitor.007").json()["is_retracted"] is False
    invented.release(3)
    assert ask(running.openalex, "doi:10.5555/gap-monitor.007").json()["is_retracted"] is True


def test_an_unknown_work_is_a_404_in_html(running):
    reply = ask(running.openalex, "doi:10.5555/nowhere")
    assert (reply.status_code, reply.headers["Content-Type"][:9]) == (404, "text/html")
    assert ask(running.openalex, "").status_code == 404


def test_every_reply_states_the_credits(running):
    headers = ask(running.openalex, "doi:10.5555/nowhere").headers
    assert headers["X-RateLimit-Credits-Used"] == "0"
    assert headers["X-RateLimit-Remaining"] == headers["X-RateLimit-Limit"] == "10000"
    assert 0 < int(headers["X-RateLimit-Reset"]) <= 86_400


def listed(openalex, **params):
    asked = {"api_key": "any", "cursor": "*", **params}
    return requests.get(f"{openalex.base_url}/works", params=asked, timeout=5)


def search(words):
    return f"title_and_abstract.search:{words}"


def test_a_search_is_listed_page_by_page_up_to_its_count(running):
    found, cursor, count = [], "*", 0
    while cursor:
        page = listed(running.openalex, filter=search("invented"), per_page="10", cursor=cursor)
        found += [work["id"] for work in page.json()["results"]]
        cursor, count = (page.json()["meta"][name] for name in ("next_cursor", "count"))
    assert len(set(found)) == len(found) == count > 10


def test_a_list_costs_and_says_what_is_left(running):
    reply = listed(running.openalex, filter=search('"circle of security"'))
    assert reply.json()["meta"]["cost_usd"] == 0.001
    left = reply.headers["X-RateLimit-Remaining-USD"]
    assert listed(running.openalex, filter=search("x")).headers["X-RateLimit-Remaining-USD"] < left
    running.openalex.left = 0
    assert listed(running.openalex, filter=search("x")).status_code == 429


def test_a_cursor_is_for_those_with_a_key(running):
    assert listed(running.openalex, filter=search("invented"), api_key="").status_code == 401


def test_what_a_list_does_not_take_is_refused(running):
    assert listed(running.openalex, filter="nosuch:1").status_code == 403
    assert listed(running.openalex, filter=search('"open')).status_code == 403
    assert listed(running.openalex, filter=search("x"), per_page="101").status_code == 403
    assert listed(running.openalex, filter=search("x"), cursor="made-up").status_code == 400


def test_it_alone_knows_some(running, invented):
    invented.release(8)
    only = invented.paper("theraplay-adoption")
    found = listed(running.openalex, filter=search('"theraplay with invented adoptive families"'))
    (work,) = found.json()["results"]
    assert (work["title"], work["doi"]) == (only.title, None)
    for source in ("pubmed", "europepmc", "crossref", "journals"):
        assert only.key not in {paper.key for paper in invented.visible(source)}


def test_a_key_is_required_when_told_so(invented):
    with OpenAlexStandIn(invented, key="k3y") as openalex:
        assert ask(openalex).status_code == 401
        assert ask(openalex, api_key="other").status_code == 401
        assert ask(openalex, api_key="k3y").status_code == 200


def test_select_keeps_and_unknown_words_are_refused(running):
    assert ask(running.openalex, select="id,doi").json().keys() == {"id", "doi"}
    assert ask(running.openalex, select="id,nosuch").status_code == 403
    assert ask(running.openalex, nosuch="1").status_code == 403
    assert ask(running.openalex, mailto="a@example.org", api_key="any").status_code == 200


def test_a_rate_limit_names_a_time_to_wait(running):
    running.openalex.fault("openalex/work", "429")
    reply = ask(running.openalex)
    assert (reply.status_code, reply.headers["Retry-After"]) == (429, "1")


def test_a_recorded_work_is_served_as_it_is(recordings):
    real = json.loads((recordings / "crossref_openalex" / "papers__work.json").read_bytes())
    with OpenAlexStandIn() as openalex:
        openalex.add_recorded([real])
        assert ask(openalex, real["doi"].replace("https://doi.org/", "doi:")).json() == real
