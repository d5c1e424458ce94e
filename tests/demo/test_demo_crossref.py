"""The stand-in of Crossref, asked as a stranger would ask it."""

import json
from datetime import date, timedelta
from urllib.parse import quote

import pytest
import requests

from monitor.demo.dialects import crossref as dialect
from monitor.demo.dialects.crossref import CrossrefStandIn


def ask(crossref, **params):
    query = {name.replace("_", "-"): value for name, value in params.items()}
    return requests.get(f"{crossref.base_url}/works", params=query, timeout=30)


def message(crossref, **params):
    reply = ask(crossref, **params)
    assert reply.status_code == 200, reply.text
    assert reply.json()["message-type"] == "work-list"
    return reply.json()["message"]


def dois(found):
    return [item["DOI"] for item in found["items"]]


def single(crossref, doi, **params):
    return requests.get(f"{crossref.base_url}/works/{doi}", params=params, timeout=30)


def test_it_knows_every_paper(running, invented):
    found = message(running.crossref, rows="1000")
    assert found["total-results"] == len(found["items"]) == 23
    invented.release(7)
    known = [paper for paper in invented.papers if not paper.only]
    assert message(running.crossref, rows="0")["total-results"] == len(known)


def test_a_walk_keeps_its_cursor_and_the_server_keeps_the_place(running):
    first = message(running.crossref, rows="10", cursor="*")
    cursor = first["next-cursor"]
    assert {"+", "/"} <= set(cursor)
    second = message(running.crossref, rows="10", cursor=cursor)
    third = message(running.crossref, rows="10", cursor=cursor)
    after = message(running.crossref, rows="10", cursor=cursor)
    assert second["next-cursor"] == third["next-cursor"] == cursor
    assert [len(page["items"]) for page in (first, second, third, after)] == [10, 10, 3, 0]
    assert len({*dois(first), *dois(second), *dois(third)}) == first["total-results"] == 23


def test_a_cursor_that_is_old_or_was_never_is_a_404(running, monkeypatch):
    for cursor in ("thing", message(running.crossref, rows="10", cursor="*")["next-cursor"]):
        running.crossref.expire()
        refused = ask(running.crossref, cursor=cursor)
        assert refused.status_code == 404
        (said,) = refused.json()["message"]
        assert (said["type"], said["value"]) == ("cursor-invalid", cursor)
    cursor = message(running.crossref, cursor="*")["next-cursor"]
    monkeypatch.setattr(dialect, "CURSOR_SECONDS", -1)
    assert ask(running.crossref, cursor=cursor).status_code == 404


def test_notices_are_found_by_filters_and_by_their_day(running, invented, today):
    assert message(running.crossref, filter="is-update:true")["items"] == []
    invented.release(6)
    notices = message(running.crossref, filter="is-update:true", select="DOI,update-to")
    assert len(notices["items"]) == 3
    assert all(set(item) == {"DOI", "update-to"} for item in notices["items"])
    kinds = "is-update:true,update-type:retraction,update-type:expression_of_concern"
    assert len(message(running.crossref, filter=kinds)["items"]) == 2
    about = message(running.crossref, filter="updates:10.5555/GAP-MONITOR.017")
    (concern,) = about["items"]
    assert concern["title"][0].startswith("Expression of concern")
    tomorrow = today + timedelta(days=1)
    assert dois(message(running.crossref, filter=f"from-index-date:{tomorrow}")) == []
    assert message(running.crossref, filter="until-pub-date:2001")["items"] == []


def test_a_paper_names_its_notices_once_they_are_out(running, invented):
    paper = invented.paper("theraplay-trial")
    before = single(running.crossref, paper.doi).json()["message"]
    assert "updated-by" not in before
    invented.release(6)
    after = single(running.crossref, paper.doi).json()["message"]
    assert [(one["type"], one["source"]) for one in after["updated-by"]] == [
        ("expression_of_concern", "publisher")
    ]
    assert after["indexed"]["timestamp"] > before["indexed"]["timestamp"]
    retracted = single(running.crossref, invented.paper("abc-trial").doi).json()["message"]
    assert [one["source"] for one in retracted["updated-by"]] == ["publisher", "retraction-watch"]
    assert {one["DOI"] for one in retracted["updated-by"]} == {"10.5555/gap-monitor.026"}


def test_a_preprint_and_its_article_name_each_other(running, invented):
    preprint = invented.paper("vipp-preprint")
    alone = single(running.crossref, preprint.doi).json()["message"]
    assert (alone["type"], alone["subtype"], alone["relation"]) == (
        "posted-content",
        "preprint",
        {},
    )
    invented.release(4)
    linked = single(running.crossref, preprint.doi).json()["message"]
    (article,) = linked["relation"]["is-preprint-of"]
    back = single(running.crossref, article["id"]).json()["message"]
    assert back["relation"]["has-preprint"][0]["id"] == preprint.doi


def test_a_doi_in_any_case_and_with_its_slash_escaped(running):
    work = single(running.crossref, quote("10.5555/GAP-MONITOR.001", safe="")).json()["message"]
    assert work["DOI"] == "10.5555/gap-monitor.001"
    assert work["clinical-trial-number"] == [
        {"clinical-trial-number": "isrctn00000001", "registry": "10.18810/isrctn"}
    ]
    assert work["abstract"].startswith("<jats:title>Background</jats:title><jats:p>")


def test_an_unknown_doi_is_a_404_in_plain_text(running):
    reply = single(running.crossref, "10.5555/nowhere")
    assert (reply.status_code, reply.text) == (404, "Resource not found.")
    assert reply.headers["Content-Type"] == "text/plain"


