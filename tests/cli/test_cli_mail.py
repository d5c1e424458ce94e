"""Mail that cannot leave reaches whoever runs the commands: in words, as JSON and by exit status."""

import json
import shutil
import socket
from pathlib import Path

import pytest
from bounce_mails import FORGED_ID, dsn  # type: ignore[import-not-found]  # tests/support is on pytest's path
from click.testing import CliRunner
from imap_server import ImapServer  # type: ignore[import-not-found]  # tests/support is on pytest's path

from monitor.cli import commands
from monitor.jobs.schedule import SCHEDULE
from monitor.jobs.service import Service, prepare
from monitor.kernel import settings as settings_module
from monitor.kernel.errors import InvalidInput
from monitor.notify import queries
from monitor.notify import service as notify
from monitor.notify.tables import Message, MessageState


@pytest.fixture(scope="module")
def made(tmp_path_factory, nobody_asked):
    """The folder of a service with one message due, and a mail server that is not there."""
    path = tmp_path_factory.mktemp("service") / "config.toml"
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    mail = f'[mail]\ntransport = "smtp"\nhost = "127.0.0.1"\nport = {port}\ntls = "none"\n'
    off = "".join(f"[sources.{name}]\nenabled = false\n" for name in nobody_asked)
    path.write_text(mail + off)
    service = Service.open(settings_module.load(path))
    prepare(service, SCHEDULE)
    with service.database.write() as session:
        notify.subscribe(
            session,
            service.settings,
            address="reader@example.org",
            interventions=["cos"],
            purpose="news",
            at=service.clock(),
        )
    service.database.dispose()
    return path.parent


@pytest.fixture
def config(made, tmp_path):
    """That service, a test's own: what one does to it, no other may need or meet."""
    return Path(shutil.copytree(made, tmp_path / "service")) / "config.toml"


def run(config, *words):
    return CliRunner().invoke(commands, ["--config", str(config), *words])


def test_before_anything_failed_all_is_well(config):
    assert run(config, "check").exit_code == 0
    told = run(config, "status").output
    assert "Nothing is being watched" in told  # as this test has it: no source is asked
    assert "failing" not in told
    assert "mail" not in told.partition("\n")[0]


def test_a_dead_mail_server_is_told_by_every_command(config):
    sent = run(config, "deliver", "--json")
    assert sent.exit_code == 1
    assert "refuses connections" in json.loads(sent.stdout[sent.stdout.index("{") :])["problems"][0]
    for command in ("status", "check"):
        told = run(config, command)
        assert told.exit_code == 1
        assert "Mail cannot leave: its server cannot be reached" in told.stdout
        assert "refuses connections: check mail.host and mail.port" in told.stdout
    now = json.loads(run(config, "status", "--json").stdout)
    assert now["healthy"] is False
    (incident,) = now["incidents"]
    assert (incident["source"], incident["topic"]) == ("mail", "delivery")
    assert incident["kind"] == "mail server unreachable"


def test_the_story_of_a_day_has_no_verdict_on_now(config):
    assert run(config, "status", "--day", "2026-11-20").exit_code == 0


def test_digests_are_listed_previewed_and_made(config):
    service = Service.open(settings_module.load(config))
    with service.database.write() as session:
        asked = queries.messages(session)[-1]
        notify.confirm(session, asked.uuid, service.clock())
    service.database.dispose()
    assert "0 due; none was made." in run(config, "digest", "--dry-run").output
    assert json.loads(run(config, "digest", "--dry-run", "--json").stdout) == []
    told = run(config, "digest", "--preview", "reader@example.org")
    assert (told.exit_code, told.output.strip()) == (0, "Nothing is to be told.")
    test = run(config, "digest", "--test", "reader@example.org")
    assert (test.exit_code, test.output.strip()) == (0, "Nothing is to be told.")
    assert "0 made" in run(config, "digest").output
    nobody = run(config, "digest", "--preview", "nobody@example.org")
    assert nobody.exit_code != 0
    assert "nobody at nobody@example.org gets e-mails" in str(nobody.exception)


