"""The stand-in of E-utilities, asked as a stranger would ask it."""

import json
from datetime import date, timedelta

import pytest
import requests
from lxml import etree

from monitor.demo.dialects.eutils import PubMedStandIn


def search(pubmed, term="Theraplay[tiab]", **more):
    params = {"db": "pubmed", "retmode": "json", "term": term, **more}
    return requests.post(f"{pubmed.base_url}/esearch.fcgi", data=params, timeout=30)


def result(pubmed, term="Theraplay[tiab]", **more):
    return search(pubmed, term, **more).json()["esearchresult"]


def fetch(pubmed, **params):
    reply = requests.get(
        f"{pubmed.base_url}/efetch.fcgi",
        params={"db": "pubmed", "retmode": "xml", **params},
        timeout=30,
    )
    return reply.content


def test_a_search_counts_in_a_string_and_lists_ids(running):
    found = result(running.pubmed)
    assert found["count"] == "2"
    assert found["idlist"] == ["90000018", "90000017"]
    assert "errorlist" not in found


def test_nothing_found_is_no_failure(running):
    found = result(running.pubmed, "nowhere[tiab]")
    assert (found["count"], found["idlist"]) == ("0", [])
    assert found["warninglist"]["outputmessages"] == ["No items found."]


def test_dates_narrow_a_search_only_in_pairs(running, today):
    from_ = (today - timedelta(days=30)).strftime("%Y/%m/%d")
    until = today.strftime("%Y/%m/%d")
    both = result(running.pubmed, datetype="crdt", mindate=from_, maxdate=until)
    assert both["idlist"] == ["90000018"]
    assert result(running.pubmed, datetype="crdt", mindate=from_)["count"] == "2"
    assert result(running.pubmed, datetype="crdt", reldate="30")["idlist"] == ["90000018"]


def test_the_reading_of_a_query_holds_the_dates_that_were_asked_for(running):
    assert result(running.pubmed)["querytranslation"] == '"theraplay"[Title/Abstract]'
    dated = result(running.pubmed, datetype="crdt", mindate="2026/01/01", maxdate="2026/02/01")
    assert dated["querytranslation"] == (
        '("theraplay"[Title/Abstract]) AND 2026/01/01:2026/02/01[Date - Create]'
    )


def test_pages_are_clamped_and_start_where_asked(running):
    assert result(running.pubmed, retstart=1, retmax=5)["idlist"] == ["90000017"]
    assert result(running.pubmed, retmax=99_999)["count"] == "2"
    beyond = search(running.pubmed, retstart=9_999).text
    assert "'retstart' is larger" in beyond


def test_history_serves_a_fetch_and_expires(running):
    found = result(running.pubmed, usehistory="y")
    by_history = {"WebEnv": found["webenv"], "query_key": found["querykey"]}
    whole = etree.fromstring(fetch(running.pubmed, **by_history, retstart=0, retmax=200))
    assert [e.text for e in whole.iter("PMID")] == found["idlist"]
    second = etree.fromstring(fetch(running.pubmed, **by_history, retstart=1, retmax=1))
    assert [e.text for e in second.iter("PMID")] == ["90000017"]
    running.pubmed.expire()
    assert b"Unable to obtain query #1" in fetch(running.pubmed, **by_history)


def test_a_fetch_by_ids_leaves_out_the_unknown(running):
    reply = fetch(running.pubmed, id="90000002,1")
    assert reply.startswith(b'<?xml version="1.0" ?>\n<!DOCTYPE PubmedArticleSet')
    root = etree.fromstring(reply)
    assert root.findtext(".//PMID") == "90000002"
    assert root.findtext(".//AccessionNumber") == "NCT00000002"
    assert root.findtext(".//AbstractText[@Label='RESULTS']", "").startswith("Attachment security")
    assert len(root) == 1
    assert len(etree.fromstring(fetch(running.pubmed, id="1"))) == 0


def test_a_malformed_query_is_an_error_with_a_raw_line_feed_at_times(running):
    reply = search(running.pubmed, "((")
    assert reply.status_code == 200
    assert "Search Backend failed" in reply.json()["esearchresult"]["ERROR"]
    running.pubmed.fault("pubmed/esearch", "error-json")
    with pytest.raises(json.JSONDecodeError):
        json.loads(search(running.pubmed).text)  # a strict reader stumbles, as with the real one


