"""Databases that people search: the strings, whose turn it is, and what an export proves of a day."""

from datetime import date, timedelta

import pytest

from monitor.catalogue.loader import load
from monitor.feeds.completeness import days
from monitor.feeds.completeness.exports import exports
from monitor.feeds.completeness.verdicts import Missing
from monitor.feeds.files import intake, syntaxes
from monitor.feeds.files.intake import FileOrigin
from monitor.feeds.records import Citation, FetchedRecord
from monitor.feeds.service import Effort
from monitor.feeds.sources import SOURCES, databases
from monitor.feeds.sources.databases import DATABASES, Platform
from monitor.feeds.tables import Record
from monitor.feeds.watermarks import Query
from monitor.kernel.errors import ConfigError
from monitor.kernel.settings import parse

ASKED = {"psycinfo": {"person": "ada@example.org", "every_days": 30}}


@pytest.fixture
def settings(nobody_asked, tmp_path):
    return parse({"sources": {**nobody_asked, "by_file": ASKED}}, folder=tmp_path)


def bring(session, day: date, at, *, source="psycinfo", whole=True):
    record = FetchedRecord("text:1", b"TY  - JOUR", "x-ris", Citation("Theraplay, invented"))
    file = intake.start(session, Query(f"sha256:{day}", "RIS"), at, origin=FileOrigin(source, day))
    intake.keep(session, file, [record], at)
    if whole:
        intake.finish(session, file, Effort(at, 1, 0), at=at)


@pytest.mark.parametrize("platform", Platform)
@pytest.mark.parametrize("slug", load().slugs)
def test_every_string_is_one_line_balanced_and_has_every_name(platform, slug):
    one = load().intervention(slug)
    text = syntaxes.query(platform, one)
    assert "\n" not in text
    assert text.count("(") == text.count(")")
    assert text.count('"') % 2 == 0
    folded = " ".join(text.casefold().replace("-", " ").split())
    for form in one.full_forms:
        words = syntaxes._spaced(syntaxes._plain(form))
        # a longer name is found by the shorter one that it holds
        assert any(
            f" {syntaxes._spaced(name)} " in f" {words} " for name in syntaxes._names(one)
        ), form
        assert words in folded or any(
            syntaxes._spaced(name) in words for name in syntaxes._names(one)
        )


def test_each_platform_has_its_own_way_of_naming_the_fields():
    one = load().intervention("theraplay")
    assert syntaxes.query(Platform.OVID, one) == '(theraplay or "sunshine circles").ti,ab.'
    assert syntaxes.query(Platform.PROQUEST, one) == 'TIAB(theraplay OR "sunshine circles")'
    assert syntaxes.query(Platform.EBSCO, one) == (
        'TI ( theraplay OR "sunshine circles" ) OR AB ( theraplay OR "sunshine circles" )'
    )


def test_an_abbreviation_stands_beside_what_the_catalogue_requires():
    text = syntaxes.query(Platform.OVID, load().intervention("ddp"))
    assert "((DDP) and (dyadic or adopt* or " in text


def test_no_database_is_called_as_a_source():
    assert not DATABASES.keys() & (SOURCES.keys() | {databases.BROUGHT})


def test_a_database_that_there_is_not_is_told(tmp_path):
    typo = {"psychinfo": {"person": "ada@example.org"}}
    with pytest.raises(
        ConfigError, match=r"sources\.by_file\.psychinfo: there is no such database"
    ):
        databases.check(parse({"sources": {"by_file": typo}}, folder=tmp_path))


def test_an_export_is_the_databases_attempt_with_its_day(session, settings, now):
    (before,) = exports(session, settings)
    assert (before.exported, before.due, before.is_due(now)) == (None, None, True)
    bring(session, now.date() - timedelta(days=3), now)
    (after,) = exports(session, settings)
    assert after.exported == now.date() - timedelta(days=3)
    assert after.due == now.date() + timedelta(days=27)
    assert not after.is_due(now)
    assert after.is_due(now + timedelta(days=27))
    assert session.query(Record).one().source == "psycinfo"


def test_one_that_was_cut_off_is_no_export(session, settings, now):
    bring(session, now.date(), now, whole=False)
    assert exports(session, settings)[0].exported is None


def test_a_file_of_another_database_proves_nothing_of_this(session, settings, now):
    bring(session, now.date(), now, source="eric")
    assert exports(session, settings)[0].exported is None


def test_is_anything_missing_counts_what_people_bring(session, settings, now):
    def verdict(on, at):
        report = days.report(session, settings, load(), on, at)
        return report.verdict, next(one for one in report.sources if one.name == "psycinfo").verdict

    yesterday = now.date() - timedelta(days=1)
    whole, mine = verdict(yesterday, now)
    assert mine.word is whole.word is Missing.NOT_KNOWN
    assert mine.sentence == "Not known: no export of it was brought yet."
    bring(session, yesterday, now)
    assert verdict(yesterday, now)[1].word is Missing.NOT_KNOWN, "the day of the export went on"
    assert "the last export of it is of" in verdict(yesterday, now)[1].sentence
    bring(session, now.date(), now)
    whole, mine = verdict(yesterday, now)
    assert mine.word is whole.word is Missing.NOTHING
    assert mine.sentence.startswith("An export of ")


def test_what_nobody_is_asked_for_is_brought_by_hand_as_before(
    session, nobody_asked, tmp_path, now
):
    settings = parse({"sources": nobody_asked}, folder=tmp_path)
    bring(session, now.date(), now)
    report = days.report(session, settings, load(), now.date(), now)
    (mine,) = [one for one in report.sources if one.name == "psycinfo"]
    assert (mine.title, mine.verdict.word) == ("APA PsycINFO, by file", Missing.BY_HAND)
