"""Waves of use as an admin runs them: bring, preview, publish, withdraw; what is wrong is named."""

import io
import re
from datetime import date

import pytest
import rows  # type: ignore[import-not-found]  # tests/support is on pytest's path
import waves  # type: ignore[import-not-found]  # tests/support is on pytest's path

from monitor import workflow
from monitor.notify.tables import ReaderTerms
from monitor.notify.words import Cadence
from monitor.usage import queries, service, wave_table
from monitor.usage.about import AboutWave
from monitor.usage.tables import WaveState

PARTS = [
    "vipp,80,548,services,England,,,,",
    "vipp,9,61,services,Scotland,,,,",
    "vipp,1,8,services,Wales,,,,",
]


class Admin:
    """An admin's browser that sends forms with its token, and goes where it is led."""

    def __init__(self, browser):
        self.browser = browser
        self.get = browser.get

    def post(self, path, data, follow_redirects=False):
        answer = self.browser.post(path, data, csrf=self.browser.csrf())
        return self.get(answer.location) if follow_redirects and answer.location else answer


@pytest.fixture
def admin(begun, browse):
    return Admin(browse(begun.ada))


@pytest.fixture
def first(begun):
    """The wave of 2026, published."""
    with begun.database.write() as session:
        wave = waves.first(session, begun.at)
        workflow.publish_wave(session, begun.service, wave_id=wave.id, by=waves.BY, at=begun.at)
    return wave


@pytest.fixture
def draft(begun, first):
    """The wave of 2029, a draft: one of the ten changed."""
    with begun.database.write() as session:
        return waves.draft(
            session,
            begun.at,
            waves.AFTER,
            690,
            more=PARTS,
            **{**waves.LATER, "name": "<b>2029</b>"},
        )


def _wave(begun, wave):
    with begun.database.read() as session:
        return queries.wave(session, wave.id)


def _files(table=None, about=None):
    return {
        "table": (io.BytesIO(table or waves.table()), "wave.csv"),
        "about": (io.BytesIO(about or waves.about()), "wave.toml"),
    }


def test_a_wave_is_brought_as_a_draft_and_shown_with_what_would_change(begun, admin):
    page = admin.post("/waves", _files(), follow_redirects=True)
    assert page.status_code == 200
    assert "Wave “Services 2026”: nothing is published yet" in page.text
    assert "add 10 new figures" in page.text
    assert "The question of the wave before is not known" in page.text
    with begun.database.read() as session:
        (wave, _) = queries.waves(session)
    assert (wave.state, wave.drafted_by) == (WaveState.DRAFT, f"user:{begun.ada.id}")


def test_what_is_wrong_is_named_row_by_row_and_nothing_is_kept(begun, admin):
    page = admin.post("/waves", _files(waves.table(more=["cos,62,61,services,<i>,,,,"])))
    assert page.status_code == 400
    assert "line 12, cos: numerator: 62 of 61 is a share above 1" in page.text
    assert admin.post("/waves", {}).status_code == 400
    assert "Choose the table, a CSV file" in admin.post("/waves", {}).text
    with begun.database.read() as session:
        assert len(queries.waves(session)) == 1


def test_empty_files_to_begin_with_are_the_columns_and_the_keys_that_are_read(begun, admin):
    table, about = (admin.get(f"/waves/blank/{name}") for name in ("wave.csv", "wave.toml"))
    assert "attachment" in table.headers["Content-Disposition"]
    assert table.text.splitlines()[0] == ",".join(wave_table.COLUMNS)
    assert [line.split(",")[0] for line in table.text.splitlines()[1:]] == list(waves.SLUGS)
    keys = set(re.findall(r"^(?:# )?\[?(\w+)\]?(?: =|  #)", about.text, re.MULTILINE))
    assert set(AboutWave.model_fields) <= keys
    assert admin.get("/waves/blank/other").status_code == 404


def test_a_draft_that_was_in_the_field_before_says_what_stays(begun, admin, draft):
    admin.post(f"/waves/{draft.id}/publish", {"read": "yes"})
    older = waves.about(
        name="Services 2027", field_from=date(2027, 5, 1), field_to=date(2027, 7, 1)
    )
    page = admin.post("/waves", _files(about=older), follow_redirects=True)
    assert "was in the field after this wave" in page.text
    assert "In this wave" not in page.text


def test_readers_are_told_apart_by_how_often_they_chose(begun, admin, draft):
    with begun.database.write() as session:
        for number, cadence in enumerate([None, Cadence.MONTHLY, Cadence.MONTHLY]):
            reader = rows.reader(session, f"r{number}", "vipp", at=begun.at)
            if cadence:
                session.add(
                    ReaderTerms(
                        subscriber_id=reader.id, cadence=cadence, kinds=[], covered_to=begun.at
                    )
                )
    told = " ".join(admin.get(f"/waves/{draft.id}").text.split())
    assert "<dt>Readers told</dt><dd>3</dd>" in told
    assert "<dt>of them, who chose at once</dt><dd>1</dd>" in told
    assert "<dt>of them, by their monthly digest</dt><dd>2</dd>" in told


def test_the_same_wave_twice_is_refused_on_the_page(admin):
    admin.post("/waves", _files())
    page = admin.post("/waves", _files())
    assert page.status_code == 409
    assert "this wave is here already, as “Services 2026”, and is draft" in page.text


