"""A wave from a draft to a reader, and back: previewed, published, told, withdrawn, corrected."""

from datetime import date, timedelta

import pytest
import rows  # type: ignore[import-not-found]  # tests/support is on pytest's path
import waves  # type: ignore[import-not-found]  # tests/support is on pytest's path
from letters import read  # type: ignore[import-not-found]  # tests/support is on pytest's path
from published import publish  # type: ignore[import-not-found]  # tests/support is on pytest's path
from services import SECRET, service_of  # type: ignore[import-not-found]  # tests/support is on pytest's path

from monitor import workflow
from monitor.catalogue.words import GapKind, UsageBand
from monitor.feeds import service as feeds
from monitor.gap import in_step, queries
from monitor.gap.previews import waves as wave_previews
from monitor.gap.tables import Change
from monitor.kernel import settings as settings_module
from monitor.kernel.errors import Conflict
from monitor.notify import queries as notify
from monitor.notify.announcements import wave_news
from monitor.notify.digests import practice
from monitor.notify.messages import claiming
from monitor.notify.tables import Announcement, Message, MessageState, Subscriber
from monitor.notify.writing.rendering import render
from monitor.usage import queries as usage_queries
from monitor.usage import service
from monitor.usage.tables import WaveState

DATA = {
    "web": {"public_url": "https://monitor.example.org"},
    "mail": {"from_address": "news@example.org"},
}


class World:
    """The published baseline in one session, a reader of each intervention, and waves."""

    def __init__(self, session, database, at, folder):
        self.session, self.at = session, at
        settings = settings_module.parse(DATA, folder=folder)
        self.service = service_of(database, settings, lambda: at)
        publish(session, self.service, at)
        feeds.sync_sources(session, settings, at)
        for slug in self.service.catalogue.slugs:
            self.reader(slug, slug)

    def reader(self, name, *slugs):
        return rows.reader(self.session, name, *slugs, at=self.at)

    def publish(self, wave):
        self.at += timedelta(days=1)
        workflow.publish_wave(self.session, self.service, wave_id=wave.id, by=waves.BY, at=self.at)
        return wave

    def withdraw(self, wave, reason="Two services answered twice"):
        self.at += timedelta(days=1)
        workflow.withdraw_wave(
            self.session, self.service, wave_id=wave.id, reason=reason, by=waves.BY, at=self.at
        )

    def two_waves(self):
        self.publish(waves.first(self.session, self.at))
        return self.publish(waves.later(self.session, self.at))

    def messages(self, since=0):
        self.session.flush()
        found = self.session.query(Message).filter(Message.announcement_id > since)
        return found.order_by(Message.id).all()

    def newest_announcement(self):
        return self.session.query(Announcement).order_by(Announcement.id.desc()).first()

    def mail(self, message):
        (claimed,) = claiming.read(self.session, [message.id])
        letter = read(render(claimed, self.service.settings, SECRET))
        return letter.message["Subject"], " ".join(letter.text.split()), letter.html

    def changes(self, kind):
        self.session.flush()
        found = self.session.query(Change).filter(Change.cause_kind == kind).order_by(Change.id)
        return list(found)


@pytest.fixture
def world(session, database, now, tmp_path):
    return World(session, database, now, tmp_path)


def test_a_wave_that_changes_one_use_tells_both_shares_whole(world):
    world.two_waves()
    change = next(c for c in world.changes("wave published") if "use" in c.kinds)
    assert change.slug == "vipp"
    assert [c.slug for c in world.changes("wave published") if "use" in c.kinds] == ["vipp"]
    assert (
        "use fell from 21.5% (158 of 734 services, May to July 2026) to 14.3% (99 of 690 services, "
        "February to April 2029): −7.2 points (95% interval −11.5 to −2.9)"
    ) in change.sentence
    assert "the tier stays strong, findings still generally positive" in change.sentence
    message = next(
        m for m in world.messages() if m.announcement_id == world.newest_announcement().id
    )
    subject, text, html = world.mail(message)
    assert message.address == "vipp@reader.example"
    assert "use now 14.3%, was 21.5%, tier still strong" in subject
    for words in (
        "158 of 734 services, May to July 2026",
        "99 of 690 services, February to April 2029",
        "−7.2 points (95% interval −11.5 to −2.9)",
        "Was 21.5% (158 of 734 services, May to July 2026), now 14.3% (99 of 690 services, February to April 2029), 95% interval 11.7% to 17.4%",
        "FEWER SERVICES USE IT, 14.3%, WAS 21.5%",
        "Intervals show sampling error only: services chose to answer.",
        "The tier says how much good research there is, not whether it works.",
    ):
        assert words in text, words
    assert "158 of 734 services" in html


