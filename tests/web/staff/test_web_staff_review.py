"""Screening through the pages: lanes, filters, the decision form, conflicts, and what is kept."""

import pytest
import rows  # type: ignore[import-not-found]  # tests/support is on pytest's path
from lxml import html
from sqlalchemy import func, select

from monitor.feeds.records import Citation, Identifier, Link, LinkKind
from monitor.literature.papers import queries as literature
from monitor.literature.tables import Paper, StudyPaper
from monitor.review import queries as reviews
from monitor.review.tables import Screening
from monitor.review.words import Stage


def paper(world, name):
    return f"/papers/{world.papers[name]}"


def stage(world, name):
    with world.database.read() as session:
        return reviews.item(session, world.papers[name]).stage


LANES = [
    ("to screen", "perinatal services", "nurseries"),
    ("unsure", "groups in schools", "nurseries"),
    ("excluded", "nurseries", "perinatal services"),
    ("to appraise", "foster carers", "by video"),
    ("disagreement", "by video", "foster carers"),
    ("accepted", "adoptive families", "retracted"),
    ("withdrawn", "retracted", "adoptive families"),
    ("no such lane", "perinatal services", "nurseries"),
]


def test_a_lane_holds_what_stands_there(world, browse):
    browser = browse(world.ann)
    for lane, here, elsewhere in LANES:
        page = browser.get(f"/queue?stage={lane}").text
        assert here in page, lane
        assert elsewhere not in page, lane


def test_the_queue_says_why_a_paper_is_there(world, browse):
    page = browse(world.ann).get("/queue").text
    assert "<mark>Circle of Security-Parenting</mark>" in page
    assert "Abbreviation among its usual words in the abstract: “<mark>COS-P</mark>”" in page
    assert '<mark class="gm-design">randomly assigned</mark>' in page
    assert "Names none of the ten, but reads like a trial" in page
    assert "Europe PMC, PubMed" in page


FILTERS = [
    ("intervention=cos", {"perinatal services"}),
    ("intervention=theraplay", {"for siblings"}),
    ("design=follow-up", {"Four-year follow-up"}),
    ("intervention=ddp&design=randomised", set()),
    ("intervention=nonsense", {"perinatal services", "for siblings", "Four-year follow-up"}),
]


def test_filters_narrow_a_lane(world, browse):
    browser = browse(world.ann)
    for query, titles in FILTERS:
        listed = browser.get(f"/queue?{query}").text.partition('class="gm-plain gm-items"')[2]
        for title in ("perinatal services", "for siblings", "Four-year follow-up"):
            assert (title in listed) is (title in titles), query


def test_nonsense_in_the_address_breaks_nothing(begun, browse):
    browser = browse(begun.ann)
    for query in (
        "after=x",
        "after=99999999999",
        "done=99999999999",
        "stage=%00",
        "after=-1",
        "design=x",
        "done=9",
    ):
        assert browser.get(f"/queue?{query}").status_code in {200, 400}, query


def test_papers_kept_but_not_queued_are_listed_with_why(world, browse):
    browser = browse(world.ann)
    page = browser.get("/papers").text
    assert "library opening hours" in page
    assert "perinatal" not in page
    one = browser.get(paper(world, "none")).text
    assert "It names none of the ten" in one
    assert "Save and open next" not in one


def test_a_paper_shows_its_words_marked_and_where_they_came_from(world, browse):
    page = browse(world.ann).get(paper(world, "cosp")).text
    assert "<b>Methods.</b> In this invented trial" in page
    assert '<mark class="gm-design">randomly allocated</mark>' in page
    assert 'href="https://pubmed.ncbi.nlm.nih.gov/40000001"' in page
    assert 'href="https://doi.org/10.5555/example.0001"' in page
    assert 'href="https://www.isrctn.com/ISRCTN00000001"' in page
    assert "Europe PMC sent it (same pmid)" in page
    assert "PubMed sent it (new paper)" in page


def test_a_record_is_given_as_sent_and_as_plain_text(world, browse):
    answer = browse(world.ann).get(f"{paper(world, 'cosp')}/records/1")
    assert answer.content_type == "text/plain; charset=utf-8"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.text.startswith("<record of='cosp'>as pubmed sent it: <script>")


def test_a_record_of_another_paper_is_not_there(world, browse):
    assert browse(world.ann).get(f"{paper(world, 'ddp')}/records/1").status_code == 404


def test_nothing_is_chosen_beforehand_but_the_names_found(world, browse):
    browser = browse(world.ann)
    form = browser.fields(browser.get(paper(world, "cosp")), paper(world, "cosp"))
    assert form["interventions"] == ["cos"]
    assert "verdict" not in form
    assert form["reason"] == [""]


