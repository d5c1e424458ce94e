import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import get_args

import pytest
from pydantic import BaseModel

from monitor.kernel import settings
from monitor.kernel.errors import ConfigError
from monitor.kernel.settings import load, parse

ROOT = Path(__file__).resolve().parents[2]
MAILBOX = {"host": "mail.example", "username": "u", "password_file": "secret"}


def test_an_empty_file_is_the_defaults(tmp_path):
    path = tmp_path / "config.toml"
    path.write_text("")
    loaded = load(path)
    assert loaded.web.port == 8000
    assert loaded.var == tmp_path / "var"
    assert loaded.database_url == f"sqlite:///{tmp_path}/var/gap-monitor.sqlite3"


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("[web]\nprot = 1", "web.prot"),
        ("[web]\nport = 'x'", "web.port"),
        ("[web]\nport = 70000", "web.port"),
        ("[web]\npublic_url = 'ftp://x'", "web.public_url"),
        ("[database]\nurl = 'mysql://x/y'", "database.url"),
        ("[database]\nurl = 'nonsense'", "database.url"),
        ("[mail]\ntls = 'ssl'", "mail.tls"),
        ("[mail]\nfrom_address = 'a@b.example, c@d.example'", "mail.from_address"),
        ("[mail]\nfrom_address = 'a@b.example\\nBcc: c'", "mail.from_address"),
        ("[sources.pubmed]\nbase_url = 'file:///etc/passwd'", "sources.pubmed.base_url"),
        ("[sources.journals]\nfeeds = [{name = 'x'}]", "sources.journals.feeds.0.url"),
        ("[sources]\ncompare_every_days = 0", "sources.compare_every_days"),
        ("[nonsense]\n", "nonsense"),
        ("folder = '/'", "folder"),
    ],
)
def test_a_wrong_setting_is_named(tmp_path, text, key):
    path = tmp_path / "config.toml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=re.escape(f"config.toml: {key}: ")):
        load(path)


def test_all_wrong_settings_are_named_at_once(tmp_path):
    with pytest.raises(ConfigError) as caught:
        parse({"web": {"port": -1}, "mail": {"port": 0}}, folder=tmp_path)
    assert "web.port" in str(caught.value)
    assert "mail.port" in str(caught.value)


def _numbers(section: type[BaseModel]):
    """List the path of each setting that is a number, from a section of the settings down."""
    for name, field in section.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from ((name, *path) for path in _numbers(field.annotation))
        elif {int, float} & {field.annotation, *get_args(field.annotation)}:
            yield (name,)


@pytest.mark.parametrize("path", list(_numbers(settings.Settings)), ids=".".join)
@pytest.mark.parametrize("value", [True, False])
def test_neither_true_nor_false_is_a_number(path, value, tmp_path):
    data: object = value
    for name in reversed(path):
        data = {name: data}
    assert isinstance(data, dict)
    with pytest.raises(ConfigError) as refused:
        parse(data, folder=tmp_path)
    said = f"settings: {'.'.join(path)}: must be a number, not true or false"
    assert str(refused.value) == said, "and nothing else of it"


@pytest.mark.parametrize("content", [b"[web", b"\xff\xfe", None])
def test_an_unreadable_file_says_so(tmp_path, content):
    path = tmp_path / "config.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigError, match=re.escape(str(path))):
        load(path)


@pytest.mark.parametrize("port", [8080.0, " 8080", "8_080", "+8080"])
def test_links_follow_the_port_as_it_was_understood(port, tmp_path):
    web = parse({"web": {"port": port, "host": "0.0.0.0"}}, folder=tmp_path).web  # noqa: S104 - not bound
    assert (web.port, web.public_url) == (8080, "http://127.0.0.1:8080")


def test_links_follow_the_port_unless_told(tmp_path):
    follows = parse({"web": {"port": 8123}}, folder=tmp_path)
    assert follows.web.public_url == "http://127.0.0.1:8123"
    told = parse({"web": {"port": 8123, "public_url": "https://gap.example/"}}, folder=tmp_path)
    assert told.web.public_url == "https://gap.example"


def test_a_secret_file_is_read_beside_the_settings(tmp_path):
    loaded = parse({}, folder=tmp_path)
    for content in (b"s3cret\n", b"\xef\xbb\xbfs3cret\r\n", "s3cret\r\n".encode("utf-16")):
        (tmp_path / "key").write_bytes(content)
        (tmp_path / "key").chmod(0o600)
        assert loaded.secret(Path("key")) == "s3cret"
    assert loaded.secret(None) is None
    with pytest.raises(ConfigError, match="missing"):
        loaded.secret(Path("missing"))


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660, 0o622, 0o601])
def test_a_secret_that_others_can_read_is_refused(tmp_path, mode):
    (tmp_path / "key").write_text("s3cret\n")
    (tmp_path / "key").chmod(mode)
    with pytest.raises(ConfigError, match=r"other users .* may read .*key: `chmod 600"):
        parse({}, folder=tmp_path).secret(Path("key"))
    for private in (0o600, 0o400):
        (tmp_path / "key").chmod(private)
        assert parse({}, folder=tmp_path).secret(Path("key")) == "s3cret"