def test_nine_new_figures_are_no_changes_and_say_which_condition_failed(world):
    world.two_waves()
    quiet = [
        c
        for c in world.changes("wave published")
        if c.after["use"]["before"] and "use" not in c.kinds
    ]
    assert len(quiet) == 9
    for change in quiet:
        assert "new figure of use, not a change:" in change.sentence
        assert "the interval holds 0, so this may be chance" in change.sentence
    assert [m.address for m in world.messages(world.newest_announcement().id - 1)] == [
        "vipp@reader.example"
    ]


def test_the_first_shares_move_gaps_and_are_told_as_new_figures(world):
    before = {e.slug: e.state for e in queries.overview(world.session, world.service.catalogue)}
    world.publish(waves.first(world.session, world.at))
    after = {e.slug: e.state for e in queries.overview(world.session, world.service.catalogue)}
    moved = [slug for slug in after if before[slug].kind is not after[slug].kind]
    assert moved
    told = {m.address.partition("@")[0] for m in world.messages()}
    assert told == set(moved)
    for change in world.changes("wave published"):
        assert "use" not in change.kinds
        assert "no earlier survey gives a share" in change.sentence
    subject, text, _ = world.mail(world.messages()[0])
    assert "tier still" in subject
    assert "on a new figure of use" in text.lower()


def test_a_preview_is_what_publishing_then_does(world):
    world.publish(waves.first(world.session, world.at))
    wave = waves.later(world.session, world.at)
    seen = wave_previews.of_publishing(world.session, world.service.catalogue, wave)
    assert seen.news == ["vipp"]
    assert [e.slug for e in seen.effects if e.use_changes] == ["vipp"]
    assert sum(e.is_new_figure for e in seen.effects) == 9
    assert notify.followers(world.session, seen.news) == 1
    world.publish(wave)
    states = {e.slug: e.state for e in queries.overview(world.session, world.service.catalogue)}
    assert {e.slug: e.after for e in seen.effects} == states
    back = wave_previews.of_withdrawing(world.session, world.service.catalogue, wave)
    assert {e.slug: e.after for e in back.effects} == {e.slug: e.before for e in seen.effects}
    assert back.agreement_after == seen.agreement_before


def test_withdrawing_undoes_it_and_tells_whoever_was_told(world):
    world.publish(waves.first(world.session, world.at))
    before = {e.slug: e.state for e in queries.overview(world.session, world.service.catalogue)}
    wave = world.publish(waves.later(world.session, world.at))
    (told,) = world.messages(world.newest_announcement().id - 1)
    told.state = MessageState.SENT
    world.session.get_one(Subscriber, told.subscriber_id).interventions = ["ddp"]
    world.reader("new", "vipp")
    first = world.newest_announcement()
    world.withdraw(wave)
    states = {e.slug: e.state for e in queries.overview(world.session, world.service.catalogue)}
    assert states == before
    assert [m.address for m in world.messages(first.id)] == [
        "vipp@reader.example",
        "new@reader.example",
    ]
    assert wave_news.readers_told(world.session, wave.id) == 3
    subject, text, _ = world.mail(world.messages(first.id)[0])
    assert subject.startswith("Correction: ")
    assert "use is again told as 21.5%, not 14.3%" in subject
    assert "IS WITHDRAWN" in text
    assert "Two services answered twice" in text
    assert "Use is told again as 21.5% (158 of 734 services, May to July 2026)" in text
    assert "99 of 690 services" in text
    change = world.changes("wave withdrawn")[0]
    assert change.kinds == ["use"]
    world.session.refresh(first)
    assert first.overtaken_by == world.newest_announcement().id


def test_a_mail_not_handed_over_yet_never_is(world):
    wave = world.two_waves()
    (waiting,) = world.messages(world.newest_announcement().id - 1)
    world.withdraw(wave)
    world.session.refresh(waiting)
    assert waiting.state is MessageState.CANCELLED


def test_withdrawing_the_only_wave_leaves_the_published_ranks(world):
    before = {e.slug: e.state for e in queries.overview(world.session, world.service.catalogue)}
    wave = world.publish(waves.first(world.session, world.at))
    told = {m.address for m in world.messages()}
    sent = world.newest_announcement().id
    for message in world.messages():
        message.state = MessageState.SENT
    world.withdraw(wave)
    states = {e.slug: e.state for e in queries.overview(world.session, world.service.catalogue)}
    assert states == before
    assert states["vipp"].ranks == (4, 7, 9, 10)
    assert {m.address for m in world.messages(sent)} == told
    _, text, _ = world.mail(world.messages(sent)[0])
    assert (
        "the share of services that use it is not known, as the survey “Services 2026” is withdrawn"
        in text.replace("The share", "the share")
    )