def test_a_draft_tells_band_by_band_gap_by_gap_and_how_many_readers(begun, admin, draft):
    page = admin.get(f"/waves/{draft.id}")
    told = " ".join(page.text.split())
    assert "Publishing would change <b>1 use," in told
    assert "and add 9 new figures" in told
    assert "−7.2 (−11.5 to −2.9)" in told
    assert "<b>Changed</b>" in told
    assert "The other 9 new figures: not changes" in told
    assert "New figure: the interval holds 0" in told
    assert "158 of 734" in told
    assert "The question is that of “Services 2026”, word for word." in told
    assert "1 part of fewer than 10: kept, and not shown to the public." in told
    assert "590 of 2,140 invited (28%)" in told
    assert "&lt;b&gt;2029&lt;/b&gt;" in page.text
    assert "<b>2029</b>" not in page.text


def test_publishing_asks_to_have_been_read_and_then_does_it_once(begun, admin, draft):
    address = f"/waves/{draft.id}/publish"
    refused = admin.post(address, {"reason": "Checked"})
    assert refused.status_code == 400
    assert "Tick that you have read what will change" in refused.text
    assert "Checked" in refused.text
    done = admin.post(address, {"reason": "Checked", "read": "yes"}, follow_redirects=True)
    assert "published" in done.text
    assert _wave(begun, draft).state is WaveState.PUBLISHED
    again = admin.post(address, {"read": "yes"})
    assert again.status_code == 409
    assert "only a draft is published" in again.text
    use = admin.get("/use/vipp").text
    assert "Fewer services use it: 14.3%, was 21.5%" in use
    assert "80 of 548 services (14.6%)" in use
    assert "1 of 8" not in use


def test_withdrawing_asks_why_and_undoes_it(begun, admin, first):
    assert "10 messages" not in admin.get(f"/waves/{first.id}/withdraw").text
    address = f"/waves/{first.id}/withdraw"
    assert "Say why: readers are told the reason" in admin.post(address, {}).text
    done = admin.post(address, {"reason": "Answered twice"}, follow_redirects=True)
    assert "Answered twice" in done.text
    assert "It does not count." in done.text
    assert "Use is known only as ranks" in admin.get("/use").text


def test_a_draft_is_discarded(begun, admin, draft):
    assert admin.post(f"/waves/{draft.id}/discard", {}, follow_redirects=True).status_code == 200
    assert _wave(begun, draft).state is WaveState.DISCARDED
    assert "It does not count." in admin.get(f"/waves/{draft.id}").text


def test_the_page_of_all_tells_changes_conflicts_other_units_and_agreement(begun, admin, draft):
    ranks = " ".join(admin.get("/use").text.split())
    assert "New figure" not in ranks
    admin.post(f"/waves/{draft.id}/publish", {"read": "yes"})
    with begun.database.write() as session:
        about = waves.about(name="Fund", unit="families", responses=501, services=None)
        read = waves.read(b"intervention,numerator,denominator,unit\nddp,41,501,families", about)
        wave = service.draft(session, read, by=waves.BY, at=begun.at)
        workflow.publish_wave(session, begun.service, wave_id=wave.id, by=waves.BY, at=begun.at)
    told = " ".join(admin.get("/use").text.split())
    for words in (
        "Use changed for one of the ten",
        "DDP, Theraplay and ICP share the ranks 1st to 4th of 10, which leaves one of these places over",
        "41 of 501 families (8.2%) had Dyadic Developmental Psychotherapy",
        "19% had Dyadic Developmental Psychotherapy and 11% had Theraplay",
        "No: the more evidence, the less use.",
        "−0.53 to −0.37",
        "New figure, not a change: 0.1 (−2.6 to 2.8) points; the interval holds 0",
    ):
        assert words in told, words
    one = " ".join(admin.get("/use/abc").text.split())
    assert "a new figure, not a change" in one
    assert "It does not stand when all are compared at once" in one
    assert admin.get("/use/nothing").status_code == 404


def _offers_to_publish(page):
    return "Publish the wave" in page or "I have read what will change" in page


def test_a_draft_of_another_waves_time_says_so_and_is_not_offered_to_be_published(
    begun, admin, first
):
    with begun.database.write() as session:
        other = waves.first(session, begun.at, name="Other", citation="Another invented survey")
    told = " ".join(admin.get(f"/waves/{other.id}").text.split())
    assert "Wave “Other” cannot be published" in told
    assert "two waves of one time cannot both count. Withdraw the other first" in told
    assert f'<a href="/waves/{first.id}">“Services 2026”</a>: once it is withdrawn' in told
    assert "Checks on the file" in told
    assert "What was asked, and whom" in told
    assert "Discard the draft" in told
    assert not _offers_to_publish(told)
    assert "Publishing would change" not in told
    for read in ({"read": "yes"}, {}):  # a form of before, ticked or not
        refused = admin.post(f"/waves/{other.id}/publish", read)
        assert refused.status_code == 409
        assert "two waves of one time cannot both count" in refused.text
        assert not _offers_to_publish(refused.text)
    admin.post(f"/waves/{first.id}/withdraw", {"reason": "Two services answered twice"})
    assert _offers_to_publish(admin.get(f"/waves/{other.id}").text)


def test_a_draft_of_too_few_returns_is_only_offered_to_be_discarded(begun, admin):
    with begun.database.write() as session:
        wave = waves.first(session, begun.at)
        wave.services = wave.responses = 9
        wave.origin, wave.drafted_by = service.RETURNS, "job:returns"
    told = " ".join(admin.get(f"/waves/{wave.id}").text.split())
    assert "Wave “Services 2026” cannot be published" in told
    assert "so it is never published. Discard it; what they answered is kept" in told
    assert "<dd>the service itself, " in told
    assert not _offers_to_publish(told)
    admin.post(f"/waves/{wave.id}/discard", {})
    assert _wave(begun, wave).state is WaveState.DISCARDED
