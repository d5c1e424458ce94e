"""The invented surveys of use are ones that the service takes, and the second asks what the first did."""

from datetime import date, timedelta

import pytest

from monitor.catalogue.loader import load
from monitor.demo import moving_gaps
from monitor.usage import wave_table

TODAY = date(2026, 11, 23)


@pytest.fixture
def surveys(tmp_path):
    written = [moving_gaps.survey_files(tmp_path, number, TODAY) for number in (0, 1)]
    return [wave_table.read(t.read_bytes(), a.read_bytes(), load()) for t, a in written]


def test_both_surveys_are_read_without_a_problem(surveys):
    for read in surveys:
        assert read.problems == ()
        assert len(read.rows) == 10
        assert "Invented" in read.about.name


def test_the_second_asks_a_year_later_what_the_first_asked(surveys):
    first, second = (read.about for read in surveys)
    assert first.question == second.question
    assert second.field_from - first.field_to > timedelta(days=300)
    assert second.field_to < TODAY
    assert first.name != second.name
