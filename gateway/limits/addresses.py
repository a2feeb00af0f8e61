"""Names whom an address stands for: one host, or the network that is given to one customer."""

import ipaddress
from typing import Final

IPV6_PREFIX_BITS: Final = 64
UNKNOWN: Final = "unknown"


def network_of(address: str | None) -> str:
    """Return an IPv4 address itself, and of an IPv6 address its /64, which one customer has."""
    try:
        parsed = ipaddress.ip_address((address or "").partition("%")[0])
    except ValueError:
        return UNKNOWN
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((parsed, IPV6_PREFIX_BITS), strict=False))
