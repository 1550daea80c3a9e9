"""Where a request comes from: who is at the other end, or what trusted proxies say about those behind them.

One rule for the web application and the gateway; which proxies are trusted is a setting (TRUSTED_PROXIES).
"""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

# Proxies in a row of which a request may tell; more is somebody's game.
_MOST_HOPS = 16


def is_trusted(address: str, proxies: Sequence[IPv4Network | IPv6Network]) -> bool:
    """Whether `address` is that of a proxy whose word counts; what is no address (a Unix socket's) is none."""
    parsed = _parsed(address)
    return parsed is not None and any(parsed in network for network in proxies)


def client_address(peer: str, forwarded: str | None, proxies: Sequence[IPv4Network | IPv6Network]) -> str:
    """Who asks. `peer`: the other end of the connection; `forwarded`: the value of X-Forwarded-For.

    Each proxy writes behind the rest whom it heard. So the list is walked from the right for as long as a proxy that
    is trusted speaks: what stands further left may be made up. A word that is no address is nobody's.
    """
    client = peer
    if not proxies or not forwarded:
        return client
    for hop in reversed(forwarded.rsplit(",", _MOST_HOPS)):
        if not is_trusted(client, proxies):
            break
        parsed = _parsed(hop.strip())
        if parsed is None:
            break
        client = str(parsed)
    return client


def household(address: str) -> str:
    """What one connection to the internet has: an address of IPv4, a /64 of IPv6. What is no address stays."""
    parsed = _parsed(address)
    if isinstance(parsed, IPv6Address):
        return str(ip_network((parsed, 64), strict=False))
    return str(parsed or address)


def _parsed(address: str) -> IPv4Address | IPv6Address | None:
    """The address; one of IPv4 that came over a socket of IPv6 as what it is."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return None
    return getattr(parsed, "ipv4_mapped", None) or parsed
