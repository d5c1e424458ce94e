"""Two of the ten side by side, and the tables of pages: the same as the pages say, with their licence."""

import csv
import html
import io
import re

import pytest
from trials_with_effects import (  # type: ignore[import-not-found]  # tests/support is on pytest's path
    HIGH,
    counted,
    result,
    sign,
    smd,
    trial,
)

TABLES = (
    ("/interventions/table.csv", 10, "the ten, 23 November 2026, http", "/"),
    ("/interventions/cos/studies.csv", 0, "", ""),
    ("/use/table.csv", 10, "use in UK services, 23 November 2026, http", "/use"),
    (
        "/history/table.csv?on=2026-11-23",
        10,
        "the ten on 23 November 2026, 23",
        "/history?on=2026-11-23",
    ),
    (
        "/interventions/compare.csv?one=vipp&other=cos",
        20,
        "vipp beside cos, ",
        "?one=vipp&other=cos",
    ),
    ("/changes/changes.csv", 0, "", ""),
    ("/coverage/studies.csv", 0, "", ""),
    ("/priorities.csv", 10, "research priorities, ", "/priorities"),
)


def text(page) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page.text)).split())


def rows(answer) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(answer.text)))


def test_each_table_says_its_day_its_licence_and_how_to_cite_it(client):
    for path, many, cited, page in TABLES:
        answer = client.get(path)
        assert (answer.status_code, answer.mimetype) == (200, "text/csv"), path
        assert "attachment; filename=" in answer.headers["Content-Disposition"]
        head = next(csv.reader(io.StringIO(answer.text)))
        assert head[-3:] == ["as_of", "licence", "cite_as"], "also where there is no row"
        found = rows(answer)
        assert len(found) == many, path
        for row in found:
            assert (row["as_of"], row["licence"]) == ("2026-11-23", "CC BY 4.0")
            assert row["cite_as"].startswith(f"Gap Monitor, {cited}")
            assert row["cite_as"].endswith(page)


def test_a_notice_of_settings_stands_in_each_row(make_app):
    browser = make_app({"web": {"notice": "A test: invented."}}).test_client()
    assert {row["notice"] for row in rows(browser.get("/use/table.csv"))} == {"A test: invented."}


def test_the_tables_say_what_the_pages_say(client, evidence, clock):
    clock.advance(days=1)
    evidence.decided("cos")
    ten = {row["intervention"]: row for row in rows(client.get("/interventions/table.csv"))}
    cos, then = ten["cos"], rows(client.get("/history/table.csv?on=2026-11-23"))[1:]
    assert (cos["tier"], cos["studies_lowest"], cos["studies_highest"]) == ("strong", "9", "18")
    assert cos["findings"] == "positive to 2021, little or no difference since"
    assert cos["gap"] == "under-used, read with care"
    assert cos["last_changed"] == "2026-11-24"
    assert cos["ranks"] == "4; 7; 9; 10"
    assert cos["gap_in_words"] in text(client.get("/interventions/cos"))
    before = next(row for row in then if row["intervention"] == "cos")
    assert before["findings"] == "generally positive"
    (study,) = rows(client.get("/interventions/cos/studies.csv"))
    assert (study["design"], study["people"], study["uk"]) == ("randomised", "371", "yes")
    assert study["accepted_on"] == "2026-11-24"
    assert client.get("/" + study["address"].split("/", 3)[3]).status_code == 200


@pytest.mark.parametrize("query", ["on=2021-05-01", "on=yesterday", "policy=nope"])
def test_a_table_of_a_day_that_cannot_be_says_why(client, query):
    page, table = client.get(f"/history?{query}"), client.get(f"/history/table.csv?{query}")
    assert (page.status_code, table.status_code) == (400, 400)
    sentence = re.search(r'id="problem">\s*<p><b>(.*?)</b>', page.text, re.DOTALL)
    assert sentence
    assert " ".join(html.unescape(sentence[1]).split()) in text(table)


