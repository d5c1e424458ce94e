"""Which network addresses may be reached: public ones, and this machine only where allowed.

Pure. An address inside another (IPv4 in IPv6, 6to4, NAT64) is judged by the inner one as well:
Python's ``is_global`` alone passes private addresses in those forms.
"""

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

Address = IPv4Address | IPv6Address

_NAT64 = IPv6Network("64:ff9b::/96")
_LOCAL_NAT64 = IPv6Network("64:ff9b:1::/48")
_COMPATIBLE = IPv6Network("::/96")
_PUBLIC_PORTS = frozenset({80, 443})


def permitted(text: str, port: int, *, allow_loopback: bool) -> bool:
    """Tell whether a connection to this address and port may be used.

    A public address only on ports 80 and 443; a loopback address on any, where it is allowed.
    """
    try:
        address = ip_address(text)
    except ValueError:
        return False
    inner = _innermost(address)
    if inner is None:
        return False
    if inner.is_loopback:
        return allow_loopback
    return _is_public(inner) and port in _PUBLIC_PORTS


def _innermost(address: Address) -> Address | None:
    """Unwrap to the address really meant; None for forms that are never legitimate."""
    if isinstance(address, IPv4Address):
        return address
    if address.ipv4_mapped:
        return address.ipv4_mapped
    if address.sixtofour:
        # to this machine through a relay: not a loopback address, and not a public one either
        return address.sixtofour if _is_public(address.sixtofour) else None
    if address in _NAT64:
        inner = IPv4Address(int(address) & 0xFFFF_FFFF)
        return inner if _is_public(inner) else None
    if address in _LOCAL_NAT64 or (address in _COMPATIBLE and not address.is_loopback):
        return None
    return address


def _is_public(address: Address) -> bool:
    if isinstance(address, IPv6Address) and address.is_site_local:
        return False
    return address.is_global and not (address.is_multicast or address.is_unspecified)
