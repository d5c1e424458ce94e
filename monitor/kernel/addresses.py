"""Addresses as the settings take them: of the service, of proxies, of people. Pure.

Checks raise ``ValueError`` with a sentence that says what to write instead.
"""

import re
from ipaddress import IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import urlsplit

_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104 - compared, not bound
_PLAIN_PATH = re.compile(r"(/(?!\.+(/|$))[A-Za-z0-9._~-]+)*")
# the part before a country's that many share; any other is somebody's own name
_SHARED = frozenset(
    {
        "ac",
        "co",
        "com",
        "edu",
        "gov",
        "ltd",
        "me",
        "mod",
        "net",
        "nhs",
        "org",
        "plc",
        "police",
        "sch",
    }
)
_BESIDE_A_HOST = re.compile(r"[\s/?#@\[\]\\]")
_IN_BRACKETS = "is not an address: IPv6 is written in brackets, as in http://[2001:db8::7]:8000"
_NO_PORT = "has a port that is none: use a number from 0 to 65535, or leave it out"
_V4_IN_V6 = IPv6Network("::ffff:0:0/96")


def in_link(host: str) -> str:
    """Write a host as links need it: IPv6 in brackets; one that listens everywhere as this machine.

    >>> in_link("gap.example"), in_link("::1"), in_link("[2001:db8::7]"), in_link("0.0.0.0")
    ('gap.example', '[::1]', '[2001:db8::7]', '127.0.0.1')
    """
    plain = host.strip("[]")
    plain = _EVERYWHERE.get(plain, plain)
    try:
        is_v6 = isinstance(ip_address(plain.partition("%")[0]), IPv6Address)
    except ValueError:
        return plain
    return f"[{plain}]" if is_v6 else plain


def is_this_machine(host: str) -> bool:
    """Tell whether a name or an address is this machine's own, reached over no network.

    >>> is_this_machine("localhost"), is_this_machine("::1"), is_this_machine("mail.example")
    (True, True, False)
    """
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def check_host(value: str) -> str:
    """Give a name or an address to listen on, without the brackets of IPv6.

    Raises:
        ValueError: it is more than that, or neither.
    """
    return _host_alone(value, "0.0.0.0 or ::1")


def check_server(value: str) -> str:
    """Give the name or the address of a server to connect to, without the brackets of IPv6.

    Raises:
        ValueError: it is more than that, or neither.
    """
    if not value:
        raise ValueError(
            "names no server: write its name or its address, such as server.example.org"
        )
    return _host_alone(value, "server.example.org")


def _host_alone(value: str, such_as: str) -> str:
    host = value[1:-1] if value.startswith("[") and value.endswith("]") else value
    # in an address of IPv6 alone: else it is half of one, or has a port
    is_other = not {*":%"}.isdisjoint(host) and in_link(host) == host
    if is_other or not _is_name(host) or not _is_public_url(f"http://{in_link(host)}"):
        raise ValueError(f"is no host: write a name or an address alone, such as {such_as}")
    return host


def _is_name(host: str) -> bool:
    """Tell whether a name can be looked for: each part between dots has 1 to 63 octets."""
    try:
        host.encode("idna")
    except UnicodeError:
        return False
    return host.isprintable() and not _BESIDE_A_HOST.search(host)


def check_public_url(value: str) -> str:
    """Give a service's address without a slash at its end; it may stand below a plain path.

    Raises:
        ValueError: its path is not plain, it names nobody, or host or port cannot be read.
    """
    try:
        parts = urlsplit(value)
        host = parts.hostname
    except ValueError as error:
        raise ValueError(_IN_BRACKETS) from error
    try:
        parts.port  # noqa: B018 - it is read here, and may be none
    except ValueError as error:
        bare = parts.netloc.count(":") > 1 and "[" not in parts.netloc
        raise ValueError(_IN_BRACKETS if bare else _NO_PORT) from error
    path = parts.path.rstrip("/")
    if not _PLAIN_PATH.fullmatch(path):
        raise ValueError(
            f"has a path that links cannot carry, {parts.path}: use letters, digits, - . _ ~ "
            "between single slashes, such as https://council.example/gap"
        )
    if not host or "@" in parts.netloc or _BESIDE_A_HOST.search(host):
        raise ValueError("must name a host, such as https://gap.example.org")
    return f"{parts.scheme}://{parts.netloc}{path}"


def _is_public_url(value: str) -> bool:
    try:
        check_public_url(value)
    except ValueError:
        return False
    return True


def path_of(public_url: str) -> str:
    """Give the path that a service stands below; empty where it has a host of its own.

    >>> path_of("https://council.example/gap"), path_of("https://gap.example")
    ('/gap', '')
    """
    return urlsplit(public_url).path


def check_network(value: str) -> str:
    """Give an address or network in its usual form; IPv4 written as IPv6 becomes IPv4.

    Raises:
        ValueError: it is neither.
    """
    try:
        network = ip_network(value.strip().strip("[]"), strict=False)
    except ValueError as error:
        raise ValueError(
            f"“{value}” is no address or network, such as 127.0.0.1, 10.0.0.0/8 or fd00::/8"
        ) from error
    if isinstance(network, IPv6Network) and network.subnet_of(_V4_IN_V6):
        inner = network.network_address.ipv4_mapped
        network = ip_network(f"{inner}/{network.prefixlen - _V4_IN_V6.prefixlen}")
    return str(network)


def is_mail_address(value: str) -> bool:
    """Tell whether this is one plain e-mail address.

    >>> is_mail_address("news@example.org"), is_mail_address("A <news@example.org>")
    (True, False)
    """
    local, at, domain = value.partition("@")
    plain = value.isascii() and value.isprintable() and not set(value) & set(' ,;<>"\\')
    return bool(plain and local and at and domain and "@" not in domain)


def masked(address: str) -> str:
    """Show of an e-mail address what its owner knows it by, and nobody else learns.

    That is the first letter of the name and of the domain, and what kind of domain it is (its last
    part, and before a country's one that many share: nhs.uk); neither says how much was left out.

    >>> masked("jo.brown@leedsth.nhs.uk"), masked("anna@reader.example"), masked("a@nhs.net")
    ('j…@l….nhs.uk', 'a…@r….example', 'a…@n….net')
    >>> masked("jo@mail.abc.de"), masked("jo@mail.bma.uk"), masked("jo+news@bma.org.uk")
    ('j…@m….de', 'j…@m….uk', 'j…@b….org.uk')
    """
    local, _, domain = address.partition("@")
    labels = domain.split(".")
    of_country = len(labels) > 2 and len(labels[-1]) == 2 and labels[-2] in _SHARED  # noqa: PLR2004 - a country's
    kind = labels[-2:] if of_country else labels[1:][-1:]
    return ".".join([f"{local[:1]}…@{domain[:1]}…", *kind])


def check_contact(value: str) -> str:
    """Give what readers may write to, or nothing.

    Raises:
        ValueError: it is neither an e-mail address nor the address of a page.
    """
    plain = value.strip().removeprefix("mailto:")
    is_page = plain.startswith(("https://", "http://")) and len(plain.split()) == 1
    if plain and not is_page and not is_mail_address(plain):
        raise ValueError("must be an e-mail address, or a page's address that starts with https://")
    return plain


def contact_link(contact: str) -> str:
    """Give where a link to the contact leads.

    >>> contact_link("gap@example.org"), contact_link("https://example.org/write")
    ('mailto:gap@example.org', 'https://example.org/write')
    """
    return contact if "://" in contact else f"mailto:{contact}"