def test_some_papers_state_no_day_and_no_abstract(running):
    archive = single(running.crossref, "10.5555/gap-monitor.006").json()["message"]
    assert len(archive["published"]["date-parts"][0]) == 2
    assert "abstract" not in archive


@pytest.mark.parametrize(
    ("params", "kind"),
    [
        ({"filter": "nosuch:1"}, "filter-not-available"),
        ({"filter": "from-index-date:soon"}, "date-not-valid"),
        ({"filter": "is-update:perhaps"}, "boolean-not-valid"),
        ({"rows": "1001"}, "integer-not-valid"),
        ({"offset": "10001"}, "integer-not-valid"),
        ({"select": "doi"}, "select-not-available"),
        ({"sort": "colour"}, "sort-not-available"),
        ({"page": "2"}, "parameter-not-allowed"),
    ],
)
def test_what_a_list_does_not_take_is_a_validation_failure(running, params, kind):
    reply = ask(running.crossref, **params)
    assert reply.status_code == 400
    assert reply.json()["message-type"] == "validation-failure"
    assert reply.json()["message"][0]["type"] == kind


def test_a_single_work_takes_no_select(running):
    refused = single(running.crossref, "10.5555/gap-monitor.001", select="DOI")
    assert refused.status_code == 400
    assert refused.json()["message"][0]["value"] == "select"
    polite = single(running.crossref, "10.5555/gap-monitor.001", mailto="a@example.org")
    assert polite.status_code == 200


def test_pools_are_told_by_an_address(running):
    public = ask(running.crossref).headers
    assert (public["x-api-pool"], public["x-rate-limit-limit"]) == ("public", "1")
    polite = ask(running.crossref, mailto="a@example.org").headers
    assert (polite["x-api-pool"], polite["x-rate-limit-limit"]) == ("polite", "3")
    by_agent = requests.get(
        f"{running.crossref.base_url}/works/10.5555/gap-monitor.001",
        headers={"User-Agent": "gap (mailto:a@example.org)"},
        timeout=30,
    ).headers
    assert (by_agent["x-api-pool"], by_agent["x-rate-limit-limit"]) == ("polite", "10")


def test_who_asks_too_fast_is_refused_with_the_limits(running):
    running.crossref.limited = True
    statuses = [ask(running.crossref, rows="0").status_code for _ in range(3)]
    assert (statuses[0], 429 in statuses) == (200, True)
    refused = ask(running.crossref, rows="0")
    assert (refused.status_code, refused.headers["x-rate-limit-interval"]) == (429, "1s")
    assert single(running.crossref, "10.5555/gap-monitor.001").status_code == 200


def test_a_citation_moves_the_index_date_alone(running, today):
    doi = "10.5555/gap-monitor.007"
    before = single(running.crossref, doi).json()["message"]
    running.crossref.cite("abc-trial")
    after = single(running.crossref, doi).json()["message"]
    assert {name for name in after if after[name] != before[name]} == {
        "indexed",
        "is-referenced-by-count",
    }
    assert doi in dois(message(running.crossref, filter=f"from-index-date:{today}", rows="1000"))


def test_order(running):
    by_day = message(running.crossref, sort="created", order="asc", rows="1000")["items"]
    days = [item["created"]["timestamp"] for item in by_day]
    assert days == sorted(days)
    newest = message(running.crossref, sort="created", offset="0", rows="1")
    assert newest["items"][0]["created"]["timestamp"] == days[-1]


def test_faults_of_a_walk(running):
    on = running.crossref
    first = message(on, rows="10", cursor="*")
    cursor = first["next-cursor"]
    on.fault("crossref/works", "repeated-page")
    assert dois(message(on, rows="10", cursor=cursor)) == dois(first)
    on.fault("crossref/works", "changed-total")
    assert message(on, rows="10", cursor=cursor)["total-results"] == 24
    on.fault("crossref/works", "expired-cursor")
    assert ask(on, rows="10", cursor=cursor).status_code == 404
    on.fault("crossref/works", "fewer-ids")
    assert message(on)["total-results"] == 12
    on.fault("crossref/works", "short-count")
    short = message(on, rows="1000")
    assert (short["total-results"], len(short["items"])) == (23, 22)
    on.fault("crossref", "error-json")
    assert ask(on).json()["status"] == "error"


def test_words_of_one_text_are_joined_by_or_and_texts_by_and(running):
    def total(**params):
        return message(running.crossref, rows="0", **params)["total-results"]

    theraplay, trials = total(query="theraplay"), total(query="trial")
    assert 0 < theraplay < trials
    assert total(query="theraplay trial") > trials
    both = total(query="theraplay", **{"query.bibliographic": "trial"})
    assert 0 < both < theraplay


def test_another_text_is_what_only_the_stand_in_lacks(running):
    asked = f"{running.crossref.base_url}/works?query.author=a"
    assert requests.get(asked, timeout=30).status_code == 501


def test_recorded_works_are_served_as_they_are(recordings):
    raw = (recordings / "multi_api" / "fastpaper-cli__crossref_search.json").read_bytes()
    data = json.loads(raw)
    real = data.get("message", data)["items"]
    with CrossrefStandIn() as crossref:
        crossref.add_recorded(real)
        served = message(crossref, filter=f"from-index-date:{date(2000, 1, 1)}")
        one = single(crossref, real[0]["DOI"]).json()["message"]
    assert served["items"] == real
    assert one == real[0]
