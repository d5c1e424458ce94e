"""DKIM: what is signed can be verified, covers what it must, and a wrong key stops the start."""

import subprocess

import pytest

from monitor.kernel.errors import ConfigError
from monitor.kernel.settings import parse
from monitor.notify.messages import outbox
from monitor.notify.smtp import signing
from monitor.notify.writing.franking import Franking
from monitor.service import Service

dkim = pytest.importorskip("dkim", reason="dkimpy is not installed")
SECRET = b"s" * 32


@pytest.fixture(scope="session")
def key(tmp_path_factory):
    """A private key of its own, in both forms that openssl writes, and its public record."""
    folder = tmp_path_factory.mktemp("keys")
    made = subprocess.run(["openssl", "genrsa", "2048"], capture_output=True, check=True).stdout
    old = subprocess.run(
        ["openssl", "rsa", "-traditional"], input=made, capture_output=True, check=True
    ).stdout
    public = subprocess.run(
        ["openssl", "rsa", "-pubout"], input=made, capture_output=True, check=True
    ).stdout
    for name, content in {"new": made, "old": old}.items():
        (folder / name).write_bytes(content)
        (folder / name).chmod(0o600)
    body = b"".join(public.splitlines()[1:-1])
    return folder, b"v=DKIM1; k=rsa; p=" + body


def settings_with(folder, **mail):
    web = {"public_url": "https://monitor.example.org"}
    data = {"web": web, "mail": {"from_address": "news@example.org", **mail}}
    return parse(data, folder=folder)


@pytest.mark.parametrize("form", ["new", "old"])
def test_a_signed_mail_is_verified_and_its_way_to_stop_is_covered(session, world, now, key, form):
    folder, record = key
    made = world(session)
    made.reader("anna", "cos")
    made.accept_and_announce()
    (claimed,) = outbox.claim(session, at=now, limit=1, lease_seconds=60)
    settings = settings_with(folder, dkim_selector="mail", dkim_key_file=form)
    sender, message = Franking(settings, SECRET).frank(claimed)
    asked = []

    def dns(name, timeout=0):
        asked.append(name)
        return record

    assert sender == "news@example.org"
    assert dkim.verify(message, dnsfunc=dns)
    assert asked == [b"mail._domainkey.example.org."]
    covered = message.split(b" h=", 1)[1].split(b";", 1)[0].replace(b" ", b"")
    assert {b"from", b"list-unsubscribe", b"list-unsubscribe-post"} <= {
        *covered.replace(b"\r\n", b"").split(b":")
    }
    turned = message.replace(b"List-Unsubscribe-Post: ", b"List-Unsubscribe-Post: x", 1)
    assert not dkim.verify(turned, dnsfunc=dns)


def test_without_a_key_nothing_is_signed(tmp_path):
    assert signing.signer(settings_with(tmp_path)) is None
    assert signing.signer(settings_with(tmp_path, dkim_selector="of-the-relay")) is None


@pytest.mark.parametrize(
    ("mail", "words"),
    [
        ({"dkim_key_file": "new"}, "mail.dkim_selector: must name"),
        ({"dkim_key_file": "gone", "dkim_selector": "mail"}, "mail.dkim_key_file: cannot read"),
        ({"dkim_key_file": "open", "dkim_selector": "mail"}, "mail.dkim_key_file: other users"),
        ({"dkim_key_file": "wrong", "dkim_selector": "mail"}, "mail.dkim_key_file: is no RSA"),
    ],
)
def test_a_wrong_key_stops_the_start_and_names_the_setting(key, tmp_path, mail, words):
    folder, _ = key
    for name in ("new", "open"):
        (tmp_path / name).write_bytes((folder / "new").read_bytes())
        (tmp_path / name).chmod(0o600 if name == "new" else 0o644)
    (tmp_path / "wrong").write_text(
        "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"
    )
    (tmp_path / "wrong").chmod(0o600)
    with pytest.raises(ConfigError, match=words):
        Service.open(settings_with(tmp_path, **mail))


def test_a_published_key_is_told_from_another(key):
    folder, record = key
    settings = settings_with(folder, dkim_selector="mail", dkim_key_file="old")
    public = record.decode().partition("p=")[2]
    assert signing.is_of_our_key(settings, public)
    assert not signing.is_of_our_key(settings, public[:-40] + "A" * 40)
    assert not signing.is_of_our_key(settings, "no key")
