"""What lies under var: private, and never without its database. On each kind of database."""

import os

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from monitor.jobs.schedule import SCHEDULE
from monitor.jobs.service import Service, prepare
from monitor.kernel import premises
from monitor.kernel.errors import ConfigError
from monitor.kernel.persistence.database import Database
from monitor.kernel.settings import parse


def _settings(tmp_path, database):
    url = database.url.render_as_string(hide_password=False)
    return parse({"database": {"url": url}}, folder=tmp_path)


def _start(settings):
    """Start a service as `init` does, and let it go."""
    service = Service.open(settings)
    try:
        prepare(service, SCHEDULE)
    finally:
        service.database.dispose()


@pytest.fixture
def ready(empty, tmp_path):
    """Settings whose database was made ready."""
    settings = _settings(tmp_path, empty)
    service = Service.open(settings)
    prepare(service, SCHEDULE)
    yield service
    service.database.dispose()


def _lose(service):
    """Take everything away from the database, as a disk that is not mounted."""
    service.database.dispose()
    path = service.database.path
    if path is not None:
        for one in path.parent.glob(f"{path.name}*"):
            one.unlink()
        return
    with service.database.write() as session:
        session.execute(text("DROP SCHEMA public CASCADE"))
        session.execute(text("CREATE SCHEMA public"))


def test_a_database_that_vanished_is_not_replaced(ready, tmp_path):
    _lose(ready)
    for _ in range(2):
        with pytest.raises(ConfigError, match=r"there is no database at .*move .*var away"):
            _start(ready.settings)
    path = ready.database.path
    assert path is None or not path.exists(), "no empty one was made"
    (tmp_path / "var").rename(tmp_path / "away")
    _start(ready.settings)


def test_another_place_without_a_database_is_refused_and_names_both(ready, tmp_path):
    other = Database(f"sqlite:///{tmp_path}/elsewhere/gap.sqlite3")
    (tmp_path / "var/mail").mkdir()
    (tmp_path / "var/mail/a.eml").touch()
    match = "there is no database at .*elsewhere/gap.sqlite3, and the last one was "
    with pytest.raises(ConfigError, match=match) as caught:
        _start(_settings(tmp_path, other))
    assert str(ready.database.path or "postgresql") in str(caught.value)
    assert not (tmp_path / "elsewhere").exists()


def test_a_database_that_moved_with_its_tables_is_taken(ready, tmp_path):
    if ready.database.path is None:
        pytest.skip("a file is moved")
    ready.database.dispose()
    ready.database.path.rename(tmp_path / "moved.sqlite3")
    moved = _settings(tmp_path, Database(f"sqlite:///{tmp_path}/moved.sqlite3"))
    _start(moved)
    assert (tmp_path / "var/database").read_text() == f"{tmp_path}/moved.sqlite3\n"
    _start(moved)


@pytest.mark.parametrize("trace", ["mail/a.eml", "imports/token", "scheduler.lock", "database"])
def test_what_only_a_database_leaves_behind_is_enough(empty, tmp_path, trace):
    settings = _settings(tmp_path, empty)
    left = tmp_path / "var" / trace
    left.parent.mkdir(parents=True, exist_ok=True)
    left.write_text("")
    with pytest.raises(ConfigError, match=left.name):
        _start(settings)


def test_a_first_start_that_broke_off_can_be_made_again(empty, tmp_path):
    """The key, an empty mail folder and a database without a table are no sign of a lost one."""
    settings = _settings(tmp_path, empty)
    Service.open(settings)
    (tmp_path / "var/mail").mkdir()
    if empty.path:
        empty.path.touch()
    _start(settings)
    _start(settings)


def test_a_database_of_something_else_is_refused(empty, tmp_path):
    if empty.path:
        empty.path.parent.mkdir(parents=True)
    with empty.write() as session:
        session.execute(text("CREATE TABLE invoices (id INTEGER)"))
    with pytest.raises(ConfigError, match=r"holds tables of something else \(invoices"):
        _start(_settings(tmp_path, empty))


@pytest.mark.parametrize("umask", [0o022, 0o002, 0o000])
def test_nobody_else_reads_what_is_made(tmp_path, umask):
    before = os.umask(umask)
    try:
        service = Service.open(parse({}, folder=tmp_path))
        prepare(service, SCHEDULE)
        with service.database.read() as session:
            session.execute(text("SELECT 1"))
            made = [tmp_path / "var", *(tmp_path / "var").iterdir()]
            assert {path.name: path.stat().st_mode & 0o077 for path in made} == {
                path.name: 0 for path in made
            }
    finally:
        os.umask(before)
    assert {path.name for path in made} > {"gap-monitor.sqlite3", "secret_key", "database"}
    service.database.dispose()


def test_what_others_may_read_is_mended(tmp_path):
    settings = parse({"database": {"url": "sqlite:///data/gap.sqlite3"}}, folder=tmp_path)
    service = Service.open(settings)
    prepare(service, SCHEDULE)
    held = [tmp_path / "var", tmp_path / "data/gap.sqlite3"]
    (tmp_path / "data").chmod(0o755)  # the admin's own folder: left as it is
    for path in held:
        path.chmod(path.stat().st_mode | 0o055)
    assert premises.keep_private(settings, service.database) == []
    assert [path.stat().st_mode & 0o777 for path in held] == [0o700, 0o600]
    assert (tmp_path / "data").stat().st_mode & 0o777 == 0o755
    service.database.dispose()


def test_a_secret_that_others_may_read_stops_the_start(tmp_path):
    settings = parse({}, folder=tmp_path)
    Service.open(settings)
    (tmp_path / "var/secret_key").chmod(0o640)
    with pytest.raises(ConfigError, match=r"may read .*secret_key"):
        Service.open(settings)


def test_a_key_that_vanished_is_not_replaced(ready, tmp_path):
    key = tmp_path / "var/secret_key"
    kept = key.read_bytes()
    key.unlink()
    for _ in range(2):
        with pytest.raises(ConfigError, match=r"no key at .*secret_key.*backup.*remove .*database"):
            _start(ready.settings)
    assert not key.exists(), "no new one was made"
    key.write_bytes(kept)
    key.chmod(0o600)
    _start(ready.settings)
    key.unlink()
    (tmp_path / "var/database").unlink()  # as the sentence says: it is lost for good
    _start(ready.settings)
    assert key.read_bytes() != kept


def test_what_is_no_database_keeps_its_rights(tmp_path):
    """A wrong setting must not close a file, a folder or a device of others."""
    letter, folder = tmp_path / "letter.txt", tmp_path / "folder"
    letter.write_text("Dear colleagues,")
    letter.chmod(0o644)
    folder.mkdir(mode=0o755)
    os.mkfifo(tmp_path / "pipe", 0o644)
    for name, says in (
        ("letter.txt", "not a database"),
        ("folder", "folder or a device"),
        ("pipe", "a device"),
    ):
        there = tmp_path / name
        before = there.stat().st_mode
        settings = parse({"database": {"url": f"sqlite:///{name}"}}, folder=tmp_path)
        with pytest.raises((ConfigError, DatabaseError), match=says):
            _start(settings)
        assert there.stat().st_mode == before
