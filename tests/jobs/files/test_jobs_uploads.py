"""Files brought through the pages: previewed, brought in, resumed, refused, thrown away."""

import io
import os
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from monitor.feeds import files
from monitor.feeds.files import shelf, uploads
from monitor.feeds.tables import ImportState, Poll, PollState
from monitor.jobs.files import importing
from monitor.jobs.files import uploads as job
from monitor.jobs.files.uploads import folder, work_on_uploads
from monitor.kernel.errors import Conflict, InvalidInput, NotFound
from monitor.literature.tables import Paper

ANN, BEN = "user:1", "user:2"
ROWS = [f"Invented trial {n} of Theraplay in nurseries,10.5555/many.{n}" for n in range(7)]
TABLE = ("title,doi\n" + "\n".join([*ROWS, ROWS[0], ",10.5555/untitled"]) + "\n").encode()


def put(service, data=TABLE, name="mine.csv", by=ANN):
    shelved = shelf.put(folder(service), io.BytesIO(data), 32 * 2**20)
    with service.database.write() as session:
        return uploads.add(session, shelved, name=name, by=by, at=service.clock()).id


def look(service, file_id):
    with service.database.read() as session:
        return uploads.find(session, file_id)


def say_yes(service, file_id):
    with service.database.write() as session:
        uploads.say_yes(session, file_id, by=ANN, at=service.clock())


def papers(service):
    with service.database.read() as session:
        return session.scalar(select(func.count()).select_from(Paper))


def shelf_of(service):
    return sorted(path.name for path in folder(service).iterdir())


def test_a_file_is_previewed_then_brought_in_then_gone(service):
    file_id = put(service)
    work_on_uploads(service)
    told = look(service, file_id)
    assert (told.state, told.format, told.records, told.done) == (ImportState.READY, "CSV", 8, 9)
    assert (told.new_papers, told.known, told.repeated, told.queued) == (7, 0, 1, 7)
    assert told.unreadable == [["doi:10.5555/untitled", "the reference has no title"]]
    assert told.sample[0] == ["doi:10.5555/many.0", ROWS[0].split(",")[0], "new"]
    assert told.sample[7][2] == "already in this file"
    assert told.sample[8] == ["doi:10.5555/untitled", "", "cannot be read"]
    assert papers(service) == 0, "a preview keeps nothing"
    say_yes(service, file_id)
    work_on_uploads(service)
    done = look(service, file_id)
    assert (done.state, done.done, done.finished_at) == (ImportState.DONE, 9, service.clock())
    assert (done.new_papers, done.known, done.repeated, done.queued) == (7, 0, 1, 7)
    assert papers(service) == 7
    assert shelf_of(service) == []
    say_yes(service, file_id)  # the same form sent again
    assert look(service, file_id).state is ImportState.DONE


@pytest.mark.parametrize("stops_after", [1, 2, 3])
def test_an_import_that_was_killed_goes_on_where_it_stopped(service, monkeypatch, stops_after):
    monkeypatch.setattr(importing, "BATCH", 2)
    file_id = put(service)
    work_on_uploads(service)
    say_yes(service, file_id)
    count, real = iter(range(stops_after)), job._count

    def killed(*args):
        if next(count, None) is None:
            raise KeyboardInterrupt
        real(*args)

    monkeypatch.setattr(job, "_count", killed)
    with pytest.raises(KeyboardInterrupt):
        work_on_uploads(service)
    half = look(service, file_id)
    assert (half.state, half.done) == (ImportState.WAITING, 2 * stops_after)
    assert papers(service) == half.new_papers == 2 * stops_after
    monkeypatch.setattr(job, "_count", real)
    work_on_uploads(service)
    done = look(service, file_id)
    assert (done.state, done.done) == (ImportState.DONE, 9)
    assert (done.new_papers, done.known, done.repeated, done.queued) == (7, 0, 1, 7)
    with service.database.read() as session:
        (poll,) = session.scalars(select(Poll))
    assert (poll.state, poll.records, poll.unreadable) == (PollState.COMPLETE, 8, 1)


