"""A digest as its reader sees it: the subject, the first lines, both parts alike, and how large it may be."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from html import unescape

import pytest
from letters import read, text_of  # type: ignore[import-not-found]  # tests/support is on pytest's path
from test_notify_rendering import SECRET, parts  # type: ignore[import-not-found]  # beside it

from monitor.catalogue.words import Direction, Tier
from monitor.notify.digests import making
from monitor.notify.digests.making import Workshop
from monitor.notify.messages import outbox
from monitor.notify.tables import MessageKind
from monitor.notify.words import USUAL, Kind
from monitor.notify.writing import digest_wording
from monitor.notify.writing.mail_merge import MailMerge
from monitor.notify.writing.rendering import render

POSITIVE, MIXED = Direction.GENERALLY_POSITIVE, Direction.MIXED
DAY = timedelta(days=1)


@pytest.fixture
def w(session, world):
    return world(session)


@pytest.fixture
def mails(w, settings, catalogue):
    """Make what is due after so many days, and give it claimed."""

    def mails(days=8):
        at = w.at + days * DAY + timedelta(hours=1)
        making.make_next(w.session, Workshop(settings, catalogue), at=at)
        claimed = outbox.claim(w.session, at=at, limit=99, lease_seconds=60)
        return [one for one in claimed if one.kind is MessageKind.DIGEST]

    return mails


def moved(w, slug, before, after, label, **facts):
    study = w.study(label, title=f"Of {slug} <b>{{{{ 7 * 7 }}}}</b>", doi=f"10.1000/{label}")
    change = w.change(
        w.decide(study, slugs=(slug,), **facts),
        slug,
        before=w.state(slug, *before),
        after=w.state(slug, *after),
    )
    w.announce(change)


def words(text):
    """Give the words alone, in lower case: the text part writes headings in capitals."""
    return re.sub(r"\W+", " ", text).lower().split()


def test_the_heaviest_change_is_the_subject_and_the_first_line(w, mails, settings):
    w.digested("anna", "cos", "vipp", "vig")
    moved(w, "vig", (MIXED, (8, 17)), (MIXED, (9, 18)), "COUNT")
    moved(
        w,
        "vipp",
        (POSITIVE, (4, 5), Tier.WEAK),
        (POSITIVE, (4, 5), Tier.WEAK, Tier.INTERMEDIATE),
        "MINOR",
    )
    moved(w, "cos", (POSITIVE, (8, 17)), (MIXED, (9, 18)), "MAJOR")
    (one,) = mails()
    message, text, page = parts(render(one, settings, SECRET))
    assert message["Subject"].startswith(
        "Circle of Security: tier still strong, findings now mixed"
    )
    assert message["Subject"].endswith("; and 1 more change")
    assert "CIRCLE OF SECURITY: A UK RANDOMISED TRIAL" in text
    assert "2 of 3 interventions you follow" in text
    assert (
        text.index("1. CIRCLE OF SECURITY")
        < text.index("2. VIDEO-FEEDBACK")
        < text.index("ADDED, AND NOTHING MOVED")
    )
    assert "COUNT was" in text.partition("ADDED, AND NOTHING MOVED")[2]
    assert "COUNT" not in text.partition("ADDED, AND NOTHING MOVED")[0]
    for said in (text, page.text):
        assert "{{ 7 * 7 }}" in said, "what comes from outside is never a template"
        assert "Randomised trial, UK, 371 people" in " ".join(said.split())
        assert "If this turns out to be wrong, we will write to you again" in " ".join(said.split())


def test_both_parts_say_the_same(w, mails, settings):
    w.digested("anna", "cos", "vipp", "vig")
    moved(w, "vig", (MIXED, (8, 17)), (MIXED, (9, 18)), "COUNT")
    moved(w, "cos", (POSITIVE, (8, 17)), (MIXED, (9, 18)), "MAJOR")
    (one,) = mails()
    raw = render(one, settings, SECRET)
    body = read(raw).html.partition('<div role="article"')[2].partition(">")[2]
    shown = set(words(unescape(re.sub(r"<[^>]+>", " ", body))))
    text = set(words(re.sub(r"https?://\S+", " ", text_of(raw))))
    # a mark is explained where it is drawn; a button says "see", the line over its address does not
    assert shown - text <= {"right", "is", "more", "used", "see"}
    assert text - shown <= {"it"}


def test_a_quarter_without_change_is_proof_that_we_looked(w, mails, settings):
    w.heard(pubmed=1)
    w.digested("anna", "cos", kinds=[*USUAL, Kind.PROOF])
    (one,) = mails(39)
    message, text, page = parts(render(one, settings, SECRET))
    assert message["Subject"] == "Nothing changed: proof that we looked"
    for part in (text, page.text):
        said = " ".join(part.split())
        assert (
            "No tier, no finding, no use and no gap moved for the intervention you follow" in said
        )
        assert "0 of 1 intervention you follow changed" in said
        assert "No paper was screened." in said
        assert "None of 5 sources was searched to the end of 31 December 2026" in said


def test_ten_changes_of_several_studies_stay_below_what_mail_programs_cut_off(
    w, mails, settings, catalogue
):
    w.digested("anna", *catalogue.slugs)
    for slug in catalogue.slugs:
        for step in range(3):
            facts = {"outcome": "An outcome with a long name, as some have. " * 20}
            moved(
                w,
                slug,
                (POSITIVE, (8 + step, 17)),
                (MIXED, (9 + step, 18)),
                f"{slug}-{step}-" + "x" * 80,
                **facts,
            )
    (one,) = mails()
    raw = render(one, settings, SECRET)
    assert len(raw) < 60_000
    assert "And 1 more study: the page has them all." in text_of(raw)


def test_thousands_are_written_from_one_form(w, mails, settings):
    for name in ("anna", "ben", "cara"):
        w.digested(name, "cos")
    moved(w, "cos", (POSITIVE, (8, 17)), (MIXED, (9, 18)), "MAJOR")
    claimed = mails()
    merge = MailMerge(settings, SECRET)
    assert [merge.write(one) for one in claimed] == [
        render(one, settings, SECRET) for one in claimed
    ]
    assert len(merge._forms) == 1


def test_a_correction_quotes_what_its_reader_was_told(w, mails, settings):
    w.digested("anna", "cos")
    moved(w, "cos", (POSITIVE, (8, 17)), (MIXED, (9, 18)), "MAJOR")
    (digest,) = mails()
    outbox.sent(w.session, digest, reply="250", at=w.at + 8 * DAY)
    change = digest.content["changes"][0]
    told = f"{change['name']}: {change['brief']}"
    assert change["brief"][1:] in " ".join(text_of(render(digest, settings, SECRET)).split())
    w.at += 20 * DAY
    study = w.session.get_one(type(w.study("X", doi="10.1000/x")), 1)
    w.withdraw_and_announce(study, reason="A mistake.")
    (one,) = outbox.claim(w.session, at=w.at, limit=9, lease_seconds=60)
    message, text, page = parts(render(one, settings, SECRET))
    assert message["Subject"].startswith("Correction: ")
    for part in (text, page.text):
        said = " ".join(part.split())
        assert "On 1 December 2026 we told you:" in said
        assert f"“{told}”" in said
        assert "That no longer holds; this does:" in said


@pytest.mark.parametrize(
    ("since", "at", "said"),
    [
        ((2029, 3, 1), (2029, 4, 1), "in March 2029"),
        ((2029, 7, 1), (2029, 10, 1), "from July to September 2029"),
        ((2029, 12, 1), (2030, 2, 1), "from December 2029 to January 2030"),
        ((2029, 3, 12), (2029, 4, 1), "from 12 to 31 March 2029"),
        ((2029, 3, 26), (2029, 4, 2), "from 26 March to 1 April 2029"),
        ((2029, 12, 31), (2030, 1, 7), "from 31 December 2029 to 6 January 2030"),
        ((2029, 3, 12), (2029, 3, 13), "on 12 March 2029"),
        ((2029, 3, 12), (2029, 3, 12), "on 12 March 2029"),
    ],
)
def test_a_period_is_told_as_people_say_it(since, at, said):
    content = {
        "since": datetime.combine(date(*since), time(0), UTC).isoformat(),
        "at": datetime.combine(date(*at), time(7), UTC).isoformat(),
    }
    assert digest_wording.period(content) == said


def test_silent_sources_are_named_with_how_long():
    silent = [{"from": "2029-03-28T06:00:00+00:00", "to": "2029-03-31T06:00:00+00:00"}]
    source = {
        "title": "ISRCTN",
        "state": "ok",
        "last_success": "2029-04-01T05:00:00+00:00",
        "silent": silent,
    }
    well = {**source, "title": "PubMed", "silent": []}
    facts = {
        "through": "2029-03-31",
        "verdict": "Nothing is missing for 31 March 2029.",
        "sources": [well, source],
        "papers": {"include": 0, "exclude": 14, "unsure": 0},
        "studies": {"accepted": 0, "withdrawn": 0, "retracted": 0},
    }
    assert digest_wording.looked({"looked": facts}) == [
        (
            "Sources",
            (
                "2 of 2 sources searched to 31 March 2029. PubMed answered throughout. ISRCTN was "
                "silent for 3 days, from 28 March 2029; it has answered since."
            ),
        ),
        ("Is anything missing?", "Nothing is missing for 31 March 2029."),
        ("Papers", "14 papers were screened, none qualified."),
        ("Studies", "No study was accepted; none was withdrawn or retracted."),
    ]
    for gone, retracted, said in (
        (1, 0, "1 no longer counts; none was retracted."),
        (1, 1, "1 no longer counts, since it was retracted."),
        (2, 2, "2 no longer count, since they were retracted."),
    ):
        facts["studies"] = {"accepted": 1, "withdrawn": gone, "retracted": retracted}
        told = digest_wording.looked({"looked": facts})[-1]
        assert told == ("Studies", f"1 study was accepted; {said}")
    facts["sources"] = [well]
    assert (
        digest_wording.looked({"looked": facts})[0][1]
        == "1 source searched to 31 March 2029, all healthy."
    )


def test_practice_against_evidence_stands_in_both_parts_and_not_where_it_is_not_known(
    w, mails, settings
):
    w.digested("anna", "cos", kinds=[*USUAL, Kind.PROOF])
    (one,) = mails(39)
    without = text_of(render(one, settings, SECRET))
    assert "FOLLOW EVIDENCE" not in without
    facts = {
        "sentence": "No: the more evidence, the less use.", "of": "ten", "when": "in 2020",
        "figure": "−0.53 to −0.37", "source": "published ranks, as ranges", "wave": "<b>2020</b>",
    }  # fmt: skip
    told = replace(one, content={**one.content, "in_step": facts})
    message, text, _ = parts(render(told, settings, SECRET))
    html = message.get_body(("html",)).get_content()
    assert "DOES USE FOLLOW EVIDENCE?" in text
    assert "No: the more evidence, the less use. Kendall’s tau-b over all ten:" in " ".join(
        text.split()
    )
    assert "&lt;b&gt;2020&lt;/b&gt;" in html
