"""What the tests of the jobs begin with: a copy, not to be told from a service that was made ready."""

from dataclasses import replace

import pytest
from factories import contents  # type: ignore[import-not-found]  # tests/support is on pytest's path

from monitor.jobs.schedule import SCHEDULE
from monitor.jobs.service import prepare
from monitor.kernel.settings import parse
from monitor.service import Service


@pytest.fixture
def settings_data(one_journal):
    return one_journal


def test_a_copy_holds_what_making_ready_leaves(service, originals, settings_data, tmp_path):
    folder = tmp_path / "anew"
    url = originals.copy_published(service.database.url.get_backend_name(), folder, service.clock())
    settings = parse({"database": {"url": url}, **settings_data}, folder=folder)
    anew = replace(Service.open(settings), clock=service.clock)
    prepare(anew, SCHEDULE)
    with anew.database.read() as fresh, service.database.read() as copied:
        assert contents(copied) == contents(fresh)
    anew.database.dispose()
