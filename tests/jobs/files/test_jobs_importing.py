"""Files brought in, and what a rehearsal says of them beforehand: the two must agree."""

import dataclasses
import io
import json
import tarfile

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from monitor.cli import commands
from monitor.feeds.tables import AskedState, Poll, PollKind, PollQuery, PollState, Record, SetAside
from monitor.jobs.files import importing
from monitor.jobs.files.importing import import_file
from monitor.jobs.files.rehearsing import rehearse
from monitor.kernel.errors import Conflict, InvalidInput
from monitor.kernel.persistence.locks import exclusive
from monitor.literature.tables import Paper
from monitor.ops import exports

FILE = b"""title,doi,abstract
Example trial of Theraplay in schools,10.5555/imported.1,Children were randomly allocated.
A core outcome set (COS) for invented diseases,10.5555/imported.2,A Delphi study.
,10.5555/imported.3,No title.
"""


def bring(service, data=FILE):
    return import_file(service, io.BytesIO(data))


def foretell(service, data=FILE):
    return rehearse(service, io.BytesIO(data))


def _queue(service):
    with service.database.read() as session:
        return exports.queue(session)


def _everything(service):
    """Count what there is, and say how each attempt ended."""
    with service.database.read() as session:
        polls = session.scalars(select(Poll).where(Poll.kind == PollKind.IMPORT)).all()
        return {
            "papers": session.scalar(select(func.count()).select_from(Paper)),
            "records": session.scalar(select(func.count()).select_from(Record)),
            "aside": session.scalar(select(func.count()).select_from(SetAside)),
            "attempts": [poll.state for poll in polls],
        }


def test_a_file_comes_in_once(service):
    report = bring(service)
    assert (report.format, report.records, report.new_papers, report.queued) == ("CSV", 2, 2, 1)
    assert report.unreadable == (("doi:10.5555/imported.3", "the reference has no title"),)
    (row,) = _queue(service)
    assert row["identifiers"] == {"doi": ["10.5555/imported.1"]}
    assert row["interventions"] == ["theraplay"]
    assert row["lane"] == "evaluated"
    assert row["sources"] == ["import"]
    again = bring(service)
    assert (again.new_papers, again.known, again.queued) == (0, 2, 0)
    assert _queue(service) == [row]


def test_an_attempt_is_proof_of_what_the_file_held(service):
    bring(service)
    with service.database.read() as session:
        poll = session.scalars(select(Poll)).one()
        asked = session.scalars(select(PollQuery)).one()
    assert (poll.kind, poll.state) == (PollKind.IMPORT, PollState.COMPLETE)
    assert (asked.records, asked.new_records, asked.unreadable) == (2, 2, 1)
    assert (asked.asked, asked.state) == ("CSV", AskedState.COMPLETE)
    assert asked.query_key.startswith("sha256:")


def test_a_rehearsal_tells_the_same_and_keeps_nothing(service):
    before = _everything(service)
    told = foretell(service)
    assert _everything(service) == before
    assert told.dry_run
    assert dataclasses.replace(told, dry_run=False) == bring(service)
    assert not list((service.settings.var / "imports").iterdir()), "it cleans up after itself"


def test_a_file_of_nothing_is_refused_and_keeps_nothing(service):
    before = _everything(service)
    for work in (bring, foretell):
        with pytest.raises(InvalidInput):
            work(service, b"<html>")
    assert _everything(service) == before


def test_a_spreadsheet_takes_no_title_for_a_formula(service):
    bring(service, b"title,doi\n\"=cmd|' /C calc'!A0 Theraplay\",10.5555/hostile\n")
    with service.database.read() as session:
        header, row = exports.table(exports.queue(session))
    cells = dict(zip(header, row, strict=True))
    assert cells["title"].startswith("'=cmd")
    assert cells["identifiers"] == "doi: 10.5555/hostile"
    assert json.dumps(cells)


def test_a_run_that_was_killed_is_repeated_without_harm(service, monkeypatch):
    monkeypatch.setattr(importing, "BATCH", 2)
    rows = [f"Invented trial {n} of Theraplay in nurseries,10.5555/many.{n}" for n in range(7)]
    data = ("title,doi\n" + "\n".join(rows)).encode()

    def killed(lines):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        import_file(service, io.BytesIO(data), killed)
    assert _everything(service)["papers"] == 2, "the first batch is kept"
    assert _everything(service)["attempts"] == [PollState.RUNNING]
    report = bring(service, data)
    assert (report.records, report.new_papers, report.known, report.queued) == (7, 5, 2, 5)
    ended = _everything(service)
    assert (ended["papers"], ended["records"]) == (7, 7)
    assert ended["attempts"] == [PollState.FAILED, PollState.COMPLETE]


