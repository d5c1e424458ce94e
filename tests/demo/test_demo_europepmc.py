"""The stand-in of Europe PMC, asked as a stranger would ask it."""

import gzip
import json
from datetime import date, timedelta

import requests

from monitor.demo.dialects.europepmc import EuropePmcStandIn


def search(europepmc, query='TITLE:"Theraplay"', **more):
    params = {"query": query, "format": "json", "resultType": "core", "cursorMark": "*", **more}
    return requests.get(f"{europepmc.base_url}/search", params=params, timeout=30)


def test_a_walk_ends_with_an_empty_page_and_the_same_cursor(running):
    cursor, seen, page = "*", [], {}
    for _ in range(10):
        page = search(running.europepmc, pageSize=1, cursorMark=cursor).json()
        if page["nextCursorMark"] == cursor:
            break
        cursor = page["nextCursorMark"]
        seen += [result["id"] for result in page["resultList"]["result"]]
    assert page["resultList"]["result"] == []
    assert seen == ["90000018", "90000017"]
    assert page["hitCount"] == 2


def test_the_end_may_also_leave_the_cursor_out(invented):
    with EuropePmcStandIn(invented, echoes=False) as europepmc:
        first = search(europepmc).json()
        last = search(europepmc, cursorMark=first["nextCursorMark"]).json()
    assert "nextCursorMark" not in last


def test_errors_come_in_a_200(running):
    too_large = search(running.europepmc, pageSize=1001)
    assert (too_large.status_code, too_large.json()["errCode"]) == (200, 404)
    assert search(running.europepmc, cursorMark="nonsense").json() == {"version": "6.9"}
    assert search(running.europepmc, sort="NOSUCH asc").status_code == 503


def test_the_query_is_repeated_as_sent(running):
    query = '(TITLE:"Theraplay") AND FIRST_IDATE:[2020-01-01 TO 2099-01-01]'
    reply = search(running.europepmc, query).json()
    assert reply["request"]["queryString"] == query
    assert reply["hitCount"] == 2


def test_dates_narrow(running, today):
    since = today - timedelta(days=30)
    query = f'TITLE:"Theraplay" AND FIRST_IDATE:[{since} TO {today}]'
    assert search(running.europepmc, query).json()["hitCount"] == 1


def test_one_paper_comes_under_another_identifier(running):
    found = search(running.europepmc, 'TITLE:"Circle of Security"').json()["resultList"]["result"]
    assert [(r["source"], r["id"], r.get("pmid")) for r in found] == [("PMC", "PMC90000001", None)]
    preprint = search(running.europepmc, "SRC:PPR").json()["resultList"]["result"]
    assert [r["id"] for r in preprint] == ["PPR9000020"]


def test_forms_of_a_result(running):
    assert "abstractText" in search(running.europepmc).json()["resultList"]["result"][0]
    lite = search(running.europepmc, resultType="lite").json()["resultList"]["result"][0]
    assert "abstractText" not in lite
    assert lite["title"]
    ids = search(running.europepmc, resultType="idlist").json()["resultList"]["result"][0]
    assert set(ids) == {"id", "source"}


def test_a_short_count_declares_more_than_it_sends(running):
    running.europepmc.fault("europepmc/search", "short-count")
    reply = search(running.europepmc).json()
    assert reply["hitCount"] == 2
    assert len(reply["resultList"]["result"]) == 1


def test_faults_of_a_walk(running):
    first = search(running.europepmc, pageSize=1).json()
    second = {"pageSize": 1, "cursorMark": first["nextCursorMark"]}
    running.europepmc.fault("europepmc", "repeated-page")
    repeated = search(running.europepmc, **second).json()
    assert repeated["resultList"] == first["resultList"]
    assert repeated["nextCursorMark"] == first["nextCursorMark"]
    running.europepmc.fault("europepmc", "expired-cursor")
    assert search(running.europepmc, **second).json() == {"version": "6.9"}
    running.europepmc.fault("europepmc", "changed-total")
    assert search(running.europepmc, **second).json()["hitCount"] == 3
    running.europepmc.fault("europepmc", "fewer-ids")
    assert search(running.europepmc).json()["hitCount"] == 1
    running.europepmc.fault("europepmc", "rewritten-query")
    assert search(running.europepmc).json()["request"]["queryString"] != 'TITLE:"Theraplay"'


def test_notices_and_preprints_are_linked(running, invented):
    invented.release(6)
    found = search(running.europepmc, "VIPP-SD", pageSize=100).json()["resultList"]["result"]
    links = {
        (one["id"], link["type"], link["id"])
        for one in found
        for link in one.get("commentCorrectionList", {}).get("commentCorrection", [])
    }
    assert links == {
        ("90000006", "Erratum in", "90000028"),
        ("90000028", "Erratum for", "90000006"),
        ("90000027", "Preprint in", "PPR9000020"),
        ("PPR9000020", "Preprint of", "90000027"),
    }


def test_recorded_results_are_served_as_they_are(recordings):
    path = recordings / "europepmc" / "pyeuropepmc__search_cancer_core.json.gz"
    real = json.loads(gzip.decompress(path.read_bytes()))["resultList"]["result"]
    with EuropePmcStandIn() as europepmc:
        europepmc.add_recorded(real, created=date(2026, 1, 2))
        served = search(europepmc, pageSize=1000).json()
    assert served["hitCount"] == len(real) == 25
    assert served["resultList"]["result"] == real
