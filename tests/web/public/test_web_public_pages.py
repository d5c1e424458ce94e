"""What the public pages say, on both databases, from the published baseline and from decided studies."""

import html
import re

import pytest
import waves  # type: ignore[import-not-found]  # on pytest's path
from services import service_of  # type: ignore[import-not-found]  # tests/support is on pytest's path
from sqlalchemy import update

from monitor import workflow
from monitor.catalogue.words import Design, FindingDirection, OutcomeClass, RiskOfBias
from monitor.feeds.tables import SourceRow
from monitor.web.app import create_app

PAGES = (
    "/",
    "/interventions",
    "/changes",
    "/method",
    "/subscribe",
    "/privacy",
    "/accessibility",
    "/coverage",
)


def text(page) -> str:
    """Give a page's words as a reader meets them: no tags, single spaces."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page.text)).split())


def row(page, name: str) -> str:
    """Give the words of one row of the figure."""
    found = re.search(
        rf'<tr class="gm-row"(?:(?!</tr>).)*>{name}</a>.*?</tr>', page.text, re.DOTALL
    )
    assert found, f"no row of {name}"
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", found[0])).split())


@pytest.mark.parametrize("path", PAGES)
def test_every_page_is_there_from_the_first_day(client, path):
    page = client.get(path)
    assert page.status_code == 200
    assert page.content_type == "text/html; charset=utf-8"
    assert page.text.count("<h1") == 1


def test_the_baseline_comes_out_as_published(client):
    page = client.get("/")
    words = text(page)
    assert "Three of the four most used have weak evidence." in words
    assert "Limited evidence does not mean ineffective." in words
    for heading in ("Under-researched 3 of 10.", "Under-used 4 of 10.", "Aligned 3 of 10."):
        assert heading in words
    assert "Newest change None is known. No source has answered yet" in words
    ddp = row(page, "Dyadic Developmental Psychotherapy")
    assert "Weak 1–2 studies" in ddp
    assert "Mixed" in ddp
    assert "1st to 4th of 10" in ddp
    cos = row(page, "Circle of Security")
    assert "Strong 8–17 studies" in cos
    assert "Generally positive" in cos
    assert "4th, 7th, 9th or 10th of 10" in cos
    icp = row(page, "Individual Child Psychotherapy")
    assert "Weak 0 studies" in icp
    assert "None to go on" in icp


def test_every_intervention_has_its_page(client, catalogue):
    for one in catalogue.interventions:
        page = client.get(f"/interventions/{one.slug}")
        words = text(page)
        assert page.status_code == 200
        assert one.name in words
        assert "Limited evidence does not mean ineffective." in words
        assert "which did not publish its list" in words
        assert one.usage.citation in words
        for rating in one.ratings:
            assert rating.body in words
    assert client.get("/interventions/nope").status_code == 404


def test_a_new_trial_of_no_difference_is_worse_news_in_the_same_tier(client, evidence, clock):
    clock.advance(days=1)
    study = evidence.decided("cos")
    overview = client.get("/")
    cos = row(overview, "Circle of Security")
    assert "Strong 9–18 studies" in cos
    assert "Positive to 2021, little or no difference since changed Nov 2026" in cos
    assert "Read with care: more use is not clearly supported." in cos
    words = text(overview)
    assert "Under-used 3 of 10." in words
    assert "Under-used, read with care 1 of 10." in words
    assert "24 November 2026 · 1 of 10 changed in the last 90 days" in words
    assert "with 1 study accepted since added" in words
    page = text(client.get("/interventions/cos"))
    assert "was “generally positive” to Nov 2026" in page
    assert "Randomised, 371 people" in page
    assert (
        "Independent of its developers · UK · first published: 2 March 2026 · accepted Nov 2026"
        in page
    )
    assert (
        "8–17 studies in the 2023 review, which did not publish its list. 1 accepted since." in page
    )
    assert f"/interventions/cos/studies/{study}" in client.get("/interventions/cos").text


def test_what_withdrawing_would_do_is_what_withdrawing_does(client, evidence):
    study = evidence.decided("cos")
    page = text(client.get("/interventions/cos"))
    promised = re.search(r"withdrawn or retracted (.*?) The ranges", page)
    assert promised
    assert promised[1] == (
        "The findings would move from “positive to 2021, little or no difference since” to “generally positive”; "
        "the gap would move from “under-used, read with care” to under-used. The tier would stay."
    )
    evidence.withdrawn(study)
    cos = row(client.get("/"), "Circle of Security")
    assert "Strong 8–17 studies" in cos
    assert "Generally positive" in cos
    page = text(client.get("/interventions/cos"))
    assert "Read, not counted: 1" in page
    assert "the journal retracted it" in page
    assert "Counted once; not counted since" in text(
        client.get(f"/interventions/cos/studies/{study}")
    )


def test_an_unsettled_tier_is_drawn_and_told_as_such(client, evidence):
    evidence.decided("ddp", direction=FindingDirection.MIXED)
    ddp = row(client.get("/"), "Dyadic Developmental Psychotherapy")
    assert "Weak for now; may become intermediate 2–3 studies" in ddp
    assert 'stroke-dasharray="4 3"' in client.get("/interventions/ddp").text
    assert "Why the tier is weak for now" in text(client.get("/interventions/ddp"))


def test_the_study_page_opens_the_chain_backwards(client, evidence):
    study = evidence.decided(
        "cos",
        paper={"identifiers": tuple(evidence_identifiers())},
        quote="Invented: nothing differed.",
    )
    page = client.get(f"/interventions/cos/studies/{study}")
    words = text(page)
    assert "Reviewer 1" in words
    assert "Reviewer 2" in words
    assert "“Invented: nothing differed.”" in words
    assert words.count("Not word for word in the title or abstract that we hold") == 2
    assert "PubMed sent it; fetched 23 November 2026, 06:10 (new paper)" in words
    links = re.findall(r'href="(https?://[^"]+)" rel="noreferrer"', page.text)
    assert "https://pubmed.ncbi.nlm.nih.gov/41234567" in links
    assert (
        "https://doi.org/10.1002/(SICI)1097-0355(199924)20:4%3C429::AID-IMHJ5%3E3.0.CO;2-Q" in links
    )
    assert "A sentence only the abstract has" not in page.text


def evidence_identifiers():
    from monitor.feeds.records import Identifier

    yield Identifier("pmid", "41234567")
    yield Identifier("doi", "10.1002/(SICI)1097-0355(199924)20:4<429::AID-IMHJ5>3.0.CO;2-Q")


def test_no_page_names_a_reviewer(client, evidence):
    study = evidence.decided("cos")
    paths = ["/", "/changes", "/interventions/cos", f"/interventions/cos/studies/{study}"]
    with evidence.database.read() as session:
        from monitor.gap import queries

        paths += [f"/changes/{change.id}" for change in queries.changes(session)]
    for path in paths:
        page = client.get(path).text
        assert "Secretname" not in page
        assert "secret.example" not in page


def test_a_study_is_public_only_once_decided(client, evidence):
    study = evidence.arrives("cos")
    path = f"/interventions/cos/studies/{study}"
    assert client.get(path).status_code == 404
    evidence.judged(study, 0)
    assert client.get(path).status_code == 404
    evidence.judged(study, 1, direction=FindingDirection.FAVOURS)
    assert client.get(path).status_code == 404, "a disagreement is not a decision"
    evidence.judged(study, 2, direction=FindingDirection.FAVOURS)
    page = text(client.get(path))
    assert "They differed, so a third settled it." in page
    assert "Reviewer 3, who settled it" in page
    assert client.get(f"/interventions/ddp/studies/{study}").status_code == 404


def test_two_who_agree_to_leave_it_out_are_shown_with_their_reason(client, evidence):
    study = evidence.arrives("vig")
    for person, design in ((0, Design.CASE), (1, Design.SINGLE_GROUP)):
        evidence.judged(
            study,
            person,
            count_it=False,
            reason="Invented: teachers, not caregivers",
            interventions=("vig",),
            design=design,
            risk_of_bias=RiskOfBias.SERIOUS,
        )
    page = text(client.get("/interventions/vig"))
    assert "Read, not counted: 1" in page
    assert "Invented: teachers, not caregivers" in page
    words = text(client.get(f"/interventions/vig/studies/{study}"))
    assert "not counted" in words
    assert "Design Reviewer 1 Case Reviewer 2 Single-group Agreed Not agreed" in words
    assert "Should it count? Reviewer 1 No Reviewer 2 No Agreed No" in words


def test_another_outcome_is_shown_and_not_counted(client, evidence):
    evidence.decided("cos", outcome_class=OutcomeClass.OTHER, outcome="Invented: sleep")
    page = text(client.get("/interventions/cos"))
    assert "Strong 8–17 studies counted" in page
    assert "Read, not counted: 1" in page
    assert "it measured Invented: sleep" in page


def test_a_change_shows_what_moved_and_what_did_not(client, evidence):
    study = evidence.decided("cos")
    number = re.search(r'href="/changes/(\d+)"', client.get("/interventions/cos").text)
    assert number
    page = client.get(f"/changes/{number[1]}")
    words = text(page)
    assert (
        "Findings Before Generally positive After Positive to 2021, little or no difference since Moved? Moved"
    ) in words
    assert "Evidence tier Before Strong After Strong Moved? Unchanged" in words
    assert "Studies counted Before 8–17 After 9–18 Moved? Moved" in words
    assert f"/interventions/cos/studies/{study}" in page.text
    assert client.get("/changes/999999").status_code == 404


def test_the_ledger_pages_backwards(client, evidence):
    evidence.decided("cos")
    evidence.decided("vipp")
    newest = re.findall(r'href="/changes/(\d+)"', client.get("/changes").text)
    assert len(newest) == 12, "two changes, and the ten as published"
    older = client.get(f"/changes?before={newest[0]}").text
    assert f'href="/changes/{newest[1]}"' in older
    assert f'href="/changes/{newest[0]}"' not in older
    for nonsense in ("x", "-1", "9" * 40, "1e3", ""):
        assert client.get(f"/changes?before={nonsense}").status_code == 200


def test_the_method_page_prints_the_rules_that_decide(client, catalogue):
    words = text(client.get("/method"))
    assert "8 or more high-quality studies, 2 or more of them randomised trials" in words
    for directions in catalogue.gap.matrix.values():
        for bands in directions.values():
            for cell in bands.values():
                assert cell.sentence in words
    assert "one of these four must be used at least as much" in words


def test_sources_say_when_they_were_heard(client, evidence, published, settings, clock):
    from monitor.feeds import service as feeds
    from monitor.feeds.sources import SOURCES
    from monitor.kernel.errors import SourceError, SourceFault

    assert "No source has answered yet" in text(client.get("/"))
    evidence.arrives("cos")
    with published.write() as session:
        lease = feeds.lease(session, "europepmc", clock(), 60)
        assert lease
        poll = feeds.start_poll(session, lease, clock())
        error = SourceError(SourceFault.UNREACHABLE, "503 service unavailable")
        feeds.fail(session, lease, poll, error, at=clock())
    clock.advance(hours=1)
    words = text(client.get("/"))
    asked = sum(definition.enabled(settings) for definition in SOURCES.values())
    assert f"1 of {asked} sources answered in the last 24 hours, not counting any that" in words
    assert re.search(r"A study that only [^.]*Europe PMC[^.]*Crossref would have sent", words)
    assert "A retraction that only Crossref would have told may be missing." in words
    assert "PubMed Last searched today, 06:10 Last new item today, 06:10 State Complete" in words
    assert "Not answering since 23 November 2026; we keep trying" in words


def test_the_notice_stands_on_every_page(make_app):
    client = make_app({"web": {"notice": "All <b>invented</b> & shown."}}).test_client()
    for path in (*PAGES, "/interventions/cos", "/nope", "/sign-in"):
        assert "All &lt;b&gt;invented&lt;/b&gt; &amp; shown." in client.get(path).text, path


def test_before_the_baseline_is_published_pages_say_so(database, settings, clock):
    app = create_app(service_of(database, settings, clock), testing=True)
    page = app.test_client().get("/")
    assert page.status_code == 404
    assert "gap-monitor init" in page.text


def test_healthz(client):
    answer = client.get("/healthz")
    assert (answer.status_code, answer.text) == (200, "ok\n")
    assert answer.content_type == "text/plain; charset=utf-8"


def test_a_quote_that_stands_in_what_is_held_has_no_mark(client, evidence):
    study = evidence.decided("cos", quote="A sentence only the abstract has")
    words = text(client.get(f"/interventions/cos/studies/{study}"))
    assert "“A sentence only the abstract has”" in words
    assert "Not word for word" not in words


def test_a_share_takes_the_place_of_ranks_wherever_use_is_told(client, evidence, published):
    """The first survey with shares: no page may say that use is not known."""
    with published.write() as session:
        wave = waves.first(session, evidence.clock())
        workflow.publish_wave(
            session, evidence.service, wave_id=wave.id, by=waves.BY, at=evidence.clock()
        )
    overview = client.get("/")
    assert "Use: Services 2026, May to July 2026." in text(overview)
    assert "early 2020" not in text(overview)
    told = "158 of 734 services (21.5%)"
    assert f"In the middle {told}" in row(overview, "Video-feedback Intervention[^<]*")
    page = text(client.get("/interventions/vipp"))
    assert f"In the middle {told}, May to July 2026" in page
    assert "Widely used 257 of 734 services (35.0%)" in text(client.get("/priorities"))
    cos = text(client.get("/interventions/cos"))
    assert "Between two bands 177 of 734" in cos
    assert "In either it would be aligned." in cos
    pip = "Use lies between two bands. The gap may be under-used or aligned."
    assert pip in row(overview, "Parent[^<]*")


def test_before_any_source_has_answered_no_change_is_known_and_none_is_denied(
    client, published, now
):
    with published.write() as session:
        session.execute(update(SourceRow).values(last_success_at=None))
    unheard = "No source has answered yet, so nothing published since the review can be shown."
    overview, changes = text(client.get("/")), text(client.get("/changes"))
    assert f"None is known. {unheard}" in overview
    assert "None since the 2023 review" not in overview
    assert "kept up to date here" not in overview
    assert "No change is known: no source has answered yet" in changes
    with published.write() as session:
        session.execute(
            update(SourceRow).where(SourceRow.name == "pubmed").values(last_success_at=now)
        )
    assert "None since the 2023 review. All ten stand as it published them." in text(
        client.get("/")
    )
    assert "a 2023 review, kept up to date here since." in text(client.get("/"))
    assert "Nothing has changed since the 2023 review." in text(client.get("/changes"))
