"""Exports that are due: who is asked, how often, and until when. And files brought as a database's."""

import io

import pytest
from proving import rows  # type: ignore[import-not-found]  # tests/jobs is on pytest's path

from monitor.feeds.files import shelf, uploads
from monitor.feeds.files.intake import FileOrigin
from monitor.feeds.tables import ImportFile, ImportState, Poll, Record
from monitor.jobs.files.importing import import_file
from monitor.jobs.files.uploads import folder, work_on_uploads
from monitor.jobs.mail.reminding import remind_due
from monitor.literature.tables import Paper, PaperLink
from monitor.notify.tables import Message

RIS = """TY  - JOUR
TI  - Theraplay in invented adoption support: a randomised trial
AU  - Exampleby, Ada
JO  - Invented Journal of Play Therapy
PY  - 2026
ER  -
"""


@pytest.fixture
def settings_data(nobody_asked):
    asked = {"psycinfo": {"person": "ada@example.org", "every_days": 30}}
    return {"sources": {**nobody_asked, "by_file": asked}}


def test_a_named_person_is_asked_when_it_is_due_and_weekly_until_it_comes(service, clock):
    assert remind_due(service) == 1
    (letter,) = rows(service, Message)
    assert letter.address == "ada@example.org"
    assert letter.context["headline"] == "An export of APA PsycINFO is due"
    assert remind_due(service) == 0, "not again the next hour"
    clock.pass_by(days=6)
    assert remind_due(service) == 0
    clock.pass_by(days=1)
    assert remind_due(service) == 1
    origin = FileOrigin("psycinfo", clock().date())
    assert import_file(service, io.BytesIO(RIS.encode()), origin=origin).queued == 1
    clock.pass_by(days=29)
    assert remind_due(service) == 0
    clock.pass_by(days=1)
    assert remind_due(service) == 1


def test_the_same_file_twice_doubles_nothing_and_is_an_export_again(service, clock):
    for _ in range(2):
        import_file(
            service, io.BytesIO(RIS.encode()), origin=FileOrigin("psycinfo", clock().date())
        )
        clock.pass_by(days=40)
    assert len(rows(service, Paper)) == len(rows(service, Record)) == 1
    assert [poll.source for poll in rows(service, Poll)] == ["psycinfo", "psycinfo"]


def test_of_fifty_thousand_rows_the_three_new_ones_come_in(service, clock):
    """In small, and yet in two lots: the known are told as known, and only three are queued."""
    known = RIS.replace("ER  -\n", "UR  - https://invented.example/{n}\nER  -\n")
    many = "".join(
        known.replace("invented adoption", f"invented part {n} of").format(n=n) for n in range(520)
    )
    import_file(service, io.BytesIO(many.encode()), origin=FileOrigin("psycinfo", clock().date()))
    more = "".join(
        RIS.replace("adoption support", f"new place {n}") for n in ("one", "two", "three")
    )
    report = import_file(
        service, io.BytesIO((many + more).encode()), origin=FileOrigin("psycinfo", clock().date())
    )
    assert (report.known, report.new_papers, report.queued) == (520, 3, 3)


def test_an_upload_keeps_where_it_comes_from(service, clock):
    put = shelf.put(folder(service), io.BytesIO(RIS.encode()), 10_000)
    with service.database.write() as session:
        origin = FileOrigin("psycinfo", clock().date())
        file = uploads.add(session, put, name="a.ris", by="user:1", at=clock(), origin=origin).id
    work_on_uploads(service)
    with service.database.write() as session:
        assert uploads.find(session, file).state is ImportState.READY
        uploads.say_yes(session, file, by="user:1", at=clock())
    work_on_uploads(service)
    (brought,) = rows(service, ImportFile)
    assert (brought.state, brought.new_papers) == (ImportState.DONE, 1)
    assert [record.source for record in rows(service, Record)] == ["psycinfo"]
    assert remind_due(service) == 0


ICTRP = """<Trials_downloaded_from_ICTRP><Trial><TrialID>{number}</TrialID>
<Public_title>Theraplay in invented German nurseries</Public_title>
<Date_registration3>20240214</Date_registration3><Source_Register>Invented</Source_Register>
<Intervention>Theraplay</Intervention></Trial></Trials_downloaded_from_ICTRP>"""


@pytest.mark.parametrize("number", ["DRKS00099999", "ACTRN12620000000001", "ChiCTR2100099999"])
def test_a_paper_that_names_a_number_is_led_to_the_registration_that_a_file_brought(
    service, number
):
    import_file(
        service, io.BytesIO(ICTRP.format(number=number).encode()), origin=FileOrigin("ictrp")
    )
    report = RIS.replace("ER  -", f"AB  - Registered as {number}.\nDO  - 10.5555/a\nER  -")
    import_file(service, io.BytesIO(report.encode()))
    registration, paper = rows(service, Paper)
    (link,) = rows(service, PaperLink)
    assert {link.paper_id, link.other_id} == {registration.id, paper.id}
