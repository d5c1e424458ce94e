"""The stand-in of ClinicalTrials.gov, asked as a stranger would ask it."""

import gzip
import json
from datetime import date, timedelta

import pytest
import requests

from monitor.demo.dialects.clinicaltrials import ClinicalTrialsStandIn

DDP = '"Dyadic Developmental Psychotherapy"'


def ask(registry, path="/studies", **params):
    query = {name.replace("_", "."): value for name, value in params.items()}
    return requests.get(registry.base_url + path, params=query, timeout=30)


def page(registry, **params):
    reply = ask(registry, **params)
    assert reply.status_code == 200, reply.text
    return reply.json()


def numbers(found):
    return [s["protocolSection"]["identificationModule"]["nctId"] for s in found["studies"]]


def test_a_search_states_its_total_only_on_a_first_page_and_when_asked(running):
    assert "totalCount" not in page(running.clinicaltrials, query_term=DDP)
    first = page(running.clinicaltrials, query_term="invented", countTotal="true", pageSize="2")
    assert first["totalCount"] == 4
    second = page(
        running.clinicaltrials,
        query_term="invented",
        countTotal="true",
        pageSize="2",
        pageToken=first["nextPageToken"],
    )
    assert "totalCount" not in second
    assert len(set(numbers(first) + numbers(second))) == 4


def test_a_full_page_gives_a_token_even_where_nothing_follows(running):
    full = page(running.clinicaltrials, query_term="invented", pageSize="4")
    last = page(
        running.clinicaltrials,
        query_term="invented",
        pageSize="4",
        pageToken=full["nextPageToken"],
    )
    assert last == {"studies": []}
    assert "nextPageToken" not in page(running.clinicaltrials, query_term="invented", pageSize="5")


def test_names_in_words_phrases_and_areas(running):
    found = page(running.clinicaltrials, query_term=f'{DDP} OR "theraplay"')
    assert set(numbers(found)) == {"NCT00000002", "NCT00000031", "NCT00000032"}
    assert numbers(page(running.clinicaltrials, query_intr="Theraplay")) == ["NCT00000032"]
    assert numbers(page(running.clinicaltrials, query_cond="trauma")) == ["NCT00000031"]
    both = page(running.clinicaltrials, query_term=f"{DDP} NOT AREA[Condition]trauma")
    assert numbers(both) == ["NCT00000002"]
    ids = page(running.clinicaltrials, filter_ids="NCT00000007|NCT00000031,NCT09999999")
    assert set(numbers(ids)) == {"NCT00000007", "NCT00000031"}
    one = page(running.clinicaltrials, filter_advanced="AREA[Phase]NA AND AREA[NCTId]NCT00000007")
    assert numbers(one) == ["NCT00000007"]


def test_dates_narrow_and_sort(running, today):
    ranged = f"AREA[LastUpdatePostDate]RANGE[{today - timedelta(days=50)},MAX]"
    found = page(running.clinicaltrials, filter_advanced=ranged, sort="LastUpdatePostDate:asc")
    assert numbers(found) == ["NCT00000031", "NCT00000002"]
    newest = page(running.clinicaltrials, query_term="invented", sort="LastUpdatePostDate:desc")
    assert numbers(newest)[:2] == ["NCT00000002", "NCT00000031"]
    year = f"AREA[LastUpdatePostDate]RANGE[MIN,{today.year - 2}]"
    assert numbers(page(running.clinicaltrials, filter_advanced=year)) == ["NCT00000032"]


def test_fields_cut_a_study_down(running):
    asked = {"filter.ids": "NCT00000002", "fields": "NCTId,LastUpdatePostDate|OverallStatus"}
    reply = requests.get(f"{running.clinicaltrials.base_url}/studies", params=asked, timeout=30)
    (study,) = reply.json()["studies"]
    status = study["protocolSection"].pop("statusModule")
    assert study == {"protocolSection": {"identificationModule": {"nctId": "NCT00000002"}}}
    assert set(status) == {"overallStatus", "lastUpdatePostDateStruct"}
    asked["fields"] = "protocolSection.referencesModule|hasResults"
    reply = requests.get(f"{running.clinicaltrials.base_url}/studies", params=asked, timeout=30)
    (study,) = reply.json()["studies"]
    references = study["protocolSection"]["referencesModule"]["references"]
    assert [one["pmid"] for one in references] == ["90000002", "90000003"]
    assert study["hasResults"] is False


