"""`gap-monitor user link`, the way back in, also for a sole admin; and what `check` notes."""

import json
import re

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from monitor.accounts import service as accounts
from monitor.accounts.tables import Role, User
from monitor.cli import commands
from monitor.jobs.schedule import SCHEDULE
from monitor.jobs.service import Service, prepare
from monitor.kernel import settings as settings_module
from monitor.kernel.errors import Conflict, NotFound
from monitor.ops.advice import NO_CONTACT, NO_PROXY

WORDS = "tortoise lamp river"


@pytest.fixture(scope="module")
def config(tmp_path_factory, nobody_asked):
    """A service whose one admin has a password, and somebody invited."""
    path = tmp_path_factory.mktemp("people") / "config.toml"
    path.write_text("".join(f"[sources.{name}]\nenabled = false\n" for name in nobody_asked))
    service = Service.open(settings_module.load(path))
    prepare(service, SCHEDULE)
    at = service.clock()
    with service.database.write() as session:
        token = accounts.first_admin_link(session, at)
        assert token
        who = {"address": "chief@example.org", "name": "Chief", "password": WORDS}
        accounts.use_link(session, token=token, at=at, **who)
        accounts.create_user(
            session, address="new@example.org", name="New", role=Role.REVIEWER, by="cli", at=at
        )
    service.database.dispose()
    return path


def run(config, *arguments):
    done = CliRunner().invoke(commands, ["--config", str(config), *arguments])
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done


def test_a_sole_admin_gets_back_in(config):
    done = run(config, "user", "link", " Chief@Example.org ")
    assert "The password of chief@example.org has ended" in done.output
    assert "within one hour" in done.output
    token = re.search(r"/welcome/(\S+)", done.output)
    assert token
    service = Service.open(settings_module.load(config))
    at = service.clock()
    with service.database.write() as session:
        signed = accounts.sign_in(
            session, address="chief@example.org", password=WORDS, remote="", at=at
        )
        assert signed.token is None, "the old one has ended"
        assert accounts.first_admin_link(session, at) is None, "nobody else becomes an admin"
        accounts.use_link(
            session, token=token[1], address=None, name=None, password="window fennel plum", at=at
        )
        assert session.scalars(select(User.role).where(User.name == "Chief")).one() is Role.ADMIN
    service.database.dispose()


def test_somebody_invited_gets_another_week(config):
    done = run(config, "user", "link", "new@example.org", "--json")
    made = json.loads(done.output)
    assert made.keys() == {"id", "address", "role", "link"}
    assert "within 7 days" in run(config, "user", "link", "new@example.org").output


@pytest.mark.parametrize("address", ["nobody@example.org", "no address"])
def test_nobody_has_no_link(config, address):
    with pytest.raises(NotFound, match="nobody has"):
        run(config, "user", "link", address)


def test_a_closed_account_stays_closed(config):
    service = Service.open(settings_module.load(config))
    with service.database.write() as session:
        at = service.clock()
        user, _ = accounts.create_user(
            session, address="gone@example.org", name="Gone", role=Role.REVIEWER, by="cli", at=at
        )
        accounts.disable_user(session, user_id=user.id, by="cli", at=at)
    service.database.dispose()
    with pytest.raises(Conflict, match="disabled"):
        run(config, "user", "link", "gone@example.org")


@pytest.mark.parametrize(
    ("web", "notes"),
    [
        ("", [NO_CONTACT]),
        ('contact = "gap@example.org"', []),
        ('public_url = "https://gap.example"', [NO_CONTACT, NO_PROXY]),
        (
            'public_url = "https://gap.example"\ncontact = "x@y.org"\ntrusted_proxies = ["::1"]',
            [],
        ),
    ],
)
def test_check_notes_what_is_left_open(config, web, notes):
    other = config.with_name("other.toml")
    other.write_text(f"[web]\n{web}\n{config.read_text()}")
    done = run(other, "check")
    assert [line for line in done.output.splitlines() if line.startswith("Note: ")] == [
        f"Note: {one}" for one in notes
    ]
    assert done.exit_code == 0
