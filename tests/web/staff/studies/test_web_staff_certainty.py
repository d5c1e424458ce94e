"""How sure a finding is, through the pages: what waits, what is asked, who sees what, what follows."""

import pytest
from sqlalchemy import func, select

from monitor.catalogue.words import CertaintyDomain
from monitor.evidence.tables import CertaintyOpinion, CertaintyRow

PAGE = "/certainty/ddp/attachment"
FIELDS = [domain.value.replace(" ", "-") for domain in CertaintyDomain]
WHOLE = dict.fromkeys(FIELDS, "0") | {
    f"why-{field}": f"Invented: why, of {field}." for field in FIELDS
}
LOWER = WHOLE | {"imprecision": "2"}


def rows(world, table):
    with world.database.read() as session:
        return session.scalar(select(func.count(table.id)))


def test_the_list_leads_to_what_waits_and_says_it_is_only_suggested(world, browse):
    browser = browse(world.ann)
    assert 'href="/certainty"' in browser.get("/queue").text
    page = browser.get("/certainty").text
    assert f'href="{PAGE}"' in page
    assert "suggested, not confirmed" in page
    assert "Nobody has judged it yet" in page


def test_the_form_shows_numbers_and_chooses_nothing(world, browse):
    page = browse(world.ann).get(PAGE).text
    for words in ("Risk of bias", "Inconsistency", "Indirectness", "Imprecision", "Reporting bias"):
        assert f"{words}: how far down?" in page
    assert "No size is known, so no interval" in page
    assert "Five reasons with their numbers" in page
    assert " checked" not in page


def test_two_people_confirm_and_neither_sees_the_other_first(world, browse):
    first = browse(world.ann)
    assert first.send(PAGE, WHOLE).status_code == 303
    assert "a second person has to" in first.get(PAGE).text
    assert "Invented: why, of imprecision." in first.get(PAGE).text
    second = browse(world.ben)
    assert "Invented: why" not in second.get(PAGE).text
    assert world.ann.name not in second.get(PAGE).text
    answer = second.send(PAGE, WHOLE)
    assert answer.headers["Location"].startswith("/certainty?said=")
    page = second.get(PAGE).text
    assert (
        "Certainty for children’s attachment: high</b>, confirmed on 23 November 2026 by two"
        in page
    )
    assert "<form action" not in page.partition("<h1>")[2]
    assert (rows(world, CertaintyOpinion), rows(world, CertaintyRow)) == (2, 1)


def test_where_two_differ_both_are_shown_and_a_third_settles_it(world, browse):
    browse(world.ann).send(PAGE, WHOLE)
    browse(world.ben).send(PAGE, LOWER)
    mine = browse(world.ann).get(PAGE).text
    assert "Ann Example and Ben Example differ</b> in imprecision" in mine
    assert "<b>Ben Example:</b> two levels down." in mine
    third = browse(world.cat)
    page = third.get(PAGE).text
    assert "What you hand in settles it." in page
    assert " checked" not in page
    assert third.send(PAGE, LOWER).status_code == 303
    assert "by a third reviewer, as two differed" in third.get("/certainty").text


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ({"imprecision": ""}, "Choose how far imprecision takes it down"),
        ({"imprecision": "7"}, "Choose how far imprecision takes it down"),
        ({"why-indirectness": " "}, "Say why, of indirectness: the rule cannot tell"),
        ({"inconsistency": "1", "why-inconsistency": ""}, "the rule suggests otherwise"),
        ({"why-indirectness": "x" * 6000}, "why-indirectness-error"),
        ({"token": "no"}, "This form is not whole"),
        ({"seen": ""}, "This form is not whole"),
    ],
)
def test_a_form_that_is_not_whole_is_refused_and_kept(world, browse, typed, says):
    answer = browse(world.ann).send(PAGE, WHOLE | typed)
    assert answer.status_code == 400
    assert says in answer.text
    assert "Invented: why, of imprecision." in answer.text
    assert rows(world, CertaintyOpinion) == 0


def test_everything_to_mend_is_told_at_once(world, browse):
    page = browse(world.ann).send(PAGE, {}).text
    assert all(f'href="#{field}"' in page for field in FIELDS)


def test_facts_that_changed_are_told_and_nothing_typed_is_lost(world, browse):
    browser = browse(world.ann)
    answer = browser.send(PAGE, LOWER | {"seen": "0" * 64, "why-imprecision": ""})
    assert answer.status_code == 409
    assert "The facts have changed since you opened this" in answer.text
    assert "Invented: why, of indirectness." in answer.text
    assert 'value="2" checked' in " ".join(answer.text.split())
    fresh = browser.fields(answer, PAGE)
    assert fresh["seen"] != ["0" * 64]
    assert browser.client.post(PAGE, data={**fresh, **WHOLE}).status_code == 303


def test_a_form_sent_twice_counts_once_and_a_late_one_keeps_its_words(world, browse):
    ann, ben, cat = (browse(one) for one in (world.ann, world.ben, world.cat))
    form = {**ann.fields(ann.get(PAGE), PAGE), **WHOLE}
    late = {**cat.fields(cat.get(PAGE), PAGE), **WHOLE}
    assert [ann.client.post(PAGE, data=form).status_code for _ in range(2)] == [303, 303]
    ben.send(PAGE, WHOLE)
    answer = cat.client.post(PAGE, data=late)
    assert answer.status_code == 409
    assert "Two people have confirmed this already" in answer.text
    assert "What you typed" in answer.text
    assert "Invented: why, of imprecision." in answer.text
    assert rows(world, CertaintyOpinion) == 2


def test_what_was_withdrawn_is_not_asked_and_what_is_none_is_not_found(world, browse):
    browser = browse(world.ann)
    assert browser.get("/certainty/ddp/nothing").status_code == 404
    assert browser.get("/certainty/nobody/attachment").status_code == 404
    assert browser.get("/certainty/ddp/harm").status_code == 404
    world.withdraw("ddp", world.ann)
    assert browser.get(PAGE).status_code == 404
    assert "Nothing. A finding comes here" in browser.get("/certainty").text


def test_on_other_facts_it_says_so_and_is_asked_again(world, browse):
    browse(world.ann).send(PAGE, LOWER)
    browse(world.ben).send(PAGE, LOWER)
    with world.database.write() as session:
        for row in session.scalars(select(CertaintyRow)):
            row.fingerprint = "of other facts"
        for opinion in session.scalars(select(CertaintyOpinion)):
            opinion.fingerprint = "of other facts"
    page = browse(world.ann).get(PAGE).text
    assert "on other facts; suggested now: very low to moderate" in page
    assert "Reviewers, on other facts" in page
    assert "Your judgement" in page
    assert (
        "The facts have changed</b> since Ann Example and Ben Example confirmed it as low" in page
    )
    assert "<b>When it was confirmed:</b> two levels down. No size is known" in page