def test_including_makes_a_study_and_opens_the_next_paper(world, browse):
    browser = browse(world.ann)
    answer = browser.send(paper(world, "cosp"), {"verdict": "include", "note": "Clear"})
    assert answer.status_code == 303
    assert stage(world, "cosp") is Stage.TO_APPRAISE
    following = browser.get(answer.location)
    assert "Recorded: included." in following.text
    assert "Example trial of Circle of Security-Parenting" in following.text
    assert "Your decision" in following.text
    with world.database.read() as session:
        said = reviews.screenings(session, world.papers["cosp"])[0]
        assert (said.reviewer, said.note, said.interventions) == ("Ann Example", "Clear", ("cos",))


def test_the_last_paper_of_a_lane_leads_back_to_the_queue(world, browse):
    browser = browse(world.ann)
    answer = browser.send(paper(world, "unsure"), {"verdict": "include"})
    assert answer.location.startswith("/queue?stage=unsure")
    assert "Recorded: included." in browser.get(answer.location).text


def test_another_report_joins_the_study_it_shares_a_registration_with(world, browse):
    browser = browse(world.ann)
    page = browser.get(paper(world, "follow")).text
    assert "both name ISRCTN00000002" in page
    study = world.studies["ddp"]
    browser.send(paper(world, "follow"), {"verdict": "include", "study_id": study})
    with world.database.read() as session:
        reports = session.scalars(select(StudyPaper.paper_id).where(StudyPaper.study_id == study))
        assert set(reports) == {world.papers["ddp"], world.papers["follow"]}
    assert stage(world, "follow") is Stage.ACCEPTED


def _joined(world, browse, clock, name="follow"):
    """Let Ann join a further report to the study that counts, an hour after it was decided."""
    clock.advance(hours=1)
    browser = browse(world.ann)
    sent = {"verdict": "include", "study_id": world.studies["ddp"]}
    assert browser.send(paper(world, name), sent).status_code == 303
    return browser


def _said(browser, world, name):
    page = browser.get(f"/queue?done={world.papers[name]}").text
    document: html.HtmlElement = html.document_fromstring(page)
    (told,) = document.find_class("gm-said")
    return " ".join(told.text_content().split())


def test_a_study_of_its_own_is_said_to_wait_and_once_taken_back_no_longer(world, browse):
    browser = browse(world.ann)
    browser.send(paper(world, "cosp"), {"verdict": "include"})
    assert _said(browser, world, "cosp").endswith("a randomised trial now waits in To appraise.")
    action = f"{paper(world, 'cosp')}/take-back"
    browser.send(action, {"reason_back": "The wrong one"}, page=paper(world, "cosp"))
    assert _said(browser, world, "cosp").endswith("a randomised trial"), "it waits nowhere"


STANDINGS = [
    (
        "ddp",
        "which is accepted and counts. It now stands among its papers; what it reports is in no",
    ),
    ("ddp2", "which waits to be appraised: see To appraise. It now stands among its papers."),
    ("half", "which one person has appraised: see To appraise. It now stands among its papers."),
    ("differ", "which two people have appraised differently: see Disagreements. It now stands"),
    ("withdrawn", "which counted once and was withdrawn. It now stands among its papers."),
]


@pytest.mark.parametrize(("study", "standing"), STANDINGS)
def test_a_further_report_is_said_to_have_joined_its_study_where_that_stands(
    world, browse, clock, study, standing
):
    clock.advance(hours=1)
    browser, number = browse(world.ann), world.studies[study]
    browser.send(paper(world, "follow"), {"verdict": "include", "study_id": number})
    told = _said(browser, world, "follow")
    assert "an invented report joined the study Example 2026" in told
    assert standing in told
    assert told.endswith("Say what it is to the study")
    page = browser.get(f"/queue?done={world.papers['follow']}").text
    assert f'<a href="/studies/{number}">Example 2026' in page
    assert f'<a href="/studies/{number}{paper(world, "follow")}">Say what it is' in page


def _history(browser, path):
    document: html.HtmlElement = html.document_fromstring(browser.get(path).text)
    (section,) = document.get_element_by_id("history").iterancestors("section")
    lines = [moment.getparent() for moment in section.iter("time")]
    return [" ".join(line.text_content().split()) for line in lines if line is not None]


