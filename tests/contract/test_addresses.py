"""Where a request comes from."""

from ipaddress import ip_network

import pytest

from app.contract.addresses import client_address, household, is_trusted

PROXIES = (ip_network("10.0.0.0/8"), ip_network("127.0.0.1"), ip_network("fd00::/8"))


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("127.0.0.1", None, "127.0.0.1"),
        ("127.0.0.1", "", "127.0.0.1"),
        ("127.0.0.1", "203.0.113.7", "203.0.113.7"),
        # What a client says of itself stands further left.
        ("127.0.0.1", "198.51.100.1, 203.0.113.7", "203.0.113.7"),
        # One proxy before another.
        ("127.0.0.1", "198.51.100.1, 203.0.113.7, 10.1.2.3,10.4.5.6", "203.0.113.7"),
        ("fd00::1", "2001:db8::7, 10.1.2.3", "2001:db8::7"),
        ("::ffff:127.0.0.1", "203.0.113.7", "203.0.113.7"),
        # Who speaks for others without being trusted is who asks.
        ("203.0.113.7", "198.51.100.1", "203.0.113.7"),
        ("127.0.0.1", "198.51.100.1, 203.0.113.7, 203.0.113.8", "203.0.113.8"),
        # All of it is ours, or no address.
        ("127.0.0.1", "10.1.2.3, 10.4.5.6", "10.1.2.3"),
        ("127.0.0.1", "198.51.100.1, unknown, 10.4.5.6", "10.4.5.6"),
        ("127.0.0.1", "203.0.113.7" + ", 10.0.0.1" * 1000, "10.0.0.1"),
        # A Unix socket.
        ("", "203.0.113.7", ""),
    ],
)
def test_it_walks_from_the_right_past_trusted_proxies(peer, forwarded, client):
    assert client_address(peer, forwarded, PROXIES) == client


def test_nobody_is_trusted_unless_named():
    assert client_address("127.0.0.1", "203.0.113.7", ()) == "127.0.0.1"
    assert not is_trusted("127.0.0.1", ())


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("2001:db8:0:7::1", "2001:db8:0:7::/64"),
        ("2001:db8:0:7:ffff::2", "2001:db8:0:7::/64"),
        ("", ""),
    ],
)
def test_a_household_is_one_however_many_addresses_it_has(address, counted):
    assert household(address) == counted