def test_noise_that_flips_a_band_moves_the_gap_and_mails_nobody(world):
    """24.9% then 25.1% of the same question: no change of use, so no news, whatever the band."""
    world.publish(waves.draft(world.session, world.at, {"vipp": 183, "ddp": 300}, 734))
    sent = world.newest_announcement().id
    wave = waves.draft(world.session, world.at, {"vipp": 173, "ddp": 282}, 690, **waves.LATER)
    world.publish(wave)
    state = queries.state(world.session, "vipp")
    if not world.service.catalogue.gap.reads_intervals:
        assert (state.band, state.kind) == (UsageBand.WIDE, GapKind.ALIGNED)
    assert state.use
    assert state.use.failed
    assert world.messages(sent) == []


def test_two_who_publish_it_do_it_once(world):
    wave = world.two_waves()
    with pytest.raises(Conflict, match="is published: only a draft"):
        world.publish(wave)
    assert wave.state is WaveState.PUBLISHED


def test_a_wave_of_families_moves_nothing_and_mails_nobody(world):
    before = {e.slug: e.state for e in queries.overview(world.session, world.service.catalogue)}
    about = waves.about(name="Families", unit="families", responses=501, services=None)
    read = waves.read(b"intervention,numerator,denominator,unit\nddp,41,501,families", about)
    wave = service.draft(world.session, read, by=waves.BY, at=world.at)
    seen = wave_previews.of_publishing(world.session, world.service.catalogue, wave)
    assert not seen.news
    world.publish(wave)
    assert {
        e.slug: e.state for e in queries.overview(world.session, world.service.catalogue)
    } == before
    assert world.changes("wave published") == []
    assert world.messages() == []


def test_agreement_is_told_for_each_wave_newest_first(world):
    world.two_waves()
    told = in_step.history(world.session, world.service.catalogue)
    assert [one.wave for one in told] == ["Services 2029", "Services 2026", "2020"]
    assert told[0].is_now
    assert told[-1].figure == "−0.53 to −0.37"
    assert told[-1].source == "published ranks, as ranges"
    assert told[-1].sentence == "No: the more evidence, the less use."
    assert told[0].source == "shares of 690 services; bootstrap interval"
    tiers = {e.slug: e.state.tier for e in queries.overview(world.session, world.service.catalogue)}
    newest = in_step.now(world.session, tiers, world.at)
    assert newest
    assert newest.agreement == told[0].agreement


def test_a_question_that_changed_by_one_word_is_never_a_change(world):
    world.publish(waves.first(world.session, world.at))
    world.publish(
        waves.later(
            world.session, world.at, question=waves.QUESTION.replace("offered", "used"),
            field_to=date(2029, 4, 30),
        )
    )  # fmt: skip
    state = queries.state(world.session, "vipp")
    assert state.use
    assert state.use.failed == ("same question",)
    assert state.use.difference is None
    assert "use" not in {kind for c in world.changes("wave published") for kind in c.kinds}


def test_a_change_between_two_waves_is_told_in_whatever_order_they_come(world):
    earlier = waves.first(world.session, world.at)
    world.publish(waves.later(world.session, world.at))
    sent = world.newest_announcement().id
    seen = wave_previews.of_publishing(world.session, world.service.catalogue, earlier)
    assert seen.news == ["vipp"]
    world.publish(earlier)
    changes = [c for c in world.changes("wave published") if "use" in c.kinds]
    assert [c.slug for c in changes] == ["vipp"]
    assert "use fell from 21.5% (158 of 734 services, May to July 2026) to 14.3%" in (
        changes[0].sentence
    )
    (told,) = world.messages(sent)
    subject, text, _ = world.mail(told)
    assert told.address == "vipp@reader.example"
    assert "use now 14.3%, was 21.5%" in subject
    assert "−7.2 points (95% interval −11.5 to −2.9)" in text


@pytest.fixture
def three(world):
    """Two waves with two changes of use, both mailed, of which one moved no gap by the first wave."""
    before, after = {**waves.BEFORE, "icp": 250}, {**waves.AFTER, "icp": 300}
    world.publish(waves.draft(world.session, world.at, before))
    first = world.newest_announcement()
    assert "icp" not in first.slugs
    world.publish(waves.draft(world.session, world.at, after, 690, **waves.LATER))
    assert world.newest_announcement().slugs == ["vipp", "icp"]
    for message in world.messages():
        message.state = MessageState.SENT
    world.session.flush()
    return world