def test_who_joined_a_paper_to_a_study_stands_in_the_history_of_both(world, browse, clock):
    browser = _joined(world, browse, clock)
    of_paper = _history(browser, paper(world, "follow"))
    assert "Ann Example joined it to the study Example 2026a, as another report." in of_paper[0]
    assert of_paper[-2].endswith("Put in the queue.")
    of_first = _history(browser, paper(world, "ddp"))
    assert any("Ann Example began the study Example 2026a with it." in line for line in of_first)
    papers = f"/studies/{world.studies['ddp']}/papers"
    of_study = _history(browser, papers)
    assert [line.partition("“")[0].split(maxsplit=2)[2].strip() for line in of_study] == [
        "Joined by Ann Example.", "Begun by Ann Example.",
    ]  # fmt: skip
    clock.advance(minutes=5)
    action = f"{paper(world, 'follow')}/take-back"
    browser.send(action, {"reason_back": "Another trial"}, page=paper(world, "follow"))
    assert "Taken back by Ann Example: Another trial.“Four-year" in _history(browser, papers)[0]
    of_paper = _history(browser, paper(world, "follow"))
    assert any("joined it to the study" in line for line in of_paper), "what was, was"


def test_what_a_paper_was_said_to_be_anew_stands_in_its_history(world, browse, clock):
    browser = _joined(world, browse, clock)
    there = f"/studies/{world.studies['ddp']}{paper(world, 'follow')}"
    clock.advance(minutes=5)
    browser.send(there, {"role": "follow-up", "reason": "The same people, later"})
    newest = _history(browser, paper(world, "follow"))[0]
    assert "Ann Example said anew what it is: other of Example 2026a → follow-up of" in newest
    assert "“The same people, later”" in newest


def test_a_mistaken_further_report_of_a_study_that_counts_is_taken_back(world, browse, clock):
    browser = _joined(world, browse, clock)
    page = " ".join(browser.get(paper(world, "follow")).text.split())
    assert "You can take it back until somebody appraises or decides “" in page
    assert "What was judged of it before stays." in page
    assert "until somebody has appraised it" not in page
    action = f"{paper(world, 'follow')}/take-back"
    sent = {"reason_back": "Another trial"}
    assert browser.send(action, sent, page=paper(world, "follow")).status_code == 303
    assert stage(world, "follow") is Stage.TO_SCREEN
    assert stage(world, "ddp") is Stage.ACCEPTED
    assert "took the include back: “Another trial”" in browser.get(paper(world, "follow")).text


def test_one_that_dates_the_first_results_is_led_to_where_it_is_taken_out(world, browse, clock):
    with world.database.write() as session:
        session.get_one(Paper, world.papers["follow"]).year = 2019
    browser = _joined(world, browse, clock)
    page = browser.get(paper(world, "follow")).text
    assert "Your include cannot be taken back." in page
    assert "counts, and its first results would have another date: take it out under" in page
    there = f"/studies/{world.studies['ddp']}/papers/{world.papers['follow']}"
    assert f'<a href="{there}">Take it out there</a>' in page
    assert "Take the include back" not in page
    assert "It does not report this study: take it out" in browser.get(there).text


def test_the_only_paper_of_a_study_is_not_offered_to_be_taken_out(world, browse):
    there = f"/studies/{world.studies['ddp']}/papers/{world.papers['ddp']}"
    page = browse(world.ann).get(there).text
    assert "take it out</label>" not in page
    assert "It is the only paper of the study, so it cannot be taken out" in page


def test_a_further_report_is_led_to_its_study_and_not_excluded_as_one(world, browse):
    browser = browse(world.ann)
    page = browser.get(paper(world, "follow")).text
    assert "Another report of a study that is here is included, with that study" in page
    assert '<option value="another report of a study already here">' not in page
    typed = {"verdict": "exclude", "reason": "another report of a study already here"}
    refused = browser.send(paper(world, "follow"), {**typed, "note": "Typed at length"})
    assert refused.status_code == 400
    assert "not excluded: nobody would know of which. Choose Include" in refused.text
    assert "Typed at length" in refused.text
    assert stage(world, "follow") is Stage.TO_SCREEN


def test_what_was_excluded_as_a_further_report_before_says_so(world, browse):
    with world.database.write() as session:
        rows.excluded_of_before(session, world.papers["follow"], by=world.ben, at=world.at)
    page = " ".join(browse(world.ann).get(paper(world, "follow")).text.split())
    assert "Ben Example: <b>exclude</b>, another report of a study already here" in page
    assert "Of which study it is another report was not asked then." in page
    assert "Put it back to be screened" in page


TO_MEND: list[tuple[dict[str, object], str]] = [
    ({}, "Choose include, exclude or unsure"),
    ({"verdict": "exclude"}, "Choose why you exclude it"),
    ({"verdict": "include", "interventions": []}, "at least one"),
    ({"verdict": "include", "interventions": ["nonsense"]}, "from the list"),
    ({"verdict": "accept"}, "Choose include, exclude or unsure"),
    ({"verdict": "unsure", "note": "x" * 5001}, "at most 5,000 characters"),
    ({"verdict": "unsure", "token": ""}, "This form is not whole"),
    ({"verdict": "unsure", "version": "x"}, "This form is not whole"),
]


