"""Who is really asking, behind a reverse proxy. Believes only proxies that the settings name.

A proxy adds the address it was asked from at the end of ``X-Forwarded-For``; everything before that
is what its client said. So the list is read from its end, over the proxies that are trusted, to the
first address that is not one: the last untrusted hop.
"""

from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

CLAIMED = "monitor.claimed"  # in the WSGI environment: an address that nobody vouches for
_HOPS = 20  # of a longer list only the last are read
_ONE_HOME = 64  # bits of an IPv6 address that one customer has at least


def believing(application: "WSGIApplication", trusted: Sequence[str]) -> "WSGIApplication":
    """Wrap a WSGI application so that it sees each client as itself."""
    networks = tuple(ip_network(network, strict=False) for network in trusted)

    def seen(environ: "WSGIEnvironment", start: "StartResponse") -> Iterable[bytes]:
        peer = environ.get("REMOTE_ADDR", "")
        forwarded = environ.get("HTTP_X_FORWARDED_FOR", "")
        environ["REMOTE_ADDR"] = client_of(peer, forwarded, networks)
        if not networks and forwarded:
            environ[CLAIMED] = claimed(forwarded)
        return application(environ, start)

    return seen


def below(application: "WSGIApplication", path: str) -> "WSGIApplication":
    """Wrap a WSGI application so that it stands below ``path``, as ``/gap`` of another site.

    The proxy may pass the path on or take it off: both lead to the same page.
    """

    def moved(environ: "WSGIEnvironment", start: "StartResponse") -> Iterable[bytes]:
        asked = environ.get("PATH_INFO", "")
        if asked == path or asked.startswith(path + "/"):
            environ["PATH_INFO"] = asked.removeprefix(path) or "/"
        environ["SCRIPT_NAME"] = path
        return application(environ, start)

    return moved if path else application


def client_of(peer: str, forwarded: str, trusted: Sequence[Network]) -> str:
    """Give the address of the last hop that is no trusted proxy.

    >>> proxy = [ip_network("127.0.0.1/32")]
    >>> client_of("127.0.0.1", "203.0.113.9, 198.51.100.7", proxy)
    '198.51.100.7'
    >>> client_of("192.0.2.1", "203.0.113.9", proxy)
    '192.0.2.1'
    """
    address = read_address(peer)
    if address is None:
        return peer
    hops = [hop.strip() for hop in forwarded.split(",")][-_HOPS:] if forwarded else []
    while hops and _is_in(address, trusted):
        before = read_address(hops.pop())
        if before is None:  # not an address: the hop that passed it on is the last one known
            break
        address = before
    return str(address)


def claimed(forwarded: str) -> str:
    """Give the address a proxy nobody named says it speaks for; empty where it is none.

    >>> claimed("spoofed, 198.51.100.7"), claimed("a word")
    ('198.51.100.7', '')
    """
    address = read_address(forwarded.rpartition(",")[2])
    return str(address) if address else ""


def limit_key(address: str) -> str:
    """Name what limits count: an address, and of IPv6 the network one customer has to choose from.

    >>> limit_key("192.0.2.1"), limit_key("2001:db8:1:2:3::4"), limit_key("::ffff:192.0.2.1")
    ('192.0.2.1', '2001:db8:1:2::/64', '192.0.2.1')
    """
    ip = read_address(address)
    if isinstance(ip, IPv6Address) and not ip.is_loopback:
        return str(IPv6Network((int(ip) >> _ONE_HOME << _ONE_HOME, _ONE_HOME)))
    return str(ip) if ip else address


def read_address(text: str) -> Address | None:
    """Read an address as proxies write it, with a port, brackets, quotes or a zone; else None.

    An IPv4 address written as IPv6 is the IPv4 address.

    >>> [str(read_address(t)) for t in ("192.0.2.1:4711", "[2001:db8::1]:80", '"[::1]"', "fe80::1%eth0")]
    ['192.0.2.1', '2001:db8::1', '::1', 'fe80::1']
    """
    plain = text.strip().strip('"')
    if plain.startswith("["):
        plain = plain[1:].partition("]")[0]
    elif plain.count(":") == 1:
        plain = plain.partition(":")[0]
    try:
        address = ip_address(plain.partition("%")[0])
    except ValueError:
        return None
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address


def _is_in(address: Address, networks: Sequence[Network]) -> bool:
    return any(address in one for one in networks)


def source(remote: str, claims: str) -> str:
    """Name where a sign-in comes from, as tries are counted.

    >>> source("192.0.2.1", ""), source("192.0.2.1", "198.51.100.7")
    ('192.0.2.1', '192.0.2.1 for 198.51.100.7')
    """
    return f"{limit_key(remote)} for {limit_key(claims)}" if claims else limit_key(remote)