def test_any_two_stand_side_by_side_and_nobody_is_told_which_is_better(client, catalogue):
    slugs = catalogue.slugs
    for one, other in zip(slugs, (*slugs[1:], slugs[0]), strict=True):
        page = text(client.get(f"/interventions/compare?one={one}&other={other}"))
        names = catalogue.intervention(one), catalogue.intervention(other)
        assert f"{names[0].name} beside {names[1].name}" in page
        assert "No study that counts here compared the two with each other, so which" in page
    words = text(client.get("/interventions/compare?one=vipp&other=icp"))
    assert re.search(r"Evidence tier VIPP Strong ICP Weak", words)
    assert "Not known to us" in words
    assert "Limited evidence does not mean ineffective." in words
    empty = client.get("/interventions/compare")
    assert empty.status_code == 200
    assert "Two of the ten side by side" in text(empty)


def test_a_study_that_compared_the_two_says_who_did_better(client, evidence):
    reading = trial("www", result(smd(0.59)), other="pip")
    study = counted(evidence, "www", reading)
    for one, other, told in (
        ("www", "pip", "did better in attachment with WWW than with PIP"),
        ("pip", "www", "did better in attachment with WWW than with PIP"),
    ):
        page = client.get(f"/interventions/compare?one={one}&other={other}")
        lead = text(page).partition(" beside ")[2].partition("Compared with each other")[0]
        assert "1 study that counts compared the two with each other." in lead
        assert told in lead
        sign = "0.59 (0.20 to 0.98)" if one == "www" else "−0.59 (−0.98 to −0.20)"
        assert f"1 trial, 104 people, standardised difference {sign}." in text(page)
        assert f'/studies/{study}"' in page.text
        link = re.search(r'href="(/interventions/\w+/studies/\d+)"', page.text)
        assert link
        assert client.get(link[1]).status_code == 200
        first = rows(client.get(f"/interventions/compare.csv?one={one}&other={other}"))[0]
        assert first["part"] == "Compared with each other"
        assert told in first[one] == first[other]
    never = client.get("/interventions/compare?one=www&other=cos")
    assert "what each shows against something else does not tell" in text(never)
    assert "Compared with each other" not in never.text


@pytest.mark.parametrize(
    ("of", "told"),
    [
        ([result(smd(0.3, 30))], "Too few people so far to tell whether WWW does better"),
        ([result(smd(0.59), risk=HIGH)], "Nothing that settles who did better. Author1 2026: high risk of bias"),
        ([result(sign(1))], "its size is not known"),
        ([result(smd(0.0, 500))], "found little or no difference in attachment from PIP"),
    ],
)  # fmt: skip
def test_what_does_not_settle_who_did_better_says_so(client, evidence, of, told):
    counted(evidence, "www", trial("www", *of, other="pip"))
    page = text(client.get("/interventions/compare?one=www&other=pip"))
    assert told in page
    assert "did better in attachment with" not in page


def test_what_each_shows_against_something_else_is_no_comparison(client, evidence):
    counted(evidence, "www", trial("www", result(smd(0.9, 200))))
    counted(evidence, "pip", trial("pip", result(smd(-0.4, 200))))
    counted(evidence, "www", trial("www", result(smd(0.7, 200)), other="cos"))
    page = client.get("/interventions/compare?one=www&other=pip")
    assert "No study that counts here compared the two with each other" in text(page)


def test_two_that_cannot_be_set_side_by_side_get_a_sentence(client):
    for query, sentence in (
        ("one=nope&other=cos", "There is no intervention 'nope': choose two of vipp, abc"),
        ("one=cos", "Choose two of the ten."),
        ("one=cos&other=cos", "Circle of Security is chosen twice"),
        ("one=%3Cscript%3E&other=cos", "There is no intervention '<script>'"),
    ):
        for path in ("/interventions/compare", "/interventions/compare.csv"):
            answer = client.get(f"{path}?{query}")
            assert answer.status_code == 400
            assert sentence in text(answer)
            assert "<script>" not in answer.text
    assert client.get("/interventions/compare.csv").status_code == 400