def test_withdrawing_the_wave_before_corrects_whoever_was_told_of_a_change_from_it(three):
    sent = three.newest_announcement().id
    wave = next(w for w in usage_queries.waves(three.session) if w.name == "Services 2026")
    assert wave_news.readers_to_correct(three.session, wave) == 7
    three.withdraw(wave)
    told = {message.address.partition("@")[0]: message for message in three.messages(sent)}
    assert {"vipp", "icp"} <= set(told)
    subject, text, _ = three.mail(told["icp"])
    assert subject.startswith("Correction: ")
    assert "use still 43.5%, no change any more" in subject
    assert "use rose from 34.1% (250 of 734 services, May to July 2026) to 43.5%" in text
    assert "no earlier survey gives a share; the change told before, from 34.1%" in text
    assert three.changes("wave withdrawn")[-1].kinds == ["use"]
    quoted = three.mail(told["vipp"])[1]
    assert "use fell from 21.5%" in quoted


def test_a_mail_of_a_change_from_a_withdrawn_wave_is_never_handed_over(world):
    first = world.publish(waves.first(world.session, world.at))
    world.publish(waves.later(world.session, world.at))
    (waiting,) = world.messages(world.newest_announcement().id - 1)
    world.withdraw(first)
    world.session.refresh(waiting)
    assert waiting.state is MessageState.CANCELLED


def test_a_wave_from_between_two_replaces_their_change_and_mails_nobody(three):
    """What was told names its dates, and stays true."""
    sent = three.newest_announcement().id
    between = waves.draft(
        three.session, three.at, {**waves.AFTER, "icp": 300}, 690,
        **{**waves.LATER, "name": "Services 2028", "field_from": date(2028, 2, 1),
           "field_to": date(2028, 4, 30)},
    )  # fmt: skip
    seen = wave_previews.of_publishing(three.session, three.service.catalogue, between)
    assert seen.news == []
    three.publish(between)
    assert three.messages(sent) == []
    change = next(c for c in three.changes("wave published")[::-1] if c.slug == "icp")
    assert change.kinds == ["use"]
    assert "is replaced by this" in change.sentence
    three.withdraw(between)
    assert three.messages(sent) == []  # it stands again as it was told
    assert {c.slug for c in three.changes("wave withdrawn") if "use" in c.kinds} == {"vipp", "icp"}
    state = queries.state(three.session, "icp")
    assert state.use
    assert state.use.changed


def test_a_survey_that_gives_ranks_alone_withdraws_nothing_and_mails_nobody(world):
    world.publish(waves.first(world.session, world.at))
    sent = world.newest_announcement().id
    head = "intervention,numerator,denominator,unit,rank_low,rank_high"
    ranks = waves.read(f"{head}\nvipp,,,services,9,10".encode(), waves.about(**waves.LATER))
    assert ranks.problems == ()
    world.publish(service.draft(world.session, ranks, by=waves.BY, at=world.at))
    change = next(c for c in world.changes("wave published")[::-1] if c.slug == "vipp")
    assert "the newest survey gives no share of it; the one before it told 21.5%" in change.sentence
    assert "withdrawn" not in change.sentence
    assert queries.state(world.session, "vipp").kind.value != change.before["kind"]
    assert world.messages(sent) == []
    told = in_step.history(world.session, world.service.catalogue)
    assert [one.wave for one in told] == ["Services 2026", "2020"], (
        "one of ten tells nothing of all"
    )
    tiers = {e.slug: e.state.tier for e in queries.overview(world.session, world.service.catalogue)}
    newest = in_step.now(world.session, tiers, world.at)
    assert newest
    assert (newest.wave, newest.agreement.of) == ("Services 2026", 10)


def test_a_quarters_digest_says_whether_use_follows_evidence(world):
    catalogue = world.service.catalogue
    facts = practice.frozen(world.session, catalogue, world.at)
    (words,) = practice.told(facts)
    assert words == (
        "No: the more evidence, the less use. Kendall’s tau-b over all ten: −0.53 to −0.37, published "
        "ranks, as ranges (survey “2020”, running by January 2020). 1 is in step, 0 no link, −1 the "
        "exact opposite."
    )
    world.two_waves()
    newest = practice.frozen(world.session, catalogue, world.at)
    assert newest
    assert (newest["wave"], newest["of"]) == ("Services 2029", "ten")
    assert practice.told(None) == []
