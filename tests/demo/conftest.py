"""The invented world behind its stand-ins, for every test of the demonstration."""

from datetime import date

import pytest

from monitor.demo import standins, world
from monitor.kernel.clock import utcnow


@pytest.fixture
def invented():
    return world.load(utcnow().date())


@pytest.fixture
def running(invented):
    with standins.running(invented) as found:
        yield found


@pytest.fixture
def today() -> date:
    return utcnow().date()
