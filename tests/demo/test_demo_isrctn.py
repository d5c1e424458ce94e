"""The stand-in of the ISRCTN registry, asked as a stranger would ask it."""

from datetime import timedelta

import pytest
import requests
from lxml import etree

IN = "{http://www.67bricks.com/isrctn}"


def ask(registry, query, **more):
    params = {"q": query, **more}
    return requests.get(f"{registry.base_url}/query/format/default", params=params, timeout=30)


def root(registry, query, **more):
    reply = ask(registry, query, **more)
    assert reply.status_code == 200, reply.text
    return etree.fromstring(reply.content)


def numbers(registry, query, **more):
    found = root(registry, query, **more).iter(f"{IN}trial")
    return {trial.get("publicIdentifierCanonical") for trial in found}


def test_a_reply_counts_what_it_finds_and_sends_what_the_limit_lets(running):
    found = root(running.isrctn, "invented", limit=1)
    assert (found.tag, found.get("totalCount"), len(found)) == (f"{IN}allTrials", "3", 1)


def test_plain_words_are_joined_by_or_and_phrases_are_quoted(running):
    assert numbers(running.isrctn, "Watch Security") == {"ISRCTN00000001", "ISRCTN00000033"}
    assert numbers(running.isrctn, '"Watch Security"') == set()
    assert numbers(running.isrctn, '"Circle of Security" OR "VIPP-SD"') == {
        "ISRCTN00000001",
        "ISRCTN00000005",
    }
    assert numbers(running.isrctn, "invented AND NOT (Watch OR VIPP-SD)") == {"ISRCTN00000001"}
    assert numbers(running.isrctn, "ISRCTN00000033 OR ISRCTN99999999") == {"ISRCTN00000033"}


def test_fields_and_those_that_there_are_not(running):
    assert numbers(running.isrctn, 'title:"VIPP-SD"') == {"ISRCTN00000005"}
    assert numbers(running.isrctn, "condition: sleep") == {"ISRCTN00000033"}
    assert numbers(running.isrctn, 'intervention:("Watch, Wait, and Wonder" OR x)') == {
        "ISRCTN00000033"
    }
    assert numbers(running.isrctn, 'heading:"VIPP-SD"') == set()
    assert numbers(running.isrctn, "lastChanged GE 2001-01-01T00:00:00") == set()


def test_last_edited_narrows(running, today):
    day = today - timedelta(days=25)  # of the trial that is recruiting
    on = f'"Watch" AND lastEdited GE {day}T00:00:00 AND lastEdited LT {day + timedelta(days=1)}T00:00:00'
    assert numbers(running.isrctn, on) == {"ISRCTN00000033"}
    before = f"(invented) AND lastEdited LT {day}T00:00:00"
    assert numbers(running.isrctn, before) == {"ISRCTN00000005"}
    assert "ISRCTN00000033" in numbers(running.isrctn, f"lastEdited LE {day}T06:00:00Z")
    assert "ISRCTN00000033" not in numbers(running.isrctn, f"lastEdited GT {day}T06:00:00Z")


@pytest.mark.parametrize("query", ["", "  ", '("VIPP-SD"', "AND", "lastEdited GE 2026-13-01"])
def test_an_empty_or_broken_query_is_a_400(running, query):
    assert ask(running.isrctn, query).status_code == 400


def test_one_trial_by_its_number(running):
    def single(number):
        url = f"{running.isrctn.base_url}/trial/{number}/format/default"
        return requests.get(url, timeout=30)

    assert etree.fromstring(single("ISRCTN00000001").content).tag == f"{IN}fullTrial"
    assert (single("ISRCTN99999999").status_code, single("nonsense").status_code) == (500, 400)


def test_people_are_named_in_fields_and_in_free_text(running):
    (trial,) = root(running.isrctn, "ISRCTN00000033")
    details = trial.find(f"{IN}contact/{IN}contactDetails")
    assert details is not None
    assert details.findtext(f"{IN}email") == "edda.callbury@trials.example"
    assert details.findtext(f"{IN}telephone") == "+44 7700 900123"
    summary = trial.findtext(f".//{IN}plainEnglishSummary", "")
    assert "Who is the main contact?\nDr Edda Callbury\nedda.callbury@trials.example" in summary


def test_a_trial_names_its_articles(running, invented):
    (trial,) = root(running.isrctn, "ISRCTN00000001")
    links = [link.get("url") for link in trial.iter(f"{IN}externalLink")]
    assert links == ["https://pubmed.ncbi.nlm.nih.gov/90000001/"]
    invented.release(2)
    (trial,) = root(running.isrctn, "ISRCTN00000001")
    assert len(list(trial.iter(f"{IN}externalLink"))) == 2
    assert trial.findtext(f".//{IN}externalRefs/{IN}doi") == "10.1186/ISRCTN00000001"


def test_faults(running):
    running.isrctn.fault("isrctn/query", "short-count")
    short = root(running.isrctn, "invented")
    assert (short.get("totalCount"), len(short)) == ("3", 2)
    running.isrctn.fault("isrctn/query", "fewer-ids")
    assert root(running.isrctn, "invented").get("totalCount") == "2"
    running.isrctn.fault("isrctn", "500")
    failed = ask(running.isrctn, "invented")
    assert (failed.status_code, failed.headers["Content-Type"][:9]) == (500, "text/html")
    with pytest.raises(ValueError, match="none of this stand-in's endpoints"):
        running.isrctn.fault("isrctn/query", "expired-cursor")
