"""Which watched papers are due to be looked up."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from monitor.feeds.sources import lookups
from monitor.feeds.watermarks import Watermark

TODAY = date(2026, 11, 23)
POSITIONS = st.sampled_from([None, "", "soon", "2026-11-23T06"]) | st.dates().map(str)


def due(watched, positions, **more):
    watermarks = {f"doi:{doi}": Watermark(position=at) for doi, at in positions.items()}
    options = {"every_days": 30, **more}
    return [query.text for query in lookups.due(watched, watermarks, TODAY, **options)]


def test_the_never_looked_up_come_first_then_the_longest_ago():
    positions = {
        "10.1/fresh": "2026-11-01",
        "10.1/old": "2026-10-20",
        "10.1/oldest": "2026-01-01",
        "10.1/due-today": "2026-10-24",
        "10.1/from-the-future": "2027-01-01",
    }
    watched = ["10.1/new", *positions, "10.1/new-too"]
    assert due(watched, positions) == [
        "10.1/new", "10.1/from-the-future", "10.1/new-too",
        "10.1/oldest", "10.1/old", "10.1/due-today",
    ]  # fmt: skip
    assert due(watched, positions, at_most=2) == ["10.1/new", "10.1/from-the-future"]


def test_what_an_address_would_turn_into_another_is_never_asked():
    assert due(["10.1/../members", "10.1/a/./b", "10.1/a..b"], {}) == ["10.1/a..b"]


def test_cohens_doi_keeps_every_sign():
    written = lookups.path("10.1002/(sici)1097-0355(199924)20:4<429::aid-imhj5>3.0.co;2-q")
    assert not set(written) & set("<>;?#")
    assert written.startswith("10.1002/%28sici%29")


@given(st.lists(POSITIONS, max_size=8))
def test_nothing_is_asked_early_and_nothing_due_is_left_out(days):
    positions = {f"10.5555/{number}": day for number, day in enumerate(days)}
    asked = set(due(positions, positions))
    for doi, position in positions.items():
        try:
            last = date.fromisoformat(position or "")
        except ValueError:
            last = None
        fresh = last is not None and TODAY - timedelta(days=30) < last <= TODAY
        assert (doi not in asked) == fresh