def test_mail_is_listed_held_let_go_and_stopped_with_a_reason(config):
    uuid = json.loads(run(config, "mail", "list", "--json").stdout)["messages"][-1]["uuid"]
    assert uuid in run(config, "mail", "list").output
    assert run(config, "mail", "hold", uuid).exit_code == 2  # no reason
    for step, state in (("hold", "on hold"), ("release", "pending"), ("cancel", "cancelled")):
        done = run(config, "mail", step, uuid, "--reason", "The board asked for it.")
        assert "Done, for 1 message." in done.output
        assert (
            f"{uuid} confirm to reader@example.org: {state}" in run(config, "mail", "list").output
        )
    wrong = run(config, "mail", "resend", "everything", "--reason", "The board asked for it.")
    assert "neither a message's uuid nor a digest's number" in str(wrong.exception)
    none = run(config, "mail", "approve", "7", "--reason", "The board asked for it.")
    assert "no such digest" in str(none.exception)
    for step in ("approve", "hold"):  # no column holds it
        none = run(config, "mail", step, "9" * 21, "--reason", "The board asked for it.")
        assert none.exit_code == 2
        assert "not in the range" in none.output


def test_a_bounce_is_piped_in_or_read_from_a_file(config, tmp_path):
    service = Service.open(settings_module.load(config))
    with service.database.write() as session:
        (asked,) = [m for m in queries.messages(session) if m.kind == "confirm"]
        message = session.get_one(Message, asked.id)
        message.state, message.sent_at = MessageState.SENT, service.clock()
        notify.confirm(session, asked.uuid, service.clock())
    service.database.dispose()
    forged, hard = (dsn(asked.address, f"<{id_}@localhost>") for id_ in ("no-such", asked.uuid))
    nothing = CliRunner().invoke(commands, ["--config", str(config), "bounce"], input=forged)
    assert (nothing.exit_code, "Not believed" in nothing.output) == (0, True)
    both = tmp_path / "mbox"
    both.write_bytes(b"From x Mon\n" + forged + b"\nFrom y Mon\n" + hard)
    told = run(config, "bounce", "--mbox", str(both)).output
    assert "Mail 1: Not believed" in told
    assert f"Mail 2 ({asked.uuid}): Noted." in told  # they have confirmed since
    assert isinstance(run(config, "bounce").exception, InvalidInput)


def test_a_mailbox_is_read_at_once_and_one_that_cannot_be_is_a_failure(config):
    assert "set mail.imap.host" in str(run(config, "bounce", "--imap").exception)
    (config.parent / "imap").write_text("s3cret")
    (config.parent / "imap").chmod(0o600)
    with ImapServer(dsn("x@reader.example", FORGED_ID)) as server:
        wishes = f'port = {server.port}\nhost = "127.0.0.1"\nusername = "bounces"\ntls = "none"'
        own = config.parent / "with_mailbox.toml"
        own.write_text(f'{config.read_text()}\n[mail.imap]\n{wishes}\npassword_file = "imap"\n')
        read = run(own, "bounce", "--imap")
        assert (read.exit_code, "1 mail looked at, 0 believed." in read.output) == (0, True)
        assert "Mail 1: Not believed" in read.output
        assert "ok         mailbox of bounces: 127.0.0.1" in run(own, "doctor", "mail").output
        server.secret = ("bounces", "another")
        refused = run(own, "bounce", "--imap", "--json")
        assert refused.exit_code == 1
        assert (
            "refuses the sign-in"
            in json.loads(refused.stdout[refused.stdout.index("{") :])["trouble"]
        )
        assert "not ok     mailbox of bounces: " in run(own, "doctor", "mail").output
    assert "not known  mailbox of bounces: " in run(own, "doctor", "mail").output


def test_the_doctor_says_line_by_line_what_to_fix(config):
    told = run(config, "doctor", "mail")
    assert told.exit_code == 1
    assert "not ok     From: gap-monitor@localhost is nobody’s address" in told.output
    assert "not known  DNS: localhost is no domain" in told.output
    lines = json.loads(run(config, "doctor", "mail", "--json").stdout)
    assert {line["verdict"] for line in lines} <= {"ok", "not ok", "not known"}
