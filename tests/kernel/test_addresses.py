"""Addresses in the settings: of the service, of proxies, of people."""

import pytest

from monitor.kernel import addresses
from monitor.kernel.errors import ConfigError
from monitor.kernel.settings import parse

TAKEN = [
    ("https://gap.example", "https://gap.example"),
    ("https://gap.example/", "https://gap.example"),
    ("https://council.example/gap", "https://council.example/gap"),
    ("https://council.example/gap/", "https://council.example/gap"),
    ("https://council.example/a.b/c-d_e~1", "https://council.example/a.b/c-d_e~1"),
    ("http://[::1]:8000", "http://[::1]:8000"),
    ("http://[2001:db8::7]/gap", "http://[2001:db8::7]/gap"),
]
REFUSED = [
    "https://council.example/a//b",
    "https://council.example/a b",
    "https://council.example/%67ap",
    "https://council.example/../gap",
    "https://council.example/.",
    "https://council.example/gap?x=1",
    "https://council.example/gap#x",
    "https:///gap",
    "https://user@council.example",
    "http://::1:8000",
    "http://[::1:8000",
    "https://council.example:99999",
    "ftp://council.example",
    "council.example",
]


@pytest.mark.parametrize(("given", "kept"), TAKEN)
def test_what_links_can_start_with(given, kept, tmp_path):
    assert parse({"web": {"public_url": given}}, folder=tmp_path).web.public_url == kept


@pytest.mark.parametrize("given", REFUSED)
def test_what_they_cannot_stops_the_start(given, tmp_path):
    with pytest.raises(ConfigError, match=r"web\.public_url"):
        parse({"web": {"public_url": given}}, folder=tmp_path)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("http://::1:8000", "IPv6 is written in brackets"),
        ("http://[::1:8000", "IPv6 is written in brackets"),
        ("https://council.example:99999", "a port that is none"),
        ("https://council.example:http", "a port that is none"),
        ("https://[2001:db8::7]:-1", "a port that is none"),
    ],
)
def test_what_is_wrong_with_an_address_is_said_of_that_part(given, said):
    with pytest.raises(ValueError, match=said):
        addresses.check_public_url(given)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("port", 99999),
        ("port", -1),
        ("port", 0.5),
        ("port", "x"),
        ("port", True),
        ("host", "council example"),
        ("host", "council.example\n"),
        ("host", "council?example"),
        ("host", "fe80::1%"),
        ("host", "a\N{ACCOUNT OF}b"),
        ("host", "council.example/gap"),
        ("host", "council.example:80:81"),
        ("host", "user@council.example"),
        ("host", 5),
    ],
)
def test_a_host_or_port_that_makes_no_link_is_named_and_no_other_key(key, value, tmp_path):
    with pytest.raises(ConfigError) as refused:
        parse({"web": {key: value}}, folder=tmp_path)
    told = [line.split("web.")[1].split(":")[0] for line in str(refused.value).splitlines()]
    assert told == [key]


@pytest.mark.parametrize("section", ["web", "mail", "mail.imap"])
@pytest.mark.parametrize(
    "host",
    [
        "http://mail.example",
        "mail.example:25",
        "mail..example",
        f"{'a' * 64}.example",
        "mail example",
        "user@mail.example",
        "fe80::1%",
        "mail.example\x00",
        "%",
        "mail%20example",
        "[",
        "][",
        "[]x",
    ],
)
def test_what_is_no_host_stops_the_start_wherever_one_is_set(section, host, tmp_path):
    data: object = {"host": host}
    for name in reversed(section.split(".")):
        data = {name: data}
    assert isinstance(data, dict)
    with pytest.raises(ConfigError, match=rf"settings: {section}\.host: is no host") as refused:
        parse(data, folder=tmp_path)
    assert len(str(refused.value).splitlines()) == 1


def test_mail_without_a_server_names_none_and_a_mailbox_without_one_is_not_read(tmp_path):
    with pytest.raises(ConfigError, match=r"mail\.host: names no server"):
        parse({"mail": {"host": ""}}, folder=tmp_path)
    assert parse({"mail": {"imap": {"host": ""}}}, folder=tmp_path).mail.imap.host == ""
    assert parse({"mail": {"host": "[::1]"}}, folder=tmp_path).mail.host == "::1"
    assert parse({"mail": {"host": "bücher.example"}}, folder=tmp_path).mail.host


@pytest.mark.parametrize(
    ("host", "link"),
    [
        ("::1", "http://[::1]:81"),
        ("[::1]", "http://[::1]:81"),
        ("fd00::7", "http://[fd00::7]:81"),
        ("::", "http://[::1]:81"),
        ("0.0.0.0", "http://127.0.0.1:81"),  # noqa: S104 - a setting, not bound
        ("gap.internal", "http://gap.internal:81"),
    ],
)
def test_links_follow_the_host_where_nothing_else_is_set(host, link, tmp_path):
    web = parse({"web": {"host": host, "port": 81}}, folder=tmp_path).web
    assert web.public_url == link
    assert "[" not in web.host


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("127.0.0.68", "127.0.0.68/32"),
        (" 10.0.0.5/8 ", "10.0.0.0/8"),
        ("fd00::/8", "fd00::/8"),
        ("[::1]", "::1/128"),
        ("::ffff:10.0.0.1", "10.0.0.1/32"),
        ("::ffff:10.0.0.0/104", "10.0.0.0/8"),
    ],
)
def test_proxies_are_addresses_or_networks(given, kept):
    assert addresses.check_network(given) == kept


@pytest.mark.parametrize("given", ["localhost", "", "10.0.0.0/33", "*", "10.0.0.1-10.0.0.9"])
def test_what_is_neither_stops_the_start(given, tmp_path):
    with pytest.raises(ConfigError, match=r"web\.trusted_proxies"):
        parse({"web": {"trusted_proxies": [given]}}, folder=tmp_path)


def test_one_proxy_without_a_list_says_what_to_write(tmp_path):
    with pytest.raises(ConfigError, match=r'must be a list, such as \["first", "second"\]'):
        parse({"web": {"trusted_proxies": "127.0.0.1"}}, folder=tmp_path)


@pytest.mark.parametrize("given", ["gap@example.org", "mailto:gap@example.org", "https://x.org/c"])
def test_a_contact_is_an_address_or_a_page(given):
    kept = addresses.check_contact(given)
    assert addresses.contact_link(kept).endswith(given)
    assert ":" in addresses.contact_link(kept)


@pytest.mark.parametrize("given", ["Ann <gap@example.org>", "javascript:alert(1)", "a@b@c", "ask"])
def test_what_is_no_contact_stops_the_start(given, tmp_path):
    with pytest.raises(ConfigError, match=r"web\.contact"):
        parse({"web": {"contact": given}}, folder=tmp_path)