def test_what_came_before_the_damage_is_kept_and_the_attempt_has_failed(service, monkeypatch):
    monkeypatch.setattr(importing, "BATCH", 2)
    row = (
        "<record><titles><title>Invented trial {} of Theraplay in prisons</title></titles></record>"
    )
    data = ("<xml><records>" + "".join(map(row.format, range(5)))).encode()
    with pytest.raises(InvalidInput, match=r"cut off or damaged.*5 records before that are kept"):
        bring(service, data)
    ended = _everything(service)
    assert (ended["papers"], ended["attempts"]) == (5, [PollState.FAILED])


def test_two_files_are_never_brought_in_at_once(service):
    with (
        exclusive(service.database, service.settings.var, importing.LOCK),
        pytest.raises(Conflict, match="another file"),
    ):
        bring(service)
    assert foretell(service).new_papers == 2, "a rehearsal waits for nobody"


# Both databases are shown to agree above; many files at once are slow.
ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
# few words and few numbers, so that references meet by title, by identifier and by both
_TITLES = (
    "Invented trial of Theraplay in nurseries, first report",
    "Invented trial of Theraplay in nurseries, second report",
    "Short title",
    "",
)
_ROWS = st.lists(
    st.tuples(
        st.sampled_from(_TITLES),
        st.sampled_from(["", "10.5555/a", "10.5555/b", "10.5555/c"]),
        st.sampled_from(["", "90000001", "90000002"]),
        st.sampled_from(["", "2025", "2026"]),
        st.sampled_from(["", "Example A", "Other B"]),
    ),
    max_size=12,
)


@ON_SQLITE
@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(files=st.lists(_ROWS, min_size=1, max_size=2), size=st.sampled_from([1, 3, 300]))
def test_a_rehearsal_always_agrees_with_the_import(service, files, size):
    importing.BATCH, usual = size, importing.BATCH
    try:
        for rows in files:
            lines = ["title,doi,pmid,year,authors", *(",".join(row) for row in rows)]
            data = "\n".join(lines).encode()
            told, done = foretell(service, data), bring(service, data)
            assert dataclasses.replace(told, dry_run=False) == done
            assert done.records == done.new_papers + done.known + done.repeated
    finally:
        importing.BATCH = usual


@ON_SQLITE
@pytest.mark.parametrize(
    "path",
    [
        "reference_exports/asreview-demo.tar.gz",
        "dedup_labelled/asysd__scopus.ris",
        "dedup_labelled/asysd__wos_test.ris",
    ],
)
def test_a_rehearsal_agrees_on_real_exports(service, recordings, path):
    for data in _contents(recordings / path):
        try:
            told = foretell(service, data)
        except InvalidInput:
            continue
        assert dataclasses.replace(told, dry_run=False) == bring(service, data)


def _contents(path):
    """Give the file's content; of an archive some small files, which repeat each other."""
    data = path.read_bytes()
    if ".tar." not in path.name:
        return [data]
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        members = [one for one in tar if one.isfile() and 1_700 < one.size < 1_800]
        return [opened.read() for one in members if (opened := tar.extractfile(one))]


@pytest.fixture
def run(tmp_path, nobody_asked):
    """Run a command on a service of its own."""
    config = tmp_path / "config.toml"
    config.write_text("".join(f"[sources.{name}]\nenabled = false\n" for name in nobody_asked))
    (tmp_path / "mine.csv").write_bytes(FILE)

    def invoke(*words):
        return CliRunner().invoke(commands, ["--config", str(config), *words])

    return lambda *options: invoke("import", str(tmp_path / "mine.csv"), *options)


def test_the_command_tells_record_by_record_what_it_would_do(run):
    told = run("--dry-run")
    assert told.exit_code == 1, "one record cannot be read"
    assert told.stdout.splitlines() == [
        "new\tdoi:10.5555/imported.1\tExample trial of Theraplay in schools",
        "new\tdoi:10.5555/imported.2\tA core outcome set (COS) for invented diseases",
        "cannot be read\tdoi:10.5555/imported.3\tthe reference has no title",
        "CSV: 2 records, 2 new papers, 0 already known, 1 queued",
        "Nothing was kept.",
    ]
    done = run()
    assert done.exit_code == 1
    assert "2 new papers" in done.stdout
    assert "set aside doi:10.5555/imported.3: the reference has no title" in done.stderr


def test_the_command_prints_json(run):
    assert json.loads(run("--dry-run", "--json").stdout) == {
        "format": "CSV",
        "records": 2,
        "new_papers": 2,
        "known": 0,
        "repeated": 0,
        "queued": 1,
        "unreadable": [["doi:10.5555/imported.3", "the reference has no title"]],
        "unreadable_count": 1,
        "dry_run": True,
    }