def test_a_form_to_mend_keeps_what_was_typed_and_records_nothing(world, browse):
    browser, before = browse(world.ann), world.contents()
    for typed, said in TO_MEND:
        sent: dict[str, object] = {"note": "Typed at length", "reason": "", **typed}
        answer = browser.send(paper(world, "cosp"), sent)
        assert answer.status_code == 400, typed
        assert said in answer.text, typed
        assert "There is a problem" in answer.text
        assert "<title>Error:" in answer.text
        assert str(sent["note"]) in answer.text
    assert world.contents() == before


def test_a_form_sent_twice_is_one_verdict(world, browse):
    browser = browse(world.ann)
    form = browser.fields(browser.get(paper(world, "cosp")), paper(world, "cosp"))
    form |= {"verdict": "include"}
    first = browser.client.post(paper(world, "cosp"), data=form)
    second = browser.client.post(paper(world, "cosp"), data=form)
    assert first.status_code == second.status_code == 303
    with world.database.read() as session:
        rows = select(func.count()).where(Screening.paper_id == world.papers["cosp"])
        assert session.scalar(rows) == 1


def test_who_comes_second_is_told_by_whom_and_keeps_the_note(world, browse):
    ann, ben = browse(world.ann), browse(world.ben)
    address = paper(world, "cosp")
    form = ben.fields(ben.get(address), address)
    ann.send(address, {"verdict": "include"})
    answer = ben.client.post(
        address,
        data=form
        | {"verdict": "exclude", "reason": "another intervention", "note": "My long note"},
    )
    assert answer.status_code == 409
    assert "Ann Example included this paper" in answer.text
    assert "Nothing was recorded" in answer.text
    assert "My long note" in answer.text
    assert stage(world, "cosp") is Stage.TO_APPRAISE


def test_a_form_from_before_a_move_can_be_sent_again_as_it_was(world, browse):
    ann, ben = browse(world.ann), browse(world.ben)
    address = paper(world, "cosp")
    form = ben.fields(ben.get(address), address) | {"verdict": "include", "note": "My long note"}
    ann.send(address, {"verdict": "unsure"})
    told = ben.client.post(address, data=form)
    assert told.status_code == 409
    assert "Ann Example was unsure about this paper" in told.text
    again = ben.fields(told, address)
    assert again["note"][0].strip() == "My long note"
    assert again["verdict"] == ["include"]
    assert ben.client.post(address, data=again).status_code == 303
    assert stage(world, "cosp") is Stage.TO_APPRAISE


def test_an_excluded_paper_can_be_put_back_with_a_reason(world, browse):
    browser = browse(world.ann)
    address = f"{paper(world, 'excluded')}/reopen"
    refused = browser.send(address, {"reason_again": " "}, page=paper(world, "excluded"))
    assert refused.status_code == 400
    assert "Say why it should be looked at again" in refused.text
    browser.send(address, {"reason_again": "It reports a trial"}, page=paper(world, "excluded"))
    assert stage(world, "excluded") is Stage.TO_SCREEN
    page = browser.get(paper(world, "excluded")).text
    assert "Ann Example put it back to be screened: “It reports a trial”" in page


@pytest.mark.parametrize("path", ["/papers/999999", "/papers/99999999999", "/studies/999999"])
def test_what_is_not_there_is_not_found(begun, browse, path):
    assert browse(begun.ann).get(path).status_code == 404


def test_a_paper_says_what_the_sources_say_of_it_and_who_says_it(world, browse):
    with world.database.read() as session:
        view = literature.paper(session, world.papers["cosp"])
    links = [
        Link(LinkKind.RETRACTED_BY, Identifier("doi", "10.5555/<b>notice")),
        Link(LinkKind.HAS_PREPRINT, Identifier("doi", "10.5555/preprint")),
    ]
    about = Citation(view.title, identifiers=view.identifiers, links=(*links,))
    world.arrive("crossref", cosp=about)
    marked = Citation(
        view.title, identifiers=view.identifiers, publication_types=("Retracted Publication",)
    )
    world.arrive("openalex", cosp=marked)
    page = browse(world.ann).get(paper(world, "cosp"))
    document: html.HtmlElement = html.document_fromstring(page.text)
    notes = document.find_class("gm-note--attn")[0].findall("p")
    said = [" ".join(note.text_content().split()) for note in notes]
    assert "Retracted by 10.5555/<b>notice, says Crossref." in said
    assert "Marked as retracted, without a notice, by OpenAlex." in said
    assert not any("preprint" in words for words in said)
    assert "Has preprint <a" in page.text
    assert "<b>notice" not in page.text