def test_too_many_requests_are_refused_with_the_key_in_the_answer(invented):
    with PubMedStandIn(invented, limited=True) as pubmed:
        statuses = [search(pubmed).status_code for _ in range(5)]
        with_key = [search(pubmed, api_key="k3y").status_code for _ in range(4)]
        pubmed.fault("pubmed/esearch", "429")
        refused = search(pubmed, api_key="k3y")
    assert statuses[:3] == [200, 200, 200]
    assert 429 in statuses
    assert with_key == [200] * 4
    assert refused.json()["api-key"] == "k3y"
    assert "Retry-After" not in refused.headers


def test_faults_of_a_search(running):
    running.pubmed.fault("pubmed/esearch", "fewer-ids")
    assert (result(running.pubmed)["count"], len(result(running.pubmed)["idlist"])) == ("1", 2)
    running.pubmed.fault("pubmed/esearch", "changed-total")
    assert result(running.pubmed)["count"] == "3"
    running.pubmed.fault("pubmed/esearch", "repeated-page")
    assert result(running.pubmed, retstart=1, retmax=1)["idlist"] == ["90000018"]
    well = result(running.pubmed)["querytranslation"]
    running.pubmed.fault("pubmed/esearch", "rewritten-query")
    assert result(running.pubmed)["querytranslation"] not in {"", well}


def test_faults_of_a_walk_through_a_history(running):
    found = result(running.pubmed, usehistory="y")
    second = {"WebEnv": found["webenv"], "query_key": "1", "retstart": 1, "retmax": 1}
    running.pubmed.fault("pubmed/efetch", "repeated-page")
    assert b"90000018" in fetch(running.pubmed, **second)
    running.pubmed.fault("pubmed/efetch", "expired-cursor")
    assert b"Unable to obtain query #1" in fetch(running.pubmed, **second)


def test_a_query_with_an_unknown_phrase_is_told_so(running):
    running.pubmed.unknown_phrases.add("theraplay")
    assert result(running.pubmed)["errorlist"]["phrasesnotfound"] == ["Theraplay"]


def test_waves_and_a_retraction_appear_when_released(running, invented):
    assert "90000024" not in result(running.pubmed)["idlist"]
    new = invented.release(3)
    assert {paper.key for paper in new} >= {"theraplay-second", "abc-retraction"}
    assert "90000024" in result(running.pubmed)["idlist"]
    retracted = etree.fromstring(fetch(running.pubmed, id="90000007"))
    assert "Retracted Publication" in [e.text for e in retracted.iter("PublicationType")]
    assert retracted.find(".//CommentsCorrections[@RefType='RetractionIn']") is not None


def test_notices_and_preprints_are_linked(running, invented):
    invented.release(6)
    raw = fetch(running.pubmed, id="90000006,90000027,90000028,90000017,90000007")
    links = {
        (article.findtext(".//PMID"), link.get("RefType"), link.findtext("PMID"))
        for article in etree.fromstring(raw)
        for link in article.iter("CommentsCorrections")
    }
    assert links == {
        ("90000006", "ErratumIn", "90000028"),
        ("90000028", "ErratumFor", "90000006"),
        ("90000027", "UpdateOf", None),  # the preprint is not in PubMed
        ("90000007", "RetractionIn", "90000026"),
    }  # and PubMed has not heard of the concern about 90000017


def test_recorded_articles_are_served_as_they_are(recordings):
    raw = (recordings / "pubmed_xml" / "nlm.jl__efetch_sample.xml").read_bytes()
    with PubMedStandIn() as pubmed:
        pmids = pubmed.add_recorded(raw, created=date(2026, 1, 2))
        found = result(pubmed, datetype="crdt", mindate="2026/01/01", maxdate="2026/12/31")
        served = etree.fromstring(fetch(pubmed, id=",".join(pmids)))
    assert len(pmids) == 10
    assert found["idlist"] == pmids
    given = etree.fromstring(raw, etree.XMLParser(resolve_entities=False))
    assert [etree.tostring(a, method="c14n", with_tail=False) for a in served] == [
        etree.tostring(a, method="c14n", with_tail=False) for a in given
    ]
