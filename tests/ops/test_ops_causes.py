"""Several incidents of one cause are told once, and only where they can be of one."""

from datetime import UTC, datetime, timedelta

import pytest

from monitor.feeds.incidents import IncidentView
from monitor.ops.causes import no_way_out

T = datetime(2026, 11, 23, 6, 10, tzinfo=UTC)


def incident(number, source, kind="unreachable", topic="poll"):
    return IncidentView(
        id=number,
        source=source,
        title=source.title(),
        topic=topic,
        kind=kind,
        message="x",
        opened_at=T + timedelta(minutes=number),
        last_seen_at=T + timedelta(hours=1),
        times=1,
        told_at=T,
        closed_at=None,
        closed_by=None,
        last_heard=None,
        next_try=T + timedelta(hours=number),
    )


SOURCES = [incident(n, name) for n, name in enumerate(("pubmed", "isrctn", "crossref"), start=1)]
MAIL = incident(9, "mail", "mail server unreachable", "delivery")
ASKED = dict.fromkeys(one.source for one in SOURCES)
LATER = T + timedelta(minutes=30)


def test_where_nothing_is_reached_it_is_told_once():
    lost = no_way_out(ASKED, SOURCES)
    assert lost is not None
    assert lost.headline.startswith("No source can be reached")
    assert (lost.since, lost.next_try) == (T + timedelta(minutes=3), T + timedelta(hours=1))
    assert all(lost.explains(one) for one in SOURCES)
    assert not lost.explains(MAIL)


def test_the_mail_server_may_be_one_of_them():
    lost = no_way_out(ASKED, [*SOURCES, MAIL])
    assert lost is not None
    assert lost.headline.startswith("Neither a source nor the mail server")
    assert lost.explains(MAIL)


@pytest.mark.parametrize(
    ("asked", "wrong"),
    [
        (ASKED, []),
        ({**ASKED, "crossref": LATER}, SOURCES[:2]),  # one has answered since
        ({"pubmed": None}, SOURCES[:1]),  # it may well be down itself
        (ASKED, [SOURCES[0]._replace(kind="refused"), *SOURCES[1:]]),  # it answered, in its way
        (ASKED, [one._replace(topic="comparing") for one in SOURCES]),
        (ASKED, [MAIL]),
    ],
)
def test_what_can_be_of_several_causes_is_told_one_by_one(asked, wrong):
    assert no_way_out(asked, wrong) is None


def test_who_was_not_asked_since_says_nothing_against_it():
    heard = {**ASKED, "crossref": T - timedelta(days=1)}
    lost = no_way_out(heard, SOURCES[:2])
    assert lost is not None
    assert lost.headline.startswith("2 sources cannot be reached, and none has answered since: ")


def test_another_incident_of_a_source_is_not_explained():
    lost = no_way_out(
        ASKED, [*SOURCES, incident(7, "pubmed", "fewer ids than before", "comparison")]
    )
    assert lost is not None
    assert len(lost.told) == 3
