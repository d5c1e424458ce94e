"""Behind a reverse proxy each client is seen as itself; below a path every link stays below it."""

import re
from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.web.proxies import client_of, limit_key, read_address, source

PROXIES = [ip_network("127.0.0.68/32"), ip_network("10.0.0.0/8"), ip_network("fd00::/8")]
PROXY, STRANGER, OWNER = "127.0.0.68", "203.0.113.66", "198.51.100.7"


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        (PROXY, OWNER, OWNER),
        (PROXY, f"{STRANGER}, {OWNER}", OWNER),  # the first was sent by the client itself
        (PROXY, f"{OWNER}, 10.1.2.3", OWNER),  # a second proxy behind the first
        (PROXY, f"{STRANGER},{OWNER} ,10.1.2.3,\t10.9.9.9", OWNER),
        (PROXY, "", PROXY),  # the proxy says nothing
        (PROXY, "unknown", PROXY),
        (PROXY, f"{OWNER}, nonsense", PROXY),  # what comes before nonsense is not believed
        (PROXY, "10.1.2.3", "10.1.2.3"),  # all are proxies: the one farthest away
        (PROXY, f"{OWNER}:4711", OWNER),
        (PROXY, '"[2001:db8::7]:443"', "2001:db8::7"),
        (PROXY, "::ffff:198.51.100.7", OWNER),
        (f"::ffff:{PROXY}", OWNER, OWNER),  # a socket for both kinds of address
        ("fd00::1", "2001:db8::7", "2001:db8::7"),
        (STRANGER, OWNER, STRANGER),  # nobody's proxy
        ("127.0.0.1", OWNER, "127.0.0.1"),  # this machine, which was not named
        ("", OWNER, ""),
    ],
)
def test_who_is_asking(peer, forwarded, client):
    assert client_of(peer, forwarded, PROXIES) == client


@given(st.text(max_size=80))
def test_nothing_that_a_stranger_sends_changes_who_they_are(forwarded):
    assert client_of(STRANGER, forwarded, PROXIES) == STRANGER
    assert client_of(PROXY, f"{forwarded}, {STRANGER}", PROXIES) == STRANGER


@given(st.ip_addresses(v=6), st.integers(0, 2**64 - 1))
def test_a_customers_own_addresses_count_as_one(address, other):
    if read_address(str(address)).version == 6 and not address.is_loopback:  # type: ignore[union-attr]  # it is one
        neighbour = type(address)(int(address) >> 64 << 64 | other)
        if read_address(str(neighbour)).version == 6 and not neighbour.is_loopback:  # type: ignore[union-attr]  # it is one
            assert limit_key(str(address)) == limit_key(str(neighbour))


def test_other_customers_are_others():
    assert limit_key("2001:db8:1:2::1") != limit_key("2001:db8:1:3::1")
    assert limit_key("::1") == "::1"
    assert source("2001:db8:1:2::1", "") == "2001:db8:1:2::/64"


TOO_MANY = 22


def _flood(app, token_of, **sent):
    client = app.test_client()
    token = token_of(client.get("/subscribe"))
    form = {"csrf_token": token, "full": "yes", "interventions": ["cos"]}
    return [
        client.post(
            "/subscribe",
            data={**form, "email": f"r{n}@example.org"},
            **{name: value(n) for name, value in sent.items()},
        ).status_code
        for n in range(TOO_MANY)
    ]


def test_a_named_proxys_clients_are_limited_one_by_one(make_app, token_of):
    app = make_app({"web": {"trusted_proxies": ["127.0.0.1"]}})
    each = _flood(app, token_of, headers=lambda n: {"X-Forwarded-For": f"192.0.2.{n}"})
    assert set(each) == {200}
    one = _flood(app, token_of, headers=lambda n: {"X-Forwarded-For": f"192.0.2.{n}, 192.0.2.99"})
    assert one == [200] * 20 + [429] * 2, "what the client says itself changes nothing"


def test_a_network_of_ones_own_is_one_client(make_app, token_of):
    app = make_app({"web": {"trusted_proxies": ["127.0.0.1"]}})
    codes = _flood(app, token_of, headers=lambda n: {"X-Forwarded-For": f"2001:db8:1:2::{n}"})
    assert codes == [200] * 20 + [429] * 2


def test_a_stranger_cannot_lock_the_owner_out(make_app, published, clock, post):
    app = make_app({"web": {"trusted_proxies": ["127.0.0.1/32"]}})
    guess = {"address": "owner@example.org", "password": "wrong words here"}

    def tries(address):
        client = app.test_client()
        client.environ_base["HTTP_X_FORWARDED_FOR"] = address
        return post(client, "/sign-in", guess).status_code

    assert [tries(STRANGER) for _ in range(11)] == [400] * 10 + [429]
    assert tries(OWNER) == 400, "wrong, but heard"


LINK = re.compile(r'(?:href|action|src|formaction)="(/[^"]*)"')
PAGES = ("/", "/interventions", "/changes", "/changes/3", "/method", "/subscribe", "/sign-in")
MORE = ("/privacy", "/accessibility", "/interventions/cos", "/u/nothing", "/nowhere", "/account")


@pytest.mark.parametrize("kept", [True, False], ids=["path passed on", "path taken off"])
def test_below_a_path_every_link_stays_below_it(make_app, kept):
    app = make_app({"web": {"public_url": "https://council.example/gap"}})
    client = app.test_client()
    for path in (*PAGES, *MORE):
        answer = client.get(f"/gap{path}" if kept else path, base_url="https://council.example")
        assert answer.status_code in {200, 303, 404}, path
        links = LINK.findall(answer.text)
        assert all(link == "/gap" or link.startswith("/gap/") for link in links), (path, links)
        assert answer.location is None or answer.location.startswith("/gap/"), path


def test_below_a_path_a_form_goes_where_it_should(make_app, token_of):
    client = make_app({"web": {"public_url": "http://council.example/a/b-c"}}).test_client()
    page = client.get("/a/b-c/subscribe")
    form = {"csrf_token": token_of(page), "full": "yes", "email": "x@example.org"}
    assert client.post("/a/b-c/subscribe", data={**form, "interventions": "cos"}).status_code == 200
    asked = client.get("/a/b-c/queue?stage=unsure")
    assert asked.location == "/a/b-c/sign-in?next=/a/b-c/queue?stage%3Dunsure"


def test_a_path_that_only_begins_alike_is_another(make_app):
    client = make_app({"web": {"public_url": "http://council.example/gap"}}).test_client()
    assert client.get("/gapless").status_code == 404
    assert client.get("/gap").status_code == 200