@pytest.mark.parametrize("content", [b"", b" \n", b"\xef\xbb\xbf\n", b"\xff\x00\xfe", None])
def test_a_secret_file_that_holds_none_is_named(tmp_path, content):
    if content is None:
        (tmp_path / "key").mkdir(mode=0o700)
    else:
        (tmp_path / "key").write_bytes(content)
        (tmp_path / "key").chmod(0o600)
    with pytest.raises(ConfigError, match=re.escape(str(tmp_path / "key"))):
        parse({}, folder=tmp_path).secret(Path("key"))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_settings_with_a_byte_order_mark_are_read(tmp_path, encoding, end):
    text = end.join(["# café", "[web]", "port = 9000", 'notice = """a', 'b"""', ""])
    (tmp_path / "config.toml").write_bytes(text.encode(encoding))
    read = load(tmp_path / "config.toml")
    assert (read.web.port, read.web.notice) == (9000, "a\nb")


def test_the_example_lists_every_setting_with_its_default():
    """config.example.toml is exactly what the declarations render: `python tools/example_config.py`."""
    rendered = subprocess.run(
        [sys.executable, "-c", "import example_config as e, sys; sys.stdout.write(e.render())"],
        cwd=ROOT / "tools",
        capture_output=True,
        check=True,
    ).stdout.decode()
    assert (ROOT / "config.example.toml").read_text(encoding="utf-8") == rendered


def test_the_example_with_every_line_uncommented_still_loads(tmp_path):
    """Help lines stay comments; every `# key = value` becomes a setting."""
    text = (ROOT / "config.example.toml").read_text(encoding="utf-8")
    lines = [re.sub(r"^# (?=[a-z_]+ = \S)", "", line) for line in text.splitlines()]
    lines = [line for line in lines if not line.startswith('base_url = ""')]
    data = tomllib.loads("\n".join(lines))
    for section in data["sources"].values():
        if isinstance(section, dict):
            section.pop("api_key_file", None)
    data["mail"].pop("password_file")
    data["mail"].pop("dkim_key_file")
    data["mail"]["imap"].pop("password_file")
    assert parse(data, folder=tmp_path) == parse({}, folder=tmp_path)


def test_every_setting_has_a_line_of_help():
    def walk(model):
        for name, field in model.model_fields.items():
            inner = field.annotation
            if isinstance(inner, type) and issubclass(inner, BaseModel):
                walk(inner)
            elif name != "folder":
                assert field.description, f"{model.__name__}.{name} has no help"

    walk(settings.Settings)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"web": {"public_url": "ftp://x.example"}}, "web.public_url: must be an address that"),
        ({"web": {"public_url": "https://x.example/?a=1"}}, "without spaces, [?] or #"),
        ({"sources": {"pubmed": {"base_url": "x.example"}}}, "base_url: must be an address"),
        ({"sources": {"since": "last year"}}, "sources.since: must be a day, such as 2020-01-31"),
        ({"mail": {"imap": MAILBOX | {"username": ""}}}, "mail.imap: username: name the user"),
        (
            {"mail": {"imap": {"host": "mail.example", "username": "u"}}},
            "imap: password_file: name",
        ),
        (
            {"mail": {"imap": MAILBOX | {"tls": "none"}}},
            "imap: tls: .none. would send the password",
        ),
        ({"mail": {"imap": MAILBOX | {"then": "move"}}}, "imap: move_to: name another folder"),
        (
            {"mail": {"imap": MAILBOX | {"then": "delete"}}},
            "mail.imap.then: Input should be 'keep'",
        ),
        ({"mail": {"imap": MAILBOX | {"folder": "Entwürfe"}}}, "imap.folder: must be the folder’s"),
        ({"mail": {"imap": MAILBOX | {"folder": 'IN"BOX'}}}, "imap.folder: must be the folder’s"),
        ({"mail": {"imap": MAILBOX | {"every_minutes": 0}}}, "mail.imap.every_minutes: "),
        (
            {"mail": {"imap": MAILBOX | {"password": "canary"}}},
            "mail.imap.password: unknown setting",
        ),
    ],
)
def test_what_a_setting_must_look_like_is_said_in_words(tmp_path, data, said):
    with pytest.raises(ConfigError, match=said):
        parse(data, folder=tmp_path)
