import json

import pytest

from monitor.jobs.importing import import_file
from monitor.kernel.errors import InvalidInput
from monitor.ops import exports

FILE = b"""title,doi,abstract
Example trial of Theraplay in schools,10.5555/imported.1,Children were randomly allocated.
A core outcome set (COS) for invented diseases,10.5555/imported.2,A Delphi study.
,10.5555/imported.3,No title.
"""


def _queue(service):
    with service.database.read() as session:
        return exports.queue(session)


def test_a_file_comes_in_once(service):
    report = import_file(service, FILE, dry_run=False)
    assert (report.format, report.records, report.new_papers, report.queued) == ("CSV", 2, 2, 1)
    assert report.unreadable == (("doi:10.5555/imported.3", "the reference has no title"),)
    (row,) = _queue(service)
    assert row["identifiers"] == {"doi": ["10.5555/imported.1"]}
    assert row["interventions"] == ["theraplay"]
    assert row["lane"] == "evaluated"
    assert row["sources"] == ["import"]
    again = import_file(service, FILE, dry_run=False)
    assert (again.new_papers, again.known, again.queued) == (0, 2, 0)
    assert _queue(service) == [row]


def test_a_dry_run_tells_the_same_and_keeps_nothing(service):
    told = import_file(service, FILE, dry_run=True)
    assert _queue(service) == []
    done = import_file(service, FILE, dry_run=False)
    assert (told.new_papers, told.queued) == (done.new_papers, done.queued)


def test_a_file_of_nothing_is_refused_and_keeps_nothing(service):
    with pytest.raises(InvalidInput):
        import_file(service, b"<html>", dry_run=False)
    assert _queue(service) == []


def test_a_spreadsheet_takes_no_title_for_a_formula(service):
    hostile = b"title,doi\n\"=cmd|' /C calc'!A0 Theraplay\",10.5555/hostile\n"
    import_file(service, hostile, dry_run=False)
    with service.database.read() as session:
        header, row = exports.table(exports.queue(session))
    cells = dict(zip(header, row, strict=True))
    assert cells["title"].startswith("'=cmd")
    assert cells["identifiers"] == "doi: 10.5555/hostile"
    assert json.dumps(cells)
