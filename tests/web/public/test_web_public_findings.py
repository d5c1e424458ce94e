"""What trials of an intervention show: the page, and what can be taken away. Both databases."""

# mypy: disable-error-code="operator,union-attr,arg-type"
# A test that meets None where a word is due fails by itself.

import csv
import html
import io
import re

import pytest
from lxml import etree
from trials_with_effects import (  # type: ignore[import-not-found]  # tests/support is on pytest's path
    CONCERNS,
    HIGH,
    counted,
    result,
    sign,
    smd,
    trial,
)

from monitor.catalogue.words import ComparatorClass, Harms, ResultClass

PAGE = "/interventions/vipp/findings"
KEY = "usual-care-attachment"
HOSTILE = "<script>alert(1)</script>"
SVG = "{http://www.w3.org/2000/svg}"


def text(page) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page.text)).split())


@pytest.fixture
def three(evidence):
    """Three trials of VIPP: one British and independent, one of its developers, one at high risk."""
    readings = (
        trial(
            "vipp",
            result(smd(0.5), outcome=HOSTILE),
            result(sign(-1), key="r2", kind=ResultClass.HARM, outcome="Distress"),
            uk=True,
            harms=Harms.REPORTED,
            harms_note="Two families",
        ),
        trial("vipp", result(smd(0.3), risk=CONCERNS), developers=True),
        trial("vipp", result(smd(0.9), risk=HIGH), harms=Harms.NONE_REPORTED),
    )
    return [counted(evidence, "vipp", reading) for reading in readings]


def test_the_page_says_what_trials_show_and_hides_nothing(client, three):
    page = client.get(PAGE)
    words = text(page)
    assert page.status_code == 200
    assert "Children probably did better in attachment with VIPP than with usual care." in words
    assert "Of 100 children who had VIPP, about 66 rather than 50" in words
    assert "1 How much is known" in words
    assert "2 What the 2023 review said Generally positive" in words
    assert "Limited evidence does not mean ineffective." in words
    assert "1 of 2 independent of the developers" in words
    assert "Without developers’ own" in words
    assert "Some concerns in 5 selection of the reported result" in words
    assert "High risk of bias, so in the sensitivity line only" in words
    assert "Of 3 studies, 1 reported harms, 1 reported that there were none" in words
    assert "Reported harms: Two families" in words
    assert "Points towards more harms, size not known" in words
    assert "No funnel plot: it needs ten studies" in words
    for study in three:
        assert f"/interventions/vipp/studies/{study}" in page.text
    assert HOSTILE not in page.text
    assert 'href="/interventions/vipp/findings"' in client.get("/interventions/vipp").text


def test_a_page_without_a_study_says_that_this_is_no_finding(client):
    words = text(client.get("/interventions/icp/findings"))
    assert "No study that counts gives a result to go on. That is not a finding." in words
    assert client.get("/interventions/nope/findings").status_code == 404
    assert client.get("/interventions/nope/findings.csv").status_code == 404
    assert client.get(f"/interventions/icp/findings/{KEY}.svg").status_code == 404


def test_what_is_taken_away_says_what_it_is(client, three):
    answer = client.get(f"{PAGE}/{KEY}.csv")
    assert answer.content_type == "text/csv; charset=utf-8"
    assert f'filename="vipp-findings-{KEY}.csv"' in answer.headers["Content-Disposition"]
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert {row["licence"] for row in rows} == {"CC BY 4.0"}
    assert all("Gap Monitor" in row["cite_as"] and PAGE in row["cite_as"] for row in rows)
    assert {row["as_of"] for row in rows} == {"2026-11-23"}
    every = list(csv.DictReader(io.StringIO(client.get(f"{PAGE}.csv").text)))
    assert {row["outcome_class"] for row in every} == {"attachment", "harm"}
    answer = client.get(f"{PAGE}/{KEY}.svg")
    assert answer.content_type.startswith("image/svg+xml")
    stands_alone(answer.data)


def stands_alone(drawing: bytes) -> None:
    drawn = etree.fromstring(drawing)
    assert "Children’s attachment" in drawn.findtext(f"{SVG}title")
    assert "probably did better" in drawn.findtext(f"{SVG}desc")
    words = " ".join(drawn.itertext())
    assert "CC BY 4.0" in words
    assert "23 November 2026" in words
    assert drawn.get("font-family").startswith("Arial")
    assert not drawn.xpath("//*[local-name()='script' or local-name()='image' or @class or @style]")
    height = float(drawn.get("height"))
    assert all(0 < float(one.get("y")) < height for one in drawn.iter(f"{SVG}text"))


def test_the_picture_is_drawn(client, evidence):
    counted(evidence, "vipp", trial("vipp", result(smd(0.5))))
    answer = client.get(f"{PAGE}/{KEY}.png")
    if answer.status_code == 404 and "no font" in text(answer):
        pytest.skip("this machine has no font to write a picture with")
    assert answer.content_type == "image/png"
    assert answer.data.startswith(b"\x89PNG\r\n\x1a\n")
    assert "Picture (PNG)" in text(client.get(PAGE))


def test_a_trial_against_another_of_the_ten_is_on_both_pages(client, evidence):
    reading = trial("www", result(smd(0.45)), other="pip")
    counted(evidence, "www", reading)
    here, there = (text(client.get(f"/interventions/{slug}/findings")) for slug in ("www", "pip"))
    assert "Children probably did better in attachment with WWW than with PIP." in here
    assert "Children did better in attachment with WWW than with PIP, in the one trial" in there
    assert "Children probably did better" not in there


@pytest.mark.parametrize(
    ("against", "says"),
    [
        (ComparatorClass.USUAL_CARE, True),
        (ComparatorClass.WAITING_LIST, True),
        (ComparatorClass.ACTIVE, False),
    ],
)
def test_to_do_no_better_than_another_treatment_is_no_want_of_effect(
    client, evidence, against, says
):
    counted(evidence, "vipp", trial("vipp", result(smd(-0.9, 200)), against=against))
    words = text(client.get(PAGE))
    assert ("Found not to be effective in at least one rigorous study" in words) is says


def test_to_do_worse_than_another_of_the_ten_is_no_want_of_effect(client, evidence):
    counted(evidence, "vipp", trial("vipp", result(smd(-0.9, 200)), other="cos"))
    assert "not to be effective" not in text(client.get(PAGE))