def test_people_are_named_everywhere_as_the_real_one_does(running):
    sent = ask(running.clinicaltrials, filter_ids="NCT00000032").text
    assert sent.count("Jan Writewell") == 4
    assert "jan.writewell@trials.example" in sent
    assert "+44 7700 900123" in sent


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"filter.phase": "PHASE3"}, "`filter.phase` is unknown parameter"),
        ({"query.term": "((a"}, "`query.term` has incorrect syntax"),
        ({"filter.advanced": "AREA[NoSuch]x"}, "unknown area NoSuch"),
        ({"filter.advanced": "AREA[StartDate]RANGE[soon,MAX]"}, "'soon' is no date"),
        ({"pageSize": "many"}, "`pageSize` has incorrect format"),
        ({"pageToken": "nonsense"}, "`pageToken` has incorrect format"),
        ({"fields": "NoSuchField"}, "`fields` has incorrect field `NoSuchField`"),
        ({"sort": "NoSuch:asc"}, "`sort` has incorrect field"),
        ({"format": "csv"}, "`format` has incorrect value"),
    ],
)
def test_what_it_does_not_know_is_a_400_in_plain_text(running, params, words):
    reply = requests.get(running.clinicaltrials.base_url + "/studies", params=params, timeout=30)
    assert (reply.status_code, reply.headers["Content-Type"]) == (400, "text/plain; charset=UTF-8")
    assert words in reply.text


def test_a_token_serves_the_same_search_only(running):
    first = page(running.clinicaltrials, query_term="invented", pageSize="1")
    other = ask(
        running.clinicaltrials,
        query_term="theraplay",
        pageSize="1",
        pageToken=first["nextPageToken"],
    )
    assert other.status_code == 400


def test_a_page_never_has_more_than_a_thousand(running):
    assert len(numbers(page(running.clinicaltrials, query_term="invented", pageSize="9999"))) == 4


def test_one_study_by_its_number(running):
    assert ask(running.clinicaltrials, "/studies/NCT00000032").json()["hasResults"] is False
    missing = ask(running.clinicaltrials, "/studies/NCT00000099")
    assert (missing.status_code, missing.text) == (404, "NCT number NCT00000099 not found")


def test_the_data_are_newer_when_the_world_changes_or_a_day_has_passed(running, invented):
    def stamp():
        return ask(running.clinicaltrials, "/version").json()["dataTimestamp"]

    first = stamp()
    assert stamp() == first
    invented.release(4)
    second = stamp()
    assert second > first
    running.clinicaltrials.renew()
    third = stamp()
    assert third > second
    (study,) = page(running.clinicaltrials, filter_ids="NCT00000032")["studies"]
    assert study["derivedSection"]["miscInfoModule"]["versionHolder"] == third[:10]


def test_a_registration_is_linked_when_its_paper_appears(running, invented):
    (study,) = page(running.clinicaltrials, query_term="hands")["studies"]
    assert "referencesModule" not in study["protocolSection"]
    invented.release(5)
    (study,) = page(running.clinicaltrials, query_term="hands")["studies"]
    assert study["protocolSection"]["referencesModule"]["references"][0]["pmid"] == "90000029"


def test_a_trial_of_adults_is_told_by_its_ages(running, invented):
    assert numbers(page(running.clinicaltrials, query_term="AREA[StdAge]ADULT DDP")) == []
    invented.release(4)
    assert numbers(page(running.clinicaltrials, query_term="DDP")) == ["NCT00000034"]
    assert numbers(page(running.clinicaltrials, query_term="DDP AND AREA[StdAge]CHILD")) == []


def test_faults_of_a_walk(running):
    on = running.clinicaltrials
    first = page(on, query_term="invented", pageSize="2")
    second = {"query_term": "invented", "pageSize": "2", "pageToken": first["nextPageToken"]}
    on.fault("clinicaltrials/studies", "repeated-page")
    assert page(on, **second) == first
    on.fault("clinicaltrials/studies", "expired-cursor")
    assert ask(on, **second).status_code == 400
    on.fault("clinicaltrials/studies", "fewer-ids")
    assert page(on, query_term="invented", countTotal="true")["totalCount"] == 2
    on.fault("clinicaltrials/studies", "short-count")
    short = page(on, query_term="invented", countTotal="true")
    assert (short["totalCount"], len(short["studies"])) == (4, 3)
    on.fault("clinicaltrials/studies", "short-count")
    none = page(on, query_term="nowhere", countTotal="true")
    assert (none["totalCount"], none["studies"]) == (1, [])
    before = ask(on, "/version").json()
    on.fault("clinicaltrials/studies", "changed-timestamp")
    page(on, query_term="invented")
    assert ask(on, "/version").json() != before


def test_recorded_studies_are_served_as_they_are(recordings):
    path = recordings / "registries" / "herniated_disc__ctg-studies.json.gz"
    real = json.loads(gzip.decompress(path.read_bytes()))
    with ClinicalTrialsStandIn() as registry:
        registry.add_recorded(real, edited=date(2026, 1, 2))
        served = page(registry, query_term="anything", countTotal="true", pageSize="1000")
    assert served["totalCount"] == 100
    assert served["studies"] == real
