"""By what limits tell apart those who ask, where it is more than one field of a form."""

from flask_limiter.util import get_remote_address

from app.contract.addresses import household


def address() -> str:
    """The address that asks; of IPv6 the network, for each connection has so many addresses that none counts."""
    return household(get_remote_address())