def test_a_long_import_gives_way_after_its_turn(service, monkeypatch):
    monkeypatch.setattr(importing, "BATCH", 4)
    monkeypatch.setattr(job, "_TURN_SECONDS", 0.0)
    file_id = put(service)
    work_on_uploads(service)
    say_yes(service, file_id)
    seen = []
    while look(service, file_id).state is ImportState.WAITING:
        work_on_uploads(service)
        seen.append(look(service, file_id).done)
    assert seen == [4, 8, 9, 9]
    assert look(service, file_id).new_papers == papers(service) == 7


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"%PDF-1.7", "this is a PDF"),
        (b"<xml><records><record><titles><title>X</title></titles></record>", "cut off"),
        (b"title\n" + b"x" * 3_000_000, "a line of more than"),
    ],
)
def test_a_file_that_is_no_use_says_why_and_holds_up_nobody(service, data, words):
    bad, good = put(service, data), put(service)
    work_on_uploads(service)
    failed = look(service, bad)
    assert failed.state is ImportState.FAILED
    assert words in (failed.error or "")
    assert look(service, good).state is ImportState.READY
    assert shelf_of(service) == [look(service, good).token]


def test_a_file_that_breaks_our_reader_is_its_own_failure(service, monkeypatch):
    def broken(file):
        raise ZeroDivisionError

    file_id = put(service)
    monkeypatch.setattr(files, "read", broken)
    work_on_uploads(service)
    assert look(service, file_id).error == job._BROKE


def test_more_references_than_a_preview_can_tell_are_refused(service, monkeypatch):
    monkeypatch.setattr(job, "MOST_RECORDS", 8)
    file_id = put(service)
    work_on_uploads(service)
    assert "more than 8 references" in (look(service, file_id).error or "")


def test_a_file_that_is_gone_says_so(service):
    file_id = put(service)
    shelf.remove(folder(service), look(service, file_id).token)
    work_on_uploads(service)
    assert look(service, file_id).error == job._GONE


def test_what_nobody_decides_on_is_thrown_away_after_a_week(service, clock):
    file_id, yes = put(service), put(service)
    work_on_uploads(service)
    say_yes(service, yes)
    orphan = folder(service) / "nobody-knows"
    orphan.mkdir()
    long_ago = (clock() - timedelta(days=8)).timestamp()
    os.utime(orphan, (long_ago, long_ago))
    clock.pass_by(days=6, hours=23)
    job._tidy(service)
    assert look(service, file_id).state is ImportState.READY
    clock.pass_by(hours=1)
    job._tidy(service)
    assert look(service, file_id).state is ImportState.DISCARDED
    assert shelf_of(service) == [look(service, yes).token], "what was agreed to still comes in"


def test_each_step_follows_from_the_one_before(service):
    file_id = put(service)
    with service.database.write() as session:
        with pytest.raises(Conflict):
            uploads.say_yes(session, file_id, by=ANN, at=service.clock())
        uploads.discard(session, file_id, by=ANN, at=service.clock())
        uploads.discard(session, file_id, by=ANN, at=service.clock())
        with pytest.raises(Conflict):
            uploads.say_yes(session, file_id, by=ANN, at=service.clock())
        with pytest.raises(Conflict):
            uploads.close(session, file_id, ImportState.DONE, by=ANN, at=service.clock())
        with pytest.raises(NotFound):
            uploads.find(session, 999)


def test_a_file_discarded_while_it_is_read_stays_so(service, monkeypatch):
    file_id = put(service)
    real = importing.batches

    def discarded(found):
        for part in real(found):
            with service.database.write() as session:
                uploads.discard(session, file_id, by=ANN, at=service.clock())
            yield part

    monkeypatch.setattr(job, "batches", discarded)
    work_on_uploads(service)
    assert look(service, file_id).state is ImportState.DISCARDED


def test_one_person_has_a_few_files_open_at_most(service):
    for _ in range(uploads.MOST_OPEN):
        put(service)
    with pytest.raises(Conflict, match="10 files open"):
        put(service)
    assert put(service, by=BEN)


def test_a_stream_is_cut_off_at_the_limit_and_leaves_nothing(service):
    for data, words in ((b"x" * 2**20, "larger than 0 MB"), (b"", "empty")):
        with pytest.raises(InvalidInput, match=words):
            shelf.put(folder(service), io.BytesIO(data), 2**19)
    assert shelf_of(service) == []


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("mine.ris", "mine.ris"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\somebody\\mine.ris", "mine.ris"),
        ("a\r\nb\0\x1b[31m\u202e.ris", "a b[31m.ris"),
        ("x" * 5_000, "x" * 199 + "…"),
        ("..", "a file without a name"),
        ("", "a file without a name"),
        (None, "a file without a name"),
    ],
)
def test_a_name_is_a_plain_line_and_never_a_path(name, shown):
    assert shelf.shown_name(name) == shown
